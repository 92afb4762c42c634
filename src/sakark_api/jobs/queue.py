"""The queue: which jobs there are, when they are due, and how often they are tried."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from uuid import UUID

from procrastinate import App, JobContext, PsycopgConnector, RetryStrategy, builtin_tasks
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from procrastinate.middleware import AsyncCallNext, WorkerMiddleware
from procrastinate.worker import Worker
from sqlalchemy.ext.asyncio import AsyncEngine

from sakark_api.db.limits import server_limits
from sakark_api.db.queue import SCHEMA, remember_error
from sakark_api.db.reader import APPLICATION_ROLE, driver_url
from sakark_api.deponering.beredskap.telling import COUNTING
from sakark_api.jobs.disposal import execute_disposal, fill_disposal, go_on_disposing
from sakark_api.jobs.examining import examine_document
from sakark_api.jobs.exporting import make_deposit, tend_deposits
from sakark_api.jobs.fixity import read_files_again
from sakark_api.jobs.housekeeping import (
    forget_abandoned_uploads,
    forget_idempotency_keys,
    throw_away_expired_sandboxes,
)
from sakark_api.jobs.readiness import count_readiness, send_arkivdeler_to_counting
from sakark_api.jobs.reading import read_document, send_unread_to_reading
from sakark_api.jobs.sweeping import delete_strays
from sakark_api.jobs.tools import Tools
from sakark_api.jobs.unpacking import take_email_apart
from sakark_api.noark.arkivstruktur.dokumentobjekt import EXAMINATION
from sakark_api.noark.bevaring.epost import TAKING_APART
from sakark_api.noark.bevaring.kassasjonsliste import EXECUTION, FILLING
from sakark_api.noark.bevaring.tekst import READING
from sakark_api.observe.metrics import JOBS
from sakark_api.settings import Settings
from sakark_api.tenancy.uttrekk import EXPORTING

__all__ = ["QUEUES", "counted", "open_queue", "remembering"]

KEPT_HOURS: Final = 24 * 30
MOST_RETRIES: Final = 4
"""Five tries in all: what is counted are those before the one that fails."""
TRIES: Final = RetryStrategy(max_attempts=MOST_RETRIES, exponential_wait=5)


@dataclass(frozen=True)
class Periodic:
    """A job that comes again by itself, at the times of a crontab line."""

    name: str
    cron: str
    act: Callable[[Tools], Awaitable[None]]


PERIODIC: Final = (
    Periodic("forget_abandoned_uploads", "*/10 * * * *", forget_abandoned_uploads),
    Periodic("forget_idempotency_keys", "7 * * * *", forget_idempotency_keys),
    Periodic("throw_away_expired_sandboxes", "*/10 * * * *", throw_away_expired_sandboxes),
    Periodic("delete_strays", "37 1 * * *", delete_strays),
    Periodic("read_files_again", "23 * * * *", read_files_again),
    Periodic("go_on_disposing", "12 2 * * *", go_on_disposing),
    Periodic("send_unread_to_reading", "3/10 * * * *", send_unread_to_reading),
    Periodic("send_arkivdeler_to_counting", "11 2 * * *", send_arkivdeler_to_counting),
    Periodic("tend_deposits", "*/10 * * * *", tend_deposits),
)
OF_UNITS: Final[Mapping[str, Callable[[Tools, int, UUID], Awaitable[None]]]] = {
    EXAMINATION: examine_document,
    TAKING_APART: take_email_apart,
    READING: read_document,
    COUNTING: count_readiness,
    FILLING: fill_disposal,
    EXECUTION: execute_disposal,
    EXPORTING: make_deposit,
}
"""Jobs about one unit, by name; rules put them in the queue."""

QUEUES: Final[Mapping[str, int]] = {"default": 4, "uttrekk": 1}
"""How many jobs of each queue a worker does at once: deposits last long, and let the rest go on."""


class _Jobs(JobManager):
    """Lets a job that is to be tried again go where another of its kind waits already.

    Left under way it would hold its lock for as long as its worker lives, and none of its kind be
    done any more.
    """

    async def retry_job(self, job: Job, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  theirs
        try:
            await super().retry_job(job, *args, **kwargs)
        except UniqueViolation:
            await self.finish_job(job, Status.ABORTED, delete_job=True)


def open_queue(settings: Settings, tools: Tools) -> App:
    """Give the queue with its jobs; the caller opens and closes it."""
    app = App(connector=_connector(settings))
    app.job_manager = _Jobs(app.connector)
    for job in PERIODIC:
        _add(app, job, tools)
    for name, act in OF_UNITS.items():
        _add_of_unit(app, name, partial(act, tools))
    _add_care(app)
    return app


def _connector(settings: Settings) -> PsycopgConnector:
    limits = {"role": APPLICATION_ROLE, "search_path": SCHEMA, **server_limits(settings)}
    limits["application_name"] = "sakark-worker"
    return PsycopgConnector(
        conninfo=driver_url(settings.database_url or ""),
        min_size=1,
        max_size=settings.database_pool_size,
        timeout=settings.database_wait_seconds,
        kwargs={
            "connect_timeout": max(2, round(settings.database_connect_seconds)),
            "options": " ".join(f"-c {name}={value}" for name, value in limits.items()),
        },
    )


def _add(app: App, job: Periodic, tools: Tools) -> None:
    """Let a job come by its times; one of each waits at most, and one of each runs."""

    async def run(timestamp: int) -> None:
        del timestamp
        await job.act(tools)

    task = app.task(name=job.name, queueing_lock=job.name, lock=job.name, retry=TRIES)(run)
    app.periodic(cron=job.cron, periodic_id=job.name)(task)


def _add_of_unit(app: App, name: str, act: Callable[[int, UUID], Awaitable[None]]) -> None:
    """Let a job be done about the unit that it is told of, in its kommune."""

    async def run(kommune: int, enhet: str) -> None:
        await act(kommune, UUID(enhet))

    app.task(name=name, retry=TRIES)(run)


def _add_care(app: App) -> None:
    """Let the queue take care of itself: of jobs whose worker died, and of those long ended."""

    @app.periodic(cron="*/5 * * * *")
    @app.task(
        name="pick_up_stalled_jobs",
        queueing_lock="pick_up_stalled_jobs",
        pass_context=True,
        retry=TRIES,
    )
    async def pick_up(context: JobContext, timestamp: int) -> None:
        del timestamp
        jobs = context.app.job_manager
        for job in await jobs.get_stalled_jobs():
            if job.attempts >= MOST_RETRIES:  # it may be what its workers died of
                await jobs.finish_job(job, Status.FAILED, delete_job=False)
                continue
            await jobs.retry_job(job)

    @app.periodic(cron="17 3 * * *")
    @app.task(
        name="forget_ended_jobs", queueing_lock="forget_ended_jobs", pass_context=True, retry=TRIES
    )
    async def forget(context: JobContext, timestamp: int) -> None:
        del timestamp
        await builtin_tasks.remove_old_jobs(context, max_hours=KEPT_HOURS)


async def counted(call_next: AsyncCallNext, context: JobContext, worker: Worker) -> Any:  # noqa: ANN401  theirs
    """Count how a job has ended."""
    del worker
    name = context.job.task_name
    try:
        done = await call_next()
    except Exception:
        JOBS.labels(name, "failed").inc()
        raise
    JOBS.labels(name, "succeeded").inc()
    return done


def remembering(engine: AsyncEngine) -> WorkerMiddleware:
    """Remember of which class the last error of each job was, for the operator to see."""

    async def remember(call_next: AsyncCallNext, context: JobContext, worker: Worker) -> Any:  # noqa: ANN401  theirs
        del worker
        try:
            return await call_next()
        except Exception as error:
            assert context.job.id is not None  # noqa: S101  it was fetched from the queue
            async with engine.connect() as connection:
                await remember_error(connection, context.job.id, type(error).__name__)
            raise

    return remember
