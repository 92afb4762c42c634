"""Addresses of kommuner that have moved: every one of them shows to the same place where it is."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sakark_api.db.reader import Statement
from sakark_api.rest.dependencies import Context, Services, id_of
from sakark_api.rest.problems import TOLD, problem
from sakark_api.tenancy.kommune import Kommune
from sakark_api.tenancy.utflyttet import whereto
from sakark_api.texts import text

__all__ = ["Moved", "show_onwards"]

_MOVED: Final = 308
"""Permanent, and the method and the body go along (RFC 9110, 15.4.9)."""
_API: Final = "api"


class Moved:
    """Answers for kommuner that are elsewhere now, whatever is asked of which address below."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        raw = scope.get("raw_path", scope["path"].encode()).decode("ascii", "replace")
        first, mark, rest = raw.removeprefix(scope.get("root_path", ""))[1:].partition(f"/{_API}")
        kommune = await _find(scope, first) if mark and rest[:1] in ("", "/") else None
        if kommune is None or kommune.flyttet_til is None:
            await self._app(scope, receive, send)
            return
        query = scope["query_string"].decode("ascii", "replace")
        address = kommune.flyttet_til + rest.removeprefix("/") + (f"?{query}" if query else "")
        request = Request(scope)
        request.state.maalform = kommune.maalform
        sentence = text("Kommunen er flyttet til {adresse}.", adresse=kommune.flyttet_til)
        answer = problem(_MOVED, sentence, request)
        answer.headers["location"] = address
        await answer(scope, receive, send)


async def _find(scope: Scope, slug: str) -> Kommune | None:
    """Find a kommune; none where the registry cannot be read: what is asked next tells."""
    services: Services = scope["app"].state.services
    try:
        return (await services.registry.current()).get(slug)
    except TOLD:
        return None


_WHERETO: Final = Statement.compile(whereto(), looks_up=True)


async def show_onwards(context: Context, request: Request) -> Response | None:
    """Show to where a unit is that is not here, if it has gone to another kommune.

    Only to callers who would have seen it whatever it was: to others it is as if it never was.
    """
    if not context.is_whole:
        return None
    found = await context.services.reader.fetch(
        context.kommune.id, _WHERETO, context.values(id=id_of(request))
    )
    if not found:
        return None
    root = f"{context.base.removesuffix(f'{context.kommune.slug}/{_API}/')}{found[0][0]}/{_API}/"
    query = request.scope["query_string"].decode("ascii", "replace")
    rest = request.scope["path"].split(f"/{_API}/", 1)[1]
    address = f"{root}{rest}" + (f"?{query}" if query else "")
    answer = problem(_MOVED, text("Enheten er flyttet til {adresse}.", adresse=address), request)
    answer.headers["location"] = address
    return answer
