"""Kassasjon: how a decision on disposal comes down from what a unit is made under."""

from typing import Final, Protocol

from sakark_api.noark.resource import Change
from sakark_api.noark.verdier import Kassasjon

__all__ = ["WITHOUT_INHERITANCE", "give_kassasjon", "inherit_kassasjon"]

WITHOUT_INHERITANCE: Final = "uten-arv-av-kassasjon"
"""The option of a kommune that decides on disposal unit by unit (5.10.16)."""


class Kassabel(Protocol):
    kassasjon: Kassasjon | None


def give_kassasjon(change: Change, unit: Kassabel, *sources: object) -> None:
    """Copy the decision of the first source that has one, where none is given (5.10.9, 5.10.16)."""
    if unit.kassasjon is not None or WITHOUT_INHERITANCE in change.options:
        return
    decided = (getattr(source, "kassasjon", None) for source in sources)
    unit.kassasjon = next(filter(None, decided), None)


def inherit_kassasjon(change: Change, unit: Kassabel) -> None:
    """Take over what is decided for the unit above, where nothing is given (5.10.9)."""
    give_kassasjon(change, unit, change.parent)
