"""Files in object storage through the API: straight from it, and while it is away."""

import asyncio
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest
from moto.server import ThreadedMotoServer
from tests.conftest import TILGANGSSTYRING, Client, LogIn, Service, World, build_world
from tests.storage.places import s3_settings
from tests.storage.wire import Wire, wired
from tests.tenancy.processes import beside

from sakark_api.storage.s3 import PART, S3Documents, open_s3

CONTENT = b"%PDF-1.4 " + bytes(range(256)) * 400
LARGE = bytes(4 * PART)
REDIRECT = {"Prefer": "redirect"}
NAME = 'søknad "om"; x=1.pdf'


@dataclass(frozen=True)
class Site:
    """A service that keeps its files in a bucket, at the other end of a wire."""

    service: Service
    wire: Wire
    documents: S3Documents

    def keys(self) -> list[str]:
        async def listed() -> list[str]:
            return sorted([key async for key in self.documents.keys("molde/")])

        return asyncio.run(listed())

    def file_of(self, client: Client, unit: Mapping[str, Any]) -> str:
        """Give the address of a unit's file at this service, whichever the unit was made at."""
        return self.address_of(client, unit, "arkivstruktur/fil/")

    def address_of(self, client: Client, unit: Mapping[str, Any], rel: str) -> str:
        return f"{self.service.url}{urlsplit(client.link(unit, rel)).path}"

    def send(self, client: Client, unit: Mapping[str, Any], content: bytes) -> httpx.Response:
        return client.request(
            "POST",
            self.file_of(client, unit),
            content=content,
            headers={
                "Content-Type": "application/pdf",
                "Content-Disposition": "attachment; filename*=UTF-8''s%C3%B8knad%20%22om%22"
                "%3B%20x%3D1.pdf",
            },
        )


@pytest.fixture(scope="module")
def site(service: Service) -> Iterator[Site]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # the storage's log has addresses
    host, port = server.get_host_and_port()
    with wired(f"http://{host}:{port}") as wire:
        storage = s3_settings(wire.endpoint)
        documents = open_s3(storage)
        asyncio.run(documents.ensure_bucket())
        named = ("s3_endpoint", "s3_bucket", "s3_access_key", "s3_secret_key")
        given = {name: getattr(storage, name) for name in named}
        with beside(
            service, s3_presigned_seconds=20, s3_read_seconds=2, bulk_limit=len(LARGE), **given
        ) as there:
            yield Site(there, wire, documents)
        asyncio.run(documents.close())
    server.stop()


@pytest.fixture(scope="module")
def ours(http: httpx.Client, service: Service) -> World:
    return build_world(Client(http, service, "administrator@molde", "molde"))


@pytest.fixture
def document(ours: World) -> Any:
    """A document without versions, in an entry of its own."""
    entry = ours.client.make(ours.saksmappe, "sakarkiv/ny-journalpost/", {"tittel": "Brevet"})
    return ours.client.make(entry, "arkivstruktur/ny-dokumentbeskrivelse/", {"tittel": "D"})


@pytest.fixture
def filed(ours: World, document: Any, site: Site) -> Any:
    """A dokumentobjekt with its file in the bucket."""
    answer = site.send(ours.client, document, CONTENT)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture
def leser(log_in: LogIn) -> Client:
    return log_in("leser@molde")


# Straight from the storage.


def test_whoever_asks_is_sent_to_the_storage_and_gets_the_file(
    leser: Client, filed: Any, site: Site
) -> None:
    sent = leser.get(site.file_of(leser, filed), headers=REDIRECT)

    found = httpx.get(sent.headers["location"])
    assert sent.status_code == 307
    assert sent.headers["preference-applied"] == "redirect"
    assert sent.headers["cache-control"] == "no-store"
    assert found.content == CONTENT
    assert found.headers["content-type"] == "application/pdf"
    assert found.headers["content-disposition"] == (
        "attachment; filename*=UTF-8''s%C3%B8knad%20%22om%22%3B%20x%3D1.pdf"
    )


def test_the_address_holds_for_seconds_only(leser: Client, filed: Any, site: Site) -> None:
    sent = leser.get(site.file_of(leser, filed), headers=REDIRECT)

    asked = parse_qs(urlsplit(sent.headers["location"]).query)
    assert asked["X-Amz-Expires"] == ["20"]
    assert "token" not in sent.headers["location"].lower().replace("security-token", "")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Prefer": "respond-async"}, 200),
        ({"Prefer": "redirection"}, 200),
        ({"Prefer": "wait=5, Redirect; x=1"}, 307),
        ({**REDIRECT, "Range": "bytes=0-9"}, 206),
        ({**REDIRECT, "Accept": "text/plain"}, 406),
    ],
)
def test_only_who_asks_for_a_whole_file_is_sent_there(
    leser: Client, filed: Any, site: Site, headers: dict[str, str], status: int
) -> None:
    answer = leser.get(site.file_of(leser, filed), headers=headers)

    assert answer.status_code == status


def test_a_known_file_is_not_sent_for_again(leser: Client, filed: Any, site: Site) -> None:
    tag = leser.get(site.file_of(leser, filed)).headers["etag"]

    answer = leser.get(site.file_of(leser, filed), headers={**REDIRECT, "If-None-Match": tag})

    assert answer.status_code == 304
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    ("user", "kommune", "status"),
    [(None, "molde", 401), ("leser@rauma", "molde", 404), ("leser@rauma", "rauma", 404)],
)
def test_no_address_is_given_to_who_may_not_read_the_file(
    log_in: LogIn, filed: Any, site: Site, user: str | None, kommune: str, status: int
) -> None:
    stranger = log_in(user, kommune)
    here = site.file_of(stranger, filed).replace("/molde/", f"/{kommune}/")

    answer = stranger.get(here, headers=REDIRECT)

    assert answer.status_code == status
    assert "location" not in answer.headers


def test_no_address_is_given_of_a_file_there_is_not(leser: Client, filed: Any, site: Site) -> None:
    here = site.file_of(leser, filed).replace(filed["systemID"], str(uuid4()))

    assert leser.get(here, headers=REDIRECT).status_code == 404


def test_the_file_of_a_graded_entry_goes_through_the_service(
    ours: World, document: Any, filed: Any, site: Site
) -> None:
    (entry,) = (
        ours.client.get(ours.client.link(document, "arkivstruktur/registrering/"))
        .json()
        .get("results", [None])
    )
    graded = ours.client.patch(
        ours.client.link(entry, "self"),
        {"gradering": {"graderingskode": {"kode": "B"}}},
        headers={"If-Match": "*"},
    )
    assert graded.status_code == 200, graded.text

    answer = ours.client.get(site.file_of(ours.client, filed), headers=REDIRECT)

    assert answer.status_code == 200
    assert answer.content == CONTENT


def test_the_file_of_a_screened_document_goes_through_the_service(
    ours: World, document: Any, filed: Any, site: Site
) -> None:
    skjerming = {
        "tilgangsrestriksjon": {"kode": "6"},
        "skjermingMetadata": [{"kode": "TD"}],
        "skjermingDokument": {"kode": "H"},
    }
    screened = ours.client.patch(
        ours.client.link(document, "self"), {"skjerming": skjerming}, headers={"If-Match": "*"}
    )
    assert screened.status_code == 200, screened.text

    answer = ours.client.get(site.file_of(ours.client, filed), headers=REDIRECT)

    assert answer.status_code == 200
    assert answer.content == CONTENT


@pytest.mark.parametrize("role", ["arkivar", "administrator"])
def test_the_file_of_a_blocked_document_goes_through_the_service(
    ours: World, document: Any, filed: Any, site: Site, log_in: LogIn, role: str
) -> None:
    (entry,) = ours.client.get(ours.client.link(document, "arkivstruktur/registrering/")).json()[
        "results"
    ]
    body = {"hjemmel": "Personvernforordningen artikkel 18"}
    # Where the file is asked for: other processes are told of it a little later.
    address = site.address_of(ours.client, entry, f"{TILGANGSSTYRING}ny-sperring/")
    assert ours.client.post(address, body).status_code == 201
    keeper = log_in(f"{role}@molde")

    answer = keeper.get(site.file_of(keeper, filed), headers=REDIRECT)

    assert answer.status_code == 200
    assert answer.content == CONTENT


def test_a_folder_has_no_address_to_give(ours: World, document: Any, service: Service) -> None:
    with beside(service, s3_presigned_seconds=20) as there:
        site = Site(there, None, None)  # type: ignore[arg-type]  # a folder has neither
        sent = site.send(ours.client, document, CONTENT)

        answer = ours.client.get(site.file_of(ours.client, sent.json()), headers=REDIRECT)

    assert answer.status_code == 200
    assert answer.content == CONTENT


# While the storage is away.


def test_an_upload_that_the_storage_does_not_take_leaves_nothing(
    ours: World, document: Any, site: Site
) -> None:
    before = site.keys()
    site.wire.cut_after(2 * PART)

    answer = site.send(ours.client, document, LARGE)

    site.wire.mend()
    files = ours.client.get(ours.client.link(document, "arkivstruktur/dokumentobjekt/")).json()
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert site.keys() == before
    assert files["count"] == 0
    assert site.send(ours.client, document, LARGE).status_code == 201


def test_a_download_that_the_storage_breaks_off_is_not_whole(
    ours: World, document: Any, site: Site
) -> None:
    sent = site.send(ours.client, document, LARGE).json()
    here = site.file_of(ours.client, sent)
    site.wire.cut_after(2 * PART)

    with pytest.raises(httpx.RemoteProtocolError):
        ours.client.get(here)

    site.wire.mend()
    assert ours.client.get(here).content == LARGE


def test_a_storage_that_is_away_is_told_before_an_answer_is_begun(
    ours: World, filed: Any, site: Site
) -> None:
    site.wire.cut()

    answer = ours.client.get(site.file_of(ours.client, filed))

    site.wire.mend()
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
