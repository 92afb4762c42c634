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
    # What counts the partitions that are never looked into looks dear, and would be compiled.
    "jit": "off",
}
_DIALECT = asyncpg_dialect.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
_JSONB_VERSION = 1
_CLOSE_SECONDS = 5
_GONE = (asyncpg.ConnectionDoesNotExistError, asyncpg.InterfaceError, ConnectionError)


@dataclass(frozen=True)
class Statement:
    """A statement compiled once: its text, and the names of its parameters in order.

    One that looks up single units goes the same way whatever it is asked for, and is planned once
    for each connection. For lists the best way depends on the values.
    """

    sql: str
    names: Sequence[str]
    constants: Mapping[str, Any]
    looks_up: bool = False

    @classmethod
    def compile(cls, statement: ClauseElement, *, looks_up: bool = False) -> Self:
        compiled: Any = statement.compile(
            dialect=_DIALECT, compile_kwargs={"render_postcompile": True}
        )
        names = tuple(compiled.positiontup or ())
        given = {key: value for key, value in compiled.params.items() if value is not None}
        return cls(str(compiled), names, given, looks_up)

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        constants = self.constants
        return [values[name] if name in values else constants.get(name) for name in self.names]


_LONGEST_KEPT: Final = 64 * 1024
"""Statements of up to so many characters are planned once for each connection.

A search is longer than the driver's own limit, and was planned anew each time: ten times its cost.
"""


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
    """Two pools of reading connections. Rows come with JSON and times ready for the wire.

    `lookups` keep to the plan that PostgreSQL first makes of a statement. By itself it would plan
    many anew for each request, which takes ten times as long as to find one unit: it thinks a plan
    for all values dearer than it is, for it counts the partitions that are never looked into.
    """

    def __init__(self, lookups: asyncpg.Pool, lists: asyncpg.Pool, wait_seconds: float) -> None:
        self._lookups = lookups
        self._lists = lists
        self._wait_seconds = wait_seconds

    @classmethod
    async def open(cls, settings: Settings) -> Self:
        """Open the pools; connections are made when they are needed, so this never fails."""
        of_lists = settings.database_pool_size // 2
        return cls(
            await _pool(
                settings,
                settings.database_pool_size - of_lists,
                {"plan_cache_mode": "force_generic_plan"},
            ),
            await _pool(settings, of_lists, {}),
            settings.database_wait_seconds,
        )

    async def fetch(
        self, tenant_id: int, statement: Statement, values: Mapping[str, Any]
    ) -> list[asyncpg.Record]:
        """Give the rows of a statement that the kommune may see.

        Asked once more on another connection when the server has gone in the middle.
        """
        pool = self._lookups if statement.looks_up else self._lists
        arguments = statement.arguments(values)
        try:
            return await self._fetch(pool, tenant_id, statement.sql, arguments)
        except _GONE:
            return await self._fetch(pool, tenant_id, statement.sql, arguments)

    async def _fetch(
        self, pool: asyncpg.Pool, tenant_id: int, sql: str, arguments: Sequence[object]
    ) -> list[asyncpg.Record]:
        async with self._connection(pool) as connection:
            found: list[asyncpg.Record] = await connection.fetch_for(tenant_id, sql, *arguments)
        return found

    @asynccontextmanager
    async def _connection(self, pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Connection]:
        """Take a connection of a pool, and give it back."""
        # A limit on a wait costs a task; where one lies idle there is no wait.
        limit = None if pool.get_idle_size() else self._wait_seconds
        connection = await pool.acquire(timeout=limit)
        try:
            yield connection
        finally:
            await pool.release(connection, timeout=self._wait_seconds)

    async def ping(self) -> None:
        """Ask the database for nothing, to see that it answers."""
        async with self._connection(self._lookups) as connection:
            await connection.fetchval("SELECT 1")

    def connections(self) -> tuple[int, int, int]:
        """Give how many connections are used, idle, and the most there may be."""
        pools = self._lookups, self._lists
        idle = sum(pool.get_idle_size() for pool in pools)
        used = sum(pool.get_size() for pool in pools) - idle
        return used, idle, sum(pool.get_max_size() for pool in pools)

    async def close(self) -> None:
        """Close the connections; those that do not answer are left behind."""
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await asyncio.gather(self._lookups.close(), self._lists.close())
        except TimeoutError:
            self._lookups.terminate()
            self._lists.terminate()


def driver_url(url: str) -> str:
    """Give a database address as the driver itself takes it."""
    return url.replace("postgresql+asyncpg://", "postgresql://", 1)


async def _pool(settings: Settings, most: int, planning: Mapping[str, str]) -> asyncpg.Pool:
    return await asyncpg.create_pool(
        driver_url(settings.database_url or ""),
        min_size=0,
        max_size=most,
        connection_class=Connection,
        init=_prepare,
        reset=_keep,
        timeout=settings.database_connect_seconds,
        command_timeout=settings.database_statement_seconds + SPARE_SECONDS,
        max_cacheable_statement_size=_LONGEST_KEPT,
        server_settings={**_SERVER_SETTINGS, **server_limits(settings), **planning},
    )


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
