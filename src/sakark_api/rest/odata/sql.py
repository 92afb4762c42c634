"""Turns trees into SQL: the text depends on the tree alone, the values are bound later."""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from sakark_api.errors import Invalid, Unsupported
from sakark_api.rest.odata.field import BINDINGS, Converter, Field, FieldKind, Sql
from sakark_api.rest.odata.function import SIGNATURES
from sakark_api.rest.odata.lexer import SHOWN
from sakark_api.rest.odata.tree import (
    And,
    AnyAll,
    Call,
    Comparison,
    Expression,
    In,
    Literal,
    LiteralKind,
    Node,
    Not,
    Operator,
    Or,
    Order,
    Path,
)
from sakark_api.texts import text

Condition = sa.ColumnElement[bool]
Resolve = Callable[[tuple[str, ...]], Field]


@dataclass(frozen=True, eq=False)
class Compiled:
    """A predicate that serves every filter with the same tree, and how to bind their values."""

    predicate: Condition
    converters: Mapping[int, Converter]

    def parameters(self, values: Sequence[object]) -> dict[str, object]:
        """Give the values of such a filter as parameters; raises Invalid for a malformed UUID."""
        return {_name(index): convert(values[index]) for index, convert in self.converters.items()}


def compile_filter(tree: Node, resolve: Resolve) -> Compiled:
    """Give the predicate of a filter, for use in WHERE: it may be NULL where OData says false.

    `resolve` finds the field of a path and raises Invalid for one that does not exist. Raises
    Invalid when kinds do not fit, and Unsupported for any, all, casts and lists of texts.
    """
    compiler = _Compiler(resolve)
    return Compiled(compiler.predicate(tree), compiler.converters)


def ordering(orders: Iterable[Order], resolve: Resolve) -> list[sa.UnaryExpression[Any]]:
    """Give what to order by; as OData has it, null comes before every value."""
    compiler = _Compiler(resolve)
    return [_ordered(compiler.field(order.path).expression, order) for order in orders]


class _Compiler:
    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self.converters: dict[int, Converter] = {}

    def predicate(self, node: Node) -> Condition:
        match node:
            case Or(terms):
                return sa.or_(*map(self.predicate, terms))
            case And(terms):
                return sa.and_(*map(self.predicate, terms))
            case Not(term):
                return self.predicate(term).is_not(sa.true())  # null counts as false
            case Comparison():
                return self._comparison(node)
            case In():
                return self._among(node)
            case AnyAll(path, quantifier):
                raise _unsupported(f"{path}/{quantifier.value}")
            case _:
                return self._condition(node)

    def field(self, node: Path | Call) -> Field:
        if isinstance(node, Call):
            signature = SIGNATURES[node.function]
            pairs = zip(node.arguments, signature.takes, strict=False)
            arguments = [self._value(argument, kind, str(node)) for argument, kind in pairs]
            return Field(signature.build(*arguments), signature.gives)
        if node.cast:
            raise _unsupported(node.cast)
        field = self._resolve(node.steps)
        if field.kind is FieldKind.STRINGS:
            raise _unsupported(str(node))
        return field

    def _condition(self, node: Expression) -> Condition:
        if isinstance(node, Literal):
            return self._bound(node, FieldKind.BOOLEAN, "$filter")
        field = self.field(node)
        if field.kind is not FieldKind.BOOLEAN:
            raise Invalid(
                text("«{field}» må sammenlignes med en verdi, som {field} eq …", field=str(node))
            )
        return field.expression

    def _comparison(self, node: Comparison) -> Condition:
        field = self.field(node.left)
        if isinstance(node.right, Literal) and node.right.kind is LiteralKind.NULL:
            return _compared_with_null(field.expression, node.operator)
        value = self._value(node.right, field.kind, str(node.left))
        if node.operator is Operator.EQ and not isinstance(node.right, Literal):
            return field.expression.is_not_distinct_from(value)
        return _OPERATIONS[node.operator](field.expression, value)

    def _among(self, node: In) -> Condition:
        field = self.field(node.left)
        literals = [item for item in node.items if item.kind is not LiteralKind.NULL]
        values = [self._bound(literal, field.kind, str(node.left)) for literal in literals]
        conditions = [field.expression.in_(values)] if values else []
        if len(literals) < len(node.items):
            conditions.append(field.expression.is_(None))
        return sa.or_(*conditions)

    def _value(self, node: Expression, kind: FieldKind, subject: str) -> Sql:
        if isinstance(node, Literal):
            return self._bound(node, kind, subject)
        field = self.field(node)
        if not kind.accepts(field.kind):
            raise _misfit(subject, kind)
        return field.expression

    def _bound(self, literal: Literal, kind: FieldKind, subject: str) -> sa.BindParameter[Any]:
        if (kind, literal.kind) not in BINDINGS:
            raise _misfit(subject, kind)
        type_, self.converters[literal.index] = BINDINGS[kind, literal.kind]
        return sa.bindparam(_name(literal.index), type_=type_)


def _ordered(expression: Sql, order: Order) -> sa.UnaryExpression[Any]:
    ordered = expression.desc() if order.descending else expression.asc()
    if not getattr(expression, "nullable", True):
        return ordered  # without a place for null, a plain index serves
    return ordered.nulls_last() if order.descending else ordered.nulls_first()


def _compared_with_null(expression: Sql, operator: Operator) -> Condition:
    if operator is Operator.EQ:
        return expression.is_(None)
    if operator is Operator.NE:
        return expression.is_not(None)
    return sa.false()


def _name(index: int) -> str:
    return f"p{index}"


def _unsupported(construct: str) -> Unsupported:
    return Unsupported(
        text("Spørringer med {construct} støttes ikke ennå.", construct=construct[:SHOWN])
    )


def _misfit(subject: str, kind: FieldKind) -> Invalid:
    return Invalid(
        text("«{subject}» krever {kind}. Rett spørringen.", subject=subject, kind=kind.value)
    )


_OPERATIONS: Mapping[Operator, Callable[[Sql, Sql], Condition]] = {
    Operator.EQ: operator.eq,
    Operator.NE: sa.ColumnElement.is_distinct_from,
    Operator.GT: operator.gt,
    Operator.GE: operator.ge,
    Operator.LT: operator.lt,
    Operator.LE: operator.le,
}
