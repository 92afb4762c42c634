import gc
import tracemalloc
from contextlib import suppress
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rest.odata.sample import FIELDS, parameters, sql

from sakark_api.errors import Invalid, Unsupported
from sakark_api.noark.catalog import CATALOG
from sakark_api.rest.odata import (
    ordering,
    parse_expand,
    parse_filter,
    parse_orderby,
    parse_search,
    parse_select,
)
from sakark_api.rest.queries import Page, Queries

PIECES = [
    *("and", "or", "not", "eq", "ne", "in", "null", "true", "desc", "asc", "(", ")", ",", "'"),
    *("'x'", "1", "-1", "1.5", "2017-02-15", "2017-02-15T10:00:00Z", "+", "-", ":", "/", ".", "%"),
    *("contains(", "substring(", "year(", "/any(m:", "/all(m:", "Default.X", "\x00", "__class__"),
    *FIELDS.fields,
]
MAPPE = CATALOG.by_name["mappe"]
ROLES = ["mappe", "part", "klasse", "registrering", "undermappe", "noekkelord", "skjerming"]
UPWARD = ["overmappe", "overmappe/klasse", "overmappe/overmappe", "klasse", "arkivdel"]
PATHS = [*PIECES, *ROLES, *(f"{role}/any(x:" for role in ROLES), "x/navn", "klasse/", "/any()"]
QUESTIONS = [("a", 180), ("b", 190), ("c", 200)]
garbage = (
    st.text()
    | st.lists(st.sampled_from(PIECES)).map("".join)
    | st.lists(st.sampled_from(PIECES)).map(" ".join)
)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("a eq 1 or " * 2000 + "a eq 1", id="2000 ors"),
        pytest.param("a or " * 1500 + "a", id="1500 bare fields"),
        pytest.param(" or ".join(["a eq 1"] * 201), id="201 comparisons"),
        pytest.param(f"a in ({','.join(['1'] * 201)})", id="201 items"),
        pytest.param("(" * 50 + "a" + ")" * 50, id="50 parentheses"),
        pytest.param("(" * 7900, id="7900 parentheses"),
        pytest.param("not " * 1900 + "a", id="1900 nots"),
        pytest.param("trim(" * 16 + "a" + ")" * 16 + " eq 'x'", id="16 calls"),
        pytest.param(" or ".join(["contains(a, trim(a))"] * 101), id="202 calls"),
        pytest.param("concat(a, " * 11 + "a" + ")" * 11 + " eq 'x'", id="11 concats inside"),
        pytest.param(" or ".join(["concat(a, a) eq 'x'"] * 11), id="11 concats beside"),
        pytest.param("a/any(m:" * 31 + "a" + ")" * 31, id="31 lambdas"),
        pytest.param("a/any(m:" * 4 + "a" + ")" * 4, id="4 lambdas"),
        pytest.param("a/any(m:" * 980, id="980 lambdas"),
        pytest.param("a/all()", id="all of nothing"),
        pytest.param("/".join("a" * 13) + " eq 1", id="13 steps"),
        pytest.param("a/" * 1900 + "a eq 1", id="1901 steps"),
        pytest.param(" or ".join(["a/any()"] * 201), id="201 any"),
        pytest.param("a eq " + "9" * 7000, id="7000 digits"),
        pytest.param("'" * 7999, id="7999 apostrophes"),
        pytest.param("a:" * 3999, id="3999 colons"),
        pytest.param("a.a/" * 1999, id="1999 casts"),
        pytest.param("2017-02-15T10:00:00." + "1" * 7000, id="7000 fraction digits"),
        pytest.param("a" * 8001, id="too long"),
    ],
)
def test_abuse_is_refused_at_once(source: str) -> None:
    start = process_time()

    with pytest.raises(Invalid):
        parse_filter(source)

    assert process_time() - start < 0.1


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("overmappe/" * 5 + "tittel eq 'x'", id="5 relations"),
        pytest.param("Default.Mappe/" * 11 + "x eq 1", id="11 casts"),
        pytest.param("Default." + "X" * 7000 + "/tittel eq 'x'", id="long type"),
        pytest.param("a" * 7900 + " eq 'x'", id="long name"),
        pytest.param("a:" + "b" * 7900 + " eq 'x'", id="long name with prefix"),
        pytest.param(" or ".join(["part/any(p: p/navn eq 'x')"] * 13), id="13 lambdas beside"),
        pytest.param(" or ".join(["noekkelord/any(p: p eq 'x')"] * 90), id="90 lists"),
        pytest.param(
            "undermappe/any(a: a/undermappe/any(b: b/undermappe/any(c: "
            + " or ".join(f"{one}/{two}/tittel eq 'x'" for one in "abc" for two in UPWARD)
            + ")))",
            id="wide and deep",
        ),
        pytest.param("__class__ eq 1", id="python"),
        pytest.param("constructor eq 1", id="javascript"),
        pytest.param("tittel/__class__/__mro__ eq 1", id="python inside"),
        pytest.param("part/any(p: p/__dict__ eq 'x')", id="python in a list"),
        pytest.param("gradering/model_fields eq 'x'", id="pydantic"),
        pytest.param("x'; drop table mappe; -- eq 1", id="injection"),
        pytest.param('tittel" eq 1', id="quoted name"),
        pytest.param("tittel--x eq 1", id="comment in a name"),
        pytest.param("part:navn--x eq 1", id="comment in a prefixed name"),
        pytest.param("Default.Mappe--x/tittel eq 'x'", id="comment in a type"),
        pytest.param("tenant_id eq 2", id="another kommune"),
        pytest.param("part/any(p: p/tenantId eq 2)", id="another kommune in a list"),
        pytest.param("part/any(p: p/mappe_ref eq null)", id="a column that is no attribute"),
        pytest.param("part/navn eq 'x'", id="many as one"),
        pytest.param("tittel/any(t: t eq 'x')", id="one as many"),
        pytest.param("overmappe/any(t: t/tittel eq 'x')", id="one unit as many"),
        pytest.param("overmappe eq 'x'", id="a unit as a text"),
        pytest.param("overmappe eq skjerming", id="a unit as a value"),
        pytest.param("noekkelord/any(n: n/x eq 'x')", id="inside a text"),
        pytest.param("skjerming/skjermingMetadata/kode eq 'x'", id="many codes as one"),
        pytest.param("finnesIkke/any(x: true)", id="no such list"),
        pytest.param("x:y/any(x: true)", id="no such prefixed list"),
        pytest.param("Default.Mappe/any(x: true)", id="a type as a list"),
        pytest.param("Default.Part/navn eq 'x'", id="a type of another family"),
        pytest.param("Edm.String eq 'x'", id="a type of another namespace"),
    ],
)
def test_abuse_of_the_catalogue_is_refused_at_once(source: str) -> None:
    queries = Queries(CATALOG)
    queries.page(Page(MAPPE))
    start = process_time()

    with pytest.raises(Invalid):
        queries.page(Page(MAPPE, tree=parse_filter(source).tree))

    assert process_time() - start < 0.1


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(" or ".join(["aar eq 1"] * 200), id="200 comparisons"),
        pytest.param("(" * 30 + "utlaant" + ")" * 30, id="30 parentheses"),
        pytest.param("not " * 30 + "utlaant", id="30 nots"),
        pytest.param("not (" * 15 + "utlaant" + " or aar eq 1 and utlaant)" * 15, id="mixed"),
        pytest.param("trim(" * 15 + "tittel" + ")" * 15 + " eq 'x'", id="15 calls"),
        pytest.param(
            "substring('x',indexof('x'," * 7 + "tittel" + "))" * 7 + " eq 'x'", id="14 mixed calls"
        ),
    ],
)
def test_query_at_the_limit_becomes_sql(source: str) -> None:
    assert sql(source)


@given(garbage)
def test_garbage_in_filter_raises_our_errors_only(source: str) -> None:
    with suppress(Invalid, Unsupported):
        sql(source)
        parameters(source)


@given(garbage)
def test_garbage_in_orderby_raises_our_errors_only(source: str) -> None:
    with suppress(Invalid, Unsupported):
        ordering(parse_orderby(source), FIELDS)


@given(garbage)
def test_garbage_in_search_raises_our_errors_only(source: str) -> None:
    with suppress(Invalid):
        parse_search(source)


@given(
    st.lists(st.sampled_from(PATHS)).map(" ".join) | st.lists(st.sampled_from(PATHS)).map("".join)
)
def test_garbage_about_the_catalogue_raises_our_errors_only(source: str) -> None:
    with suppress(Invalid, Unsupported):
        Queries(CATALOG).page(Page(MAPPE, tree=parse_filter(source).tree))


def test_large_questions_leave_little_behind() -> None:
    queries = Queries(CATALOG)
    sources = [" and ".join([f"contains(tittel, '{one}')"] * count) for one, count in QUESTIONS]
    pages = [Page(MAPPE, tree=parse_filter(source).tree) for source in sources]
    tracemalloc.start()

    for page in pages:
        queries.works(page)
    gc.collect()

    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 100_000 * len(pages)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("/".join(["mappe"] * 1300), id="1300 steps"),
        pytest.param("/".join("a" * 3900), id="3900 short steps"),
        pytest.param("part($expand=" * 600, id="600 parentheses"),
        pytest.param("a/b/c($expand=a/b/c($expand=a/b/c($expand=a/b/c)))", id="12 levels"),
        pytest.param(",".join(f"a{number}" for number in range(1000)), id="1000 relations"),
    ],
)
def test_abuse_of_expand_is_refused_at_once(source: str) -> None:
    start = process_time()

    with pytest.raises(Invalid):
        parse_expand(source)

    assert process_time() - start < 0.1


@given(garbage | st.lists(st.sampled_from([*ROLES, *"(),;/= ", "$expand", "$top"])).map("".join))
def test_garbage_in_expand_and_select_raises_our_errors_only(source: str) -> None:
    with suppress(Invalid, Unsupported):
        parse_expand(source)
    with suppress(Invalid):
        parse_select(source)
