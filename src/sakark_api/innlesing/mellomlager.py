"""An extraction as rows in the order in which it was written: whole units, parents first.

XML tells of a unit when it ends, after all that is in it, and of a saksmappe there are fields after
that, too. Here they are by their place: a database of one file, thrown away in the end. Whoever
goes on from a place asks for what comes after it.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import (
    Column,
    Engine,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
    func,
    insert,
    select,
)

__all__ = ["AT_ONCE", "ENHET", "NAVN", "Lest", "Mellomlager"]

AT_ONCE: Final = 5000

T = TypeVar("T")

_METADATA: Final = MetaData()
ENHET: Final = Table(
    "enhet",
    _METADATA,
    Column("nr", Integer, primary_key=True),
    Column("over", Integer),
    Column("slag", Text),
    Column("type", Text),
    Column("linje", Integer),
    Column("aar", Text),
    Column("innhold", Text),
    Index("ix_enhet_slag", "slag", "nr"),
    Index("ix_enhet_over", "over", "nr"),
)
NAVN: Final = Table(
    "navn",
    _METADATA,
    Column("slag", Text, primary_key=True),
    Column("navn", Text, primary_key=True),
    Column("nr", Integer),
)
"""The first unit of each kind that is called something, by systemID or mappeID."""
_NY_ID: Final = Table(
    "ny_id",
    _METADATA,
    Column("nr", Integer, primary_key=True, autoincrement=False),
    Column("system_id", Text),
)
"""The systemID that units have here, where it is another than in the extraction."""
_BRUKT: Final = Table(
    "brukt",
    _METADATA,
    Column("serie", Text, primary_key=True),
    Column("verdi", Text, primary_key=True),
)


@dataclass(frozen=True)
class Lest:
    """A unit as it was read: its fields with all their values, and the values in it by name."""

    nr: int
    over: int | None
    slag: str
    type: str
    linje: int
    felt: Mapping[str, Sequence[str]]
    grupper: Mapping[str, Sequence[Mapping[str, Sequence[str]]]] = field(default_factory=dict)

    def first(self, name: str) -> str | None:
        """Give the first value of a field that is not empty."""
        return next((one for one in self.felt.get(name, ()) if one), None)

    def values(self) -> Iterator[tuple[str, str]]:
        """List everything that it says: the path of an element, and its text."""
        for name, every in self.felt.items():
            for one in every:
                yield name, one
        for group, several in self.grupper.items():
            for fields in several:
                for name, every in fields.items():
                    for one in every:
                        yield f"{group}/{name}", one


class Mellomlager:
    """The units of one extraction, in the order they were written."""

    def __init__(self, path: Path) -> None:
        self.engine: Engine = create_engine(f"sqlite:///{path}")
        event.listen(self.engine, "connect", _in_haste)
        _METADATA.create_all(self.engine)
        self.hoeyeste: Mapping[int, int] = {}
        """The highest journalsekvensnummer of each year."""
        self.hode: Lest | None = None
        """What a message says of itself."""

    def close(self) -> None:
        self.engine.dispose()

    def every(self, slag: Sequence[str] = (), after: int = 0) -> Iterator[Lest]:
        """Give units in order: of some kinds or all, after a place."""
        while page := self._page(slag, after):
            yield from page
            after = page[-1].nr

    def _page(self, slag: Sequence[str], after: int) -> list[Lest]:
        found = select(ENHET).where(ENHET.c.nr > after).order_by(ENHET.c.nr).limit(AT_ONCE)
        if slag:
            found = found.where(ENHET.c.slag.in_(slag))
        with self.engine.connect() as connection:
            return [_lest(row) for row in connection.execute(found)]

    def outermost(self, slag: Sequence[str]) -> Iterator[Lest]:
        """Give the units of some kinds that are in no other."""
        return (one for one in self.every(slag) if one.over is None)

    def at(self, nr: int) -> Lest:
        """Give the unit at a place."""
        with self.engine.connect() as connection:
            return _lest(connection.execute(select(ENHET).where(ENHET.c.nr == nr)).one())

    def below(self, nr: int, slag: str) -> list[Lest]:
        """List the units of a kind that are right in another."""
        found = select(ENHET).where(ENHET.c.over == nr, ENHET.c.slag == slag)
        with self.engine.connect() as connection:
            return [_lest(row) for row in connection.execute(found.order_by(ENHET.c.nr))]

    def called(self, slag: str, name: str) -> int | None:
        """Find the first unit of a kind by what it is called."""
        found = select(NAVN.c.nr).where(NAVN.c.slag == slag, NAVN.c.navn == name)
        with self.engine.connect() as connection:
            nr: int | None = connection.scalar(found)
        return nr

    def named(self, slag: Sequence[str], names: Collection[str]) -> dict[str, Lest]:
        """Find what is called each of some names: a unit of the first of the kinds that has one."""
        places: dict[str, tuple[int, int]] = {}
        units: dict[int, Lest] = {}
        with self.engine.connect() as connection:
            for page in _pages(sorted(names)):
                called = select(NAVN).where(NAVN.c.slag.in_(slag), NAVN.c.navn.in_(page))
                for row in connection.execute(called):
                    place = (slag.index(row.slag), row.nr)
                    places[row.navn] = min(place, places.get(row.navn, place))
            for numbers in _pages([nr for _, nr in places.values()]):
                at = select(ENHET).where(ENHET.c.nr.in_(numbers))
                units |= {row.nr: _lest(row) for row in connection.execute(at)}
        return {name: units[nr] for name, (_, nr) in places.items()}

    def rename(self, ids: Mapping[int, UUID | None]) -> None:
        """Remember which systemID units have here, where it is another; None for no unit."""
        rows = [{"nr": nr, "system_id": str(one or "")} for nr, one in ids.items()]
        if rows:
            with self.engine.begin() as connection:
                connection.execute(insert(_NY_ID).prefix_with("OR REPLACE"), rows)

    def id_of(self, unit: Lest) -> UUID | None:
        """Give the systemID that a unit has here; None where it is no unit here."""
        found = select(_NY_ID.c.system_id).where(_NY_ID.c.nr == unit.nr)
        with self.engine.connect() as connection:
            other = connection.scalar(found)
        told = unit.first("systemID") if other is None else other
        return UUID(told.strip()) if told else None

    def is_nothing(self, unit: Lest) -> bool:
        """Tell whether a unit became none here."""
        found = select(_NY_ID.c.system_id).where(_NY_ID.c.nr == unit.nr)
        with self.engine.connect() as connection:
            return connection.scalar(found) == ""

    def use(self, wanted: Mapping[str, set[str]]) -> dict[str, set[str]]:
        """Take values of several series into use; give those that were in use."""
        taken: dict[str, set[str]] = {}
        with self.engine.begin() as connection:
            for serie, values in wanted.items():
                inside = select(_BRUKT.c.verdi).where(_BRUKT.c.serie == serie)
                taken[serie] = {
                    one
                    for page in _pages(sorted(values))
                    for one in connection.scalars(inside.where(_BRUKT.c.verdi.in_(page)))
                }
                fresh = [{"serie": serie, "verdi": one} for one in values - taken[serie]]
                if fresh:
                    connection.execute(insert(_BRUKT), fresh)
        return taken

    def counts(self) -> Counter[tuple[str, str, str]]:
        """Count units by kind, type and the year they were made."""
        keys = (ENHET.c.slag, ENHET.c.type, ENHET.c.aar)
        found = select(*keys, func.count()).group_by(*keys)
        with self.engine.connect() as connection:
            return Counter({(row[0], row[1], row[2]): row[3] for row in connection.execute(found)})

    def places(self, slag: Sequence[str]) -> Iterator[int]:
        """Give the places of all units of some kinds."""
        found = select(ENHET.c.nr).where(ENHET.c.slag.in_(slag)).order_by(ENHET.c.nr)
        with self.engine.connect() as connection:
            for (nr,) in connection.execution_options(yield_per=AT_ONCE).execute(found):
                yield nr


def _lest(row: Any) -> Lest:  # noqa: ANN401  a row of SQLAlchemy's
    fields, groups = json.loads(row.innhold)
    return Lest(row.nr, row.over, row.slag, row.type, row.linje, fields, groups)


def _pages(values: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), AT_ONCE):
        yield values[start : start + AT_ONCE]


def _in_haste(connection: Any, _: object) -> None:  # noqa: ANN401  sqlite's own
    """Wait for no disk: what is lost with the machine is read again."""
    for setting in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-16000"):
        connection.execute(f"PRAGMA {setting}")
