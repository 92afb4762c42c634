"""Files straight from the storage, for clients who ask for their address instead of their bytes.

Whoever has such an address may fetch the file while it holds, and the log knows only to whom it was
given. So it is given of files that nobody needs a clearance for and that are not blocked, and of no
others (ADR 0042).
"""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from sakark_api.noark.resource import Resource
from sakark_api.rest.dependencies import Context, id_of
from sakark_api.rest.family import SCREENED

__all__ = ["address_of_file", "redirect"]

PREFERENCE: Final = "redirect"


async def address_of_file(
    context: Context, request: Request, resource: Resource[Any], row: Any, disposition: str
) -> str | None:
    """Give the address of a whole file's bytes, if it is asked for and may be given."""
    services = context.services
    seconds = services.settings.s3_presigned_seconds
    if not seconds or not _prefers_redirect(request) or "range" in request.headers:
        return None
    if row[SCREENED] or not await _is_for_anybody(context, request, resource):
        return None
    return await services.documents.address(
        row["lagringsnoekkel"], seconds, row["mime_type"], disposition
    )


def redirect(address: str) -> Response:
    """Send a client to the storage."""
    headers = {
        "location": address,
        "preference-applied": PREFERENCE,
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
    }
    return Response(status_code=307, headers=headers)


def _prefers_redirect(request: Request) -> bool:
    """Tell whether the client takes a redirect (RFC 7240)."""
    asked = ",".join(request.headers.getlist("prefer")).split(",")
    return PREFERENCE in (one.partition(";")[0].strip().lower() for one in asked)


async def _is_for_anybody(context: Context, request: Request, resource: Resource[Any]) -> bool:
    """Tell whether the caller would see the unit with no clearance, nor what is blocked."""
    reach = context.reach
    queries = context.services.queries(cleared=context.cleared, whole=False)
    found = await context.services.reader.fetch(
        context.kommune.id,
        queries.one(resource),
        context.values(
            id=id_of(request), reach_clearance=0, reach_barred=sorted(reach.barred | reach.blocked)
        ),
    )
    return bool(found)
