"""Options: contracted parts of the service, with periods that never overlap."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.drift.conftest import Operator

from sakark_api.errors import Conflict, Invalid, NotFound
from sakark_api.tenancy.opsjoner import (
    Period,
    end,
    names_in_force,
    read_options,
    with_period,
    write_options,
)

DAYS = st.dates(date(2020, 1, 1), date(2021, 12, 31))
PERIODS = st.builds(
    lambda fra, length: Period(fra, None if length is None else fra + timedelta(length)),
    DAYS,
    st.none() | st.integers(0, 400),
)
ATTEMPTS = st.lists(PERIODS, max_size=8)


MANY_REFUSED = settings(suppress_health_check=[HealthCheck.filter_too_much])
"""Periods at random often overlap; those that are refused say nothing here."""


def kept(attempts: list[Period]) -> list[Period]:
    """Add periods one after another, those that are taken."""
    periods: list[Period] = []
    for one in attempts:
        try:
            periods = with_period(periods, one)
        except Conflict:
            continue
    return periods


def covering(periods: list[Period], day: date) -> list[Period]:
    return [one for one in periods if one.fra <= day and (one.til is None or day <= one.til)]


@given(attempts=ATTEMPTS, day=DAYS)
def test_no_day_is_in_two_periods(attempts: list[Period], day: date) -> None:
    assert len(covering(kept(attempts), day)) <= 1


@given(attempts=ATTEMPTS)
def test_periods_are_in_order(attempts: list[Period]) -> None:
    periods = kept(attempts)

    assert periods == sorted(periods, key=lambda one: one.fra)


@MANY_REFUSED
@given(attempts=ATTEMPTS, new=PERIODS)
def test_what_is_added_is_there_and_what_was_there_stays(
    attempts: list[Period], new: Period
) -> None:
    before = kept(attempts)
    try:
        after = with_period(before, new)
    except Conflict:
        assume(False)

    assert set(after) == {one for one in before if one.fra != new.fra} | {new}


@MANY_REFUSED
@given(attempts=ATTEMPTS, new=PERIODS)
def test_adding_twice_is_adding_once(attempts: list[Period], new: Period) -> None:
    try:
        once = with_period(kept(attempts), new)
    except Conflict:
        assume(False)

    assert with_period(once, new) == once


@given(attempts=ATTEMPTS, new=PERIODS)
def test_a_period_is_refused_exactly_when_a_day_would_be_in_two(
    attempts: list[Period], new: Period
) -> None:
    before = kept(attempts)
    others = [one for one in before if one.fra != new.fra]
    last = max([new.fra, *(one.fra for one in others)]) + timedelta(500)
    days = [new.fra + timedelta(at) for at in range(((new.til or last) - new.fra).days + 1)]
    collides = any(covering(others, day) for day in days)

    try:
        with_period(before, new)
        refused = False
    except Conflict:
        refused = True

    assert refused is collides


@MANY_REFUSED
@given(attempts=ATTEMPTS, last_day=DAYS, day=DAYS)
def test_after_its_end_an_option_is_had_no_more_and_before_as_it_was(
    attempts: list[Period], last_day: date, day: date
) -> None:
    before = kept(attempts)
    try:
        after = end(before, last_day)
    except NotFound:
        assume(False)

    assert bool(covering(after, day)) is (bool(covering(before, day)) and day <= last_day)


@given(attempts=ATTEMPTS)
def test_options_are_read_as_they_were_written(attempts: list[Period]) -> None:
    options = {"edu": kept(attempts)}

    assert read_options(write_options(options)) == options


@given(attempts=ATTEMPTS, first=DAYS, length=st.integers(0, 40))
def test_an_option_is_in_force_when_one_of_the_days_is_covered(
    attempts: list[Period], first: date, length: int
) -> None:
    periods = kept(attempts)
    days = [first + timedelta(at) for at in range(length + 1)]

    found = names_in_force({"edu": periods}, days[0], days[-1])

    assert found == (["edu"] if any(covering(periods, day) for day in days) else [])


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(Invalid):
        with_period([], Period(date(2026, 1, 2), date(2026, 1, 1)))


# Over HTTP.


def test_an_option_is_given_ended_and_remembered(operator: Operator, ready: str) -> None:
    base = f"kommuner/{ready}/opsjoner/"

    given_one = operator.put(f"{base}edu/", {"fra": "2026-01-01"})
    shown = operator.get(f"kommuner/{ready}/").json()["opsjoner"]
    ended = operator.delete(f"{base}edu/")

    (period,) = ended.json()["opsjoner"]["edu"]
    assert given_one.json() == {"opsjoner": {"edu": [{"fra": "2026-01-01", "til": None}]}}
    assert shown == ["edu"]
    assert (period["fra"], period["til"] is None) == ("2026-01-01", False)
    assert operator.get(base).json() == ended.json()


def test_an_option_that_is_not_had_cannot_be_ended(operator: Operator, ready: str) -> None:
    assert operator.delete(f"kommuner/{ready}/opsjoner/edu/").status_code == 404


def test_an_option_not_begun_leaves_nothing_when_it_is_ended(
    operator: Operator, ready: str
) -> None:
    operator.put(f"kommuner/{ready}/opsjoner/edu/", {"fra": "2090-01-01"})

    answer = operator.delete(f"kommuner/{ready}/opsjoner/edu/")

    assert answer.json() == {"opsjoner": {}}


def test_an_overlapping_period_is_refused(operator: Operator, ready: str) -> None:
    path = f"kommuner/{ready}/opsjoner/edu/"
    operator.put(path, {"fra": "2026-01-01", "til": "2026-06-30"})

    answer = operator.put(path, {"fra": "2026-06-30"})

    assert answer.status_code == 409
    assert "2026-06-30" in answer.json()["feil"]["beskrivelse"]


@pytest.mark.parametrize("navn", ["A", "x", "to%20ord", "%00", "a" * 60, "-a"])
def test_an_odd_name_is_refused(operator: Operator, ready: str, navn: str) -> None:
    answer = operator.put(f"kommuner/{ready}/opsjoner/{navn}/", {"fra": "2026-01-01"})

    assert answer.status_code == 400


@pytest.mark.parametrize(
    "body",
    [{}, {"fra": "i går"}, {"fra": None}, {"fra": "2026-02-30"}, {"fra": "2026-01-01", "x": 1}],
    ids=str,
)
def test_an_odd_period_is_refused(operator: Operator, ready: str, body: object) -> None:
    assert operator.put(f"kommuner/{ready}/opsjoner/edu/", body).status_code == 400
