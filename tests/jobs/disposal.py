"""An arkivdel with documents that are due for disposal, and lists of them."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import httpx
from tests.conftest import BEVARING, Client, World
from tests.jobs.conftest import Worker, letter, send

from sakark_api.jobs.disposal import execute_disposal, fill_disposal
from sakark_api.jobs.tools import Tools

PDF = "application/pdf"
HJEMMEL = "Kassasjonsplanen 4.2"
DUE = {
    "kassasjonsvedtak": {"kode": "K"},
    "kassasjonshjemmel": HJEMMEL,
    "bevaringstid": 5,
    "kassasjonsdato": "2020-01-01T00:00:00+01:00",
}
CLOSED = {"avsluttetDato": "2015-01-01T12:00:00+01:00"}

Job = Callable[[Tools, int, UUID], Awaitable[None]]


class Due:
    """An arkivdel of its own, with a closed mappe whose documents were due years ago."""

    def __init__(self, world: World) -> None:
        self.client = world.client
        self.world = world
        self.arkivdel = self.client.make(
            world.arkiv, "arkivstruktur/ny-arkivdel/", {"tittel": "Perioden 2010–2014"}
        )
        self.mappe = self.new_mappe()
        self.registrering = self.entry(self.mappe)
        self.paper = self.document(self.registrering)
        self.file = send(self.client, self.paper, letter("Skal kasseres"), PDF, "brev.pdf")

    def new_mappe(self, **given: Any) -> Any:
        body = {"tittel": "Barnehagesøknader", "kassasjon": DUE, **given}
        return self.client.make(self.arkivdel, "arkivstruktur/ny-mappe/", body)

    def entry(self, mappe: Any, **given: Any) -> Any:
        body = {"tittel": "Søknaden", **given}
        return self.client.make(mappe, "arkivstruktur/ny-registrering/", body)

    def document(self, entry: Any, **given: Any) -> Any:
        body = {"tittel": "Brevet", **given}
        return self.client.make(entry, "arkivstruktur/ny-dokumentbeskrivelse/", body)

    def patch(self, unit: Any, **changed: Any) -> Any:
        answer = patched(self.client, unit, **changed)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def closed(self) -> "Due":
        """Close the mappe, as it is when its documents are due."""
        self.patch(self.mappe, **CLOSED)
        return self

    def tie(self, entry: Any) -> None:
        """Let another registrering need the document too."""
        here = f"{self.client.link(entry, 'self')}dokumentbeskrivelse/$ref"
        named = {"$id": self.client.link(self.paper, "self")}
        answer = self.client.request("POST", here, params=named)
        assert answer.status_code == 204, answer.text

    def new_list(self, **given: Any) -> Any:
        return self.client.make(self.arkivdel, f"{BEVARING}ny-kassasjonsliste/", given)


def patched(client: Client, unit: Any, **changed: Any) -> httpx.Response:
    here = client.link(unit, "self")
    return client.patch(here, changed, headers={"If-Match": client.etag(unit)})


def filled(worker: Worker, client: Client, liste: Any) -> Any:
    """Let the worker find what is due for a list."""
    return _done(fill_disposal, worker, client, liste)


def approved(maker: Client, other: Client, liste: Any) -> Any:
    """Let one person send a list, and another approve it."""
    for client, status in ((maker, "til_godkjenning"), (other, "godkjent")):
        answer = patched(client, liste, status=status)
        assert answer.status_code == 200, answer.text
    return answer.json()


def executed(worker: Worker, client: Client, liste: Any) -> Any:
    """Let the worker destroy what was approved."""
    return _done(execute_disposal, worker, client, liste)


def _done(job: Job, worker: Worker, client: Client, liste: Any) -> Any:
    """Do a job about a list in the kommune of a client."""

    async def act(tools: Tools) -> None:
        kommune = (await tools.registry.current())[client.root.split("/")[-3]]
        await job(tools, kommune.id, UUID(liste["systemID"]))

    worker.do(act)
    return client.refreshed(liste)


def lines_of(client: Client, liste: Any, **query: str) -> Sequence[Any]:
    listed = client.get(client.link(liste, f"{BEVARING}kassasjonslinje/"), params=query)
    assert listed.status_code == 200, listed.text
    return list(listed.json().get("results", []))
