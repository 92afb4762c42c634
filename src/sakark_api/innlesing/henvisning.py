"""What units say of others: written when all of them are there, so that any may be referred to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Table
from sqlalchemy.orm import Session

from sakark_api.innlesing.felt import REFERANSER
from sakark_api.innlesing.mellomlager import Lest, Mellomlager
from sakark_api.innlesing.omforming import Omforming
from sakark_api.innlesing.plassering import in_message, keys_of
from sakark_api.innlesing.rad import Row
from sakark_api.noark.arkivstruktur.kryssreferanse import kryssreferanse
from sakark_api.noark.catalog import CATALOG
from sakark_api.noark.model import Base, table_of
from sakark_api.noark.names import to_wire
from sakark_api.tenancy.oppslag import find_unit

__all__ = ["HENVISER", "Endret", "Henvisninger"]

HENVISER: Final = ("arkivdel", "mappe", "registrering", "kryssreferanse", "avskrivning")
"""The kinds of units that may say something of others."""
_ENDS: Final = ("klasse", "mappe", "registrering")
_MAY_NAME: Final[Mapping[str, str]] = {
    "referanseTilMappe": "mappe",
    "referanseTilRegistrering": "registrering",
    "referanseAvskrivesAvJournalpost": "registrering",
    **{name: slag for name, slag in REFERANSER.items() if slag != "arkivdel"},
}
"""What a message may refer to that the kommune had before it."""


@dataclass(frozen=True)
class Endret:
    """Columns of a row that is there already."""

    table: Table
    system_id: UUID
    values: Row


class Henvisninger:
    """Makes of references what they are here, and tells of those that lead nowhere."""

    def __init__(
        self, lager: Mellomlager, omforming: Omforming, melding: UUID | None = None
    ) -> None:
        self._lager, self._omforming = lager, omforming
        self._melding = melding
        """The import, where it is of a message: that may refer to what the kommune had before."""
        self._before: dict[tuple[int, str], UUID] = {}

    def look_up(self, session: Session, units: Sequence[Lest]) -> None:
        """Find what units of a message refer to that is not in it, among the kommune's units."""
        self._before = {}
        if self._melding is None:
            return
        for unit in units:
            for name, slag in _MAY_NAME.items():
                keys = keys_of(unit, name)
                if not keys or in_message(self._lager, slag, keys) is not None:
                    continue
                found = find_unit(session, self._melding, slag, keys)
                if found is not None:
                    self._before[unit.nr, name] = found[0]

    def take(self, units: Sequence[Lest]) -> list[Endret]:
        """Make rows of what units say of others, and give what is to be changed of themselves."""
        self._omforming.begin()
        nothing = self._lager.nothing(units)
        return [one for unit in units if unit.nr not in nothing for one in self._take(unit)]

    def _take(self, unit: Lest) -> Iterator[Endret]:
        if unit.slag == "kryssreferanse":
            self._refer(unit)
        elif unit.slag == "avskrivning":
            self._write_off(unit)
        elif unit.slag == "mappe":
            self._order(unit)
        told = {name: one for name, one in unit.felt.items() if name in REFERANSER}
        if self._melding is not None and unit.slag == "kryssreferanse":
            self._keep_rest(unit)
        if told and (own := self._lager.id_of(unit)) is not None:
            values = dict(self._named(unit, own, told))
            yield Endret(table_of(CATALOG.by_name[unit.slag].model), own, values)

    def _named(
        self, unit: Lest, own: UUID, told: dict[str, Sequence[str]]
    ) -> Iterator[tuple[str, Any]]:
        """Give the columns that name other units."""
        columns = {to_wire(name): name for name in _columns(unit.slag)}
        for name, values in told.items():
            found = [self._find(unit, name, REFERANSER[name], one, own) for one in values]
            ids = [one for one in found if one is not None]
            if ids:
                yield columns[name], ids if unit.slag == "registrering" else ids[0]

    def _keep_rest(self, unit: Lest) -> None:
        """Keep what a reference of a message says that it is not found by."""
        ends = {f"referanseTil{end.capitalize()}" for end in _ENDS}
        for name, value in unit.values():
            if name not in ends:
                self._omforming.tell(unit, "I33", name, value)

    def _find(self, unit: Lest, name: str, slag: str, told: str, own: UUID | None) -> UUID | None:
        """Find a unit by what it is called; tell when there is none, or it was by another name."""
        before = self._before.get((unit.nr, name))
        if before is not None:
            return before
        nr = self._called(unit, name, slag, told)
        target = self._lager.at(nr) if nr is not None else None
        found = self._lager.id_of(target) if target is not None else None
        if target is None or found is None:
            self._omforming.tell(unit, "I40", name, told, own)
            return None
        if told.strip() not in (target.first("systemID"), ""):
            self._omforming.tell(unit, "I41", name, told, own)
        return found

    def _called(self, unit: Lest, name: str, slag: str, told: str) -> int | None:
        if self._melding is None:
            return self._lager.called(slag, told.strip())
        return in_message(self._lager, slag, keys_of(unit, name))

    def _told(self, unit: Lest, name: str) -> Sequence[str]:
        """Give what a unit is called in a reference; nothing where it is named in other ways."""
        told = unit.felt.get(name, ())
        return told or ([""] if keys_of(unit, name) else ())

    def _refer(self, unit: Lest) -> None:
        owner = self._owner(unit)
        if owner is None:
            return
        above, own = owner
        for end in _ENDS:
            name = f"referanseTil{end.capitalize()}"
            for told in self._told(unit, name):
                target = self._find(unit, name, end, told, own)
                if target is None:
                    continue
                ends = {f"fra_{above.slag}_ref": own, f"til_{end}_ref": target}
                if not self._omforming.navn.is_new("kryssreferanse", f"{own}/{target}"):
                    self._omforming.tell(unit, "I32", name, told, own)
                    continue
                self._omforming.add_made(kryssreferanse, unit, above, ends, f"{end}/{told}")

    def _write_off(self, unit: Lest) -> None:
        """Write an entry off by another; by nothing where that is not to be found."""
        told = next(iter(self._told(unit, "referanseAvskrivesAvJournalpost")), None)
        owner = self._owner(unit)
        if told is None or owner is None:
            return
        above, own = owner
        answer = self._find(unit, "referanseAvskrivesAvJournalpost", "registrering", told, own)
        row = self._omforming.part_of(unit, above, own)
        row["referanse_avskrives_av_journalpost"] = answer

    def _order(self, unit: Lest) -> None:
        """Order a case by its secondary klasser too."""
        own = self._lager.id_of(unit)
        for told in unit.felt.get("referanseSekundaerKlassifikasjon", ()):
            target = self._find(unit, "referanseSekundaerKlassifikasjon", "klasse", told, own)
            if target is None or own is None:
                continue
            if self._omforming.navn.is_new("sekundaer", f"{own}/{target}"):
                pair = {"klasse_ref": target, "mappe_ref": own}
                self._omforming.result.rader[Base.metadata.tables["klasse_mappe"]].append(pair)

    def _owner(self, unit: Lest) -> tuple[Lest, UUID] | None:
        """Give what a unit is in, and its systemID here; None where it was nothing here."""
        above = self._lager.at(unit.over) if unit.over is not None else None
        if above is None or above.slag not in _ENDS:
            return None
        own = self._lager.id_of(above)
        return None if own is None else (above, own)


def _columns(slag: str) -> Iterator[str]:
    for kind in CATALOG.family(CATALOG.by_name[slag]):
        for bound in kind.attributes:
            if bound.wire in REFERANSER:
                yield bound.name
