"""One route that finds the right one of hundreds by looking its address up, not by trying each."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from fastapi.routing import APIRoute
from starlette.datastructures import URLPath
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, NoMatchFound, request_response
from starlette.types import Receive, Scope, Send

from sakark_api.rest.openapi import Operation, describe
from sakark_api.rest.problems import problem
from sakark_api.texts import text

__all__ = ["Route", "RouteTree"]

_API, _FIRST = 1, 2
"""Addresses are /{kommune}/api/…: where "api" stands, and where what we look up begins."""

_ID_DEPTH, _REST_DEPTH = 3, 5
_REF = "$ref"
_LAST = ("{kode}", "{dato}")
"""The last part of an address, where that is no systemID; a kode may hold slashes (fmt/95)."""

_WRONG_METHOD = text("Metoden kan ikke brukes på denne adressen. Se Allow.")

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of one address template: what does it, and what is said of it.

    Hundreds of FastAPI's own routes would cost 8 MB in every process; they are made only when
    somebody asks for the description.
    """

    path: str
    method: str
    operation: Operation
    endpoint: Callable[[Request], Awaitable[Response]]

    def described(self) -> APIRoute:
        """Give the route as FastAPI describes it."""
        shown = describe(self.operation, self.path)
        return APIRoute(self.path, self.endpoint, methods=[self.method], **shown)


@dataclass(frozen=True)
class Node:
    """The routes of one address template, by method."""

    routes: dict[str, Route]

    @property
    def allow(self) -> str:
        heads = {"HEAD"} if "GET" in self.routes else set()
        return ", ".join(sorted({*self.routes, *heads, "OPTIONS"}))


class RouteTree(BaseRoute):
    """The routes below /{kommune}/api/, found by (package, entity, tail, depth or $ref).

    Finding one takes the same time wherever it stands. With or without a slash at the end is the
    same address. OPTIONS is answered here, for every address, without a token.
    """

    def __init__(self) -> None:
        self._nodes: dict[Key, Node] = {}
        self._last: dict[Key, str] = {}
        """What the addresses of some lists, as (package, list), end in."""

    def add(self, route: Route) -> None:
        """Add a route; its path begins with /{kommune}/api/ and ends in a slash."""
        parts = route.path.rstrip("/").split("/")[1:]
        if parts[-1] in _LAST:
            self._last[tuple(parts[_FIRST:-1])] = parts[-1].strip("{}")
        node = self._nodes.setdefault(self._key(parts), Node({}))
        if route.method in node.routes:
            raise ValueError(f"{route.method} {route.path} is there already")
        node.routes[route.method] = route

    def routes(self) -> Iterator[Route]:
        """Give every route, those of one address after each other."""
        for node in self._nodes.values():
            yield from node.routes.values()

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http":
            return Match.NONE, {}
        path: str = scope["path"]
        root: str = scope.get("root_path", "")
        parts = path.removeprefix(root).removesuffix("/").split("/")[1:]
        if len(parts) < _FIRST or parts[_API] != "api" or "\x00" in path:
            return Match.NONE, {}
        node = self._nodes.get(self._key(parts))
        if node is None:
            return Match.NONE, {}
        params = {"kommune": parts[0]}
        if len(parts) >= _FIRST + _ID_DEPTH:
            last = self._last_of(parts)
            if last is None:
                params["system_id"] = parts[_FIRST + 2]
            else:
                params[last] = "/".join(parts[_FIRST + 2 :])
        if len(parts) >= _FIRST + _REST_DEPTH:
            params["rest"] = parts[_FIRST + 4]
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        route = node.routes.get(method)
        found = route.endpoint if route else self
        return Match.FULL, {"path_params": params, "endpoint": found, "route": route, "node": node}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        route, node = scope["route"], scope["node"]
        if route is not None:
            await request_response(route.endpoint)(scope, receive, send)
            return
        headers = {"allow": node.allow}
        if scope["method"] == "OPTIONS":
            await Response(status_code=204, headers=headers)(scope, receive, send)
            return
        answer = problem(405, _WRONG_METHOD, Request(scope))
        answer.headers.update(headers)
        await answer(scope, receive, send)

    def url_path_for(self, name: str, /, **_: object) -> URLPath:
        raise NoMatchFound(name, {})

    def _last_of(self, parts: list[str]) -> str | None:
        return self._last.get(tuple(parts[_FIRST : _FIRST + 2]))

    def _key(self, parts: list[str]) -> Key:
        """Leave the variable parts of an address out: kommune, systemID and what follows `fil`."""
        named = parts[_FIRST:]
        depth = len(named)
        if depth < _ID_DEPTH:
            return (*named, str(depth))
        if self._last_of(parts) is not None:
            return (named[0], named[1], "", "3")
        tail = named[3] if depth > _ID_DEPTH else ""
        return (named[0], named[1], tail, named[-1] if named[-1] == _REF else str(depth))
