"""How an entity declares its attributes: one line each, with its number, author and mutability."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum, auto
from inspect import get_annotations
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    DateTime,
    Integer,
    Numeric,
    type_coerce,
)
from sqlalchemy import Text as TextType
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.orm import MappedColumn, mapped_column
from sqlalchemy.sql.type_api import TypeEngine
from sqlalchemy.types import TypeDecorator, Uuid

from sakark_api.noark.metadata.katalog import METADATA
from sakark_api.noark.metadata.kodeliste import CodeList
from sakark_api.noark.names import to_wire
from sakark_api.noark.values import Kode, Value, dump_value
from sakark_api.texts import Text

__all__ = [
    "Attribute",
    "Mutability",
    "SetBy",
    "ValueType",
    "attribute",
    "attributes_of",
    "code",
    "declared",
    "kode_of",
    "spec_of",
]


class SetBy(Enum):
    """Who gives an attribute its value."""

    CLIENT = auto()
    CLIENT_OR_CORE = auto()
    """The client may; the core fills it in when the client does not."""
    CORE = auto()


class Mutability(Enum):
    """Until when a client may change an attribute."""

    ALWAYS = auto()
    UNTIL_CLOSED = auto()
    UNTIL_ARCHIVED = auto()
    ONCE = auto()
    """May be given while it is empty, and never changed after that."""
    NEVER = auto()


@dataclass(frozen=True)
class Attribute:
    """What the standard says of one attribute, beside its name and type."""

    number: str | None
    description: Text
    set_by: SetBy
    change: Mutability
    required: bool
    always: bool
    """Always present in responses, once the unit exists."""
    codelist: CodeList | None
    default: str | None
    fields_in: str | None
    """The list under metadata/ that says which fields a JSON object may have."""
    private: bool
    """The change log tells that it was changed, and not from what to what."""
    inlined: bool = False
    """Whether queries may name what is inside as the unit's own, as the standard's examples do."""


class ValueType(TypeDecorator[Any]):
    """A typed value (or a list of them) kept in JSONB exactly as it is on the wire."""

    impl = JSONB(none_as_null=True)
    cache_ok = True

    def __init__(self, value: type[Value], *, many: bool = False) -> None:
        super().__init__()
        self.value = value
        self.many = many

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        del dialect
        if value is None:
            return None
        return [dump_value(one) for one in value] if self.many else dump_value(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        del dialect
        if value is None:
            return None
        if self.many:
            return tuple(self.value.model_validate(one) for one in value)
        return self.value.model_validate(value)


def attribute(
    number: str | None,
    *,
    description: Text | None = None,
    column: str | None = None,
    type_: TypeEngine[Any] | None = None,
    set_by: SetBy = SetBy.CLIENT,
    change: Mutability = Mutability.ALWAYS,
    required: bool = False,
    always: bool = False,
    codelist: CodeList | None = None,
    default: str | None = None,
    fields_in: str | None = None,
    private: bool = False,
    inlined: bool = False,
    primary_key: bool = False,
) -> MappedColumn[Any]:
    """Declare an attribute by its metadata number in Noark 5, or a description where it has none.

    `required` attributes must be given when the unit is made and may not be removed. What the core
    sets alone (`SetBy.CORE`) is never taken from a client. `column` is the column's name in the
    database, where it is another.
    """
    if description is None:
        if number is None:
            raise TypeError("An attribute without a number needs a description")
        description = METADATA[number]
    spec = Attribute(
        number=number,
        description=description,
        set_by=set_by,
        change=Mutability.NEVER if set_by is SetBy.CORE else change,
        required=required,
        always=always or required,
        codelist=codelist,
        default=default,
        fields_in=fields_in,
        private=private,
        inlined=inlined,
    )
    made = mapped_column(
        type_,
        nullable=not spec.always,
        primary_key=primary_key,
        use_existing_column=True,
        info={"attribute": spec},
    )
    if column is not None:
        made.column.name = column  # its key stays the attribute's name
    return made


def code(
    codelist: CodeList,
    number: str | None,
    *,
    default: str | None = None,
    required: bool = False,
    always: bool | None = None,
    set_by: SetBy | None = None,
    change: Mutability = Mutability.ALWAYS,
) -> MappedColumn[Any]:
    """Declare an attribute whose values come from a code list; `default` is a kode of the list."""
    if set_by is None:
        set_by = SetBy.CLIENT if default is None else SetBy.CLIENT_OR_CORE
    return attribute(
        number,
        description=None if number else codelist.description,
        type_=ValueType(Kode),
        set_by=set_by,
        change=change,
        required=required,
        always=default is not None if always is None else always,
        codelist=codelist,
        default=default,
    )


def kode_of(column: Any) -> ColumnElement[str]:
    """Give the kode in a column of codes, for queries."""
    found: ColumnElement[str] = type_coerce(column, JSONB())["kode"].astext
    return found


@dataclass(frozen=True)
class BoundAttribute:
    """An attribute of one model: its names, its Python type and what the standard says of it."""

    name: str
    wire: str
    python: type[Any]
    many: bool
    long: bool
    """Whether a number may need 64 bits."""
    spec: Attribute

    @property
    def is_value(self) -> bool:
        return issubclass(self.python, Value)


def attributes_of(mapper: Any) -> tuple[BoundAttribute, ...]:
    """List the declared attributes of a mapper, inherited ones first."""
    bound = (
        _bind(prop.key, prop.columns[0], spec_of(mapper.class_, prop.key, prop.columns[0]))
        for prop in mapper.column_attrs
        if isinstance(prop.columns[0], Column) and "attribute" in prop.columns[0].info
    )
    order = {name: place for place, name in enumerate(_declaration_order(mapper.class_))}
    return tuple(sorted(bound, key=lambda one: order.get(one.name, len(order))))


def declared(model: type[Any]) -> dict[str, Attribute]:
    """List what a class that is not mapped yet says of its own attributes."""
    return {
        name: one.column.info["attribute"]
        for name, one in vars(model).items()
        if isinstance(one, MappedColumn) and "attribute" in one.column.info
    }


def spec_of(model: type[Any], name: str, column: Any) -> Attribute:
    """Give what a model says of an attribute; subtypes that share its column may differ."""
    said = (vars(ancestor).get("own_attributes", {}).get(name) for ancestor in model.__mro__)
    found: Attribute = next(filter(None, said), None) or column.info["attribute"]
    return found


def _declaration_order(model: type[Any]) -> list[str]:
    names: list[str] = []
    for ancestor in reversed(model.__mro__):
        names += [name for name in get_annotations(ancestor) if name not in names]
    return names


_PYTHON_TYPES: tuple[tuple[type[TypeEngine[Any]], type[Any]], ...] = (
    (Uuid, UUID),
    (DateTime, datetime),
    (Boolean, bool),
    (Numeric, Decimal),
    (JSONB, dict),
    (BigInteger, int),
    (Integer, int),
    (TextType, str),
)


def _bind(name: str, column: Any, spec: Attribute) -> BoundAttribute:
    python, many = _python_type(column.type)
    long = isinstance(column.type, BigInteger)
    return BoundAttribute(name, to_wire(name), python, many, long, spec)


def _python_type(type_: TypeEngine[Any]) -> tuple[type[Any], bool]:
    if isinstance(type_, ValueType):
        return type_.value, type_.many
    if isinstance(type_, ARRAY):
        return _python_type(type_.item_type)[0], True
    for sql, python in _PYTHON_TYPES:
        if isinstance(type_, sql):
            return python, False
    raise TypeError(f"No wire form for columns of type {type_!r}")
