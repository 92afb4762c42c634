"""How far rights reach, by the pure function alone."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from sakark_api.access.policy import Action
from sakark_api.access.reach import (
    CATEGORIES,
    Barrier,
    Level,
    Person,
    Reach,
    Right,
    Rights,
    reach_of,
)

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ME, UNIT, SUBUNIT, CASE = uuid4(), uuid4(), uuid4(), uuid4()
READ = frozenset({Action.READ})


def right(**more: Any) -> Right:
    facts: dict[str, Any] = {"role": "saksbehandler", "category": "M", "actions": READ}
    return Right(**{**facts, **more})


def reached(*rights: Right, person: Person | None = None, **more: Any) -> Reach:
    people: dict[UUID, Person] = {ME: person} if person else {}
    facts: dict[str, Any] = {
        "roles": ["saksbehandler"],
        "authorised": 0,
        "now": NOW,
        "unblocked": False,
    }
    blocked = more.pop("blocked", ())
    kommune = Rights(rights, people, below={UNIT: frozenset({SUBUNIT})}, blocked=blocked)
    return reach_of(kommune, bruker=ME, **{**facts, **more})


EVERYWHERE = [right(category=one, actions=frozenset(Action)) for one in CATEGORIES]


def test_nothing_is_given_by_nothing() -> None:
    reach = reached()

    assert set(reach.levels.values()) == {Level.NONE}
    assert not reach.is_whole([])


def test_everything_is_whole() -> None:
    assert reached(*EVERYWHERE).is_whole(list(Action))


@pytest.mark.parametrize("category", CATEGORIES)
def test_what_is_in_a_category_is_read_only_with_those_outside_it(category: str) -> None:
    reach = reached(*(one for one in EVERYWHERE if one.category != category))

    levels = {one: reach.level(Action.READ, one) for one in CATEGORIES}

    inside = CATEGORIES[CATEGORIES.index(category) :]
    assert levels == {one: Level.NONE if one in inside else Level.ALL for one in CATEGORIES}


def test_to_write_takes_a_right_to_the_units_own_category() -> None:
    reach = reached(right(actions=frozenset({Action.CHANGE})))

    assert reach.level(Action.CHANGE, "M") is Level.ALL
    assert reach.level(Action.CHANGE, "R") is Level.NONE


def test_rights_add_up() -> None:
    reach = reached(right(near=True), right(near=False), right(unit=CASE))

    assert reach.levels[Action.READ, "M"] is Level.ALL
    assert reach.named[Action.READ] == {CASE}


@pytest.mark.parametrize(
    "other",
    [
        right(role="leder"),
        right(since=NOW + DAY),
        right(until=NOW),
        right(restriction="KL"),
        right(actions=frozenset({Action.CHANGE})),
    ],
    ids=["role", "not yet", "no more", "restriction", "action"],
)
def test_what_is_not_given_is_not_read(other: Right) -> None:
    assert reached(other).levels[Action.READ, "M"] is Level.NONE


def test_near_are_the_caller_and_own_units_with_those_below() -> None:
    assert reached(person=Person(units=frozenset({UNIT}))).mine == {ME, UNIT, SUBUNIT}


PERIODS = [
    (None, None, True),
    (NOW, None, True),
    (NOW + DAY, None, False),
    (None, NOW, False),
    (NOW - DAY, NOW + DAY, True),
]


@pytest.mark.parametrize(("since", "until", "barred"), PERIODS)
def test_one_is_barred_as_long_as_it_says(
    since: datetime | None, until: datetime | None, *, barred: bool
) -> None:
    reach = reached(*EVERYWHERE, person=Person(barred=[Barrier(CASE, since, until)]))

    assert reach.barred == ({CASE} if barred else set())
    assert reach.is_whole([]) is not barred


@pytest.mark.parametrize("unblocked", [True, False])
@pytest.mark.parametrize(("since", "until", "holds"), PERIODS)
def test_what_is_blocked_is_kept_from_all_but_those_who_keep_the_archive(
    since: datetime | None, until: datetime | None, *, holds: bool, unblocked: bool
) -> None:
    reach = reached(*EVERYWHERE, blocked=[Barrier(CASE, since, until)], unblocked=unblocked)

    assert reach.barred == ({CASE} if holds and not unblocked else set())
    assert reach.blocked == ({CASE} if holds else set())
    assert reach.is_whole([]) is not bool(reach.barred)


@pytest.mark.parametrize(
    ("clearance", "until", "authorised", "reaches"),
    [(3, None, 1, 3), (0, None, 1, 1), (3, NOW, 1, 1), (3, NOW + DAY, 0, 3)],
)
def test_clearance_is_the_persons_while_it_lasts(
    clearance: int, until: datetime | None, authorised: int, reaches: int
) -> None:
    person = Person(clearance=clearance, cleared_until=until)

    assert reached(person=person, authorised=authorised).clearance == reaches


def test_a_restriction_with_rights_is_for_those_who_have_them() -> None:
    theirs, mine = right(role="leder", restriction="KL"), right(restriction="P")

    def uncleared(*rights: Right, **more: Any) -> list[str]:
        return sorted(reached(*rights, authorised=1, **more).uncleared or ())

    assert uncleared(theirs, mine) == ["KL"]
    assert uncleared(theirs, mine, roles=["leder"]) == ["P"]
    assert uncleared(mine) == []


def test_who_may_see_nothing_screened_is_cleared_by_no_right() -> None:
    assert reached(right(restriction="P"), authorised=0).uncleared is None


def test_it_holds_until_something_begins_or_ends() -> None:
    reach = reached(
        right(since=NOW + 3 * DAY),
        right(role="leder", until=NOW + DAY),
        person=Person(barred=[Barrier(CASE, NOW - DAY, NOW + 2 * DAY)]),
    )

    assert reach.until == NOW + 2 * DAY


@pytest.mark.parametrize("unblocked", [True, False])
def test_it_holds_until_a_blocking_begins_or_ends(*, unblocked: bool) -> None:
    blocked = [Barrier(CASE, NOW + DAY), Barrier(UNIT, NOW - DAY, NOW + 2 * DAY)]

    assert reached(blocked=blocked, unblocked=unblocked).until == NOW + DAY


def test_what_is_blocked_comes_beside_what_one_is_barred_from() -> None:
    person = Person(barred=[Barrier(CASE)])

    assert reached(blocked=[Barrier(UNIT)], person=person).barred == {CASE, UNIT}
