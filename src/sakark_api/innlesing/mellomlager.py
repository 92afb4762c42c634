"""An extraction as rows in the order in which it was written: whole units, parents first.

XML tells of a unit when it ends, after all that is in it, and of a saksmappe there are fields after
that, too. Here they are by their place: a database of one file, thrown away in the end. Whoever
goes on from a place asks for what comes after it.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import (
    Column,
    Connection,
    Index,
    Insert,
    Integer,
    LargeBinary,
    MetaData,
    Select,
    Table,
    Text,
    bindparam,
    create_engine,
    event,
    func,
    insert,
    select,
)
from sqlalchemy.dialects.sqlite.pysqlite import dialect

from sakark_api.noark.exact import write_json

__all__ = ["AT_ONCE", "Funnet", "Lest", "Mellomlager"]

AT_ONCE: Final = 5000

T = TypeVar("T")

_METADATA: Final = MetaData()
_ENHET: Final = Table(
    "enhet",
    _METADATA,
    Column("nr", Integer, primary_key=True),
    Column("over", Integer),
    Column("slag", Text),
    Column("type", Text),
    Column("linje", Integer),
    Column("aar", Text),
    Column("system_id", Text),
    Column("innhold", LargeBinary),
    Index("ix_enhet_slag", "slag", "nr"),
    Index("ix_enhet_over", "over", "nr"),
)
_NAVN: Final = Table(
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


def _written(statement: Select[Any] | Insert) -> str:
    """Write a statement out: to build one takes longer than to ask it of one unit."""
    return str(statement.compile(dialect=dialect()))


_AT: Final = _written(select(_ENHET).where(_ENHET.c.nr == bindparam("nr")))
_CALLED: Final = _written(
    select(_NAVN.c.nr).where(_NAVN.c.slag == bindparam("slag"), _NAVN.c.navn == bindparam("navn"))
)
_RENAMED: Final = _written(select(_NY_ID.c.system_id).where(_NY_ID.c.nr == bindparam("nr")))
_KEEP_UNIT: Final = _written(insert(_ENHET))
_KEEP_NAME: Final = _written(insert(_NAVN).prefix_with("OR IGNORE"))
_RENAME: Final = _written(insert(_NY_ID).prefix_with("OR REPLACE"))
_USE: Final = _written(insert(_BRUKT).prefix_with("OR IGNORE"))


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
        for one in self.felt.get(name, ()):
            if one:
                return one
        return None

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


@dataclass(frozen=True)
class Funnet:
    """A unit that was found by what it is called: its type, and its systemID here, if any."""

    type: str
    system_id: UUID | None


class Mellomlager:
    """The units of one extraction, in the order they were written."""

    def __init__(self, path: Path) -> None:
        engine = create_engine(f"sqlite:///{path}")
        event.listen(engine, "connect", _in_haste)
        self._connection: Connection = engine.connect()
        _METADATA.create_all(self._connection)
        self.hoeyeste: Mapping[int, int] = {}
        """The highest journalsekvensnummer of each year."""
        self.hode: Lest | None = None
        """What a message says of itself."""

    def close(self) -> None:
        self._connection.close()
        self._connection.engine.dispose()

    def keep(
        self, units: Sequence[tuple[Lest, str]], names: Sequence[tuple[str, str, int]]
    ) -> None:
        """Keep units, each with the year it was made, and what they are called, by kind.

        Of units that are called the same, the first has the name.
        """
        rows = [
            (
                one.nr,
                one.over,
                one.slag,
                one.type,
                one.linje,
                year,
                one.first("systemID"),
                _kept(one),
            )
            for one, year in units
        ]
        self._insert(_KEEP_UNIT, rows)
        self._insert(_KEEP_NAME, names)

    def _insert(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert rows whose values are in the order of the columns."""
        if rows:
            self._connection.exec_driver_sql(statement, list(rows))

    def every(self, slag: Sequence[str] = (), after: int = 0) -> Iterator[Lest]:
        """Give units in order: of some kinds or all, after a place."""
        while page := self._page(slag, after):
            yield from page
            after = page[-1].nr

    def _page(self, slag: Sequence[str], after: int) -> list[Lest]:
        found = select(_ENHET).where(_ENHET.c.nr > after).order_by(_ENHET.c.nr).limit(AT_ONCE)
        if slag:
            found = found.where(_ENHET.c.slag.in_(slag))
        return [_lest(row) for row in self._connection.execute(found)]

    def outermost(self, slag: Sequence[str]) -> Iterator[Lest]:
        """Give the units of some kinds that are in no other."""
        return (one for one in self.every(slag) if one.over is None)

    def at(self, nr: int) -> Lest:
        """Give the unit at a place."""
        return _lest(self._connection.exec_driver_sql(_AT, (nr,)).one())

    def below(self, nr: int, slag: str) -> list[Lest]:
        """List the units of a kind that are right in another."""
        found = select(_ENHET).where(_ENHET.c.over == nr, _ENHET.c.slag == slag)
        return [_lest(row) for row in self._connection.execute(found.order_by(_ENHET.c.nr))]

    def called(self, slag: str, name: str) -> int | None:
        """Find the first unit of a kind by what it is called."""
        nr: int | None = self._connection.exec_driver_sql(_CALLED, (slag, name)).scalar()
        return nr

    def named(self, slag: Sequence[str], names: Collection[str]) -> dict[str, Funnet]:
        """Find what is called each of some names: a unit of the first of the kinds that has one."""
        other = _NY_ID.c.system_id
        columns = (
            _NAVN.c.navn,
            _NAVN.c.slag,
            _ENHET.c.type,
            func.coalesce(other, _ENHET.c.system_id),
        )
        found = (
            select(*columns)
            .join(_ENHET, _ENHET.c.nr == _NAVN.c.nr)
            .outerjoin(_NY_ID, _NY_ID.c.nr == _NAVN.c.nr)
            .where(_NAVN.c.slag.in_(slag))
        )
        units: dict[str, dict[str, Funnet]] = {}
        for page in _pages(sorted(names)):
            for name, kind, type_, own in self._connection.execute(
                _one_of(found, _NAVN.c.navn, page)
            ):
                units.setdefault(name, {})[kind] = Funnet(type_, _system_id(own))
        return {
            name: next(one[kind] for kind in slag if kind in one) for name, one in units.items()
        }

    def rename(self, ids: Mapping[int, UUID | None]) -> None:
        """Remember which systemID units have here, where it is another; None for no unit."""
        rows = [(nr, str(one or "")) for nr, one in ids.items()]
        self._insert(_RENAME, rows)

    def id_of(self, unit: Lest) -> UUID | None:
        """Give the systemID that a unit has here; None where it is no unit here."""
        other = self._connection.exec_driver_sql(_RENAMED, (unit.nr,)).scalar()
        return _system_id(unit.first("systemID") if other is None else other)

    def nothing(self, units: Sequence[Lest]) -> set[int]:
        """Give the places of those of some units, in order, that became none here."""
        inside = _NY_ID.c.nr.between(units[0].nr, units[-1].nr)
        found = select(_NY_ID.c.nr).where(inside, _NY_ID.c.system_id == "")
        return set(self._connection.scalars(found))

    def use(self, wanted: Mapping[str, set[str]]) -> dict[str, set[str]]:
        """Take values of several series into use; give those that were in use."""
        taken: dict[str, set[str]] = {}
        for serie, values in wanted.items():
            inside = select(_BRUKT.c.verdi).where(_BRUKT.c.serie == serie)
            taken[serie] = {
                one
                for page in _pages(sorted(values))
                for one in self._connection.scalars(_one_of(inside, _BRUKT.c.verdi, page))
            }
            self._insert(_USE, [(serie, one) for one in values - taken[serie]])
        return taken

    def use_one(self, serie: str, value: str) -> bool:
        """Take a value of a series into use; False where it was in use."""
        return self._connection.exec_driver_sql(_USE, (serie, value)).rowcount == 1

    def counts(self) -> Counter[tuple[str, str, str]]:
        """Count units by kind, type and the year they were made."""
        keys = (_ENHET.c.slag, _ENHET.c.type, _ENHET.c.aar)
        found = select(*keys, func.count()).group_by(*keys)
        return Counter(
            {(row[0], row[1], row[2]): row[3] for row in self._connection.execute(found)}
        )

    def places(self, slag: Sequence[str]) -> Iterator[int]:
        """Give the places of all units of some kinds."""
        found = select(_ENHET.c.nr).where(_ENHET.c.slag.in_(slag)).order_by(_ENHET.c.nr)
        yield from self._connection.scalars(found.execution_options(yield_per=AT_ONCE))


def _lest(row: Any) -> Lest:  # noqa: ANN401  a row of SQLAlchemy's
    fields, groups = msgspec.msgpack.decode(row.innhold)
    return Lest(row.nr, row.over, row.slag, row.type, row.linje, fields, groups)


def _one_of(found: Select[Any], name: Column[str], values: Sequence[str]) -> Select[Any]:
    """Narrow a question to those that are called one of some names, however many."""
    each = func.json_each(write_json(values)).table_valued("value")
    return found.where(name.in_(select(each.c.value)))


def _system_id(told: str | None) -> UUID | None:
    return UUID(told.strip()) if told else None


def _kept(unit: Lest) -> bytes:
    return msgspec.msgpack.encode((unit.felt, unit.grupper))


def _pages(values: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), AT_ONCE):
        yield values[start : start + AT_ONCE]


def _in_haste(connection: Any, _: object) -> None:  # noqa: ANN401  sqlite's own
    """Wait for no disk: what is lost with the machine is read again."""
    for setting in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-16000"):
        connection.execute(f"PRAGMA {setting}")
