"""The operator's role in the database sees no content: tried at every table of the kommuner."""

import asyncpg
import pytest
from tests.drift.conftest import Sql

from sakark_api.tenancy.partitions import partitioned_tables, tenant_tables

TABLES = [table.name for table in tenant_tables()]
CONTENT = [name for name in TABLES if name not in ("kodeverdi", "bruk")]
WAYS = {
    "select": "select * from {0}",
    "count": "select count(*) from {0}",
    "exists": "select exists (select from {0})",
    "insert": "insert into {0} (tenant_id) values (1)",
    "update": "update {0} set tenant_id = tenant_id",
    "delete": "delete from {0}",
    "truncate": "truncate {0}",
    "copy": "copy {0} to stdout",
    "lock": "do $$ begin lock table {0} in access share mode; end $$",
    "partition": "create table mine partition of {0} for values in (99)",
    "index": "create index on {0} (tenant_id)",
    "refer": "create table mine (id int references {0})",
}


def test_there_are_tables_to_try(tenants: dict[str, int]) -> None:
    assert len(CONTENT) > 15
    assert len(tenants) >= 5


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("table", CONTENT)
def test_no_content_is_open_to_it(
    drift_role: Sql, tenants: dict[str, int], table: str, way: str
) -> None:
    with pytest.raises(asyncpg.PostgresError) as refused:
        drift_role.run(WAYS[way].format(table), tenant=tenants["molde"])

    assert refused.value.sqlstate == "42501"


@pytest.mark.parametrize("way", ["select", "insert", "update", "delete"])
@pytest.mark.parametrize("table", [table.name for table in partitioned_tables()])
def test_no_partition_is_open_to_it(
    drift_role: Sql, tenants: dict[str, int], table: str, way: str
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        drift_role.run(WAYS[way].format(f"{table}_k{tenants['molde']}"), tenant=tenants["molde"])


@pytest.mark.parametrize(
    "statement",
    [
        "select bruker_ref from bruk",
        "select * from bruk",
        "select count(distinct bruker_ref) from bruk",
        "select 1 from bruk where bruker_ref is not null",
        "insert into bruk (tenant_id, maaned, slag) values (1, '2026-01-01', 'person')",
        "update bruk set slag = 'system'",
        "delete from bruk",
        "update kodeverdi set kodenavn = 'x'",
        "delete from kodeverdi",
        "delete from kommune",
        "update kommune set id = id",
        "update kommune set slug = slug",
        "update kommune set sandkasse_for = id, utloeper = now()",
        "insert into kommune (id, slug) overriding system value values (7, 'x')",
        "truncate kommune",
        "update driftslogg set navn = 'x'",
        "delete from driftslogg",
        "truncate driftslogg",
        "insert into driftslogg (id) overriding system value values (1)",
        "select * from alembic_version",
        "create table mine (id int)",
        "set role sakark_app",
        "set role sakark_owner",
        "alter role sakark_drift bypassrls",
        "select pg_read_file('postgresql.conf')",
    ],
)
def test_it_may_not(drift_role: Sql, tenants: dict[str, int], statement: str) -> None:
    with pytest.raises(asyncpg.PostgresError) as refused:
        drift_role.run(statement, tenant=tenants["molde"])

    assert refused.value.sqlstate in ("42501", "23502", "28000")


def test_it_sees_the_codes_of_one_kommune_at_a_time(
    drift_role: Sql, tenants: dict[str, int]
) -> None:
    seen = drift_role.run("select distinct tenant_id from kodeverdi", tenant=tenants["rauma"])

    assert [row[0] for row in seen] == [tenants["rauma"]]
    assert drift_role.run("select * from kodeverdi") == []


def test_it_owns_nothing_is_nobody_and_passes_no_guard(drift_role: Sql) -> None:
    (role,) = drift_role.run(
        "select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication"
        " from pg_roles where rolname = current_user"
    )
    owned = drift_role.run(
        "select 1 from pg_class where relowner = current_user::regrole"
        " union all select 1 from pg_proc where proowner = current_user::regrole"
        " union all select 1 from pg_auth_members where member = current_user::regrole::oid"
    )

    assert not any(role.values())
    assert owned == []


@pytest.mark.parametrize("slug", ["molde", "rauma"])
def test_no_kommune_but_a_sandbox_can_be_thrown_away(
    drift_role: Sql, owner: Sql, tenants: dict[str, int], slug: str
) -> None:
    for role in (drift_role, owner):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="not a sandbox"):
            role.run("select sakark_throw_away($1::smallint)", tenants[slug])

    assert owner.run("select 1 from bruker limit 1", tenant=tenants[slug])


def test_partitions_are_not_made_for_a_kommune_there_is_not(drift_role: Sql) -> None:
    with pytest.raises(asyncpg.PostgresError, match="no kommune"):
        drift_role.run("select sakark_add_partitions(32000::smallint)")


def test_partitions_there_are_already_are_left_alone(
    drift_role: Sql, owner: Sql, tenants: dict[str, int]
) -> None:
    before = owner.run("select count(*) from pg_class where relispartition")

    drift_role.run("select sakark_add_partitions($1::smallint)", tenants["molde"])

    assert owner.run("select count(*) from pg_class where relispartition") == before


def test_the_owner_may_not_change_the_log_either(owner: Sql) -> None:
    for statement in ("update driftslogg set navn = 'x'", "delete from driftslogg"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            owner.run(statement)


def test_a_partition_is_as_its_table_is(owner: Sql, tenants: dict[str, int]) -> None:
    """Columns, checks and keys; rights stay on the tables, where they are asked for."""
    tables = [table.name for table in partitioned_tables()]

    odd = [
        table
        for table in tables
        if shape(owner, table) != shape(owner, f"{table}_k{tenants['molde']}")
    ]

    assert odd == []


def shape(owner: Sql, table: str) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]], int]:
    columns = owner.run(
        "select column_name::text, data_type::text, is_nullable::text, is_generated::text"
        " from information_schema.columns where table_name = $1 order by 1",
        table,
    )
    constraints = owner.run(
        "select contype::text, pg_get_constraintdef(oid) from pg_constraint"
        " where conrelid = $1::text::regclass and contype <> 'n'"
        # PostgreSQL's own notes, one for each partition of the table that is referred to.
        " and confrelid not in (select oid from pg_class where relispartition) order by 1, 2",
        table,
    )
    indexes = owner.run("select 1 from pg_index where indrelid = $1::text::regclass", table)
    return [tuple(row) for row in columns], [tuple(row) for row in constraints], len(indexes)
