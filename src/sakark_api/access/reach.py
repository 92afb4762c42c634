"""How far a caller reaches: which units, by the rights that the kommune has given (GUIDE 16).

`policy` says what a role may do at all; what is said here narrows it. It is pure: rights and the
caller's place go in, and what the statements are to compare rows with comes out.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from sakark_api.access.policy import Action

__all__ = ["CATEGORIES", "Barrier", "Level", "Person", "Reach", "Right", "Rights", "reach_of"]

CATEGORIES: Final = ("A", "K", "M", "R", "D")
"""Of arkivdel, klasse, mappe, registrering and dokumentbeskrivelse, the outermost first.

Who is to reach the units of one must reach those outside it as well: what is in a case that
somebody may not see is not seen either.
"""


class Level(IntEnum):
    """Which units of a category a caller reaches, when none of them is named."""

    NONE = 0
    NEAR = 1
    """Those of the caller's own administrative units, and those the caller is responsible for."""
    ALL = 2


@dataclass(frozen=True)
class Right:
    """One Tilgang: what a role may do, where and when.

    `unit` is the only unit it holds for, with what is below it. A right with a `restriction` is
    clearance for what is screened by that code, and gives nothing else.
    """

    role: str
    category: str
    actions: frozenset[Action]
    unit: UUID | None = None
    restriction: str | None = None
    near: bool = False
    since: datetime | None = None
    until: datetime | None = None

    def holds(self, now: datetime) -> bool:
        return _is_within(self.since, self.until, now)


@dataclass(frozen=True)
class Barrier:
    """A unit that is kept from somebody with all that is in it, since when and until when."""

    unit: UUID
    since: datetime | None = None
    until: datetime | None = None

    def holds(self, now: datetime) -> bool:
        return _is_within(self.since, self.until, now)


@dataclass(frozen=True)
class Person:
    """What is known of one bruker: units, clearance, and the cases the bruker is barred from."""

    units: frozenset[UUID] = frozenset()
    clearance: int = 0
    cleared_until: datetime | None = None
    barred: Sequence[Barrier] = ()


@dataclass(frozen=True)
class Rights:
    """All rights of a kommune, as they were read at one time."""

    rights: Sequence[Right] = ()
    people: Mapping[UUID, Person] = field(default_factory=dict)
    below: Mapping[UUID, frozenset[UUID]] = field(default_factory=dict)
    """The administrative units below each, at every level."""
    blocked: Sequence[Barrier] = ()
    """What is kept from everybody but those who keep the archive."""

    @cached_property
    def governed(self) -> frozenset[str]:
        """The restrictions that there are rights to: nobody else is cleared for them."""
        return frozenset(one.restriction for one in self.rights if one.restriction is not None)


@dataclass(frozen=True, eq=False)
class Reach:
    """How far one caller reaches, until a time when some right begins or ends."""

    levels: Mapping[tuple[Action, str], Level]
    named: Mapping[Action, frozenset[UUID]]
    named_near: Mapping[Action, frozenset[UUID]]
    mine: frozenset[UUID]
    """The caller and the caller's administrative units: what is near has one of them."""
    barred: frozenset[UUID]
    blocked: frozenset[UUID]
    """What is kept from others, whether or not the caller sees it."""
    clearance: int
    uncleared: frozenset[str] | None
    """The restrictions that others are cleared for, and not the caller; None for all there are."""
    until: datetime | None = None

    def level(self, action: Action, category: str) -> Level:
        """Give what the caller reaches of a category: no more than of those outside it, to read."""
        if action is not Action.READ:
            return self.levels[action, category]
        outside = CATEGORIES[: CATEGORIES.index(category) + 1]
        return min(self.levels[action, one] for one in outside)

    def is_whole(self, actions: Iterable[Action]) -> bool:
        """Tell whether only clearance can keep a unit from the caller, for any of `actions`."""
        return not self.barred and all(
            self.levels[action, category] is Level.ALL
            for action in {Action.READ, *actions}
            for category in CATEGORIES
        )

    @cached_property
    def values(self) -> Mapping[str, Any]:
        """Give the values of the statements' parameters, by name."""
        return {
            "reach_clearance": self.clearance,
            "reach_mine": sorted(self.mine),
            "reach_barred": sorted(self.barred),
            "reach_uncleared": None if self.uncleared is None else sorted(self.uncleared),
            "reach_by": sorted(self._by),
            **{
                f"reach_{action}_{category}": int(self.level(action, category))
                for action in Action
                for category in CATEGORIES
            },
            **{f"reach_{action}_named": sorted(self.named[action]) for action in Action},
            **{f"reach_{action}_near": sorted(self.named_near[action]) for action in Action},
        }

    @property
    def _by(self) -> frozenset[UUID]:
        """Give one of what each document is tied to that is read by a right to less than all."""
        named, near = self.named[Action.READ], self.named_near[Action.READ]
        is_near = near or self.level(Action.READ, CATEGORIES[-1]) is Level.NEAR
        return named | self.mine if is_near else named


def reach_of(
    rights: Rights,
    roles: Iterable[str],
    bruker: UUID,
    authorised: int,
    now: datetime,
    *,
    unblocked: bool,
) -> Reach:
    """Say how far a caller with `roles` reaches.

    `authorised` is the highest rank of grading that the roles open by themselves, 0 for roles that
    may see nothing that is screened. Rights add up. What no right gives is not given. `unblocked`
    callers see what is blocked too.
    """
    held = frozenset(roles)
    mine = [one for one in rights.rights if one.role in held]
    person = rights.people.get(bruker, Person())
    valid = [one for one in mine if one.holds(now)]
    plain = [one for one in valid if one.restriction is None]
    barred, blocked = (
        frozenset(one.unit for one in barriers if one.holds(now))
        for barriers in (person.barred, rights.blocked)
    )
    cleared = person.cleared_until is None or now < person.cleared_until
    return Reach(
        levels={
            (action, category): _level(plain, action, category)
            for action in Action
            for category in CATEGORIES
        },
        named={action: _named(plain, action, near=False) for action in Action},
        named_near={action: _named(plain, action, near=True) for action in Action},
        mine=frozenset({bruker, *_units_of(rights, person)}),
        barred=barred if unblocked else barred | blocked,
        blocked=blocked,
        clearance=max(authorised, person.clearance if cleared else 0),
        uncleared=_uncleared(rights, valid) if authorised else None,
        until=min(
            (one for one in _turns([*mine, *person.barred, *rights.blocked], person) if one > now),
            default=None,
        ),
    )


def _is_within(since: datetime | None, until: datetime | None, now: datetime) -> bool:
    return (since is None or since <= now) and (until is None or now < until)


def _uncleared(rights: Rights, mine: Iterable[Right]) -> frozenset[str]:
    return rights.governed - {one.restriction for one in mine if Action.READ in one.actions}


def _level(rights: Iterable[Right], action: Action, category: str) -> Level:
    return max(
        (
            Level.NEAR if one.near else Level.ALL
            for one in rights
            if one.unit is None and one.category == category and action in one.actions
        ),
        default=Level.NONE,
    )


def _named(rights: Iterable[Right], action: Action, *, near: bool) -> frozenset[UUID]:
    return frozenset(
        one.unit
        for one in rights
        if one.unit is not None and one.near is near and action in one.actions
    )


def _units_of(rights: Rights, person: Person) -> Iterator[UUID]:
    for unit in person.units:
        yield unit
        yield from rights.below.get(unit, ())


def _turns(lasting: Iterable[Right | Barrier], person: Person) -> Iterator[datetime]:
    """Give the times at which something begins or ends to hold."""
    for one in lasting:
        yield from (time for time in (one.since, one.until) if time is not None)
    if person.cleared_until is not None:
        yield person.cleared_until
