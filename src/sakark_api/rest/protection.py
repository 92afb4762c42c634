"""What every answer tells browsers not to do with it, errors and pages included."""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["STATIC", "Protected"]

Header = tuple[bytes, bytes]

STATIC: Final = "/docs/static"
"""Where the files of the page that describes the API are: open, and the same for everybody."""

ALWAYS: Final[tuple[Header, ...]] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
# A year, as browsers' lists demand at least; of the host's other names we know nothing.
ONLY_HTTPS: Final[Header] = (b"strict-transport-security", b"max-age=31536000")
POLICY: Final[Header] = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
NOT_KEPT: Final[Header] = (b"cache-control", b"no-store")


class Protected:
    """Adds the headers that an answer lacks: a page has a policy of its own, a unit its caching."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self.app = app
        self._always = (*ALWAYS, ONLY_HTTPS) if https else ALWAYS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        unless_given = (POLICY,) if scope["path"].startswith(STATIC) else (POLICY, NOT_KEPT)

        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                given = {name for name, _ in headers}
                wanted = (*self._always, *unless_given)
                message["headers"] = headers + [one for one in wanted if one[0] not in given]
            await send(message)

        await self.app(scope, receive, protected)
