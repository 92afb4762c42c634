"""Reading: compiled statements on autocommit connections that remember which kommune they serve."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Self

import asyncpg
import msgspec
from sqlalchemy import ClauseElement
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect

from sakark_api.db.limits import SPARE_SECONDS, server_limits
from sakark_api.settings import Settings

__all__ = ["APPLICATION_ROLE", "Reader", "Statement", "driver_url"]

APPLICATION_ROLE: Final = "sakark_app"
"""The database role that requests run as: it owns nothing, and row security applies to it."""

_SERVER_SETTINGS: Final = {
    "role": APPLICATION_ROLE,
    "timezone": "Europe/Oslo",
    # Many small readers at once: one count must not take every core.
    "max_parallel_workers_per_gather": "0",
}
_DIALECT = asyncpg_dialect.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
_JSONB_VERSION = 1
_CLOSE_SECONDS = 5
_GONE = (asyncpg.ConnectionDoesNotExistError, asyncpg.InterfaceError, ConnectionError)


@dataclass(frozen=True)
class Statement:
    """A statement compiled once: its text, and the names of its parameters in order."""

    sql: str
    names: Sequence[str]
    constants: Mapping[str, Any]

    @classmethod
    def compile(cls, statement: ClauseElement) -> Self:
        compiled: Any = statement.compile(
            dialect=_DIALECT, compile_kwargs={"render_postcompile": True}
        )
        names = tuple(compiled.positiontup or ())
        given = {key: value for key, value in compiled.params.items() if value is not None}
        return cls(str(compiled), names, given)

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        constants = self.constants
        return [values[name] if name in values else constants.get(name) for name in self.names]


class Connection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    """A connection that knows which kommune's rows it may see."""

    tenant_id: int | None = None

    async def fetch_for(self, tenant_id: int, sql: str, *arguments: object) -> list[asyncpg.Record]:
        """Run a query as one kommune; a statement more when the connection served another."""
        if self.tenant_id != tenant_id:
            self.tenant_id = None  # unknown, should the next line fail
            await self.fetchval("SELECT set_config('app.tenant_id', $1, false)", str(tenant_id))
            self.tenant_id = tenant_id
        rows: list[asyncpg.Record] = await self.fetch(sql, *arguments)
        return rows


class Reader:
    """A pool of reading connections. Rows come with JSON and times ready for the wire."""

    def __init__(self, pool: asyncpg.Pool, wait_seconds: float) -> None:
        self._pool = pool
        self._wait_seconds = wait_seconds

    @classmethod
    async def open(cls, settings: Settings) -> Self:
        """Open a pool; its connections are made when they are needed, so this never fails."""
        pool = await asyncpg.create_pool(
            driver_url(settings.database_url or ""),
            min_size=0,
            max_size=settings.database_pool_size,
            connection_class=Connection,
            init=_prepare,
            reset=_keep,
            timeout=settings.database_connect_seconds,
            command_timeout=settings.database_statement_seconds + SPARE_SECONDS,
            server_settings={**_SERVER_SETTINGS, **server_limits(settings)},
        )
        return cls(pool, settings.database_wait_seconds)

    async def fetch(
        self, tenant_id: int, statement: Statement, values: Mapping[str, Any]
    ) -> list[asyncpg.Record]:
        """Give the rows of a statement that the kommune may see.

        Asked once more on another connection when the server has gone in the middle.
        """
        arguments = statement.arguments(values)
        try:
            return await self._fetch(tenant_id, statement.sql, arguments)
        except _GONE:
            return await self._fetch(tenant_id, statement.sql, arguments)

    async def _fetch(
        self, tenant_id: int, sql: str, arguments: Sequence[object]
    ) -> list[asyncpg.Record]:
        async with self._connection() as connection:
            found: list[asyncpg.Record] = await connection.fetch_for(tenant_id, sql, *arguments)
        return found

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[asyncpg.Connection]:
        """Take a connection of the pool, and give it back."""
        # A limit on a wait costs a task; where one lies idle there is no wait.
        limit = None if self._pool.get_idle_size() else self._wait_seconds
        connection = await self._pool.acquire(timeout=limit)
        try:
            yield connection
        finally:
            await self._pool.release(connection, timeout=self._wait_seconds)

    async def ping(self) -> None:
        """Ask the database for nothing, to see that it answers."""
        async with self._connection() as connection:
            await connection.fetchval("SELECT 1")

    def connections(self) -> tuple[int, int, int]:
        """Give how many connections are used, idle, and the most there may be."""
        idle = self._pool.get_idle_size()
        return self._pool.get_size() - idle, idle, self._pool.get_max_size()

    async def close(self) -> None:
        """Close the connections; those that do not answer are left behind."""
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()


def driver_url(url: str) -> str:
    """Give a database address as the driver itself takes it."""
    return url.replace("postgresql+asyncpg://", "postgresql://", 1)


async def _prepare(connection: asyncpg.Connection) -> None:
    """Let JSON arrive as bytes for the wire, and identities as text."""
    for name, decode in (("jsonb", _jsonb), ("json", msgspec.Raw)):
        await connection.set_type_codec(
            name, schema="pg_catalog", encoder=bytes, decoder=decode, format="binary"
        )
    await connection.set_type_codec(
        "uuid", schema="pg_catalog", encoder=str, decoder=str, format="text"
    )


def _jsonb(data: bytes) -> msgspec.Raw:
    return msgspec.Raw(data[_JSONB_VERSION:])


async def _keep(connection: asyncpg.Connection) -> None:
    """Leave a returned connection as it is: it holds nothing but the number of a kommune."""
    del connection
