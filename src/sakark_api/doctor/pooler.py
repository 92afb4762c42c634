"""A pooler in between that gives each transaction another connection to the database.

The service says once per connection which kommune it sees, and trusts that it stays said.
"""

from contextlib import AsyncExitStack
from uuid import uuid4

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from sakark_api.doctor.database import Way, connected
from sakark_api.doctor.report import Finding, failure, ok
from sakark_api.texts import text

__all__ = ["check_pooler"]

CHECK = "database-pooler"
CONNECTIONS = 3
MARK = "sakark.doctor"
UNKNOWN_STATEMENT = ("26000", "42P05")
"""Prepared statements that are gone, or there already: made on another server process."""


async def check_pooler(way: Way) -> Finding:
    """Tell whether what is said on one connection is heard on another."""
    if await _is_shared(way):
        return failure(
            CHECK,
            text(
                "{navn} går gjennom et mellomledd som deler forbindelser mellom transaksjoner, så"
                " kommuner kan blandes; gå rett til databasen, eller la det dele dem per økt"
                " (session).",
                navn=way.setting,
            ),
        )
    return ok(CHECK, text("Tjenesten har forbindelsene til databasen for seg selv."))


async def _is_shared(way: Way) -> bool:
    async with AsyncExitStack() as stack:
        connections = [await stack.enter_async_context(connected(way)) for _ in range(CONNECTIONS)]
        said = {connection: uuid4().hex for connection in connections}
        try:
            processes = {
                await connection.scalar(select(func.pg_backend_pid())) for connection in connections
            }
            for connection, mark in said.items():
                await connection.scalar(select(func.set_config(MARK, mark, False)))  # noqa: FBT003
            heard = {
                connection: await connection.scalar(select(func.current_setting(MARK, True)))  # noqa: FBT003
                for connection in connections
            }
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) in UNKNOWN_STATEMENT:
                return True
            raise
    return heard != said or len(processes) < CONNECTIONS
