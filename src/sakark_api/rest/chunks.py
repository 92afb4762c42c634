"""Large files in chunks: a session that takes one chunk after the other (GUIDE 10)."""

import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import delete
from sqlalchemy.orm import Session
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from sakark_api.errors import Conflict, Invalid, NotFound, TooLarge, UploadFailed
from sakark_api.noark.opplasting import LIFETIME, Opplasting, forget_expired
from sakark_api.noark.resource import Change, Resource, StoredFile
from sakark_api.noark.structure import FileDoor
from sakark_api.rest.dependencies import Context, id_of
from sakark_api.rest.idempotency import once
from sakark_api.rest.incoming import (
    filename_of,
    length_of,
    limited,
    mime_type_of,
    new_key,
    refuse_file,
)
from sakark_api.rest.units import unit_answer
from sakark_api.storage.documents import Stored
from sakark_api.texts import text

__all__ = ["begin", "cancel", "progress", "receive"]

_CONTENT_RANGE: Final = re.compile(r"(?:bytes )?(\d{1,18})-(\d{1,18})/(\d{1,18})", re.ASCII)
_NO_SESSION = text("Overføringen finnes ikke, eller er utløpt. Begynn på nytt.")


async def begin(
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
    if size == 0 or length_of(request):
        raise Invalid(text("Begynn med Content-Length 0 og X-Upload-Content-Length over 0."))
    mime_type = mime_type_of(request.headers.get("x-upload-content-type"))
    unit_id = id_of(request)
    await refuse_file(context, request, resource, door, unit_id, mime_type, size)
    now, filnavn = context.services.clock(), filename_of(request)
    session_row = Opplasting(
        tenant_id=context.kommune.id,
        id=uuid4(),
        type=resource.name,
        unit_id=unit_id,
        actor_id=context.actor.system_id,
        mime_type=mime_type,
        filnavn=filnavn,
        size=size,
        received=0,
        parts=[],
        expires=now + LIFETIME,
    )
    forgotten: list[str] = []

    def make(change: Change) -> str:
        forgotten.extend(forget_expired(change.session, now))
        change.session.add(session_row)
        return str(session_row.id)

    content = msgspec.json.encode([mime_type, filnavn, size])
    done = await once(context, request, content, make)
    for key in forgotten:
        await context.services.documents.delete(key)
    headers = {"location": _session_address(context, resource, unit_id, done.made)}
    return Response(status_code=200, headers=headers)


def _session_address(
    context: Context, resource: Resource[Any], unit_id: UUID, session_id: str
) -> str:
    return f"{context.base}{resource.package}/{resource.name}/{unit_id}/fil/{session_id}/"


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
            return await _answer_again(context, request, resource, door, row)
        raise _out_of_order(row.received)
    stored = await _store_chunk(context, request, row, chunk)
    row = await _remember_chunk(context, row, chunk, stored)
    if row.received < row.size:
        return _progress_answer(context, row, 200)
    return await _finish(context, request, resource, door, row)


async def _answer_again(
    context: Context, request: Request, resource: Resource[Any], door: FileDoor, row: Opplasting
) -> Response:
    """Answer a chunk that has come before: its answer was lost, or we were stopped before it."""
    if row.received < row.size:
        return _progress_answer(context, row, 200)
    if row.laget is not None:
        return await unit_answer(context, door.holder, row.laget, status=201)
    return await _finish(context, request, resource, door, row)


def _out_of_order(received: int) -> Conflict:
    """Say where the next chunk must begin."""
    sentence = text(
        "Delen begynner ikke der forrige sluttet. Neste byte er {neste}.", neste=received
    )
    return Conflict(sentence, range=f"0-{received - 1}") if received else Conflict(sentence)


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
    if length_of(request) != last - first + 1:
        raise Invalid(text("Content-Length må være antall byte i delen."))
    return Chunk(first, last)


async def _store_chunk(context: Context, request: Request, row: Opplasting, chunk: Chunk) -> Stored:
    key = f"{context.kommune.slug}/opplasting/{row.id}/{chunk.first:018d}-{uuid4().hex}"
    try:
        return await context.services.documents.put(key, limited(request, 0), temporary=True)
    except ClientDisconnect:
        raise UploadFailed(text("Overføringen ble brutt. Send delen på nytt.")) from None


async def _remember_chunk(
    context: Context, row: Opplasting, chunk: Chunk, stored: Stored
) -> Opplasting:
    """Note that a chunk has come, unless somebody was first with it."""
    async with context.transaction() as session:
        current = await session.get(Opplasting, (context.kommune.id, row.id), with_for_update=True)
        if current is not None and current.received == chunk.first:
            current.parts = [*current.parts, stored.key]
            current.received = chunk.last + 1
            return current
    await context.services.documents.delete(stored.key)
    if current is None:
        raise NotFound(_NO_SESSION)
    raise _out_of_order(current.received)


async def _finish(
    context: Context, request: Request, resource: Resource[Any], door: FileDoor, row: Opplasting
) -> Response:
    """Put the chunks together under the file's own key, and tie it to its unit."""
    documents = context.services.documents

    async def together() -> AsyncIterator[bytes]:
        for key in row.parts:
            async with aclosing(documents.get(key)) as pieces:
                async for piece in pieces:
                    yield piece

    try:
        stored = await documents.put(new_key(context), together())
    except NotFound:
        # The same chunk came twice, and the other one was first: its file is there.
        row = await _session_of(context, request, resource)
        if row.laget is None:
            raise
        return await unit_answer(context, door.holder, row.laget, status=201)
    made = await _keep(context, resource, door, row, stored)
    return await unit_answer(context, door.holder, made, status=201)


async def _keep(
    context: Context, resource: Resource[Any], door: FileDoor, row: Opplasting, stored: Stored
) -> UUID:
    """Make the file of a session, which remembers it: a chunk that comes again makes no other.

    What the rules refuse ends the session. After other errors it stays, with the bytes: they may
    hide a commit that went through, and the last chunk can be sent again.
    """
    file = StoredFile(stored.key, stored.size, stored.sha256, row.mime_type, row.filnavn)
    receive = context.services.commands.receive_file

    def act(session: Session) -> tuple[UUID, bool]:
        current = session.get(Opplasting, (row.tenant_id, row.id), with_for_update=True)
        if current is None:
            raise NotFound(_NO_SESSION)
        if current.laget is not None:
            return current.laget, False
        current.laget = receive(context.change(session), resource, row.unit_id, door, file)
        return current.laget, True

    try:
        async with context.transaction() as session:
            made, is_new = await session.run_sync(act)
    except (Invalid, Conflict, NotFound):
        await context.services.documents.delete(stored.key)
        await _forget(context, row)
        raise
    for key in row.parts if is_new else [stored.key]:
        await context.services.documents.delete(key)
    return made


async def _forget(context: Context, row: Opplasting) -> None:
    async with context.transaction() as session:
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
    async with context.transaction() as session:
        row = await session.get(Opplasting, (context.kommune.id, session_id))
    is_here = row is not None and (row.type, row.unit_id) == (resource.name, id_of(request))
    if row is None or not is_here or row.actor_id != context.actor.system_id:
        raise NotFound(_NO_SESSION)
    if row.expires < context.services.clock():
        raise NotFound(_NO_SESSION)
    return row


def _progress_answer(context: Context, row: Opplasting, status: int) -> Response:
    resource = context.services.catalog.by_name[row.type]
    headers = {"location": _session_address(context, resource, row.unit_id, str(row.id))}
    if row.received:
        headers["range"] = f"0-{row.received - 1}"
    return Response(status_code=status, headers=headers)
