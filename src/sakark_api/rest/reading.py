"""Who has looked: what is screened is logged when it is shown to somebody (GUIDE 15).

The lines of one answer are written together, before it is given: nothing is shown that is not in
the log. An answer without anything screened costs nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from sakark_api.access.policy import Action, Work
from sakark_api.noark.logging.endringslogg import log_read
from sakark_api.rest.dependencies import Context
from sakark_api.rest.family import SCREENED, TYPE

__all__ = ["log_file_shown", "log_found", "log_shown"]

Unit = tuple[str, UUID]
"""What is read, by the name of its kind and its systemID."""
PASSAGE: Final = "utdrag"
"""What the log calls a passage of a file."""


async def log_shown(context: Context, rows: Iterable[Any]) -> None:
    """Log which screened units are shown to a caller who sees all of them."""
    await log_found(context, [_unit_of(row) for row in rows if row[SCREENED]], ())


async def log_file_shown(context: Context, row: Any, name: str) -> None:
    """Log that the file of a screened unit is given, whoever asks."""
    if row[SCREENED]:
        await _log(context, {name: [_unit_of(row)]})


async def log_found(context: Context, units: Sequence[Unit], files: Sequence[Unit]) -> None:
    """Log that screened units are found: by whom all is seen, or passages of their files."""
    seen = units if context.may(Action.READ, Work.SCREENED) else ()
    if seen or files:
        await _log(context, {None: seen, PASSAGE: files})


def _unit_of(row: Any) -> Unit:
    return row[TYPE], row["system_id"]


async def _log(context: Context, read: Mapping[str | None, Sequence[Unit]]) -> None:
    # Also where the kommune's archive is closed: it may be read, and is watched over all the same.
    async with context.services.writer.transaction(context.kommune.id) as session:
        for name, units in read.items():
            await session.run_sync(_write, context, units, name)


def _write(session: Session, context: Context, units: Sequence[Unit], name: str | None) -> None:
    log_read(context.change(session), units, name)
