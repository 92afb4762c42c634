"""A logical dump of the whole database, and its restore into an empty cluster with the roles."""

import asyncio
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from tests.operations.archiving import as_superuser
from tests.operations.rights import rights

from sakark_api.db import embedded
from sakark_api.dev.server import prepare
from sakark_api.settings import Settings

WANTED = ("postgres", "initdb", "pg_dump", "pg_restore")
TABLES = (
    "select oid::regclass::text from pg_class"
    " where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')"
)

# Server and pg_dump must be of one version; the wheel of the embedded server has no pg_dump.
programs = next(
    (
        folder
        for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
        if all((folder / program).exists() for program in WANTED)
    ),
    None,
)
pytestmark = pytest.mark.skipif(programs is None, reason="no PostgreSQL with pg_dump here")


@pytest.fixture(scope="module")
def parent() -> Iterator[Path]:
    """A folder of clusters, made by the PostgreSQL that also has pg_dump."""
    folder = Path(tempfile.mkdtemp(prefix="sakark-dump-"))
    folder.chmod(0o711)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(embedded, "_candidates", lambda _user: iter([programs]))
        yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def source(parent: Path) -> Iterator[Path]:
    """A cluster with the demo kommuner in it."""
    with embedded.embedded(parent / "source", durable=False) as server:
        settings = Settings(
            database_url=server.app_url,
            database_owner_url=server.owner_url,
            data_dir=parent / "data",
        )
        asyncio.run(prepare(settings, "http://127.0.0.1/identity"))
        yield parent / "source"


@pytest.fixture
def target(parent: Path) -> Iterator[Path]:
    """A new cluster, with the roles and an empty database."""
    with embedded.embedded(parent / "target", durable=False):
        yield parent / "target"


def run(program: str, postgres: Path, role: str, *options: str | Path) -> tuple[int, str]:
    """Run one of PostgreSQL's programs on the database as a role; give what it complained of."""
    assert programs is not None
    server = embedded.running(postgres)
    assert server is not None
    port = (postgres / "port").read_text()
    done = subprocess.run(
        [programs / program, "-h", "127.0.0.1", "-p", port, "-U", role, "-d", "sakark", *options],
        env={
            **os.environ,
            "PGPASSWORD": json.loads((postgres / "passwords.json").read_text())[role],
        },
        check=False,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stderr


def content(postgres: Path) -> dict[str, str | None]:
    """Give a sum of the rows of every table, partitions too."""

    async def fetch(connection: asyncpg.Connection) -> dict[str, str | None]:
        return {
            table: await connection.fetchval(
                f"select md5(string_agg(one::text, ' ' order by one::text)) from {table} one"
            )
            for (table,) in await connection.fetch(TABLES)
        }

    return as_superuser(postgres, fetch)


def test_a_dump_restores_everything_where_the_roles_are_made_first(
    source: Path, target: Path, parent: Path
) -> None:
    file = parent / "sakark.dump"

    dumped = run("pg_dump", source, "postgres", "--format=custom", "--file", file)
    restored = run("pg_restore", target, "postgres", "--exit-on-error", file)

    assert (dumped, restored) == ((0, ""), (0, ""))
    assert content(target) == content(source)
    assert content(source)["registrering"] is not None
    assert rights(target) == rights(source)


def test_a_dump_as_the_owner_is_refused_and_not_empty_in_silence(
    source: Path, parent: Path
) -> None:
    code, said = run("pg_dump", source, "sakark_owner", "--file", parent / "owner.dump")

    assert code != 0
    assert "row-level security" in said
