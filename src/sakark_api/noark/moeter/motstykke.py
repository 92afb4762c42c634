"""References that show on both sides: a unit that is referred to refers back."""

from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, inspect

from sakark_api.errors import Conflict, Invalid
from sakark_api.noark.logging.endringslogg import log_changed
from sakark_api.noark.model import Arkivenhet, table_of
from sakark_api.noark.resource import Change
from sakark_api.noark.rules.opphav import give_last_change
from sakark_api.texts import text

__all__ = ["mirror", "release"]


def mirror(change: Change, unit: Arkivenhet, here: str, there: str) -> None:
    """Let what the unit now refers to as `here` refer back as `there`, and what it left no more."""
    history = inspect(unit).attrs[here].history
    if not history.has_changes():
        return
    before, after = _ids(history.deleted), _ids(history.added)
    if unit.system_id in after:
        raise Invalid(text("Enheten kan ikke vise til seg selv."))
    for system_id in before - after:
        _refer_back(change, unit, system_id, there, refers=False)
    for system_id in after - before:
        _refer_back(change, unit, system_id, there, refers=True)


def release(change: Change, unit: Arkivenhet, here: str, there: str) -> None:
    """Let what the unit refers to as `here` no longer refer back; for a unit that is deleted."""
    for system_id in _ids([getattr(unit, here)]):
        _refer_back(change, unit, system_id, there, refers=False)


def _ids(values: Any) -> set[UUID]:
    """Take the references out of what SQLAlchemy remembers: one, or a list of them, or nothing."""
    found = (values or [None])[0]
    if found is None:
        return set()
    return {found} if isinstance(found, UUID) else set(found)


def _refer_back(
    change: Change, unit: Arkivenhet, system_id: UUID, there: str, *, refers: bool
) -> None:
    with change.session.no_autoflush:  # or the log would not see what has changed
        other = change.get(type(unit), system_id)
    if other is None:
        raise Invalid(text("Enheten viser til en enhet som ikke finnes. Rett referansen."))
    setattr(other, there, _referring(other, there, unit.system_id, refers=refers))
    log_changed(change, other)
    give_last_change(change, other)


def _referring(other: Arkivenhet, there: str, to: UUID, *, refers: bool) -> Any:
    """Give the value of a reference with one unit more or less."""
    found = getattr(other, there)
    if isinstance(table_of(type(other)).c[there].type, ARRAY):
        rest = [one for one in found or () if one != to]
        return [*rest, to] if refers else rest or None
    if not refers:
        return None
    if found not in (None, to):
        raise Conflict(text("Møtet som det vises til, hører sammen med et annet møte."))
    return to
