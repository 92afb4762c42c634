"""Freezing: which attributes of a closed or archived unit still may be changed."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import inspect

from sakark_api.errors import Conflict
from sakark_api.noark.attribute import BoundAttribute, Mutability
from sakark_api.noark.model import TenantRow
from sakark_api.texts import Text, text

__all__ = ["refuse_frozen", "value_before"]

_LOCKS = {
    Mutability.UNTIL_CLOSED: "avsluttet_dato",
    Mutability.UNTIL_ARCHIVED: "arkivert_dato",
}


def refuse_frozen(unit: TenantRow, changed: Sequence[BoundAttribute]) -> None:
    """Refuse a change of what is frozen by closing or archiving (6.1.2, 6.1.13, M020)."""
    for attribute in changed:
        reason = _why_frozen(unit, attribute)
        if reason is not None:
            raise Conflict(reason)


def value_before(unit: TenantRow, name: str) -> Any:
    """Give the value that an attribute had before this change."""
    history = inspect(unit).attrs[name].history
    if not history.has_changes():
        return getattr(unit, name)
    return history.deleted[0] if history.deleted else None


def _why_frozen(unit: TenantRow, attribute: BoundAttribute) -> Text | None:
    change = attribute.spec.change
    if change is Mutability.NEVER:
        return text("Feltet {felt} kan ikke endres.", felt=attribute.wire)
    if change is Mutability.ONCE and getattr(unit, attribute.name) is not None:
        return text("Feltet {felt} er satt og kan ikke endres.", felt=attribute.wire)
    if change is Mutability.UNTIL_CLOSED and getattr(unit, _LOCKS[change], None) is not None:
        return text(
            "Feltet {felt} kan ikke endres etter at enheten er avsluttet.", felt=attribute.wire
        )
    if change is Mutability.UNTIL_ARCHIVED and getattr(unit, _LOCKS[change], None) is not None:
        return text(
            "Feltet {felt} kan ikke endres etter at enheten er arkivert.", felt=attribute.wire
        )
    return None
