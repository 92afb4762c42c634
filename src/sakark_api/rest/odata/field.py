"""What paths lead to, and how the literals of a query become values for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from sakark_api.errors import Invalid, Unsupported
from sakark_api.rest.odata.lexer import GUID, SHOWN
from sakark_api.rest.odata.tree import LiteralKind
from sakark_api.texts import text

ZONE = ZoneInfo("Europe/Oslo")

Sql = sa.ColumnElement[Any]
Condition = sa.ColumnElement[bool]
Converter = Callable[[Any], object]


class FieldKind(Enum):
    """What a field holds, and how people are told to write a value for it."""

    STRING = text("tekst i apostrofer")
    INTEGER = text("et heltall")
    DECIMAL = text("et tall")
    DATETIME = text("et tidspunkt med tidssone, eller en dato")
    DATE = text("en dato")
    BOOLEAN = text("true eller false")
    UUID = text("en UUID")
    VALUE = text("et felt i verdien, eller null")
    LIST = text("any eller all, som …/any(x: x eq …)")

    def accepts(self, other: "FieldKind") -> bool:
        if self in (FieldKind.VALUE, FieldKind.LIST):
            return False
        return other is self or {self, other} == {FieldKind.INTEGER, FieldKind.DECIMAL}


@dataclass(frozen=True, eq=False)
class Field:
    """What can be compared; only where the conditions in `only` hold is there anything at all."""

    expression: Sql
    kind: FieldKind
    only: tuple[Condition, ...] = ()
    loose: bool = False
    """Whether it may be null although its column may not: the row may be missing."""

    @property
    def nullable(self) -> bool:
        return self.loose or bool(self.only) or getattr(self.expression, "nullable", True)


class Scope(Protocol):
    """Something that paths start from: a row, or one member of a list."""

    def field(self, path: tuple[str, ...]) -> Field:
        """Find what a path means; raises Invalid for one that does not exist."""
        ...

    def members(self, path: tuple[str, ...]) -> "Members":
        """Find the list that a path leads to; raises Invalid where there is none."""
        ...


@dataclass(frozen=True, eq=False)
class Members:
    """A list that a lambda goes through.

    `exist` says in SQL that there is a member for which a condition holds, or any at all. It must
    be called after the condition was built: that may have joined more rows to the member's.
    """

    scope: Scope
    exist: Callable[[Condition | None], Condition]
    only: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Fields:
    """A scope of fields that are named by one step each, without lists."""

    fields: Mapping[str, Field]

    def field(self, path: tuple[str, ...]) -> Field:
        found = self.fields.get("/".join(path))
        if found is None:
            raise unknown_field(path)
        return found

    def members(self, path: tuple[str, ...]) -> Members:
        raise Unsupported(
            text("{felt} kan ikke brukes med any og all her.", felt="/".join(path)[:_SHOWN_PATH])
        )


def unknown_field(path: tuple[str, ...]) -> Invalid:
    return Invalid(text("Feltet {felt} finnes ikke her.", felt="/".join(path)[:_SHOWN_PATH]))


_SHOWN_PATH = 100


def _start_of_day(day: date) -> datetime:
    """Give the moment; a day that was written with its zone is one already."""
    moment = day if isinstance(day, datetime) else datetime.combine(day, time(), ZONE)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise Invalid(
            text("Datoen {day} kan ikke brukes her. Bruk en dato i vår tid.", day=day)
        ) from None


def _calendar_day(day: date) -> date:
    return date(day.year, day.month, day.day)


def _uuid(value: str) -> UUID:
    if not GUID.fullmatch(value):
        raise Invalid(
            text("«{value}» er ikke en UUID. Rett verdien i spørringen.", value=value[:SHOWN])
        )
    return UUID(value)


def _same(value: object) -> object:
    return value


_MOMENT = sa.DateTime(timezone=True)
BINDINGS: Mapping[tuple[FieldKind, LiteralKind], tuple[TypeEngine[Any], Converter]] = {
    (FieldKind.STRING, LiteralKind.STRING): (sa.String(), _same),
    (FieldKind.INTEGER, LiteralKind.NUMBER): (sa.BigInteger(), _same),
    (FieldKind.INTEGER, LiteralKind.DECIMAL): (sa.Numeric(), _same),
    (FieldKind.DECIMAL, LiteralKind.NUMBER): (sa.Numeric(), Decimal),
    (FieldKind.DECIMAL, LiteralKind.DECIMAL): (sa.Numeric(), _same),
    (FieldKind.DATETIME, LiteralKind.DATETIME): (_MOMENT, _same),
    (FieldKind.DATETIME, LiteralKind.DATE): (_MOMENT, _start_of_day),
    (FieldKind.DATE, LiteralKind.DATE): (sa.Date(), _calendar_day),
    (FieldKind.BOOLEAN, LiteralKind.BOOLEAN): (sa.Boolean(), _same),
    (FieldKind.UUID, LiteralKind.UUID): (sa.Uuid(), _same),
    (FieldKind.UUID, LiteralKind.STRING): (sa.Uuid(), _uuid),
}
