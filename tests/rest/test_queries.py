"""The statements that read units: each table in each of them is bound to one kommune."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from sakark_api.db.reader import Statement
from sakark_api.errors import Invalid
from sakark_api.noark.attribute import BoundAttribute, SetBy
from sakark_api.noark.catalog import CATALOG
from sakark_api.noark.model import table_of
from sakark_api.noark.resource import Resource
from sakark_api.noark.structure import Relation
from sakark_api.noark.values import Kode
from sakark_api.rest.odata import parse_filter, parse_orderby
from sakark_api.rest.paging import parse_query
from sakark_api.rest.queries import Page, Queries

QUERIES = Queries(CATALOG)
RELATIONS = [
    (owner, relation) for owner in CATALOG.resources for relation in CATALOG.relations(owner)
]
SINGLE = [pair for pair in RELATIONS if not pair[1].many]
MANY = [pair for pair in RELATIONS if pair[1].many]
_FUNCTION = re.compile(r"\bFROM sakark_find_words\b")
_FROM = re.compile(r"\b(?:FROM|JOIN)\s+((?:\w+(?:\s+AS\s+\w+)?(?:,\s*)?)+)")


def name_of(value: Resource[Any] | Relation) -> str:
    return value.name if isinstance(value, Resource) else value.role


def tables_in(sql: str) -> Iterator[str]:
    """Name every table of a statement, by its alias where it has one.

    The function that finds words asks by itself which kommune the connection serves.
    """
    for listed in _FROM.findall(_FUNCTION.sub("", sql)):
        for one in re.split(r",\s*", listed):
            yield re.split(r"\s+AS\s+|\s+", one.strip())[-1 if " AS " in one else 0]


def unbound(statement: Statement) -> set[str]:
    """Name the tables whose rows are not bound to one kommune."""
    found = set(tables_in(statement.sql))
    assert found, statement.sql
    return {table for table in found if f"{table}.tenant_id = " not in statement.sql}


def everything(resource: Resource[Any], relation: Relation | None, owner: object) -> Page:
    """Ask for all at once: a search, a filter and an order."""
    query = parse_query("$filter=systemID ne null and not (systemID eq null)&$orderby=systemID")
    assert query.filter is not None
    assert owner is None or isinstance(owner, Resource)
    terms = 2 if "sok" in table_of(resource.model).c else 0
    return Page(resource, relation, owner, query.filter.tree, query.orders, terms)


@pytest.mark.parametrize("resource", CATALOG.resources, ids=name_of)
def test_unit_is_read_from_its_kommune(resource: Resource[Any]) -> None:
    statement = QUERIES.one(resource)

    assert unbound(statement) == set()
    asked = {name for name in statement.names if not name.startswith("reach_")}
    assert asked == {"tenant", "id"}


@pytest.mark.parametrize(("owner", "relation"), SINGLE, ids=name_of)
def test_related_unit_is_read_from_its_kommune(owner: Resource[Any], relation: Relation) -> None:
    statement = QUERIES.single(owner, relation)

    assert unbound(statement) == set()
    assert {"tenant", "id"} <= set(statement.names)


@pytest.mark.parametrize("resource", CATALOG.resources, ids=name_of)
def test_list_is_read_from_its_kommune(resource: Resource[Any]) -> None:
    plain, full = Page(resource), everything(resource, None, None)

    statements = [
        QUERIES.page(plain),
        QUERIES.count(plain),
        QUERIES.page(full),
        QUERIES.count(full),
    ]

    assert [unbound(one) for one in statements] == [set()] * 4


@pytest.mark.parametrize(("owner", "relation"), MANY, ids=name_of)
def test_related_list_is_read_from_its_kommune(owner: Resource[Any], relation: Relation) -> None:
    plain, full = (
        Page(relation.target, relation, owner),
        everything(relation.target, relation, owner),
    )

    statements = [
        QUERIES.page(plain),
        QUERIES.count(plain),
        QUERIES.page(full),
        QUERIES.count(full),
    ]

    assert [unbound(one) for one in statements] == [set()] * 4


def holds_more(attribute: BoundAttribute) -> bool:
    """Tell an attribute that is a value of several fields, a list or an object."""
    return attribute.is_value or attribute.many or attribute.python is dict


@pytest.mark.parametrize("resource", CATALOG.resources, ids=name_of)
def test_lists_have_an_order_that_is_the_same_every_time(resource: Resource[Any]) -> None:
    orders = (
        parse_orderby(f"{resource.attributes[-1].wire} desc")
        if not holds_more(resource.attributes[-1])
        else ()
    )

    statement = QUERIES.page(Page(resource, orders=orders))

    assert re.search(r"ORDER BY .*\bsystem_id( ASC| DESC|\s|$)", statement.sql)


@pytest.mark.parametrize("resource", CATALOG.resources, ids=name_of)
def test_every_plain_attribute_can_be_asked_for(resource: Resource[Any]) -> None:
    paths = [
        f"{one.wire}/kode" if one.python is Kode else one.wire
        for one in resource.attributes
        if one.python is Kode or not holds_more(one)
    ]
    found = parse_filter(" or ".join(f"{path} eq null" for path in paths))

    statement = QUERIES.page(Page(resource, tree=found.tree, orders=parse_orderby(",".join(paths))))

    assert unbound(statement) == set()


@pytest.mark.parametrize(
    "path",
    [
        "finnesIkke",
        "tenant_id",
        "tenantId",
        "version",
        "sok",
        "type",
        "tidssoner",
        "mappe_ref",
        "mappeRef",
        "system_id",
        "systemId",
        "Tittel",
        "tittel/kode",
        "saksstatus/kode/kode",
        "saksstatus/finnesIkke",
        "gradering/model_fields",
        "gradering/graderingskode/__class__",
        "__class__",
        "issuer",
        "lagringsnoekkel",
    ],
)
@pytest.mark.parametrize(
    "resource", [CATALOG.by_name["mappe"], CATALOG.by_name["bruker"]], ids=name_of
)
def test_what_is_no_attribute_cannot_be_asked_for(resource: Resource[Any], path: str) -> None:
    def ask() -> Statement:
        return QUERIES.page(Page(resource, tree=parse_filter(f"{path} eq null").tree))

    with pytest.raises(Invalid):
        ask()


def test_subtype_attributes_may_be_asked_for_on_the_general_list() -> None:
    tree = parse_filter("saksaar eq 2026 and saksstatus/kode eq 'B'").tree

    assert "saksaar" in QUERIES.page(Page(CATALOG.by_name["mappe"], tree=tree)).sql


@pytest.mark.parametrize(
    "written",
    ["tittel eq ''' or 1=1 --'", "tittel eq '''; DROP TABLE mappe; --'", "contains(tittel,'%_\\')"],
)
def test_values_never_stand_in_the_statement(written: str) -> None:
    found = parse_filter(written)
    resource = CATALOG.by_name["mappe"]

    statement = QUERIES.page(Page(resource, tree=found.tree))

    assert "DROP" not in statement.sql
    assert "1=1" not in statement.sql
    assert set(QUERIES.parameters(Page(resource, tree=found.tree), found)) <= set(statement.names)


@pytest.mark.parametrize("resource", CATALOG.roots, ids=name_of)
def test_same_question_is_compiled_once(resource: Resource[Any]) -> None:
    page = Page(resource)

    assert QUERIES.page(page) is QUERIES.page(Page(resource))


@pytest.mark.parametrize("resource", CATALOG.resources, ids=name_of)
def test_unit_is_read_with_all_its_attributes(resource: Resource[Any]) -> None:
    statement = QUERIES.one(resource)

    columns = table_of(resource.model).c
    named = {one.name: f".{columns[one.name].name}" for one in resource.attributes}
    missing = {name for name, column in named.items() if column not in statement.sql}

    assert missing == set()
    assert any(one.spec.set_by is SetBy.CORE for one in resource.attributes)
