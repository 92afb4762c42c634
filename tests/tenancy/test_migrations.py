"""The schema up, down and up again, and the same as the models."""

from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect
from tests.tenancy.conftest import Owner

from sakark_api.db import migrate
from sakark_api.db.embedded import EmbeddedServer
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


def test_there_is_one_newest_version() -> None:
    assert len(SCRIPTS.get_heads()) == 1


def test_versions_are_named_by_day_and_by_what_they_do() -> None:
    folder = Path(SCRIPTS.dir) / "versions"

    odd = [path.name for path in folder.glob("*.py") if not path.stem.startswith("20")]

    assert odd == []
    assert {path.stem for path in folder.glob("*.py")} == set(REVISIONS)


def test_up_works_when_the_application_role_is_there_already(
    owner: Owner, spare: EmbeddedServer
) -> None:
    assert spare.app_url == owner.app_url
    owner.connected(migrate.upgrade)

    assert owner.connected(migrate.current) == migrate.newest()
