"""Disposal: when it is due, of what closes and of what is in it."""

from typing import Any

import pytest
from tests.conftest import Client, LogIn, World
from tests.noark.conftest import Patch, document, entry, new_case

DECIDED = {"kassasjon": {"kassasjonsvedtak": {"kode": "K"}, "bevaringstid": 10}}
CLOSED, OPEN = {"saksstatus": {"kode": "A"}}, {"saksstatus": {"kode": "B"}}


@pytest.fixture
def units(world: World, patch: Patch) -> dict[str, Any]:
    """Give a case that is ready to be closed, its archived entry and that one's document."""
    case = new_case(world)
    patch(case, **DECIDED)
    post = entry(world, case, "U")
    paper = document(world, post)
    patch(post, journalstatus={"kode": "A"})
    return {"case": case, "post": post, "paper": paper}


def due(client: Client, units: dict[str, Any]) -> list[str | None]:
    """Tell the year that each unit's disposal is due."""
    dates = (client.refreshed(one)["kassasjon"].get("kassasjonsdato") for one in units.values())
    return [date and date[:4] for date in dates]


def year_of(unit: Any, years: int) -> str:
    return str(int(unit["avsluttetDato"][:4]) + years)


@pytest.mark.krav("M452", "5.10.9", "6.1.15")
def test_what_is_in_a_case_is_due_with_it_and_open_again_with_it(
    client: Client, patch: Patch, units: dict[str, Any]
) -> None:
    before = due(client, units)
    closed = patch(units["case"], **CLOSED).json()
    after = due(client, units)
    patch(units["case"], **OPEN)

    assert before == [None] * 3
    assert after == [year_of(closed, 10)] * 3
    assert due(client, units) == [None] * 3


@pytest.mark.krav("M452")
def test_dates_of_what_is_in_a_case_are_logged(
    client: Client, patch: Patch, units: dict[str, Any]
) -> None:
    patch(units["case"], **CLOSED)

    lines = client.get(client.link(units["paper"], "loggingogsporing/endringslogg/")).json()
    named = [one.get("referanseMetadata") for one in lines["results"]]
    assert named.count("kassasjon") == 1
    assert "endretDato" in client.refreshed(units["paper"])


@pytest.mark.krav("M451", "M452")
@pytest.mark.parametrize("name", ["case", "post", "paper"])
def test_years_that_are_decided_anew_give_a_new_date(
    patch: Patch, units: dict[str, Any], name: str
) -> None:
    closed = patch(units["case"], **CLOSED).json()

    changed = patch(units[name], kassasjon={"bevaringstid": 25}).json()

    assert changed["kassasjon"]["kassasjonsdato"][:4] == year_of(closed, 25)


@pytest.mark.krav("M452")
def test_date_that_is_given_by_hand_stays(
    client: Client, patch: Patch, units: dict[str, Any]
) -> None:
    by_hand = "2099-01-01T00:00:00+01:00"
    patch(units["paper"], kassasjon={"kassasjonsdato": by_hand})
    patch(units["case"], **CLOSED)
    patch(units["case"], **OPEN)

    assert due(client, units) == [None, None, "2099"]


@pytest.mark.krav("M452", "C3.2.40")
def test_what_is_moved_to_an_open_case_is_not_due(
    world: World, client: Client, patch: Patch, log_in: LogIn, units: dict[str, Any]
) -> None:
    closed = patch(units["case"], **CLOSED).json()
    address = f"{client.link(units['post'], 'self')}mappe/$ref"
    target = client.link(new_case(world), "self")

    moved = log_in("arkivar@molde").request("PUT", address, content=target)

    assert moved.status_code == 204
    assert due(client, units) == [year_of(closed, 10), None, None]


@pytest.mark.krav("M452", "5.5.5")
def test_document_that_others_need_is_due_after_the_last_of_them(
    world: World, client: Client, patch: Patch, units: dict[str, Any]
) -> None:
    other = new_case(world)
    post = entry(world, other, "U")
    here = f"{client.link(post, 'self')}dokumentbeskrivelse/$ref"
    client.request("POST", here, params={"$id": client.link(units["paper"], "self")})
    patch(post, journalstatus={"kode": "A"})

    closed = patch(units["case"], **CLOSED).json()
    first = due(client, units)
    patch(other, **CLOSED)

    assert first == [year_of(closed, 10), year_of(closed, 10), None]
    assert due(client, units) == [year_of(closed, 10)] * 3


@pytest.mark.krav("M452", "6.1.1")
def test_what_is_in_a_mappe_is_due_with_it(world: World, client: Client, patch: Patch) -> None:
    mappe = client.make(world.arkivdel, "arkivstruktur/ny-mappe/", {"tittel": "M", **DECIDED})
    made = client.make(mappe, "arkivstruktur/ny-registrering/", {"tittel": "R"})

    patch(mappe, avsluttetDato="2026-01-31T12:00:00+01:00")

    assert due(client, {"mappe": mappe, "registrering": made}) == ["2036", "2036"]
