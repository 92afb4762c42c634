"""Addresses of kommuner that have moved: every one of them shows to the same place where it is."""

from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from sakark_api.rest.dependencies import Services
from sakark_api.rest.problems import TOLD, problem
from sakark_api.tenancy.kommune import Kommune
from sakark_api.texts import text

__all__ = ["Moved"]

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
