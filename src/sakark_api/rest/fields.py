"""What attributes are to queries: fields, lists, and what lies inside values kept as JSON."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import NoneType
from typing import Any, get_args, get_origin
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    FromClause,
    Numeric,
    Select,
    and_,
    case,
    cast,
    column,
    func,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import BigInteger, DateTime, Text, Uuid

from sakark_api.errors import Invalid
from sakark_api.noark.attribute import BoundAttribute
from sakark_api.rest.odata import Condition, Field, FieldKind, Members, unknown_field
from sakark_api.texts import text

__all__ = ["OWN_KINDS", "field_in", "inlined_field", "members_in", "prefixed_field"]

Steps = tuple[str, ...]
Name = Callable[[], str]
"""Gives names that nothing else in the statement has."""

_KINDS: Mapping[Any, FieldKind] = {
    str: FieldKind.STRING,
    int: FieldKind.INTEGER,
    bool: FieldKind.BOOLEAN,
    Decimal: FieldKind.DECIMAL,
    datetime: FieldKind.DATETIME,
    UUID: FieldKind.UUID,
}
OWN_KINDS: Mapping[str, FieldKind] = {
    "string": FieldKind.STRING,
    "uri": FieldKind.STRING,
    "boolean": FieldKind.BOOLEAN,
    "integer": FieldKind.INTEGER,
    "decimal": FieldKind.DECIMAL,
    "date": FieldKind.DATETIME,
    "datetime": FieldKind.DATETIME,
}
"""What the fields of a kommune's own hold, by the types they are defined with (GUIDE 13)."""
_SQL: Mapping[FieldKind, Any] = {
    FieldKind.INTEGER: BigInteger(),
    FieldKind.DECIMAL: Numeric(),
    FieldKind.BOOLEAN: Boolean(),
    FieldKind.DATETIME: DateTime(timezone=True),
    FieldKind.UUID: Uuid(),
}


@dataclass(frozen=True, eq=False)
class Place:
    """A place inside a value kept as JSON: the way there, and what is there."""

    value: ColumnElement[Any]
    steps: Steps
    model: Any
    many: bool

    def follow(self, step: str, path: Steps) -> "Place":
        if self.many:
            raise not_one(path[0])
        fields = getattr(self.model, "model_fields", {})
        found = next((one for one in fields.values() if one.alias == step), None)
        if found is None:
            raise unknown_field(path)
        model, many = _plain(found.annotation)
        return Place(self.value, (*self.steps, step), model, many)

    def field(self) -> Field:
        if self.many:
            return Field(self._json(), FieldKind.LIST)
        kind = _KINDS.get(self.model, FieldKind.VALUE)
        if kind is FieldKind.VALUE:
            return Field(self._json(), kind)
        leaf = self._text()
        return Field(cast(leaf, _SQL[kind]) if kind in _SQL else leaf, kind)

    def members(self, name: Name, path: Steps) -> Members:
        if not self.many:
            raise not_many(path)
        array = self._json()
        elements = func.jsonb_array_elements(case((func.jsonb_typeof(array) == "array", array)))
        each = elements.table_valued(column("value", JSONB), name=name()).render_derived()
        return Members(
            JsonMember(Place(each.c.value, (), self.model, many=False), name), _exist(each)
        )

    def _json(self) -> ColumnElement[Any]:
        """Take the place out of the column; the steps stand in the SQL, for indexes to serve."""
        here: Any = type_coerce(self.value, JSONB)
        for step in self.steps:
            here = here[literal_column(f"'{step}'", Text())]
        found: ColumnElement[Any] = here
        return found

    def _text(self) -> ColumnElement[Any]:
        here: Any = self._json()
        if not self.steps:
            return _own_text(here)
        found: ColumnElement[Any] = here.astext
        return found


@dataclass(frozen=True, eq=False)
class JsonMember:
    """One member of a list that is kept as JSON, as paths start from it."""

    place: Place
    name: Name

    def field(self, path: Steps) -> Field:
        return self._at(path).field()

    def members(self, path: Steps) -> Members:
        return self._at(path).members(self.name, path)

    def _at(self, path: Steps) -> Place:
        place = self.place
        for step in path:
            place = place.follow(step, path)
        return place


@dataclass(frozen=True, eq=False)
class TextMember:
    """One text of a list of texts."""

    value: ColumnElement[Any]

    def field(self, path: Steps) -> Field:
        if path:
            raise unknown_field(path)
        return Field(self.value, FieldKind.STRING)

    def members(self, path: Steps) -> Members:
        raise not_many(path)


def field_in(attribute: BoundAttribute, held: ColumnElement[Any], path: Steps) -> Field:
    """Give the field of a path that begins at an attribute held in a column."""
    if attribute.is_value:
        return _place(attribute, held, path).field()
    if path[1:]:
        raise unknown_field(path)
    if attribute.many:
        return Field(held, FieldKind.LIST)
    return Field(held, _KINDS.get(attribute.python, FieldKind.VALUE))


def members_in(
    attribute: BoundAttribute, held: ColumnElement[Any], path: Steps, name: Name
) -> Members:
    """Give the list of a path that begins at an attribute held in a column."""
    if attribute.is_value:
        return _place(attribute, held, path).members(name, path)
    if path[1:] or not attribute.many:
        raise not_many(path)
    each = func.unnest(held).table_valued(column("value", Text), name=name()).render_derived()
    return Members(TextMember(each.c.value), _exist(each))


def inlined_field(attribute: BoundAttribute, held: ColumnElement[Any], step: str) -> Field | None:
    """Give a field inside a value that may be named as the unit's own; in a list, the first."""
    fields = getattr(attribute.python, "model_fields", {})
    if not attribute.spec.inlined or all(one.alias != step for one in fields.values()):
        return None
    if not attribute.many:
        return field_in(attribute, held, (attribute.wire, step))
    annotation = next(one.annotation for one in fields.values() if one.alias == step)
    first = func.jsonb_path_query_first(held, literal_column(f"'$[*].{step}'"), type_=JSONB())
    return Place(first, (), *_plain(annotation)).field()


def _place(attribute: BoundAttribute, held: ColumnElement[Any], path: Steps) -> Place:
    place = Place(held, (), attribute.python, attribute.many)
    for step in path[1:]:
        place = place.follow(step, path)
    return place


def prefixed_field(held: ColumnElement[Any], name: str, kind: FieldKind) -> Field:
    """Give a field that the kommune has defined; what is held of another type counts as null."""
    value = func.jsonb_extract_path(held, literal_column(_quoted(name), Text()), type_=JSONB())
    fits = func.jsonb_typeof(value) == _JSON_TYPES.get(kind, literal_column("'string'"))
    written = _own_text(value)
    if kind is FieldKind.DATETIME:
        fits = and_(fits, written.regexp_match(literal_column(f"'{_MOMENT}'")))
    sql = Numeric() if kind is FieldKind.INTEGER else _SQL.get(kind)
    return Field(case((fits, written if sql is None else cast(written, sql))), kind)


def _quoted(name: str) -> str:
    """Write a name in SQL; it is one of the kommune's own definitions, not any text."""
    if not _PREFIXED.fullmatch(name):
        raise unknown_field((name,))
    return f"'{name}'"


def _own_text(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """Give a JSON string without its quotes, and other values as they are written."""
    return value.op("#>>", return_type=Text())(literal_column("'{}'"))


_PREFIXED = re.compile(r"[a-z0-9-]+:[a-z0-9]+", re.IGNORECASE | re.ASCII)
_JSON_TYPES: Mapping[FieldKind, ColumnElement[Any]] = {
    FieldKind.INTEGER: literal_column("'number'"),
    FieldKind.DECIMAL: literal_column("'number'"),
    FieldKind.BOOLEAN: literal_column("'boolean'"),
}
_LEAP = r"(\d\d(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)"
_DAY = (
    r"((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|(0[469]|11)-(0[1-9]|[12]\d|30)"
    r"|02-(0[1-9]|1\d|2[0-8]))"
)
_MOMENT = (
    rf"^(?!0000)(\d{{4}}-{_DAY}|{_LEAP}-02-29)"
    r"(T(([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?|24:00:00(\.0+)?))?"
    r"(Z|[+-](0\d|1[0-4]):[0-5]\d)?$"
)
"""What PostgreSQL reads as a moment: days that there are."""


def _exist(each: FromClause) -> Callable[[Condition | None], Condition]:
    def exist(condition: Condition | None) -> Condition:
        found: Select[Any] = select(literal_column("1")).select_from(each).correlate_except(each)
        return (found if condition is None else found.where(condition)).exists()

    return exist


def _plain(annotation: Any) -> tuple[Any, bool]:
    """Take the optional and the annotated off a field's type, and tell whether it is a list."""
    while get_origin(annotation) is not None:
        inner = [one for one in get_args(annotation) if one is not NoneType]
        if get_origin(annotation) in (tuple, list):
            return _plain(inner[0])[0], True
        annotation = inner[0]
    return annotation, False


def not_one(step: str) -> Invalid:
    return Invalid(
        text("«{felt}» kan være flere. Skriv {felt}/any(x: x/… eq …).", felt=step[:_SHOWN])
    )


def not_many(path: Sequence[str]) -> Invalid:
    return Invalid(
        text("«{felt}» er ikke en liste. Bruk any og all på lister.", felt="/".join(path)[:_SHOWN])
    )


_SHOWN = 100
