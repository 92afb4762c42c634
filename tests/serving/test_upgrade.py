"""An upgrade rehearsed: the former program serves, the schema is brought on, the new one joins."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from tests.api.load import Load, assert_nothing_is_lost, look
from tests.conftest import free_port
from tests.serving.conftest import identity
from tests.tenancy.processes import Program, running

from sakark_api.db import embedded, migrate
from sakark_api.dev.identity import demo_users, issue_token

ROOT = Path(__file__).parents[2]
LOAD_SECONDS = 2.0

PREPARE = """
import asyncio, sys
from sakark_api.dev.server import prepare
from sakark_api.settings import Settings
asyncio.run(prepare(Settings(), sys.argv[1]))
"""
SERVE = "import sys; sys.argv = ['sakark', 'serve']; from sakark_api.cli import main; main()"

pytestmark = pytest.mark.timeout(180)


def git(*arguments: str) -> bytes:
    done = subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, check=False)
    return done.stdout


@pytest.fixture
def former(tmp_path: Path) -> Path:
    """The program as it was before the newest version of the schema, from the history."""
    newest = ScriptDirectory.from_config(migrate._config(None)).get_revision("head")
    assert newest is not None
    script = Path(newest.path).relative_to(ROOT).as_posix()
    added = git("log", "--diff-filter=A", "--format=%H", "--", script).split()
    archive = git("archive", f"{added[-1].decode()}^", "src", "migrations") if added else b""
    if not archive:
        pytest.skip("the history does not reach back to the version before the newest one")
    folder = tmp_path / "former"
    folder.mkdir()
    subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
    assert not (folder / script).exists()
    return folder


@contextmanager
def serving_former(folder: Path, environment: dict[str, str], log: Path) -> Iterator[Program]:
    """Let the former program serve, with its own source before ours."""
    port = free_port()
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE],
            env={**environment, "PYTHONPATH": str(folder / "src"), "PORT": str(port)},
            cwd=folder,
            stdout=output,
            stderr=output,
        )
    try:
        program = Program(process, port)
        program.wait_until_ready()
        yield program
    finally:
        process.terminate()
        process.wait(30)


def test_no_request_fails_while_the_service_is_upgraded(former: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o711)
    log = tmp_path / "log"
    server = embedded.start(tmp_path / "postgres")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SAKARK_")},
        "SAKARK_DATABASE_URL": server.app_url,
        "SAKARK_DATA_DIR": str(tmp_path),
    }
    owner = {**environment, "SAKARK_DATABASE_OWNER_URL": server.owner_url}
    try:
        with identity(tmp_path / "identity") as issuer:
            subprocess.run(
                [sys.executable, "-c", PREPARE, issuer],
                env={**owner, "PYTHONPATH": str(former / "src")},
                cwd=former,
                check=True,
            )
            user = next(one for one in demo_users() if one.username == "arkivar@molde")
            token = issue_token(user, issuer, tmp_path / "identity")
            with serving_former(former, environment, tmp_path / "former.log") as before:
                old = Load(before.url, token)
                old.begin()
                time.sleep(LOAD_SECONDS)

                upgraded = subprocess.run(
                    [sys.executable, "-m", "sakark_api", "db", "upgrade"],
                    env=owner,
                    capture_output=True,
                    text=True,
                    check=False,
                )
                with running("serve", environment, log) as after:
                    new = Load(after.url, token)
                    new.begin()
                    time.sleep(LOAD_SECONDS)
                    old.end()
                    time.sleep(LOAD_SECONDS)
                    new.end()
                    found = look(Load(after.url, token))
    finally:
        embedded.remove(tmp_path / "postgres")

    assert upgraded.returncode == 0, upgraded.stderr
    assert str(migrate.newest()) in upgraded.stdout
    assert set(old.statuses) == set(new.statuses) == {201}
    sys.stdout.write(f"former {dict(old.statuses)}, new {dict(new.statuses)}, none failed\n")
    both = Load(old.url, token, titles={**old.titles, **new.titles})
    both.checksums = {**old.checksums, **new.checksums}
    assert_nothing_is_lost(both, found)
