"""Two kommuner, of which one gets some of the other's arkivdeler."""

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from sqlalchemy.orm import Session
from tests.conftest import UNITS, Client, World, free_port, in_kommune, run_service
from tests.flytting.conftest import PDF, SECONDS, House
from tests.operations.archiving import as_superuser

from sakark_api.db import embedded
from sakark_api.noark.metadata.kodeverdi import KodeverdiRow
from sakark_api.settings import Settings

FRA, TIL = "rauma", "vestnes"
STAYS = "Dette blir igjen"
OUTSIDE = (
    "administrativenhet",
    "bruker",
    "kassasjonslinje",
    "kassasjonsliste",
    "tilgang",
    "virksomhetsspesifikkeMetadata",
)
"""What is in no arkivdel, and a list that is not ended: it would be refused."""


RENUMBERED = {
    "mappeID",
    "registreringsID",
    "journalsekvensnummer",
    "virksomhetsspesifikkeMetadata",
    "referanseGradertAv",
}
"""What may differ: the numbers that both had, the field that says what they were, and who is named
inside a value, which is not pointed to a copy.
"""


@dataclass
class Stage:
    """Two kommuner: in the first are arkivdeler that go, and one that stays (`blir`)."""

    house: House
    postgres: Path
    fra: World
    til: World
    blir: World
    arkivdeler: list[str]
    gradert: Any
    """A mappe that goes, and is graded."""
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What was answered of each unit that goes, by address, while all of it was in use."""

    def ask(self, question: str, *values: Any) -> list[asyncpg.Record]:
        async def fetch(connection: asyncpg.Connection) -> list[asyncpg.Record]:
            return list(await connection.fetch(question, *values))

        return as_superuser(self.postgres, fetch)

    def words(self, fra: str = FRA, til: str = TIL) -> list[str]:
        named = [word for one in self.arkivdeler for word in ("--arkivdel", one)]
        return ["kommune", "split", fra, til, *named]

    def split(self, *words: str | Path) -> Any:
        return self.house.sakark(*self.words(), *words)

    def set_status(self, slug: str, status: str) -> None:
        done = self.house.sakark("kommune", "status", slug, status, "--begrunnelse", "Prøve")
        assert done.returncode == 0, done.stderr

    def wait_until_as_before(self) -> None:
        """Wait until the registry has been read anew: who may do what follows from it."""
        unit, deadline = self.fra.saksmappe, time.monotonic() + SECONDS
        links = unit["_links"].keys()
        while self.fra.client.refreshed(unit)["_links"].keys() < links:
            assert time.monotonic() < deadline, "the kommune is not in use"
            time.sleep(0.2)


@contextmanager
def installed(http: httpx.Client, build: Callable[[House, Path], Stage]) -> Iterator[Stage]:
    """Run an installation of its own: what is moved here is moved for ever."""
    folder, port = Path(tempfile.mkdtemp(prefix="sakark-deling-")), free_port()
    folder.chmod(0o711)
    with embedded.embedded(folder / "postgres", durable=False) as server:
        settings = Settings(
            database_url=server.app_url,
            database_owner_url=server.owner_url,
            data_dir=folder / "data",
            database_pool_size=2,
            rate_refused=0,
        )
        for service in run_service(settings, port):
            yield build(House(service, http), folder / "postgres")
    embedded.remove(folder / "postgres")
    shutil.rmtree(folder)


def client_of(house: House, slug: str) -> Client:
    return Client(house.http, house.service, f"administrator@{slug}", slug)


def add_codes(session: Session) -> None:
    session.add_all(
        KodeverdiRow(
            tenant_id=session.info["tenant_id"], liste="dokumenttype", kode=kode, kodenavn=kode
        )
        for kode in ("X1", "X2")
    )


def build_stage(house: House, postgres: Path) -> Stage:
    """Make something of everything that goes, and some of the same that stays."""
    in_kommune(house.service.settings, FRA, add_codes)  # before codes are read
    fra, til = World(client_of(house, FRA)), World(client_of(house, TIL))
    vars(fra)["klassifikasjonssystem"] = fra.client.make(
        fra.arkivdel,
        "arkivstruktur/ny-klassifikasjonssystem/",
        {"tittel": "Planen", "klassifikasjonstype": {"kode": "KK"}},
    )
    for name in UNITS:
        if name not in ("kassasjonsliste", "kassasjonslinje"):
            getattr(fra, name)
    assert til.journalpost
    assert til.dokumentobjekt
    blir = staying(fra)
    send_file(fra)
    arrange(fra)
    names = ("Delen", "Bevart", "Sperret")
    going = [one["systemID"] for one in below(fra.client, fra.arkiv) if one["tittel"] in names]
    graded = {"tittel": "Gradert", "gradering": {"graderingskode": {"kode": "B"}}}
    gradert = fra.client.make(fra.arkivdel, "arkivstruktur/ny-mappe/", graded)
    stage = Stage(house, postgres, fra, til, blir, going, gradert)
    assert len(stage.arkivdeler) == len(names)
    stage.answers = {
        name: answers_of(fra.client, fra.client.refreshed(getattr(fra, name)))
        for name in UNITS
        if name not in OUTSIDE
    }
    return stage


def below(client: Client, arkiv: Any) -> list[Any]:
    found: list[Any] = client.get(client.link(arkiv, "arkivstruktur/arkivdel/")).json()["results"]
    return found


def staying(fra: World) -> World:
    """Make what stays: in an arkivdel of the same arkiv, ordered by the same plan."""
    client = fra.client
    world = World(client)
    known = {"arkivskaper": fra.arkivskaper, "arkiv": fra.arkiv}
    vars(world).update(known)
    vars(world)["arkivdel"] = client.make(
        fra.arkiv, "arkivstruktur/ny-arkivdel/", {"tittel": STAYS}
    )
    plan = client.link(fra.klassifikasjonssystem, "self")
    arkivdel = client.link(world.arkivdel, "self")
    tied = client.request("PUT", f"{arkivdel}klassifikasjonssystem/$ref", params={"$id": plan})
    assert tied.status_code in (200, 204), tied.text
    vars(world)["mappe"] = client.make(
        world.arkivdel, "arkivstruktur/ny-mappe/", {"tittel": f"{STAYS}: mappen"}
    )
    assert world.registrering
    vars(world)["merknad"] = client.make(
        world.registrering, "arkivstruktur/ny-merknad/", {"merknadstekst": STAYS}
    )
    vars(world)["partperson"] = client.make(
        world.mappe, "arkivstruktur/ny-partperson/", {"navn": STAYS}
    )
    vars(world)["dokumentbeskrivelse"] = client.make(
        world.registrering,
        "arkivstruktur/ny-dokumentbeskrivelse/",
        {"tittel": STAYS, "dokumenttype": {"kode": "X2"}},
    )
    assert world.dokumentobjekt
    return world


def arrange(fra: World) -> None:
    """Make a plan and a register of people, of which the moved units name one of each."""
    client = fra.client
    plan = client.refreshed(fra.klassifikasjonssystem)
    client.make(plan, "arkivstruktur/ny-klasse/", {"klasseID": "K99", "tittel": "Ubrukt"})
    people = client.make(
        plan,
        "arkivstruktur/ny-sekundaerklassifikasjonssystem/",
        {"tittel": "Personer", "klassifikasjonstype": {"kode": "PNR"}},
    )
    named, _ = (
        client.make(people, "arkivstruktur/ny-klasse/", {"klasseID": one, "tittel": one})
        for one in ("01817000173", "41817000086")
    )
    tied = client.request(
        "POST",
        f"{client.link(fra.saksmappe, 'sakarkiv/sekundaerklassifikasjon/')}$ref",
        params={"$id": client.link(named, "self")},
    )
    assert tied.status_code == 204, tied.text
    client.make(
        fra.journalpost,
        "arkivstruktur/ny-dokumentbeskrivelse/",
        {"tittel": "Med kode", "dokumenttype": {"kode": "X1"}},
    )


def send_file(world: World) -> None:
    sent = world.client.request(
        "POST",
        world.client.link(world.dokumentobjekt, "arkivstruktur/fil/"),
        content=PDF,
        headers={"Content-Type": "application/pdf"},
    )
    assert sent.status_code in (201, 409), sent.text


def answers_of(client: Client, unit: Any) -> dict[str, Any]:
    """Read a unit, and what its links lead to."""
    found = {}
    addresses = {one["href"].split("{?")[0] for one in unit["_links"].values()}
    for address in sorted(addresses):
        ours = address.startswith(client.root)
        made = "/ny-" in address or "/metadata/" in address or "/utvid-til-" in address
        if not ours or made or address.endswith(("/fil/", "/endringslogg/")):
            continue
        answer = client.get(address)
        if answer.status_code == 200 and "json" in answer.headers["content-type"]:
            found[address] = answer.json()
    return found


def counts(stage: Stage, slug: str) -> dict[str, int]:
    """Count the rows of some tables of a kommune."""
    return {
        table: stage.ask(
            f"select count(*) from {table} where tenant_id ="
            " (select id from kommune where slug = $1)",
            slug,
        )[0][0]
        for table in ("arkivdel", "mappe", "registrering", "dokumentobjekt", "merknad", "part")
    }


def plain(said: Any) -> Any:
    """Leave out what a rule may have changed, and where a copy is from; lists are in no order."""
    if isinstance(said, dict):
        return {
            key: plain(one)
            for key, one in said.items()
            if key not in RENUMBERED and not str(one).startswith("Kopi frå ")
        }
    if isinstance(said, list):
        return sorted((plain(one) for one in said), key=lambda one: json.dumps(one, sort_keys=True))
    return said
