"""Bytes that no row names any more, or ever did: deleted when they have been so for days."""

import logging
import shutil
import tempfile
import time
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

from sakark_api.formats import WORK_FOLDER
from sakark_api.jobs.tools import Tools
from sakark_api.storage.documents import pages_of_keys, to_end
from sakark_api.tenancy.kommune import Kommune
from sakark_api.tenancy.loesfil import forget, note_strays

__all__ = ["delete_strays"]

A_DAY_SECONDS: Final = 24 * 60 * 60

log = logging.getLogger(__name__)


async def delete_strays(tools: Tools) -> None:
    """Delete what no row has named since it was first seen so, days ago; the log tells how much.

    What is locked stays noted, and is tried again each night until its lock has ended.
    """
    await to_end(_forget_work)
    for kommune in (await tools.registry.current()).values():
        deleted = await _sweep(tools, kommune)
        if deleted:
            log.warning("Deleted %d files of %s that no row names", deleted, kommune.slug)


async def _sweep(tools: Tools, kommune: Kommune) -> int:
    deleted = 0
    now = tools.clock()
    before = now - timedelta(days=tools.settings.stray_days)
    async for keys in pages_of_keys(tools.documents, f"{kommune.slug}/"):
        async with tools.writer.transaction(kommune.id) as session:
            old = await session.run_sync(partial(note_strays, keys=keys, now=now, before=before))
        gone = [key for key in old if await tools.documents.delete(key)]
        async with tools.writer.transaction(kommune.id) as session:
            await session.run_sync(partial(forget, keys=gone))
        deleted += len(gone)
    return deleted


def _forget_work() -> None:
    """Take away what workers that were killed had before them, by the machine's own clock."""
    before = time.time() - A_DAY_SECONDS
    for folder in Path(tempfile.gettempdir()).glob(f"{WORK_FOLDER}*"):
        try:
            old = folder.stat().st_mtime < before
        except FileNotFoundError:
            continue
        if old:
            shutil.rmtree(folder, ignore_errors=True)
