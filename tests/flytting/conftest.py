"""A kommune with something of everything, and another installation for it to move to."""

import asyncio
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from random import randrange
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy.orm import Session
from tests.api.test_search import say
from tests.conftest import Client, Service, World, build_world, in_kommune
from tests.tenancy.processes import beside, command, environment

from sakark_api.db import embedded, migrate
from sakark_api.settings import Settings
from sakark_api.tenancy.beredskap import Telt, keep_counts
from sakark_api.tenancy.session import owner_engine

SLUG = "vestnes"
PDF = b"%PDF-1.4 et brev"
KILLED = -signal.SIGKILL
SECONDS = 30


@dataclass(frozen=True)
class House:
    """An installation: what runs there, and the commands of its operator."""

    service: Service
    http: httpx.Client

    def client(self, slug: str = SLUG) -> Client:
        return Client(self.http, self.service, f"administrator@{SLUG}", slug)

    def sakark(self, *words: str | Path) -> "subprocess.CompletedProcess[str]":
        return command(environment(self.service), *words)


def kill(house: House, step: str, times: int, *words: str | Path) -> int:
    """Run a command until it comes to a step for the nth time; give how it ended."""
    program = Path(__file__).with_name("drept.py")
    done = subprocess.run(
        [sys.executable, program, step, str(times), *map(str, words)],
        env=environment(house.service),
        capture_output=True,
        check=False,
    )
    return done.returncode


def wait_for(http: httpx.Client, address: str, status: int) -> None:
    """Wait until the registry has been read anew."""
    deadline = time.monotonic() + SECONDS
    while http.get(address).status_code != status:
        assert time.monotonic() < deadline, f"{address} does not answer {status}"
        time.sleep(0.2)


@pytest.fixture(scope="session")
def filled(service: Service, http: httpx.Client) -> World:
    """The kommune that moves, with a unit of every kind and a document."""
    world = build_world(Client(http, service, f"administrator@{SLUG}", SLUG))
    client = world.client
    client.make(world.mappe, "arkivstruktur/ny-mappe/", {"tittel": "Undermappen; «Æ»\nog mer"})
    sent = client.request(
        "POST",
        client.link(world.dokumentobjekt, "arkivstruktur/fil/"),
        content=PDF,
        headers={"Content-Type": "application/pdf"},
    )
    assert sent.status_code in (201, 409), sent.text
    say(service, world.dokumentobjekt, "Kommunen har vedtatt tiltaket.", SLUG)
    in_kommune(service.settings, SLUG, partial(note_a_count, world.arkivdel))
    return world


def note_a_count(arkivdel: Any, session: Session) -> None:
    counts = [Telt("mappe", 1, 0, 0, {})]
    keep_counts(session, UUID(arkivdel["systemID"]), counts, datetime.now(UTC))


@pytest.fixture(scope="session")
def source(service: Service, http: httpx.Client, filled: World) -> House:
    assert filled.client.root
    return House(service, http)


@pytest.fixture(scope="session")
def exported(source: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of the kommune, which nobody changes: copy it first."""
    folder = tmp_path_factory.mktemp("flytting") / SLUG
    done = source.sakark("kommune", "export", SLUG, folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def package(exported: Path, tmp_path: Path) -> Path:
    """A package to do something to."""
    return Path(shutil.copytree(exported, tmp_path / "pakke"))


@pytest.fixture(scope="session")
def elsewhere() -> Iterator[Settings]:
    """An empty installation, with a kommune's number used already."""
    folder = Path(tempfile.mkdtemp(prefix="sakark-flytt-"))
    folder.chmod(0o711)
    with embedded.embedded(folder / "postgres", durable=False) as server:
        asyncio.run(upgraded(server.owner_url))
        yield Settings(
            database_url=server.app_url,
            database_owner_url=server.owner_url,
            data_dir=folder / "data",
            database_pool_size=2,
        )
    embedded.remove(folder / "postgres")
    shutil.rmtree(folder)


async def upgraded(url: str) -> None:
    engine = owner_engine(url)
    async with engine.connect() as connection:
        await connection.run_sync(migrate.upgrade)
    await engine.dispose()


@pytest.fixture(scope="session")
def target(service: Service, http: httpx.Client, elsewhere: Settings) -> Iterator[House]:
    changes = {name: getattr(elsewhere, name) for name in elsewhere.model_fields_set}
    with beside(service, **changes) as there:
        yield House(there, http)


@pytest.fixture
def name() -> str:
    """A kommune's name that nobody has."""
    return f"sted-{uuid4().hex[:8]}"


@pytest.fixture(scope="session")
def arrived(target: House, exported: Path) -> House:
    """Where the kommune is now, in use."""
    done = target.sakark("kommune", "import", exported)
    assert done.returncode == 0, done.stderr
    used = target.sakark("kommune", "status", SLUG, "drift", "--begrunnelse", "Flyttet hit")
    assert used.returncode == 0, used.stderr
    return target


_numbers = count(randrange(2000, 9000, 2), 2)
"""Every other: who moves on takes the next."""


@pytest.fixture
def another(package: Path) -> Path:
    """The package of a kommune with numbers of its own, which may come in beside the first."""
    file = package / "manifest.json"
    manifest = json.loads(file.read_text(encoding="utf-8"))
    manifest["kommune"] |= {
        "kommunenummer": str(next(_numbers)),
        "tidligere_kommunenummer": [],
        "organisasjonsnummer": None,
    }
    file.write_text(json.dumps(manifest), encoding="utf-8")
    return package
