"""A database of one's own, empty, as the owner of the tables."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import pytest
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from tests.operations.archiving import as_superuser

from sakark_api.db import embedded, migrate
from sakark_api.db.embedded import EmbeddedServer
from sakark_api.tenancy.session import owner_engine

T = TypeVar("T")

MODEL, COPY = "modell", "kopi"
OWNED = f"owner {embedded.OWNER}"


class Owner:
    """Work as the owner of one database, each in a transaction."""

    def __init__(self, url: str, app_url: str) -> None:
        self.url = url
        self.app_url = app_url

    def connected(self, act: Callable[[Connection], T]) -> T:
        """Do something on a connection, and commit."""
        return asyncio.run(self._connected(act))

    def in_session(self, act: Callable[[Session], T]) -> T:
        """Do something in a session, and commit."""
        return asyncio.run(self._in_session(act))

    def ask(self, statement: str, *values: Any, tenant: int | None = None) -> list[asyncpg.Record]:
        return asyncio.run(self._ask(statement, values, tenant))

    async def _connected(self, act: Callable[[Connection], T]) -> T:
        engine = owner_engine(self.url)
        try:
            async with engine.connect() as connection:
                found = await connection.run_sync(act)
                await connection.commit()
                return found
        finally:
            await engine.dispose()

    async def _in_session(self, act: Callable[[Session], T]) -> T:
        engine = owner_engine(self.url)
        try:
            async with AsyncSession(engine) as session, session.begin():
                return await session.run_sync(act)
        finally:
            await engine.dispose()

    async def _ask(
        self, statement: str, values: tuple[Any, ...], tenant: int | None
    ) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.url)
        try:
            if tenant is not None:
                await connection.execute(
                    "select set_config('app.tenant_id', $1, false)", str(tenant)
                )
            return list(await connection.fetch(statement, *values))
        finally:
            await connection.close()


@pytest.fixture(scope="session")
def spare_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="sakark-test-"))
    yield folder / "postgres"
    embedded.remove(folder / "postgres")
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def spare(spare_folder: Path) -> Iterator[EmbeddedServer]:
    """A PostgreSQL beside the one that the service is on."""
    with embedded.embedded(spare_folder, durable=False) as server:
        yield server


@pytest.fixture
def empty(spare: EmbeddedServer) -> Owner:
    """A database with nothing in it."""
    owner = Owner(spare.owner_url, spare.app_url)
    owner.ask("drop schema if exists jobs cascade")
    owner.ask("drop schema public cascade")
    owner.ask("create schema public")
    return owner


@pytest.fixture(scope="session")
def copied(spare: EmbeddedServer, spare_folder: Path) -> Callable[[], Owner]:
    """Copy a database with the tables and no kommune: to migrate one takes seconds."""
    as_superuser(spare_folder, lambda one: one.execute(f"create database {MODEL} {OWNED}"))
    _in_database(spare, MODEL).connected(migrate.upgrade)

    async def copy(connection: asyncpg.Connection) -> None:
        await connection.execute(f"drop database if exists {COPY} with (force)")
        await connection.execute(
            f"create database {COPY} template {MODEL} strategy file_copy {OWNED}"
        )

    def copied() -> Owner:
        as_superuser(spare_folder, copy)
        return _in_database(spare, COPY)

    copied()
    return copied


@pytest.fixture
def owner(spare: EmbeddedServer, copied: Callable[[], Owner]) -> Owner:
    """A database with the tables and no kommune; the one of the test before if it is like that."""
    found = _in_database(spare, COPY)
    migrated = found.connected(migrate.current) == migrate.newest()
    return found if migrated and not found.ask("select from kommune") else copied()


def _in_database(server: EmbeddedServer, name: str) -> Owner:
    owner_url, app_url = (
        f"{url.rpartition('/')[0]}/{name}" for url in (server.owner_url, server.app_url)
    )
    return Owner(owner_url, app_url)
