"""Who has looked: what is screened is logged when it is shown to somebody (GUIDE 15).

The lines of one answer are written together, before it is given: nothing is shown that is not in
the log. An answer without anything screened costs nothing.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sakark_api.access.policy import Action, Work
from sakark_api.noark.logging.endringslogg import log_read
from sakark_api.rest.dependencies import Context
from sakark_api.rest.family import SCREENED, TYPE

__all__ = ["log_file_shown", "log_shown", "log_units_shown"]

Unit = tuple[str, UUID]
"""What is read, by the name of its kind and its systemID."""


async def log_shown(context: Context, rows: Iterable[Any]) -> None:
    """Log which screened units are shown to a caller who sees all of them."""
    await log_units_shown(context, [_unit_of(row) for row in rows if row[SCREENED]])


async def log_units_shown(context: Context, units: Sequence[Unit]) -> None:
    """Log that screened units are shown to a caller who sees all of them."""
    if units and context.may(Action.READ, Work.SCREENED):
        await _log(context, units, None)


async def log_file_shown(context: Context, row: Any, name: str) -> None:
    """Log that the file of a screened unit is given, whoever asks."""
    if row[SCREENED]:
        await _log(context, [_unit_of(row)], name)


def _unit_of(row: Any) -> Unit:
    return row[TYPE], row["system_id"]


async def _log(context: Context, units: Sequence[Unit], name: str | None) -> None:
    # Also where the kommune's archive is closed: it may be read, and is watched over all the same.
    async with context.services.writer.transaction(context.kommune.id) as session:
        await session.run_sync(lambda sync: log_read(context.change(sync), units, name))
