"""What the database finds for a filter is what the filter says, evaluated in plain Python."""

import asyncio
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from tests.rest.library import CATALOG, TENANTS, VALUES, WORDS, Library, Shelf, Unit

from sakark_api.db.embedded import EmbeddedServer
from sakark_api.errors import Invalid
from sakark_api.rest.odata import FieldKind, Filter, parse_filter
from sakark_api.rest.odata.tree import (
    And,
    AnyAll,
    Call,
    Comparison,
    Expression,
    Function,
    In,
    Literal,
    LiteralKind,
    Node,
    Not,
    Operator,
    Or,
    Path,
    Quantifier,
)
from sakark_api.rest.queries import Page, Queries
from sakark_api.tenancy.session import owner_engine

QUERIES = Queries(CATALOG)
SHELVES = {tenant: Shelf(tenant) for tenant in TENANTS}
BOK = CATALOG.by_name["bok"]

Prefixed = tuple[tuple[str, FieldKind], ...]
Find = Callable[[int, Filter, Prefixed], set[UUID]]


@pytest.fixture(scope="module")
def find(request: pytest.FixtureRequest) -> Iterator[Find]:
    """Ask a database that holds the shelves, in a transaction that never ends well."""
    database: EmbeddedServer = request.getfixturevalue("database")
    engine = owner_engine(database.owner_url)
    with asyncio.Runner() as runner:
        connection = runner.run(_filled(engine.connect()))
        yield lambda *asked: runner.run(_found(connection, *asked))
        runner.run(connection.close())
        runner.run(engine.dispose())


async def _filled(connecting: Any) -> AsyncConnection:
    connection: AsyncConnection = await connecting
    await connection.run_sync(Library.metadata.create_all)
    for shelf in SHELVES.values():
        for table, rows in shelf.rows.items():
            await connection.execute(insert(table), rows)
    return connection


async def _found(
    connection: AsyncConnection, tenant: int, filter_: Filter, prefixed: Prefixed
) -> set[UUID]:
    page = Page(BOK, tree=filter_.tree, prefixed=prefixed)
    statement = QUERIES.page(page)
    values = {"tenant": tenant, "top": 100, "skip": 0, **QUERIES.parameters(page, filter_)}
    raw: Any = (await connection.get_raw_connection()).driver_connection
    rows = await raw.fetch(statement.sql, *statement.arguments(values))
    assert all(row[4] == len(rows) for row in rows)
    return {row["system_id"] for row in rows}


TEXTS = {"navn"}
ONE: Mapping[str, Mapping[str, str]] = {
    "bok": {"forlag": "forlag", "omslag": "omslag"},
    "forlag": {"eier": "forlag"},
    "kapittel": {"bok": "bok"},
}
MANY: Mapping[str, Mapping[str, str]] = {
    "bok": {"kapittel": "kapittel", "emne": "emne", "ord": "ord", "koder": "kode"},
    "forlag": {"bok": "bok", "datter": "forlag"},
    "emne": {"bok": "bok"},
    "omslag": {"bok": "bok"},
}
STRINGS = {"bok": ["navn", "kode/kode", "Default.Roman/navn"], "kode": ["kode"], "ord": [""]}
NUMBERS = {"bok": ["tall", "bind", "Default.Roman/bind"], "kode": [], "ord": []}

Scopes = tuple[tuple[str, str], ...]
"""What paths may start with, and what is there: the row itself and the variables of lambdas."""


@st.composite
def places(draw: st.DrawFn, scopes: Scopes) -> tuple[str, str]:
    """Give a way to a unit or a member, and what kind it is."""
    start, kind = draw(st.sampled_from(scopes))
    steps = [start] if start else []
    while (ways := ONE.get(kind)) and len(steps) < 3 and draw(st.booleans()):
        role = draw(st.sampled_from(sorted(ways)))
        steps, kind = [*steps, role], ways[role]
    return "/".join(steps), kind


@st.composite
def fields(draw: st.DrawFn, scopes: Scopes, of: Mapping[str, list[str]], usual: str) -> str:
    place, kind = draw(places(scopes))
    names = of.get(kind, [usual])
    if not names:
        return usual
    return "/".join(step for step in (place, draw(st.sampled_from(names))) if step)


@st.composite
def leaves(draw: st.DrawFn, scopes: Scopes) -> str:
    text, number = fields(scopes, STRINGS, "navn"), fields(scopes, NUMBERS, "tall")
    word = st.sampled_from([f"'{one}'" for one in WORDS])
    figure = st.sampled_from(["0", "1", "2"])
    equal = st.sampled_from(["eq", "ne"])
    compared = st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge"])
    tested = st.sampled_from(["contains", "startswith", "endswith"])
    shapes = [
        st.tuples(text, equal, word | st.just("null") | text).map(" ".join),
        st.tuples(number, compared, figure | st.just("null") | number).map(" ".join),
        st.tuples(tested, text, word | text).map(lambda found: "{}({},{})".format(*found)),
        st.tuples(text, word).map(lambda found: "{} in ({},null,'x')".format(*found)),
        st.tuples(number, figure).map(lambda found: "{} in ({},1)".format(*found)),
        text.map(lambda found: f"length(concat({found},'x')) gt 2"),
        st.sampled_from(["forlag eq null", "omslag ne null", "kode eq null"]),
    ]
    return draw(st.one_of(shapes))


@st.composite
def lambdas(draw: st.DrawFn, scopes: Scopes, inside: int) -> str:
    place, kind = draw(places(scopes))
    lists = MANY.get(kind)
    if not lists:
        return draw(leaves(scopes))
    role = draw(st.sampled_from(sorted(lists)))
    way, variable = "/".join(step for step in (place, role) if step), "xyz"[inside]
    if draw(st.integers(0, 5)) == 0:
        return f"{way}/any()"
    body = draw(conditions((*scopes, (variable, lists[role])), inside + 1))
    return f"{way}/{draw(st.sampled_from(['any', 'all']))}({variable}: {body})"


@st.composite
def conditions(draw: st.DrawFn, scopes: Scopes, inside: int = 0) -> str:
    terms = [leaves(scopes)]
    if inside < 3:
        terms += [lambdas(scopes, inside)] * 2
    one = st.one_of(terms)
    shape = draw(st.sampled_from(["{}", "{}", "not ({})", "{} and {}", "{} or not ({})"]))
    return shape.format(*(draw(one) for _ in range(shape.count("{}"))))


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(source=conditions((("", "bok"),)), tenant=st.sampled_from(TENANTS))
def test_what_is_found_is_what_the_filter_says(find: Find, source: str, tenant: int) -> None:
    filter_ = parse_filter(source)
    try:
        found = find(tenant, filter_, ())
    except Invalid:  # too many relations in all
        reject()

    books = SHELVES[tenant].books
    assert found == {book["systemID"] for book in books if Reading(filter_, book).holds()}


MOMENTS = {"2024-02-29+01:00", "2024-01-31T10:00:00.1234567Z", "2024-01-31T24:00:00Z"}


@pytest.mark.parametrize(
    ("kind", "condition", "is_held"),
    [
        (FieldKind.STRING, "ne null", lambda value: isinstance(value, str)),
        (FieldKind.STRING, "eq '1'", lambda value: value == "1"),
        (FieldKind.INTEGER, "ne null", lambda value: type(value) in (int, float)),
        (FieldKind.INTEGER, "eq 1", lambda value: type(value) is int and value == 1),
        (FieldKind.DECIMAL, "gt 1.25", lambda value: value in (1.5, 10**40)),
        (FieldKind.BOOLEAN, "eq true", lambda value: value is True),
        (FieldKind.BOOLEAN, "ne null", lambda value: isinstance(value, bool)),
        (FieldKind.DATETIME, "ne null", lambda value: isinstance(value, str) and value in MOMENTS),
        (FieldKind.DATETIME, "lt 2024-02-01T00:00:00Z", lambda value: value in sorted(MOMENTS)[:1]),
        (FieldKind.DATETIME, "lt 2024-02-02", lambda value: value in sorted(MOMENTS)[:2]),
    ],
)
def test_field_of_the_kommunes_own_is_read_as_it_is_defined(
    find: Find, kind: FieldKind, condition: str, is_held: Callable[[Any], bool]
) -> None:
    field = "lib-v1:verdi"
    asked = [
        f"{field} {condition}",
        f"forlag eq null and {field} {condition} or forlag ne null and {field} {condition}",
        f"virksomhetsspesifikkeMetadata/{field} {condition}",
    ]

    found = [
        [find(tenant, parse_filter(one), ((field, kind),)) for tenant in TENANTS] for one in asked
    ]

    wanted = [held(tenant, is_held) for tenant in TENANTS]
    assert found == [wanted] * 3


def held(tenant: int, is_held: Callable[[Any], bool]) -> set[UUID]:
    """Give the books of a shelf with such a value."""
    books = zip(SHELVES[tenant].books, VALUES[tenant - 1 :: len(TENANTS)], strict=False)
    return {book["systemID"] for book, value in books if is_held(value)}


def test_field_of_the_kommunes_own_is_asked_for_in_functions_and_lambdas(find: Find) -> None:
    field = "lib-v1:verdi"
    asked = f"forlag/bok/any(b: contains({field},'1') and b/{field} ne null)"

    found = find(1, parse_filter(asked), ((field, FieldKind.STRING),))

    assert found <= held(1, lambda value: isinstance(value, str) and "1" in value)


@pytest.mark.parametrize("path", ["lib-v1:annet", "forlag/lib-v1:verdi", "lib-v1:verdi/kode"])
def test_field_that_the_kommune_has_not_defined_is_refused(path: str) -> None:
    tree = parse_filter(f"{path} eq 'x'").tree

    with pytest.raises(Invalid, match="er ikke definert"):
        QUERIES.page(Page(BOK, tree=tree, prefixed=(("lib-v1:verdi", FieldKind.STRING),)))


class NoSuchKind(Exception):
    """A cast to what the unit is not."""


class Reading:
    """A filter, read as what it says of one unit."""

    def __init__(self, filter_: Filter, unit: Unit) -> None:
        self._filter = filter_
        self._scopes: dict[str, Any] = {}
        self._unit = unit

    def holds(self) -> bool:
        return self._true(self._filter.tree)

    def _true(self, node: Node) -> bool:
        match node:
            case And(terms):
                return all(self._true(term) for term in terms)
            case Or(terms):
                return any(self._true(term) for term in terms)
            case Not(term):
                return not self._true(term)
            case AnyAll():
                return self._any_all(node)
            case _:
                try:
                    return self._leaf(node) is True
                except NoSuchKind:
                    return False

    def _any_all(self, node: AnyAll) -> bool:
        members = self._value(node.path) or []
        if node.body is None:
            return bool(members)
        outer, held = self._scopes, []
        for member in members:
            self._scopes = {**outer, node.variable: member}
            held.append(self._true(node.body))
        self._scopes = outer
        return any(held) if node.quantifier is Quantifier.ANY else all(held)

    def _leaf(self, node: Node) -> bool | None:
        if isinstance(node, In):
            left = self._value(node.left)
            return left in [self._value(item) for item in node.items]
        if not isinstance(node, Comparison):
            return bool(self._value(node))  # type: ignore[arg-type]  # a call
        left, right = self._value(node.left), self._value(node.right)
        if node.operator is Operator.EQ:
            return bool(left == right)
        if node.operator is Operator.NE:
            return bool(left != right)
        if left is None or right is None:
            return None
        return bool(_COMPARISONS[node.operator](left, right))

    def _value(self, node: Expression) -> Any:
        match node:
            case Literal(index, kind):
                return None if kind is LiteralKind.NULL else self._filter.values[index]
            case Path(steps):
                return self._along(steps)
            case Call(function, arguments):
                values = [self._value(each) for each in arguments]
                return None if None in values else _CALLS[function](*values)

    def _along(self, steps: tuple[str, ...]) -> Any:
        if steps[0] in self._scopes:
            here, steps = self._scopes[steps[0]], steps[1:]
        else:
            here = self._unit
        for step in steps:
            if step == "Default.Roman":
                if here is None or here["type"] != "roman":
                    raise NoSuchKind
            else:
                here = None if here is None else here.get(step)
        return here


_COMPARISONS: Mapping[Operator, Callable[[Any, Any], Any]] = {
    Operator.LT: operator.lt,
    Operator.LE: operator.le,
    Operator.GT: operator.gt,
    Operator.GE: operator.ge,
}
_CALLS: Mapping[Function, Callable[..., Any]] = {
    Function.CONTAINS: lambda whole, part: part in whole,
    Function.STARTSWITH: str.startswith,
    Function.ENDSWITH: str.endswith,
    Function.CONCAT: lambda first, second: first + second,
    Function.LENGTH: len,
}
