"""Back-up of a cluster by PostgreSQL's own low-level means: archived WAL and a base back-up.

The programs that usually do this (pgBackRest, pg_basebackup) take the same steps; see "Continuous
Archiving and Point-in-Time Recovery" in PostgreSQL's manual, and docs/operations.md.
"""

import asyncio
import json
import os
import shutil
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import asyncpg

from sakark_api.db import embedded

__all__ = ["Archive", "as_superuser", "ask"]

T = TypeVar("T")

# Made anew by every start, or of the server that was copied (the manual, 25.3.4).
LEFT_OUT = (
    "pg_dynshmem",
    "pg_notify",
    "pg_replslot",
    "pg_serial",
    "pg_snapshots",
    "pg_stat_tmp",
    "pg_subtrans",
    "pg_wal",
)
LEFT_OUT_FILES = ("postmaster.pid", "postmaster.opts", "pg_internal.init*", "pgsql_tmp*")
ARCHIVE_SECONDS = 60


@dataclass(frozen=True)
class Archive:
    """A folder that outlives the cluster: its WAL, a base back-up and the roles' passwords."""

    folder: Path

    @property
    def wal(self) -> Path:
        return self.folder / "wal"

    @property
    def base(self) -> Path:
        return self.folder / "base"

    def begin(self, postgres: Path) -> None:
        """Let the cluster of `postgres`, which is made if need be, archive from its next start."""
        data = embedded.start(postgres).data
        embedded.stop(postgres)
        self.wal.mkdir(parents=True)
        _give_to_owner_of(data, self.wal)
        _configure(
            data,
            archive_mode="on",
            archive_command=f"test ! -f {self.wal}/%f && cp %p {self.wal}/%f",
        )

    def take_base(self, postgres: Path) -> None:
        """Copy the cluster while it is in use; what the copy lacks is in the archived WAL."""

        async def copy(connection: asyncpg.Connection) -> str:
            await connection.fetchval("select pg_backup_start('rehearsal', true)::text")
            await asyncio.to_thread(_copy_cluster, _data(postgres), self.base)
            return str(await connection.fetchval("select labelfile from pg_backup_stop(true)"))

        label = as_superuser(postgres, copy)
        (self.base / "backup_label").write_text(label)
        shutil.copy(postgres / "passwords.json", self.folder)

    def wait_for_the_rest(self, postgres: Path) -> None:
        """Close the segment being written, and wait until it is in the archive."""
        segment = ask(postgres, "select pg_walfile_name(pg_switch_wal())")
        deadline = time.monotonic() + ARCHIVE_SECONDS
        while not (self.wal / segment).exists():
            assert time.monotonic() < deadline, f"{segment} was not archived"
            time.sleep(0.05)
        # cp makes the file before it fills it.
        while ask(postgres, "select last_archived_wal from pg_stat_archiver") < segment:
            assert time.monotonic() < deadline, f"{segment} was not archived"
            time.sleep(0.05)

    def restore(self, postgres: Path, **target: str) -> None:
        """Put the base back-up in place; the next start recovers to `target`, or all there is."""
        postgres.mkdir(parents=True, mode=0o711)
        data = postgres / "cluster"
        shutil.copytree(self.base, data)
        for folder in LEFT_OUT:
            (data / folder).mkdir(mode=0o700)
        (data / "recovery.signal").touch()
        _configure(
            data,
            archive_mode="off",
            hot_standby="off",  # answer nobody before the target is reached
            restore_command=f"cp {self.wal}/%f %p",
            recovery_target_action="promote",
            **target,
        )
        data.chmod(0o700)
        _give_to_owner_of(self.wal, data)
        shutil.copy(self.folder / "passwords.json", postgres)


def as_superuser(postgres: Path, act: Callable[[asyncpg.Connection], Awaitable[T]]) -> T:
    """Do something on one connection to the service's database, as its superuser."""
    server = embedded.running(postgres)
    assert server is not None, "the database does not run"
    password = json.loads((postgres / "passwords.json").read_text())[embedded.SUPERUSER]
    host = server.owner_url.rpartition("@")[2]

    async def run() -> T:
        connection = await asyncpg.connect(f"postgresql://{embedded.SUPERUSER}:{password}@{host}")
        try:
            return await act(connection)
        finally:
            await connection.close()

    return asyncio.run(run())


def ask(postgres: Path, question: str) -> Any:
    """Give the one value that a query answers with."""

    async def fetch(connection: asyncpg.Connection) -> str | datetime | None:
        answer: str | datetime | None = await connection.fetchval(question)
        return answer

    return as_superuser(postgres, fetch)


def _data(postgres: Path) -> Path:
    server = embedded.running(postgres)
    assert server is not None, "the database does not run"
    return server.data


def _copy_cluster(data: Path, base: Path) -> None:
    top = shutil.ignore_patterns(*LEFT_OUT, *LEFT_OUT_FILES)
    below = shutil.ignore_patterns(*LEFT_OUT_FILES)

    def skip(folder: str, names: list[str]) -> set[str]:
        return top(folder, names) if Path(folder) == data else below(folder, names)

    shutil.copytree(data, base, ignore=skip, copy_function=_copy_if_there)


def _copy_if_there(source: str, target: str) -> str:
    """Copy a file; one that is dropped meanwhile is dropped again by the WAL."""
    try:
        return shutil.copy2(source, target)
    except FileNotFoundError:
        return target


def _configure(data: Path, **settings: str) -> None:
    with (data / "postgresql.conf").open("a") as file:
        file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())


def _give_to_owner_of(known: Path, path: Path) -> None:
    """As root, the server runs as another user: give it what it reads and writes."""
    if os.geteuid() != 0:
        return
    owner = known.stat()
    for one in (path, *path.rglob("*")):
        os.chown(one, owner.st_uid, owner.st_gid)
