"""Disposal: when it is due, of what closes and of what is in it."""

from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest
from tests.conftest import Client, LogIn, World
from tests.noark.attempts import COMMANDS, Move
from tests.noark.conftest import InSession, OptionWorld, Patch, document, entry, new_case
from tests.noark.stage import Stage

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
    case = new_case(world)
    patch(case, **DECIDED)
    target = client.link(case, "self")

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


def decides(kode: str, years: int) -> dict[str, Any]:
    return {"kassasjonsvedtak": {"kode": kode}, "bevaringstid": years}


K10, B30, G5 = decides("K", 10), decides("B", 30), decides("G", 5)
BY_HAND = {"kassasjon": {"kassasjonsdato": "2099-01-01T00:00:00+01:00"}}


@pytest.fixture
def stage(client: Client) -> Stage:
    return Stage(client)


Route = Callable[[Client, InSession, Move], None]


def by_link(client: Client, in_session: InSession, move: Move) -> None:
    del in_session
    answer: httpx.Response = next(move.over_http(client))
    assert answer.status_code == 200, answer.text


def by_reference(client: Client, in_session: InSession, move: Move) -> None:
    del in_session
    here, there = client.link(move.unit, "self"), client.link(move.target, "self")
    answer = client.request("PUT", f"{here}{move.role}/$ref", content=there)
    assert answer.status_code == 204, answer.text


def in_a_session(client: Client, in_session: InSession, move: Move) -> None:
    del client
    in_session(lambda change: move.in_session(COMMANDS, change))


ROUTES = pytest.mark.parametrize("route", [by_link, by_reference, in_a_session])


def decided_of(client: Client, *units: Any) -> list[tuple[str, int, str | None] | None]:
    """Tell what is decided for units: the kode, the years and the year that it is due."""
    found = (client.refreshed(one).get("kassasjon") for one in units)
    return [
        one
        and (
            one["kassasjonsvedtak"]["kode"],
            one["bevaringstid"],
            one.get("kassasjonsdato", "")[:4] or None,
        )
        for one in found
    ]


@pytest.mark.krav("5.10.9", "5.10.10")
@ROUTES
@pytest.mark.parametrize(
    ("left", "own", "entered", "decided"),
    [
        pytest.param(K10, {}, B30, ("B", 30, None), id="taken over"),
        pytest.param(K10, {}, None, None, id="taken over, and nothing there"),
        pytest.param(None, {}, B30, ("B", 30, None), id="nothing, and something there"),
        pytest.param(K10, {"kassasjon": G5}, B30, ("G", 5, None), id="of its own"),
        pytest.param(None, {"kassasjon": G5}, B30, ("G", 5, None), id="of its own alone"),
        pytest.param(K10, {"kassasjon": None}, B30, None, id="taken away"),
        pytest.param(K10, BY_HAND, B30, ("K", 10, "2099"), id="dated by hand"),
    ],
)
def test_what_is_taken_over_is_that_of_the_place(
    stage: Stage,
    patch: Patch,
    in_session: InSession,
    route: Route,
    left: Mapping[str, Any] | None,
    own: Mapping[str, Any],
    entered: Mapping[str, Any] | None,
    decided: Any,
) -> None:
    places = [stage.new_arkivdel(kassasjon=one) for one in (left, entered)]
    mappe = stage.new_mappe(places[0])
    patch(mappe, **own)

    route(stage.client, in_session, Move(mappe, "arkivdel", places[1]))

    assert decided_of(stage.client, mappe) == [decided]


@pytest.mark.krav("5.10.9", "5.10.10", "M452")
@ROUTES
def test_contents_of_what_is_moved_are_decided_of_with_it(
    stage: Stage, patch: Patch, in_session: InSession, route: Route
) -> None:
    left, entered = stage.new_arkivdel(kassasjon=K10), stage.new_arkivdel(kassasjon=B30)
    mappe = stage.new_mappe(left)
    below, closed = stage.new_mappe(mappe), stage.new_mappe(mappe)
    inside, apart = stage.made(below, "registrering"), stage.made(below, "registrering")
    late = stage.made(closed, "registrering")
    papers = [stage.paper(one) for one in (inside, apart)]
    patch(apart, kassasjon=G5)
    patch(closed, avsluttetDato="2026-01-31T12:00:00+01:00")

    route(stage.client, in_session, Move(mappe, "arkivdel", entered))

    assert decided_of(stage.client, mappe, below, inside, papers[0]) == [("B", 30, None)] * 4
    assert decided_of(stage.client, closed, late) == [("B", 30, "2056")] * 2
    # What was decided of a document stands by itself when its registrering is decided of apart.
    assert decided_of(stage.client, apart, papers[1]) == [("G", 5, None), ("K", 10, None)]


@pytest.mark.krav("5.10.10")
@ROUTES
def test_arkivdel_comes_before_klasse_also_where_a_case_is_moved_to(
    stage: Stage, in_session: InSession, route: Route
) -> None:
    decided, open_ = stage.new_arkivdel(kassasjon=B30), stage.new_arkivdel()
    klasser = [
        stage.made(stage.system(one), "klasse", klasseID="1", kassasjon=G5)
        for one in (open_, decided)
    ]
    case = stage.case(klasser[0])
    post = stage.entry("X", "R", case)
    before = decided_of(stage.client, case, post)

    route(stage.client, in_session, Move(case, "klasse", klasser[1]))

    assert before == [("G", 5, None)] * 2
    assert decided_of(stage.client, case, post) == [("B", 30, None)] * 2


@pytest.mark.krav("5.10.9", "M452")
@ROUTES
def test_entry_is_decided_of_as_the_case_it_is_moved_to(
    stage: Stage, in_session: InSession, route: Route
) -> None:
    cases = [stage.case(kassasjon=one) for one in (K10, B30)]
    post = stage.entry("X", "R", cases[0])
    alone, shared = stage.paper(post), stage.paper(post)
    other = stage.entry("X", "R", cases[0])
    here = f"{stage.client.link(other, 'self')}dokumentbeskrivelse/$ref"
    stage.client.request("POST", here, params={"$id": stage.client.link(shared, "self")})

    route(stage.client, in_session, Move(post, "mappe", cases[1]))

    assert decided_of(stage.client, post, alone) == [("B", 30, None)] * 2
    assert decided_of(stage.client, shared) == [("K", 10, None)]


@pytest.mark.krav("M208", "5.10.9")
def test_registrering_is_decided_of_as_the_arkivdel_it_is_told_of(
    stage: Stage, patch: Patch
) -> None:
    ruled = stage.new_arkivdel(kassasjon=B30)
    made = stage.made(stage.new_mappe(stage.new_arkivdel(kassasjon=K10)), "registrering")
    paper = stage.paper(made)

    patch(made, referanseArkivdel=ruled["systemID"])

    assert decided_of(stage.client, made, paper) == [("B", 30, None)] * 2


@pytest.mark.krav("5.10.16")
def test_nothing_follows_where_decisions_are_not_inherited(
    world_with: OptionWorld,
) -> None:
    stage = Stage(world_with("uten-arv-av-kassasjon").client)
    mappe = stage.new_mappe()

    by_link(
        stage.client,
        lambda _: None,
        Move(mappe, "arkivdel", stage.new_arkivdel(kassasjon=K10)),
    )

    assert decided_of(stage.client, mappe) == [None]
