"""Who has looked: what is screened is logged when it is shown to somebody (GUIDE 15).

The lines of one answer are written together, before it is given: nothing is shown that is not in
the log. An answer without anything screened costs nothing.
"""

from collections.abc import Iterable
from typing import Any

from sakark_api.access.policy import Action, Work
from sakark_api.noark.logging.endringslogg import log_read
from sakark_api.rest.dependencies import Context
from sakark_api.rest.family import SCREENED, TYPE

__all__ = ["log_file_shown", "log_shown"]


async def log_shown(context: Context, rows: Iterable[Any]) -> None:
    """Log which screened units are shown to a caller who sees all of them."""
    seen = [row for row in rows if row[SCREENED]]
    if seen and context.may(Action.READ, Work.SCREENED):
        await _log(context, seen, None)


async def log_file_shown(context: Context, row: Any, name: str) -> None:
    """Log that the file of a screened unit is given, whoever asks."""
    if row[SCREENED]:
        await _log(context, [row], name)


async def _log(context: Context, rows: Iterable[Any], name: str | None) -> None:
    # Also where the kommune's archive is closed: it may be read, and is watched over all the same.
    async with context.services.writer.transaction(context.kommune.id) as session:
        units = [(row[TYPE], row["system_id"]) for row in rows]
        await session.run_sync(lambda sync: log_read(context.change(sync), units, name))
