"""The jobs that find what is due for disposal, and destroy what two people have decided on.

A document is taken out of the archive in one transaction, which also remembers where its bytes
were; they are destroyed after that. Whoever is killed in between has left what to destroy written
down, and whoever comes after goes on there.
"""

import logging
from collections.abc import Sequence
from functools import partial
from typing import Final
from uuid import UUID

from sakark_api.access.policy import Action, allows
from sakark_api.db.queue import defer
from sakark_api.jobs.tools import System, Tools, refuse_closed_kommune
from sakark_api.noark.bevaring.kassasjonsliste import EXECUTION, Kassasjonsliste
from sakark_api.noark.bevaring.kassasjonsutfoering import (
    begin,
    dispose,
    end,
    lists_under_way,
    next_line,
    note_destroyed,
    note_locked,
)
from sakark_api.noark.bevaring.kassasjonsutvalg import BEFORE_ALL, fill
from sakark_api.noark.resource import Change
from sakark_api.storage.documents import Lock, longest
from sakark_api.tenancy.forhaandsvisning import forget_previews
from sakark_api.tenancy.kommune import Kommune

__all__ = ["execute_disposal", "fill_disposal", "go_on_disposing"]

KASSASJON: Final = System("kassasjon", "Sakark kassasjon")
"""The bruker that the log names; who decided is on the list."""

log = logging.getLogger(__name__)


async def fill_disposal(tools: Tools, kommune: int, enhet: UUID) -> None:
    """Find what is due for a list, in one transaction; a list that is filled stays as it is."""
    there = await tools.kommune(kommune)
    if there is None:
        return
    refuse_closed_kommune(there)
    await tools.write(there, partial(_fill, list_id=enhet), KASSASJON)


def _fill(change: Change, list_id: UUID) -> None:
    unit = change.get(Kassasjonsliste, list_id)
    if unit is not None:
        fill(change, unit)


async def execute_disposal(tools: Tools, kommune: int, enhet: UUID) -> None:
    """Destroy what an approved list has, as far as the storage lets it go.

    Raises `Unavailable` when the storage does not answer, and `Conflict` where the kommune has
    left; what is done by then, is done.
    """
    there = await tools.kommune(kommune)
    if there is None:
        return
    refuse_closed_kommune(there)
    if not await tools.write(there, partial(begin, list_id=enhet), KASSASJON):
        return
    after = BEFORE_ALL
    while line := await tools.write(
        there, partial(next_line, list_id=enhet, after=after), KASSASJON
    ):
        await _destroy(tools, there, line)
        after = line
    ending = partial(end, list_id=enhet, kommune=there.navn)
    await tools.write(there, ending, KASSASJON)


async def _destroy(tools: Tools, kommune: Kommune, line_id: UUID) -> None:
    """Take a document out of the archive, and then its bytes out of the storage."""
    keys = await tools.write(kommune, partial(_take, line_id=line_id), KASSASJON)
    if keys is None:
        return
    lock = await _destroy_bytes(tools, keys)
    if lock is None:
        await tools.write(kommune, partial(note_destroyed, line_id=line_id), KASSASJON)
        return
    log.warning("The storage has locked files of %s that are to be destroyed", kommune.slug)
    noting = partial(note_locked, line_id=line_id, until=lock.until)
    await tools.write(kommune, noting, KASSASJON)


async def _destroy_bytes(tools: Tools, keys: Sequence[str]) -> Lock | None:
    """Destroy what is under some keys, as far as the storage lets it go; give what locks the rest.

    What is gone already, is gone.
    """
    return longest([await tools.documents.destroy(key) for key in keys])


def _take(change: Change, line_id: UUID) -> list[str] | None:
    """Take a document out of the archive; give where its bytes are, pictures of them included."""
    taken = dispose(change, line_id)
    if taken is None:
        return None
    line, files = taken
    pictures = forget_previews(change.session, files)
    if pictures:
        line.noekler = [*(line.noekler or ()), *pictures]
    return line.noekler or []


async def go_on_disposing(tools: Tools) -> None:
    """Go on with lists that wait for a lock to end, or whose jobs have failed."""
    for kommune in (await tools.registry.current()).values():
        if allows(kommune.status, Action.CHANGE):
            await tools.write(kommune, _go_on, KASSASJON)


def _go_on(change: Change) -> None:
    for list_id in lists_under_way(change):
        defer(change.session, EXECUTION, list_id)
