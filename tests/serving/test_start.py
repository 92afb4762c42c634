"""What stops the start, and what `/health/ready` says of peers that are away."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest
from tests.conftest import Service, free_port
from tests.serving.conftest import Site
from tests.serving.test_serve import start

from sakark_api.db.schema import WANTED

pytestmark = pytest.mark.timeout(120)


def as_superuser(site: Site, statement: str) -> None:
    """Run a statement as the cluster's superuser, whose password is beside the cluster."""
    passwords = json.loads((site.postgres / "passwords.json").read_text())
    address = str(site.settings.database_owner_url).rpartition("@")[2]

    async def run() -> None:
        connection = await asyncpg.connect(
            f"postgresql://postgres:{passwords['postgres']}@{address}"
        )
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(run())


@contextmanager
def altered(site: Site, statement: str, back: str) -> Iterator[None]:
    as_superuser(site, statement)
    try:
        yield
    finally:
        as_superuser(site, back)


UNFIT = [
    ("ALTER ROLE sakark_app SUPERUSER", "ALTER ROLE sakark_app NOSUPERUSER", "superbruker"),
    ("ALTER ROLE sakark_app BYPASSRLS", "ALTER ROLE sakark_app NOBYPASSRLS", "BYPASSRLS"),
    (
        "GRANT sakark_owner TO sakark_app",
        "REVOKE sakark_owner FROM sakark_app",
        "som eier tabeller",
    ),
    (
        "UPDATE alembic_version SET version_num = '2026_11_22_foundation'",
        f"UPDATE alembic_version SET version_num = '{WANTED}'",
        "sakark db upgrade",
    ),
]


@pytest.mark.parametrize(("broken", "back", "sentence"), UNFIT, ids=[one[2] for one in UNFIT])
def test_an_unfit_database_is_not_served_from(
    shared: Site, broken: str, back: str, sentence: str
) -> None:
    with altered(shared, broken, back):
        said = start(shared)

    assert said.returncode == 1
    assert sentence in said.stderr
    assert "Traceback" not in said.stderr


def test_the_owners_address_is_not_served_from(shared: Site) -> None:
    said = start(shared, SAKARK_DATABASE_URL=str(shared.settings.database_owner_url))

    assert said.returncode == 1
    assert 'permission denied to set role "sakark_app"' in said.stderr
    assert "sakark doctor" in said.stderr


def test_a_wrong_password_stops_the_start_and_is_not_shown(shared: Site) -> None:
    wrong = str(shared.settings.database_url).replace("sakark_app:", "sakark_app:hemmelig")

    said = start(shared, SAKARK_DATABASE_URL=wrong)

    assert said.returncode == 1
    assert "Databasen svarer ikke slik den skal" in said.stderr
    assert "hemmelig" not in said.stderr + said.stdout


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_process_that_cannot_start_ends_the_service(
    shared: Site, processes: str, tmp_path: Path
) -> None:
    occupied = tmp_path / "fil"
    occupied.touch()

    said = start(shared, SAKARK_DATA_DIR=str(occupied / "data"), SAKARK_PROCESSES=processes)

    assert said.returncode == 3  # uvicorn's code for it


def test_a_newer_schema_is_served_from(shared: Site) -> None:
    with altered(
        shared,
        "UPDATE alembic_version SET version_num = '2999_01_01_neste'",
        f"UPDATE alembic_version SET version_num = '{WANTED}'",
    ):
        program = shared.serve()
        ready = httpx.get(f"{program.url}/health/ready")

    assert ready.status_code == 200


def test_a_storage_that_is_away_is_told_of_and_the_rest_works(shared: Site) -> None:
    program = shared.serve(
        SAKARK_S3_BUCKET="dokumenter",
        SAKARK_S3_ENDPOINT=f"http://127.0.0.1:{free_port()}",
        SAKARK_S3_ACCESS_KEY="x",
        SAKARK_S3_SECRET_KEY="x",
    )

    ready = httpx.get(f"{program.url}/health/ready", headers={"Accept-Language": "en"})

    assert ready.status_code == 200
    assert ready.json() == {
        "ready": True,
        "checks": [
            {"name": "database", "ok": True},
            {"name": "registry", "ok": True},
            {
                "name": "storage",
                "ok": False,
                "reason": "The document storage does not answer; most things work, but not the"
                " files.",
            },
        ],
    }


@pytest.mark.parametrize("address", ["/health/live", "/health/ready"])
def test_health_is_for_reading_only(service: Service, address: str) -> None:
    answers = {
        method: httpx.request(method, f"{service.url}{address}").status_code
        for method in ("POST", "PUT", "DELETE")
    }

    assert set(answers.values()) == {405}
