"""How commands reach the database: as the owner of the tables, each in one transaction."""

import asyncio
import getpass
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Session

from sakark_api.settings import Settings, read_settings

if TYPE_CHECKING:
    from sakark_api.tenancy.driftslogg import Actor

__all__ = ["as_owner", "commander", "on_owner_connection", "with_addresses", "with_database"]

T = TypeVar("T")


def commander() -> "Actor":
    """Tell who gives the command, for the log: the user of this machine."""
    from sakark_api.tenancy.driftslogg import Actor

    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number without a name
        user = str(os.getuid())
    return Actor(None, user, "Kommandolinjen", datetime.now(UTC))


def as_owner(act: Callable[[Session], T]) -> T:
    """Do something in one transaction as the owner of the tables."""
    from sakark_api.tenancy.operator import in_transaction

    return with_database(lambda engine, _: in_transaction(engine, act))


def on_owner_connection(act: Callable[[Connection], T]) -> T:
    """Do something on a connection in no transaction, as the owner of the tables."""

    async def work(engine: AsyncEngine, settings: Settings) -> T:
        del settings
        async with engine.connect() as connection:
            return await connection.run_sync(act)

    return with_database(work)


def with_database(work: Callable[[AsyncEngine, Settings], Awaitable[T]]) -> T:
    """Do something with the owner's engine and settings that have a database."""
    from sakark_api.tenancy.session import owner_engine

    settings = with_addresses(read_settings())

    async def run() -> T:
        engine = owner_engine(settings.database_owner_url or "")
        try:
            return await work(engine, settings)
        finally:
            await engine.dispose()

    return asyncio.run(run())


def with_addresses(settings: Settings) -> Settings:
    """Find the database: the one that is set, else the running one of this folder."""
    owner = settings.database_owner_url or settings.database_url
    if owner is not None:
        return settings.model_copy(update={"database_owner_url": owner})
    from sakark_api.db.embedded import running

    server = running(settings.data_dir / "postgres")
    if server is None:
        sys.exit("Sett SAKARK_DATABASE_OWNER_URL, eller start `sakark dev` først.")
    return settings.model_copy(
        update={"database_owner_url": server.owner_url, "database_url": server.app_url}
    )
