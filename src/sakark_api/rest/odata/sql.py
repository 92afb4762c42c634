"""Turns trees into SQL: the text depends on the tree alone, the values are bound later."""

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from sakark_api.errors import Invalid
from sakark_api.rest.odata.field import (
    BINDINGS,
    Condition,
    Converter,
    Field,
    FieldKind,
    Scope,
    Sql,
)
from sakark_api.rest.odata.function import SIGNATURES
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
    Quantifier,
)
from sakark_api.texts import text


@dataclass(frozen=True, eq=False)
class Compiled:
    """A predicate that serves every filter with the same tree, and how to bind their values."""

    predicate: Condition
    binding: "Binding"


@dataclass(frozen=True)
class Binding:
    """How the values of a filter are bound; kept for long, as the predicate is too large to be."""

    converters: Mapping[int, Converter]

    def parameters(self, values: Sequence[object]) -> dict[str, object]:
        """Give the values of such a filter as parameters; raises Invalid for a malformed UUID."""
        return {_name(index): convert(values[index]) for index, convert in self.converters.items()}


def compile_filter(tree: Node, scope: Scope) -> Compiled:
    """Give the predicate of a filter, for use in WHERE: it may be NULL where OData says false.

    `scope` finds what paths mean. Raises Invalid when kinds do not fit.
    """
    compiler = _Compiler(scope)
    return Compiled(compiler.predicate(tree), Binding(compiler.converters))


def ordering(orders: Iterable[Order], scope: Scope) -> list[sa.UnaryExpression[Any]]:
    """Give what to order by; as OData has it, null comes before every value."""
    compiler = _Compiler(scope)
    return [_ordered(compiler.field(order.path), order) for order in orders]


class _Compiler:
    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._variables: dict[str, Scope] = {}
        self.converters: dict[int, Converter] = {}

    def predicate(self, node: Node) -> Condition:  # noqa: PLR0911  one for each kind
        match node:
            case Or(terms):
                return sa.or_(*map(self.predicate, terms))
            case And(terms):
                return sa.and_(*map(self.predicate, terms))
            case Not(term):
                return _negated(self.predicate(term))
            case Comparison():
                return self._comparison(node)
            case In():
                return self._among(node)
            case AnyAll():
                return self._any_all(node)
            case _:
                return self._condition(node)

    def field(self, node: Path | Call) -> Field:
        if isinstance(node, Call):
            signature = SIGNATURES[node.function]
            pairs = zip(node.arguments, signature.takes, strict=False)
            arguments = [self._value(argument, kind, str(node)) for argument, kind in pairs]
            only = tuple(condition for each in arguments for condition in each.only)
            built = signature.build(*(each.expression for each in arguments))
            return Field(built, signature.gives, only)
        scope, steps = self._from(node)
        field = scope.field(steps)
        if field.kind is FieldKind.LIST:
            raise _misfit(str(node), field.kind)
        return field

    def _from(self, path: Path) -> tuple[Scope, tuple[str, ...]]:
        """Tell where a path starts: at the variable of a lambda, or at the row asked for."""
        first, *rest = path.steps
        if first in self._variables:
            return self._variables[first], tuple(rest)
        return self._scope, path.steps

    def _any_all(self, node: AnyAll) -> Condition:
        scope, steps = self._from(node.path)
        members = scope.members(steps)
        body = None
        if node.body is not None:
            with self._variable(node.variable, members.scope):
                body = self.predicate(node.body)
        if node.quantifier is Quantifier.ANY or body is None:
            return _where(members.only, members.exist(body))
        return _where(members.only, sa.not_(members.exist(_negated(body))))

    @contextmanager
    def _variable(self, name: str, scope: Scope) -> Iterator[None]:
        outer = self._variables
        self._variables = {**outer, name: scope}
        yield
        self._variables = outer

    def _condition(self, node: Expression) -> Condition:
        if isinstance(node, Literal):
            return self._bound(node, FieldKind.BOOLEAN, "$filter")
        field = self.field(node)
        if field.kind is not FieldKind.BOOLEAN:
            raise Invalid(
                text("«{field}» må sammenlignes med en verdi, som {field} eq …", field=str(node))
            )
        return _where(field.only, field.expression)

    def _comparison(self, node: Comparison) -> Condition:
        field = self.field(node.left)
        if isinstance(node.right, Literal) and node.right.kind is LiteralKind.NULL:
            return _where(field.only, _compared_with_null(field.expression, node.operator))
        value = self._value(node.right, field.kind, str(node.left))
        if node.operator is Operator.EQ and not isinstance(node.right, Literal):
            compared = field.expression.is_not_distinct_from(value.expression)
        else:
            compared = _OPERATIONS[node.operator](field.expression, value.expression)
        return _where((*field.only, *value.only), compared)

    def _among(self, node: In) -> Condition:
        field = self.field(node.left)
        literals = [item for item in node.items if item.kind is not LiteralKind.NULL]
        values = [self._bound(literal, field.kind, str(node.left)) for literal in literals]
        conditions = [field.expression.in_(values)] if values else []
        if len(literals) < len(node.items):
            conditions.append(field.expression.is_(None))
        return _where(field.only, sa.or_(*conditions))

    def _value(self, node: Expression, kind: FieldKind, subject: str) -> Field:
        if isinstance(node, Literal):
            return Field(self._bound(node, kind, subject), kind)
        field = self.field(node)
        if not kind.accepts(field.kind):
            raise _misfit(subject, kind)
        return field

    def _bound(self, literal: Literal, kind: FieldKind, subject: str) -> sa.BindParameter[Any]:
        if (kind, literal.kind) not in BINDINGS:
            raise _misfit(subject, kind)
        type_, self.converters[literal.index] = BINDINGS[kind, literal.kind]
        return sa.bindparam(_name(literal.index), type_=type_)


def _negated(condition: Condition) -> Condition:
    """Say that a condition does not hold; null counts as false. EXISTS is never null."""
    return sa.not_(condition) if isinstance(condition, sa.Exists) else condition.is_not(sa.true())


def _where(only: Sequence[Condition], condition: Condition) -> Condition:
    return sa.and_(*only, condition) if only else condition


def _ordered(field: Field, order: Order) -> sa.UnaryExpression[Any]:
    if field.kind is FieldKind.VALUE:
        raise _misfit(str(order.path), field.kind)
    expression = (
        sa.case((sa.and_(*field.only), field.expression)) if field.only else field.expression
    )
    ordered = expression.desc() if order.descending else expression.asc()
    if not field.nullable:
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
