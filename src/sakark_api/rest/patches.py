"""Merge patches (RFC 7396), and telling what a body changes from what was there."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sakark_api.errors import Invalid
from sakark_api.noark.values import Value, dump_value, wire_time
from sakark_api.rest.schema import decode
from sakark_api.texts import text

__all__ = ["differs", "forget_old_names", "merge_patch", "parse_patch", "to_json"]


def differs(before: Any, after: Any) -> bool:
    """Tell whether a client's value is another than the unit's; a code's name may be left out."""
    if isinstance(before, Value) and isinstance(after, Value):
        return type(before) is not type(after) or _differs_inside(before, after)
    if isinstance(before, list | tuple) and isinstance(after, list | tuple):
        return len(before) != len(after) or any(map(differs, before, after))
    if isinstance(before, dict) and isinstance(after, dict):
        return before.keys() != after.keys() or any(
            differs(before[name], value) for name, value in after.items()
        )
    # True is 1 to Python, but not in JSON.
    return isinstance(before, bool) is not isinstance(after, bool) or bool(before != after)


def _differs_inside(before: Value, after: Value) -> bool:
    given = after.model_fields_set
    for name, field in type(after).model_fields.items():
        extra = field.json_schema_extra
        if name not in given and (
            name == "kodenavn" or (isinstance(extra, dict) and "readOnly" in extra)
        ):
            continue
        if differs(getattr(before, name), getattr(after, name)):
            return True
    return False


def to_json(value: Any) -> Any:
    """Write an attribute's value as JSON values on the wire."""
    if isinstance(value, Value):
        return dump_value(value)
    if isinstance(value, datetime):
        return wire_time(value)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, list | tuple):
        return [to_json(one) for one in value]
    return value


def merge_patch(target: Any, patch: Any) -> Any:
    """Apply a merge patch (RFC 7396, section 2)."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def forget_old_names(merged: Any, patch: Any) -> Any:
    """Take the old kodenavn away where a patch gives a new kode alone."""
    if not isinstance(merged, dict) or not isinstance(patch, Mapping):
        return merged
    if "kode" in patch and "kodenavn" not in patch:
        merged.pop("kodenavn", None)
    for key, value in patch.items():
        forget_old_names(merged.get(key), value)
    return merged


def parse_patch(data: bytes) -> Mapping[str, Any]:
    """Read a merge patch: an object."""
    patch = decode(data)
    if not isinstance(patch, dict):
        raise Invalid(text("Endringen må være et JSON-objekt med feltene som skal endres."))
    return patch
