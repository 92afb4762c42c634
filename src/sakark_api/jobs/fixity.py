"""Reading files again, those first that have not been read for the longest, some in each run."""

import logging
from functools import partial
from uuid import UUID

from sakark_api.access.policy import Action, allows
from sakark_api.jobs.file import with_file
from sakark_api.jobs.tools import Tools
from sakark_api.noark.bevaring.dokumentkontroll import record_checksum
from sakark_api.noark.resource import Change
from sakark_api.tenancy.kommune import Kommune
from sakark_api.tenancy.verification import fault_of, least_lately_read

__all__ = ["read_files_again"]

log = logging.getLogger(__name__)


async def read_files_again(tools: Tools) -> None:
    """Read as many bytes of each kommune as a run may, and write down whether they are the same."""
    kommuner = [
        one
        for one in (await tools.registry.current()).values()
        if allows(one.status, Action.CHANGE)
    ]
    for kommune in kommuner:
        await _read_some(tools, kommune, tools.settings.fixity_bytes // len(kommuner))


async def _read_some(tools: Tools, kommune: Kommune, budget: int) -> None:
    """Read one file at least, and others until the budget is spent."""
    for file in await least_lately_read(tools.writer, kommune.id):
        fault = await fault_of(tools.documents, file, read=True)
        await tools.write(kommune, partial(_note, unit_id=file.system_id, fault=fault))
        if fault is not None:
            log.error("A file of %s is not as it was: %s (%s)", kommune.slug, file.key, fault)
        budget -= file.size
        if budget <= 0:
            return


def _note(change: Change, unit_id: UUID, fault: str | None) -> None:
    """Write down how a file was found, unless it was deleted or disposed of meanwhile."""
    unit = with_file(change, unit_id)
    if unit is not None:
        record_checksum(change, unit, fault)
