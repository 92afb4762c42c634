"""Inheritance on creation: what a unit takes over from the unit it is made under."""

from sakark_api.noark.model import TenantRow
from sakark_api.noark.resource import Change

__all__ = ["give_inherited"]


def give_inherited(change: Change, unit: TenantRow, names: tuple[str, ...]) -> None:
    """Copy from the parent what the client did not give (M300 and M301: inherited, overridable)."""
    for name in names:
        if getattr(unit, name) is None:
            setattr(unit, name, getattr(change.parent, name, None))
