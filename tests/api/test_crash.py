"""Killed in the middle of the work: what was answered is there, and nothing is half there."""

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.api.load import Load, Stack, assert_nothing_is_lost, look
from tests.conftest import free_port

from sakark_api.db import embedded

LOAD_SECONDS = 3

pytestmark = pytest.mark.timeout(120)


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
