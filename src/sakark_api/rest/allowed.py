"""What the caller may do with a unit here and now, for those who show buttons (GUIDE 16)."""

from typing import Any

import msgspec
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from sakark_api.errors import NotFound
from sakark_api.noark.resource import Resource
from sakark_api.rest.dependencies import Context, id_of
from sakark_api.rest.links import ALLOWED_REL, Link, render
from sakark_api.rest.media_types import NOARK, refuse_unacceptable
from sakark_api.texts import text

__all__ = ["Lovlig", "read_allowed"]


class Lovlig(BaseModel):
    """Hva brukeren kan gjøre med en enhet."""

    model_config = ConfigDict(frozen=True)

    les: bool = Field(description=str(text("Se enheten")))
    ny: bool = Field(description=str(text("Opprette noe i enheten")))
    endre: bool = Field(description=str(text("Endre enheten")))
    slett: bool = Field(description=str(text("Slette enheten")))


async def read_allowed(context: Context, request: Request, resource: Resource[Any]) -> Response:
    """Tell what the caller's role and rights give here, and what the unit's state leaves of it.

    A rule of the unit's own may still refuse a change or a deletion; it then says why.
    """
    refuse_unacceptable(request)
    context.demand("read", resource.work)
    rows = await context.services.reader.fetch(
        context.kommune.id, context.queries.allowed(resource), context.values(id=id_of(request))
    )
    if not rows:
        raise NotFound(text("Enheten finnes ikke."))
    ny, endre, slett = map(bool, rows[0])
    offers = context.services.catalog.offers(resource)
    allowed = Lovlig(
        les=True,
        ny=ny and any(context.may("create", one.made.work) for one in offers),
        endre=endre and context.may("change", resource.work),
        slett=slett and context.may("delete", resource.work),
    )
    headers = {"cache-control": "private, no-store", "vary": "Authorization, Accept"}
    address = f"{context.base}{request.scope['path'].split('/api/', 1)[1].rstrip('/')}/"
    links = msgspec.Raw(render([Link("self", address), Link(ALLOWED_REL, address)]))
    body = {**allowed.model_dump(), "_links": links}
    return Response(msgspec.json.encode(body), 200, headers, NOARK)
