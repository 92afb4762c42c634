"""The operator's routes to sandboxes."""

from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import Response

from sakark_api.drift.bodies import NySandkasse, SandkasseAnswer, SandkasseListAnswer
from sakark_api.drift.context import DriftContext, answer, received
from sakark_api.drift.sandkasse import (
    Sandkasse,
    Wanted,
    list_sandboxes,
    make_sandbox,
    throw_away_sandbox,
)
from sakark_api.rest.dependencies import public_url

__all__ = ["delete_sandbox", "list_all", "post_sandbox"]


def _shown(request: Request, one: Sandkasse) -> SandkasseAnswer:
    return SandkasseAnswer(**asdict(one), adresse=f"{public_url(request)}/{one.slug}/api/")


async def list_all(context: DriftContext, request: Request) -> Response:
    found = await context.read(list_sandboxes)
    results = [_shown(request, one) for one in found]
    return answer(request, SandkasseListAnswer(count=len(results), results=results))


async def post_sandbox(context: DriftContext, request: Request) -> Response:
    """Make a sandbox with invented content; answers when it can be used."""
    body = await received(context, request, NySandkasse)
    made = await make_sandbox(context.drift.tools, context.who, Wanted(**body.model_dump()))
    context.drift.services.registry.forget()
    return answer(request, _shown(request, made), 201)


async def delete_sandbox(context: DriftContext, request: Request) -> Response:
    """Throw a sandbox away with all its content; no other kommune can be.

    Answers 202 when it is shut, and the sweep has to take it out of tables that others hold.
    """
    slug = request.path_params["slug"].replace("\x00", "?")
    gone = await throw_away_sandbox(context.drift.tools, context.who, slug)
    context.drift.services.registry.forget()
    return Response(status_code=204 if gone else 202)
