"""Counting an arkivdel: what would stand in the way of a deposit of it, if it were made now."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select

from sakark_api.db.snapshot import Snapshot, snapshot
from sakark_api.deponering.element import rows_of
from sakark_api.deponering.sjekker.katalog import SJEKKER
from sakark_api.deponering.sjekker.opptelling import counted
from sakark_api.deponering.utvalg import Utvalg
from sakark_api.noark.arkivstruktur.arkivdel import arkivdel
from sakark_api.rest.tenant import TENANT, same_kommune
from sakark_api.settings import Settings
from sakark_api.tenancy.beredskap import Telt, keep_counts
from sakark_api.tenancy.kommune import Kommune
from sakark_api.tenancy.session import Writer

__all__ = ["COUNTING", "arkivdeler_of", "count_arkivdel"]

COUNTING: Final = "tell_beredskap"
"""The job that counts one arkivdel."""
_LIMITS: Final = {
    "timezone": "Europe/Oslo",
    # A plan is used once: to compile it takes longer than it saves.
    "jit": "off",
}


async def count_arkivdel(
    settings: Settings, writer: Writer, kommune: Kommune, part: UUID, now: datetime
) -> Sequence[Telt]:
    """Count the units of an arkivdel as they are at one moment, and keep it; none if it is gone.

    Each kind of units is read once, by a connection that may take its time.
    """
    values = {TENANT: kommune.id, "reach_uncleared": None}
    async with snapshot(settings, kommune.id, "sakark beredskap", values, **_LIMITS) as taken:
        counts = [one async for one in _counts(taken, part)]
    if counts:
        async with writer.transaction(kommune.id) as session:
            await session.run_sync(keep_counts, part, counts, now)
    return counts


async def arkivdeler_of(writer: Writer, kommune: Kommune) -> Sequence[tuple[UUID, str]]:
    """List the arkivdeler of a kommune, by when their periods begin, each with its title."""
    rows = rows_of(arkivdel)
    known = select(rows.c.system_id, rows.c.tittel).where(same_kommune(rows))
    ordered = known.order_by(rows.c.arkivperiode_start_dato, rows.c.system_id)
    async with writer.transaction(kommune.id) as session:
        found = await session.execute(ordered, {TENANT: kommune.id})
        return [(system_id, tittel) for system_id, tittel in found]


async def _counts(taken: Snapshot, part: UUID) -> AsyncIterator[Telt]:
    rows = rows_of(arkivdel)
    closed = select(rows.c.avsluttet_dato).where(same_kommune(rows), rows.c.system_id == part)
    for (avsluttet,) in await taken.all(closed):
        utvalg, is_open = Utvalg([part]), avsluttet is None
        for one in await counted(taken, SJEKKER.values(), utvalg, is_open=is_open):
            yield Telt(one.resource.name, one.enheter, one.med_feil, one.uferdige, one.sjekker)
