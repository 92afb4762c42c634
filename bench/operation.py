"""The operations that are measured, and what each may cost."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from bench.archive import KOMMUNE, NOARK, POST, Archive

from sakark_api.noark.catalog import CATALOG
from sakark_api.noark.resource import Resource

__all__ = ["Operation", "operations", "request_of"]

BYTES = "application/octet-stream"
JOURNALPOST = json.dumps(POST).encode()
MEGABYTE = bytes(range(256)) * 4096
UNKNOWN = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True, eq=False)
class Operation:
    """Requests that are sent in turn, the status they are answered with, and their budget."""

    name: str
    port: int
    requests: Sequence[bytes]
    status: int = 200
    budget: float | None = None
    """CPU time of the API process, in times that of the empty endpoint (ARCHITECTURE 4)."""
    statements: int | None = None
    """SQL statements, BEGIN and COMMIT apart."""


def operations(archive: Archive, port: int, empty_port: int, token: str) -> list[Operation]:
    """List what is measured; the empty endpoint, which all is compared with, first."""
    api = f"/{KOMMUNE}/api"
    posts = [f"{api}/sakarkiv/journalpost/{one}/" for one in archive.journalposter]
    headers = {
        "Host": f"127.0.0.1:{port}",
        "Authorization": f"Bearer {token}",
        "Accept": NOARK,
    }

    def get(*paths: str) -> list[bytes]:
        return [request_of("GET", path, headers) for path in paths]

    def get_anew(path: str, etag: str) -> bytes:
        return request_of("GET", path, {**headers, "If-None-Match": etag})

    def post(path: str, kind: str, body: bytes) -> bytes:
        return request_of("POST", path, {**headers, "Content-Type": kind}, body)

    def unknown(resource: Resource[Any]) -> list[bytes]:
        return get(f"{api}/{resource.package}/{resource.name}/{UNKNOWN}/")

    first, last = CATALOG.resources[0], CATALOG.resources[-1]
    return [
        # With the same headers to parse.
        Operation("tomt endepunkt", empty_port, get("/")),
        Operation("GET én journalpost", port, get(*posts), budget=5, statements=1),
        Operation(
            "GET én, If-None-Match (304)",
            port,
            [get_anew(path, etag) for path, etag in zip(posts, archive.etags, strict=True)],
            status=304,
            budget=4,
            statements=1,
        ),
        Operation(
            "liste, 25 journalposter",
            port,
            get(f"{api}/sakarkiv/journalpost/?{_query('2020-01-01')}"),
            budget=9,
            statements=2,
        ),
        Operation(
            "liste, nye verdier hver gang",
            port,
            get(*(f"{api}/sakarkiv/journalpost/?{_query(moment)}" for moment in _moments())),
            budget=9,
            statements=2,
        ),
        Operation(
            "POST journalpost",
            port,
            [
                post(f"{api}/sakarkiv/saksmappe/{one}/ny-journalpost/", NOARK, JOURNALPOST)
                for one in archive.saksmapper
            ],
            status=201,
            budget=14,
            statements=6,
        ),
        Operation(
            "POST fil, 1 MB",
            port,
            [
                post(f"{api}/arkivstruktur/dokumentbeskrivelse/{one}/fil/", BYTES, MEGABYTE)
                for one in archive.documents
            ],
            status=201,
        ),
        # The same work but for the place of the resource among all: the figures should be equal.
        Operation(f"404, første ressurs ({first.name})", port, unknown(first), status=404),
        Operation(f"404, siste ressurs ({last.name})", port, unknown(last), status=404),
    ]


def _query(moment: str) -> str:
    wanted = quote(f"journalstatus/kode eq 'J' and journaldato ge {moment}")
    return f"$filter={wanted}&$orderby={quote('journaldato desc')}&$top=25"


def _moments() -> Iterator[str]:
    """Give more values than the service remembers queries, so that each is read anew."""
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    for minute in range(5000):
        yield f"{begin + timedelta(minutes=minute):%Y-%m-%dT%H:%M:%SZ}"


def request_of(method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    lines = {**headers, **({"Content-Length": str(len(body))} if body else {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body
