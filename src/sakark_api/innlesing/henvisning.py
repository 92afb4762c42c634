"""What units say of others: written when all of them are there, so that any may be referred to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Table

from sakark_api.innlesing.felt import REFERANSER
from sakark_api.innlesing.mellomlager import Lest, Mellomlager
from sakark_api.innlesing.omforming import Omforming
from sakark_api.innlesing.rad import Row
from sakark_api.noark.arkivstruktur.kryssreferanse import kryssreferanse
from sakark_api.noark.catalog import CATALOG
from sakark_api.noark.model import Base, table_of
from sakark_api.noark.names import to_wire

__all__ = ["HENVISER", "Endret", "Henvisninger"]

HENVISER: Final = ("arkivdel", "mappe", "registrering", "kryssreferanse", "avskrivning")
"""The kinds of units that may say something of others."""
_ENDS: Final = ("klasse", "mappe", "registrering")


@dataclass(frozen=True)
class Endret:
    """Columns of a row that is there already."""

    table: Table
    system_id: UUID
    values: Row


class Henvisninger:
    """Makes of references what they are here, and tells of those that lead nowhere."""

    def __init__(self, lager: Mellomlager, omforming: Omforming) -> None:
        self._lager, self._omforming = lager, omforming

    def take(self, units: Sequence[Lest]) -> list[Endret]:
        """Make rows of what units say of others, and give what is to be changed of themselves."""
        self._omforming.begin()
        return [changed for unit in units for changed in self._take(unit)]

    def _take(self, unit: Lest) -> Iterator[Endret]:
        if unit.slag == "kryssreferanse":
            self._refer(unit)
        elif unit.slag == "avskrivning":
            self._write_off(unit)
        elif unit.slag == "mappe":
            self._order(unit)
        told = {name: one for name, one in unit.felt.items() if name in REFERANSER}
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

    def _find(self, unit: Lest, name: str, slag: str, told: str, own: UUID | None) -> UUID | None:
        """Find a unit by what it is called; tell when there is none, or it was by another name."""
        nr = self._lager.called(slag, told.strip())
        target = self._lager.at(nr) if nr is not None else None
        found = self._lager.id_of(target) if target is not None else None
        if target is None or found is None:
            self._omforming.tell(unit, "I40", name, told, own)
            return None
        if target.first("systemID") != told.strip():
            self._omforming.tell(unit, "I41", name, told, own)
        return found

    def _refer(self, unit: Lest) -> None:
        owner = self._owner(unit)
        if owner is None:
            return
        above, own = owner
        for end in _ENDS:
            name = f"referanseTil{end.capitalize()}"
            for told in unit.felt.get(name, ()):
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
        told = unit.first("referanseAvskrivesAvJournalpost")
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
