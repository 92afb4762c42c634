"""What stands in the way of a change: the units that are the reason, found and named."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from sqlalchemy import Select, func

from sakark_api.errors import Blocked, Obstacle, Standing
from sakark_api.noark.model import TenantRow
from sakark_api.noark.resource import Change
from sakark_api.texts import Text, text

__all__ = ["SHOWN", "Units", "and_more", "conflict_over", "find_obstacle", "refuse_found"]

Units = Select[str, UUID, str]
"""Selects units that may stand in the way: the resource, the systemID and the name of each."""

SHOWN: Final = 10
"""How many units of one reason are named; the rest are counted."""


def find_obstacle(
    change: Change, units: Units, reason: Callable[[object], Text]
) -> Obstacle | None:
    """Tell what stands in the way, if anything does.

    `reason` makes the sentence of their names.
    """
    counted = units.add_columns(func.count().over()).limit(SHOWN)
    with change.session.no_autoflush:
        rows = change.session.execute(counted).all()
    if not rows:
        return None
    count: int = rows[0][-1]
    names = and_more(", ".join(str(row[2]) for row in rows), count)
    return Obstacle(reason(names), [Standing(row[0], row[1]) for row in rows], count)


def and_more(names: str, count: int) -> object:
    """Add to the names of the first units how many there are besides."""
    if count <= SHOWN:
        return names
    return text("{navn} og {antall} til", navn=names, antall=count - SHOWN)


def refuse_found(change: Change, units: Units, reason: Callable[[object], Text]) -> None:
    """Refuse over the units that a query finds; see `find_obstacle`."""
    found = find_obstacle(change, units, reason)
    if found is not None:
        raise Blocked(found.reason, [found])


def conflict_over(reason: Text, unit: TenantRow) -> Blocked:
    """Make the refusal of a change that one unit stands in the way of."""
    standing = Standing(type(unit).__name__.lower(), unit.system_id)
    return Blocked(reason, [Obstacle(reason, [standing], 1)])
