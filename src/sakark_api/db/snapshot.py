"""One kommune's rows as they were at one moment, for as long as it takes to read them all."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy import ClauseElement, func, select, true

from sakark_api.db.reader import APPLICATION_ROLE, Statement, driver_url
from sakark_api.settings import Settings

__all__ = ["Snapshot", "snapshot"]

_AT_A_TIME = 1000
_NOTHING: Mapping[str, Any] = {}


class Snapshot:
    """A connection in a transaction that changes nothing and sees no later change.

    `values` are what every statement may ask for by name.
    """

    def __init__(
        self, connection: asyncpg.Connection, values: Mapping[str, Any] = _NOTHING
    ) -> None:
        self._connection = connection
        self._values = values

    async def rows(self, statement: ClauseElement) -> AsyncIterator[asyncpg.Record]:
        """Give the rows of a statement, some at a time: no more are ever held here."""
        async for page in self.pages(statement):
            for row in page:
                yield row

    async def pages(self, statement: ClauseElement) -> AsyncIterator[list[asyncpg.Record]]:
        """Give the rows of a statement a page at a time, for who writes many as they are."""
        compiled = Statement.compile(statement)
        cursor = await self._connection.cursor(compiled.sql, *compiled.arguments(self._values))
        while page := await cursor.fetch(_AT_A_TIME):
            yield page

    async def copy(
        self, statement: ClauseElement, take: Callable[[bytes], Awaitable[None]]
    ) -> None:
        """Write the rows of a statement as CSV, a header first, and `take` it piece by piece."""
        compiled = Statement.compile(statement)
        await self._connection.copy_from_query(
            compiled.sql,
            *compiled.arguments(self._values),
            output=take,
            format="csv",
            header=True,
            encoding="utf-8",
        )

    async def shared(self) -> str:
        """Give the name by which other connections can see the same moment, as long as this one."""
        ((name,),) = await self.all(select(func.pg_export_snapshot()))
        return str(name)

    async def all(self, statement: ClauseElement) -> list[asyncpg.Record]:
        """Give the rows of a statement that has few."""
        return [row async for row in self.rows(statement)]


@asynccontextmanager
async def snapshot(
    settings: Settings,
    tenant_id: int,
    purpose: str = "sakark verify",
    values: Mapping[str, Any] = _NOTHING,
    shared: str | None = None,
    **limits: str,
) -> AsyncIterator[Snapshot]:
    """Open a connection of its own; it may take its time over a large archive.

    `purpose` is what the database calls it, `values` what statements may ask for, `shared` the
    moment of another connection, and `limits` are settings of the server for it.
    """
    connection = await asyncpg.connect(
        driver_url(settings.database_url or ""),
        timeout=settings.database_connect_seconds,
        server_settings={"role": APPLICATION_ROLE, "application_name": purpose, **limits},
    )
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            if shared is not None:
                await connection.execute(f"SET TRANSACTION SNAPSHOT '{shared}'")
            taken = Snapshot(connection, values)
            await taken.all(select(func.set_config("app.tenant_id", str(tenant_id), true())))
            yield taken
    finally:
        await connection.close()
