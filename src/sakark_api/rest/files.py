"""Files: download, upload in one request, and upload in chunks (GUIDE 10)."""

import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from email.message import Message
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID, uuid4

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse

from sakark_api.errors import (
    Conflict,
    Invalid,
    NotAcceptable,
    NotFound,
    TooLarge,
    Unavailable,
    UnsupportedMediaType,
    UploadFailed,
)
from sakark_api.noark.opplasting import LIFETIME, Opplasting
from sakark_api.noark.resource import Resource, StoredFile
from sakark_api.noark.structure import FileDoor
from sakark_api.rest.commands import fetch
from sakark_api.rest.dependencies import Context, id_of
from sakark_api.rest.etag import is_current
from sakark_api.rest.media_types import accepts
from sakark_api.rest.problems import problem
from sakark_api.rest.units import unit_answer
from sakark_api.storage.documents import Stored
from sakark_api.texts import text

__all__ = ["cancel", "download", "progress", "receive", "upload"]

_MIME: Final = re.compile(r"[\w.+!#$&^-]{1,127}/[\w.+!#$&^-]{1,127}", re.ASCII)
_CONTENT_RANGE: Final = re.compile(r"(?:bytes )?(\d{1,18})-(\d{1,18})/(\d{1,18})", re.ASCII)
_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
_NO_FILE = text("Filen finnes ikke.")
_NO_SESSION = text("Overføringen finnes ikke, eller er utløpt. Begynn på nytt.")


async def download(context: Context, request: Request, resource: Resource[Any]) -> Response:
    """Give the bytes of a unit's file, or the part of them that Range asks for."""
    context.demand("read", resource.work)
    services = context.services
    rows = await services.reader.fetch(
        context.kommune.id,
        services.queries.one(resource),
        {"tenant": context.kommune.id, "id": id_of(request)},
    )
    if not rows or rows[0]["lagringsnoekkel"] is None:
        raise NotFound(_NO_FILE)
    row = rows[0]
    mime_type, size = row["mime_type"], row["filstoerrelse"]
    accept = request.headers.get("accept")
    if accept is not None and not accepts(accept, mime_type):
        raise NotAcceptable(text("Filen finnes bare som {type}. Rett Accept.", type=mime_type))
    tag = f'"{row["sjekksum"]}"'
    headers = _file_headers(tag, row["filnavn"])
    if is_current(request, tag):
        return Response(status_code=304, headers=headers)
    first, last = _asked_range(request, tag, size)
    if first > last:
        answer = problem(416, text("Området finnes ikke i filen."), request)
        answer.headers["content-range"] = f"bytes */{size}"
        return answer
    status = 200
    if (first, last) != (0, size - 1):
        status = 206
        headers["content-range"] = f"bytes {first}-{last}/{size}"
    headers["content-length"] = str(last - first + 1)
    stored_size = await _stored_size(context, row["lagringsnoekkel"])
    if stored_size != size:
        raise Unavailable(text("Filen er skadet i lageret. Meld fra til drift."))
    body = _bytes_of(context, row["lagringsnoekkel"], first, last)
    return StreamingResponse(body, status, headers, mime_type)


async def _stored_size(context: Context, key: str) -> int:
    try:
        return await context.services.documents.size(key)
    except NotFound:
        raise Unavailable(text("Filen mangler i lageret. Meld fra til drift.")) from None


async def _bytes_of(context: Context, key: str, first: int, last: int) -> AsyncIterator[bytes]:
    async with aclosing(context.services.documents.get(key, first, last)) as pieces:
        async for piece in pieces:
            yield piece


def _file_headers(tag: str, filnavn: str | None) -> dict[str, str]:
    named = f"; filename*=UTF-8''{quote(filnavn, safe='')}" if filnavn else ""
    return {
        "etag": tag,
        "accept-ranges": "bytes",
        "cache-control": "private, no-cache",
        "content-disposition": f"attachment{named}",
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox; default-src 'none'",
    }


def _asked_range(request: Request, tag: str, size: int) -> tuple[int, int]:
    """Give the first and last byte asked for; first after last when there are none such."""
    whole = (0, size - 1)
    header = request.headers.get("range")
    if header is None or request.headers.get("if-range", tag) != tag:
        return whole
    found = _RANGE.fullmatch(header.strip())
    if found is None or found.group(1, 2) == ("", ""):
        return whole
    first, last = found.group(1, 2)
    if not first:
        count = min(int(last), size)
        return (size - count, size - 1) if count else (size, size - 1)
    end = min(int(last), size - 1) if last else size - 1
    if last and int(last) < int(first):
        return whole
    return int(first), end


async def upload(
    context: Context, request: Request, resource: Resource[Any], door: FileDoor
) -> Response:
    """Take a whole file, or begin a session when only its size and type are given."""
    context.demand("create", door.holder.work)
    announced = request.headers.get("x-upload-content-length")
    if announced is not None:
        return await _begin_session(context, request, resource, door, announced)
    mime_type = _mime_type(request.headers.get("content-type"))
    length = _length(request)
    limit = context.services.settings.bulk_limit
    if length is not None and limit and length > limit:
        raise TooLarge(
            text(
                "Filen er større enn {grense} byte. Send den i deler (X-Upload-Content-Length).",
                grense=limit,
            )
        )
    if length == 0:
        raise Invalid(text("Filen er tom. Send innholdet."))
    unit_id = id_of(request)
    await _refuse(context, resource, door, unit_id, mime_type, length)
    key = _new_key(context)
    try:
        stored = await context.services.documents.put(key, _limited(request, limit))
    except ClientDisconnect:
        raise UploadFailed(text("Overføringen ble brutt. Send filen på nytt.")) from None
    return await _keep(context, resource, door, unit_id, stored, mime_type, _filename(request))


async def _limited(request: Request, limit: int) -> AsyncIterator[bytes]:
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


async def _refuse(
    context: Context,
    resource: Resource[Any],
    door: FileDoor,
    unit_id: UUID,
    mime_type: str,
    size: int | None,
) -> None:
    """Let the rules stop an upload before its bytes are read."""

    def look(session: Session) -> None:
        unit = fetch(session, resource, unit_id)
        door.refuse(context.change(session), unit, mime_type, size)

    async with context.services.writer.transaction(context.kommune.id) as session:
        await session.run_sync(look)


async def _keep(
    context: Context,
    resource: Resource[Any],
    door: FileDoor,
    unit_id: UUID,
    stored: Stored,
    mime_type: str,
    filnavn: str | None,
) -> Response:
    """Tie stored bytes to their unit; they are thrown away when the rules refuse them."""
    file = StoredFile(stored.key, stored.size, stored.sha256, mime_type, filnavn)
    services = context.services
    try:
        async with services.writer.transaction(context.kommune.id) as session:
            holder_id = await session.run_sync(
                lambda sync: services.commands.receive_file(
                    context.change(sync), resource, unit_id, door, file
                )
            )
    except Exception as error:
        # A lost connection may hide a commit that went through: then the bytes stay.
        if isinstance(error, Invalid | Conflict | NotFound):
            await services.documents.delete(stored.key)
        raise
    return await unit_answer(context, door.holder, holder_id, status=201)


async def _begin_session(
    context: Context, request: Request, resource: Resource[Any], door: FileDoor, announced: str
) -> Response:
    """Begin the upload of a large file: 200 and the address of its first chunk."""
    if not (announced.isascii() and announced.isdigit() and 0 < len(announced) < 19):  # noqa: PLR2004
        raise Invalid(text("X-Upload-Content-Length må være filens størrelse i byte."))
    size = int(announced)
    limit = context.services.settings.upload_limit
    if size > limit:
        raise TooLarge(
            text("Filen er større enn {grense} byte, som er det meste vi tar.", grense=limit)
        )
    if size == 0 or _length(request):
        raise Invalid(text("Begynn med Content-Length 0 og X-Upload-Content-Length over 0."))
    mime_type = _mime_type(request.headers.get("x-upload-content-type"))
    unit_id = id_of(request)
    await _refuse(context, resource, door, unit_id, mime_type, size)
    now = context.services.clock()
    session_row = Opplasting(
        tenant_id=context.kommune.id,
        id=uuid4(),
        type=resource.name,
        unit_id=unit_id,
        actor_id=context.actor.system_id,
        mime_type=mime_type,
        filnavn=_filename(request),
        size=size,
        received=0,
        parts=[],
        expires=now + LIFETIME,
    )
    async with context.services.writer.transaction(context.kommune.id) as session:
        forgotten = await session.run_sync(_forget_expired, context)
        session.add(session_row)
    for key in forgotten:
        await context.services.documents.delete(key)
    headers = {"location": _session_address(context, session_row)}
    return Response(status_code=200, headers=headers)


def _forget_expired(session: Session, context: Context) -> list[str]:
    """Delete sessions that nobody finished; give the keys of what had come."""
    expired = (
        Opplasting.tenant_id == context.kommune.id,
        Opplasting.expires < context.services.clock(),
    )
    keys = [
        key for parts in session.scalars(select(Opplasting.parts).where(*expired)) for key in parts
    ]
    session.execute(delete(Opplasting).where(*expired))
    return keys


def _session_address(context: Context, row: Opplasting) -> str:
    resource = context.services.catalog.by_name[row.type]
    return f"{context.base}{resource.package}/{resource.name}/{row.unit_id}/fil/{row.id}/"


@dataclass(frozen=True)
class Chunk:
    """A part of a large file: its first and last byte."""

    first: int
    last: int


async def receive(
    context: Context, request: Request, resource: Resource[Any], door: FileDoor
) -> Response:
    """Take the next chunk of a large file; the last one makes the file (201)."""
    context.demand("create", door.holder.work)
    row = await _session_of(context, request, resource)
    chunk = _chunk(request, row)
    limit = context.services.settings.bulk_limit
    if limit and chunk.last - chunk.first + 1 > limit:
        raise TooLarge(text("Delen er større enn {grense} byte. Send mindre deler.", grense=limit))
    if chunk.first != row.received:
        if chunk.first < row.received == chunk.last + 1:
            return _progress_answer(context, row, 200)
        raise OutOfOrder(row.received)
    stored = await _store_chunk(context, request, row, chunk)
    row = await _remember_chunk(context, row, chunk, stored)
    if row.received < row.size:
        return _progress_answer(context, row, 200)
    return await _finish(context, resource, door, row)


class OutOfOrder(Conflict):
    """A chunk that does not begin where the last one ended."""

    def __init__(self, received: int) -> None:
        super().__init__(
            text("Delen begynner ikke der forrige sluttet. Neste byte er {neste}.", neste=received)
        )


def _chunk(request: Request, row: Opplasting) -> Chunk:
    found = _CONTENT_RANGE.fullmatch(request.headers.get("content-range", "").strip())
    if found is None:
        raise Invalid(
            text("Content-Range må være første-siste/alle, for eksempel 0-524287/2000000.")
        )
    first, last, total = (int(number) for number in found.groups())
    if total != row.size or not first <= last < total:
        raise Invalid(
            text("Content-Range passer ikke med filens størrelse, {alle} byte.", alle=row.size)
        )
    if _length(request) != last - first + 1:
        raise Invalid(text("Content-Length må være antall byte i delen."))
    return Chunk(first, last)


async def _store_chunk(context: Context, request: Request, row: Opplasting, chunk: Chunk) -> Stored:
    key = f"{context.kommune.slug}/opplasting/{row.id}/{chunk.first:018d}-{uuid4().hex}"
    try:
        return await context.services.documents.put(key, _limited(request, 0))
    except ClientDisconnect:
        raise UploadFailed(text("Overføringen ble brutt. Send delen på nytt.")) from None


async def _remember_chunk(
    context: Context, row: Opplasting, chunk: Chunk, stored: Stored
) -> Opplasting:
    """Note that a chunk has come, unless somebody was first with it."""
    async with context.services.writer.transaction(context.kommune.id) as session:
        current = await session.get(Opplasting, (context.kommune.id, row.id), with_for_update=True)
        if current is not None and current.received == chunk.first:
            current.parts = [*current.parts, stored.key]
            current.received = chunk.last + 1
            return current
    await context.services.documents.delete(stored.key)
    if current is None:
        raise NotFound(_NO_SESSION)
    raise OutOfOrder(current.received)


async def _finish(
    context: Context, resource: Resource[Any], door: FileDoor, row: Opplasting
) -> Response:
    """Put the chunks together under the file's own key, and tie it to its unit."""
    documents = context.services.documents

    async def together() -> AsyncIterator[bytes]:
        for key in row.parts:
            async with aclosing(documents.get(key)) as pieces:
                async for piece in pieces:
                    yield piece

    stored = await documents.put(_new_key(context), together())
    try:
        return await _keep(context, resource, door, row.unit_id, stored, row.mime_type, row.filnavn)
    finally:
        await _forget(context, row)


async def _forget(context: Context, row: Opplasting) -> None:
    async with context.services.writer.transaction(context.kommune.id) as session:
        await session.execute(
            delete(Opplasting).where(
                Opplasting.tenant_id == context.kommune.id, Opplasting.id == row.id
            )
        )
    for key in row.parts:
        await context.services.documents.delete(key)


async def progress(
    context: Context, request: Request, resource: Resource[Any], door: FileDoor
) -> Response:
    """Tell how much of a large file has come (Range), for one who lost count."""
    context.demand("create", door.holder.work)
    return _progress_answer(context, await _session_of(context, request, resource), 200)


async def cancel(
    context: Context, request: Request, resource: Resource[Any], door: FileDoor
) -> Response:
    """Give up the upload of a large file."""
    context.demand("create", door.holder.work)
    await _forget(context, await _session_of(context, request, resource))
    return Response(status_code=204)


async def _session_of(context: Context, request: Request, resource: Resource[Any]) -> Opplasting:
    """Find a session of this unit that the caller began; NotFound when there is none such."""
    try:
        session_id = UUID(request.path_params["rest"])
    except ValueError:
        raise NotFound(_NO_SESSION) from None
    async with context.services.writer.transaction(context.kommune.id) as session:
        row = await session.get(Opplasting, (context.kommune.id, session_id))
    is_here = row is not None and (row.type, row.unit_id) == (resource.name, id_of(request))
    if row is None or not is_here or row.actor_id != context.actor.system_id:
        raise NotFound(_NO_SESSION)
    if row.expires < context.services.clock():
        raise NotFound(_NO_SESSION)
    return row


def _progress_answer(context: Context, row: Opplasting, status: int) -> Response:
    headers = {"location": _session_address(context, row)}
    if row.received:
        headers["range"] = f"0-{row.received - 1}"
    return Response(status_code=status, headers=headers)


def _mime_type(header: str | None) -> str:
    """Read a media type without its parameters; a file must have one (415)."""
    kind = (header or "").partition(";")[0].strip().lower()
    if not _MIME.fullmatch(kind):
        raise UnsupportedMediaType(text("Send filens medietype, for eksempel application/pdf."))
    return kind


def _length(request: Request) -> int | None:
    header = request.headers.get("content-length")
    return int(header) if header is not None and header.isdigit() else None


def _filename(request: Request) -> str | None:
    """Read the file's name from Content-Disposition, if the client gave one; never a path."""
    header = request.headers.get("content-disposition")
    if header is None:
        return None
    message = Message()
    message["content-disposition"] = header
    name = message.get_filename()
    return re.split(r"[/\\]", name)[-1][:255] or None if name else None


def _new_key(context: Context) -> str:
    unique = uuid4().hex
    return f"{context.kommune.slug}/{context.services.clock().year}/{unique[:2]}/{unique}"
