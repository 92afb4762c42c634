"""What other kinds of XML call what is in an extraction of version 5.0.

In an extraction every element with elements in it is a unit, but for a few values. In a message
most are values: a code is an element with its kode and what it is called, and so is whoever is
named. What is no unit there becomes fields of what it is in, by their path: `journalstatus` is the
kode, `journalstatus/beskrivelse` what it is called.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from sakark_api.deponering.lesing import Enhet

__all__ = ["DEL_SKJERMET", "MELDING", "NAVN", "UTTREKK", "Ordbok", "local"]

NAVN: Final = "/beskrivelse"
"""Where a message says what a code is called."""
DEL_SKJERMET: Final = "delErSkjermet"
"""Field of ours on a unit of which some part says that it is screened."""
_OWN_TEXT: Final = ("kode", "systemID", "navn", "identifikator", "initialer")
"""Which field of a value stands for the value itself: the first that is told."""


@dataclass(frozen=True)
class Ordbok:
    """What kinds, types and fields are called, and which elements are values of their unit."""

    slag: Mapping[str, str]
    typer: Mapping[str, str]
    felt: Mapping[str, Mapping[str, str]]
    """What fields are called, by the kind that they are of; "" is any."""
    grupper: Collection[str]
    enheter: Collection[str] = ()
    """All there is of units; where nothing is listed, everything that is no group is one."""
    loese: Collection[str] = ()
    """Elements that are units of the nearest unit above them, whatever they are right in."""
    under: Mapping[str, str] = field(default_factory=dict)
    """Kinds that are in a part of the unit that they are of: which part."""

    def slag_of(self, kind: str) -> str:
        """Give the kind of a unit by its element."""
        own = local(kind)
        return self.slag.get(own, own)

    def type_of(self, unit: Enhet) -> str:
        """Give what a unit says that it is; its kind where it does not say."""
        kind, told = local(unit.kind), local(unit.type)
        return self.typer.get(told, self.slag_of(unit.kind) if told == kind else told)

    def felt_of(self, slag: str, name: str) -> str:
        """Give what a field is called."""
        own = local(name)
        found = self.felt.get(slag, {}).get(own)
        return found or self.felt.get("", {}).get(own, own)

    def is_unit(self, unit: Enhet) -> bool:
        """Tell a unit from a value of the unit that it is in."""
        if not self.enheter:
            return self.slag_of(unit.kind) not in self.grupper or unit.parent is None
        if unit.parent is None:
            return True
        if self.slag_of(unit.kind) not in self.enheter:
            return False
        return local(unit.kind) in self.loese or self.is_unit(unit.parent)

    def over(self, unit: Enhet) -> Enhet | None:
        """Find the unit that a unit is of; the root of a message is none."""
        if not self.enheter:
            return unit.parent
        slag = self.slag_of(unit.kind)
        above = unit.parent
        while above is not None and (
            not self.is_unit(above) or self.slag_of(above.kind) == self.under.get(slag)
        ):
            above = above.parent
        return above if above is not None and above.parent is not None else None

    def own_text(self, fields: Mapping[str, object]) -> str | None:
        """Name the field of a value that stands for the value itself."""
        return next((one for one in _OWN_TEXT if one in fields), None)


def local(name: str) -> str:
    """Give a name without its prefix."""
    return name.rpartition(":")[2] if ":" in name else name


_VERDIER: Final = frozenset(
    {
        "kassasjon",
        "utfoertKassasjon",
        "sletting",
        "skjerming",
        "gradering",
        "elektroniskSignatur",
    }
)
_PARTER: Final[Mapping[str, str]] = {
    "sakspartID": "partID",
    "sakspartNavn": "partNavn",
    "sakspartRolle": "partRolle",
}

UTTREKK: Final = Ordbok(
    slag={"sakspart": "part"},
    typer={"basisregistrering": "registrering"},
    felt={"": _PARTER},
    grupper=_VERDIER,
)
"""Extractions; versions 3.1 and 4.0 have other names for parties."""

MELDING: Final = Ordbok(
    slag={
        "basisregistrering": "registrering",
        "sakspart": "part",
        "utredningsdokumenter": "dokumentbeskrivelse",
        "vedtaksdokumenter": "dokumentbeskrivelse",
        "matrikkelnummer": "nasjonalidentifikator",
        "byggident": "nasjonalidentifikator",
        "planident": "nasjonalidentifikator",
        "punkt": "nasjonalidentifikator",
    },
    typer={
        "basisregistrering": "registrering",
        "moetesak": "moeteregistrering",
        "moetedokument": "moeteregistrering",
        "matrikkelnummer": "matrikkel",
        "byggident": "bygning",
        "planident": "plan",
        "punkt": "posisjon",
    },
    felt={
        "": {
            **_PARTER,
            "ReferanseForeldermappe": "referanseForelderMappe",
            "referanseForeldermappe": "referanseForelderMappe",
            "referanseKlassifikasjonssystem": "klassifikasjonssystemID",
        },
        "part": {
            "organisasjonID": "organisasjonsnummer",
            "personID": "personnummer",
            "landkode": "land",
        },
        "korrespondansepart": {
            "korrespondansepartID": "partID",
            "organisasjonid": "organisasjonsnummer",
            "personid": "personnummer",
            "landkode": "land",
        },
        "moetedeltaker": {
            "identifikator": "moetedeltakerNavn",
            "funksjon": "moetedeltakerFunksjon",
        },
        "nasjonalidentifikator": {"gardsnummer": "gaardsnummer"},
    },
    grupper=_VERDIER | {"klassifikasjon"},
    enheter=frozenset(
        {
            "mappe",
            "registrering",
            "dokumentbeskrivelse",
            "dokumentobjekt",
            "part",
            "korrespondansepart",
            "merknad",
            "kryssreferanse",
            "avskrivning",
            "dokumentflyt",
            "presedens",
            "moetedeltaker",
            "nasjonalidentifikator",
        }
    ),
    loese=frozenset({"utredningsdokumenter", "vedtaksdokumenter"}),
    under={"avskrivning": "korrespondansepart"},
)
"""Messages: arkivmelding 1.x of the standard, and of Fiks Arkiv V1."""
