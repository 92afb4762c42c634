"""What fields hold, and how the literals of a query become values for them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from sakark_api.errors import Invalid
from sakark_api.rest.odata.lexer import GUID, SHOWN
from sakark_api.rest.odata.tree import LiteralKind
from sakark_api.texts import text

ZONE = ZoneInfo("Europe/Oslo")

Sql = sa.ColumnElement[Any]
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
    STRINGS = text("en liste av tekster")

    def accepts(self, other: "FieldKind") -> bool:
        return other is self or {self, other} == {FieldKind.INTEGER, FieldKind.DECIMAL}


@dataclass(frozen=True, eq=False)
class Field:
    expression: Sql
    kind: FieldKind


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
