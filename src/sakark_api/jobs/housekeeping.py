"""What is done now and then, so that nothing is left lying about."""

from sakark_api.drift.sandkasse import sweep_sandboxes
from sakark_api.jobs.tools import Tools
from sakark_api.noark.opplasting import forget_expired
from sakark_api.tenancy.driftslogg import Actor
from sakark_api.tenancy.idempotensnoekkel import forget_old_keys

__all__ = [
    "forget_abandoned_uploads",
    "forget_idempotency_keys",
    "throw_away_expired_sandboxes",
]


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
