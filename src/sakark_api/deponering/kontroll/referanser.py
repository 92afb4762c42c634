"""The controls of systemID, of what refers to them, and of empty elements (N5.47-N5.51, N5.63)."""

from collections.abc import Iterator, Sequence
from typing import Final

from sakark_api.deponering.kontroll.innhold import Innhold, Referanser
from sakark_api.deponering.kontroll.regel import EVERY, Alvor, Funn, Kontroll, Sted
from sakark_api.deponering.lesing import Enhet, read_units
from sakark_api.deponering.pakke import ARKIVSTRUKTUR
from sakark_api.texts import text

__all__ = ["KONTROLLER", "empty_element"]

_WITH_ARKIVDEL = ("arkivdel", "mappe", "registrering", "dokumentbeskrivelse")


def _keep_id(unit: Enhet, innhold: Innhold) -> None:
    system_id = unit.get("systemID")
    if system_id:
        innhold.system_ids.add(system_id)


def _refuse_repeated(innhold: Innhold) -> Sequence[Funn]:
    """Name each unit whose systemID another has too; only then is the file read once more."""

    def look(unit: Enhet) -> None:
        system_id = unit.get("systemID")
        if system_id and innhold.system_ids.came_twice(system_id):
            innhold.fault(47, _REPEATED, Sted.of(unit))

    if innhold.system_ids.twice:
        with (innhold.pakke.root / ARKIVSTRUKTUR).open("rb") as file:
            read_units(file, look)
    return ()


def _arkivdel(unit: Enhet, innhold: Innhold) -> None:
    if unit.kind == "arkivdel":
        innhold.arkivdeler.defines(unit.get("systemID"))
        return
    for reference in unit.every("referanseArkivdel"):
        innhold.arkivdeler.refers(reference, unit)


def _klasse(unit: Enhet, innhold: Innhold) -> None:
    if unit.kind == "klasse":
        innhold.klasser.defines(unit.get("systemID"))
    elif unit.type == "saksmappe":
        for reference in unit.every("referanseSekundaerKlassifikasjon"):
            innhold.klasser.refers(reference, unit)


def _broken(referanser: Referanser, kind: str) -> Iterator[Funn]:
    for reference, sted in referanser.broken.items():
        yield Funn(
            Alvor.FEIL,
            text(
                "Det er vist til {slag} {referanse}, som ikke er i uttrekket. Ta den med, eller"
                " fjern referansen.",
                slag=kind,
                referanse=reference,
            ),
            sted,
        )


def empty_element(name: str, line: int, unit: Enhet) -> Funn:
    """Refuse an element that is written without content (N5.63)."""
    return Funn(
        Alvor.FEIL,
        text("Elementet {navn} er uten innhold. Utelat det.", navn=name),
        Sted(ARKIVSTRUKTUR, line, unit.system_id),
    )


_REPEATED: Final = text("Flere enheter har denne systemID. Gi den ene en ny.")

KONTROLLER: Final[Sequence[Kontroll]] = (
    Kontroll(
        47,
        text("Systemidentifikasjoner"),
        EVERY,
        counts=lambda unit: unit.kind if unit.get("systemID") else None,
        observe=_keep_id,
        whole=_refuse_repeated,
    ),
    Kontroll(
        48,
        text("Referanser til arkivdeler"),
        _WITH_ARKIVDEL,
        counts=lambda unit: unit.kind if unit.get("referanseArkivdel") else None,
        observe=_arkivdel,
        whole=lambda innhold: _broken(innhold.arkivdeler, "arkivdel"),
    ),
    Kontroll(
        51,
        text("Referanser til klasser"),
        ["klasse", "mappe"],
        counts=lambda unit: unit.kind if unit.get("referanseSekundaerKlassifikasjon") else None,
        observe=_klasse,
        whole=lambda innhold: _broken(innhold.klasser, "klasse"),
    ),
    Kontroll(63, text("Elementer uten innhold")),
)
