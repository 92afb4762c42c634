"""Codes: every code of a unit is checked against the kommune's lists and given its name."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, get_origin

from sqlalchemy import inspect

from sakark_api.noark.attribute import BoundAttribute, attributes_of
from sakark_api.noark.model import TenantRow
from sakark_api.noark.resource import Change
from sakark_api.noark.values import Kode, Value

__all__ = ["CodeUse", "code_uses", "give_code_names"]


@dataclass(frozen=True)
class CodeUse:
    """Where the units of a model hold codes of a list: an attribute, or a field of its value."""

    codelist: str
    attribute: BoundAttribute
    field: str | None = None
    field_is_many: bool = False

    def pattern(self, kode: str) -> Any:
        """Give what the attribute, as it is on the wire, contains when it holds this code."""
        code: Any = {"kode": kode}
        if self.field is not None:
            code = {self.field: [code] if self.field_is_many else code}
        return [code] if self.attribute.many else code


def give_code_names(change: Change, unit: TenantRow) -> None:
    """Check the codes that are new or changed, and copy their names into the unit.

    A code that was valid when it was chosen stays, also after it has expired (chapter 6).
    """
    for attribute in coded_attributes(type(unit)):
        value = getattr(unit, attribute.name)
        if value is None and attribute.spec.default is not None:
            value = Kode(kode=attribute.spec.default)
        elif value is None or not _is_new(unit, attribute.name):
            continue
        named = _named(change, value, attribute)
        setattr(unit, attribute.name, named)


@cache
def coded_attributes(model: type[TenantRow]) -> tuple[BoundAttribute, ...]:
    """List the attributes of a model that hold codes, directly or inside a value."""
    return tuple(one for one in attributes_of(inspect(model)) if one.is_value)


@cache
def coded_fields(value: type[Value]) -> tuple[tuple[str, str], ...]:
    """List the fields of a value that hold codes: name and code list."""
    return tuple(
        (name, str(extra["x-kodeliste"]))
        for name, field in value.model_fields.items()
        if isinstance(extra := field.json_schema_extra, dict) and "x-kodeliste" in extra
    )


def code_uses(model: type[TenantRow]) -> Iterator[CodeUse]:
    """List where the units of a model hold codes."""
    for attribute in coded_attributes(model):
        if attribute.spec.codelist is not None:
            yield CodeUse(attribute.spec.codelist.name, attribute)
        value: type[Value] = attribute.python
        for name, codelist in coded_fields(value):
            field = value.model_fields[name]
            many = get_origin(field.annotation) is tuple
            yield CodeUse(codelist, attribute, str(field.alias), many)


def _is_new(unit: TenantRow, name: str) -> bool:
    return bool(inspect(unit).attrs[name].history.has_changes())


def _named(change: Change, value: Any, attribute: BoundAttribute) -> Any:
    if isinstance(value, Kode):
        assert attribute.spec.codelist is not None  # noqa: S101  declared by `code`
        return _with_name(change, value, attribute.spec.codelist.name)
    if isinstance(value, list | tuple):
        return tuple(_with_named_fields(change, one) for one in value)
    return _with_named_fields(change, value)


def _with_named_fields(change: Change, value: Value) -> Value:
    named = {
        name: (
            tuple(_with_name(change, one, codelist) for one in found)
            if isinstance(found, tuple)
            else _with_name(change, found, codelist)
        )
        for name, codelist in coded_fields(type(value))
        if (found := getattr(value, name)) is not None
    }
    return value.model_copy(update=named) if named else value


def _with_name(change: Change, kode: Kode, codelist: str) -> Kode:
    navn = change.kodeverk.name_of(codelist, kode.kode, kode.kodenavn, change.now)
    return kode if kode.kodenavn == navn else Kode(kode=kode.kode, kodenavn=navn)
