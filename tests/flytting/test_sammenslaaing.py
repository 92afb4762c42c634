"""Two kommuner become one: everything is in the other, numbers are unique, and logs are proven."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from sqlalchemy.orm import Session
from tests.conftest import Client, Service, World, build_world, free_port, in_kommune, run_service
from tests.flytting.conftest import KILLED, PDF, House, kill, wait_for
from tests.operations.archiving import as_superuser

from sakark_api.db import embedded
from sakark_api.noark.admin.bruker import Bruker
from sakark_api.noark.metadata.kodeverdi import KodeverdiRow
from sakark_api.settings import Settings

FRA, TIL = "midsund", "molde"
ADDRESS = "https://arkiv.example.no/molde/api/"
MOVED = "vnd-sammenslaatt-v1:"


@dataclass(frozen=True)
class Stage:
    """Two kommuner with something of everything in each, and things that collide."""

    house: House
    postgres: Path
    fra: World
    til: World
    delt: UUID
    """The bruker of the one that ends who is a bruker of the other too."""
    kodet: Any
    """A document of the one that ends with a code that means something else in the other."""

    def ask(self, question: str, *values: Any) -> list[asyncpg.Record]:
        async def fetch(connection: asyncpg.Connection) -> list[asyncpg.Record]:
            return list(await connection.fetch(question, *values))

        return as_superuser(self.postgres, fetch)

    def counts(self, slug: str) -> dict[str, int]:
        """Count the rows of some tables of a kommune."""
        return {
            table: self.ask(
                f"select count(*) from {table} where tenant_id ="
                " (select id from kommune where slug = $1)",
                slug,
            )[0][0]
            for table in ("arkiv", "klasse", "mappe", "registrering", "dokumentobjekt", "merknad")
        }

    def merge(self, *words: str | Path) -> Any:
        return self.house.sakark("kommune", "merge", FRA, TIL, "--adresse", ADDRESS, *words)


def world_of(http: httpx.Client, service: Service, slug: str) -> World:
    world = build_world(Client(http, service, f"administrator@{slug}", slug))
    sent = world.client.request(
        "POST",
        world.client.link(world.dokumentobjekt, "arkivstruktur/fil/"),
        content=PDF,
        headers={"Content-Type": "application/pdf"},
    )
    assert sent.status_code in (201, 409), sent.text
    return world


def add_shared(settings: Settings, slug: str, kodenavn: str) -> UUID:
    """Give a kommune a bruker who is in the other too, and a code that is not the same there."""
    system_id = uuid4()

    def act(session: Session) -> None:
        tenant_id = session.info["tenant_id"]
        who = {"issuer": "https://login.example.no", "subject": "kari", "bruker_navn": "Kari"}
        made = {"opprettet_dato": datetime.now(UTC), "opprettet_av": "Prøve"}
        session.add(Bruker(tenant_id=tenant_id, system_id=system_id, **who, **made))
        session.add(
            KodeverdiRow(tenant_id=tenant_id, liste="dokumenttype", kode="X1", kodenavn=kodenavn)
        )

    in_kommune(settings, slug, act)
    return system_id


@pytest.fixture(scope="module")
def stage(http: httpx.Client) -> Iterator[Stage]:
    """An installation of its own: what becomes one here is one for ever."""
    folder, port = Path(tempfile.mkdtemp(prefix="sakark-sammen-")), free_port()
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
            house = House(service, http)
            delt = add_shared(settings, FRA, "Alfa")  # before codes are read
            add_shared(settings, TIL, "Beta")
            fra, til = (world_of(http, service, slug) for slug in (FRA, TIL))
            kodet = fra.client.make(
                fra.journalpost,
                "arkivstruktur/ny-dokumentbeskrivelse/",
                {"tittel": "Med kode", "dokumenttype": {"kode": "X1"}},
            )
            ended = house.sakark("kommune", "status", FRA, "avsluttet", "--begrunnelse", "Slås")
            assert ended.returncode == 0, ended.stderr
            house.sakark("checkpoint")
            yield Stage(house, folder / "postgres", fra, til, delt, kodet)
    embedded.remove(folder / "postgres")
    shutil.rmtree(folder)


@dataclass(frozen=True)
class Merged:
    """What was before, and what was reported."""

    stage: Stage
    before: dict[str, dict[str, int]]
    rehearsed: Any
    untouched: dict[str, dict[str, int]]
    killed: int
    after: dict[str, dict[str, int]]
    rapport: Any


@pytest.fixture(scope="module")
def merged(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Merged:
    """Both as one: rehearsed first, then killed as the one is about to be emptied, then done."""
    file = tmp_path_factory.mktemp("rapport") / "rapport.json"
    before = {slug: stage.counts(slug) for slug in (FRA, TIL)}
    dry = stage.merge("--dry-run", "--rapport", file)
    assert dry.returncode == 0, dry.stderr
    rehearsed = json.loads(file.read_text(encoding="utf-8"))
    words = ("kommune", "merge", FRA, TIL, "--adresse", ADDRESS)
    killed = kill(stage.house, "_empty", 1, *words)
    untouched = {slug: stage.counts(slug) for slug in (FRA, TIL)}
    done = stage.merge("--rapport", file)
    assert done.returncode == 0, done.stderr
    after = {slug: stage.counts(slug) for slug in (FRA, TIL)}
    wait_for(stage.house.http, stage.fra.client.root, 308)
    rapport = json.loads(file.read_text(encoding="utf-8"))
    return Merged(stage, before, rehearsed, untouched, killed, after, rapport)


def test_a_rehearsal_and_a_kill_change_nothing(merged: Merged) -> None:
    assert merged.killed == KILLED
    assert merged.untouched == merged.before
    assert merged.rehearsed == merged.rapport


def test_everything_is_in_the_other(merged: Merged) -> None:
    assert not any(merged.after[FRA].values())
    assert all(merged.before[FRA].values())
    assert merged.after[TIL] == {
        table: count + merged.before[FRA][table] for table, count in merged.before[TIL].items()
    }


def there(stage: Stage, unit: Any) -> Any:
    """Read a unit of the one that ended where it is now."""
    address = stage.fra.client.link(unit, "self").replace(f"/{FRA}/", f"/{TIL}/")
    answer = stage.til.client.get(address)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_units_keep_their_identity_and_what_they_were_called(merged: Merged) -> None:
    stage = merged.stage
    number = stage.ask("select kommunenummer from kommune where slug = $1", FRA)[0][0]

    found = there(stage, stage.fra.saksmappe)

    old = stage.fra.saksmappe["mappeID"]
    assert found["systemID"] == stage.fra.saksmappe["systemID"]
    assert found["mappeID"] == f"{number}-{old}"
    assert found["virksomhetsspesifikkeMetadata"][f"{MOVED}mappeid"] == old
    assert found["virksomhetsspesifikkeMetadata"][f"{MOVED}kommunenummer"] == number


def test_what_a_case_was_called_is_found(merged: Merged) -> None:
    client, old = merged.stage.til.client, merged.stage.fra.saksmappe["mappeID"]
    field = f"virksomhetsspesifikkeMetadata/{MOVED}mappeid"

    found = client.get(
        f"{client.root}sakarkiv/saksmappe/", params={"$filter": f"{field} eq '{old}'"}
    )

    assert found.status_code == 200, found.text
    assert [one["systemID"] for one in found.json()["results"]] == [
        merged.stage.fra.saksmappe["systemID"]
    ]


def test_numbers_are_unique_and_go_on(merged: Merged) -> None:
    stage = merged.stage
    case = stage.til.client.make(stage.til.klasse, "sakarkiv/ny-saksmappe/", {"tittel": "Ny"})
    entry = stage.til.client.make(case, "sakarkiv/ny-journalpost/", {"tittel": "Nytt brev"})

    highest = stage.ask(
        "select max(journalsekvensnummer) from registrering where journalaar = $1"
        " and tenant_id = (select id from kommune where slug = $2) and system_id <> $3",
        entry["journalaar"],
        TIL,
        UUID(entry["systemID"]),
    )[0][0]
    assert entry["journalsekvensnummer"] == highest + 1


def test_a_journal_number_that_was_taken_is_kept_on_the_entry(merged: Merged) -> None:
    before = merged.stage.fra.journalpost
    was = f"{before['journalaar']}/{before['journalsekvensnummer']}"

    found = there(merged.stage, before)

    assert found["journalsekvensnummer"] != before["journalsekvensnummer"]
    assert found["virksomhetsspesifikkeMetadata"][f"{MOVED}journalnummer"] == was


def test_a_code_that_meant_something_else_has_a_name_of_its_own(merged: Merged) -> None:
    number = merged.stage.ask("select kommunenummer from kommune where slug = $1", FRA)[0][0]

    found = there(merged.stage, merged.stage.kodet)

    assert found["dokumenttype"] == {"kode": f"{number}-X1", "kodenavn": "Alfa"}


def test_who_is_in_both_is_one(merged: Merged) -> None:
    left = merged.stage.ask("select count(*) from bruker where subject = 'kari'")[0][0]

    assert left == 1
    assert merged.stage.ask("select 1 from bruker where system_id = $1", merged.stage.delt) == []


def test_files_are_read_where_they_are_now(merged: Merged) -> None:
    stage = merged.stage
    address = stage.fra.client.link(stage.fra.dokumentobjekt, "arkivstruktur/fil/")

    answer = stage.til.client.get(address.replace(f"/{FRA}/", f"/{TIL}/"))
    verified = stage.house.sakark("storage", "verify", "--kommune", TIL)

    assert answer.content == PDF
    assert verified.returncode == 0, verified.stdout


def test_both_logs_are_proven(merged: Merged) -> None:
    sealed = merged.stage.house.sakark("checkpoint")
    proven = merged.stage.house.sakark("verify", "--kommune", FRA, "--kommune", TIL)

    assert sealed.returncode == 0, sealed.stderr
    assert "Ingen funn." in proven.stdout, proven.stdout


def test_both_logs_tell_of_it(merged: Merged) -> None:
    said = merged.stage.ask(
        "select k.slug from endringslogg l join kommune k on k.id = l.tenant_id"
        " where l.beskrivelse like 'Kommunen%slått sammen med%' group by k.slug order by k.slug"
    )

    assert [row[0] for row in said] == [FRA, TIL]


def test_the_address_of_a_unit_shows_to_where_it_is(merged: Merged) -> None:
    address = merged.stage.fra.client.link(merged.stage.fra.saksmappe, "self")

    answer = merged.stage.house.http.get(address)

    assert answer.status_code == 308
    assert answer.headers["location"] == ADDRESS + address.split("/api/", 1)[1]


def test_the_report_says_how_each_collision_was_solved(merged: Merged) -> None:
    by_kind = {one["slag"]: one for one in merged.rapport["kollisjoner"]}

    assert {"bruker", "kode", "kode lik", "mappeid", "journalnummer", "enhet", "rett"} <= set(
        by_kind
    )
    assert all(one["regel"] for one in by_kind.values())
    assert len(by_kind["mappeid"]["endret"]) == by_kind["mappeid"]["antall"]


@pytest.mark.parametrize(
    ("fra", "til", "said"),
    [
        ("rauma", TIL, "må være avsluttet før den går inn i en annen"),
        (TIL, TIL, "Oppgi to ulike kommuner."),
        (FRA, "rauma", "er flyttet"),
    ],
)
def test_an_odd_merge_is_refused(merged: Merged, fra: str, til: str, said: str) -> None:
    done = merged.stage.house.sakark("kommune", "merge", fra, til, "--adresse", ADDRESS)

    assert done.returncode == 1
    assert said in done.stderr
