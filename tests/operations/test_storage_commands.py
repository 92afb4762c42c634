"""`sakark storage verify` and `sakark storage migrate` as an operator runs them."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from moto.server import ThreadedMotoServer
from tests.conftest import Client, Service, World
from tests.storage.places import s3_settings
from tests.tenancy.processes import environment
from typer.testing import CliRunner, Result

from sakark_api.cli import app
from sakark_api.settings import Settings
from sakark_api.storage.s3 import S3Documents, open_s3

KOMMUNE = "vestnes"
"""A kommune that no other test fills."""
FILES = 12
SAKARK = str(Path(sys.executable).with_name("sakark"))

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def world(http: httpx.Client, service: Service) -> World:
    return World(Client(http, service, f"administrator@{KOMMUNE}", KOMMUNE))


@pytest.fixture(scope="module")
def files(world: World) -> dict[str, bytes]:
    """Files of a kommune, by the systemID of their dokumentobjekter."""
    made = [send(world, f"brev {number}".encode() * 1000) for number in range(FILES)]
    return dict(made)


def send(world: World, content: bytes) -> tuple[str, bytes]:
    answer = world.client.request(
        "POST",
        world.client.link(world.dokumentbeskrivelse, "arkivstruktur/fil/"),
        content=content,
        headers={"Content-Type": "text/plain"},
    )
    assert answer.status_code == 201, answer.text
    return answer.json()["systemID"], content


@pytest.fixture(scope="module")
def s3_endpoint() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_endpoint: str) -> Settings:
    """An empty bucket."""
    settings = s3_settings(s3_endpoint)
    with closing(asyncio.Runner()) as runner:
        documents = open_s3(settings)
        runner.run(documents.ensure_bucket())
        runner.run(documents.close())
    return settings


def variables(service: Service, bucket: Settings) -> dict[str, str]:
    return environment(
        service,
        SAKARK_S3_ENDPOINT=str(bucket.s3_endpoint),
        SAKARK_S3_BUCKET=str(bucket.s3_bucket),
        SAKARK_S3_ACCESS_KEY="test",
        SAKARK_S3_SECRET_KEY="test",
    )


@pytest.fixture
def migrate(service: Service, bucket: Settings) -> Run:
    """Copy what the service has to the bucket."""
    return command(
        variables(service, bucket),
        *("storage", "migrate", "--kommune", KOMMUNE, "--from", str(service.settings.data_dir)),
    )


def command(given: dict[str, str], *first: str) -> Run:
    """Make a command, run in this process: to start one takes longer than what it does."""

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, [*first, *words], env=given)

    return run


def ours(done: Result) -> Any:
    """Read the figures of our kommune."""
    return json.loads(done.stdout)["kommuner"][KOMMUNE]


def contents(bucket: Settings) -> list[bytes]:
    async def read() -> list[bytes]:
        documents = open_s3(bucket)
        found = [
            b"".join([piece async for piece in documents.get(key)])
            async for key in documents.keys(f"{KOMMUNE}/")
        ]
        await documents.close()
        return found

    return sorted(asyncio.run(read()))


def path_of(service: Service, system_id: str) -> Path:
    """Find a file in the folder, as its row names it."""

    async def ask() -> Any:
        connection = await asyncpg.connect(service.settings.database_owner_url)
        number = await connection.fetchval("select id from kommune where slug = $1", KOMMUNE)
        await connection.execute(f"set app.tenant_id = '{number}'")
        found = "select lagringsnoekkel from dokumentobjekt where system_id = $1"
        try:
            return await connection.fetchval(found, system_id)
        finally:
            await connection.close()

    return service.settings.data_dir / "dokumenter" / str(asyncio.run(ask()))


def test_every_file_is_copied_once_and_nothing_is_deleted(
    service: Service, files: dict[str, bytes], bucket: Settings, migrate: Run
) -> None:
    first = migrate("--json")
    again = migrate("--json")

    there = contents(bucket)
    assert first.exit_code == again.exit_code == 0, first.stderr
    assert ours(first)["kopiert"] == ours(first)["filer"]
    assert len(there) == ours(first)["filer"] + ours(first)["deler"]
    assert ours(again)["kopiert"] == 0
    assert set(files.values()) <= set(there)
    assert all(path_of(service, system_id).exists() for system_id in files)


def test_what_was_killed_goes_on_where_it_was(
    service: Service, files: dict[str, bytes], bucket: Settings, migrate: Run
) -> None:
    source = str(service.settings.data_dir)
    words = [SAKARK, "storage", "migrate", "--kommune", KOMMUNE, "--from", source]
    killed = subprocess.Popen(words, env=variables(service, bucket), stdout=subprocess.DEVNULL)
    documents = open_s3(bucket)
    wait_for_some(documents)

    killed.send_signal(signal.SIGKILL)
    killed.wait()
    before = len(contents(bucket))
    done = migrate("--json")

    assert done.exit_code == 0, done.stderr
    assert 0 < ours(done)["kopiert"] == ours(done)["filer"] - before
    assert set(files.values()) <= set(contents(bucket))


def wait_for_some(documents: S3Documents) -> None:
    """Wait until some files, and not all, have come."""

    async def count() -> int:
        return len([key async for key in documents.keys(f"{KOMMUNE}/")])

    with closing(asyncio.Runner()) as runner:
        deadline = time.monotonic() + 60
        while not runner.run(count()) and time.monotonic() < deadline:
            time.sleep(0.01)
        runner.run(documents.close())


def test_a_damaged_file_is_told_of_and_not_copied(
    service: Service, world: World, bucket: Settings, migrate: Run
) -> None:
    system_id, content = send(world, b"helt")
    path = path_of(service, system_id)
    path.write_bytes(b"HELT")

    done = migrate("--json")

    path.write_bytes(content)
    (finding,) = ours(done)["funn"]
    assert done.exit_code == 1
    assert (finding["system_id"], finding["lager"]) == (system_id, "kilden")
    assert finding["feil"] == "feil sjekksum"
    assert b"HELT" not in contents(bucket)
    assert b"helt" not in contents(bucket)


def test_parts_of_a_file_under_way_come_along(world: World, bucket: Settings, migrate: Run) -> None:
    client = world.client
    migrate()  # what others have left
    begun = client.request(
        "POST",
        client.link(world.dokumentbeskrivelse, "arkivstruktur/fil/"),
        headers={"X-Upload-Content-Type": "text/plain", "X-Upload-Content-Length": "8"},
    )
    session = begun.headers["location"]
    client.request("PUT", session, content=b"halv", headers={"Content-Range": "bytes 0-3/8"})

    done = migrate("--json")

    client.delete(session)
    assert ours(done)["deler"] == 1
    assert b"halv" in contents(bucket)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Oppgi --from med en mappe, eller --from-bucket med en bøtte."),
        (("--from", "borte"), "borte har ingen dokumenter."),
    ],
)
def test_a_migration_from_nowhere_is_refused(
    service: Service, bucket: Settings, words: tuple[str, ...], said: str
) -> None:
    done = command(variables(service, bucket), "storage", "migrate")(*words)

    assert done.exit_code == 1
    assert said in str(done.exception)


def test_verify_counts_files_and_names_what_is_wrong(
    service: Service, world: World, files: dict[str, bytes]
) -> None:
    assert files
    system_id, content = send(world, b"brevet")
    path = path_of(service, system_id)
    stray = path.with_name(f"{path.name}x")
    verify = command(environment(service), "storage", "verify", "--kommune", KOMMUNE, "--json")
    strays = ours(verify())["loese"]
    stray.write_bytes(b"ingens")
    fine = verify("--les")
    path.write_bytes(b"BREVET")

    measured, read = verify(), verify("--les")
    path.unlink()
    gone = verify()

    path.write_bytes(content)
    stray.unlink()
    assert (fine.exit_code, ours(fine)["funn"], ours(fine)["loese"]) == (0, [], strays + 1)
    assert measured.exit_code == 0
    assert [one["feil"] for one in ours(read)["funn"]] == ["feil sjekksum"]
    assert [one["feil"] for one in ours(gone)["funn"]] == ["mangler"]
    assert (read.exit_code, gone.exit_code) == (1, 1)


def test_verify_writes_lines_for_people(service: Service, files: dict[str, bytes]) -> None:
    verify = command(environment(service), "storage", "verify")

    done = verify("--kommune", KOMMUNE)

    assert done.exit_code == 0, done.stderr
    assert f"{KOMMUNE}: " in done.stdout
    assert done.stdout.endswith("0 funn.\n")
    assert files
