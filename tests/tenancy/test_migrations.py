"""The schema up, down and up again, and the same as the models."""

import asyncio
import shutil
import threading
import time
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect
from tests.tenancy.conftest import Owner

from sakark_api.db import migrate
from sakark_api.db.embedded import EmbeddedServer
from sakark_api.db.schema import WANTED
from sakark_api.errors import Unavailable
from sakark_api.noark.model import Base
from sakark_api.tenancy.administration import add_kommune

SCRIPTS = ScriptDirectory.from_config(migrate._config(None))
REVISIONS = [revision.revision for revision in SCRIPTS.walk_revisions()][::-1]


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


def test_an_empty_database_has_no_version(empty: Owner) -> None:
    assert empty.connected(migrate.current) is None


def test_up_brings_every_table_of_the_models(empty: Owner) -> None:
    empty.connected(migrate.upgrade)

    assert empty.connected(tables) == {*Base.metadata.tables, "alembic_version"}
    assert empty.connected(migrate.current) == migrate.newest()


def test_down_leaves_nothing_and_up_again_is_the_same(empty: Owner) -> None:
    empty.connected(migrate.upgrade)
    before = schema_of(empty)

    empty.connected(lambda connection: migrate.downgrade(connection, "base"))
    between = empty.connected(tables)
    empty.connected(migrate.upgrade)

    assert between <= {"alembic_version"}
    assert schema_of(empty) == before


def test_down_works_with_kommuner_in_it(empty: Owner) -> None:
    empty.connected(migrate.upgrade)
    empty.in_session(
        lambda session: add_kommune(session, "molde", navn="Molde", kommunenummer="1506").id
    )

    empty.connected(lambda connection: migrate.downgrade(connection, "base"))

    assert empty.connected(tables) <= {"alembic_version"}


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_version_can_be_reached_and_left(empty: Owner, revision: str) -> None:
    empty.connected(lambda connection: migrate.upgrade(connection, revision))
    empty.connected(lambda connection: migrate.downgrade(connection, "-1"))
    empty.connected(lambda connection: migrate.upgrade(connection, revision))

    assert empty.connected(migrate.current) == revision


def schema_of(owner: Owner) -> list[tuple[Any, ...]]:
    """Describe tables, columns, constraints, indexes, policies and rights."""
    return [
        tuple(row)
        for row in owner.ask(
            "select 'column', table_name::text, column_name::text, data_type::text || is_nullable"
            " || coalesce(column_default, '') from information_schema.columns"
            " where table_schema = 'public'"
            " union all select 'constraint', conrelid::regclass::text, conname::text,"
            " pg_get_constraintdef(oid) from pg_constraint where connamespace ="
            " 'public'::regnamespace"
            " union all select 'index', tablename::text, indexname::text, indexdef from pg_indexes"
            " where schemaname = 'public'"
            " union all select 'policy', tablename::text, policyname::text, coalesce(qual, '') ||"
            " coalesce(with_check, '') from pg_policies where schemaname = 'public'"
            " union all select 'right', table_name::text, grantee::text, privilege_type::text"
            " from information_schema.role_table_grants where table_schema = 'public'"
            " order by 1, 2, 3, 4"
        )
    ]


def test_the_models_and_the_migrations_agree(owner: Owner) -> None:
    """As `alembic check` sees it, which raises when there is something to migrate."""
    owner.connected(lambda connection: command.check(migrate._config(connection)))


def test_they_agree_with_kommuner_in_it_too(owner: Owner) -> None:
    owner.in_session(
        lambda session: add_kommune(session, "molde", navn="Molde", kommunenummer="1506").id
    )

    owner.connected(lambda connection: command.check(migrate._config(connection)))


def test_the_program_wants_the_newest_version() -> None:
    assert migrate.newest() == WANTED


def test_there_is_one_newest_version() -> None:
    assert len(SCRIPTS.get_heads()) == 1


def test_versions_are_named_by_day_and_by_what_they_do() -> None:
    folder = Path(SCRIPTS.dir) / "versions"

    odd = [path.name for path in folder.glob("*.py") if not path.stem.startswith("20")]

    assert odd == []
    assert {path.stem for path in folder.glob("*.py")} == set(REVISIONS)


def test_up_works_when_the_application_role_is_there_already(
    empty: Owner, spare: EmbeddedServer
) -> None:
    assert spare.app_url == empty.app_url
    empty.connected(migrate.upgrade)

    assert empty.connected(migrate.current) == migrate.newest()


NEXT = """
revision = "next"
down_revision = "{newest}"

from alembic import op

def upgrade():
    op.execute("ALTER TABLE mappe ADD COLUMN noe_nytt text")

def downgrade():
    op.execute("ALTER TABLE mappe DROP COLUMN noe_nytt")
"""


@pytest.fixture
def following(owner: Owner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let there be one version more, which needs a table that everybody uses."""
    newest = owner.connected(migrate.current)
    shutil.copytree(SCRIPTS.dir, tmp_path / "migrations")
    script = tmp_path / "migrations" / "versions" / "next.py"
    script.write_text(NEXT.format(newest=newest))
    monkeypatch.setattr(migrate, "migrations_folder", lambda: tmp_path / "migrations")


@pytest.mark.usefixtures("following")
def test_an_upgrade_waits_for_who_works_and_makes_nobody_wait_long(owner: Owner) -> None:
    busy = threading.Event()
    waits: list[float] = []

    async def work() -> None:
        """Read in one long transaction, as a slow report would."""
        connection = await asyncpg.connect(owner.url)
        async with connection.transaction():
            await connection.fetch("select count(*) from mappe")
            busy.set()
            await asyncio.sleep(3)
        await connection.close()

    def others() -> None:
        """Ask for the table all the time."""
        while working.is_alive():
            begun = time.monotonic()
            owner.ask("select count(*) from mappe")
            waits.append(time.monotonic() - begun)

    working = threading.Thread(target=lambda: asyncio.run(work()))
    working.start()
    busy.wait()
    asking = threading.Thread(target=others)
    asking.start()
    begun = time.monotonic()
    owner.connected(migrate.upgrade)
    took = time.monotonic() - begun
    working.join()
    asking.join()

    assert owner.connected(migrate.current) == "next"
    assert took > 1
    assert len(waits) > 5
    assert max(waits) < 2  # one try of 0.8 seconds at a time, and then they come through


@pytest.mark.usefixtures("following")
def test_two_upgrades_at_once_are_one_after_the_other(owner: Owner) -> None:
    threads = [threading.Thread(target=lambda: owner.connected(migrate.upgrade)) for _ in range(3)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert owner.connected(migrate.current) == "next"
    assert owner.ask("select count(*) from pg_locks where locktype = 'advisory'")[0][0] == 0


@pytest.mark.usefixtures("following")
def test_an_upgrade_that_never_gets_the_table_says_so(
    owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "_PATIENCE_SECONDS", 1)
    before = owner.connected(migrate.current)

    async def hold() -> None:
        connection = await asyncpg.connect(owner.url)
        async with connection.transaction():
            await connection.execute("lock table mappe in access share mode")
            with pytest.raises(Unavailable, match="i bruk hele tiden"):
                await asyncio.to_thread(owner.connected, migrate.upgrade)
        await connection.close()

    asyncio.run(hold())

    assert owner.connected(migrate.current) == before
