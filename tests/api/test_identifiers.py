"""National identifiers: each kind by itself and all together, right in themselves, never logged."""

import asyncio
from itertools import combinations
from typing import Any

import asyncpg
import pytest
from tests.conftest import NOARK, Client, Service, World, build_world

from sakark_api.db.embedded import EmbeddedServer

KINDS: dict[str, dict[str, Any]] = {
    "bygning": {"bygningsnummer": 80466985},
    "matrikkel": {"kommunenummer": "1506", "gaardsnummer": 24, "bruksnummer": 118},
    "plan": {"kommunenummer": "1506", "planidentifikasjon": "202604"},
    "posisjon": {"koordinatsystem": {"kode": "EPSG:4326"}, "x": 7.159, "y": 62.737},
    "enhetsidentifikator": {"organisasjonsnummer": "312345609"},
    "foedselsnummer": {"foedselsnummer": "01817000173"},
    "dnummer": {"dNummer": "41817000086"},
}
POSITION = '{{"koordinatsystem": {{"kode": "EPSG:4326"}}, "x": {x}, "y": 1}}'


@pytest.fixture(scope="module")
def standing(http: Any, service: Service) -> World:
    return build_world(Client(http, service, "administrator@molde", "molde"))


def made_by_text(world: World, rel: str, body: str) -> Any:
    client = world.client
    return client.request(
        "POST",
        client.link(world.registrering, rel),
        content=body.encode(),
        headers={"Content-Type": NOARK},
    )


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("owner", ["mappe", "saksmappe", "registrering", "journalpost"])
def test_each_kind_is_in_its_own_list_and_in_the_common_one(
    world: World, owner: str, kind: str
) -> None:
    client, unit = world.client, world.client.refreshed(getattr(world, owner))
    before = client.get(client.link(unit, "arkivstruktur/nasjonalidentifikator/")).json()["count"]

    made = client.make(unit, f"arkivstruktur/ny-{kind}/", KINDS[kind])

    alone = client.get(client.link(unit, f"arkivstruktur/{kind}/")).json()
    together = client.get(client.link(unit, "arkivstruktur/nasjonalidentifikator/")).json()
    assert made["systemID"] in {one["systemID"] for one in alone["results"]}
    assert all(list(KINDS[kind])[-1] in one for one in alone["results"])
    assert together["count"] == before + 1


@pytest.mark.parametrize("key", ["bygning", "nasjonalidentifikator"])
def test_identifiers_may_be_given_with_the_unit(standing: World, key: str) -> None:
    client = standing.client
    body = {"tittel": "Byggesak", key: [{"bygningsnummer": 7}]}

    sak = client.make(standing.klasse, "sakarkiv/ny-saksmappe/", body)

    found = client.get(client.link(sak, "arkivstruktur/bygning/")).json()
    assert [one["bygningsnummer"] for one in found["results"]] == [7]


@pytest.mark.krav("TG0-10", "M040")
@pytest.mark.parametrize("x", ["7.15900000000000000001", "-123456.50", "7", "1e2", "0.0"])
def test_position_is_given_back_digit_by_digit(standing: World, x: str) -> None:
    answer = made_by_text(standing, "arkivstruktur/ny-posisjon/", POSITION.format(x=x))

    assert answer.status_code == 201, answer.text
    assert f'"x":{"100" if x == "1e2" else x},' in answer.text


@pytest.mark.parametrize(
    "x",
    ["NaN", "Infinity", "1e400", "1e20", "1e-21", '"7.1"', "true", "null", "[]", "1e99999999999"],
)
def test_position_that_is_no_measure_is_refused(standing: World, x: str) -> None:
    answer = made_by_text(standing, "arkivstruktur/ny-posisjon/", POSITION.format(x=x))

    assert answer.status_code == 400, answer.text


def test_positions_can_be_asked_for_by_their_coordinates(standing: World) -> None:
    client = standing.client
    made = client.make(
        standing.mappe, "arkivstruktur/ny-posisjon/", {**KINDS["posisjon"], "x": 9.5}
    )
    address = client.link(standing.mappe, "arkivstruktur/posisjon/")

    found = client.get(address, params={"$filter": "x gt 9.4 and x lt 9.6"}).json()

    assert [one["systemID"] for one in found["results"]] == [made["systemID"]]


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("matrikkel", {"kommunenummer": "506"}),
        ("matrikkel", {"kommunenummer": "Molde"}),
        ("plan", {"kommunenummer": "15061"}),
        ("plan", {"kommunenummer": None, "fylkesnummer": "5"}),
        ("plan", {"fylkesnummer": "15"}),
        ("plan", {"landkode": {"kode": "NO"}}),
        ("enhetsidentifikator", {"organisasjonsnummer": "312345600"}),
        ("foedselsnummer", {"foedselsnummer": "01817000174"}),
        ("foedselsnummer", {"foedselsnummer": "41817000086"}),
        ("dnummer", {"dNummer": "01817000173"}),
    ],
)
def test_what_cannot_be_right_is_refused(standing: World, kind: str, wrong: Any) -> None:
    client = standing.client

    answer = client.post(
        client.link(standing.mappe, f"arkivstruktur/ny-{kind}/"), {**KINDS[kind], **wrong}
    )

    assert answer.status_code == 400
    assert not any(
        str(value) in answer.text
        for value in wrong.values()
        if len(str(value)) == len("01817000174")
    )


OWNERS: tuple[dict[str, Any], ...] = (
    {"kommunenummer": "1506"},
    {"fylkesnummer": "15"},
    {"landkode": {"kode": "NO", "kodenavn": "Norge"}},
)


@pytest.mark.krav("Ny-Plan-1")
@pytest.mark.parametrize("owner", [*OWNERS, {}])
def test_plan_has_one_owner_at_most(standing: World, owner: dict[str, Any]) -> None:
    made = standing.client.make(
        standing.mappe, "arkivstruktur/ny-plan/", {"planidentifikasjon": "1", **owner}
    )

    named = {wire for one in OWNERS for wire in one}
    assert {wire: made[wire] for wire in named & made.keys()} == owner


@pytest.mark.krav("Ny-Plan-1")
@pytest.mark.parametrize(("first", "second"), [*combinations(OWNERS, 2)])
def test_plan_gets_no_second_owner(
    standing: World, first: dict[str, Any], second: dict[str, Any]
) -> None:
    client, body = standing.client, {"planidentifikasjon": "1", **first}
    made = client.make(standing.mappe, "arkivstruktur/ny-plan/", body)
    here, tag = client.link(made, "self"), {"If-Match": client.etag(made)}

    answers = [
        client.post(client.link(standing.mappe, "arkivstruktur/ny-plan/"), {**body, **second}),
        client.patch(here, second, headers=tag),
        client.patch(here, {**dict.fromkeys(first), **second}, headers=tag),
    ]

    assert [answer.status_code for answer in answers] == [400, 400, 200]


@pytest.mark.parametrize("kind", ["foedselsnummer", "dnummer"])
def test_number_of_a_person_is_never_changed(standing: World, kind: str) -> None:
    client, unit = standing.client, getattr(standing, kind)
    (wire,) = KINDS[kind]

    answer = client.patch(
        client.link(unit, "self"), {wire: "01817000254"}, headers={"If-Match": client.etag(unit)}
    )

    assert answer.status_code == 409
    assert "01817000254" not in answer.text


def values_in_the_log(database: EmbeddedServer, system_id: str) -> list[str]:
    async def find() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(database.owner_url)
        kommuner = await connection.fetch("select id from kommune")
        found = []
        for kommune in kommuner:
            await connection.execute(f"set app.tenant_id = '{kommune['id']}'")
            found += await connection.fetch(
                "select tidligere_verdi, ny_verdi from endringslogg"
                " where referanse_arkivenhet = $1",
                system_id,
            )
        await connection.close()
        return found

    return [str(value) for row in asyncio.run(find()) for value in row]


@pytest.mark.parametrize("kind", ["foedselsnummer", "dnummer"])
def test_log_never_has_the_number_of_a_person(
    standing: World, database: EmbeddedServer, kind: str
) -> None:
    client = standing.client
    made = client.make(standing.mappe, f"arkivstruktur/ny-{kind}/", KINDS[kind])
    client.delete(client.link(made, "self"))

    written = values_in_the_log(database, made["systemID"])

    assert written == ["None"] * 4


def test_log_has_no_number_of_a_party_either(standing: World, database: EmbeddedServer) -> None:
    client = standing.client
    part = client.make(standing.mappe, "arkivstruktur/ny-partperson/", {"navn": "Kari"})
    client.patch(
        client.link(part, "self"),
        {"navn": "Ola", "personidentifikator": [{"foedselsnummer": "01817000173"}]},
        headers={"If-Match": client.etag(part)},
    )

    written = values_in_the_log(database, part["systemID"])

    assert sorted(written) == ["Kari", "None", "None", "None", "None", "Ola"]


def test_identifiers_die_with_their_owner(standing: World) -> None:
    client = standing.client
    mappe = client.make(standing.arkivdel, "arkivstruktur/ny-mappe/", {"tittel": "Kort"})
    made = client.make(mappe, "arkivstruktur/ny-bygning/", {"bygningsnummer": 1})

    client.delete(client.link(mappe, "self"))

    assert client.get(client.link(made, "self")).status_code == 404
