"""A database password is changed without a gap: a second login, made a member of the first."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest
from tests.conftest import Client, Service, free_port, run_service
from tests.operations.archiving import as_superuser
from tests.prepared import copy

from sakark_api.db import embedded
from sakark_api.settings import Settings

NEW_LOGIN = "CREATE ROLE sakark_app_2027 LOGIN PASSWORD 'ny' IN ROLE sakark_app"


@pytest.fixture(scope="module")
def service(prepared: Path) -> Iterator[Service]:
    """A service whose connections log in as the second login."""
    parent = Path(tempfile.mkdtemp(prefix="sakark-passwords-"))
    copy(prepared, parent, "postgres", "dokumenter")
    with embedded.embedded(parent / "postgres", durable=False) as server:
        as_superuser(parent / "postgres", lambda connection: connection.execute(NEW_LOGIN))
        host = server.app_url.rpartition("@")[2]
        settings = Settings(
            database_url=f"postgresql://sakark_app_2027:ny@{host}",
            database_owner_url=server.owner_url,
            data_dir=parent,
        )
        yield from run_service(settings, free_port())
    embedded.remove(parent / "postgres")
    shutil.rmtree(parent)


def test_a_second_login_serves_as_the_application_role(service: Service) -> None:
    with httpx.Client(timeout=30) as http:
        client = Client(http, service, "arkivar@molde", "molde")
        asked = {"$filter": "klasseID eq 'L42'"}
        klasser = client.get(f"{client.root}arkivstruktur/klasse/", params=asked).json()
        sak = client.make(klasser["results"][0], "sakarkiv/ny-saksmappe/", {"tittel": "Ny sak"})

    assert klasser["count"] > 0
    assert sak["tittel"] == "Ny sak"


def test_it_sees_no_more_than_the_application_role(service: Service) -> None:
    async def count() -> int:
        connection = await asyncpg.connect(service.settings.database_url)
        try:
            return int(await connection.fetchval("select count(*) from mappe"))
        finally:
            await connection.close()

    assert asyncio.run(count()) == 0
