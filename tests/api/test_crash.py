"""Killed in the middle of the work: what was answered is there, and nothing is half there."""

import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.api.load import Load, assert_nothing_is_lost, look
from tests.conftest import free_port
from tests.tenancy.processes import Program, running

from sakark_api.db import embedded
from sakark_api.dev.identity import demo_users, issue_token
from sakark_api.dev.place import issuer_url

LOAD_SECONDS = 3

pytestmark = pytest.mark.timeout(120)


@dataclass
class Stack:
    """`sakark dev` in a folder of its own, which can be killed and started again."""

    folder: Path
    port: int
    program: Program | None = None
    token: str = ""
    stack: ExitStack = field(default_factory=ExitStack)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"

    def start(self) -> None:
        settings = {
            **{key: value for key, value in os.environ.items() if not key.startswith("SAKARK_")},
            "SAKARK_DATA_DIR": str(self.folder),
        }
        self.program = self.stack.enter_context(
            running("dev", settings, self.folder.parent / "log", self.port)
        )
        user = next(one for one in demo_users() if one.username == "arkivar@molde")
        self.token = issue_token(user, issuer_url(self.port), self.folder / "identity")

    def kill_api(self) -> None:
        assert self.program is not None
        self.program.process.send_signal(signal.SIGKILL)
        self.program.process.wait()

    def kill_postgres(self) -> None:
        server = embedded.running(self.postgres)
        assert server is not None
        os.kill(server.pid, signal.SIGKILL)

    def stop(self) -> None:
        self.stack.close()


@pytest.fixture
def stack() -> Iterator[Stack]:
    parent = Path(tempfile.mkdtemp(prefix="sakark-crash-"))
    parent.chmod(0o711)
    made = Stack(parent / "data", free_port())
    made.folder.mkdir()
    made.start()
    yield made
    made.stop()
    sys.stdout.write((parent / "log").read_text(encoding="utf-8")[-20_000:])  # shown on failure
    embedded.remove(made.postgres)
    shutil.rmtree(parent)


def test_a_killed_api_loses_nothing_it_has_answered(stack: Stack) -> None:
    load = Load(stack.url, stack.token)
    load.begin()
    time.sleep(LOAD_SECONDS)

    stack.kill_api()
    load.end()
    stack.start()

    assert_nothing_is_lost(load, look(Load(stack.url, stack.token)))
    assert 500 not in load.statuses
    assert 409 not in load.statuses


def test_a_killed_postgres_loses_nothing_that_was_answered(stack: Stack) -> None:
    load = Load(stack.url, stack.token)
    load.begin()
    time.sleep(LOAD_SECONDS)

    stack.kill_postgres()
    time.sleep(1)
    during = dict(load.statuses)
    load.end()
    stack.stop()
    stack.start()

    assert_nothing_is_lost(load, look(Load(stack.url, stack.token)))
    assert 503 in during
    assert 500 not in load.statuses


def test_the_api_goes_on_when_postgres_is_back(stack: Stack) -> None:
    load = Load(stack.url, stack.token)
    load.begin()
    time.sleep(LOAD_SECONDS / 2)
    stack.kill_postgres()
    time.sleep(0.5)

    embedded.start(stack.postgres)
    time.sleep(LOAD_SECONDS)
    before = len(load.checksums)
    time.sleep(1)
    load.end()

    assert len(load.checksums) > before
    assert_nothing_is_lost(load, look(Load(stack.url, stack.token)))
    assert 500 not in load.statuses
