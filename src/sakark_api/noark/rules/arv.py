"""Inheritance on creation: what a unit takes over from the unit it is made under."""

from collections.abc import Sequence
from typing import Final

from sakark_api.noark.model import TenantRow
from sakark_api.noark.resource import Change

__all__ = ["MEDIUM", "give_from", "give_inherited"]

MEDIUM: Final = ("dokumentmedium", "oppbevaringssted")
"""What is inherited from an arkivdel of its documents' form (M300, M301)."""


def give_inherited(change: Change, unit: TenantRow, names: tuple[str, ...]) -> None:
    """Copy from the parent what the client did not give (M300 and M301: inherited, overridable)."""
    give_from(change.parent, unit, names)


def give_from(source: TenantRow | None, unit: TenantRow, names: Sequence[str]) -> None:
    """Copy from a unit what another was not given."""
    for name in names:
        if getattr(unit, name) is None:
            setattr(unit, name, getattr(source, name, None))
