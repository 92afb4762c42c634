"""Counting how ready each arkivdel is to be deposited: every night, and when somebody asks."""

from uuid import UUID

from sakark_api.db.queue import defer
from sakark_api.deponering.beredskap.telling import COUNTING, arkivdeler_of, count_arkivdel
from sakark_api.jobs.tools import Tools

__all__ = ["count_readiness", "send_arkivdeler_to_counting"]


async def count_readiness(tools: Tools, kommune: int, enhet: UUID) -> None:
    """Count an arkivdel; one that was deleted meanwhile, and its kommune, is nothing to do."""
    found = await tools.kommune(kommune)
    if found is not None:
        await count_arkivdel(tools.settings, tools.writer, found, enhet, tools.clock())


async def send_arkivdeler_to_counting(tools: Tools) -> None:
    """Put each arkivdel of each kommune in the queue, also where nothing is changed any more."""
    for kommune in (await tools.registry.current()).values():
        parts = await arkivdeler_of(tools.writer, kommune)
        async with tools.writer.transaction(kommune.id) as session:
            for system_id, _ in parts:
                await session.run_sync(defer, COUNTING, system_id)
