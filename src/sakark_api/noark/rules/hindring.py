"""What stands in the way of a change: the units that are the reason, found and named."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from sqlalchemy import Select, func

from sakark_api.errors import Blocked, Obstacle, Standing
from sakark_api.noark.model import TenantRow
from sakark_api.noark.resource import Change
from sakark_api.texts import Text, text

__all__ = ["Reason", "Units", "conflict_over", "find_obstacle", "refuse_found"]

Units = Select[str, UUID, str]
"""Selects units that may stand in the way: the resource, the systemID and the name of each.

No name is one that a screening hides (`Standing`).
"""

Reason = Callable[[object], Text]
"""Makes the sentence of what stands in the way, from the names of that."""

_FOUND: Final = 100
"""How many units are looked up: those who see only some of them are told of the first they see."""


def find_obstacle(change: Change, units: Units, reason: Reason) -> Obstacle | None:
    """Tell what stands in the way, if anything does."""
    counted = units.add_columns(func.count().over()).limit(_FOUND)
    with change.session.no_autoflush:
        rows = change.session.execute(counted).all()
    if not rows:
        return None
    return Obstacle(reason, [Standing(row[0], row[1], str(row[2])) for row in rows], rows[0][-1])


def refuse_found(change: Change, units: Units, reason: Reason) -> None:
    """Refuse over the units that a query finds; see `find_obstacle`."""
    found = find_obstacle(change, units, reason)
    if found is not None:
        raise Blocked([found])


def conflict_over(unit: TenantRow, name: str, reason: Reason) -> Blocked:
    """Make the refusal of a change that one unit stands in the way of."""
    standing = Standing(type(unit).__name__.lower(), unit.system_id, name)
    return Blocked([Obstacle(reason, [standing], 1, unseen=text("du ikke har tilgang til"))])
