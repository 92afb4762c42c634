"""Archives to tamper with, as a superuser of the database: of kommuner no other test uses."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from tests.conftest import Client, Service, World
from tests.operations.archiving import as_superuser

from sakark_api.db.reader import APPLICATION_ROLE
from sakark_api.db.snapshot import snapshot
from sakark_api.tenancy.chain import Figures
from sakark_api.tenancy.checkpoint import Place, place_of
from sakark_api.tenancy.proof import prove
from sakark_api.tenancy.sealing import seal_waiting
from sakark_api.tenancy.session import Writer, application_engine

Found = set[tuple[str, str, str]]
"""What was found: of which kommune's unit, in which table, and what is wrong."""


@dataclass
class Archive:
    """A kommune's archive, with what is done behind its back."""

    service: Service
    postgres: Path
    slug: str

    @cached_property
    def tenant(self) -> int:
        return int(self.tamper("select id from kommune where slug = $1", self.slug)[0][0])

    def tamper(self, *statement: Any, untold: bool = False) -> list[asyncpg.Record]:
        """Do something as superuser; untold, no trigger tells of it or refuses it."""

        async def run(connection: asyncpg.Connection) -> list[asyncpg.Record]:
            if untold:
                await connection.execute("set session_replication_role = replica")
            return list(await connection.fetch(*statement))

        return as_superuser(self.postgres, run)

    def seal(self, sealers: int = 1) -> Place:
        """Seal what waits, and give the newest seal as a checkpoint has it."""
        tenant = self.tenant

        async def run() -> Place | None:
            engine = application_engine(self.service.settings, APPLICATION_ROLE, sealers)
            writer = Writer(engine)
            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(sealers):
                        group.create_task(seal_waiting(writer, tenant, lambda: datetime.now(UTC)))
                async with writer.transaction(tenant) as session:
                    return await session.run_sync(place_of)
            finally:
                await engine.dispose()

        place = asyncio.run(run())
        assert place is not None
        return place

    def prove(self, place: Place | None = None, figures: Figures | None = None) -> Found:
        """Give what is found to be wrong."""
        tenant = self.tenant

        async def run() -> Found:
            async with snapshot(self.service.settings, tenant) as taken:
                found = prove(taken, tenant, place, figures or Figures(), lambda _: None)
                return {(one.enhet, one.tabell, str(one.what)) async for one in found}

        return asyncio.run(run())


@pytest.fixture(scope="session")
def archive(service: Service, postgres: Path) -> Archive:
    """The archive of aukra, to be tampered with: what is found once is found for ever."""
    return Archive(service, postgres, "aukra")


@pytest.fixture(scope="session")
def whole(service: Service, postgres: Path) -> Archive:
    """The archive of midsund, which nobody tampers with."""
    return Archive(service, postgres, "midsund")


@pytest.fixture
def world(http: httpx.Client, service: Service) -> World:
    return World(Client(http, service, "administrator@aukra", "aukra"))
