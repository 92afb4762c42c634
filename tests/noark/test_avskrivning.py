"""Avskrivning, dokumentflyt, presedens and arkivnotat: the rules they have of their own."""

from typing import Any
from uuid import uuid4

import pytest
from tests.conftest import Client, World
from tests.noark.conftest import entry, part

SOME = "2026-01-31T12:00:00+01:00"


def new_entry(world: World, kind: str, **given: Any) -> Any:
    return entry(world, world.saksmappe, kind, **given)


def write_off(world: World, post: Any, **given: Any) -> Any:
    return world.client.post(world.client.link(post, "sakarkiv/ny-avskrivning/"), given)


@pytest.mark.krav("M617", "M618", "M619")
def test_entry_is_written_off_now_and_by_the_caller(world: World) -> None:
    made = write_off(world, new_entry(world, "I")).json()

    assert made["avskrevetAv"] == world.saksmappe["opprettetAv"]
    assert made["referanseAvskrevetAv"] == world.saksmappe["referanseOpprettetAv"]
    assert made["avskrivningsmaate"]["kode"] == "TE"
    assert "avskrivningsdato" in made


@pytest.mark.parametrize("kind", ["U", "X", "S"])
def test_only_what_waits_for_an_answer_is_written_off(world: World, kind: str) -> None:
    answer = write_off(world, new_entry(world, kind))

    assert answer.status_code == 409


@pytest.mark.krav("M215")
@pytest.mark.parametrize("maate", ["BU", "BE", "BN"])
def test_answer_is_demanded_where_there_is_said_to_be_one(world: World, maate: str) -> None:
    answer = write_off(world, new_entry(world, "I"), avskrivningsmaate={"kode": maate})

    assert answer.status_code == 400
    assert "referanseAvskrivesAvJournalpost" in answer.json()["feil"]["beskrivelse"]


@pytest.mark.krav("M215")
def test_one_answer_may_write_off_many(world: World) -> None:
    reply = new_entry(world, "U")["systemID"]

    answers = [
        write_off(world, new_entry(world, "I"), referanseAvskrivesAvJournalpost=reply)
        for _ in range(2)
    ]

    assert [one.json()["avskrivningsmaate"]["kode"] for one in answers] == ["BU", "BU"]


@pytest.mark.krav("M215")
def test_entry_is_not_written_off_by_itself_or_by_what_is_no_entry(world: World) -> None:
    post = new_entry(world, "I")

    answers = [
        write_off(world, post, referanseAvskrivesAvJournalpost=one)
        for one in (post["systemID"], world.registrering["systemID"], str(uuid4()))
    ]

    assert [one.status_code for one in answers] == [400, 400, 400]


@pytest.mark.krav("M231")
def test_note_is_written_off_for_each_recipient(world: World) -> None:
    post = new_entry(world, "N", korrespondansepartperson=[part("Ola", "IM"), part("Kari", "IK")])
    found = world.client.get(world.client.link(post, "arkivstruktur/korrespondansepart/")).json()
    ids = {one["navn"]: one["systemID"] for one in found["results"]}
    foreign = world.korrespondansepartperson["systemID"]

    answers = [
        write_off(world, post),
        *(
            write_off(world, post, referanseAvskrivesAvKorrespondansepart=one)
            for one in (ids["Ola"], ids["Kari"], foreign)
        ),
    ]

    assert [one.status_code for one in answers] == [400, 201, 400, 400]


def test_entry_takes_its_avskrivninger_along(world: World) -> None:
    client, post = world.client, new_entry(world, "I", journalstatus={"kode": "M"})
    made = write_off(world, post).json()

    answer = client.delete(client.link(post, "self"))

    assert answer.status_code == 204, answer.text
    assert client.get(client.link(made, "self")).status_code == 404


@pytest.mark.krav("M660", "M662", "M665")
def test_document_is_sent_when_it_is_known_to_whom(world: World, client: Client) -> None:
    flow = client.make(world.arkivnotat, "sakarkiv/ny-dokumentflyt/", {})

    sent = client.patch(
        client.link(flow, "self"),
        {"referanseFlytTil": world.bruker["systemID"]},
        headers={"If-Match": client.etag(flow)},
    ).json()

    assert flow["flytFra"] == world.saksmappe["opprettetAv"]
    assert "flytSendtDato" not in flow
    assert sent["flytTil"] == "Ny bruker"
    assert "flytSendtDato" in sent


@pytest.mark.krav("M660", "M661", "M662", "M665")
@pytest.mark.parametrize("wire", ["flytTil", "flytFra", "flytSendtDato", "flytMottattDato"])
def test_what_was_sent_stays_as_it_was(world: World, client: Client, wire: str) -> None:
    body = {"flytTil": "Ola", "flytMottattDato": SOME}
    flow = client.make(world.journalpost, "sakarkiv/ny-dokumentflyt/", body)
    other = "2001-01-01T00:00:00+01:00" if wire.endswith("Dato") else "En annen"

    answer = client.patch(
        client.link(flow, "self"), {wire: other}, headers={"If-Match": client.etag(flow)}
    )

    assert answer.status_code == 409


@pytest.mark.krav("M663", "M664")
def test_receiver_answers_what_was_sent(world: World, client: Client) -> None:
    answer = client.patch(
        client.link(world.dokumentflyt, "self"),
        {"flytStatus": {"kode": "G"}, "flytMerknad": "Ser bra ut"},
        headers={"If-Match": client.etag(world.dokumentflyt)},
    )

    assert answer.json()["flytStatus"] == {"kode": "G", "kodenavn": "Godkjent"}


@pytest.mark.krav("M660")
@pytest.mark.parametrize("told", [{"flytSendtDato": SOME}, {"flytStatus": {"kode": "G"}}])
def test_nothing_is_sent_to_nobody(world: World, client: Client, told: Any) -> None:
    answer = client.post(client.link(world.journalpost, "sakarkiv/ny-dokumentflyt/"), told)

    assert answer.status_code == 400


PRESEDENS = {"tittel": "Garasjer", "rettskildefaktor": "Praksis"}


@pytest.mark.krav("M111")
def test_presedens_is_dated_as_the_document_that_sets_it(world: World, client: Client) -> None:
    post = new_entry(world, "U", dokumentetsDato=SOME)

    made = client.make(post, "sakarkiv/ny-presedens/", PRESEDENS)

    assert made["presedensDato"] == SOME


@pytest.mark.krav("M628", "M629")
def test_presedens_to_follow_is_approved(world: World, client: Client) -> None:
    body = {**PRESEDENS, "presedensStatus": {"kode": "G"}}

    made = client.make(world.saksmappe, "sakarkiv/ny-presedens/", body)

    assert made["presedensGodkjentAv"] == made["opprettetAv"]
    assert made["referansePresedensGodkjentAv"] == made["referanseOpprettetAv"]
    assert "presedensGodkjentDato" in made


@pytest.mark.krav("C2.8.18", "M602", "M603")
def test_foreldet_presedens_is_closed_and_stays(world: World, client: Client) -> None:
    here = client.link(world.presedens, "self")

    closed = client.patch(
        here,
        {"presedensStatus": {"kode": "F"}},
        headers={"If-Match": client.etag(world.presedens)},
    ).json()

    assert closed["avsluttetAv"] == world.presedens["opprettetAv"]
    assert "avsluttetDato" in closed
    assert client.delete(here).status_code == 409


@pytest.mark.krav("M004")
def test_notes_and_entries_of_a_case_are_numbered_in_one_series(world: World) -> None:
    post = new_entry(world, "U")

    note = world.client.make(world.saksmappe, "sakarkiv/ny-arkivnotat/", {"tittel": "Notat"})

    number = post["journalpostnummer"] + 1
    assert note["registreringsID"] == f"{world.saksmappe['mappeID']}-{number}"
