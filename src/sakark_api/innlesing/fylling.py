"""XML read: units as they end, under the names that an extraction has, into what keeps them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from sakark_api.deponering.lesing import Enhet, read_units
from sakark_api.innlesing.endringer import CHANGE, Endringer
from sakark_api.innlesing.mellomlager import AT_ONCE, Lest, Mellomlager
from sakark_api.innlesing.ordbok import DEL_SKJERMET, UTTREKK, Ordbok, local
from sakark_api.innlesing.verdi import Uleselig, read_value
from sakark_api.noark.values import NORWAY

__all__ = ["fill", "fill_changes"]

_SCREENED: Final = ("true", "1")
_DIGITS: Final = 9
_KEY: Final = "referanseEksternNoekkel"
_NAMED: Final = ("systemID", "mappeID", "registreringsID")
_NUMBERED: Final[Mapping[str, Sequence[str]]] = {
    "mappe": ("saksaar", "sakssekvensnummer"),
    "registrering": ("journalaar", "journalsekvensnummer"),
}


def fill(path: Path, structure: Path, ordbok: Ordbok) -> Mellomlager:
    """Read XML into a new file; raises `Unreadable` for what is none."""
    lager = Mellomlager(path)
    keeping = _Keeping(lager)
    filling = _Filling(ordbok, keeping.add)
    with structure.open("rb") as file:
        read_units(file, filling.take)
    keeping.flush()
    lager.hoeyeste, lager.hode = keeping.hoeyeste, filling.hode
    return lager


def fill_changes(path: Path, log: Path) -> Endringer:
    """Read the changes of a log into a new file; raises `Unreadable` for what is no XML."""
    endringer = Endringer(path)

    def keep(unit: Lest) -> None:
        if unit.slag == CHANGE:
            endringer.add(unit)

    with log.open("rb") as file:
        read_units(file, _Filling(UTTREKK, keep).take)
    endringer.flush()
    return endringer


Fields = dict[str, list[str]]


@dataclass
class _Inni:
    """The values in a unit that is open: those with fields of their own, and those without."""

    grupper: dict[str, list[Fields]] = field(default_factory=dict)
    felt: Fields = field(default_factory=dict)


_NOTHING: Final = _Inni()


class _Filling:
    """Units on their way in; the values of those that are open wait for them to end."""

    def __init__(self, ordbok: Ordbok, keep: Callable[[Lest], None]) -> None:
        self._ordbok, self._keep = ordbok, keep
        self._waiting: dict[int, _Inni] = {}
        self._kinds: dict[str, str] = {}
        self._names: dict[tuple[str, str], str] = {}
        self.hode: Lest | None = None

    def take(self, unit: Enhet) -> None:
        slag = self._slag(unit.kind)
        fields = self._fields(unit, slag)
        inside = self._waiting.pop(unit.number, _NOTHING)
        for name, values in inside.felt.items():
            head, slash, rest = name.partition("/")
            own = f"{self._name(slag, head)}{slash}{rest}"
            fields.setdefault(own, []).extend(values)
        if unit.parent is not None and "erSkjermet" in fields and _is_screened(fields):
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
        for name, values in unit.all():
            found.setdefault(self._name(slag, name), []).extend(values)
        if slag == "gradering" and "gradering" in found:
            found["grad"] = [*found.get("grad", ()), *found.pop("gradering")]
        return found

    def _slag(self, kind: str) -> str:
        """Give what kind a unit is of; there are few kinds, and many units."""
        known = self._kinds.get(kind)
        if known is None:
            known = self._kinds[kind] = self._ordbok.slag_of(kind)
        return known

    def _name(self, slag: str, name: str) -> str:
        """Give what a field is called; there are few names, and many fields."""
        known = self._names.get((slag, name))
        if known is None:
            known = self._names[slag, name] = self._ordbok.felt_of(slag, name)
        return known

    def _add(
        self, unit: Enhet, slag: str, fields: Fields, grupper: Mapping[str, list[Fields]]
    ) -> None:
        over = self._ordbok.over(unit)
        type_ = self._ordbok.type_of(unit)
        if self._ordbok.enheter and unit.parent is None:
            self.hode = Lest(unit.number, None, slag, type_, unit.line, fields, grupper)
            return
        above = over.number if over else None
        self._keep(Lest(unit.number, above, slag, type_, unit.line, fields, grupper))


def _is_screened(fields: Fields) -> bool:
    """Tell whether a part of a message says that it is screened itself."""
    return any(one.strip() in _SCREENED for one in fields["erSkjermet"])


class _Keeping:
    """Puts units into a `Mellomlager`, some thousand at a time, with what each is called."""

    def __init__(self, lager: Mellomlager) -> None:
        self._lager = lager
        self._units: list[tuple[Lest, str]] = []
        self._names: list[tuple[str, str, int]] = []
        self.hoeyeste: dict[int, int] = {}

    def add(self, unit: Lest) -> None:
        self._units.append((unit, _year(unit.felt.get("opprettetDato", [""])[0])))
        self._names += [(unit.slag, name, unit.nr) for name in _names(unit.slag, unit.felt)]
        self._note_number(unit)
        if len(self._units) >= AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Write what has been read."""
        self._lager.keep(self._units, self._names)
        self._units, self._names = [], []

    def _note_number(self, unit: Lest) -> None:
        if "journalaar" not in unit.felt:
            return
        aar, number = (unit.felt.get(one, [""])[0] for one in _NUMBERED["registrering"])
        if aar.isdecimal() and number.isdecimal() and len(aar) <= _DIGITS >= len(number):
            self.hoeyeste[int(aar)] = max(self.hoeyeste.get(int(aar), 0), int(number))


def _names(slag: str, fields: Mapping[str, Sequence[str]]) -> Iterator[str]:
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
