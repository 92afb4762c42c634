"""Every path of the catalogue has a plan, and it is within one kommune."""

import asyncio
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from tests.conftest import Service

from sakark_api.db.reader import Statement
from sakark_api.noark.catalog import CATALOG
from sakark_api.noark.model import table_of
from sakark_api.noark.resource import Resource
from sakark_api.noark.structure import Relation
from sakark_api.rest.odata import parse_filter, parse_orderby
from sakark_api.rest.queries import Page, Queries

QUERIES = Queries(CATALOG)
NOBODY = UUID(int=0)
VALUES = {"tenant": 1, "id": NOBODY, "ids": [NOBODY], "top": 10, "skip": 0}
RELATIONS = [
    pytest.param(resource, relation, id=f"{resource.name}-{relation.role}")
    for resource in CATALOG.resources
    for relation in QUERIES.family(resource).relations.values()
]
_PARTITION = re.compile(r"_k(\d+)$")


@pytest.fixture(scope="module")
def plans(service: Service) -> Iterator["Plans"]:
    url = str(service.settings.database_url).replace("+asyncpg", "")
    with asyncio.Runner() as runner:
        connection = runner.run(_connected(url))
        try:
            yield Plans(runner, connection)
        finally:
            runner.run(connection.close())


async def _connected(url: str) -> asyncpg.Connection:
    """Connect as the first kommune; once, for a new connection reads all about the tables anew."""
    connection = await asyncpg.connect(url, server_settings={"role": "sakark_app"})
    await connection.execute("SELECT set_config('app.tenant_id', '1', false)")
    return connection


class Plans:
    def __init__(self, runner: asyncio.Runner, connection: asyncpg.Connection) -> None:
        self._runner = runner
        self._connection = connection

    def tables(self, statement: Statement) -> set[str]:
        """Name every table that a statement reads, as it is planned for the first kommune."""
        values = {"search": "x y z", "search0": "x", "search1": "y", "search2": "z", **VALUES}
        explained = f"EXPLAIN (FORMAT JSON) {statement.sql}"
        plan = self._runner.run(self._connection.fetchval(explained, *statement.arguments(values)))
        return set(_relations(json.loads(plan)))


def _relations(plan: Any) -> Iterator[str]:
    for value in plan if isinstance(plan, list) else plan.values():
        if isinstance(value, dict | list):
            yield from _relations(value)
    if isinstance(plan, dict) and "Relation Name" in plan:
        yield plan["Relation Name"]


def foreign(tables: Sequence[str] | set[str]) -> set[str]:
    """Name the partitions that are not the first kommune's."""
    assert tables
    found = {table: _PARTITION.search(table) for table in tables}
    return {table for table, match in found.items() if match and match[1] != "1"}


def asked(resource: Resource[Any], condition: str, order: str = "systemID") -> Page:
    return Page(resource, tree=parse_filter(condition).tree, orders=parse_orderby(order))


@pytest.mark.parametrize(("resource", "relation"), RELATIONS)
def test_every_relation_is_followed_within_a_kommune(
    plans: Plans, resource: Resource[Any], relation: Relation
) -> None:
    role = relation.role
    page = (
        asked(
            resource, f"{role}/any(x: x/systemID ne null) and not {role}/all(x: x/systemID eq null)"
        )
        if relation.many
        else asked(resource, f"{role}/systemID ne null or {role} eq null", f"{role}/systemID desc")
    )

    statements = [QUERIES.page(page), QUERIES.count(page), QUERIES.expanded(resource, relation)]

    assert [foreign(plans.tables(one)) for one in statements] == [set()] * 3
    assert "LIMIT" in statements[0].sql
    assert "LIMIT" in statements[2].sql
    assert relation.target.work in QUERIES.works(page)


@pytest.mark.parametrize(
    "resource",
    [one for one in CATALOG.resources if "sok" in table_of(one.model).c],
    ids=lambda one: one.name,
)
@pytest.mark.parametrize("rare", [True, False])
def test_every_search_is_within_a_kommune(
    plans: Plans, resource: Resource[Any], rare: bool
) -> None:
    page = Page(resource, terms=3, rare=rare)

    assert foreign(plans.tables(QUERIES.page(page))) == set()


@pytest.mark.parametrize("resource", CATALOG.resources, ids=lambda one: one.name)
def test_every_list_in_a_column_is_gone_through(plans: Plans, resource: Resource[Any]) -> None:
    lists = [one.wire for one in QUERIES.family(resource).attributes.values() if one.many]
    page = asked(resource, " or ".join([*(f"{one}/any()" for one in lists), "systemID ne null"]))

    assert foreign(plans.tables(QUERIES.page(page))) == set()
