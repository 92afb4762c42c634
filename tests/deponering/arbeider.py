"""Works the queue of deposits off, and no other, as `sakark worker` does: the rest is of others."""

import asyncio
from contextlib import AsyncExitStack

from sakark_api.jobs.queue import open_queue
from sakark_api.jobs.worker import _open_tools, _worker
from sakark_api.settings import read_settings


async def work() -> None:
    settings = read_settings()
    async with AsyncExitStack() as stack:
        tools = await _open_tools(settings, stack)
        queue = open_queue(settings, tools)
        async with queue.open_async():
            await _worker(settings, queue, tools, "uttrekk").run()  # type: ignore[no-untyped-call]  # theirs


if __name__ == "__main__":
    asyncio.run(work())
