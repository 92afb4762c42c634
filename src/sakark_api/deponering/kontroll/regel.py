"""One control: what it looks at, what it counts, and what it takes for a fault."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sakark_api.deponering.alvor import Alvor
from sakark_api.deponering.lesing import Enhet
from sakark_api.deponering.pakke import ARKIVSTRUKTUR
from sakark_api.texts import Text

if TYPE_CHECKING:
    from sakark_api.deponering.kontroll.innhold import Innhold

__all__ = [
    "EVERY",
    "MOST_SHOWN",
    "Alvor",
    "Funn",
    "Kontroll",
    "Label",
    "Rule",
    "Shown",
    "Sted",
    "Telling",
    "Utfall",
    "totals",
]

EVERY: Final = ("*",)
"""Units of every kind, also those the standard has not named."""
MOST_SHOWN: Final = 100
"""Findings of one control that are kept; the rest are counted."""
_MOST_LABELS = 100_000
_OTHERS = "…"


@dataclass(frozen=True)
class Sted:
    """Where a finding is: the file, and in it the line and the nearest systemID, if any."""

    file: str
    line: int | None = None
    system_id: str | None = None

    @classmethod
    def of(cls, unit: Enhet) -> "Sted":
        return cls(ARKIVSTRUKTUR, unit.line, unit.system_id)


@dataclass(frozen=True)
class Funn:
    """What one control found at one place, with what to do about it."""

    alvor: Alvor
    text: Text
    sted: Sted


class Telling(dict[str, int]):
    """How many there are of each kind; kinds beyond a hundred thousand are one."""

    def add(self, label: str) -> None:
        if label not in self and len(self) >= _MOST_LABELS:
            label = _OTHERS
        self[label] = self.get(label, 0) + 1

    @property
    def total(self) -> int:
        return sum(self.values())


@dataclass
class Utfall:
    """What came of one control: its counts, its first findings, and how many there were in all."""

    telling: Telling = field(default_factory=Telling)
    funn: list[Funn] = field(default_factory=list)
    number: dict[Alvor, int] = field(default_factory=dict)
    is_done: bool = True

    def add(self, funn: Funn) -> None:
        known = self.number.get(funn.alvor, 0)
        self.number[funn.alvor] = known + 1
        if known < MOST_SHOWN:
            self.funn.append(funn)

    @property
    def faults(self) -> int:
        return self.number.get(Alvor.FEIL, 0)


Label = Callable[[Enhet], str | None]
Rule = Callable[[Enhet], Text | None]
Shown = Iterable[tuple[str | Text, int | str]]


def totals(telling: Telling, _innhold: "Innhold") -> Shown:
    """Show every kind with its number."""
    return telling.items()


def _nothing(_innhold: "Innhold") -> Iterator[Funn]:
    return iter(())


@dataclass(frozen=True)
class Kontroll:
    """A control with its number in the validator (N5.xx).

    The rules on one unit are pure, so that they hold for the live archive too: `counts` gives the
    kind a unit is counted as (None: not counted), `fault` what the validator rejects it for, and
    `remark` what a person should look at. `awaits` is set where a unit is left out when it, or one
    above it, turns out to be Utgår; its counts and remarks wait until that is known.

    `observe` keeps what `whole` needs when all units have been seen; `whole` gives what can only be
    said of the package as a whole. `shows` chooses what is shown of the counts.
    """

    number: int
    name: Text
    kinds: Sequence[str] = ()
    counts: Label | None = None
    fault: Rule | None = None
    remark: Rule | None = None
    awaits: bool = False
    observe: "Callable[[Enhet, Innhold], None] | None" = None
    whole: "Callable[[Innhold], Iterable[Funn]]" = _nothing
    shows: "Callable[[Telling, Innhold], Shown]" = totals

    @property
    def id(self) -> str:
        return f"N5.{self.number:02}"
