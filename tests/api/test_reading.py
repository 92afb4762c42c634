"""Who has looked at what is screened is in the log (GUIDE 15)."""

from typing import Any

import pytest
from tests.conftest import Client, LogIn, World

LOG = "loggingogsporing/endringslogg/"
SCREENED = {
    "skjerming": {
        "tilgangsrestriksjon": {"kode": "6"},
        "skjermingMetadata": [{"kode": "TMO"}, {"kode": "NPS"}],
    }
}


@pytest.fixture
def sak(world: World) -> Any:
    return world.client.make(
        world.klasse, "sakarkiv/ny-saksmappe/", {"tittel": "Varsel", **SCREENED}
    )


@pytest.fixture
def saksbehandler(log_in: LogIn) -> Client:
    return log_in("saksbehandler@molde")


def readers(client: Client, unit: Any) -> list[tuple[str, str | None]]:
    """Give who has looked at a unit, and at what of it, in the order that they did."""
    lines = client.get(client.link(unit, LOG)).json()["results"]
    return [
        (line["endretAv"], line.get("referanseMetadata"))
        for line in lines
        if line["hendelsetype"]["kode"] == "R"
    ]


def name_of(client: Client, world: World) -> str:
    """Give the name that a caller has in the log."""
    made = client.make(world.mappe, "arkivstruktur/ny-merknad/", {"merknadstekst": "Her"})
    return str(made["merknadRegistrertAv"])


def test_who_looks_at_a_screened_unit_is_logged(
    world: World, sak: Any, saksbehandler: Client
) -> None:
    assert saksbehandler.refreshed(sak)["tittel"] == "Varsel"

    assert readers(world.client, sak) == [(name_of(saksbehandler, world), None)]


def test_who_finds_it_in_a_list_is_logged_once_for_each_unit(
    world: World, sak: Any, saksbehandler: Client
) -> None:
    other = world.client.make(world.klasse, "sakarkiv/ny-saksmappe/", {"tittel": "B", **SCREENED})
    units = saksbehandler.get(saksbehandler.link(world.klasse, "arkivstruktur/mappe/")).json()

    assert len(units["results"]) == 2
    assert len(readers(world.client, sak)) == 1
    assert len(readers(world.client, other)) == 1


def test_who_sees_it_inside_another_is_logged(
    world: World, sak: Any, saksbehandler: Client
) -> None:
    shown = saksbehandler.get(
        saksbehandler.link(world.klasse, "self"), params={"$expand": "mappe"}
    ).json()

    assert [one["tittel"] for one in shown["mappe"]] == ["Varsel"]
    assert len(readers(world.client, sak)) == 1


def test_who_sees_a_part_of_it_is_logged(world: World, sak: Any, saksbehandler: Client) -> None:
    client = world.client
    part = client.make(sak, "arkivstruktur/ny-partperson/", {"navn": "Kari"})

    saksbehandler.refreshed(part)

    package = client.follow("loggingogsporing/")
    lines = client.get(
        client.link(package, "loggingogsporing/hendelseslogg/"),
        params={"$filter": f"referanseArkivenhet eq {part['systemID']}"},
    ).json()["results"]
    assert [line["hendelsetype"]["kode"] for line in lines] == ["C", "R"]


def test_who_sees_what_was_found_in_its_file_is_logged(world: World, saksbehandler: Client) -> None:
    found, paper = world.dokumentkontroll, world.client.refreshed(world.dokumentbeskrivelse)
    screened = world.client.patch(
        world.client.link(paper, "self"), SCREENED, headers={"If-Match": world.client.etag(paper)}
    )
    assert screened.status_code == 200, screened.text

    saksbehandler.refreshed(found)

    lines = world.client.get(
        f"{world.client.root}loggingogsporing/hendelseslogg/",
        params={"$filter": f"referanseArkivenhet eq '{found['systemID']}'"},
    ).json()["results"]
    assert [line["hendelsetype"]["kode"] for line in lines] == ["C", "R"]


def test_who_sees_only_a_mask_is_not_logged(world: World, sak: Any, log_in: LogIn) -> None:
    assert log_in("leser@molde").refreshed(sak)["tittel"] == "*****"

    assert readers(world.client, sak) == []


def test_who_has_it_already_is_not_logged_again(
    world: World, sak: Any, saksbehandler: Client
) -> None:
    address = saksbehandler.link(sak, "self")
    tag = saksbehandler.get(address).headers["etag"]

    answer = saksbehandler.get(address, headers={"If-None-Match": tag})

    assert answer.status_code == 304
    assert len(readers(world.client, sak)) == 1


def test_who_changes_it_is_logged_for_the_change_alone(world: World, sak: Any) -> None:
    client = world.client
    client.patch(client.link(sak, "self"), {"tittel": "Ny"}, headers={"If-Match": "*"})

    assert readers(client, sak) == []


def test_looking_at_what_is_open_or_no_longer_screened_is_not_logged(
    world: World, saksbehandler: Client
) -> None:
    lapsed = {**SCREENED["skjerming"], "skjermingsvarighet": 0}
    body = {"tittel": "Nå åpen", "skjerming": lapsed}
    once = world.client.make(world.klasse, "sakarkiv/ny-saksmappe/", body)

    for unit in (world.mappe, once):
        saksbehandler.refreshed(unit)

    assert readers(world.client, world.mappe) == []
    assert readers(world.client, once) == []


@pytest.mark.parametrize("role", ["leser", "saksbehandler"])
def test_whoever_takes_the_file_of_a_screened_document_is_logged(
    world: World, log_in: LogIn, role: str
) -> None:
    client, reader = world.client, log_in(f"{role}@molde")
    document = client.make(
        world.journalpost, "arkivstruktur/ny-dokumentbeskrivelse/", {"tittel": "D", **SCREENED}
    )
    objekt = client.make(document, "arkivstruktur/ny-dokumentobjekt/", {})
    address = client.link(objekt, "arkivstruktur/fil/")
    pdf = {"Content-Type": "application/pdf"}
    client.request("POST", address, content=b"%PDF-1.4 brev", headers=pdf)

    assert reader.get(address).content == b"%PDF-1.4 brev"

    assert [what for _, what in readers(client, objekt)] == ["referanseDokumentfil"]
