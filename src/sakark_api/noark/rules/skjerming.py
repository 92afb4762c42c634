"""Screening: what it hides, and how it is taken over from above (M500–M505, GUIDE 14.8)."""

from typing import Final, Protocol

from sakark_api.noark.resource import Change
from sakark_api.noark.verdier import Skjerming

__all__ = ["EVERYTHING", "MASK", "inherit_skjerming"]

EVERYTHING: Final = "M"
"""Kode of what hides all that can be hidden, until it has been assessed (M502)."""

MASK: Final = "*****"
"""What is shown of a screened text that must be there."""


class Screenable(Protocol):
    skjerming: Skjerming | None


def inherit_skjerming(change: Change, unit: Screenable) -> None:
    """Take over the screening of the unit above, where none is given (6.6.26)."""
    if unit.skjerming is None:
        unit.skjerming = getattr(change.parent, "skjerming", None)
