"""Counts of the units that checks hold for: all checks of a kind in one reading."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
)

from sakark_api.db.snapshot import Snapshot
from sakark_api.deponering.alvor import Alvor
from sakark_api.deponering.element import rows_of
from sakark_api.deponering.sjekker.sjekk import Condition, Sjekk
from sakark_api.deponering.utvalg import Utvalg
from sakark_api.noark.resource import Resource
from sakark_api.rest.tenant import same_kommune

__all__ = ["Antall", "Opptelling", "counted", "readings"]


class Antall(NamedTuple):
    """How many units a check holds for: those at fault, and those not done yet."""

    feil: int
    uferdige: int


@dataclass(frozen=True)
class Opptelling:
    """How many units of a kind there are, what stands in their way, and in how many."""

    resource: Resource[Any]
    enheter: int = 0
    med_feil: int = 0
    uferdige: int = 0
    """Those with nothing worse than that they are not done yet."""
    sjekker: Mapping[str, Antall] = field(default_factory=dict)
    """Of the checks that hold for any."""

    def plus(self, other: Self) -> "Opptelling":
        """Add other units of the same kind, looked at by other checks."""
        return Opptelling(
            self.resource,
            self.enheter + other.enheter,
            self.med_feil + other.med_feil,
            self.uferdige + other.uferdige,
            {**self.sjekker, **other.sjekker},
        )


async def counted(
    taken: Snapshot, sjekker: Iterable[Sjekk], utvalg: Utvalg, *, is_open: bool
) -> Sequence[Opptelling]:
    """Count the units in a deposit that checks hold for, each kind of units by itself.

    `is_open` tells that the work goes on: what is not done yet, is no fault.
    """
    found: dict[Resource[Any], Opptelling] = {}
    for together, statement in readings(sjekker, utvalg, is_open=is_open):
        (row,) = await taken.all(statement)
        resource = together[0].resource
        known = found.get(resource, Opptelling(resource))
        found[resource] = known.plus(_read(together, list(row)))
    return list(found.values())


def readings(
    sjekker: Iterable[Sjekk], utvalg: Utvalg, *, is_open: bool
) -> Iterator[tuple[Sequence[Sjekk], Select[Any]]]:
    """Give the statements that count, each with the checks of the same units that it is of."""
    together: dict[tuple[Resource[Any], Condition | None], list[Sjekk]] = {}
    for one in sjekker:
        together.setdefault((one.resource, one.within), []).append(one)
    for some in together.values():
        yield some, _reading(some, utvalg, is_open=is_open)


def _reading(sjekker: Sequence[Sjekk], utvalg: Utvalg, *, is_open: bool) -> Select[Any]:
    """Read the units once: what holds of each is worked out once, and then counted."""
    rows = rows_of(sjekker[0].resource)
    columns = [
        one.label(f"{kind}_{place}")
        for place, sjekk in enumerate(sjekker)
        for kind, one in _said(sjekk, rows, utvalg, is_open=is_open)
    ]
    looked = (
        select(*columns)
        .where(same_kommune(rows), sjekker[0].units(rows, utvalg))
        .offset(literal_column("0"))
        .subquery()
    )
    faults, waiting = (
        [looked.c.get(f"{kind}_{place}", false()) for place in range(len(sjekker))]
        for kind in ("fault", "waits")
    )
    grave = [fault for fault, one in zip(faults, sjekker, strict=True) if one.alvor is Alvor.FEIL]
    stopped = or_(false(), *grave)
    both = (one for pair in zip(faults, waiting, strict=True) for one in pair)
    conditions = (stopped, and_(not_(stopped), or_(false(), *waiting)), *both)
    counts: list[ColumnElement[Any]] = [func.count().filter(one) for one in conditions]
    return select(*(func.count(), *counts)).select_from(looked)


def _said(
    sjekk: Sjekk, rows: FromClause, utvalg: Utvalg, *, is_open: bool
) -> Sequence[tuple[str, ColumnElement[bool]]]:
    """Say of a unit that it is at fault, and that it is not done yet, where it may be so."""
    holds = func.coalesce(sjekk.condition(rows, utvalg), false())
    if not is_open or sjekk.awaits is None:
        return [("fault", holds)]
    waits = func.coalesce(sjekk.awaits(rows), false())
    return [("fault", and_(holds, not_(waits))), ("waits", and_(holds, waits))]


def _read(sjekker: Sequence[Sjekk], row: Sequence[int]) -> Opptelling:
    total, stopped, waiting, *rest = row
    pairs = zip(rest[::2], rest[1::2], strict=True)
    found = {one.id: Antall(*pair) for one, pair in zip(sjekker, pairs, strict=True) if any(pair)}
    return Opptelling(sjekker[0].resource, total, stopped, waiting, found)
