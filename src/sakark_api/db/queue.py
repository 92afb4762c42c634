"""The queue, as those see it who put work in, look after it or count it.

A session that serves a kommune puts work in by a function, and the database refuses it every other
change of the queue. Who works it off serves none.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    Uuid,
    cast,
    column,
    func,
    literal,
    select,
    table,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Session

__all__ = [
    "SCHEMA",
    "FailedJob",
    "defer",
    "defer_last",
    "failed_jobs",
    "oldest_seconds",
    "put_last",
    "remember_error",
    "send_again",
]

SCHEMA: Final = "jobs"
"""The schema of the database that holds the queue's own tables."""
LAST: Final = -100
"""The priority of what nobody waits for."""

_JOBS = table(
    "procrastinate_jobs",
    *(column(name) for name in ("id", "status", "scheduled_at", "priority")),
    schema=SCHEMA,
)
_EVENTS = table(
    "procrastinate_events",
    *(column(name) for name in ("job_id", "at")),
    schema=SCHEMA,
)
_ERRORS = table("feil", column("job_id"), column("feil"), schema=SCHEMA)


class FailedJob(NamedTuple):
    """A job that was tried as often as it may be: what and of which unit, and no content."""

    id: int
    jobb: str
    kommune: int | None
    enhet: UUID | None
    feil: str | None
    forsoek: int
    tidspunkt: datetime | None


def defer(session: Session, job: str, unit: UUID) -> None:
    """Put work on a unit in the queue: with the session's transaction, or not at all."""
    # On the connection, so that changes are not written before they are logged.
    session.connection().execute(select(func.sakark_defer(job, unit)))


def defer_last(session: Session, job: str, units: Sequence[UUID]) -> None:
    """Put work on units in the queue after all that somebody waits for, with the transaction."""
    if units:
        array = literal(list(units), ARRAY(Uuid()))
        session.connection().execute(select(func.sakark_defer_last(job, array)))


def put_last(session: Session) -> None:
    """Let all that waits now come after what comes later; as the owner, of no kommune."""
    waits = cast(_JOBS.c.status, Text) == "todo"
    session.execute(update(_JOBS).where(waits).values(priority=LAST))


def failed_jobs(session: Session) -> Sequence[FailedJob]:
    """List the jobs that failed for good, the oldest first; as the operator."""
    found: Any = func.sakark_failed_jobs().table_valued(*FailedJob._fields)
    return [FailedJob(*row) for row in session.execute(select(found))]


def send_again(session: Session, job: int) -> bool:
    """Let a job that failed for good be tried anew; False when there is none such."""
    return bool(session.scalar(select(func.sakark_send_again(job))))


async def remember_error(connection: AsyncConnection, job: int, error: str) -> None:
    """Remember the class of the last error of a job; what it said may hold content."""
    made = insert(_ERRORS).values(job_id=job, feil=error)
    await connection.execute(
        made.on_conflict_do_update(index_elements=["job_id"], set_={"feil": error})
    )


async def oldest_seconds(connection: AsyncConnection) -> float:
    """Tell for how long the job that has been due the longest has waited."""
    since: ColumnElement[Any] = func.coalesce(
        _JOBS.c.scheduled_at,
        select(func.min(_EVENTS.c.at))
        .where(_EVENTS.c.job_id == _JOBS.c.id)
        .correlate(_JOBS)
        .scalar_subquery(),
    )
    longest = func.max(func.extract("epoch", func.now() - since))
    waiting = select(longest).where(cast(_JOBS.c.status, Text) == "todo")
    return max(0.0, float(await connection.scalar(waiting) or 0))
