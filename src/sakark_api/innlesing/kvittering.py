"""The receipt of a message of Fiks Arkiv V1: what its units are called here, as its schema has it.

It is made with the import and kept with it: the same message again gets the same receipt.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from lxml import etree
from sqlalchemy.orm import Session

from sakark_api.deponering.element import DATES
from sakark_api.innlesing.mellomlager import Lest, Mellomlager
from sakark_api.noark.catalog import CATALOG
from sakark_api.noark.names import to_wire
from sakark_api.noark.values import NORWAY, wire_time
from sakark_api.tenancy.innlesing import rows_of
from sakark_api.tenancy.oppslag import FAGSYSTEM, NOEKKEL
from sakark_api.texts import text

__all__ = ["receipt_of"]

_FIKS: Final = "https://ks-no.github.io/standarder/fiks-protokoll/fiks-arkiv"
_OWN: Final = f"{_FIKS}/arkivmelding/opprett/kvittering/v1"
_KATALOG: Final = f"{_FIKS}/metadatakatalog/v1"
_FEIL: Final = f"{_FIKS}/feil/feilmelding/v1"
_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_NAMESPACES: Final = {None: _OWN, "m": _KATALOG, "f": _FEIL, "xsi": _XSI}
_ILLEGAL: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML can hold."""
_MADE: Final = ("opprettet_dato", "opprettet_av")
_BEFORE: Final[Mapping[str, tuple[str, ...]]] = {
    "mappe": ("mappe_id", *_MADE, "avsluttet_dato", "avsluttet_av"),
    "registrering": (*_MADE, "arkivert_dato", "arkivert_av"),
}
"""What is told of each kind of unit, in order, up to its documents and its key."""
_AFTER: Final[Mapping[str, tuple[str, ...]]] = {
    "saksmappe": ("saksaar", "sakssekvensnummer", "saksdato"),
    "journalpost": (
        "journalaar",
        "journalsekvensnummer",
        "journalpostnummer",
        "journalposttype",
        "journalstatus",
        "journaldato",
        "forfallsdato",
    ),
}
"""What is told after that of those that are more."""


def receipt_of(session: Session, lager: Mellomlager, innlesing: UUID) -> str:
    """Write the receipt of a message that is there; it answers for its outermost units."""
    root = etree.Element(f"{{{_OWN}}}arkivmeldingKvittering", nsmap=_NAMESPACES)
    for slag in ("mappe", "registrering"):
        unit = next(lager.outermost([slag]), None)
        if unit is not None:
            _answer(session, lager, innlesing, root, unit)
    written: str = etree.tostring(root, encoding="unicode", pretty_print=True)
    return written


def _answer(
    session: Session, lager: Mellomlager, innlesing: UUID, root: "etree._Element", unit: Lest
) -> None:
    """Tell of one unit what it is called here, or that it is none."""
    row = _row(session, lager, unit)
    if row is None:
        failed = _add(root, f"{unit.slag}Feilet")
        _add(failed, "feilId", str(uuid5(innlesing, str(unit.nr))), space=_FEIL)
        said = text("Enheten er ikke på et sted den kan være.")
        _add(failed, "feilmelding", str(said), space=_FEIL)
        return
    one = _add(root, f"{unit.slag}Kvittering")
    if row["type"] in _AFTER:
        one.set(f"{{{_XSI}}}type", f"{row['type']}Kvittering")
    _add(one, "systemID", str(row["system_id"]))
    _tell(one, row, _BEFORE[unit.slag])
    if unit.slag == "registrering":
        for paper in lager.below(unit.nr, "dokumentbeskrivelse"):
            _document(session, lager, one, paper)
        _tell(one, row, ("registrerings_id",))
    _key(one, row)
    is_ours = row["referanse_opprettet_av"] == innlesing
    _add(one, "opprettetEllerEksisterende", "Opprettet" if is_ours else "Eksisterende")
    _tell(one, row, _AFTER.get(row["type"], ()))


def _document(session: Session, lager: Mellomlager, above: "etree._Element", unit: Lest) -> None:
    row = _row(session, lager, unit)
    if row is None:
        return
    one = _add(above, "dokumentbeskrivelseKvittering")
    _add(one, "systemID", str(row["system_id"]))
    _tell(one, row, (*_MADE, "dokumentnummer"))
    for paper in lager.below(unit.nr, "dokumentobjekt"):
        file = _row(session, lager, paper)
        if file is not None:
            within = _add(one, "dokumentobjekt")
            _add(within, "systemID", str(file["system_id"]))
            _tell(within, file, ("versjonsnummer", "variantformat", *_MADE))


def _row(session: Session, lager: Mellomlager, unit: Lest) -> Mapping[str, Any] | None:
    own = lager.id_of(unit)
    found = {} if own is None else rows_of(session, CATALOG.by_name[unit.slag].model, [own])
    return next(iter(found.values()), None)


def _add(
    above: "etree._Element", name: str, value: str | None = None, space: str = _OWN
) -> "etree._Element":
    made = etree.SubElement(above, f"{{{space}}}{name}")
    if value is not None:
        made.text = _ILLEGAL.sub("", value)
    return made


def _tell(above: "etree._Element", row: Mapping[str, Any], names: tuple[str, ...]) -> None:
    """Tell what there is of some columns, as the types that the schema has."""
    for name in names:
        value = row.get(name)
        if value is None:
            continue
        if isinstance(value, Mapping):
            one = _add(above, to_wire(name))
            for part, told in _code(value):
                _add(one, part, told, _KATALOG)
        else:
            _add(above, to_wire(name), _written(to_wire(name), value))


def _code(value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "kode", value["kode"]
    if "kodenavn" in value:
        yield "beskrivelse", value["kodenavn"]


def _written(name: str, value: object) -> str:
    if not isinstance(value, datetime):
        return str(value)
    moment = value.astimezone(NORWAY)
    return moment.date().isoformat() if name in DATES else wire_time(moment)


def _key(above: "etree._Element", row: Mapping[str, Any]) -> None:
    """Tell what a unit is called in the system that it is from."""
    own = row.get("virksomhetsspesifikke_metadata") or {}
    if FAGSYSTEM in own and NOEKKEL in own:
        one = _add(above, "referanseEksternNoekkel")
        _add(one, "fagsystem", own[FAGSYSTEM], _KATALOG)
        _add(one, "noekkel", own[NOEKKEL], _KATALOG)
