"""Periods: what an arkivdel takes, where old mapper go on, and what a klasse may hold."""

from typing import Any

import pytest
from tests.conftest import Client, World
from tests.noark.conftest import OptionWorld, Patch


def in_period(status: str) -> dict[str, Any]:
    return {"arkivdelstatus": {"kode": status}}


@pytest.fixture
def successor(world: World, client: Client) -> Any:
    return client.make(world.arkiv, "arkivstruktur/ny-arkivdel/", {"tittel": "Neste"})


@pytest.mark.whole_world
@pytest.mark.krav("5.11.4", "5.2.16", "5.2.20")
def test_overlapping_arkivdel_takes_no_new_mappe(
    world: World, client: Client, patch: Patch
) -> None:
    patch(world.arkivdel, **in_period("O"))
    owners = (
        (world.arkivdel, "arkivstruktur/ny-mappe/"),
        (world.arkivdel, "sakarkiv/ny-saksmappe/"),
        (world.arkivdel, "arkivstruktur/ny-registrering/"),
        (world.mappe, "arkivstruktur/ny-mappe/"),
        (world.klasse, "sakarkiv/ny-saksmappe/"),
    )

    answers = [client.post(client.link(one, rel), {"tittel": "Ny"}) for one, rel in owners]

    assert [one.status_code for one in answers] == [409] * 5


@pytest.mark.krav("5.11.4", "5.11.5", "5.11.2")
def test_registrering_moves_its_mappe_and_all_below_to_the_successor(
    world: World, client: Client, patch: Patch, successor: Any
) -> None:
    below = client.make(world.mappe, "arkivstruktur/ny-mappe/", {"tittel": "Under"})
    patch(world.arkivdel, **in_period("O"), referanseArvtaker=successor["systemID"])

    made = client.make(below, "arkivstruktur/ny-registrering/", {"tittel": "Ny"})

    moved = client.refreshed(world.mappe)
    again = client.make(below, "arkivstruktur/ny-registrering/", {"tittel": "Enda en"})
    at = client.get(client.link(moved, "arkivstruktur/arkivdel/")).json()
    assert at["systemID"] == successor["systemID"]
    assert made["referanseArkivdel"] == again["referanseArkivdel"] == successor["systemID"]
    assert "endretDato" in moved


@pytest.mark.whole_world
@pytest.mark.krav("5.11.5")
def test_case_on_a_klasse_moves_too(
    world: World, client: Client, patch: Patch, successor: Any
) -> None:
    patch(world.arkivdel, **in_period("O"), referanseArvtaker=successor["systemID"])

    made = client.make(world.saksmappe, "sakarkiv/ny-journalpost/", {"tittel": "Ny"})

    assert made["referanseArkivdel"] == successor["systemID"]


@pytest.mark.whole_world
@pytest.mark.krav("5.11.5")
def test_overlapping_arkivdel_without_successor_says_so(
    world: World, client: Client, patch: Patch
) -> None:
    patch(world.arkivdel, **in_period("O"))

    answer = client.post(
        client.link(world.mappe, "arkivstruktur/ny-registrering/"), {"tittel": "Ny"}
    )

    assert answer.status_code == 409
    assert "referanseArvtaker" in answer.json()["feil"]["beskrivelse"]


@pytest.mark.whole_world
@pytest.mark.krav("5.11.6", "5.11.7")
@pytest.mark.parametrize("status", ["A", "O"])
def test_arkivdel_with_open_mapper_is_not_closed(world: World, patch: Patch, status: str) -> None:
    patch(world.arkivdel, **in_period(status))

    answer = patch(world.arkivdel, **in_period("P"))

    assert answer.status_code == 409
    assert world.mappe["mappeID"] in answer.json()["feil"]["beskrivelse"]


@pytest.fixture
def closed(client: Client, patch: Patch, successor: Any) -> Any:
    """Give an arkivdel with a closed mappe in it, closed."""
    mappe = client.make(successor, "arkivstruktur/ny-mappe/", {"tittel": "Mappe"})
    patch(mappe, avsluttetDato="2026-11-20T12:00:00+01:00")
    return patch(successor, **in_period("P")).json()


@pytest.mark.krav("5.2.21", "5.2.22", "M602", "M603", "M107", "M108")
def test_closed_arkivdel_says_when_and_by_whom(closed: Any) -> None:
    assert closed["arkivperiodeSluttDato"] == closed["avsluttetDato"]
    assert closed["avsluttetAv"] == closed["opprettetAv"]


@pytest.mark.krav("5.2.19", "5.11.6")
@pytest.mark.parametrize(
    "rel",
    ["arkivstruktur/ny-mappe/", "arkivstruktur/ny-registrering/", "sakarkiv/ny-saksmappe/"],
)
def test_closed_arkivdel_takes_nothing(client: Client, closed: Any, rel: str) -> None:
    new = client.link(closed, "self") + rel.split("/", 1)[1]

    assert client.post(new, {"tittel": "Ny"}).status_code == 409


@pytest.mark.krav("M107", "M108", "M602")
@pytest.mark.parametrize(
    "wire", ["arkivperiodeStartDato", "arkivperiodeSluttDato", "avsluttetDato"]
)
@pytest.mark.parametrize("value", [None, "2001-01-01T00:00:00+01:00"])
def test_closed_arkivdel_keeps_its_dates(
    patch: Patch, closed: Any, wire: str, value: str | None
) -> None:
    assert patch(closed, **{wire: value}).status_code in {400, 409}


@pytest.mark.krav("5.2.20")
def test_closed_arkivdel_stays_closed(patch: Patch, closed: Any) -> None:
    assert patch(closed, **in_period("A")).status_code == 409


@pytest.mark.whole_world
@pytest.mark.krav("5.2.3", "5.2.10")
def test_arkivdeler_are_at_the_lowest_level_of_arkiv(world: World, client: Client) -> None:
    upper = client.make(world.arkivskaper, "arkivstruktur/ny-arkiv/", {"tittel": "Over"})
    client.make(upper, "arkivstruktur/ny-arkiv/", {"tittel": "Under"})

    answers = [
        client.post(client.link(upper, "arkivstruktur/ny-arkivdel/"), {"tittel": "Del"}),
        client.post(client.link(world.arkiv, "arkivstruktur/ny-arkiv/"), {"tittel": "Under"}),
    ]

    assert [one.status_code for one in answers] == [409, 409]


@pytest.mark.krav("5.2.3", "5.2.10", "5.2.11")
def test_nothing_is_moved_above_the_lowest_level_of_arkiv(world: World, client: Client) -> None:
    upper = client.make(world.arkivskaper, "arkivstruktur/ny-arkiv/", {"tittel": "Over"})
    under = client.make(upper, "arkivstruktur/ny-arkiv/", {"tittel": "Under"})
    here, there = (client.link(one, "self") for one in (world.arkivdel, under))

    answers = [
        client.request("PUT", f"{here}arkiv/$ref", content=client.link(upper, "self")),
        client.request("PUT", f"{there}overarkiv/$ref", content=client.link(world.arkiv, "self")),
    ]

    assert [one.status_code for one in answers] == [409, 409]


BODIES = {
    "arkivstruktur/ny-klasse/": {"klasseID": "L421", "tittel": "Under"},
    "arkivstruktur/ny-mappe/": {"tittel": "Mappe"},
    "arkivstruktur/ny-registrering/": {"tittel": "Registrering"},
}


@pytest.mark.krav("C2.4.4", "Ny-Klasse-1")
@pytest.mark.parametrize("first", BODIES)
def test_klasse_holds_one_kind(world: World, client: Client, first: str) -> None:
    klasse = client.make(
        world.klassifikasjonssystem, "arkivstruktur/ny-klasse/", {"klasseID": "M", "tittel": "M"}
    )
    client.make(klasse, first, BODIES[first])

    codes = {
        rel: client.post(client.link(klasse, rel), {**body, "tittel": "En til"}).status_code
        for rel, body in BODIES.items()
        if rel != first
    }

    assert set(codes.values()) == {409}


@pytest.mark.krav("C2.4.5")
def test_closed_klasse_takes_no_mappe(world: World, client: Client, patch: Patch) -> None:
    new = client.link(world.klasse, "arkivstruktur/ny-mappe/")
    patch(world.klasse, avsluttetDato="2026-11-20T12:00:00+01:00")

    assert client.post(new, {"tittel": "Mappe"}).status_code == 409


def decided(kode: str) -> dict[str, Any]:
    return {"kassasjon": {"kassasjonsvedtak": {"kode": kode}, "bevaringstid": 10}}


def made_below(world: World, **given: Any) -> list[str | None]:
    """Tell what is decided for a case on the klasse, an entry in it and a document of that."""
    client = world.client
    case = client.make(world.klasse, "sakarkiv/ny-saksmappe/", {"tittel": "Sak", **given})
    post = client.make(case, "sakarkiv/ny-journalpost/", {"tittel": "Post"})
    paper = client.make(post, "arkivstruktur/ny-dokumentbeskrivelse/", {"tittel": "Dokument"})
    decisions = [one.get("kassasjon") for one in (case, post, paper)]
    return [one and one["kassasjonsvedtak"]["kode"] for one in decisions]


@pytest.mark.krav("5.10.1", "5.10.8", "5.10.9", "5.10.10")
def test_disposal_comes_down_from_arkivdel_before_klasse(world: World, patch: Patch) -> None:
    found = [made_below(world)]
    patch(world.klasse, **decided("B"))
    found.append(made_below(world))
    patch(world.arkivdel, **decided("K"))
    found.append(made_below(world))
    found.append(made_below(world, **decided("G")))

    assert found == [[None] * 3, ["B"] * 3, ["K"] * 3, ["G"] * 3]


@pytest.mark.krav("5.10.16")
def test_kommune_may_switch_the_inheritance_of_disposal_off(
    world_with: OptionWorld, patch: Patch
) -> None:
    world = world_with("uten-arv-av-kassasjon")
    patch(world.arkivdel, world.client, **decided("K"))

    assert made_below(world) == [None] * 3


SCREENED = {"tilgangsrestriksjon": {"kode": "5"}, "skjermingMetadata": [{"kode": "TM1"}]}
OTHER = {"tilgangsrestriksjon": {"kode": "6"}, "skjermingMetadata": [{"kode": "TMO"}]}


@pytest.mark.krav("5.11.5", "6.6.26")
@pytest.mark.parametrize("after", [None, OTHER], ids=["open", "screened otherwise"])
@pytest.mark.parametrize("then", [None, OTHER], ids=["opened", "screened later"])
def test_mappe_that_passes_on_stays_screened_as_it_was(
    world: World, client: Client, patch: Patch, successor: Any, after: Any, then: Any
) -> None:
    patch(world.arkivdel, skjerming=SCREENED)
    patch(successor, skjerming=after)
    below = client.make(world.mappe, "arkivstruktur/ny-mappe/", {"tittel": "Under"})
    patch(world.arkivdel, **in_period("O"), referanseArvtaker=successor["systemID"])

    made = client.make(below, "arkivstruktur/ny-registrering/", {"tittel": "Ny"})
    patch(successor, skjerming=then)

    units = [client.refreshed(one) for one in (world.mappe, below, made)]
    codes = [one["skjerming"]["tilgangsrestriksjon"]["kode"] for one in units]
    assert codes == ["5"] * 3
