"""What units are called here: by their own names where those are free, else by others.

The same place of the same extraction gives the same name each time, so that an import can be gone
on with, and comes in once.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from sakark_api.innlesing.mellomlager import Lest, Mellomlager
from sakark_api.innlesing.verdi import UKJENT, Uleselig, read_uuid, read_value

__all__ = ["CASE", "Navn", "Oppdrag", "Opptatt", "Si", "case_called", "wanted"]

_NAMESPACE: Final = UUID("b8f0c1de-6d0f-5d0e-9c8f-0b9c2b6a4f11")
"""What systemIDs are derived in; never to be changed, or an extraction would come in twice."""

CASE: Final = re.compile(r"([0-9]{4})/([0-9]{1,9})", re.ASCII)
"""What cases are named: by their number in their year."""

Si = Callable[[Lest, str, str, str | None, UUID | None], None]
"""Tells of a fault of a unit: its number, the element, what stood there, and which unit it is."""


@dataclass(frozen=True)
class Oppdrag:
    """One import: its id, the digest of what is read, its version, and what it is to become."""

    innlesing: UUID
    digest: str
    versjon: str
    naa: datetime
    aktiv: bool | None
    fil: str
    """The XML that it reads."""
    er_melding: bool = False
    avsender: str = UKJENT
    """Who has made what nobody is said to have made."""

    def has_ids(self, slag: str) -> bool:
        """Tell whether units of a kind have a systemID in what is read."""
        return not self.er_melding and (slag != "dokumentobjekt" or self.versjon == "5.0")


@dataclass
class Opptatt:
    """What the kommune's other units are called, of all that the units at hand would be called."""

    verdier: Mapping[str, set[str]] = field(default_factory=dict)
    hoeyeste: Mapping[int, int] = field(default_factory=dict)
    """The highest journalsekvensnummer of each year."""

    def has(self, serie: str, value: str) -> bool:
        return value in self.verdier.get(serie, ())


def case_called(unit: Lest) -> str | None:
    """Give the name of a case that says only which number it has."""
    aar, number = (unit.first(one) for one in ("saksaar", "sakssekvensnummer"))
    name = f"{(aar or '').strip()}/{(number or '').strip()}"
    return name if CASE.fullmatch(name) else None


def wanted(units: Sequence[Lest], *, by_number: bool) -> dict[str, set[str]]:
    """Give all that units would be called, by series in which names are unique.

    Cases without a name may be called by their number, as those of messages are.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for unit in units:
        told = unit.first("systemID")
        if told is not None:
            found[unit.slag].add(told.strip().lower())
        called = unit.first("mappeID") or (case_called(unit) if by_number else None)
        if unit.slag == "mappe" and called is not None:
            found["mappe_id"].add(called)
        if unit.slag == "registrering" and (name := unit.first("registreringsID")):
            found["registrerings_id"].add(name)
        if number := _journal_number(unit):
            found["journal"].add(number)
    return found


def _journal_number(unit: Lest) -> str | None:
    aar, nummer = unit.first("journalaar"), unit.first("journalsekvensnummer")
    if unit.slag != "registrering" or aar is None or nummer is None:
        return None
    try:
        return "/".join(str(read_value("", int, one)) for one in (aar, nummer))
    except Uleselig:
        return None


class Navn:
    """Which names are in use: by the kommune's other units, and by the extraction so far."""

    def __init__(self, lager: Mellomlager, oppdrag: Oppdrag, si: Si) -> None:
        self._lager, self._oppdrag, self._si = lager, oppdrag, si
        self._used: dict[str, set[str]] = defaultdict(set)
        self._before: Mapping[str, set[str]] = {}
        self._taken = Opptatt()
        self._posts: dict[int, set[int]] = {}
        self._documents: dict[int, set[int]] = {}
        self._next: dict[int, int] = {}
        self._renamed: dict[int, UUID | None] = {}

    def begin(self, units: Sequence[Lest], taken: Opptatt) -> None:
        """Begin a batch, of which it is known what the kommune's other units are called."""
        self._taken, self._renamed = taken, {}
        self._used, self._before = (
            defaultdict(set),
            self._lager.use(wanted(units, by_number=self._oppdrag.er_melding)),
        )

    def end(self) -> None:
        """Remember the units of a batch that are called something else here."""
        self._lager.rename(self._renamed)

    def close(self, unit: Lest) -> None:
        """Forget the numbers in a unit: nothing more comes in it, but in a message by reference."""
        if not self._oppdrag.er_melding:
            self._posts.pop(unit.nr, None)
        self._documents.pop(unit.nr, None)

    def is_nothing(self, unit: Lest) -> None:
        """Remember that a unit is none here."""
        self._renamed[unit.nr] = None

    def is_known(self, unit: Lest, system_id: UUID | None) -> None:
        """Remember which of the kommune's units a unit is."""
        self._renamed[unit.nr] = system_id

    def is_renamed(self, unit: Lest) -> bool:
        return unit.nr in self._renamed

    def id_of(self, unit: Lest) -> UUID:
        """Give the systemID that a unit has here: its own where that is one, and free."""
        told = (unit.first("systemID") or "").strip()
        derived = uuid5(_NAMESPACE, f"{self._oppdrag.digest}/{unit.nr}/{told}")
        if not told:
            if self._oppdrag.has_ids(unit.slag):
                self._si(unit, "I12", "systemID", None, derived)
            self._renamed[unit.nr] = derived
            return derived
        try:
            own = read_uuid(told)
        except Uleselig:
            self._si(unit, "I10", "systemID", told, derived)
            self._renamed[unit.nr] = derived
            return derived
        if self.is_free(unit.slag, str(own)):
            return own
        self._si(unit, "I11", "systemID", told, derived)
        self._renamed[unit.nr] = derived
        return derived

    def is_free(self, serie: str, value: str) -> bool:
        """Take a name into use, unless it is in use already; of names that were asked about."""
        used = self._used[serie]
        if self._taken.has(serie, value) or value in used or value in self._before.get(serie, ()):
            return False
        used.add(value)
        return True

    def is_new(self, serie: str, value: str) -> bool:
        """Take a name of our own making into use, unless it is in use already."""
        return value not in self._used[serie] and self._lager.use_one(serie, value)

    def part_id(self, unit: Lest, mark: str = "") -> UUID:
        """Give the systemID of what has none in an extraction."""
        return uuid5(_NAMESPACE, f"{self._oppdrag.digest}/{unit.nr}{mark and f'/{mark}'}")

    def mark(self, unit: Lest) -> str:
        """Give a short mark of a place in the extraction."""
        told = f"{self._oppdrag.digest}/{unit.nr}"
        return hashlib.sha256(told.encode()).hexdigest()[:10]

    def take_post(self, above: Lest, number: int) -> bool:
        """Take a number in a mappe into use, unless it is in use already (M015)."""
        posts = self._posts.setdefault(above.nr, set())
        if number in posts:
            return False
        posts.add(number)
        return True

    def next_post(self, above: Lest) -> int:
        """Take the first number of a mappe that nothing in it has."""
        entries = self._lager.below(above.nr, "registrering")
        told = (one.first("journalpostnummer") or "" for one in entries)
        posts = self._posts[above.nr]
        number = max([*posts, *(int(one) for one in told if one.isdecimal())]) + 1
        posts.add(number)
        return number

    def document_number(self, above: Lest, told: int | None) -> int:
        """Give a document of a registrering the number that it has, or the next (M007)."""
        given = self._documents.setdefault(above.nr, set())
        number = told if told is not None else max(given, default=0) + 1
        given.add(number)
        return number

    def next_in_journal(self, aar: int) -> int:
        """Give the first number of a year that nothing has, here or in the extraction."""
        highest = max(self._lager.hoeyeste.get(aar, 0), self._taken.hoeyeste.get(aar, 0))
        self._next[aar] = max(self._next.get(aar, 0), highest) + 1
        return self._next[aar]
