"""A kommune with a public journal, what is entered there, and each form as the words it says."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx
import pypdfium2
import pytest
from lxml import etree
from tests.conftest import Client, Service
from tests.noark.stage import Stage

KOMMUNE, CLOSED = "midsund", "rauma"
FORMS = ("json", "xml", "pdf")
MASK = "*****"


def a_word() -> str:
    """Make a word that nobody else has written, of letters only."""
    return "ord" + "".join(chr(ord("a") + int(one, 16)) for one in uuid4().hex[:16])


def publish(http: httpx.Client, service: Service, kommune: str, waits: int | None) -> None:
    """Let a kommune publish its journal after so many working days, or not at all."""
    answer = http.patch(
        f"{service.url}/drift/kommuner/{kommune}/",
        json={"offentlig_journal": waits},
        headers={"Authorization": f"Bearer {service.token('drift@sakark')}"},
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["offentlig_journal"] == waits


@pytest.fixture(scope="session")
def published(http: httpx.Client, service: Service) -> None:
    """The kommune's journal is public, without delay."""
    publish(http, service, KOMMUNE, 0)


Waiting = Callable[[int | None], Any]


@pytest.fixture
def waiting(published: None, http: httpx.Client, service: Service) -> Waiting:
    """Let entries wait for some days, or for ever, as long as a test says."""
    del published  # it is there

    @contextmanager
    def waiting(days: int | None) -> Iterator[None]:
        publish(http, service, KOMMUNE, days)
        yield
        publish(http, service, KOMMUNE, 0)

    return waiting


class Desk(Stage):
    """Where entries are made, in cases of an administrative unit that no other test has."""

    def __init__(self, client: Client, journaldato: str | None = None) -> None:
        super().__init__(client)
        self.dated = {} if journaldato is None else {"journaldato": journaldato}
        self.enhet = f"Enhet {a_word()}"  # no eleven digits, which nobody is told

    def sak(self, **given: Any) -> Any:
        return self.case(administrativEnhet=self.enhet, **given)

    def letter(self, case: Any | None = None, **given: Any) -> Any:
        """Enter a letter that came in, from Ola where nothing else is said."""
        return self.entry("I", "J", case or self.sak(), **{**self.dated, **given})

    def read(self, **asked: Any) -> httpx.Response:
        """Read the public journal of the unit, as anybody."""
        return self.public("", enhet=self.enhet, **asked)

    def public(self, place: str = "", **asked: Any) -> httpx.Response:
        address = f"{self.client.root}offentlig/journal/{place}"
        return self.client.http.get(address, params=asked)

    def entries(self, **asked: Any) -> Any:
        answer = self.read(**asked)
        assert answer.status_code == 200, answer.text
        return answer.json()["results"]


@pytest.fixture
def desk(published: None, http: httpx.Client, service: Service) -> Desk:
    del published  # it is there
    return Desk(Client(http, service, f"administrator@{KOMMUNE}", KOMMUNE))


@pytest.fixture
def leser(http: httpx.Client, service: Service) -> Client:
    """One who may read, and not what is screened."""
    return Client(http, service, f"leser@{KOMMUNE}", KOMMUNE)


def running(client: Client, **asked: Any) -> httpx.Response:
    """Read the journal of all entries."""
    return client.get(f"{client.root}journal/loepende/", params=asked)


def words_of(answer: httpx.Response) -> str:
    """Give what an answer says, whichever form it has."""
    assert answer.status_code == 200, answer.text
    kind = answer.headers["content-type"].partition(";")[0]
    if kind == "application/pdf":
        document = pypdfium2.PdfDocument(answer.content)
        said = " ".join(page.get_textpage().get_text_range() for page in document)
        document.close()
        return " ".join(said.split())
    if kind == "application/xml":
        return " ".join(etree.fromstring(answer.content).itertext())
    return json.dumps(answer.json(), ensure_ascii=False)


def screened(*codes: str, document: str | None = None) -> Mapping[str, Any]:
    skjerming: dict[str, Any] = {
        "tilgangsrestriksjon": {"kode": "6"},
        "skjermingshjemmel": "Offl. § 13",
        "skjermingMetadata": [{"kode": one} for one in codes],
    }
    if document is not None:
        skjerming["skjermingDokument"] = {"kode": document}
    return {"skjerming": skjerming}
