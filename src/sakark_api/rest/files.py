"""Files: download, and upload in one request (GUIDE 10)."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any, Final
from urllib.parse import quote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse

from sakark_api.errors import (
    Gone,
    Invalid,
    NotAcceptable,
    NotFound,
    StorageUnavailable,
    TooLarge,
    UploadFailed,
)
from sakark_api.noark.resource import Resource, StoredFile
from sakark_api.noark.structure import FileDoor
from sakark_api.rest.chunks import begin
from sakark_api.rest.dependencies import Context, id_of
from sakark_api.rest.etag import is_current
from sakark_api.rest.incoming import (
    filename_of,
    keep_file,
    length_of,
    limited,
    mime_type_of,
    new_key,
    refuse_file,
)
from sakark_api.rest.media_types import accepts
from sakark_api.rest.problems import problem
from sakark_api.rest.reading import log_file_shown
from sakark_api.rest.redirect import address_of_file, redirect
from sakark_api.rest.schema import FILE_ADDRESS
from sakark_api.texts import Text, text

__all__ = ["download", "preview", "send_file", "upload"]

_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
_NO_FILE = text("Filen finnes ikke.")
_NO_PREVIEW = text(
    "Her er ingen forhåndsvisning. Den lages like etter at filen er kommet, av formater som kan"
    " vises; hent filen i stedet."
)
_DISPOSED = text("Filen er kassert og finnes ikke lenger. Opplysningene om den er beholdt.")
_PNG: Final = "image/png"
PREVIEW: Final = "forhaandsvisning"
"""What the log calls a picture of a file."""


_PROTECTED: Final = {
    "cache-control": "private, no-cache",
    "content-security-policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
}
"""What every answer with bytes of a file says to the browser."""


async def download(context: Context, request: Request, resource: Resource[Any]) -> Response:
    """Give the bytes of a unit's file, or the part of them that Range asks for."""
    row = await _filed(context, request, resource, _NO_FILE)
    file = StoredFile(
        row["lagringsnoekkel"],
        row["filstoerrelse"],
        row["sjekksum"],
        row["mime_type"],
        row["filnavn"],
    )

    async def shown(headers: Mapping[str, str]) -> Response | None:
        await log_file_shown(context, row, FILE_ADDRESS)
        place = headers["content-disposition"]
        address = await address_of_file(context, request, resource, row, place)
        return None if address is None else redirect(address)

    return await send_file(context, request, file, shown)


async def send_file(
    context: Context,
    request: Request,
    file: StoredFile,
    shown: Callable[[Mapping[str, str]], Awaitable[Response | None]],
) -> Response:
    """Give a file in storage, or the part of it that Range asks for.

    `shown` is done before the first byte, and may give another answer instead. Raises
    `NotAcceptable`, and `Unavailable` for what the storage does not have as it was stored.
    """
    accept = request.headers.get("accept")
    if accept is not None and not accepts(accept, file.mime_type):
        raise NotAcceptable(text("Filen finnes bare som {type}. Rett Accept.", type=file.mime_type))
    tag = f'"{file.sha256}"'
    headers = _file_headers(tag, file.filnavn)
    if is_current(request, tag):
        return Response(status_code=304, headers=headers)
    first, last = _asked_range(request, tag, file.size)
    if first > last:
        answer = problem(416, text("Området finnes ikke i filen."), request)
        answer.headers["content-range"] = f"bytes */{file.size}"
        return answer
    status = 200
    if (first, last) != (0, file.size - 1):
        status = 206
        headers["content-range"] = f"bytes {first}-{last}/{file.size}"
    headers["content-length"] = str(last - first + 1)
    if await _stored_size(context, file.key) != file.size:
        raise StorageUnavailable(text("Filen er skadet i lageret. Meld fra til drift."))
    instead = await shown(headers)
    if instead is not None:
        return instead
    body = _bytes_of(context, file.key, first, last)
    return StreamingResponse(body, status, headers, file.mime_type)


async def preview(context: Context, request: Request, resource: Resource[Any]) -> Response:
    """Give a picture (PNG) of the first page of a unit's file, to whom may have the file."""
    row = await _filed(context, request, resource, _NO_PREVIEW)
    found = await context.services.reader.fetch(
        context.kommune.id, context.queries.preview(), context.values(id=id_of(request))
    )
    if not found:
        raise NotFound(_NO_PREVIEW)
    key, size, checksum = found[0]
    if not accepts(request.headers.get("accept") or _PNG, _PNG):
        raise NotAcceptable(
            text("Forhåndsvisningen finnes bare som {type}. Rett Accept.", type=_PNG)
        )
    headers = {**_PROTECTED, "etag": f'"{checksum}"', "content-disposition": "inline"}
    if is_current(request, headers["etag"]):
        return Response(status_code=304, headers=headers)
    if await _stored_size(context, key) != size:
        raise StorageUnavailable(text("Filen er skadet i lageret. Meld fra til drift."))
    await log_file_shown(context, row, PREVIEW)
    headers["content-length"] = str(size)
    return StreamingResponse(_bytes_of(context, key, 0, size - 1), 200, headers, _PNG)


async def _filed(context: Context, request: Request, resource: Resource[Any], missing: Text) -> Any:
    """Find a unit whose file the caller may have; to others it is as if there were none (M503).

    Raises `Gone` where the file has been disposed of.
    """
    context.demand("read", resource.work)
    rows = await context.services.reader.fetch(
        context.kommune.id, context.queries.one(resource), context.values(id=id_of(request))
    )
    if rows and rows[0]["destruert"] is not None:
        raise Gone(_DISPOSED)
    if not rows or rows[0]["lagringsnoekkel"] is None:
        raise NotFound(missing)
    return rows[0]


async def _stored_size(context: Context, key: str) -> int:
    try:
        return await context.services.documents.size(key)
    except NotFound:
        raise StorageUnavailable(text("Filen mangler i lageret. Meld fra til drift.")) from None


async def _bytes_of(context: Context, key: str, first: int, last: int) -> AsyncIterator[bytes]:
    async with aclosing(context.services.documents.get(key, first, last)) as pieces:
        async for piece in pieces:
            yield piece


def _file_headers(tag: str, filnavn: str | None) -> dict[str, str]:
    named = f"; filename*=UTF-8''{quote(filnavn, safe='')}" if filnavn else ""
    return {
        **_PROTECTED,
        "etag": tag,
        "accept-ranges": "bytes",
        "content-disposition": f"attachment{named}",
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
        return await begin(context, request, resource, door, announced)
    mime_type = mime_type_of(request.headers.get("content-type"))
    length = length_of(request)
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
    await refuse_file(context, request, resource, door, unit_id, mime_type, length)
    key = new_key(context)
    try:
        stored = await context.services.documents.put(key, limited(request, limit))
    except ClientDisconnect:
        raise UploadFailed(text("Overføringen ble brutt. Send filen på nytt.")) from None
    return await keep_file(
        context, request, resource, door, unit_id, stored, mime_type, filename_of(request)
    )
