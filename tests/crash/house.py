"""The real parts as processes, each of which can be killed and started again."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from pydantic import SecretStr
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed
from tests.conftest import free_port
from tests.jobs.conftest import TOOLS, Worker
from tests.secrecy import secrets_in
from tests.serving.conftest import Site, make_site
from tests.serving.test_resilience import children

from sakark_api.cli_bevis import _verify
from sakark_api.db import embedded

__all__ = ["API", "DATABASE", "STORAGE", "WORKER", "House", "S3Server", "make_house"]

API, WORKER, DATABASE, STORAGE = "api", "worker", "database", "storage"
START_SECONDS = 120
BUCKET, ACCESS, SECRET = "dokumenter", "sakark", "bare-til-proever"


@dataclass(frozen=True)
class S3Server:
    """versitygw: a server of S3 that keeps objects as files, which outlive it."""

    program: str
    folder: Path
    port: int

    def start(self) -> "subprocess.Popen[bytes]":
        address = ["--port", f"127.0.0.1:{self.port}"]
        keys = ["--access", ACCESS, "--secret", SECRET]
        with self.folder.with_suffix(".log").open("ab") as output:
            return subprocess.Popen(
                [self.program, *address, *keys, "posix", str(self.folder)],
                stdout=output,
                stderr=output,
            )

    def wait_until_ready(self) -> None:
        """Wait until it answers, if only that it does not know us."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                httpx.get(self.endpoint, timeout=5)
                return
            time.sleep(0.05)
        raise AssertionError("the S3 server does not answer")

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> Mapping[str, Any]:
        return {
            "s3_endpoint": self.endpoint,
            "s3_bucket": BUCKET,
            "s3_access_key": ACCESS,
            "s3_secret_key": SecretStr(SECRET),
        }

    @property
    def environment(self) -> Mapping[str, str]:
        return {
            "SAKARK_S3_ENDPOINT": self.endpoint,
            "SAKARK_S3_BUCKET": BUCKET,
            "SAKARK_S3_ACCESS_KEY": ACCESS,
            "SAKARK_S3_SECRET_KEY": SECRET,
        }


@dataclass
class House:
    """API, worker, database and storage, and by which names they are killed."""

    site: Site
    storage: S3Server | None
    chance: random.Random
    server: "subprocess.Popen[bytes] | None"
    """The S3 server's process, where there is one."""
    port: int = field(default_factory=free_port)
    launched: dict[str, int] = field(default_factory=dict)
    """The processes of API and worker."""

    def __post_init__(self) -> None:
        self.work = self.site.folder / "arbeid"
        self.work.mkdir()
        self.launcher = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.launcher"],
            env=self._environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def parts(self) -> list[str]:
        return [API, WORKER, DATABASE, *([STORAGE] if self.storage else [])]

    @property
    def worker(self) -> Worker:
        """A worker in this process, whose clock can be set."""
        return Worker(self.site.settings)

    def start(self, part: str) -> None:
        """Start a part that does not run; the database is waited for, the others are not."""
        if part == DATABASE:
            embedded.start(self.site.postgres)
            return
        if part == STORAGE:
            assert self.storage is not None
            self.server = self.storage.start()
            return
        assert self.launcher.stdin is not None
        assert self.launcher.stdout is not None
        command = "serve" if part == API else "worker"
        self.launcher.stdin.write(f"{command} {self.site.folder / part}.log\n")
        self.launcher.stdin.flush()
        self.launched[part] = int(self.launcher.stdout.readline())

    def kill(self, part: str) -> None:
        """Kill a part by SIGKILL, with no time to end anything."""
        if part == DATABASE:
            self._kill_database()
            return
        if part == STORAGE:
            assert self.server is not None
            self.server.kill()
            self.server.wait()
            return
        os.kill(self.launched[part], signal.SIGKILL)  # ProcessLookupError: it ended by itself
        wait_until_gone(self.launched.pop(part))

    def wait_until_ready(self) -> None:
        """Wait until the API says that everything answers."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/health/ready", timeout=10).status_code == httpx.codes.OK:
                    return
            time.sleep(0.1)
        raise AssertionError("it does not come up again")

    def ask(self, statement: str, *values: object) -> list[asyncpg.Record]:
        """Ask the database as the owner of its tables, about molde where rows are a kommune's.

        One that has been killed just now is waited for.
        """

        @retry(
            retry=retry_if_exception_type((asyncpg.CannotConnectNowError, OSError)),
            stop=stop_after_delay(START_SECONDS),
            wait=wait_fixed(0.1),
            reraise=True,
        )
        async def fetch() -> list[asyncpg.Record]:
            connection = await asyncpg.connect(
                self.site.settings.database_owner_url,
                server_settings={"search_path": "public, jobs"},
            )
            try:
                molde = await connection.fetchval("select id from kommune where slug = 'molde'")
                await connection.execute(f"set app.tenant_id = '{molde}'")
                return list(await connection.fetch(statement, *values))
            finally:
                await connection.close()

        return asyncio.run(fetch())

    def verify(self) -> list[str]:
        """Prove molde's log and read its files again, as `sakark verify` does; tell of findings."""
        report = asyncio.run(_verify(self.site.settings, ["molde"], None, read=True))
        return [str(line) for line in report.lines()] if report.faults else []

    @contextmanager
    def working_here(self) -> Iterator[None]:
        """Let what is done in this process find what killed workers left, a day later."""
        for folder in self.work.iterdir():
            os.utime(folder, (0, 0))
        here, tempfile.tempdir = tempfile.tempdir, str(self.work)
        try:
            yield
        finally:
            tempfile.tempdir = here

    def stop(self) -> None:
        for pid in self.launched.values():
            os.kill(pid, signal.SIGTERM)
        for pid in self.launched.values():
            wait_until_gone(pid)
        self.launcher.communicate()
        if self.server is not None:
            self.server.kill()
            self.server.wait()
        for log in self.site.folder.glob("*.log"):
            assert secrets_in(log) == []

    def _kill_database(self) -> None:
        """Kill all of the server, as when a machine stops; its parent alone; or one of its own."""
        server = embedded.running(self.site.postgres)
        assert server is not None
        below = children(server.pid)
        one = self.chance.choice(below)
        victims = self.chance.choice([[server.pid, *below], [server.pid], [one]])
        for pid in victims:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        wait_until_gone(victims[0])  # a busy machine takes its time, and it still looks alive

    def _environment(self) -> dict[str, str]:
        return self.site.environment(
            PORT=str(self.port),
            TMPDIR=str(self.work),
            SAKARK_TOOL_PATH=TOOLS,
            **(self.storage.environment if self.storage else {}),
        )


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
        except (FileNotFoundError, ProcessLookupError):
            return
        if stat.rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.005)
    raise AssertionError("a process does not end")


@contextmanager
def make_house(chance: random.Random, s3_program: str | None) -> Iterator[House]:
    """Start everything; documents are in a folder where there is no program for S3."""
    with ExitStack() as stack:
        storage = server = None
        if s3_program is not None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sakark-s3-")))
            (folder / "data").mkdir()
            storage = S3Server(s3_program, folder / "data", free_port())
            server = storage.start()
            storage.wait_until_ready()
        site = stack.enter_context(make_site(None, **(storage.settings if storage else {})))
        house = House(site, storage, chance, server)
        stack.callback(house.stop)
        house.start(API)
        house.start(WORKER)
        house.wait_until_ready()
        yield house
