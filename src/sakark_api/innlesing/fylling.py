"""XML read into a `Mellomlager`: units as they end, under the names that an extraction has."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, insert

from sakark_api.deponering.lesing import Enhet, read_units
from sakark_api.innlesing.mellomlager import AT_ONCE, ENHET, NAVN, Lest, Mellomlager
from sakark_api.innlesing.ordbok import DEL_SKJERMET, Ordbok, local
from sakark_api.innlesing.verdi import Uleselig, read_value
from sakark_api.noark.values import NORWAY

__all__ = ["fill"]

_DIGITS: Final = 9
_SCREENED: Final = ("true", "1")
_KEY: Final = "referanseEksternNoekkel"
_NAMED: Final = ("systemID", "mappeID", "registreringsID")
_NUMBERED: Final[Mapping[str, Sequence[str]]] = {
    "mappe": ("saksaar", "sakssekvensnummer"),
    "registrering": ("journalaar", "journalsekvensnummer"),
}


def fill(path: Path, structure: Path, ordbok: Ordbok) -> Mellomlager:
    """Read XML into a new file; raises `Unreadable` for what is none."""
    lager = Mellomlager(path)
    filling = _Filling(lager.engine, ordbok)
    with structure.open("rb") as file:
        read_units(file, filling.take)
    filling.flush()
    lager.hoeyeste, lager.hode = filling.hoeyeste, filling.hode
    return lager


Fields = dict[str, list[str]]


@dataclass
class _Inni:
    """The values in a unit that is open: those with fields of their own, and those without."""

    grupper: dict[str, list[Fields]] = field(default_factory=dict)
    felt: Fields = field(default_factory=dict)


class _Filling:
    """Units on their way in; the values of those that are open wait for them to end."""

    def __init__(self, engine: Engine, ordbok: Ordbok) -> None:
        self._engine, self._ordbok = engine, ordbok
        self._rows: list[dict[str, Any]] = []
        self._names: list[dict[str, Any]] = []
        self._waiting: dict[int, _Inni] = {}
        self.hoeyeste: dict[int, int] = {}
        self.hode: Lest | None = None

    def take(self, unit: Enhet) -> None:
        slag = self._ordbok.slag_of(unit)
        fields = self._fields(unit, slag)
        inside = self._waiting.pop(unit.number, _Inni())
        for name, values in inside.felt.items():
            head, slash, rest = name.partition("/")
            own = f"{self._ordbok.felt_of(slag, head)}{slash}{rest}"
            fields.setdefault(own, []).extend(values)
        if unit.parent is not None and _is_screened(fields):
            self._inside(unit.parent).felt[DEL_SKJERMET] = ["true"]
        if unit.parent is None or self._is_unit(unit, inside):
            self._add(unit, slag, fields, inside.grupper)
        elif slag in self._ordbok.grupper:
            self._inside(unit.parent).grupper.setdefault(slag, []).append(fields)
        else:
            self._fold(unit.parent, local(unit.kind), fields, inside)

    def _is_unit(self, unit: Enhet, inside: _Inni) -> bool:
        """Tell a unit from a value; a value of an extraction that has others in it is a unit."""
        if self._ordbok.is_unit(unit):
            return True
        return not self._ordbok.enheter and bool(inside.grupper)

    def _inside(self, unit: Enhet) -> _Inni:
        return self._waiting.setdefault(unit.number, _Inni())

    def _fold(self, parent: Enhet, name: str, fields: Fields, inside: _Inni) -> None:
        """Let a value without a form of its own be fields of what it is in, by their path."""
        held = self._inside(parent).felt
        own = self._ordbok.own_text(fields)
        for one, values in fields.items():
            path = name if one == own else f"{name}/{one}"
            held.setdefault(path, []).extend(values)
        for group, several in inside.grupper.items():
            for told in several:
                for one, values in told.items():
                    held.setdefault(f"{name}/{group}/{one}", []).extend(values)

    def _fields(self, unit: Enhet, slag: str) -> Fields:
        found: Fields = {}
        for name in unit.fields:
            found.setdefault(self._ordbok.felt_of(slag, name), []).extend(unit.every(name))
        if slag == "gradering" and "gradering" in found:
            found["grad"] = [*found.get("grad", ()), *found.pop("gradering")]
        return found

    def _add(
        self, unit: Enhet, slag: str, fields: Fields, grupper: Mapping[str, list[Fields]]
    ) -> None:
        over = self._ordbok.over(unit)
        type_ = self._ordbok.type_of(unit)
        if self._ordbok.enheter and unit.parent is None:
            self.hode = Lest(unit.number, None, slag, type_, unit.line, fields, grupper)
            return
        self._rows.append(
            {
                "nr": unit.number,
                "over": over.number if over else None,
                "slag": slag,
                "type": type_,
                "linje": unit.line,
                "aar": _year(fields.get("opprettetDato", [""])[0]),
                "innhold": json.dumps([fields, grupper], ensure_ascii=False),
            }
        )
        self._note_number(fields)
        for name in _names(slag, fields):
            self._names.append({"slag": slag, "navn": name, "nr": unit.number})
        if len(self._rows) >= AT_ONCE:
            self.flush()

    def _note_number(self, fields: Mapping[str, Sequence[str]]) -> None:
        aar, number = (fields.get(one, [""])[0] for one in _NUMBERED["registrering"])
        if aar.isdecimal() and number.isdecimal() and len(aar) <= _DIGITS >= len(number):
            self.hoeyeste[int(aar)] = max(self.hoeyeste.get(int(aar), 0), int(number))

    def flush(self) -> None:
        """Write what has been read; of units that are called the same, the first has the name."""
        with self._engine.begin() as connection:
            if self._rows:
                connection.execute(insert(ENHET), self._rows)
            if self._names:
                connection.execute(insert(NAVN).prefix_with("OR IGNORE"), self._names)
        self._rows, self._names = [], []


def _is_screened(fields: Fields) -> bool:
    """Tell whether a part of a message says that it is screened itself."""
    return any(one.strip() in _SCREENED for one in fields.get("erSkjermet", ()))


def _names(slag: str, fields: Fields) -> Iterator[str]:
    """List what a unit may be referred to by."""
    for name in _NAMED:
        yield from (one.strip() for one in fields.get(name, ())[:1])
    told = [fields.get(f"{_KEY}/{one}", [""])[0].strip() for one in ("fagsystem", "noekkel")]
    if all(told):
        yield "/".join((_KEY, *told))
    number = [fields.get(one, [""])[0].strip() for one in _NUMBERED.get(slag, ())]
    if number and all(number):
        yield "/".join((_NUMBERED[slag][0], *number))


def _year(value: str) -> str:
    """Give the year of a moment in Norway; nothing where it cannot be read."""
    try:
        moment: datetime = read_value("opprettetDato", datetime, value)
    except Uleselig:
        return ""
    return str(moment.astimezone(NORWAY).year)
