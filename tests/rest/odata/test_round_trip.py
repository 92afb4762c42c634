"""What is written from a tree is read back as the same tree."""

import dataclasses
from collections.abc import Iterator
from itertools import count

from hypothesis import given
from hypothesis import strategies as st
from tests.rest.odata.sample import written

from sakark_api.rest.odata import Filter, parse_filter
from sakark_api.rest.odata.parser import MAX_LAMBDAS
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

WRITTEN = {
    LiteralKind.STRING: "'d''Arc or ('",
    LiteralKind.NUMBER: "-17",
    LiteralKind.DECIMAL: "3.14",
    LiteralKind.DATETIME: "2017-02-15T10:00:00.1234567+01:00",
    LiteralKind.DATE: "2017-02-15",
    LiteralKind.BOOLEAN: "true",
    LiteralKind.UUID: "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
    LiteralKind.NULL: "null",
}
KINDS = list(LiteralKind)

steps = st.sampled_from(
    ["a", "andre", "notat", "inn", "eq", "any", "ppt-v1:skoleaar", "Default.Part", "år", "a0eebc99"]
)
paths = st.lists(steps, min_size=1, max_size=3).map(lambda found: Path(tuple(found)))
literals = st.sampled_from(KINDS).map(lambda kind: Literal(KINDS.index(kind), kind))


def calls(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Call]:
    return st.sampled_from(Function).flatmap(
        lambda function: st.sampled_from(function.arities).flatmap(
            lambda arity: st.builds(Call, st.just(function), st.tuples(*[inner] * arity))
        )
    )


expressions = st.recursive(paths | literals, calls, max_leaves=4)
fields = paths | calls(paths | literals)
leaves = (
    fields
    | st.builds(Comparison, fields, st.sampled_from(Operator), expressions)
    | st.builds(In, fields, st.lists(literals, min_size=1, max_size=3).map(tuple))
)


def combined(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    terms = st.lists(inner, min_size=2, max_size=4).map(tuple)
    return (
        st.builds(And, terms)
        | st.builds(Or, terms)
        | st.builds(Not, inner)
        | st.builds(AnyAll, paths, st.sampled_from(Quantifier), st.just("m"), inner)
        | st.builds(AnyAll, paths, st.just(Quantifier.ANY), st.just(""), st.none())
    )


def numbered(node: object, indexes: Iterator[int]) -> object:
    """Number the literals of a tree in the order they are written."""
    if isinstance(node, Literal):
        return Literal(next(indexes), node.kind)
    if isinstance(node, tuple):
        return tuple(numbered(each, indexes) for each in node)
    if not dataclasses.is_dataclass(node) or isinstance(node, type):
        return node
    values = (getattr(node, field.name) for field in dataclasses.fields(node))
    return type(node)(*(numbered(value, indexes) for value in values))


def lambdas_in(node: object) -> int:
    """Count the lambdas that stand inside each other in a tree, at most."""
    if isinstance(node, tuple):
        return max(map(lambdas_in, node), default=0)
    if not dataclasses.is_dataclass(node):
        return 0
    inside = max(lambdas_in(getattr(node, field.name)) for field in dataclasses.fields(node))
    return inside + isinstance(node, AnyAll)


trees = st.recursive(leaves, combined, max_leaves=10).filter(
    lambda tree: lambdas_in(tree) <= MAX_LAMBDAS
)


@given(trees)
def test_written_tree_is_read_back(tree: Node) -> None:
    source = written(tree, list(WRITTEN.values()))

    assert parse_filter(source).tree == numbered(tree, count())


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"])))
def test_any_readable_text_is_read_back(value: str) -> None:
    quoted = value.replace("'", "''")

    assert parse_filter(f"a eq '{quoted}'") == Filter(
        Comparison(Path(("a",)), Operator.EQ, Literal(0, LiteralKind.STRING)), (value,)
    )
