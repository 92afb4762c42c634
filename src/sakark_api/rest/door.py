"""At the door: how large a request's head may be, and how often those without a token may come."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sakark_api.access.allowance import Allowance, network_of
from sakark_api.errors import TooMany
from sakark_api.observe.edge import QUIET
from sakark_api.protocol import LARGEST_HEAD
from sakark_api.rest.problems import on_sakark_error, problem
from sakark_api.texts import text

__all__ = ["LONGEST_ADDRESS", "Door", "host_of"]

OPEN: Final = "/api/offentlig/"
"""What addresses have in them where nobody is asked for a token: one that is shown counts not."""
LONGEST_ADDRESS: Final = 49_152
"""A query may be less than half of it; beyond 64 KiB it is no HTTP to the server."""
_TOO_LONG = text(
    "Adressen er lengre enn {grense} byte. Avgrens spørringen.", grense=LONGEST_ADDRESS
)
_TOO_LARGE = text(
    "HTTP-hodene er større enn {grense} byte. Send færre eller kortere.", grense=LARGEST_HEAD
)


class Door:
    """Answers what comes no further, before anything of it is understood."""

    def __init__(self, app: ASGIApp, strangers: Allowance) -> None:
        self.app = app
        self._strangers = strangers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        stopped = self._too_large(scope) or await self._too_many(scope)
        await (stopped or self.app)(scope, receive, send)

    def _too_large(self, scope: Scope) -> Response | None:
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > LONGEST_ADDRESS:
            return problem(414, _TOO_LONG, Request(scope))
        if sum(len(name) + len(value) for name, value in scope["headers"]) > LARGEST_HEAD:
            return problem(431, _TOO_LARGE, Request(scope))
        return None

    async def _too_many(self, scope: Scope) -> Response | None:
        """Stop a stranger who comes too often; the questions of browsers and clusters are free."""
        if scope["method"] == "OPTIONS" or scope["path"] in QUIET or _shows_token(scope):
            return None
        try:
            self._strangers.admit(host_of(scope))
        except TooMany as error:
            return await on_sakark_error(Request(scope), error)
        return None


def _shows_token(scope: Scope) -> bool:
    """Tell whether somebody shows a token where one is asked for."""
    return OPEN not in scope["path"] and any(
        name == b"authorization" and value[:7].lower() == b"bearer "
        for name, value in scope["headers"]
    )


def host_of(scope: Scope) -> str:
    """Give where a request comes from; trusted proxies have told whom they speak for."""
    client = scope.get("client")
    return network_of(client[0]) if client else ""
