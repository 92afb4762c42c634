"""Values as an extraction writes them, read as the types that attributes have."""

import re
from datetime import UTC, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from pydantic_core import PydanticCustomError

from sakark_api.deponering.element import DATES
from sakark_api.noark.values import NORWAY, parse_time

__all__ = ["UKJENT", "Uleselig", "read_uuid", "read_value"]

UKJENT: Final = "Ukjent"
"""What stands where there must be a text, and none is known."""

_REMEMBERED: Final = 4096
"""Moments that are read once: what happens to a unit, happens at once to much of it."""
_LARGEST: Final = 2**31 - 1
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
_DECIMAL: Final = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,15})?", re.ASCII)
_DAY: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T.*|Z|[+-]\d{2}:\d{2})?", re.ASCII | re.DOTALL)
_ZONE: Final = re.compile(r"(?:Z|[+-]\d{2}:\d{2})$", re.ASCII)
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)


class Uleselig(ValueError):
    """A value is not of its field's type."""


def read_value(name: str, python: type[Any], value: str, *, long: bool = False) -> Any:  # noqa: ANN401
    """Read a value; raises `Uleselig`.

    A day is a day in Norway, whatever zone it is written with; a moment without a zone is one by
    Norwegian clocks.
    """
    stripped = value.strip()
    if python is datetime:
        return _day(stripped) if name in DATES else _moment(stripped)
    if python is int:
        return _integer(stripped, long=long)
    if python is UUID:
        return read_uuid(stripped)
    if python is Decimal:
        return _decimal(stripped)
    return value


def read_uuid(value: str) -> UUID:
    """Read a UUID as the standard writes it; raises `Uleselig`."""
    if not _UUID.fullmatch(value):
        raise Uleselig(value)
    return UUID(value)


def _integer(value: str, *, long: bool) -> int:
    if not _NUMBER.fullmatch(value):
        raise Uleselig(value)
    number = int(value)
    if not long and abs(number) > _LARGEST:
        raise Uleselig(value)
    return number


def _decimal(value: str) -> Decimal:
    if not _DECIMAL.fullmatch(value):
        raise Uleselig(value)
    return Decimal(value)


@lru_cache(maxsize=_REMEMBERED)
def _day(value: str) -> datetime:
    found = _DAY.fullmatch(value)
    if found is None:
        raise Uleselig(value)
    try:
        day = datetime.fromisoformat(found[1])
        return _possible(datetime.combine(day, time(), NORWAY))
    except (ValueError, OverflowError):
        raise Uleselig(value) from None


@lru_cache(maxsize=_REMEMBERED)
def _moment(value: str) -> datetime:
    if _ZONE.search(value):
        try:
            return parse_time(value)
        except PydanticCustomError:
            raise Uleselig(value) from None
    try:
        return _possible(parse_time(f"{value}Z").replace(tzinfo=NORWAY))
    except (PydanticCustomError, OverflowError):
        raise Uleselig(value) from None


def _possible(moment: datetime) -> datetime:
    """Give a moment that is one by other clocks too."""
    moment.astimezone(UTC)
    return moment
