"""`sakark worker`: works the queue off until it is told to stop."""

import asyncio
import logging
import logging.config
import signal
from collections.abc import Coroutine, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import partial
from typing import Any

from procrastinate import App
from procrastinate.worker import Worker

from sakark_api.db.queue import oldest_seconds
from sakark_api.db.reader import APPLICATION_ROLE
from sakark_api.drift.sandkasse import Tools as SandboxTools
from sakark_api.formats import tools as programs
from sakark_api.jobs.queue import QUEUES, counted, open_queue, remembering
from sakark_api.jobs.sealing import keep_sealing
from sakark_api.jobs.tools import Tools
from sakark_api.noark.catalog import CATALOG
from sakark_api.observe.logs import log_config
from sakark_api.observe.metrics import QUEUE, QUEUE_SECONDS
from sakark_api.settings import Settings
from sakark_api.storage import open_documents
from sakark_api.tenancy.fitness import refuse_to_start, refuse_unfit
from sakark_api.tenancy.kommune import Registry
from sakark_api.tenancy.operator import operator_engine
from sakark_api.tenancy.session import Writer, application_engine

__all__ = ["work", "work_until"]

AGAIN_SECONDS = 3
CANCEL_SECONDS = 1
COUNT_SECONDS = 15
STATES = ("todo", "doing", "failed")

log = logging.getLogger(__name__)


def work(settings: Settings) -> None:
    """Work until told to stop, and end the jobs under way; those that do not end come again.

    Raises `Conflict` with the reasons when the database is not fit to work on.
    """
    logging.config.dictConfig(log_config(settings))
    asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    told_to_stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told_to_stop.set)
    await work_until(told_to_stop, settings)


async def work_until(told_to_stop: asyncio.Event, settings: Settings) -> None:
    """Work the queue off until the event, and end the jobs under way; raises as `work` does."""
    await refuse_to_start(settings)
    await asyncio.to_thread(_tell_of_missing, settings)
    async with AsyncExitStack() as stack:
        tools = await _open_tools(settings, stack)
        while not told_to_stop.is_set():
            [ended] = await asyncio.gather(
                _work_off(settings, tools, told_to_stop), return_exceptions=True
            )
            if ended is not None:
                log.error("A part of the worker failed", exc_info=ended)
            if not told_to_stop.is_set():
                log.warning("The queue was left, and is gone back to")
                await _until(told_to_stop, asyncio.sleep(AGAIN_SECONDS))


def _tell_of_missing(settings: Settings) -> None:
    """Log each program that is not here: what needs it becomes a task, and all else is done."""
    for tool in programs(settings):
        if tool.version is None:
            log.warning("%s is not here, or does not work: `sakark doctor` tells more", tool.name)


async def _work_off(settings: Settings, tools: Tools, told_to_stop: asyncio.Event) -> None:
    """Work until told to stop, and then end the jobs under way; or until the database goes away."""
    queue = open_queue(settings, tools)
    try:
        await _until(told_to_stop, queue.connector.open_async())
        if not told_to_stop.is_set():
            workers = [_worker(settings, queue, tools, name) for name in QUEUES]
            await _work_as(workers, queue, tools, told_to_stop)
    finally:
        await queue.close_async()


def _worker(settings: Settings, queue: App, tools: Tools, name: str) -> Worker:
    return Worker(
        queue,
        queues=[name],
        name=name,
        concurrency=QUEUES[name],
        shutdown_graceful_timeout=settings.shutdown_seconds,
        worker_middleware=[counted, remembering(tools.engine)],
        install_signal_handlers=False,
    )


async def _work_as(
    workers: Sequence[Worker], queue: App, tools: Tools, told_to_stop: asyncio.Event
) -> None:
    async def stop() -> None:
        await told_to_stop.wait()
        for worker in workers:
            worker.stop()  # type: ignore[no-untyped-call]  # theirs

    sealing = keep_sealing(tools.registry, tools.writer, tools.clock)
    beside = [asyncio.create_task(one) for one in (_count(queue, tools), stop(), sealing)]
    working = [asyncio.create_task(one.run()) for one in workers]  # type: ignore[no-untyped-call]  # theirs
    try:
        # One that ends before it is told to has lost the database: the others begin anew with it.
        await asyncio.wait(working, return_when=asyncio.FIRST_COMPLETED)
        if told_to_stop.is_set():
            await asyncio.wait(working)
    finally:
        await asyncio.gather(*map(_end, (*working, *beside)))
    for one in working:
        if not one.cancelled():
            one.result()


async def _until(event: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """Do something until it ends, or until the event; raise what it ends with."""
    doing, happening = asyncio.create_task(work), asyncio.create_task(event.wait())
    await asyncio.wait({doing, happening}, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.gather(_end(doing), _end(happening))
    if not doing.cancelled():
        doing.result()


async def _end(task: "asyncio.Task[Any]") -> None:
    """Cancel until it has ended: `asyncio.wait_for` of Python 3.11 may lose a cancellation."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=CANCEL_SECONDS)
    await asyncio.gather(task, return_exceptions=True)


async def _count(queue: App, tools: Tools) -> None:
    """Keep the figures of the queue up to date."""
    while True:
        async with tools.engine.connect() as connection:
            QUEUE_SECONDS.set(await oldest_seconds(connection))
        queues = list(await queue.job_manager.list_queues_async())
        for state in STATES:
            QUEUE.labels(state).set(sum(one[state] for one in queues))
        await asyncio.sleep(COUNT_SECONDS)


async def _open_tools(settings: Settings, stack: AsyncExitStack) -> Tools:
    engine = application_engine(settings, APPLICATION_ROLE)
    stack.push_async_callback(engine.dispose)
    documents = open_documents(settings)
    stack.push_async_callback(documents.close)
    writer, sandboxes = Writer(engine), None
    if settings.database_operator_url is not None:
        operator = operator_engine(settings)
        stack.push_async_callback(operator.dispose)
        sandboxes = SandboxTools(operator, writer, documents, CATALOG)
    registry = Registry(engine, refuse_unfit)
    clock = partial(datetime.now, UTC)
    return Tools(settings, engine, registry, writer, documents, sandboxes, clock)
