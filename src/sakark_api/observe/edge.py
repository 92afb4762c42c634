"""Around every request: its id, its line in the log, its figures and its trace."""

import logging
import re
from contextlib import nullcontext
from time import perf_counter
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sakark_api.observe.metrics import IN_PROGRESS, REQUEST_SECONDS, REQUESTS
from sakark_api.observe.told import Told, begin, end

if TYPE_CHECKING:
    from sakark_api.observe.traces import Tracing

__all__ = ["REQUEST_ID", "Observed"]

REQUEST_ID: Final = "X-Request-ID"
UNKNOWN: Final = "unknown"
CLIENT_GONE: Final = 499
QUIET: Final = ("/health/live", "/health/ready")
"""Asked for every few seconds: told of only when all is not well."""

_HEADER: Final = REQUEST_ID.lower().encode()
# A UUID, or 32 hexadecimal digits as proxies and tracers make: nothing a name or a number fits in.
_ID: Final = re.compile(
    rb"[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE
)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

log = logging.getLogger("sakark.request")


class Observed:
    """Outermost of all: tells of each request when it has been answered, however that went."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        current = begin(_request_id(scope))
        shown = (_HEADER, current.request_id.encode())
        status = CLIENT_GONE

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), shown]
            await send(message)

        tracing: Tracing | None = getattr(scope["app"].state, "tracing", None)
        started = perf_counter()
        IN_PROGRESS.inc()
        try:
            with tracing.request(scope) if tracing else nullcontext() as span:
                try:
                    await self.app(scope, receive, watch)
                finally:
                    if span is not None:
                        span.answered(_route(scope), status, current)
        finally:
            IN_PROGRESS.dec()
            _tell(scope, current, status, perf_counter() - started)
            end()


def _request_id(scope: Scope) -> str:
    """Take the id that came along, if it is one; else a new one."""
    for name, value in scope["headers"]:
        if name == _HEADER and _ID.fullmatch(value):
            return str(value.decode())
    return uuid4().hex


def _route(scope: Scope) -> str:
    """Give the route's template, never the address: it may hold a personal number in a filter."""
    return str(getattr(scope.get("route"), "path", UNKNOWN))


def _tell(scope: Scope, current: Told, status: int, seconds: float) -> None:
    route = _route(scope)
    method = scope["method"] if scope["method"] in _METHODS else UNKNOWN
    REQUESTS.labels(method, route, status, current.standing).inc()
    REQUEST_SECONDS.labels(method, route).observe(seconds)
    if route in QUIET and status == 200:  # noqa: PLR2004
        return
    facts: dict[str, object] = {
        "method": method,
        "route": route,
        "status": status,
        "ms": round(seconds * 1000, 1),
    }
    for name in ("kommune", "user", "reason", "trace_id"):
        value = getattr(current, name)
        if value is not None:
            facts[name] = value
    log.info("request", extra=facts)
