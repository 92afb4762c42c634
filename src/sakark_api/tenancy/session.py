"""Transactions: one kommune each, begun, committed and rolled back here and nowhere else."""

import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg
from sqlalchemy import event, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria
from sqlalchemy.orm.attributes import get_history

from sakark_api.access.reach import Rights
from sakark_api.db.limits import SPARE_SECONDS, server_limits
from sakark_api.db.reader import driver_url
from sakark_api.noark.exact import read_json, write_json
from sakark_api.noark.metadata.kodeverdi import KODEVERK_ROWS, load_kodeverk
from sakark_api.noark.metadata.kodeverk import Kodeverk
from sakark_api.noark.model import WHOLE_KEY, Base, TenantRow, table_of
from sakark_api.settings import Settings
from sakark_api.tenancy.kommune import KommuneRow

__all__ = ["BY_DRIVER", "Writer", "application_engine", "driver_arguments", "owner_engine"]

FRESH_SECONDS = 2.0
_CHANGED = "kodeverk_changed"
_RIGHTS_CHANGED = "rights_changed"
RIGHTS_READ_FROM: Final[Mapping[str, Collection[str]]] = {
    "tilgang": (),
    "inhabilitet": (),
    "sperring": (),
    "administrativenhet": ("referanse_overordnet_enhet",),
    "administrativenhet_bruker": (),
    "bruker": ("klarering", "klarering_gyldig_til"),
}
"""The tables that rights are read from, and by which columns where not by all of them."""
BY_DRIVER = "postgresql+asyncpg://"
"""The address goes to the driver as it is: it knows sslmode and the like, SQLAlchemy does not."""


class TenantSession(Session):
    """A session of one kommune: its number is in `info`, and on every row and every query."""


class Writer:
    """Opens transactions on behalf of a kommune, as the application role.

    The engine must be in autocommit mode: the transaction is begun together with the setting that
    says which kommune it sees, in one message, and SQLAlchemy leaves both alone.
    """

    def __init__(self, engine: AsyncEngine, clock: Callable[[], float] = time.monotonic) -> None:
        self._engine = engine
        self._clock = clock
        self._kodeverk: dict[int, Known] = {}
        self._rights: dict[int, tuple[int, Rights]] = {}

    @asynccontextmanager
    async def transaction(self, tenant_id: int) -> AsyncIterator[AsyncSession]:
        """Give a session in a transaction that sees one kommune; commit unless something fails.

        `session.info` holds `tenant_id` and `kodeverk`, the kommune's code lists.
        """
        async with (
            self._engine.connect() as connection,
            _begun(connection, tenant_id),
            AsyncSession(
                connection,
                info={"tenant_id": tenant_id},
                sync_session_class=TenantSession,
                expire_on_commit=False,
            ) as session,
        ):
            await self._give_kodeverk(session)
            yield session
            if session.new or session.dirty or session.deleted:
                await session.flush()
        if session.info.get(_CHANGED):
            self._kodeverk.pop(tenant_id, None)
        if session.info.get(_RIGHTS_CHANGED):
            self._rights.pop(tenant_id, None)

    async def kodeverk(self, tenant_id: int) -> Kodeverk:
        """Give a kommune's code lists and fields of its own, for those who only read."""
        known = self._kodeverk.get(tenant_id)
        if known is not None and self._clock() - known.asked <= FRESH_SECONDS:
            return known.kodeverk
        async with self.transaction(tenant_id) as session:
            given: Kodeverk = session.info["kodeverk"]
        return given

    async def rights(
        self, tenant_id: int, version: int, load: Callable[[Session], Rights]
    ) -> Rights:
        """Give a kommune's rights, read anew by `load` when they are older than `version`.

        What this process changes itself holds at once, what others change when the registry tells.
        """
        known = self._rights.get(tenant_id)
        if known is not None and known[0] >= version:
            return known[1]
        async with self.transaction(tenant_id) as session:
            found = await session.scalar(
                select(KommuneRow.rettigheter_version).where(KommuneRow.id == tenant_id)
            )
            rights = await session.run_sync(load)
        self._rights[tenant_id] = (found or 0, rights)
        return rights

    async def _give_kodeverk(self, session: AsyncSession) -> None:
        """Give the session the kommune's code lists, read anew when they have changed.

        Whether they have is asked every other second; a change made by this process is seen at
        once.
        """
        tenant_id = session.info["tenant_id"]
        known = self._kodeverk.get(tenant_id)
        if known is None or self._clock() - known.asked > FRESH_SECONDS:
            version = await session.scalar(
                select(KommuneRow.kodeverk_version).where(KommuneRow.id == tenant_id)
            )
            if known is None or known.version != version:
                known = Known(version or 0, await session.run_sync(load_kodeverk))
            known.asked = self._clock()
            self._kodeverk[tenant_id] = known
        session.info["kodeverk"] = known.kodeverk


class Known:
    """A kommune's code lists, their version, and when we last asked whether they have changed."""

    def __init__(self, version: int, kodeverk: Kodeverk) -> None:
        self.version = version
        self.kodeverk = kodeverk
        self.asked = 0.0


@asynccontextmanager
async def _begun(connection: AsyncConnection, tenant_id: int) -> AsyncIterator[None]:
    """Begin a transaction that sees one kommune, and end it one way or the other."""
    driver = await _begin(connection, tenant_id)
    try:
        yield
        await driver.execute("COMMIT")
    except Exception:
        await _undo(connection, driver)
        raise
    except BaseException:  # cancelled: who knows what is under way on the connection
        await connection.invalidate()
        raise


async def _begin(connection: AsyncConnection, tenant_id: int) -> Any:  # noqa: ANN401  asyncpg's
    """Begin the transaction; once more on a new connection when the server has gone meanwhile."""
    statement = f"BEGIN; SET LOCAL app.tenant_id = '{int(tenant_id)}'"
    driver: Any = (await connection.get_raw_connection()).driver_connection
    try:
        await driver.execute(statement)
    except (asyncpg.InterfaceError, asyncpg.PostgresConnectionError, OSError):
        await connection.invalidate()
        driver = (await connection.get_raw_connection()).driver_connection
        await driver.execute(statement)
    except BaseException:
        await connection.invalidate()
        raise
    return driver


async def _undo(connection: AsyncConnection, driver: Any) -> None:  # noqa: ANN401  asyncpg has no types
    """Roll back, or throw a connection away that can't."""
    try:
        await driver.execute("ROLLBACK")
    except Exception:  # noqa: BLE001  the first error is the one to tell of
        await connection.invalidate()


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


@event.listens_for(TenantSession, "do_orm_execute")
def _note_changed_pairs(state: ORMExecuteState) -> None:
    """Let this process read rights anew, when it has changed who belongs where."""
    table = None if state.is_select else getattr(state.statement, "table", None)
    # Who logs in for the first time is put in by a statement, and has no rights yet.
    first_login = state.is_insert and table is not None and table.name == "bruker"
    if table is not None and table.name in RIGHTS_READ_FROM and not first_login:
        state.session.info[_RIGHTS_CHANGED] = True


@event.listens_for(TenantSession, "after_flush")
def _note_changed_rights(session: Session, context: object) -> None:
    """Let this process read rights anew, when it has changed some; a trigger tells the others."""
    del context
    written = (*session.new, *session.dirty, *session.deleted)
    if any(_decides_rights(session, row) for row in written):
        session.info[_RIGHTS_CHANGED] = True


def _decides_rights(session: Session, row: Base) -> bool:
    """Tell whether what is written of a row is something that rights are read from."""
    table = table_of(type(row)).name
    if table not in RIGHTS_READ_FROM:
        return False
    columns = RIGHTS_READ_FROM[table]
    if not columns or row in session.deleted:
        return True
    written = (get_history(row, name) for name in columns)
    return any(
        value is not None for one in written for value in (*(one.added or ()), *(one.deleted or ()))
    )


@event.listens_for(TenantSession, "after_flush")
def _note_changed_kodeverk(session: Session, context: object) -> None:
    """Let every process read the kommune's code lists anew, when this one has changed them."""
    del context
    written = (*session.new, *session.dirty, *session.deleted)
    if not any(isinstance(row, KODEVERK_ROWS) for row in written):
        return
    session.info[_CHANGED] = True
    session.connection().execute(
        update(KommuneRow)
        .where(KommuneRow.id == session.info["tenant_id"])
        .values(kodeverk_version=KommuneRow.kodeverk_version + 1)
    )


def application_engine(settings: Settings, role: str, pool_size: int | None = None) -> AsyncEngine:
    """Open a pool of writing connections as the application role, for a `Writer`."""
    return create_async_engine(
        BY_DRIVER,
        isolation_level="AUTOCOMMIT",
        pool_size=pool_size or settings.database_pool_size,
        max_overflow=0,
        pool_timeout=settings.database_wait_seconds,
        pool_reset_on_return=None,
        hide_parameters=True,
        json_serializer=write_json,
        json_deserializer=read_json,
        connect_args=driver_arguments(settings, settings.database_url or "", role),
    )


def driver_arguments(settings: Settings, url: str, role: str) -> dict[str, Any]:
    """Say where to, as whom, and how long anything may take."""
    return {
        "dsn": driver_url(url),
        "timeout": settings.database_connect_seconds,
        "command_timeout": settings.database_statement_seconds + SPARE_SECONDS,
        "server_settings": {"role": role, **server_limits(settings)},
    }


def owner_engine(url: str) -> AsyncEngine:
    """Open connections as the owner of the tables, or as whoever the address says."""
    return create_async_engine(
        BY_DRIVER, hide_parameters=True, connect_args={"dsn": driver_url(url)}
    )
