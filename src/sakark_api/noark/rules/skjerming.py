"""Screening: what it hides, and how it is taken over from above (M500–M505, GUIDE 14.8)."""

from datetime import datetime
from typing import Final, Protocol

from sakark_api.noark.resource import Change
from sakark_api.noark.values import years_after
from sakark_api.noark.verdier import Skjerming

__all__ = ["EVERYTHING", "MASK", "give_skjerming", "inherit_skjerming", "lapsing"]

EVERYTHING: Final = "M"
"""Kode of what hides all that can be hidden, until it has been assessed (M502)."""

MASK: Final = "*****"
"""What is shown of a screened text that must be there."""


class Screenable(Protocol):
    skjerming: Skjerming | None


def give_skjerming(change: Change, unit: Screenable, *sources: object) -> None:
    """Take over the first screening there is, where none is given (6.6.26).

    It lasts its years from when this unit is registered (M504, M505).
    """
    if unit.skjerming is not None:
        return
    screened = (getattr(source, "skjerming", None) for source in sources)
    found: Skjerming | None = next(filter(None, screened), None)
    if found is not None:
        unit.skjerming = lapsing(found, change.now)


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
