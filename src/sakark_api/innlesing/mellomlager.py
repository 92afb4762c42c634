"""An extraction as rows in the order in which it was written: whole units, parents first.

XML tells of a unit when it ends, after all that is in it, and of a saksmappe there are fields after
that, too. Here they are by their place: a database of one file, thrown away in the end. Whoever
goes on from a place asks for what comes after it.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self
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

from sakark_api.deponering.lesing import Enhet, read_units
from sakark_api.innlesing.verdi import Uleselig, read_value
from sakark_api.noark.values import NORWAY

__all__ = ["GRUPPER", "Lest", "Mellomlager", "local"]

GRUPPER: Final = frozenset(
    {
        "kassasjon",
        "utfoertKassasjon",
        "sletting",
        "skjerming",
        "gradering",
        "elektroniskSignatur",
    }
)
"""Elements that are a value of the unit they are in, and no unit."""

_SLAG: Final[Mapping[str, str]] = {"sakspart": "part"}
"""What kinds of units were called in version 3.1 and 4.0."""
_TYPE: Final[Mapping[str, str]] = {"basisregistrering": "registrering"}
_FELT: Final[Mapping[str, str]] = {
    "sakspartID": "partID",
    "sakspartNavn": "partNavn",
    "sakspartRolle": "partRolle",
}
"""What fields were called there."""
_AT_ONCE: Final = 5000
_DIGITS: Final = 9

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
    Column("innhold", Text),
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
        self._engine: Engine = create_engine(f"sqlite:///{path}")
        event.listen(self._engine, "connect", _in_haste)
        _METADATA.create_all(self._engine)
        self.hoeyeste: Mapping[int, int] = {}
        """The highest journalsekvensnummer of each year."""

    @classmethod
    def of(cls, path: Path, structure: Path) -> Self:
        """Read arkivstruktur.xml into a new file."""
        lager = cls(path)
        filling = _Filling(lager._engine)
        with structure.open("rb") as file:
            read_units(file, filling.take)
        filling.flush()
        lager.hoeyeste = filling.hoeyeste
        return lager

    def close(self) -> None:
        self._engine.dispose()

    def every(self, slag: Sequence[str] = (), after: int = 0) -> Iterator[Lest]:
        """Give units in order: of some kinds or all, after a place."""
        while page := self._page(slag, after):
            yield from page
            after = page[-1].nr

    def _page(self, slag: Sequence[str], after: int) -> list[Lest]:
        found = select(_ENHET).where(_ENHET.c.nr > after).order_by(_ENHET.c.nr).limit(_AT_ONCE)
        if slag:
            found = found.where(_ENHET.c.slag.in_(slag))
        with self._engine.connect() as connection:
            return [_lest(row) for row in connection.execute(found)]

    def at(self, nr: int) -> Lest:
        """Give the unit at a place."""
        with self._engine.connect() as connection:
            return _lest(connection.execute(select(_ENHET).where(_ENHET.c.nr == nr)).one())

    def below(self, nr: int, slag: str) -> list[Lest]:
        """List the units of a kind that are right in another."""
        found = select(_ENHET).where(_ENHET.c.over == nr, _ENHET.c.slag == slag)
        with self._engine.connect() as connection:
            return [_lest(row) for row in connection.execute(found.order_by(_ENHET.c.nr))]

    def called(self, slag: str, name: str) -> int | None:
        """Find the first unit of a kind by what it is called."""
        found = select(_NAVN.c.nr).where(_NAVN.c.slag == slag, _NAVN.c.navn == name)
        with self._engine.connect() as connection:
            nr: int | None = connection.scalar(found)
        return nr

    def rename(self, ids: Mapping[int, UUID | None]) -> None:
        """Remember which systemID units have here, where it is another; None for no unit."""
        rows = [{"nr": nr, "system_id": str(one or "")} for nr, one in ids.items()]
        if rows:
            with self._engine.begin() as connection:
                connection.execute(insert(_NY_ID).prefix_with("OR REPLACE"), rows)

    def id_of(self, unit: Lest) -> UUID | None:
        """Give the systemID that a unit has here; None where it is no unit here."""
        found = select(_NY_ID.c.system_id).where(_NY_ID.c.nr == unit.nr)
        with self._engine.connect() as connection:
            other = connection.scalar(found)
        told = unit.first("systemID") if other is None else other
        return UUID(told.strip()) if told else None

    def use(self, wanted: Mapping[str, set[str]]) -> dict[str, set[str]]:
        """Take values of several series into use; give those that were in use."""
        taken: dict[str, set[str]] = {}
        with self._engine.begin() as connection:
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
        keys = (_ENHET.c.slag, _ENHET.c.type, _ENHET.c.aar)
        found = select(*keys, func.count()).group_by(*keys)
        with self._engine.connect() as connection:
            return Counter({(row[0], row[1], row[2]): row[3] for row in connection.execute(found)})

    def places(self, slag: Sequence[str]) -> Iterator[int]:
        """Give the places of all units of some kinds."""
        found = select(_ENHET.c.nr).where(_ENHET.c.slag.in_(slag)).order_by(_ENHET.c.nr)
        with self._engine.connect() as connection:
            for (nr,) in connection.execution_options(yield_per=_AT_ONCE).execute(found):
                yield nr


class _Filling:
    """Units on their way in; the values of those that are open wait for them to end."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._rows: list[dict[str, Any]] = []
        self._names: list[dict[str, Any]] = []
        self._waiting: dict[int, dict[str, list[dict[str, list[str]]]]] = {}
        self.hoeyeste: dict[int, int] = {}

    def take(self, unit: Enhet) -> None:
        slag = local(unit.kind)
        slag = _SLAG.get(slag, slag)
        fields = _fields(unit)
        inside = self._waiting.pop(unit.number, {})
        if slag in GRUPPER and unit.parent is not None and not inside:
            self._waiting.setdefault(unit.parent.number, {}).setdefault(slag, []).append(fields)
            return
        type_ = local(unit.type)
        self._rows.append(
            {
                "nr": unit.number,
                "over": unit.parent.number if unit.parent else None,
                "slag": slag,
                "type": slag if type_ == local(unit.kind) else _TYPE.get(type_, type_),
                "linje": unit.line,
                "aar": _year(fields.get("opprettetDato", [""])[0]),
                "innhold": json.dumps([fields, inside], ensure_ascii=False),
            }
        )
        self._note_number(fields)
        for name in ("systemID", "mappeID", "registreringsID"):
            for value in fields.get(name, ())[:1]:
                self._names.append({"slag": slag, "navn": value, "nr": unit.number})
        if len(self._rows) >= _AT_ONCE:
            self.flush()

    def _note_number(self, fields: Mapping[str, Sequence[str]]) -> None:
        aar, number = (fields.get(one, [""])[0] for one in ("journalaar", "journalsekvensnummer"))
        if aar.isdecimal() and number.isdecimal() and len(aar) <= _DIGITS >= len(number):
            self.hoeyeste[int(aar)] = max(self.hoeyeste.get(int(aar), 0), int(number))

    def flush(self) -> None:
        """Write what has been read; of units that are called the same, the first has the name."""
        with self._engine.begin() as connection:
            if self._rows:
                connection.execute(insert(_ENHET), self._rows)
            if self._names:
                connection.execute(insert(_NAVN).prefix_with("OR IGNORE"), self._names)
        self._rows, self._names = [], []


def _fields(unit: Enhet) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in unit.fields:
        own = local(name)
        found.setdefault(_FELT.get(own, own), []).extend(unit.every(name))
    if local(unit.kind) == "gradering" and "gradering" in found:
        found["grad"] = [*found.get("grad", ()), *found.pop("gradering")]
    return found


def _year(value: str) -> str:
    """Give the year of a moment in Norway; nothing where it cannot be read."""
    try:
        moment: datetime = read_value("opprettetDato", datetime, value)
    except Uleselig:
        return ""
    return str(moment.astimezone(NORWAY).year)


def _lest(row: Any) -> Lest:  # noqa: ANN401  a row of SQLAlchemy's
    fields, groups = json.loads(row.innhold)
    return Lest(row.nr, row.over, row.slag, row.type, row.linje, fields, groups)


def _pages(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]


def local(name: str) -> str:
    """Give a name without its prefix."""
    return name.rpartition(":")[2]


def _in_haste(connection: Any, _: object) -> None:  # noqa: ANN401  sqlite's own
    """Wait for no disk: what is lost with the machine is read again."""
    for setting in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-16000"):
        connection.execute(f"PRAGMA {setting}")
