"""The kommune's own fields on a unit: each is defined, still in use, and of its type (GUIDE 13)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from pydantic_core import PydanticCustomError
from sqlalchemy import inspect

from sakark_api.errors import Invalid
from sakark_api.noark.metadata.kodeverk import Felt
from sakark_api.noark.metadata.utvidbar import Utvidbar
from sakark_api.noark.model import TenantRow
from sakark_api.noark.resource import Change
from sakark_api.noark.values import is_blank, parse_time
from sakark_api.texts import Text, text

__all__ = ["FIELD_TYPES", "is_uri", "refuse_odd_fields"]

_LONGEST_NUMBER: Final = 1000
"""Digits on either side of the point: a few characters must not become a large answer."""
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?:Z|[+-]\d{2}:\d{2})", re.ASCII)
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x20\x7f<>\"{}|\\^`]+", re.ASCII)


def refuse_odd_fields(change: Change, unit: TenantRow) -> None:
    """Check the fields that are new or changed; what was there before stays valid."""
    if not isinstance(unit, Utvidbar):
        return
    history = inspect(unit).attrs.virksomhetsspesifikke_metadata.history
    if not history.has_changes():
        return
    before: Mapping[str, Any] = (history.deleted or [None])[0] or {}
    for navn, value in (unit.virksomhetsspesifikke_metadata or {}).items():
        if navn not in before or not _is_same(before[navn], value):
            refuse_misfit(change.kodeverk.felt(navn, change.now), value)


def refuse_misfit(felt: Felt, value: Any) -> None:
    """Refuse a value that is not of the field's type."""
    kind = FIELD_TYPES[felt.type]
    if not kind.fits(value):
        raise Invalid(text("Feltet «{navn}» må være {verdi}.", navn=felt.navn, verdi=kind.written))


def is_uri(value: Any) -> bool:
    return isinstance(value, str) and _URI.fullmatch(value) is not None


def _is_same(before: Any, after: Any) -> bool:
    """Compare as JSON does: true is not 1."""
    return isinstance(before, bool) is isinstance(after, bool) and bool(before == after)


def _is_boolean(value: Any) -> bool:
    return isinstance(value, bool)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_decimal(value: Any) -> bool:
    if isinstance(value, Decimal):
        exponent = int(value.as_tuple().exponent)
        return exponent >= -_LONGEST_NUMBER and value.adjusted() < _LONGEST_NUMBER
    return _is_integer(value)


def _is_string(value: Any) -> bool:
    return isinstance(value, str) and "\x00" not in value and not is_blank(value)


def _is_date(value: Any) -> bool:
    return isinstance(value, str) and _DATE.fullmatch(value) is not None and _is_time(value)


def _is_datetime(value: Any) -> bool:
    return isinstance(value, str) and "T" in value and _is_time(value)


def _is_time(value: str) -> bool:
    try:
        parse_time(value)
    except PydanticCustomError:
        return False
    return True


@dataclass(frozen=True)
class FieldType:
    """What a field may hold, and how people are told to write it."""

    fits: Callable[[Any], bool]
    written: Text


FIELD_TYPES: Final[Mapping[str, FieldType]] = {
    "boolean": FieldType(_is_boolean, text("true eller false")),
    "date": FieldType(_is_date, text("en dato med tidssone, som 2026-01-31+01:00")),
    "datetime": FieldType(
        _is_datetime, text("et tidspunkt med tidssone, som 2026-01-31T12:00:00+01:00")
    ),
    "integer": FieldType(_is_integer, text("et heltall uten hermetegn")),
    "decimal": FieldType(_is_decimal, text("et tall uten hermetegn")),
    "string": FieldType(_is_string, text("tekst")),
    "uri": FieldType(is_uri, text("en hel adresse, som https://eksempel.no/")),
}
