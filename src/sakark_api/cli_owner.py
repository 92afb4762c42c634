"""How commands reach the database: as the owner of the tables, or kommune by kommune."""

import asyncio
import gc
import getpass
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Session

from sakark_api.errors import NotFound
from sakark_api.settings import Settings, read_settings
from sakark_api.texts import text

if TYPE_CHECKING:
    from sakark_api.storage import Documents
    from sakark_api.tenancy.driftslogg import Actor
    from sakark_api.tenancy.kommune import Kommune
    from sakark_api.tenancy.session import Writer

__all__ = [
    "Slugs",
    "as_owner",
    "chosen_kommuner",
    "commander",
    "on_owner_connection",
    "opened_documents",
    "settle",
    "with_addresses",
    "with_database",
]

T = TypeVar("T")
_OBJECTS = 50_000

Slugs = Annotated[
    list[str] | None, typer.Option("--kommune", help="Bare denne; kan gjentas. Ellers alle.")
]


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


def settle() -> None:
    """Let what is loaded by now stay: to look for waste in it is a fifth of a long command.

    What comes is looked through after tens of thousands of objects: a batch holds more than that.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS)


@asynccontextmanager
async def opened_documents(settings: Settings) -> "AsyncIterator[Documents]":
    """Open the storage that settings name, and close it in the end."""
    from sakark_api.storage import open_documents

    documents = open_documents(settings)
    try:
        yield documents
    finally:
        await documents.close()


@asynccontextmanager
async def chosen_kommuner(
    settings: Settings, wanted: Sequence[str]
) -> "AsyncIterator[tuple[Writer, list[Kommune], list[str]]]":
    """Give a writer, the kommuner that are wanted, and the names of all; `NotFound` for others."""
    from sakark_api.db.reader import APPLICATION_ROLE
    from sakark_api.tenancy.kommune import Registry
    from sakark_api.tenancy.session import Writer, application_engine

    engine = application_engine(settings, APPLICATION_ROLE, pool_size=1)
    try:
        known = {one.slug: one for one in (await Registry(engine).current()).values()}
        for slug in wanted:
            if slug not in known:
                raise NotFound(text("Kommunen {kommune} finnes ikke.", kommune=slug))
        chosen = [known[slug] for slug in wanted or sorted(known)]
        yield Writer(engine), chosen, sorted(known)
    finally:
        await engine.dispose()
