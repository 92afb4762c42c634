"""Every operation of the API, filled in with addresses and bodies that would do."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from tests.conftest import NOARK, PATCH, World

__all__ = ["LONG", "Operation", "Sent", "operations", "sent"]

LONG = 20
"""Size of the file whose upload is under way."""

_BODIES: Mapping[str, bytes] = {
    PATCH: b"{}",
    "*/*": b"0123456789",
    "application/json": b'"/molde/api/arkivstruktur/mappe/00000000-0000-4000-8000-000000000001/"',
    "text/uri-list": b"/molde/api/arkivstruktur/mappe/00000000-0000-4000-8000-000000000001/",
}


@dataclass(frozen=True)
class Operation:
    """One operation of the description: method and address template."""

    id: str
    method: str
    path: str
    kind: str | None
    schema: str | None
    open: bool
    statuses: frozenset[int]

    @property
    def package(self) -> str:
        return self.path.split("/")[3] if self.path.count("/") > 3 else ""

    @property
    def entity(self) -> str:
        return self.path.split("/")[4] if self.path.count("/") > 4 else ""

    @property
    def has_id(self) -> bool:
        return "{system_id}" in self.path

    @property
    def of_kommune(self) -> bool:
        """Tell whether it is a kommune's, and not the operator's."""
        return self.path.startswith("/{kommune}/")

    @property
    def writes(self) -> bool:
        return self.method != "GET"


@dataclass(frozen=True)
class Sent:
    """An operation filled in: what is put on the wire."""

    operation: Operation
    address: str
    body: bytes | None
    headers: Mapping[str, str] = field(default_factory=dict)


def operations(description: Mapping[str, Any]) -> Iterator[Operation]:
    """List every operation of an OpenAPI description."""
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {})
            kind = next(iter(content), None)
            reference = content[kind]["schema"].get("$ref", "") if kind else ""
            yield Operation(
                id=operation["operationId"],
                method=method.upper(),
                path=path,
                kind=kind,
                schema=reference.rpartition("/")[2] or None,
                open=operation.get("security") == [],
                statuses=frozenset(int(status) for status in operation["responses"]),
            )


def sent(
    operation: Operation,
    description: Mapping[str, Any],
    world: World,
    uploads: Mapping[str, str],
    kommune: str,
) -> Sent:
    """Fill an operation in with the ids of `world`, for the root of `kommune`."""
    unit = getattr(world, operation.entity, None) if operation.has_id else None
    address = operation.path.format(
        kommune=kommune,
        system_id=unit["systemID"] if unit else "",
        rest=uploads.get(operation.entity, ""),
        kode="A",
        dato="2026-01-31",
    )
    headers = {"If-Match": "*"} if operation.method in ("PUT", "PATCH") else {}
    if operation.kind is None:
        return Sent(operation, address, None, headers)
    if operation.kind == "*/*":
        headers |= {"Content-Type": "application/pdf", "Content-Range": f"0-9/{LONG}"}
    else:
        headers |= {"Content-Type": operation.kind}
    return Sent(operation, address, _body(operation, description), headers)


def _body(operation: Operation, description: Mapping[str, Any]) -> bytes:
    """Write the smallest body there is: what is required, each with a value of its type."""
    if operation.kind != NOARK:
        return _BODIES[str(operation.kind)]
    schemas = description["components"]["schemas"]
    schema = schemas[operation.schema]
    required = {name: schema["properties"][name] for name in schema.get("required", ())}
    return json.dumps({name: _example(one, schemas) for name, one in required.items()}).encode()


def _example(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    if "$ref" in schema:
        return {"kode": "1", "kodenavn": "1"}
    if schema.get("format") == "date-time":
        return "2026-12-17T10:00:00+01:00"
    if schema.get("type") == "string":
        return str(uuid4()) if schema.get("format") == "uuid" else "A"
    if schema.get("type") in ("integer", "number"):
        return 1
    if schema.get("type") == "boolean":
        return True
    choices = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    return _example(choices[0], schemas)
