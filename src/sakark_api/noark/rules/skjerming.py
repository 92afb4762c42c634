"""Screening: what it hides, and how it is taken over from above (M500–M505, GUIDE 14.8)."""

from datetime import UTC, datetime
from typing import Final, Protocol

from sakark_api.noark.resource import Change
from sakark_api.noark.values import years_after
from sakark_api.noark.verdier import Skjerming

__all__ = [
    "ADDRESSES",
    "EVERYTHING",
    "FIRST_LINE_STAYS",
    "MASK",
    "give_skjerming",
    "inherit_skjerming",
    "lapsing",
    "says_the_same",
]

EVERYTHING: Final = "M"
"""Kode of what hides all that can be hidden, until it has been assessed (M502)."""

FIRST_LINE_STAYS: Final = frozenset({"TM1", "TR1"})
"""Koder of what leaves the first line of a title as it is (M502)."""

ADDRESSES: Final = "AD"
"""Kode of what hides where people live and how they are reached: the standard has none for it."""

MASK: Final = "*****"
"""What is shown of a screened text that must be there."""

_ANY_TIME: Final = datetime(2000, 1, 1, tzinfo=UTC)


class Screenable(Protocol):
    skjerming: Skjerming | None
    skjerming_egen: bool


def give_skjerming(change: Change, unit: Screenable, *sources: object) -> None:
    """Take over the first screening there is, where no other is given (6.6.26).

    It lasts its years from when this unit is registered (M504, M505).
    """
    screened = (getattr(source, "skjerming", None) for source in sources)
    found: Skjerming | None = next(filter(None, screened), None)
    if unit.skjerming is not None:
        unit.skjerming_egen = not says_the_same(unit.skjerming, found)
    elif found is not None:
        unit.skjerming = lapsing(found, change.now)


def says_the_same(one: Skjerming | None, other: Skjerming | None) -> bool:
    """Tell whether two units are screened alike, though it may lapse at different times."""
    if one is None or other is None:
        return one is other
    return lapsing(one, _ANY_TIME) == lapsing(other, _ANY_TIME)


def inherit_skjerming(change: Change, unit: Screenable) -> None:
    """Take over the screening of the unit above, where none is given (6.6.26)."""
    give_skjerming(change, unit, change.parent)


def lapsing(value: Skjerming, begins: datetime) -> Skjerming:
    """Compute when a screening that begins now lapses (M505)."""
    lapses = (
        years_after(begins, value.skjermingsvarighet)
        if value.skjermingsvarighet is not None
        else None
    )
    return value.model_copy(update={"skjerming_opphoerer_dato": lapses})
