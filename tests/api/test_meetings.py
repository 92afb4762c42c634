"""Meetings: core Noark's types under keys of our own, and references that show on both sides."""

from typing import Any
from uuid import uuid4

import pytest
from tests.conftest import MOETER, REL, Client, World, build_world

MEETING = {
    "tittel": "Møte",
    "moetenummer": "1/2026",
    "utvalg": "Kommunestyret",
    "moetedato": "2026-12-17T10:00:00+01:00",
}
PAPER = {
    "tittel": "Saksframlegg",
    "moeteregistreringstype": {"kode": "SF"},
    "administrativEnhet": "Sekretariatet",
    "saksbehandler": "Kari",
}
FORRIGE, NESTE = "referanseForrigeMoete", "referanseNesteMoete"
TIL, FRA = "referanseTilMoeteregistrering", "referanseFraMoeteregistrering"


@pytest.fixture(scope="module")
def standing(http: Any, service: Any) -> World:
    return build_world(Client(http, service, "administrator@molde", "molde"))


def a_meeting(world: World, **more: Any) -> Any:
    return world.client.make(world.arkivdel, f"{MOETER}ny-moetemappe/", {**MEETING, **more})


def a_paper(world: World, **more: Any) -> Any:
    return world.client.make(world.moetemappe, f"{MOETER}ny-moeteregistrering/", {**PAPER, **more})


def changed(world: World, unit: Any, patch: Any) -> Any:
    client = world.client
    return client.patch(client.link(unit, "self"), patch, headers={"If-Match": client.etag(unit)})


def test_root_lists_the_meetings_under_a_key_of_our_own(standing: World) -> None:
    root = standing.client.get(standing.client.root).json()

    package = standing.client.get(root["_links"][MOETER]["href"]).json()

    assert {f"{MOETER}moetemappe/", f"{MOETER}moeteregistrering/"} <= package["_links"].keys()
    assert f"{REL}moeter/" not in root["_links"]


def test_meeting_is_a_mappe_too(standing: World) -> None:
    client, meeting = standing.client, a_meeting(standing)
    address = client.link(standing.arkivdel, "arkivstruktur/mappe/")

    found = client.get(address, params={"$filter": f"systemID eq '{meeting['systemID']}'"}).json()

    assert found["results"] == [client.refreshed(meeting)]
    assert meeting["mappeID"].startswith("M20")


def test_paper_is_a_registrering_numbered_in_its_meeting(standing: World) -> None:
    paper = a_paper(standing)

    assert paper["registreringsID"].startswith(standing.moetemappe["mappeID"] + "-")
    assert paper["moeteregistreringstype"] == {"kode": "SF", "kodenavn": "Saksframlegg"}


def test_paper_is_offered_in_meetings_only(standing: World) -> None:
    client = standing.client

    links = client.refreshed(standing.mappe)["_links"]

    assert f"{MOETER}ny-moeteregistrering/" not in links
    assert f"{MOETER}ny-moeteregistrering/" in client.refreshed(standing.moetemappe)["_links"]


def test_participants_may_be_given_with_the_meeting(standing: World) -> None:
    client = standing.client
    kari = {"moetedeltakerNavn": "Kari", "moetedeltakerFunksjon": {"kode": "ML"}}

    meeting = a_meeting(standing, moetedeltaker=[kari, {"moetedeltakerNavn": "Ola"}])

    found = client.get(client.link(meeting, f"{MOETER}moetedeltaker/")).json()
    assert [one["moetedeltakerNavn"] for one in found["results"]] == ["Kari", "Ola"]
    assert found["results"][0]["moetedeltakerFunksjon"]["kodenavn"] == "Møteleder"


@pytest.mark.parametrize(("here", "there"), [(FORRIGE, NESTE), (NESTE, FORRIGE)])
def test_new_meeting_is_referred_back_to(standing: World, here: str, there: str) -> None:
    first = a_meeting(standing)

    second = a_meeting(standing, **{here: first["systemID"]})

    after = standing.client.refreshed(first)
    assert after[there] == second["systemID"]
    assert after["endretAv"] == first["opprettetAv"]


def test_changed_reference_moves_the_one_back(standing: World) -> None:
    client, first, other = standing.client, a_meeting(standing), a_meeting(standing)
    second = a_meeting(standing, **{FORRIGE: first["systemID"]})

    answer = changed(standing, second, {FORRIGE: other["systemID"]})

    assert answer.status_code == 200, answer.text
    assert NESTE not in client.refreshed(first)
    assert client.refreshed(other)[NESTE] == second["systemID"]


def test_removed_reference_is_removed_on_both_sides(standing: World) -> None:
    first = a_meeting(standing)
    second = a_meeting(standing, **{FORRIGE: first["systemID"]})

    changed(standing, first, {NESTE: None})

    assert FORRIGE not in standing.client.refreshed(second)


def test_meeting_has_one_next(standing: World) -> None:
    client, first = standing.client, a_meeting(standing)
    a_meeting(standing, **{FORRIGE: first["systemID"]})

    answer = client.post(
        client.link(standing.arkivdel, f"{MOETER}ny-moetemappe/"),
        {**MEETING, FORRIGE: first["systemID"]},
    )

    assert answer.status_code == 409


def test_deleted_meeting_is_referred_to_no_more(standing: World) -> None:
    client, first, last = standing.client, a_meeting(standing), a_meeting(standing)
    middle = a_meeting(standing, **{FORRIGE: first["systemID"], NESTE: last["systemID"]})

    answer = client.delete(client.link(middle, "self"))

    assert answer.status_code == 204, answer.text
    assert NESTE not in client.refreshed(first)
    assert FORRIGE not in client.refreshed(last)


@pytest.mark.parametrize("kind", ["none", "itself", "mappe"])
def test_reference_to_what_is_no_other_meeting_is_refused(standing: World, kind: str) -> None:
    meeting = a_meeting(standing)
    wrong = {
        "none": str(uuid4()),
        "itself": meeting["systemID"],
        "mappe": standing.mappe["systemID"],
    }[kind]

    answer = changed(standing, meeting, {FORRIGE: wrong})

    assert answer.status_code == 400


@pytest.mark.parametrize(("here", "there"), [(TIL, FRA), (FRA, TIL)])
def test_papers_refer_to_each_other(standing: World, here: str, there: str) -> None:
    one, two = a_paper(standing), a_paper(standing)

    third = a_paper(standing, **{here: [one["systemID"], two["systemID"]]})

    assert third[here] == [one["systemID"], two["systemID"]]
    assert standing.client.refreshed(one)[there] == [third["systemID"]]
    assert standing.client.refreshed(two)[there] == [third["systemID"]]


def test_paper_taken_from_the_list_refers_no_more(standing: World) -> None:
    client, one, two = standing.client, a_paper(standing), a_paper(standing)
    third = a_paper(standing, **{TIL: [one["systemID"], two["systemID"]]})

    changed(standing, third, {TIL: [two["systemID"]]})

    assert FRA not in client.refreshed(one)
    assert client.refreshed(two)[FRA] == [third["systemID"]]


def test_deleted_paper_is_referred_to_no_more(standing: World) -> None:
    client, one = standing.client, a_paper(standing)
    two = a_paper(standing, **{TIL: [one["systemID"]]})

    answer = client.delete(client.link(one, "self"))

    assert answer.status_code == 204, answer.text
    assert TIL not in client.refreshed(two)


def test_lists_of_the_meetings_have_keys_of_our_own(standing: World) -> None:
    client = standing.client
    rel = "https://rel.sakark.no/v1/metadata/moeteregistreringstype/"

    found = client.get(client.link(client.follow("metadata/"), rel)).json()

    assert {one["kodenavn"] for one in found["results"]} >= {"Møteinnkallelse", "Saksliste"}
    assert rel in found["results"][0]["_links"]
    assert rel in client.refreshed(standing.moeteregistrering)["_links"]
