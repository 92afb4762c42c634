"""Labels and rules that several controls share."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Final

from sakark_api.deponering.kontroll.innhold import Innhold
from sakark_api.deponering.kontroll.regel import Alvor, Funn, Label, Rule, Shown, Sted, Telling
from sakark_api.deponering.lesing import Enhet
from sakark_api.texts import Text, text

__all__ = [
    "UTGAAR",
    "always",
    "as_documented",
    "by_field",
    "day_of",
    "first_and_last",
    "holder",
    "is_expired",
    "level",
    "refuse_other",
    "type_and_level",
    "type_of",
    "without",
    "year",
]

UTGAAR: Final = "Utgår"
_DATE = re.compile(
    r"(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?", re.ASCII
)


def is_expired(unit: Enhet) -> bool:
    """Tell whether a saksmappe or a journalpost itself is Utgår."""
    return UTGAAR in (unit.get("saksstatus"), unit.get("journalstatus"))


def day_of(written: str | None) -> str | None:
    """Give the day of a date or dateTime; None for what is neither."""
    found = _DATE.fullmatch(written.strip()) if written else None
    if found is None:
        return None
    try:
        date.fromisoformat(found[1])
    except ValueError:
        return None
    return found[1]


def first_and_last(telling: Telling, _innhold: Innhold) -> Shown:
    """Show the first and the last day of those counted."""
    if telling:
        yield text("første"), min(telling)
        yield text("siste"), max(telling)


def level(unit: Enhet) -> str:
    """Tell how deep a unit lies in units of its own kind, from 1."""
    return str(sum(one.kind == unit.kind for one in unit.upwards()))


def type_of(unit: Enhet) -> str:
    return unit.type.rpartition(":")[2]


def type_and_level(unit: Enhet) -> str:
    return f"{type_of(unit)}/{level(unit)}"


def holder(unit: Enhet) -> str:
    return unit.parent.kind if unit.parent else ""


def year(unit: Enhet) -> str:
    return (day_of(unit.get("opprettetDato")) or "")[:4]


def by_field(name: str) -> Label:
    """Count units by a field; those without it are not counted."""

    def label(unit: Enhet) -> str | None:
        return unit.get(name)

    return label


def refuse_other(name: str, allowed: Sequence[str], says: Callable[[str], Text]) -> Rule:
    """Refuse a field that is there and is none of the values allowed."""

    def fault(unit: Enhet) -> Text | None:
        value = unit.get(name)
        return None if value is None or value in allowed else says(value)

    return fault


def without(*kinds: str) -> Label:
    """Count units that have none of some kinds, by their type."""

    def label(unit: Enhet) -> str | None:
        return None if any(unit.has(kind) for kind in kinds) else type_of(unit)

    return label


def always(message: Text) -> Rule:
    """Say the same of every unit that is counted."""

    def remark(_unit: Enhet) -> Text | None:
        return message

    return remark


def as_documented(
    number: int, kind: str, *, missing_is_zero: bool
) -> Callable[[Innhold], Iterator[Funn]]:
    """Hold the number of units against what arkivuttrekk.xml says (N5.10, N5.16)."""

    def whole(innhold: Innhold) -> Iterator[Funn]:
        found = innhold.telling(number).total
        said = innhold.pakke.uttrekk.antall.get(kind, "").strip()
        if said.isdecimal() and int(said) == found:
            return
        if not said and missing_is_zero and not found:
            return
        yield Funn(
            Alvor.FEIL,
            text(
                "arkivuttrekk.xml oppgir «{oppgitt}» som antall av {enhet}, men det er {funnet}."
                " Lag uttrekket på nytt, eller rett tallet.",
                oppgitt=said,
                enhet=kind,
                funnet=found,
            ),
            Sted(innhold.pakke.description),
        )

    return whole
