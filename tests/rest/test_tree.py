"""The route tree: found by lookup, whatever the position; what is not there is not matched."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match
from starlette.types import Scope

from sakark_api.rest.media_types import NOARK
from sakark_api.rest.openapi import Operation
from sakark_api.rest.tree import Route, RouteTree
from sakark_api.texts import text

UNITS = 60


async def told(request: Request) -> Response:
    return JSONResponse(request.path_params)


def route(path: str, method: str) -> Route:
    return Route(path, method, Operation("prove", text("Hent {hva}", hva="enhet"), "pakke"), told)


def routes() -> Iterator[Route]:
    base = "/{kommune}/api/"
    yield route(base, "GET")
    yield route(f"{base}.well-known/openid-configuration/", "GET")
    for number in range(UNITS):
        name = f"{base}pakke/enhet{number}/"
        yield route(name, "GET")
        yield route(f"{base}pakke/ny-enhet{number}/", "POST")
        yield route(f"{name}{{system_id}}/", "GET")
        yield route(f"{name}{{system_id}}/", "PUT")
        yield route(f"{name}{{system_id}}/del/", "GET")
        yield route(f"{name}{{system_id}}/fil/{{rest}}/", "PUT")
    yield route(f"{base}metadata/format/", "GET")
    yield route(f"{base}metadata/format/{{kode}}/", "GET")
    yield route(f"{base}offentlig/journal/{{dato}}/", "GET")
    yield route(f"{base}metadata/egetFelt/{{system_id}}/", "GET")


ROUTES = list(routes())


def built() -> RouteTree:
    tree = RouteTree()
    for one in ROUTES:
        tree.add(one)
    return tree


TREE = built()


def scope(path: str, method: str = "GET") -> Scope:
    return {"type": "http", "path": path, "method": method, "root_path": ""}


def ask(method: str, path: str) -> httpx.Response:
    """Send a request through an application that has the tree as a route."""
    app = FastAPI()
    app.router.routes.append(TREE)

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.request(method, path)

    return asyncio.run(send())


@pytest.mark.parametrize("number", [0, 1, UNITS // 2, UNITS - 1])
@pytest.mark.parametrize("end", ["", "/"])
@pytest.mark.parametrize(
    ("tail", "method", "path"),
    [
        ("", "GET", ""),
        ("/abc", "GET", "{system_id}/"),
        ("/abc", "PUT", "{system_id}/"),
        ("/abc/del", "GET", "{system_id}/del/"),
        ("/abc/fil/x", "PUT", "{system_id}/fil/{rest}/"),
    ],
)
def test_route_is_found_with_and_without_slash(
    number: int, end: str, tail: str, method: str, path: str
) -> None:
    match, found = TREE.matches(scope(f"/molde/api/pakke/enhet{number}{tail}{end}", method))

    assert match is Match.FULL
    assert found["route"].path == f"/{{kommune}}/api/pakke/enhet{number}/{path}"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "",
        "/molde",
        "/molde/",
        "/molde/apix/",
        "/api/molde/",
        "/molde/api/pakke/enhet999/",
        "/molde/api/pakke/enhet1/abc/ukjent/",
        "/molde/api/pakke/enhet1/abc/del/mer/",
        "/molde/api/pakke/enhet1/abc/fil/x/y/",
        "/molde/api/pakke/ny-enhet1/abc/",
        "/molde/api/pakke/enhet1/abc/del/mer/og/mer/",
        "/molde/api//",
        "/molde/api//enhet1/",
        "/molde/api/Pakke/enhet1/",
        "/molde/api/3/",
        "/molde/api/metadata/",
        "/molde/api/metadata/ukjent/fmt/95/",
        "/molde/api/metadata/egetFelt/fmt/95/",
        "/molde/api/metadata/egetfelt/a-b/",
        "//molde/api/pakke/enhet1/",
    ],
)
def test_what_is_not_there_is_not_matched(path: str) -> None:
    assert TREE.matches(scope(path)) == (Match.NONE, {})


@pytest.mark.parametrize("kind", ["websocket", "lifespan"])
def test_other_than_http_is_not_matched(kind: str) -> None:
    assert TREE.matches({"type": kind, "path": "/molde/api/"})[0] is Match.NONE


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/molde/api/", {"kommune": "molde"}),
        ("/molde/api/pakke/enhet1/a-b", {"kommune": "molde", "system_id": "a-b"}),
        (
            "/molde/api/pakke/enhet1/a/fil/okt",
            {"kommune": "molde", "system_id": "a", "rest": "okt"},
        ),
        ("/molde/api/metadata/format/fmt/95/", {"kommune": "molde", "kode": "fmt/95"}),
        ("/molde/api/offentlig/journal/2026-01-31/", {"kommune": "molde", "dato": "2026-01-31"}),
        ("/molde/api/metadata/format/a/b/c/", {"kommune": "molde", "kode": "a/b/c"}),
        ("/molde/api/metadata/egetFelt/a-b/", {"kommune": "molde", "system_id": "a-b"}),
    ],
)
def test_variable_parts_are_given(path: str, params: dict[str, str]) -> None:
    found = TREE.matches(scope(path))[1]["path_params"]

    assert found.items() >= params.items()


def test_address_below_a_mount_is_found() -> None:
    below = {**scope("/under/molde/api/pakke/enhet1/"), "root_path": "/under"}

    assert TREE.matches(below)[0] is Match.FULL


def test_endpoint_is_called() -> None:
    answer = ask("GET", "/molde/api/pakke/enhet7/abc")

    assert answer.json()["system_id"] == "abc"


@pytest.mark.parametrize("method", ["POST", "DELETE", "PATCH", "TRACE", "TULL"])
def test_wrong_method_is_told_the_right_ones(method: str) -> None:
    answer = ask(method, "/molde/api/pakke/enhet7/abc/")

    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, PUT"
    assert answer.headers["content-type"] == NOARK
    assert answer.json()["feil"]["kode"] == 405


def test_options_are_told() -> None:
    answer = ask("OPTIONS", "/molde/api/pakke/enhet7/abc")

    assert answer.status_code == 204
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, PUT"
    assert answer.content == b""


def test_unknown_address_is_left_to_others() -> None:
    assert ask("GET", "/molde/api/pakke/ukjent/").status_code == 404


def test_same_route_is_not_added_twice() -> None:
    tree = RouteTree()
    tree.add(route("/{kommune}/api/a/{system_id}/", "GET"))

    with pytest.raises(ValueError, match="there already"):
        tree.add(route("/{kommune}/api/a/{system_id}/", "GET"))


def test_every_route_is_listed_once() -> None:
    assert sorted(TREE.routes(), key=id) == sorted(ROUTES, key=id)
