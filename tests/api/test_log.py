"""The change log as its readers see it (GUIDE 15)."""

from typing import Any

import pytest
from tests.conftest import REL, Client, LogIn, World

LOG = "loggingogsporing/endringslogg/"


def lines_of(client: Client, unit: Any) -> list[Any]:
    found: list[Any] = client.get(client.link(unit, LOG)).json().get("results", [])
    return found


@pytest.mark.krav("6.1.14")
def test_every_change_of_a_unit_is_in_its_log(world: World) -> None:
    client = world.client
    client.patch(
        client.link(world.mappe, "self"), {"tittel": "Nytt navn"}, headers={"If-Match": "*"}
    )

    lines = lines_of(client, world.mappe)

    assert [one["hendelsetype"]["kode"] for one in lines] == ["C", "U"]
    change = lines[-1]
    assert change["referanseArkivenhet"] == world.mappe["systemID"]
    assert change["referanseMetadata"] == "tittel"
    assert change["tidligereVerdi"] == "Mappen"
    assert change["nyVerdi"] == "Nytt navn"
    assert change["endretAv"] == world.mappe["opprettetAv"]
    assert change["hendelsetype"]["kodenavn"] == "Endret"
    assert change["hendelseDato"] == change["endretDato"]


def test_line_leads_back_to_its_unit_by_the_units_own_key(world: World) -> None:
    client = world.client
    (line,) = lines_of(client, world.mappe)

    back = [rel for rel in line["_links"] if rel.startswith(f"{REL}arkivstruktur/")]

    assert back == [f"{REL}arkivstruktur/mappe/"]
    found = client.get(client.link(line, "arkivstruktur/mappe/")).json()
    assert found["systemID"] == world.mappe["systemID"]


@pytest.mark.krav("5.2.17")
def test_deleted_unit_is_remembered_and_not_linked(world: World) -> None:
    client = world.client
    gone = client.make(world.arkiv, "arkivstruktur/ny-arkivdel/", {"tittel": "Skal bort"})
    client.delete(client.link(gone, "self"))
    package = client.follow("loggingogsporing/")

    found = client.get(
        client.link(package, "loggingogsporing/hendelseslogg/"),
        params={"$filter": f"referanseArkivenhet eq {gone['systemID']}"},
    ).json()

    assert [one["hendelsetype"]["kode"] for one in found["results"]] == ["C", "D"]
    assert found["results"][-1]["tidligereVerdi"] == "Skal bort"
    assert not any("arkivstruktur/" in rel for rel in found["results"][-1]["_links"])


def test_move_is_logged_with_both_places(world: World) -> None:
    client = world.client
    client.request(
        "PUT",
        f"{client.link(world.mappe, 'self')}klasse/$ref",
        content=client.link(world.klasse, "self"),
    )

    line = lines_of(client, world.mappe)[-1]

    assert line["referanseMetadata"] == "klasse"
    assert line["tidligereVerdi"] == world.arkivdel["systemID"]
    assert line["nyVerdi"] == world.klasse["systemID"]


@pytest.mark.parametrize("verb", ["PUT", "PATCH", "DELETE", "POST"])
def test_log_is_never_changed(world: World, verb: str) -> None:
    client = world.client
    (line,) = lines_of(client, world.mappe)

    answer = client.request(verb, client.link(line, "self"), json={})

    assert answer.status_code == 405
    assert lines_of(client, world.mappe) == [line]


def test_log_is_for_those_who_keep_the_archive(world: World, log_in: LogIn) -> None:
    client = world.client
    address = client.link(world.mappe, LOG)
    (line,) = lines_of(client, world.mappe)
    here = client.link(line, "self")
    callers = {
        None: 401,
        "administrator@rauma": 404,
        "leser@molde": 403,
        "saksbehandler@molde": 403,
        "leder@molde": 200,
        "arkivar@molde": 200,
    }

    answers = {
        user: {log_in(user, "molde").get(one).status_code for one in (address, here)}
        for user in callers
    }

    assert answers == {user: {status} for user, status in callers.items()}
    assert REL + LOG not in log_in("leser@molde").refreshed(world.mappe)["_links"]
