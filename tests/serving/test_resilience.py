"""Two processes serve while their database is restarted, killed, frozen and locked."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest
from tests.api.load import Load, assert_nothing_is_lost, look
from tests.serving.conftest import Site

from sakark_api.db import embedded

LOAD_SECONDS = 2.0
AWAY_SECONDS = 4.0
PATIENT = {
    "SAKARK_PROCESSES": "2",
    "SAKARK_DATABASE_STATEMENT_SECONDS": "1.5",
    "SAKARK_DATABASE_LOCK_SECONDS": "1",
    "SAKARK_DATABASE_WAIT_SECONDS": "1.5",
    "SAKARK_DATABASE_CONNECT_SECONDS": "1.5",
}

pytestmark = pytest.mark.timeout(120)


def restart(site: Site) -> float:
    """Restart the server, as an upgrade of it does; give when it was back."""
    embedded.stop(site.postgres)
    embedded.start(site.postgres)
    return time.monotonic()


def kill(site: Site) -> float:
    server = embedded.running(site.postgres)
    assert server is not None
    os.kill(server.pid, signal.SIGKILL)
    time.sleep(1)
    embedded.start(site.postgres)
    return time.monotonic()


def freeze(site: Site) -> float:
    """Stop every process of the server for a while, so that nobody is told anything."""
    with frozen(site):
        time.sleep(AWAY_SECONDS)
    return time.monotonic()


@contextmanager
def frozen(site: Site) -> Iterator[None]:
    server = embedded.running(site.postgres)
    assert server is not None
    stopped = [server.pid, *children(server.pid)]
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)


def lock(site: Site) -> float:
    """Hold the table that every write needs."""

    async def hold() -> None:
        connection = await asyncpg.connect(site.settings.database_owner_url)
        try:
            async with connection.transaction():
                await connection.execute("LOCK TABLE registrering IN ACCESS EXCLUSIVE MODE")
                await asyncio.sleep(AWAY_SECONDS)
        finally:
            await connection.close()

    asyncio.run(hold())
    return time.monotonic()


def children(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(stat.parent.name))
    return found


linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


@pytest.mark.parametrize(
    "happens",
    [restart, kill, pytest.param(freeze, marks=linux), lock],
    ids=lambda one: one.__name__,
)
def test_it_goes_on_by_itself_and_nothing_is_lost(
    site: Site, happens: Callable[[Site], float]
) -> None:
    program = site.serve(**PATIENT)
    load = Load(program.url, site.token("arkivar@molde"))
    load.begin()
    time.sleep(LOAD_SECONDS)

    back = happens(site)
    time.sleep(LOAD_SECONDS)
    load.end()

    seen = (
        f"{happens.__name__}: {dict(load.statuses)}, recovered {recovery(load, back):.2f} s after"
    )
    sys.stdout.write(f"{seen}\n")
    assert set(load.statuses) <= {201, 503}
    assert load.impolite == 0
    assert recovery(load, back) < LOAD_SECONDS
    assert_nothing_is_lost(load, look(Load(program.url, load.token)))


def recovery(load: Load, back: float) -> float:
    """Give how long after the database was back the first write was answered."""
    return min((at for at, status in load.times if status == 201 and at > back), default=1e9) - back


@linux
def test_readiness_does_not_hang_where_the_database_does(site: Site) -> None:
    program = site.serve(SAKARK_PROCESSES="2")
    assert httpx.get(f"{program.url}/health/ready").status_code == 200
    time.sleep(2.1)

    with frozen(site):
        began = time.monotonic()
        answer = httpx.get(f"{program.url}/health/ready", timeout=20)
        took = time.monotonic() - began

    assert answer.status_code == 503
    assert not answer.json()["ready"]
    assert took < 5  # what the chart's probe waits


def test_a_database_that_comes_late_is_waited_for(site: Site) -> None:
    embedded.stop(site.postgres)
    program = site.serve("/health/live", **PATIENT)
    before = httpx.get(f"{program.url}/health/ready")
    refused = httpx.get(f"{program.url}/molde/api/")

    embedded.start(site.postgres)
    program.wait_until_ready()
    time.sleep(2.1)  # what was found of the peers holds for two seconds
    after = httpx.get(f"{program.url}/health/ready")

    assert before.status_code == 503
    assert before.json()["checks"][0] == {
        "name": "database",
        "ok": False,
        "reason": "Databasen svarer ikke.",
    }
    assert refused.status_code == 503
    assert refused.headers["retry-after"]
    assert after.status_code == 200, after.text
