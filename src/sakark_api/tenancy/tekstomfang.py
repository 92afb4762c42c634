"""What is kept beside each text of what it is reached by, compared with what the units say.

Triggers keep it (migration `reach_of_texts`). One that is wrong hides hits from search, and shows
none: what search finds is asked of the units themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, Select, Table, func, select, true, union_all, update
from sqlalchemy.dialects.postgresql import aggregate_order_by, array
from sqlalchemy.ext.asyncio import AsyncSession

from sakark_api.noark.arkivstruktur.dokumentobjekt import Dokumentobjekt
from sakark_api.noark.arkivstruktur.dokumenttekst import Dokumenttekst, Tekstomfang
from sakark_api.noark.arkivstruktur.korrespondansepart import Korrespondansepart
from sakark_api.noark.arkivstruktur.registrering import Registrering
from sakark_api.noark.model import Base, table_of
from sakark_api.tenancy.operator import until_free
from sakark_api.tenancy.session import Writer

__all__ = ["Compared", "build", "compared"]

_AT_A_TIME: Final = 500
_FIRST: Final = UUID(int=0)
_LOCK_WAIT: Final = "300ms"
"""Shorter than PostgreSQL waits before it looks for deadlocks: requests go first."""


@dataclass
class Compared:
    """How many texts were compared, and how many of them had something else beside them."""

    texts: int = 0
    wrong: int = 0


def compared(tenant_id: int, since: UUID, most: int) -> Select[Any]:
    """Select a kommune's texts from one key on, in the order of their keys, as many as are asked.

    Each row is the text's systemID, and whether what is kept beside it is wrong or not there.
    """
    texts = _texts(tenant_id, since, most)
    known = _known(tenant_id, texts).subquery("known")
    reached = (
        select(known.c.file, func.array_agg(aggregate_order_by(known.c.id.distinct(), known.c.id)))
        .where(known.c.id.is_not(None))
        .group_by(known.c.file)
        .subquery("reached")
    )
    file, ids = reached.c
    kept = table_of(Tekstomfang)
    beside = (kept.c.tenant_id == tenant_id) & (kept.c.system_id == file)
    return (
        select(file, kept.c.ids.is_distinct_from(ids))
        .join_from(reached, kept, beside, isouter=True)
        .order_by(file)
    )


def _texts(tenant_id: int, since: UUID, most: int) -> CTE:
    said, file = table_of(Dokumenttekst), table_of(Dokumentobjekt)
    chosen = (
        select(said.c.system_id)
        .where(said.c.tenant_id == tenant_id, said.c.system_id > since)
        .order_by(said.c.system_id)
        .limit(most)
        .subquery("chosen")
    )
    return (
        select(file.c.system_id.label("file"), file.c.dokumentbeskrivelse_ref.label("document"))
        .join(chosen, chosen.c.system_id == file.c.system_id)
        .where(file.c.tenant_id == tenant_id)
        .cte("texts")
    )


def _known(tenant_id: int, texts: CTE) -> Any:  # noqa: ANN401  SQLAlchemy's type of a union
    """Select each text with all that it is reached by, as `REACHED_BY` of the migration does."""
    pair = Base.metadata.tables["registrering_dokumentbeskrivelse"]
    entry, part = table_of(Registrering), table_of(Korrespondansepart)
    tied = (pair.c.tenant_id == tenant_id) & (pair.c.dokumentbeskrivelse_ref == texts.c.document)
    near = array([part.c.referanse_saksbehandler, part.c.referanse_administrativ_enhet])

    def by(rows: Table, key: ColumnElement[UUID], ids: ColumnElement[Any]) -> Select[Any]:
        of_entry = (rows.c.tenant_id == tenant_id) & (key == pair.c.registrering_ref)
        return (
            select(texts.c.file, func.unnest(ids).label("id"))
            .join_from(texts, pair, tied)
            .join(rows, of_entry)
        )

    return union_all(
        select(texts.c.file, texts.c.document.label("id")),
        by(entry, entry.c.system_id, func.array_cat(entry.c.omfang, entry.c.naer)),
        by(part, part.c.registrering_ref, near),
    )


async def build(writer: Writer, tenant_id: int) -> Compared:
    """Compare all texts of a kommune, some at a time, and let those that are wrong be kept anew.

    May be broken off and begun again; the kommune may be in use. Raises `Unavailable` when locks
    of others stay in the way.
    """
    found, since = Compared(), _FIRST
    while page := await until_free(lambda: _mend(writer, tenant_id, since)):  # noqa: B023  at once
        found.texts += len(page)
        found.wrong += sum(wrong for _, wrong in page)
        since = page[-1][0]
    return found


async def _mend(writer: Writer, tenant_id: int, since: UUID) -> Sequence[tuple[UUID, bool]]:
    """Compare some texts, and touch those that are wrong, as if they had been read just now."""
    async with writer.transaction(tenant_id) as session:
        await session.execute(select(func.set_config("lock_timeout", _LOCK_WAIT, true())))
        rows = (await session.execute(compared(tenant_id, since, _AT_A_TIME))).all()
        page = [(system_id, wrong) for system_id, wrong in rows]
        await _touch(session, tenant_id, [system_id for system_id, wrong in page if wrong])
    return page


async def _touch(session: AsyncSession, tenant_id: int, files: Sequence[UUID]) -> None:
    said = table_of(Dokumenttekst)
    for file in files:  # in the order of their keys
        await session.execute(
            update(said)
            .where(said.c.tenant_id == tenant_id, said.c.system_id == file)
            .values(lest_dato=said.c.lest_dato)
        )
