"""Who a party or a correspondent is and how they are reached, from the flat fields of XML."""

from typing import Any, Final
from uuid import NAMESPACE_OID, uuid5

from sakark_api.innlesing.kode import Koder
from sakark_api.innlesing.mellomlager import Lest
from sakark_api.innlesing.rad import Meld, Row
from sakark_api.innlesing.verdi import UKJENT
from sakark_api.noark.metadata.kodeliste import LAND, POSTNUMMER
from sakark_api.noark.rules.sifre import is_d_nummer, is_foedselsnummer, is_organisasjonsnummer

__all__ = ["contact_of", "kind_of_party"]

_LINES: Final = ("adresselinje1", "adresselinje2", "adresselinje3")
_PHONES: Final = ("telefon", "mobiltelefon")
_NUMBERS: Final = ("organisasjonsnummer", "personnummer")
_TRUE: Final = ("true", "1")
_FALSE: Final = ("false", "0")
_INSIDE: Final = ("saksbehandler", "administrativEnhet")
_REACHED: Final = ("postadresse", "postnummer", "poststed", "epostadresse", "telefonnummer")


def kind_of_party(unit: Lest, name: str) -> str:
    """Tell a person, an organisation and somebody inside from each other.

    An extraction does not say; a message may. Who is named as the one inside is that; who has a
    contact person or the number of an organisation is one; the rest are persons, whose names are
    looked after best.
    """
    named = unit.first(name)
    inside = [unit.first(one) for one in _INSIDE]
    is_reached = any(unit.first(one) for one in (*_REACHED, "kontaktperson"))
    is_inside = any(inside) and not is_reached and named in (None, *inside)
    if unit.slag == "korrespondansepart" and is_inside:
        return "intern"
    if unit.first("personnummer") or unit.first("erPersonnavn") in _TRUE:
        return "person"
    is_enhet = unit.first("organisasjonsnummer") or unit.first("erPersonnavn") in _FALSE
    if (
        is_enhet
        or unit.first("kontaktperson")
        or is_organisasjonsnummer(unit.first("partID") or "")
    ):
        return "enhet"
    return "person"


def contact_of(unit: Lest, kind: str, koder: Koder, meld: Meld) -> Row:
    """Read where a party lives, how it is reached, and by which number it is known."""
    if kind == "intern":
        return {}
    row: Row = {}
    if any(unit.first(one) for one in ("postadresse", "postnummer", "poststed", "land")):
        row["postadresse"] = _address(unit, koder, meld)
    if contact := _contact(unit, meld):
        row["kontaktinformasjon"] = contact
    number = _number_of(unit, kind)
    own = str(uuid5(NAMESPACE_OID, f"{unit.nr}/{number}"))
    if kind == "enhet" and is_organisasjonsnummer(number):
        row["enhetsidentifikator"] = {"systemID": own, "organisasjonsnummer": number}
    if kind == "person" and is_foedselsnummer(number):
        row["personidentifikator"] = [{"systemID": own, "foedselsnummer": number}]
    elif kind == "person" and is_d_nummer(number):
        row["personidentifikator"] = [{"systemID": own, "dNummer": number}]
    used = row.get("enhetsidentifikator") or row.get("personidentifikator")
    for name in _NUMBERS:
        told = unit.first(name)
        if told is not None and not (used and told.strip() == number):
            meld("I39", name, told)
    return row


def _number_of(unit: Lest, kind: str) -> str:
    """Give the number that somebody is known by, where it is told or may be."""
    told = unit.first("organisasjonsnummer" if kind == "enhet" else "personnummer")
    return (told or unit.first("partID") or "").strip()


def _address(unit: Lest, koder: Koder, meld: Meld) -> dict[str, Any]:
    """Read an address of three lines at most; the rest of them are in the third."""
    told = [one for one in unit.felt.get("postadresse", ()) if one.strip()]
    lines = [*told[:2], "\n".join(told[2:])] if len(told) > len(_LINES) else told
    address: dict[str, Any] = dict(zip(_LINES, lines, strict=False))
    number, place = unit.first("postnummer"), unit.first("poststed")
    if number is not None:
        known = koder.find(POSTNUMMER.name, number)
        if known is None:
            meld("I20", "postnummer", number)
            known = koder.add(POSTNUMMER.name, place or number, number.strip())
        address["postnr"] = known
        place = place or known.get("kodenavn")
    if place is None:
        meld("I30", "poststed", None)
    address["poststed"] = place or UKJENT
    address["landkode"] = _country(unit, koder, meld)
    return address


def _country(unit: Lest, koder: Koder, meld: Meld) -> dict[str, Any]:
    told = unit.first("land")
    if told is None:
        return koder.default(LAND.name, "NO")
    known = koder.find(LAND.name, told)
    if known is None:
        meld("I20", "land", told)
        known = koder.add(LAND.name, told)
    return known


def _contact(unit: Lest, meld: Meld) -> dict[str, str]:
    mails = [one for one in unit.felt.get("epostadresse", ()) if one.strip()]
    phones = [one for one in unit.felt.get("telefonnummer", ()) if one.strip()]
    for name, surplus in (("epostadresse", mails[1:]), ("telefonnummer", phones[len(_PHONES) :])):
        for one in surplus:
            meld("I32", name, one)
    found = dict(zip(_PHONES, phones, strict=False))
    return found | ({"epostadresse": mails[0]} if mails else {})
