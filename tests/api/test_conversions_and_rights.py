"""Conversions of files, and the rights of roles as they are kept."""

from typing import Any

import pytest
from tests.conftest import REL, Client, LogIn, World, build_world

PDF = {"kode": "fmt/477", "kodenavn": "PDF/A 2b - ISO 19005-2:2011"}
WORD = {"kode": "fmt/412", "kodenavn": "Microsoft Word (OOXML)"}
CONVERT = "arkivstruktur/ny-konvertering/"


@pytest.fixture(scope="module")
def standing(http: Any, service: Any) -> World:
    return build_world(Client(http, service, "administrator@molde", "molde"))


def versions(world: World, owner: Any) -> tuple[Any, Any]:
    """Make a document as it was produced, and as it is archived."""
    client = world.client
    document = client.make(owner, "arkivstruktur/ny-dokumentbeskrivelse/", {"tittel": "D"})
    return (
        client.make(document, "arkivstruktur/ny-dokumentobjekt/", {"format": WORD}),
        client.make(
            document,
            "arkivstruktur/ny-dokumentobjekt/",
            {"variantformat": {"kode": "A"}, "format": PDF},
        ),
    )


@pytest.mark.krav("M615", "M616", "M712", "M713")
def test_conversion_is_from_what_was_produced_to_what_it_is_of(standing: World) -> None:
    _, archived = versions(standing, standing.registrering)

    made = standing.client.make(archived, CONVERT, {"konverteringsverktoey": "LibreOffice"})

    assert made["konvertertFraFormat"] == WORD
    assert made["konvertertTilFormat"] == PDF
    assert made["konvertertAv"] == archived["opprettetAv"]
    assert made["konvertertDato"] >= archived["opprettetDato"]


def test_client_may_say_the_formats(standing: World) -> None:
    _, archived = versions(standing, standing.registrering)

    made = standing.client.make(
        archived, CONVERT, {"konvertertFraFormat": PDF, "konvertertTilFormat": {"kode": "av/0"}}
    )

    assert made["konvertertFraFormat"] == PDF
    assert made["konvertertTilFormat"]["kode"] == "av/0"


def test_format_nobody_knows_is_the_unknown_one(standing: World) -> None:
    client = standing.client
    document = client.make(
        standing.registrering, "arkivstruktur/ny-dokumentbeskrivelse/", {"tittel": "D"}
    )
    alone = client.make(
        document, "arkivstruktur/ny-dokumentobjekt/", {"variantformat": {"kode": "A"}}
    )

    made = client.make(alone, CONVERT, {})

    assert made["konvertertFraFormat"]["kode"] == "av/0"


@pytest.mark.krav("M712", "M713")
@pytest.mark.parametrize("wire", ["konvertertFraFormat", "konvertertTilFormat"])
def test_formats_of_a_conversion_are_never_changed(standing: World, wire: str) -> None:
    client, unit = standing.client, standing.konvertering

    answer = client.patch(
        client.link(unit, "self"),
        {wire: {"kode": "fmt/95"}},
        headers={"If-Match": client.etag(unit)},
    )

    assert answer.status_code == 409


def test_conversion_after_the_mappe_was_closed_is_too_late(standing: World) -> None:
    client = standing.client
    mappe = client.make(standing.arkivdel, "arkivstruktur/ny-mappe/", {"tittel": "Snart ferdig"})
    record = client.make(mappe, "arkivstruktur/ny-registrering/", {"tittel": "R"})
    _, archived = versions(standing, record)
    client.make(archived, CONVERT, {})
    client.patch(
        client.link(mappe, "self"),
        {"avsluttetDato": "2026-11-26T12:00:00+01:00"},
        headers={"If-Match": client.etag(mappe)},
    )

    answer = client.post(client.link(archived, CONVERT), {})

    assert answer.status_code == 409
    assert "avsluttet" in answer.json()["feil"]["beskrivelse"]


@pytest.mark.parametrize("name", ["tilgang", "rettighet"])
def test_rights_are_one_list_under_two_names(standing: World, name: str) -> None:
    client = standing.client
    links = client.follow("admin/")["_links"]

    asked = {"$filter": f"systemID eq '{standing.tilgang['systemID']}'"}
    listed = client.get(client.link({"_links": links}, f"admin/{name}/"), params=asked).json()
    new = links[f"{REL}admin/ny-{name}/"]["href"]

    assert [one["systemID"] for one in listed["results"]] == [standing.tilgang["systemID"]]
    assert new == f"{client.root}admin/ny-tilgang/"
    assert f"{REL}admin/rettighet/" not in client.refreshed(standing.tilgang)["_links"]


@pytest.mark.parametrize("wrong", [1, 0, "true", "", None, [], {}])
def test_right_is_given_or_not(standing: World, wrong: Any) -> None:
    client, unit = standing.client, standing.tilgang

    answer = client.patch(
        client.link(unit, "self"), {"les": wrong}, headers={"If-Match": client.etag(unit)}
    )

    assert answer.status_code == 400
    assert client.refreshed(unit)["les"] is True


@pytest.mark.parametrize(("given", "count"), [("true", 1), ("false", 0)])
def test_rights_can_be_asked_for_by_what_they_give(standing: World, given: str, count: int) -> None:
    client = standing.client
    this = f"systemID eq '{standing.tilgang['systemID']}'"

    found = client.get(
        f"{client.root}admin/tilgang/", params={"$filter": f"les eq {given} and {this}"}
    ).json()

    assert found["count"] == count


RIGHTS = {"rolle": "leser", "les": True, "ny": False, "endre": False, "slett": False}
UNITS = {
    "A": "arkivdel",
    "K": "klasse",
    "M": "saksmappe",
    "R": "journalpost",
    "D": "dokumentbeskrivelse",
}


@pytest.mark.krav("6.6.9")
@pytest.mark.parametrize("kategori", UNITS)
def test_rights_are_given_to_one_unit(standing: World, kategori: str) -> None:
    client, unit = standing.client, getattr(standing, UNITS[kategori])
    admin = client.follow("admin/")
    body = {**RIGHTS, "tilgangskategori": {"kode": kategori}}

    made = client.make(
        admin, "admin/ny-tilgang/", {**body, "referanseArkivenhet": unit["systemID"]}
    )

    this = {"$filter": f"referanseArkivenhet eq '{unit['systemID']}'"}
    found = client.get(client.link(admin, "admin/tilgang/"), params=this).json()
    assert [one["systemID"] for one in found["results"]] == [made["systemID"]]
    assert client.refreshed(made)["referanseArkivenhet"] == unit["systemID"]


@pytest.mark.krav("6.6.9")
@pytest.mark.parametrize("kategori", UNITS)
def test_rights_to_what_there_is_not_are_refused(standing: World, kategori: str) -> None:
    client = standing.client
    body = {**RIGHTS, "tilgangskategori": {"kode": kategori}}
    elsewhere = {"referanseArkivenhet": standing.arkiv["systemID"]}
    made = client.make(client.follow("admin/"), "admin/ny-tilgang/", body)

    answers = [
        client.post(client.link(client.follow("admin/"), "admin/ny-tilgang/"), body | elsewhere),
        client.patch(client.link(made, "self"), elsewhere, headers={"If-Match": client.etag(made)}),
    ]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert "referanseArkivenhet" in answers[0].json()["feil"]["beskrivelse"]


def test_only_administrators_give_rights(log_in: LogIn) -> None:
    archivist = log_in("arkivar@molde")

    answer = archivist.post(f"{archivist.root}admin/ny-tilgang/", {})

    assert answer.status_code == 403
