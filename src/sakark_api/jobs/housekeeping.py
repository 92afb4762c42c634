"""What is done now and then, so that nothing is left lying about."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sakark_api.drift.sandkasse import Tools as SandboxTools
from sakark_api.drift.sandkasse import sweep_sandboxes
from sakark_api.noark.opplasting import forget_expired
from sakark_api.storage import Documents
from sakark_api.tenancy.driftslogg import Actor
from sakark_api.tenancy.idempotensnoekkel import forget_old_keys
from sakark_api.tenancy.kommune import Registry
from sakark_api.tenancy.session import Writer

__all__ = [
    "Tools",
    "forget_abandoned_uploads",
    "forget_idempotency_keys",
    "throw_away_expired_sandboxes",
]


@dataclass(frozen=True)
class Tools:
    """What the jobs work with; made once for the life of the worker."""

    registry: Registry
    writer: Writer
    documents: Documents
    sandboxes: SandboxTools | None
    """None where no operator's database address is set: then there are no sandboxes to sweep."""
    clock: Callable[[], datetime]


async def forget_abandoned_uploads(tools: Tools) -> None:
    """Delete what came of large files that nobody sent to their end (GUIDE 10)."""
    for kommune in (await tools.registry.current()).values():
        async with tools.writer.transaction(kommune.id) as session:
            keys = await session.run_sync(forget_expired, tools.clock())
        for key in keys:
            await tools.documents.delete(key)


async def forget_idempotency_keys(tools: Tools) -> None:
    """Delete the keys of requests that are a day old: they are done anew when they come again."""
    for kommune in (await tools.registry.current()).values():
        async with tools.writer.transaction(kommune.id) as session:
            await session.run_sync(forget_old_keys, tools.clock())


async def throw_away_expired_sandboxes(tools: Tools) -> None:
    """Throw away the sandboxes whose days are over."""
    if tools.sandboxes is not None:
        now = tools.clock()
        await sweep_sandboxes(tools.sandboxes, Actor(None, "sakark worker", "Jobb", now))
