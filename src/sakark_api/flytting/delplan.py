"""What becomes of each table's rows when arkivdeler go to another kommune, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sakark_api.flytting.tabeller import UTELATT
from sakark_api.texts import Text, text

__all__ = ["PLAN", "PLASSERT", "Del", "Slag"]


class Slag(StrEnum):
    """Whose rows are afterwards."""

    FLYTTES = "flyttes"
    """The other kommune's alone."""
    DELES = "deles"
    """Both have what both need: as a copy, or the other kommune alone where nobody else uses it."""
    BLIR = "blir"


@dataclass(frozen=True)
class Del:
    """What becomes of a table's rows; `eiere` are columns that name the unit they follow."""

    slag: Slag
    grunn: Text
    eiere: tuple[str, ...] = ()


_UNIT = text("Enheter følger arkivdelen de er i.")
_PART = text("Det som hører til en enhet, følger den.")
_ABOVE = text("Det som arkivdelen er i eller ordnes etter, må begge ha.")
_WHO = text("De som enhetene navngir, kopieres uten roller og rettigheter.")
_SETTING = text("Det enhetene bruker, må være kjent der de er.")
_CHAIN = text("Loggens bevis gjelder bare der det ble laget.")
_IMPORT = text("Hva kommunen leste inn, er kommunens egen historie.")
_MAPPE, _POST, _DOKUMENT, _FIL = (
    "mappe_ref",
    "registrering_ref",
    "dokumentbeskrivelse_ref",
    "dokumentobjekt_ref",
)


def _moves(*eiere: str) -> Del:
    return Del(Slag.FLYTTES, _PART, eiere)


def _unit(*eiere: str) -> Del:
    return Del(Slag.FLYTTES, _UNIT, eiere)


PLASSERT: Final = ("arkivdel", "mappe", "registrering", "dokumentbeskrivelse", "presedens")
"""Units of which more than one column says that they are in an arkivdel."""

# What others are part of comes before them.
PLAN: Final[Mapping[str, Del]] = {
    "arkivdel": _unit(),
    "mappe": _unit(),
    "registrering": _unit(),
    "dokumentbeskrivelse": _unit(),
    "dokumentobjekt": _unit(_DOKUMENT),
    "presedens": _unit(),
    "arkiv": Del(Slag.DELES, _ABOVE),
    "arkivskaper": Del(Slag.DELES, _ABOVE),
    "arkivskaper_arkiv": Del(Slag.DELES, _ABOVE),
    "klassifikasjonssystem": Del(Slag.DELES, _ABOVE),
    "sekundaerklassifikasjonssystem": Del(Slag.DELES, _ABOVE),
    "klasse": Del(Slag.DELES, _ABOVE),
    "avskrivning": _moves("journalpost_ref"),
    "beredskap": _moves("arkivdel_ref"),
    "bevaringspaalegg": _moves("arkivdel_ref", "klasse_ref", _MAPPE, _POST),
    "dokumentflyt": _moves(_POST),
    "dokumentkontroll": _moves(_FIL),
    "dokumenttekst": _moves("system_id"),
    "epost": _moves(_FIL),
    "forhaandsvisning": _moves("enhet"),
    "inhabilitet": _moves(_MAPPE),
    "kassasjonsliste": _moves("arkivdel_ref"),
    "kassasjonslinje": _moves("kassasjonsliste_ref"),
    "klasse_mappe": _moves(_MAPPE),
    "konvertering": _moves(_FIL),
    "korrespondansepart": _moves(_POST),
    "kryssreferanse": _moves("fra_klasse_ref", "fra_mappe_ref", "fra_registrering_ref"),
    "mappe_presedens": _moves(_MAPPE),
    "merknad": _moves(_MAPPE, _POST, _DOKUMENT),
    "moetedeltaker": _moves(_MAPPE),
    "nasjonalidentifikator": _moves(_MAPPE, _POST),
    "part": _moves(_MAPPE, _POST, _DOKUMENT),
    "registrering_dokumentbeskrivelse": _moves(_POST),
    "registrering_presedens": _moves(_POST),
    "sperring": _moves(_MAPPE, _POST),
    "tekstomfang": _moves("system_id"),
    "tilgang": _moves("referanse_arkivenhet"),
    "teller": Del(Slag.FLYTTES, text("Tallrekken til en enhet følger den; årets går videre.")),
    "administrativenhet": Del(Slag.DELES, _WHO),
    "bruker": Del(Slag.DELES, _WHO),
    "kodeverdi": Del(Slag.DELES, _SETTING),
    "virksomhetsspesifikkemetadata": Del(Slag.DELES, _SETTING),
    "endringslogg": Del(
        Slag.DELES, text("Enhetens historie følger den; linjene står også der de ble forseglet.")
    ),
    "administrativenhet_bruker": Del(
        Slag.BLIR, text("Hvem som hører til hvor, gir adgang, og avgjøres av hver kommune.")
    ),
    "innlesing": Del(Slag.BLIR, _IMPORT),
    "innlesingsavvik": Del(Slag.BLIR, _IMPORT),
    "segl": Del(Slag.BLIR, _CHAIN),
    "seglrad": Del(Slag.BLIR, _CHAIN),
    **{name: Del(Slag.BLIR, why) for name, why in UTELATT.items()},
}
"""Every table with rows of a kommune."""
