"""A screening reaches what is below, whenever it is given, and leaves what has its own (6.6.26)."""

import asyncio
import json
import runpy
from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy
from alembic.migration import MigrationContext
from alembic.operations import Operations
from tests.api.test_screening import SECRET, screened
from tests.conftest import Client, LogIn, World

from sakark_api.db.embedded import EmbeddedServer
from sakark_api.tenancy.session import owner_engine

ALL = ("TMO", "TRO", "TD", "NPS", "MT")
MASKED = "*****"
NOW = {"If-Match": "*"}


@pytest.fixture
def leser(log_in: LogIn) -> Client:
    return log_in("leser@molde")


@pytest.fixture
def tree(world: World) -> Mapping[str, Any]:
    """A case with an entry, a document, a party and a remark; nothing is screened."""
    client = world.client
    case = client.make(world.klasse, "sakarkiv/ny-saksmappe/", {"tittel": SECRET})
    post = client.make(case, "sakarkiv/ny-journalpost/", {"tittel": SECRET})
    document = client.make(post, "arkivstruktur/ny-dokumentbeskrivelse/", {"tittel": SECRET})
    part = client.make(post, "arkivstruktur/ny-partperson/", {"navn": SECRET})
    merknad = client.make(document, "arkivstruktur/ny-merknad/", {"merknadstekst": SECRET})
    return {"case": case, "post": post, "document": document, "part": part, "merknad": merknad}


def screen(client: Client, unit: Any, *codes: str) -> None:
    body = screened(*codes) if codes else {"skjerming": None}
    answer = client.patch(client.link(unit, "self"), body, headers=NOW)
    assert answer.status_code == 200, answer.text


def seen(client: Client, units: Mapping[str, Any]) -> dict[str, str]:
    found = {name: client.refreshed(unit) for name, unit in units.items()}
    names = ("tittel", "navn", "merknadstekst")
    return {name: next(unit[one] for one in names if one in unit) for name, unit in found.items()}


@pytest.mark.krav("6.6.26")
def test_a_later_screening_reaches_all_that_is_below(
    world: World, leser: Client, tree: Mapping[str, Any]
) -> None:
    before = seen(leser, tree)
    screen(world.client, tree["case"], *ALL)

    assert set(before.values()) == {SECRET}
    assert set(seen(leser, tree).values()) == {MASKED}
    assert set(seen(world.client, tree).values()) == {SECRET}
    assert world.client.refreshed(tree["document"])["skjerming"]["skjermingMetadata"][0][
        "kode"
    ] == ("TMO")


def test_what_is_taken_away_above_is_open_below(
    world: World, leser: Client, tree: Mapping[str, Any]
) -> None:
    screen(world.client, tree["case"], *ALL)
    screen(world.client, tree["case"])

    assert set(seen(leser, tree).values()) == {SECRET}
    assert "skjerming" not in world.client.refreshed(tree["document"])


def test_a_screening_of_its_own_stays_and_reaches_further_down(
    world: World, leser: Client, tree: Mapping[str, Any]
) -> None:
    screen(world.client, tree["post"], "TD")
    screen(world.client, tree["case"], *ALL)

    found = seen(leser, tree)

    assert (found["case"], found["post"], found["document"]) == (MASKED, SECRET, MASKED)
    assert found["merknad"] == SECRET


def test_what_is_opened_below_stays_open(
    world: World, leser: Client, tree: Mapping[str, Any]
) -> None:
    screen(world.client, tree["case"], *ALL)
    screen(world.client, tree["post"])
    screen(world.client, tree["case"], "M", *ALL)

    found = seen(leser, tree)

    assert (found["case"], found["post"], found["document"]) == (MASKED, SECRET, SECRET)


def test_what_was_opened_over_nothing_is_screened_again(
    world: World, leser: Client, tree: Mapping[str, Any]
) -> None:
    screen(world.client, tree["post"], "TRO")
    screen(world.client, tree["post"])
    screen(world.client, tree["case"], *ALL)

    assert seen(leser, tree)["post"] == MASKED


def test_a_moved_entry_is_screened_as_its_new_case_is(
    world: World, leser: Client, tree: Mapping[str, Any]
) -> None:
    client = world.client
    body = {"tittel": "Skjermet", **screened(*ALL)}
    other = client.make(world.klasse, "sakarkiv/ny-saksmappe/", body)

    moved = client.request(
        "PUT",
        f"{client.link(tree['post'], 'self')}mappe/$ref",
        content=client.link(other, "self"),
    )

    assert moved.status_code in (200, 204), moved.text
    assert {one: seen(leser, tree)[one] for one in ("post", "document", "part")} == {
        "post": MASKED,
        "document": MASKED,
        "part": MASKED,
    }


def test_a_document_of_several_entries_is_screened_by_any(
    world: World, leser: Client, tree: Mapping[str, Any]
) -> None:
    client = world.client
    other = client.make(tree["case"], "sakarkiv/ny-journalpost/", {"tittel": "B", **screened("TD")})
    tied = client.request(
        "POST",
        f"{client.link(other, 'arkivstruktur/dokumentbeskrivelse/')}$ref",
        params={"$id": client.link(tree["document"], "self")},
    )

    assert tied.status_code == 204, tied.text
    assert seen(leser, tree)["document"] == MASKED


@pytest.mark.parametrize("above", ["arkivdel", "klasse"])
def test_what_is_above_the_case_reaches_it(world: World, leser: Client, above: str) -> None:
    client = world.client
    made = {"klassifikasjonssystem": {"tittel": "S"}, "arkivdel": {"tittel": "A"}}
    arkivdel = client.make(world.arkiv, "arkivstruktur/ny-arkivdel/", made["arkivdel"])
    system = client.make(
        arkivdel, "arkivstruktur/ny-klassifikasjonssystem/", made["klassifikasjonssystem"]
    )
    klasse = client.make(system, "arkivstruktur/ny-klasse/", {"klasseID": "1", "tittel": "K"})
    case = client.make(klasse, "sakarkiv/ny-saksmappe/", {"tittel": SECRET})
    post = client.make(case, "sakarkiv/ny-journalpost/", {"tittel": SECRET})

    screen(client, {"arkivdel": arkivdel, "klasse": klasse}[above], *ALL)

    assert set(seen(leser, {"case": case, "post": post}).values()) == {MASKED}


def test_it_lapses_by_when_each_unit_was_registered(world: World, tree: Mapping[str, Any]) -> None:
    client = world.client
    body = screened("TMO", skjermingsvarighet=5)
    client.patch(client.link(tree["case"], "self"), body, headers=NOW)

    post = client.refreshed(tree["post"])

    assert post["skjerming"]["skjermingOpphoererDato"][:4] == str(
        int(post["opprettetDato"][:4]) + 5
    )
    assert post["skjerming"]["skjermingOpphoererDato"][4:10] == post["opprettetDato"][4:10]


def test_validators_tell_that_what_is_seen_has_changed(
    world: World, leser: Client, tree: Mapping[str, Any]
) -> None:
    """A party is masked by its entry: its own row is as it was."""
    address = leser.link(tree["part"], "self")
    before = leser.get(address).headers["etag"]

    screen(world.client, tree["case"], "NPS")
    again = leser.get(address, headers={"If-None-Match": before})
    screen(world.client, tree["case"], "MT")
    last = leser.get(address, headers={"If-None-Match": again.headers["etag"]})

    assert (again.status_code, again.json()["navn"]) == (200, MASKED)
    assert (last.status_code, last.json()["navn"]) == (200, SECRET)


def test_the_upgrade_carries_down_what_was_screened_before(
    world: World, leser: Client, tree: Mapping[str, Any], database: EmbeddedServer
) -> None:
    """As the release before left it: the case is screened, an entry has its own, the rest none."""
    client = world.client
    other = client.make(tree["case"], "sakarkiv/ny-journalpost/", {"tittel": SECRET})
    held = screened(*ALL, skjermingsvarighet=5)["skjerming"]
    version = runpy.run_path("migrations/versions/2026_11_27_carry_screenings.py")

    async def upgrade() -> None:
        owner = owner_engine(database.owner_url)
        async with owner.begin() as connection:
            await connection.run_sync(as_before)
        await owner.dispose()

    def as_before(connection: sqlalchemy.Connection) -> None:
        kommune = connection.scalar(sqlalchemy.text("select id from kommune where slug = 'molde'"))
        assert kommune is not None
        say = sqlalchemy.text
        connection.execute(say(f"select set_config('app.tenant_id', '{kommune}', true)"))
        for table, unit, codes in (("mappe", tree["case"], held), ("registrering", other, None)):
            own = json.dumps(codes or screened("NA")["skjerming"])
            connection.execute(
                say(f"update {table} set skjerming = cast(:own as jsonb) where system_id = :id"),
                {"own": own, "id": unit["systemID"]},
            )
        with Operations.context(MigrationContext.configure(connection)):
            connection.execute(say(version["LAPSING"]))
            version["carry"](kommune)

    asyncio.run(upgrade())

    assert set(seen(leser, tree).values()) == {MASKED}
    assert seen(leser, {"other": other}) == {"other": SECRET}
    assert (
        client.refreshed(tree["post"])["skjerming"]["skjermingOpphoererDato"][4:10]
        == tree["post"]["opprettetDato"][4:10]
    )
