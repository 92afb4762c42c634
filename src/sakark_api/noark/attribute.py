"""How an entity declares its attributes: one line each, with its number, author and mutability."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from inspect import get_annotations
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, DateTime, Integer
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

__all__ = ["Attribute", "Mutability", "SetBy", "ValueType", "attribute", "attributes_of", "code"]


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
    type_: TypeEngine[Any] | None = None,
    set_by: SetBy = SetBy.CLIENT,
    change: Mutability = Mutability.ALWAYS,
    required: bool = False,
    always: bool = False,
    codelist: CodeList | None = None,
    default: str | None = None,
    inlined: bool = False,
    primary_key: bool = False,
) -> MappedColumn[Any]:
    """Declare an attribute by its metadata number in Noark 5, or a description where it has none.

    `required` attributes must be given when the unit is made and may not be removed. What the core
    sets alone (`SetBy.CORE`) is never taken from a client.
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
        inlined=inlined,
    )
    return mapped_column(
        type_,
        nullable=not spec.always,
        primary_key=primary_key,
        use_existing_column=True,
        info={"attribute": spec},
    )


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
        _bind(prop.key, prop.columns[0])
        for prop in mapper.column_attrs
        if "attribute" in prop.columns[0].info
    )
    order = {name: place for place, name in enumerate(_declaration_order(mapper.class_))}
    return tuple(sorted(bound, key=lambda one: order.get(one.name, len(order))))


def _declaration_order(model: type[Any]) -> list[str]:
    names: list[str] = []
    for ancestor in reversed(model.__mro__):
        names += [name for name in get_annotations(ancestor) if name not in names]
    return names


_PYTHON_TYPES: tuple[tuple[type[TypeEngine[Any]], type[Any]], ...] = (
    (Uuid, UUID),
    (DateTime, datetime),
    (BigInteger, int),
    (Integer, int),
    (TextType, str),
)


def _bind(name: str, column: Any) -> BoundAttribute:
    python, many = _python_type(column.type)
    long = isinstance(column.type, BigInteger)
    return BoundAttribute(name, to_wire(name), python, many, long, column.info["attribute"])


def _python_type(type_: TypeEngine[Any]) -> tuple[type[Any], bool]:
    if isinstance(type_, ValueType):
        return type_.value, type_.many
    if isinstance(type_, ARRAY):
        return _python_type(type_.item_type)[0], True
    for sql, python in _PYTHON_TYPES:
        if isinstance(type_, sql):
            return python, False
    raise TypeError(f"No wire form for columns of type {type_!r}")
