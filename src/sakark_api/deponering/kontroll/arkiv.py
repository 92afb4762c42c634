"""The controls of arkiver, arkivdeler, klassifikasjonssystemer and klasser."""

from collections.abc import Sequence
from typing import Final

from sakark_api.deponering.kontroll.innhold import Innhold
from sakark_api.deponering.kontroll.regel import Kontroll, Label, Rule, Shown, Telling
from sakark_api.deponering.kontroll.rules import by_field, level, type_and_level
from sakark_api.deponering.lesing import Enhet
from sakark_api.texts import Text, text

__all__ = ["KONTROLLER"]


def _place_of_parent(unit: Enhet) -> str:
    return (unit.parent.system_id if unit.parent else None) or ""


def _klasse_above(unit: Enhet) -> str | None:
    """Give the klasseID, when the unit lies directly under a klasse."""
    parent = unit.parent
    return parent.get("klasseID") or "" if parent and parent.kind == "klasse" else None


def _class_and_level(klasse: Enhet) -> str:
    return f"{_system(klasse)}/{level(klasse)}"


def _system(klasse: Enhet) -> str:
    above = klasse.above("klassifikasjonssystem")
    return (above.system_id if above else None) or ""


def _empty_class(klasse: Enhet) -> str | None:
    if any(klasse.has(kind) for kind in ("klasse", "mappe", "registrering")):
        return None
    return _system(klasse)


def _primary_system(klasse: Enhet, innhold: Innhold) -> None:
    """Note that a klassifikasjonssystem is the primary: it has mapper or registreringer."""
    if klasse.has("mappe") or klasse.has("registrering"):
        innhold.primaere.add(_system(klasse))


def _in_primary(telling: Telling, innhold: Innhold) -> Shown:
    return [(system, count) for system, count in telling.items() if system in innhold.primaere]


def _with_both(kind: str) -> Label:
    def label(klasse: Enhet) -> str | None:
        both = klasse.has("klasse") and klasse.has(kind)
        return klasse.get("klasseID") or "" if both else None

    return label


def _refuse_both(kind: str, message: Text) -> Rule:
    def fault(klasse: Enhet) -> Text | None:
        return message if klasse.has("klasse") and klasse.has(kind) else None

    return fault


KONTROLLER: Final[Sequence[Kontroll]] = (
    Kontroll(4, text("Antall arkiv"), ["arkiv"], counts=type_and_level),
    Kontroll(5, text("Antall arkivdeler"), ["arkivdel"], counts=_place_of_parent),
    Kontroll(6, text("Status på arkivdeler"), ["arkivdel"], counts=by_field("arkivdelstatus")),
    Kontroll(
        7,
        text("Antall klassifikasjonssystem"),
        ["klassifikasjonssystem"],
        counts=_place_of_parent,
    ),
    Kontroll(8, text("Antall klasser"), ["klasse"], counts=_class_and_level),
    Kontroll(
        9,
        text("Klasser i det primære klassifikasjonssystemet uten noe under seg"),
        ["klasse"],
        counts=_empty_class,
        observe=_primary_system,
        shows=_in_primary,
    ),
    Kontroll(
        12,
        text("Klasser med både underklasser og mapper"),
        ["klasse"],
        counts=_with_both("mappe"),
        fault=_refuse_both(
            "mappe",
            text("Klassen har både underklasser og mapper. Flytt mappene til en underklasse."),
        ),
    ),
    Kontroll(13, text("Antall mapper for hver klasse"), ["mappe"], counts=_klasse_above),
    Kontroll(
        19,
        text("Klasser med både underklasser og registreringer"),
        ["klasse"],
        counts=_with_both("registrering"),
        fault=_refuse_both(
            "registrering",
            text(
                "Klassen har både underklasser og registreringer. Flytt registreringene til en"
                " underklasse."
            ),
        ),
    ),
    Kontroll(
        20,
        text("Antall registreringer direkte under hver klasse"),
        ["registrering"],
        counts=_klasse_above,
    ),
)
