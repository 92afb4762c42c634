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


def test_new_number_of_a_moved_entry_is_logged(world: World) -> None:
    client, klasse = world.client, world.klasse
    entry = client.make(world.saksmappe, "sakarkiv/ny-journalpost/", {"tittel": "Brev"})
    other = client.make(klasse, "sakarkiv/ny-saksmappe/", {"tittel": "En annen sak"})

    client.request(
        "PUT", f"{client.link(entry, 'self')}mappe/$ref", content=client.link(other, "self")
    )

    moved = client.refreshed(entry)
    told = {
        line["referanseMetadata"]: (line["tidligereVerdi"], line["nyVerdi"])
        for line in lines_of(client, entry)[1:]
    }
    assert told["registreringsID"] == (entry["registreringsID"], moved["registreringsID"])
    assert told["mappe"] == (world.saksmappe["systemID"], other["systemID"])


def test_new_arkivdel_of_what_is_in_a_moved_mappe_is_logged(world: World) -> None:
    client = world.client
    entry = world.registrering
    part = client.make(world.arkiv, "arkivstruktur/ny-arkivdel/", {"tittel": "En annen del"})

    client.request(
        "PUT",
        f"{client.link(world.mappe, 'self')}arkivdel/$ref",
        content=client.link(part, "self"),
    )

    *_, line = lines_of(client, entry)
    assert line["referanseMetadata"] == "referanseArkivdel"
    assert line["tidligereVerdi"] == world.arkivdel["systemID"]
    assert line["nyVerdi"] == part["systemID"]
    assert client.refreshed(entry)["endretAv"] == entry["opprettetAv"]


def test_new_arkivdel_of_a_mappe_in_a_moved_mappe_is_logged(world: World) -> None:
    client = world.client
    inner = client.make(world.mappe, "arkivstruktur/ny-mappe/", {"tittel": "Undermappen"})
    part = client.make(world.arkiv, "arkivstruktur/ny-arkivdel/", {"tittel": "En annen del"})

    client.request(
        "PUT",
        f"{client.link(world.mappe, 'self')}arkivdel/$ref",
        content=client.link(part, "self"),
    )

    *_, line = lines_of(client, inner)
    assert line["referanseMetadata"] == "arkivdel"
    assert line["tidligereVerdi"] == world.arkivdel["systemID"]
    assert line["nyVerdi"] == part["systemID"]
    assert client.refreshed(inner)["endretAv"] == inner["opprettetAv"]


@pytest.mark.krav("TG0-20", "6.1.18")
def test_case_that_an_entry_leaves_keeps_its_etag_and_remembers(world: World) -> None:
    client = world.client
    other = client.make(world.klasse, "sakarkiv/ny-saksmappe/", {"tittel": "En annen sak"})
    address = client.link(world.journalpost, "self")
    before = client.etag(world.saksmappe)

    client.request("PUT", f"{address}mappe/$ref", content=client.link(other, "self"))

    assert client.etag(world.saksmappe) == before
    assert client.delete(client.link(world.saksmappe, "self")).status_code == 409


def test_reference_to_a_deleted_unit_goes_with_it_and_is_logged(world: World) -> None:
    client, reference = world.client, world.client.refer(world.saksmappe, world.mappe)

    answer = client.delete(client.link(world.mappe, "self"))

    assert answer.status_code == 204
    assert client.get(client.link(reference, "self")).status_code == 404
    lines = client.get(
        client.link(client.follow("loggingogsporing/"), "loggingogsporing/hendelseslogg/"),
        params={"$filter": f"referanseArkivenhet eq {reference['systemID']}"},
    ).json()["results"]
    assert [line["hendelsetype"]["kode"] for line in lines] == ["C", "D"]
