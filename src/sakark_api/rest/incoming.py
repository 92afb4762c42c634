"""What every way of sending a file has in common: its headers, its limits and where it ends up."""

import re
from collections.abc import AsyncIterator
from typing import Any, Final
from urllib.parse import unquote_to_bytes
from uuid import UUID, uuid4

import msgspec
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from sakark_api.errors import (
    Conflict,
    Invalid,
    KeyReused,
    NotFound,
    TooLarge,
    UnsupportedMediaType,
)
from sakark_api.noark.resource import Change, Resource, StoredFile
from sakark_api.noark.structure import FileDoor
from sakark_api.rest.dependencies import Context
from sakark_api.rest.fetching import fetch
from sakark_api.rest.idempotency import has_come_before, once
from sakark_api.rest.units import unit_answer
from sakark_api.storage.documents import Stored
from sakark_api.texts import text

__all__ = [
    "filename_of",
    "keep_file",
    "length_of",
    "limited",
    "mime_type_of",
    "new_key",
    "refuse_file",
]

_EXTENDED_NAME: Final = re.compile(
    r";\s*filename\*\s*=\s*(?:utf-8|iso-8859-1)'[\w-]*'(?P<name>[^;\s]+)", re.IGNORECASE | re.ASCII
)
_PLAIN_NAME: Final = re.compile(
    r';\s*filename\s*=\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^;"\s]+))', re.IGNORECASE
)
_LONGEST_HEADER: Final = 2000
_LONGEST_NAME: Final = 255
_MIME: Final = re.compile(r"[\w.+!#$&^-]{1,127}/[\w.+!#$&^-]{1,127}", re.ASCII)


async def limited(request: Request, limit: int) -> AsyncIterator[bytes]:
    """Pass a body's bytes on; stop where a body without a length grows too large."""
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if limit and size > limit:
            raise TooLarge(
                text("Filen er større enn {grense} byte. Send den i deler.", grense=limit)
            )
        if piece:
            yield piece
    if size == 0:
        raise Invalid(text("Filen er tom. Send innholdet."))


async def refuse_file(
    context: Context,
    request: Request,
    resource: Resource[Any],
    door: FileDoor,
    unit_id: UUID,
    mime_type: str,
    size: int | None,
) -> None:
    """Let the rules stop an upload before its bytes are read, unless it was let in before."""
    if await has_come_before(context, request):
        return

    def look(session: Session) -> None:
        unit = fetch(session, resource, unit_id)
        door.refuse(context.change(session), unit, mime_type, size)

    async with context.transaction() as session:
        await session.run_sync(look)


async def keep_file(
    context: Context,
    request: Request,
    resource: Resource[Any],
    door: FileDoor,
    unit_id: UUID,
    stored: Stored,
    mime_type: str,
    filnavn: str | None,
) -> Response:
    """Tie stored bytes to their unit; throw away those that came before, or are refused."""
    file = StoredFile(stored.key, stored.size, stored.sha256, mime_type, filnavn)
    services = context.services

    def receive(change: Change) -> str:
        return str(services.commands.receive_file(change, resource, unit_id, door, file))

    content = msgspec.json.encode([mime_type, filnavn, stored.sha256])
    try:
        done = await once(context, request, content, receive)
    except Exception as error:
        # A lost connection may hide a commit that went through: then the bytes stay.
        if isinstance(error, Invalid | Conflict | KeyReused | NotFound):
            await services.documents.delete(stored.key)
        raise
    if done.again:
        await services.documents.delete(stored.key)
    return await unit_answer(context, door.holder, UUID(done.made), status=201)


def mime_type_of(header: str | None) -> str:
    """Read a media type without its parameters; a file must have one (415)."""
    kind = (header or "").partition(";")[0].strip().lower()
    if not _MIME.fullmatch(kind):
        raise UnsupportedMediaType(text("Send filens medietype, for eksempel application/pdf."))
    return kind


def length_of(request: Request) -> int | None:
    header = request.headers.get("content-length")
    return int(header) if header is not None and header.isdigit() else None


def filename_of(request: Request) -> str | None:
    """Read the file's name from Content-Disposition (RFC 6266), if there is one; never a path."""
    header = request.headers.get("content-disposition", "")[:_LONGEST_HEADER]
    extended, plain = _EXTENDED_NAME.search(header), _PLAIN_NAME.search(header)
    if extended is not None:
        name = unquote_to_bytes(extended["name"])
    elif plain is not None:
        quoted = re.sub(r"\\(.)", r"\1", plain["quoted"] or "")
        name = (quoted or plain["bare"] or "").encode("latin-1")
    else:
        return None
    written = re.split(r"[/\\]", _decoded(name))[-1]
    return "".join(filter(str.isprintable, written)).strip()[:_LONGEST_NAME] or None


def _decoded(name: bytes) -> str:
    """Read a name as UTF-8, or as the Latin-1 that headers once were in."""
    try:
        return name.decode()
    except UnicodeDecodeError:
        return name.decode("latin-1")


def new_key(context: Context) -> str:
    unique = uuid4().hex
    return f"{context.kommune.slug}/{context.services.clock().year}/{unique[:2]}/{unique}"
