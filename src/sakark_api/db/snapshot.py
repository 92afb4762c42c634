"""One kommune's rows as they were at one moment, for as long as it takes to read them all."""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy import ClauseElement, func, select, true

from sakark_api.db.reader import APPLICATION_ROLE, Statement, driver_url
from sakark_api.settings import Settings

__all__ = ["Snapshot", "snapshot"]

_AT_A_TIME = 1000
_NOTHING: Mapping[str, Any] = {}
_ESCAPED = re.compile(rb"\\(.)")
_MEANT = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
"""What COPY writes after a backslash; a backslash and all else stand for themselves."""


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
        """Give the rows of a statement a page at a time."""
        cursor = await self._cursor(statement)
        while page := await cursor.fetch(_AT_A_TIME):
            yield page

    async def pages_ahead(
        self, statement: ClauseElement
    ) -> AsyncGenerator[list[asyncpg.Record], None]:
        """Give the same, and have the database find the next page meanwhile.

        Until the last is given, the connection is of use for nothing else.
        """
        cursor = await self._cursor(statement)
        coming = asyncio.ensure_future(cursor.fetch(_AT_A_TIME))
        try:
            while page := await coming:
                coming = asyncio.ensure_future(cursor.fetch(_AT_A_TIME))
                await asyncio.sleep(0)  # it is asked for
                yield page
        finally:
            coming.cancel()

    async def _cursor(self, statement: ClauseElement) -> asyncpg.cursor.Cursor:
        compiled = Statement.compile(statement)
        return await self._connection.cursor(compiled.sql, *compiled.arguments(self._values))

    async def copy(
        self, statement: ClauseElement, take: Callable[[bytes], Awaitable[None]]
    ) -> None:
        """Write the rows of a statement as CSV, a header first, and `take` it piece by piece."""
        await self._copy(statement, take, format="csv", header=True)

    async def lines(self, statement: ClauseElement, take: Callable[[bytes], None]) -> int:
        """Give the texts of a statement of one column, each a line, and `take` them many at a time.

        To read the same by rows takes several times as long. Returns how many there were.
        """

        async def whole(piece: bytes) -> None:
            take(piece if b"\\" not in piece else _ESCAPED.sub(_meant, bytes(piece)))

        said = await self._copy(statement, whole, format="text")
        return int(said.removeprefix("COPY "))

    async def _copy(
        self, statement: ClauseElement, take: Callable[[bytes], Awaitable[None]], **form: str | bool
    ) -> str:
        """Write rows, of which the driver gives whole ones; the database says how many."""
        compiled = Statement.compile(statement)
        said: str = await self._connection.copy_from_query(
            compiled.sql,
            *compiled.arguments(self._values),
            output=take,
            encoding="utf-8",
            **form,
        )
        return said

    async def shared(self) -> str:
        """Give the name by which other connections can see the same moment, as long as this one."""
        ((name,),) = await self.all(select(func.pg_export_snapshot()))
        return str(name)

    async def all(self, statement: ClauseElement) -> list[asyncpg.Record]:
        """Give the rows of a statement that has few."""
        return [row async for row in self.rows(statement)]


def _meant(escaped: re.Match[bytes]) -> bytes:
    one = escaped[1]
    return _MEANT.get(one, one)


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
        await connection.transaction(isolation="repeatable_read", readonly=True).start()
        if shared is not None:
            await connection.execute(f"SET TRANSACTION SNAPSHOT '{shared}'")
        taken = Snapshot(connection, values)
        await taken.all(select(func.set_config("app.tenant_id", str(tenant_id), true())))
        yield taken
        await connection.close()
    finally:
        connection.terminate()  # it may be in the middle of something
