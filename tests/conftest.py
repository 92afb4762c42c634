"""The real parts every test may use: PostgreSQL, a running service, tokens and a small client."""

import asyncio
import json
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, partial
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import uvicorn
from sqlalchemy.orm import Session
from tests.prepared import preparing
from tests.secrecy import SECRETS, kept, remember, secrets_in

from sakark_api.app import create_app
from sakark_api.db import embedded
from sakark_api.db.reader import APPLICATION_ROLE
from sakark_api.dev.identity import (
    OPERATOR,
    create_identity,
    demo_clients,
    demo_users,
    issue_token,
)
from sakark_api.dev.server import prepare
from sakark_api.formats import Verdict, read_heads
from sakark_api.noark.arkivstruktur.dokumentobjekt import Dokumentobjekt
from sakark_api.noark.bevaring.dokumentkontroll import Found, Kontrolltype, record
from sakark_api.noark.bevaring.epost import Epostvedlegg, keep_mail
from sakark_api.noark.bevaring.kassasjonsgrunn import Grunn
from sakark_api.noark.bevaring.kassasjonslinje import Kassasjonslinje
from sakark_api.noark.logging.endringslogg import log_created
from sakark_api.noark.resource import Actor, Change, StoredFile
from sakark_api.settings import Settings
from sakark_api.tenancy.forhaandsvisning import keep_preview
from sakark_api.tenancy.kommune import Registry
from sakark_api.tenancy.session import Writer, application_engine

REL = "https://rel.arkivverket.no/noark5/v5/api/"
MOETER = "https://rel.sakark.no/v1/moeter/"
TILGANGSSTYRING = "https://rel.sakark.no/v1/tilgangsstyring/"
BEVARING = "https://rel.sakark.no/v1/bevaring/"
NOARK = "application/vnd.noark5+json"
PATCH = "application/merge-patch+json"
RENEWED_SECONDS = 600


COMMITTED = Path(__file__).parents[1] / "openapi" / "sakark.json"
"""The description of the API; that it is what the program says, `test_openapi.py` proves."""


def described() -> Any:
    """Give the description as it is committed: to make it anew takes seconds."""
    return json.loads(COMMITTED.read_text(encoding="utf-8"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Service:
    """A running service with the demo municipalities."""

    url: str
    settings: Settings
    issuer: str
    tokens: dict[str, tuple[float, str]] = field(default_factory=dict)

    def token(self, user: str) -> str:
        """Give a user's token; a new one before the last expires, which a slow run lives to see."""
        issued, token = self.tokens.get(user, (0.0, ""))
        if not token or time.monotonic() - issued > RENEWED_SECONDS:
            found = next(one for one in [*demo_users(), OPERATOR] if one.username == user)
            token = issue_token(found, self.issuer, self.settings.data_dir / "identity")
            self.tokens[user] = (time.monotonic(), token)
            SECRETS.add(token)
        return token


@pytest.fixture(scope="session", autouse=True)
def whole_log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep the log of the whole run, and look through it at the end for what it may not hold."""
    log = tmp_path_factory.mktemp("log") / "log"
    with kept(log):
        yield log
    assert secrets_in(log) == []


@pytest.fixture(scope="session")
def prepared() -> Iterator[Path]:
    """What services with the demo municipalities are copies of, where nobody asks for their users.

    Those are tied to the identity provider that there was: whoever logs in is somebody new.
    """
    with preparing() as folder:
        yield folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[Path]:
    """The folder of this worker's own PostgreSQL."""
    folder = Path(tempfile.mkdtemp(prefix="sakark-test-"))
    yield folder / "postgres"
    embedded.remove(folder / "postgres")
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def database(postgres: Path) -> Iterator[embedded.EmbeddedServer]:
    """A PostgreSQL of this worker's own, with addresses as owner and as application role."""
    with embedded.embedded(postgres, durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def service(
    database: embedded.EmbeddedServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """A service on a free port, answering for the whole session."""
    port = free_port()
    settings = Settings(
        database_url=database.app_url,
        database_owner_url=database.owner_url,
        database_operator_url=database.operator_url,
        operator_issuer=f"http://127.0.0.1:{port}/identity",
        data_dir=tmp_path_factory.mktemp("data"),
        cors_origins=("https://spa.example",),
        database_pool_size=4,
        rate_address=0,  # all tests are one address; limits are tested beside this service
        rate_refused=0,
        body_limit=200_000,
        bulk_limit=5_000_000,
    )
    yield from run_service(settings, port)


def run_service(settings: Settings, port: int) -> Iterator[Service]:
    url, issuer = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port}/identity"
    asyncio.run(prepare(settings, issuer))
    users = [*demo_users(), OPERATOR]
    identity = create_identity(issuer, users, demo_clients(), settings.data_dir / "identity")
    app = create_app(settings, mounts=[("/identity", identity)])
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", loop="asyncio")
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the service did not start"
        time.sleep(0.02)
    yield Service(url, settings, issuer)
    server.should_exit = True
    thread.join()


class Client:
    """A client that knows the root of one kommune and the standard's relation keys."""

    def __init__(
        self, http: httpx.Client, service: Service, user: str | None, kommune: str
    ) -> None:
        self.http = http
        self.service = service
        self.root = f"{service.url}/{kommune}/api/"
        self.user = user

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.service.token(self.user)}"} if self.user else {}

    def request(self, method: str, url: str, **kwargs: Any) -> httpx.Response:
        headers = {**self.headers, **kwargs.pop("headers", {})}
        if "Idempotency-Key" in headers:
            SECRETS.add(headers["Idempotency-Key"])
        return self.http.request(method, url.split("{?", maxsplit=1)[0], headers=headers, **kwargs)

    def get(self, url: str, **kwargs: Any) -> httpx.Response:
        return self.request("GET", url, **kwargs)

    def post(self, url: str, body: object, **kwargs: Any) -> httpx.Response:
        return self._send("POST", url, body, NOARK, kwargs)

    def put(self, url: str, body: object, **kwargs: Any) -> httpx.Response:
        return self._send("PUT", url, body, NOARK, kwargs)

    def patch(self, url: str, body: object, **kwargs: Any) -> httpx.Response:
        return self._send("PATCH", url, body, PATCH, kwargs)

    def delete(self, url: str, **kwargs: Any) -> httpx.Response:
        return self.request("DELETE", url, **kwargs)

    def _send(self, method: str, url: str, body: object, kind: str, kwargs: Any) -> httpx.Response:
        headers = {"Content-Type": kind, **kwargs.pop("headers", {})}
        remember(body)
        return self.request(method, url, content=json.dumps(body), headers=headers, **kwargs)

    def link(self, unit: Mapping[str, Any], rel: str) -> str:
        """Give the address of a relation, without the template at its end."""
        key = rel if rel in ("self", "next") or "://" in rel else REL + rel
        return str(unit["_links"][key]["href"]).split("{?")[0]

    def follow(self, *rels: str) -> Any:
        """Read the root and follow relations from there."""
        unit = self.get(self.root).json()
        for rel in rels:
            unit = self.get(self.link(unit, rel)).json()
        return unit

    def make(self, owner: Mapping[str, Any], rel: str, body: object) -> Any:
        """Make a unit under another, by the relation that offers it."""
        answer = self.post(self.link(owner, rel), body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def refer(self, owner: Mapping[str, Any], target: Mapping[str, Any]) -> Any:
        """Make a kryssreferanse from one unit to another."""
        template = self.get(self.link(owner, "arkivstruktur/ny-kryssreferanse/")).json()
        answer = self.request("POST", template["url"] + self.link(target, "self"))
        assert answer.status_code == 201, answer.text
        return answer.json()

    def refreshed(self, unit: Mapping[str, Any]) -> Any:
        return self.get(self.link(unit, "self")).json()

    def etag(self, unit: Mapping[str, Any]) -> str:
        return str(self.get(self.link(unit, "self")).headers["etag"])


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=30) as client:
        yield client


LogIn = Callable[..., Client]


@pytest.fixture
def log_in(http: httpx.Client, service: Service) -> LogIn:
    """Log in as `<rolle>@<kommune>`, to that kommune or to another; None for no token."""

    def log_in(user: str | None, kommune: str | None = None) -> Client:
        return Client(http, service, user, kommune or (user or "@molde").split("@")[1])

    return log_in


def in_kommune(settings: Settings, slug: str, act: Callable[[Session], Any]) -> Any:
    """Do something to the rows of a kommune, as the service does it."""

    async def do() -> Any:
        engine = application_engine(settings, APPLICATION_ROLE, pool_size=1)
        try:
            kommune = (await Registry(engine).current())[slug]
            async with Writer(engine).transaction(kommune.id) as session:
                return await session.run_sync(act)
        finally:
            await engine.dispose()

    return asyncio.run(do())


def note_unknown(session: Session, unit_id: UUID) -> None:
    """Remember of a dokumentobjekt that nobody knows what it is."""
    change, unit = changing(session, unit_id)
    record(change, unit, Found(Kontrolltype.FORMAT, "ukjent", Verdict.UKJENT.text, True))


def note_line(session: Session, refs: Mapping[str, UUID]) -> None:
    """Put a document on a list of what is due, as one that is left out."""
    change = change_of(session)
    line = Kassasjonslinje(
        tenant_id=session.info["tenant_id"],
        system_id=uuid4(),
        **refs,
        antall_filer=0,
        antall_byte=0,
        utelatt=Grunn.IKKE_AVSLUTTET,
        utelatt_dato=change.now,
    )
    session.add(line)
    session.flush()
    log_created(change, [line])


MAIL = {
    "From": "Kari Nordmann <kari@example.no>",
    "To": "Postmottak <post@molde.example.no>",
    "Cc": "ola@example.no",
    "Date": "Mon, 01 Jun 2026 10:00:00 +0200",
    "Subject": "Søknad om carport",
    "Message-ID": "<1@example.no>",
}


def note_mail(session: Session, unit_id: UUID, picture: StoredFile) -> None:
    """Remember what an e-mail says of itself, whose only attachment is the file itself."""
    change, unit = changing(session, unit_id)
    attached = Epostvedlegg(filnavn="plan.pdf", referanse_dokumentobjekt=unit_id)
    keep_mail(change, unit, read_heads(MAIL), 0, [attached])
    keep_preview(session, unit_id, picture, change.now)


def put_picture(settings: Settings, kommune: str) -> StoredFile:
    """Put what stands for a picture of a file in storage."""
    key, content = f"{kommune}/prove/{uuid4().hex}", b"bilde"
    path = settings.data_dir / "dokumenter" / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return StoredFile(key, len(content), sha256(content).hexdigest(), "image/png", None)


def changing(session: Session, unit_id: UUID) -> tuple[Change, Dokumentobjekt]:
    change = change_of(session)
    unit = change.get(Dokumentobjekt, unit_id)
    assert unit is not None
    return change, unit


def change_of(session: Session) -> Change:
    return Change(session, Actor(uuid4(), "Arkivet"), datetime.now(UTC), session.info["kodeverk"])


def examined_as_mail(client: Client, dokumentobjekt: Any) -> Any:
    """Have a file as the worker leaves it that found an e-mail in it: give it with its links."""
    kommune = client.root.split("/")[-3]
    settings = client.service.settings
    unit_id, picture = UUID(dokumentobjekt["systemID"]), put_picture(settings, kommune)
    in_kommune(settings, kommune, partial(note_mail, unit_id=unit_id, picture=picture))
    return client.refreshed(dokumentobjekt)


class World:
    """A structure of its own for one test: one unit of every resource, made when asked for."""

    def __init__(self, client: Client) -> None:
        self.client = client

    @cached_property
    def arkivskaper(self) -> Any:
        return self.client.make(
            self.client.follow("arkivstruktur/"),
            "arkivstruktur/ny-arkivskaper/",
            {"arkivskaperID": "1", "arkivskaperNavn": "Prøve"},
        )

    @cached_property
    def arkiv(self) -> Any:
        return self.client.make(self.arkivskaper, "arkivstruktur/ny-arkiv/", {"tittel": "Arkivet"})

    @cached_property
    def arkivdel(self) -> Any:
        return self.client.make(self.arkiv, "arkivstruktur/ny-arkivdel/", {"tittel": "Delen"})

    @cached_property
    def klassifikasjonssystem(self) -> Any:
        return self.client.make(
            self.arkivdel, "arkivstruktur/ny-klassifikasjonssystem/", {"tittel": "Planen"}
        )

    @cached_property
    def klasse(self) -> Any:
        return self.client.make(
            self.klassifikasjonssystem,
            "arkivstruktur/ny-klasse/",
            {"klasseID": "L42", "tittel": "Byggetillatelser"},
        )

    @cached_property
    def mappe(self) -> Any:
        return self.client.make(self.arkivdel, "arkivstruktur/ny-mappe/", {"tittel": "Mappen"})

    @cached_property
    def saksmappe(self) -> Any:
        return self.client.make(self.klasse, "sakarkiv/ny-saksmappe/", {"tittel": "Saken"})

    @cached_property
    def registrering(self) -> Any:
        return self.client.make(
            self.mappe, "arkivstruktur/ny-registrering/", {"tittel": "Registreringen"}
        )

    @cached_property
    def journalpost(self) -> Any:
        return self.client.make(self.saksmappe, "sakarkiv/ny-journalpost/", {"tittel": "Brevet"})

    @cached_property
    def arkivnotat(self) -> Any:
        return self.client.make(self.saksmappe, "sakarkiv/ny-arkivnotat/", {"tittel": "Notatet"})

    @cached_property
    def dokumentbeskrivelse(self) -> Any:
        return self.client.make(
            self.journalpost, "arkivstruktur/ny-dokumentbeskrivelse/", {"tittel": "Dokumentet"}
        )

    @cached_property
    def dokumentobjekt(self) -> Any:
        return self.client.make(self.dokumentbeskrivelse, "arkivstruktur/ny-dokumentobjekt/", {})

    @cached_property
    def kryssreferanse(self) -> Any:
        return self.client.refer(self.mappe, self.saksmappe)

    @cached_property
    def merknad(self) -> Any:
        return self.client.make(
            self.journalpost, "arkivstruktur/ny-merknad/", {"merknadstekst": "Husk"}
        )

    @cached_property
    def partperson(self) -> Any:
        return self.client.make(self.saksmappe, "arkivstruktur/ny-partperson/", {"navn": "Kari"})

    @cached_property
    def partenhet(self) -> Any:
        return self.client.make(self.saksmappe, "arkivstruktur/ny-partenhet/", {"navn": "Firmaet"})

    @cached_property
    def korrespondansepartperson(self) -> Any:
        return self.client.make(
            self.journalpost, "arkivstruktur/ny-korrespondansepartperson/", {"navn": "Ola"}
        )

    @cached_property
    def korrespondansepartenhet(self) -> Any:
        return self.client.make(
            self.journalpost, "arkivstruktur/ny-korrespondansepartenhet/", {"navn": "Firmaet"}
        )

    @cached_property
    def korrespondansepartintern(self) -> Any:
        return self.client.make(
            self.journalpost, "arkivstruktur/ny-korrespondansepartintern/", {"saksbehandler": "Per"}
        )

    @cached_property
    def avskrivning(self) -> Any:
        return self.client.make(self.journalpost, "sakarkiv/ny-avskrivning/", {})

    @cached_property
    def dokumentflyt(self) -> Any:
        return self.client.make(self.journalpost, "sakarkiv/ny-dokumentflyt/", {"flytTil": "Ola"})

    @cached_property
    def presedens(self) -> Any:
        return self.client.make(
            self.saksmappe,
            "sakarkiv/ny-presedens/",
            {"tittel": "Presedensen", "rettskildefaktor": "Praksis"},
        )

    @cached_property
    def administrativenhet(self) -> Any:
        return self.client.make(
            self.client.follow("admin/"),
            "admin/ny-administrativenhet/",
            {"administrativEnhetNavn": "Enheten", "administrativEnhetsstatus": "Aktiv"},
        )

    @cached_property
    def bruker(self) -> Any:
        return self.client.make(
            self.administrativenhet, "admin/ny-bruker/", {"brukerNavn": "Ny bruker"}
        )

    @cached_property
    def hendelseslogg(self) -> Any:
        lines = self.client.get(self.client.link(self.mappe, "loggingogsporing/endringslogg/"))
        return lines.json()["results"][0]

    @cached_property
    def konvertering(self) -> Any:
        return self.client.make(self.dokumentobjekt, "arkivstruktur/ny-konvertering/", {})

    @cached_property
    def dokumentkontroll(self) -> Any:
        """What the worker has found of a file; no client can make one."""
        unit_id = UUID(self.dokumentobjekt["systemID"])
        kommune = self.client.root.split("/")[-3]
        in_kommune(self.client.service.settings, kommune, partial(note_unknown, unit_id=unit_id))
        file = self.client.refreshed(self.dokumentobjekt)
        found = self.client.get(self.client.link(file, f"{BEVARING}dokumentkontroll/"))
        return found.json()["results"][0]

    @cached_property
    def epost(self) -> Any:
        """What the worker has read of an e-mail; no client can make one."""
        file = examined_as_mail(self.client, self.dokumentobjekt)
        return self.client.get(self.client.link(file, f"{BEVARING}epost/")).json()["results"][0]

    @cached_property
    def kassasjonsliste(self) -> Any:
        return self.client.make(self.arkivdel, f"{BEVARING}ny-kassasjonsliste/", {})

    @cached_property
    def kassasjonslinje(self) -> Any:
        """What the worker has found to be due, or not; no client can make one."""
        units = {
            "kassasjonsliste_ref": self.kassasjonsliste,
            "dokumentbeskrivelse_ref": self.dokumentbeskrivelse,
            "registrering_ref": self.journalpost,
            "mappe_ref": self.saksmappe,
        }
        refs = {name: UUID(unit["systemID"]) for name, unit in units.items()}
        noting = partial(note_line, refs=refs)
        in_kommune(self.client.service.settings, self.client.root.split("/")[-3], noting)
        found = self.client.get(
            self.client.link(self.kassasjonsliste, f"{BEVARING}kassasjonslinje/")
        )
        return found.json()["results"][0]

    @cached_property
    def bygning(self) -> Any:
        return self.client.make(
            self.saksmappe, "arkivstruktur/ny-bygning/", {"bygningsnummer": 80466985}
        )

    @cached_property
    def matrikkel(self) -> Any:
        return self.client.make(
            self.saksmappe,
            "arkivstruktur/ny-matrikkel/",
            {"kommunenummer": "1506", "gaardsnummer": 24, "bruksnummer": 118},
        )

    @cached_property
    def plan(self) -> Any:
        return self.client.make(
            self.saksmappe, "arkivstruktur/ny-plan/", {"planidentifikasjon": "202604"}
        )

    @cached_property
    def posisjon(self) -> Any:
        return self.client.make(
            self.journalpost,
            "arkivstruktur/ny-posisjon/",
            {"koordinatsystem": {"kode": "EPSG:4326"}, "x": 7.159, "y": 62.737},
        )

    @cached_property
    def enhetsidentifikator(self) -> Any:
        return self.client.make(
            self.journalpost,
            "arkivstruktur/ny-enhetsidentifikator/",
            {"organisasjonsnummer": "312345609"},
        )

    @cached_property
    def foedselsnummer(self) -> Any:
        return self.client.make(
            self.journalpost, "arkivstruktur/ny-foedselsnummer/", {"foedselsnummer": "01817000173"}
        )

    @cached_property
    def dnummer(self) -> Any:
        return self.client.make(
            self.journalpost, "arkivstruktur/ny-dnummer/", {"dNummer": "41817000086"}
        )

    @cached_property
    def moetemappe(self) -> Any:
        return self.client.make(
            self.arkivdel,
            f"{MOETER}ny-moetemappe/",
            {
                "tittel": "Møtet",
                "moetenummer": "1/2026",
                "utvalg": "Utvalget",
                "moetedato": "2026-12-17T10:00:00+01:00",
            },
        )

    @cached_property
    def moeteregistrering(self) -> Any:
        return self.client.make(
            self.moetemappe,
            f"{MOETER}ny-moeteregistrering/",
            {
                "tittel": "Innkallingen",
                "moeteregistreringstype": {"kode": "MI"},
                "administrativEnhet": "Enheten",
                "saksbehandler": "Per",
            },
        )

    @cached_property
    def moetedeltaker(self) -> Any:
        return self.client.make(
            self.moetemappe, f"{MOETER}ny-moetedeltaker/", {"moetedeltakerNavn": "Kari"}
        )

    @cached_property
    def tilgang(self) -> Any:
        return self.client.make(
            self.client.follow("admin/"),
            "admin/ny-tilgang/",
            {
                "rolle": "saksbehandler",
                "tilgangskategori": {"kode": "M"},
                "les": True,
                "ny": False,
                "endre": False,
                "slett": False,
            },
        )

    @cached_property
    def inhabilitet(self) -> Any:
        return self.client.make(
            self.mappe,
            f"{TILGANGSSTYRING}ny-inhabilitet/",
            {"referanseBruker": self.bruker["systemID"], "begrunnelse": "I slekt med søkeren"},
        )

    @cached_property
    def bevaringspaalegg(self) -> Any:
        """An order over a mappe of its own, so that the others may be deleted."""
        return self.client.make(
            self._mappe_apart("Bevart"),
            f"{TILGANGSSTYRING}ny-bevaringspaalegg/",
            {"hjemmel": "Arkivlova § 13"},
        )

    @cached_property
    def sperring(self) -> Any:
        """A blocking of a mappe of its own, so that the others may be seen."""
        return self.client.make(
            self._mappe_apart("Sperret"),
            f"{TILGANGSSTYRING}ny-sperring/",
            {"hjemmel": "Personvernforordningen artikkel 17"},
        )

    def _mappe_apart(self, tittel: str) -> Any:
        """Make a mappe that is not among those of the arkivdel."""
        apart = self.client.make(self.arkiv, "arkivstruktur/ny-arkivdel/", {"tittel": tittel})
        return self.client.make(apart, "arkivstruktur/ny-mappe/", {"tittel": tittel})

    @cached_property
    def virksomhetsspesifikkeMetadata(self) -> Any:  # noqa: N802  named as the resource is
        return self.client.make(
            self.client.follow("metadata/"),
            "metadata/ny-virksomhetsspesifikkeMetadata/",
            {"navn": f"prove-1:felt{uuid4().hex}", "type": "string"},
        )


UNITS = [name for name, found in vars(World).items() if isinstance(found, cached_property)]


def build_world(client: Client) -> World:
    """Make one unit of every resource, each by following links."""
    world = World(client)
    for name in UNITS:
        getattr(world, name)
    return world


@pytest.fixture
def world(log_in: LogIn, request: pytest.FixtureRequest) -> World:
    """A world where each unit is made when it is asked for; all of them first if a test says so."""
    client = log_in("administrator@molde")
    whole = request.node.get_closest_marker("whole_world") is not None
    return build_world(client) if whole else World(client)
