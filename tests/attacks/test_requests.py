"""API2, API7, API8 and API9:2023: tokens, addresses that are fetched, and what is left open."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest
from tests.attacks.conftest import DESCRIPTION
from tests.conftest import REL, LogIn, Service, World

from sakark_api.app import create_app
from sakark_api.dev.identity import Signer, demo_users
from sakark_api.rest.tree import RouteTree
from sakark_api.settings import Settings


def test_an_id_token_is_no_access_token(http: httpx.Client, service: Service) -> None:
    """API2: what tells a web page who somebody is, opens nothing here."""
    signer = Signer(service.issuer, service.settings.data_dir / "identity", lambda: 0)
    user = next(one for one in demo_users() if one.username == "administrator@molde")
    token = signer.id_token(user, "sakark", None, service.token(user.username))

    answer = http.get(
        f"{service.url}/molde/api/arkivstruktur/mappe/",
        headers={"Authorization": f"Bearer {token}"},
    )

    assert answer.status_code == 401


class Trap:
    """A server that nobody should come to; it counts those who do."""

    def __init__(self) -> None:
        self.visits: list[str] = []
        visits = self.visits

        class Visited(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                visits.append(self.path)
                self.send_response(200)
                self.end_headers()

            do_HEAD = do_POST = do_PUT = do_GET  # noqa: N815

            def log_message(self, *_: Any) -> None:
                return

        self.server = HTTPServer(("127.0.0.1", 0), Visited)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def trap() -> Iterator[Trap]:
    trap = Trap()
    thread = threading.Thread(target=trap.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield trap
    trap.server.shutdown()
    thread.join()
    trap.server.server_close()


def test_no_address_that_a_client_sends_is_ever_fetched(ours: World, trap: Trap) -> None:
    """API7: in `$ref`, in links, in values and in headers."""
    client, here = ours.client, ours.client.link(ours.mappe, "self")
    address = f"{trap.url}/molde/api/arkivstruktur/klasse/{ours.klasse['systemID']}/"
    match = {"If-Match": "*"}

    answers = [
        client.request("PUT", f"{here}klasse/$ref", content=address),
        client.request("PUT", f"{here}klasse/$ref", params={"$id": address}),
        client.put(f"{here}klasse/$ref", {"@odata.id": address}),
        client.request("POST", f"{here}ny-kryssreferanse/$ref", params={"$id": address}),
        client.patch(
            here, {"_links": {f"{REL}arkivstruktur/klasse/": {"href": address}}}, headers=match
        ),
        client.get(f"{client.root}arkivstruktur/mappe/", params={"$expand": address}),
        client.get(
            f"{client.root}arkivstruktur/mappe/", params={"$filter": f"tittel eq {address}"}
        ),
    ]
    taken = client.patch(here, {"beskrivelse": address, "noekkelord": [address]}, headers=match)
    client.get(here, headers={"X-Forwarded-Host": trap.url, "Forwarded": f"host={trap.url}"})

    assert {answer.status_code for answer in answers} <= {400, 404, 501}
    assert taken.status_code == 200
    assert trap.visits == []


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "MOVE", "LINK"])
def test_methods_there_are_not_are_refused(ours: World, method: str) -> None:
    """API8: nothing is echoed, and nothing is done."""
    address = ours.client.link(ours.mappe, "self")

    answer = ours.client.request(method, address, headers={"X-Secret": "hemmelig"})

    assert answer.status_code in (400, 405)
    assert "hemmelig" not in answer.text


@pytest.mark.parametrize(
    "header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Original-URL"]
)
def test_headers_change_neither_method_nor_address(ours: World, log_in: LogIn, header: str) -> None:
    """API8: a proxy that lets a GET through has let nothing else through."""
    client, address = log_in("administrator@molde"), ours.client.link(ours.presedens, "self")

    answer = client.get(address, headers={header: "DELETE"})

    assert answer.status_code == 200
    assert client.get(address).status_code == 200


NOT_DESCRIBED = {
    "/docs",
    "/openapi.json",
    "/docs/static",
    "/docs/oauth2-redirect",
    "/robots.txt",
}
"""The description itself, the page that shows it, and what is for robots alone."""


def test_every_address_is_described_or_known_not_to_be() -> None:
    """API9: there are no forgotten doors."""
    app = create_app(Settings(database_url="postgresql://nobody@localhost/none"))
    addresses = set()
    for route in app.router.routes:
        if isinstance(route, RouteTree):
            addresses |= {one.path for one in route.routes()}
        else:
            addresses.add(str(getattr(route, "path", route)))

    described = {path.rstrip("/") for path in DESCRIPTION["paths"]}

    assert {one for one in addresses if one.rstrip("/") not in described} <= NOT_DESCRIBED
    assert len(addresses) > 500
