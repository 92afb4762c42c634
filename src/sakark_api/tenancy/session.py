"""Transactions: one kommune each, committed here and nowhere else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import SmallInteger, Text, bindparam, event, func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from sakark_api.noark.metadata.kodeverdi import load_kodeverk
from sakark_api.noark.metadata.kodeverk import Kodeverk
from sakark_api.noark.model import WHOLE_KEY, TenantRow
from sakark_api.tenancy.kommune import KommuneRow

__all__ = ["Writer", "async_url"]


class TenantSession(Session):
    """A session of one kommune: its number is in `info`, and on every row and every query."""


class Writer:
    """Opens transactions on behalf of a kommune, as the application role."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._kodeverk: dict[int, tuple[int, Kodeverk]] = {}

    @asynccontextmanager
    async def transaction(self, tenant_id: int) -> AsyncIterator[AsyncSession]:
        """Give a session in a transaction that sees one kommune; commit unless something fails.

        `session.info` holds `tenant_id` and `kodeverk`, the kommune's code lists as they are now.
        """
        info = {"tenant_id": tenant_id}
        async with (
            AsyncSession(
                self.engine, info=info, sync_session_class=TenantSession, expire_on_commit=False
            ) as session,
            session.begin(),
        ):
            await session.run_sync(self._begin)
            yield session

    def _begin(self, session: Session) -> None:
        """Say which kommune this transaction sees, and fetch its code lists where they are new."""
        tenant_id = session.info["tenant_id"]
        version = session.connection().scalar(
            _SEE_KOMMUNE, {"tenant": tenant_id, "written": str(tenant_id)}
        )
        known = self._kodeverk.get(tenant_id)
        if known is None or known[0] != version:
            known = (version or 0, load_kodeverk(session))
            self._kodeverk[tenant_id] = known
        session.info["kodeverk"] = known[1]

    async def close(self) -> None:
        await self.engine.dispose()


_SEE_KOMMUNE = select(KommuneRow.kodeverk_version).where(
    KommuneRow.id == bindparam("tenant", type_=SmallInteger()),
    func.set_config("app.tenant_id", bindparam("written", type_=Text()), True).is_not(None),  # noqa: FBT003  SQL's
)


@event.listens_for(TenantSession, "do_orm_execute")
def _only_this_kommune(state: ORMExecuteState) -> None:
    """Add the kommune to every query of mapped rows, so that only its partitions are planned."""
    if state.execution_options.get(WHOLE_KEY):
        return
    if state.is_select and not state.is_column_load and not state.is_relationship_load:
        tenant_id = state.session.info["tenant_id"]
        state.statement = state.statement.options(
            with_loader_criteria(
                TenantRow, lambda cls: cls.tenant_id == tenant_id, include_aliases=True
            )
        )


def async_url(url: str) -> str:
    """Give a database address as SQLAlchemy takes it, for the asynchronous driver."""
    scheme, separator, rest = url.partition("://")
    if scheme in ("postgres", "postgresql"):
        scheme = "postgresql+asyncpg"
    return scheme + separator + rest
