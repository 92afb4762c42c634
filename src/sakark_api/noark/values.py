"""Values of the standard that have no identity of their own, and what a valid value is."""

import re
from calendar import isleap
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from sakark_api.noark.metadata.katalog import METADATA
from sakark_api.noark.metadata.kodeliste import CodeList
from sakark_api.noark.names import to_wire
from sakark_api.texts import Text, text

__all__ = [
    "NORWAY",
    "STANDARD_TIME",
    "Exact",
    "Flag",
    "Kode",
    "Number",
    "Ref",
    "Tekst",
    "Tidspunkt",
    "Value",
    "Years",
    "code_field",
    "dump_value",
    "field",
    "is_blank",
    "parse_time",
    "refusal",
    "required_field",
    "wire_time",
    "years_after",
]

NORWAY: Final = ZoneInfo("Europe/Oslo")
STANDARD_TIME: Final = 1895
"""The year from whose first day all clocks of Norway have shown the same."""

# Chapter 12 of the interface: categories Zs and Cc. `str.strip` knows another set.
_INVISIBLE = re.compile("[\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]*")
_TIME = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})"
    r"(?:T(?P<clock>\d{2}:\d{2}:\d{2})(?:\.(?P<fraction>\d+))?)?"
    r"(?P<zone>Z|[+-]\d{2}:\d{2})?",
    re.ASCII,
)
# The last moment of a day may be written as the end of that day (XSD).
_MIDNIGHT = "24:00:00"
_LAST_YEAR: Final = 9998
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def refusal(kind: str, sentence: Text) -> PydanticCustomError:
    """Make an error that pydantic collects and that still can be told in the reader's language."""
    return PydanticCustomError(kind, "{text}", {"text": sentence})


def is_blank(value: str) -> bool:
    """Tell whether a string holds nothing that can be seen (chapter 12)."""
    return _INVISIBLE.fullmatch(value) is not None


def _visible(value: str) -> str:
    if "\x00" in value:
        raise refusal("nul", text("Teksten inneholder et NUL-tegn (U+0000). Fjern det."))
    if is_blank(value):
        raise refusal(
            "blank", text("Teksten har ingen synlige tegn. Skriv noe, eller utelat feltet.")
        )
    return value


Tekst = Annotated[str, Field(strict=True), AfterValidator(_visible)]


def parse_time(value: object) -> datetime:
    if isinstance(value, datetime):
        return value
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise refusal(
            "time",
            text("Tidspunktet må skrives som 2026-01-31T12:00:00+01:00 (eller 2026-01-31+01:00)."),
        )
    if found["zone"] is None:
        raise refusal(
            "time_zone", text("Tidspunktet mangler tidssone. Legg til +01:00, +02:00 eller Z.")
        )
    clock, fraction = found["clock"] or "00:00:00", found["fraction"] or "0"
    ends_day = clock == _MIDNIGHT and not fraction.strip("0")
    try:
        moment = datetime.fromisoformat(
            f"{found['date']}T{'00:00:00' if ends_day else clock}"
        ).replace(microsecond=int(fraction[:6].ljust(6, "0")), tzinfo=_zone(found["zone"]))
        moment += timedelta(days=ends_day)
        # Also when moved to another zone must it be a date that calendars know.
        moment.astimezone(UTC)
        moment.astimezone(NORWAY)
    except (ValueError, OverflowError):
        raise refusal(
            "time", text("Tidspunktet finnes ikke i kalenderen. Rett dato, klokkeslett eller sone.")
        ) from None
    return moment


def _zone(offset: str) -> timezone:
    if offset == "Z":
        return UTC
    hours, minutes = int(offset[1:3]), int(offset[4:])
    away = timedelta(hours=hours, minutes=minutes)
    if minutes > 59 or away > timedelta(hours=14):  # noqa: PLR2004  as far as XSD goes
        raise ValueError(offset)
    return timezone(-away if offset[0] == "-" else away)


def wire_time(moment: datetime) -> str:
    """Write a moment as the wire and the database's `to_json` do; naive offsets never occur."""
    written = moment.isoformat()
    if not moment.microsecond:
        return written
    place = written.index(".")
    return written[:place] + written[place : place + 7].rstrip("0") + written[place + 7 :]


def _norwegian_time(moment: datetime) -> str:
    return wire_time(moment)


def years_after(moment: datetime, years: int) -> datetime:
    """Give the same day some years later in Norway; of a leap day the day before."""
    local = moment.astimezone(NORWAY)
    year = min(local.year + years, _LAST_YEAR)
    is_lost = (local.month, local.day) == (2, 29) and not isleap(year)
    return local.replace(year=year, day=28 if is_lost else local.day)


Tidspunkt = Annotated[
    datetime,
    BeforeValidator(parse_time),
    PlainSerializer(_norwegian_time, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


def _parse_uuid(value: object) -> UUID:
    if isinstance(value, UUID):
        return value
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise refusal("uuid", text("Verdien må være en UUID med bindestreker."))
    return UUID(value)


Ref = Annotated[
    UUID, BeforeValidator(_parse_uuid), WithJsonSchema({"type": "string", "format": "uuid"})
]
Number = Annotated[int, Field(strict=True, ge=-(2**31), le=2**31 - 1)]
Flag = Annotated[bool, Field(strict=True)]

_MOST_DIGITS: Final = 20


def _parse_decimal(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise refusal("decimal", text("Skriv et tall uten hermetegn, med punktum for desimaler."))
    number = Decimal(value)
    digits = number.as_tuple()
    if number and (number.adjusted() >= _MOST_DIGITS or int(digits.exponent) < -_MOST_DIGITS):
        raise refusal(
            "decimal_size",
            text("Tallet kan ha høyst {antall} siffer foran og bak punktum.", antall=_MOST_DIGITS),
        )
    return Decimal(f"{number:f}")


Exact = Annotated[Decimal, BeforeValidator(_parse_decimal), WithJsonSchema({"type": "number"})]
"""A number with all its digits; JSON's own kind, never a string."""

Years = Annotated[int, Field(strict=True, ge=0, le=9999)]


class Value(BaseModel):
    """Base of the standard's data types: immutable, equal by content, camelCase on the wire."""

    model_config = ConfigDict(
        alias_generator=to_wire, populate_by_name=True, extra="forbid", frozen=True
    )

    @property
    def rank(self) -> int | None:
        """How high what it tells is graded; None for what is not graded."""
        return None

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema = handler.resolve_ref_schema(handler(core_schema))
        schema["title"] = cls.__qualname__
        schema["description"] = (cls.__doc__ or "").split("\n", 1)[0]
        return schema


class Kode(Value):
    """En kode fra en kodeliste, med navnet den hadde da den ble valgt."""

    kode: Tekst = Field(description="Koden, entydig i sin kodeliste")
    kodenavn: Tekst | None = Field(
        default=None, description="Kodens navn; fylles ut av arkivkjernen når det utelates"
    )


def dump_value(value: Value) -> dict[str, Any]:
    """Write a value as it is on the wire, without what is absent."""
    return value.model_dump(mode="json", by_alias=True, exclude_none=True)


def field(
    number: str | None, description: Text | None = None, *, core: bool = False, **kwargs: Any
) -> Any:
    """Declare a field of a value; `core` says that only the core sets it."""
    extra: dict[str, Any] = {"x-noark": number} if number else {}
    if core:
        extra["readOnly"] = True
    meaning = description or METADATA[number or ""]
    if "default_factory" not in kwargs:
        kwargs.setdefault("default", None)
    return Field(
        description=str(meaning),
        json_schema_extra=extra,
        **kwargs,
    )


def required_field(number: str | None, description: Text | None = None, **kwargs: Any) -> Any:
    """Declare a field that must be given."""
    return field(number, description, default=..., **kwargs)


def code_field(codelist: CodeList, number: str | None = None, **kwargs: Any) -> Any:
    """Declare a field of a value whose values come from a code list."""
    made = field(number, codelist.description, **kwargs)
    made.json_schema_extra["x-kodeliste"] = codelist.name
    return made
