"""An archive to deposit, closed and whole, and the official schemas to judge what comes of it."""

import asyncio
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from lxml import etree
from tests.conftest import Client, Service
from tests.noark.conftest import part
from tests.noark.stage import Stage, status

from sakark_api.cli_owner import chosen_kommuner
from sakark_api.deponering.eksport import Bestilling, Resultat, eksporter
from sakark_api.settings import Settings
from sakark_api.storage import open_documents

SHARED = Path(__file__).parents[3] / "shared" / "deposit" / "schemas"
"""The schemas are not ours to pass on: they are beside the project where somebody has put them."""

KOMMUNE = "vestnes"
SECRET = "Varsel om Solveig Hemmeligsen"
SENDER = "Solveig Hemmeligsen"
PDF = b"%PDF-1.4 brev"
HIDDEN = {
    "tilgangsrestriksjon": {"kode": "6"},
    "skjermingshjemmel": "Offl. § 13",
    "skjermingMetadata": [{"kode": "TRO"}, {"kode": "NA"}],
}
DECIDED = {
    "kassasjonsvedtak": {"kode": "B"},
    "kassasjonshjemmel": "Arkivlova § 12",
    "bevaringstid": 50,
}


@pytest.fixture(scope="session")
def schemas() -> Path:
    if not SHARED.is_dir():
        pytest.skip(f"The official schemas are not in {SHARED}: nothing to judge a deposit by.")
    return SHARED


class Arkiv(Stage):
    """An arkiv with one arkivdel, and what is in it, closed from the inside out."""

    @cached_property
    def sak(self) -> Any:
        """A case with all that a case can have."""
        sak = self.case(
            tittel="Garasje <i> hagen & naustet",
            administrativEnhet="Plan og bygg",
            kassasjon=DECIDED,
        )
        self.client.make(sak, "arkivstruktur/ny-partperson/", {"navn": "Kari Nordmann", **ADDRESS})
        remark = {"merknadstekst": "Ring\r\nsøkeren \x0bi dag"}
        self.client.make(sak, "arkivstruktur/ny-merknad/", remark)
        self.presedens_of(sak)
        self.client.refer(sak, self.klasse)
        return sak

    def letter(self, case: Any, kind: str = "I", **given: Any) -> Any:
        """Enter a letter with its document, as it was made and in an archive format."""
        post = self.entry(kind, "J" if kind == "I" else "R", case, **given)
        paper = self.paper(post, "B")
        self.filed(paper, "P", b"utkast")
        self.filed(paper, "A", PDF)
        self.change(self.client.refreshed(paper), **status("dokumentstatus", "F"))
        return post

    def filed(self, paper: Any, variant: str, data: bytes, puid: str = "fmt/95") -> Any:
        here = f"{self.client.link(paper, 'self')}ny-dokumentobjekt/"
        body = {"variantformat": {"kode": variant}, "format": {"kode": puid}}
        made = self.client.post(here, body)
        assert made.status_code == 201, made.text
        stored = self.client.request(
            "POST",
            f"{self.client.link(made.json(), 'self')}fil/",
            content=data,
            headers={"Content-Type": "application/pdf"},
        )
        assert stored.status_code == 201, stored.text
        return stored.json()

    def tie(self, post: Any, paper: Any) -> None:
        """Let a document be one of another entry's too."""
        here = self.client.link(post, "arkivstruktur/dokumentbeskrivelse/") + "$ref/"
        answer = self.client.request("POST", here, params={"$id": self.client.link(paper, "self")})
        assert answer.is_success, answer.text

    def orders(self, arkivdel: Any) -> None:
        """Let the klassifikasjonssystem order another arkivdel too."""
        here = self.client.link(arkivdel, "self") + "klassifikasjonssystem/$ref"
        system = self.client.link(self.klassifikasjonssystem, "self")
        plain = {"Content-Type": "text/plain"}
        answer = self.client.request("PUT", here, content=system, headers=plain)
        assert answer.is_success, answer.text

    def archived(self, post: Any) -> Any:
        return self.change(post, **status("journalstatus", "A"))

    def close(self, *units: Any) -> None:
        for unit in units:
            self.closed(self.client.refreshed(unit))


ADDRESS = {
    "postadresse": {
        "adresselinje1": "Fjordvegen 12",
        "postnr": {"kode": "6390"},
        "poststed": "VESTNES",
    },
    "kontaktinformasjon": {"epostadresse": "kari@example.no", "telefon": "71000000"},
}


def texts_of(file: Path, name: str) -> list[str]:
    """List the texts of the elements of a name in a file."""
    return [one.text or "" for one in etree.parse(file).iter(f"{{*}}{name}")]


def build(arkiv: Arkiv) -> Arkiv:
    """Make what is to be deposited."""
    sak = arkiv.sak
    received = arkiv.letter(
        sak, tittel=SECRET, skjerming=HIDDEN, korrespondansepartperson=[part(SENDER, "EA")]
    )
    answer = arkiv.letter(sak, "U", tittel="Svar på varsel")
    arkiv.made(
        received,
        "avskrivning",
        avskrivningsmaate={"kode": "BU"},
        referanseAvskrivesAvJournalpost=answer["systemID"],
    )
    both = arkiv.client.get(arkiv.client.link(answer, "arkivstruktur/dokumentbeskrivelse/")).json()
    arkiv.tie(received, both["results"][0])
    void = arkiv.entry("X", "R", sak, tittel="Feilført")
    arkiv.change(void, **status("journalstatus", "U"))
    arkiv.archived(arkiv.client.refreshed(received))
    arkiv.archived(arkiv.client.refreshed(answer))
    arkiv.close(sak, arkiv.arkivdel)
    return arkiv


@pytest.fixture(scope="session")
def arkiv(http: httpx.Client, service: Service) -> Arkiv:
    return build(Arkiv(Client(http, service, f"administrator@{KOMMUNE}", KOMMUNE)))


Export = Callable[..., Resultat]


@pytest.fixture(scope="session")
def export(service: Service, schemas: Path) -> Export:
    """Make a deposit of arkivdeler of the kommune, or of another."""

    def export(target: Path, *parts: Any, **wanted: Any) -> Resultat:
        return export_with(service.settings, schemas, target, *parts, **wanted)

    return export


def export_with(
    settings: Settings,
    schemas: Path,
    target: Path,
    *parts: Any,
    kommune: str = KOMMUNE,
    **wanted: Any,
) -> Resultat:
    """Make a deposit of arkivdeler, with the schemas in a folder."""
    order = Bestilling(tuple(UUID(one["systemID"]) for one in parts), **wanted)
    told = settings.model_copy(update={"schemas_dir": schemas})
    return asyncio.run(_export(told, kommune, order, target))


@pytest.fixture(scope="session")
def deposit(export: Export, arkiv: Arkiv, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive, deposited."""
    target = tmp_path_factory.mktemp("deponering") / "uttrekk"
    export(target, arkiv.arkivdel)
    return target


async def _export(settings: Settings, slug: str, order: Bestilling, target: Path) -> Resultat:
    documents = open_documents(settings)
    try:
        async with chosen_kommuner(settings, [slug]) as (_, (kommune,), _):
            return await eksporter(settings, kommune, documents, order, target, lambda _: None)
    finally:
        await documents.close()
