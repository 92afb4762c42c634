"""Where the units of a message go: what it refers to, found in the message or in the kommune.

What the kommune has already is used as it is. It is asked of a batch before rows are made of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from sakark_api.errors import Invalid
from sakark_api.innlesing.meldingsform import EKSTERN, FORELDER
from sakark_api.innlesing.mellomlager import Lest, Mellomlager
from sakark_api.innlesing.navn import Oppdrag
from sakark_api.innlesing.plass import Plass
from sakark_api.innlesing.verdi import Uleselig, read_value
from sakark_api.noark.arkivstruktur.arkivdel import PERIODE_AVSLUTTET
from sakark_api.noark.catalog import CATALOG
from sakark_api.tenancy.innlesing import rows_of
from sakark_api.tenancy.oppslag import (
    Noekkel,
    find_arkivdeler,
    find_klasser,
    find_unit,
    has_number,
    kinds_in,
)
from sakark_api.texts import text

__all__ = ["HEADS", "Feil", "Plassering", "in_message", "keys_of"]

HEADS: Final = ("mappe", "registrering")
Feil = tuple[str, str, str | None]
"""A fault of a unit: its number, the element, and what stood there."""
_KEY: Final = "referanseEksternNoekkel"
_PATHS: Final[Mapping[str, Sequence[str]]] = {
    "mappeID": ("mappeID",),
    "registreringsID": ("registreringsID",),
    "saksaar": ("saksnummer/saksaar", "saksnummer/sakssekvensnummer"),
    "journalaar": ("journalnummer/journalaar", "journalnummer/journalsekvensnummer"),
    _KEY: tuple(f"{_KEY}/{one}" for one in EKSTERN),
}
"""How a reference may name a unit, but for its systemID: the elements of each way."""
_FINDS: Final = ("klasseID", "klassifikasjonssystemID", "referanseKlasse")
"""What a klasse is found by; the rest of what is said of it is kept."""
_ARKIVDEL: Final = ("arkivdel", "arkivdel/beskrivelse", "referanseArkivdel")


def keys_of(unit: Lest, name: str) -> list[Noekkel]:
    """List the ways in which a reference names a unit."""
    own = unit.first(name)
    found = [Noekkel("systemID", [own.strip()])] if own is not None else []
    for art, paths in _PATHS.items():
        told = [unit.first(f"{name}/{path}") for path in paths]
        parts = [one.strip() for one in told if one is not None]
        if len(parts) == len(paths):
            found.append(Noekkel(art, parts))
    return found


def in_message(lager: Mellomlager, slag: str, keys: Sequence[Noekkel]) -> int | None:
    """Find the place of a unit in the message itself."""
    for one in keys:
        plain = one.art in ("systemID", "mappeID", "registreringsID")
        name = one.deler[0] if plain else "/".join((one.art, *one.deler))
        nr = lager.called(slag, name)
        if nr is not None:
            return nr
    return None


class Plassering:
    """Where units go, of the batch that was asked about last."""

    def __init__(self, lager: Mellomlager, oppdrag: Oppdrag, arkivdel: str | None) -> None:
        self._lager, self._oppdrag, self._named = lager, oppdrag, arkivdel
        self._default: Plass | None = None
        self.arkivdeler: dict[UUID, Plass] = {}
        self._called: dict[str, Plass | None] = {}
        self._inside: dict[int, int] = {}
        self._places: dict[int, Plass] = {}
        self._known: dict[int, Plass] = {}
        self._beside: dict[int, list[UUID]] = {}
        self._taken: set[int] = set()
        self._faults: dict[int, list[Feil]] = {}

    def begin(self, session: Session) -> None:
        """Find the arkivdel that was asked for, and see that everything has a place to go to."""
        if self._named is not None:
            self._default = self._arkivdel(session, [self._named])
            if self._default is None:
                raise Invalid(
                    text(
                        "Kommunen har ingen arkivdel, eller flere, som er «{arkivdel}» ved systemID"
                        " eller tittel. Oppgi en annen med --arkivdel.",
                        arkivdel=self._named,
                    )
                )
        for unit in self._lager.outermost(HEADS):
            self.look_up(session, [unit])
            if self._default is None and not self._has_place(unit):
                raise Invalid(
                    text(
                        "Meldingen sier ikke hvilken arkivdel «{tittel}» hører til, eller nevner en"
                        " som ikke finnes. Oppgi den med --arkivdel.",
                        tittel=unit.first("tittel") or unit.slag,
                    )
                )

    def _has_place(self, unit: Lest) -> bool:
        return any(unit.nr in one for one in (self._inside, self._places, self._known))

    def look_up(self, session: Session, units: Sequence[Lest]) -> None:
        """Ask where units go, and which of them the kommune has already."""
        self._inside, self._places, self._known, self._beside = {}, {}, {}, {}
        self._taken, self._faults = set(), {}
        for unit in units:
            if unit.slag not in HEADS:
                continue
            known = self._existing(session, unit)
            if known is not None:
                self._known[unit.nr] = known
            elif unit.over is None:
                self._put(session, unit)

    def place_of(self, unit: Lest, mapper: Mapping[int, Plass]) -> Plass | None:
        """Give what an outermost unit is put into; what the kommune has already is there itself."""
        if unit.nr in self._known:
            return self._known[unit.nr]
        inside = mapper.get(self._inside.get(unit.nr, 0))
        if inside is not None and inside.system_id is not None:
            return inside
        return self._places.get(unit.nr, self._default)

    def known(self, unit: Lest) -> Plass | None:
        """Give a unit that the kommune has already."""
        return self._known.get(unit.nr)

    def beside(self, unit: Lest) -> Sequence[UUID]:
        """List the klasser that a mappe is ordered by too."""
        return self._beside.get(unit.nr, ())

    def has_taken_number(self, unit: Lest) -> bool:
        """Tell whether another entry of the mappe has the number that an entry says it has."""
        return unit.nr in self._taken

    def faults(self, unit: Lest) -> Sequence[Feil]:
        """List what was not found of what a unit refers to."""
        return self._faults.get(unit.nr, ())

    def _tell(self, unit: Lest, kode: str, name: str, value: str | None) -> None:
        self._faults.setdefault(unit.nr, []).append((kode, name, value))

    def _existing(self, session: Session, unit: Lest) -> Plass | None:
        """Find a unit that the kommune has, by systemID or the key of the system it is from."""
        keys = [one for one in keys_of(unit, "systemID") if one.art == "systemID"]
        told = [unit.first(f"{_KEY}/{one}") for one in EKSTERN]
        parts = [one for one in told if one is not None]
        if len(parts) == len(EKSTERN):
            keys.append(Noekkel(_KEY, parts))
        return self._unit(session, unit.slag, keys)

    def _unit(self, session: Session, slag: str, keys: Sequence[Noekkel]) -> Plass | None:
        found = find_unit(session, self._oppdrag.innlesing, slag, keys) if keys else None
        if found is None:
            return None
        row = _row(session, slag, found[0])
        part = row.get("effektiv_arkivdel") or row.get("referanse_arkivdel")
        if part is not None:
            self._period(session, part)
        return Plass(_stand_in(slag, found[0]), found[0], arkivdel=part, row=row, finnes=True)

    def _put(self, session: Session, unit: Lest) -> None:
        """Find the mappe that a unit goes into, or else the arkivdel, and a klasse of that."""
        keys = keys_of(unit, FORELDER)
        nr = in_message(self._lager, "mappe", keys)
        if nr is not None and nr != unit.nr:
            self._inside[unit.nr] = nr
            return
        above = self._unit(session, "mappe", keys)
        if above is not None:
            self._places[unit.nr] = above
            self._see_number(session, unit, above)
            return
        if keys:
            self._tell(unit, "I42", FORELDER, "; ".join("/".join(one.deler) for one in keys))
        part = self._arkivdel_of(session, unit)
        if part is not None:
            self._places[unit.nr] = self._klasse(session, unit, part) or part

    def _see_number(self, session: Session, unit: Lest, above: Plass) -> None:
        told = unit.first("journalpostnummer")
        if told is None or above.system_id is None:
            return
        try:
            number = read_value("journalpostnummer", int, told)
        except Uleselig:
            return
        if has_number(session, self._oppdrag.innlesing, above.system_id, number):
            self._taken.add(unit.nr)

    def _arkivdel_of(self, session: Session, unit: Lest) -> Plass | None:
        told = [one for name in _ARKIVDEL if (one := unit.first(name)) is not None]
        if not told:
            return self._default
        found = self._arkivdel(session, told)
        if found is None:
            self._tell(unit, "I43", "arkivdel", "; ".join(told))
            return self._default
        called = (str(found.system_id), found.row["tittel"])
        for one in told:
            if one.strip() not in called:
                self._tell(unit, "I33", "arkivdel", one)
        return found

    def _arkivdel(self, session: Session, names: Sequence[str]) -> Plass | None:
        """Find the one arkivdel that is called something."""
        key = "\n".join(names)
        if key not in self._called:
            found = find_arkivdeler(session, [one.strip() for one in names])
            self._called[key] = self._period(session, found[0]) if len(found) == 1 else None
        return self._called[key]

    def _period(self, session: Session, own: UUID) -> Plass:
        if own not in self.arkivdeler:
            row = _row(session, "arkivdel", own)
            stand_in = _stand_in("arkivdel", own)
            self.arkivdeler[own] = Plass(stand_in, own, arkivdel=own, row=row, finnes=True)
        return self.arkivdeler[own]

    def _klasse(self, session: Session, unit: Lest, part: Plass) -> Plass | None:
        """Find the klasse that a unit hangs on, and those beside it (C2.4.4)."""
        place: Plass | None = None
        for system, klasse, told in _ordered_by(unit):
            found = find_klasser(session, part.row["klassifikasjonssystem_ref"], klasse, system)
            usable = [one for one in found if self._takes(session, unit, one[0], part)]
            if place is None and usable:
                own, of = usable[0]
                place = Plass(
                    _stand_in("klasse", own),
                    own,
                    arkivdel=part.system_id,
                    system=of,
                    row=_row(session, "klasse", own),
                    finnes=True,
                )
            elif found and unit.slag == "mappe":
                self._beside.setdefault(unit.nr, []).append(found[0][0])
            else:
                found = []
            for name, value in told:
                if not found or name not in _FINDS:
                    self._tell(unit, "I33" if found else "I44", f"klassifikasjon/{name}", value)
        return place

    def _takes(self, session: Session, unit: Lest, klasse: UUID, part: Plass) -> bool:
        """Tell whether a klasse may hold a unit: it holds one kind only, while it is open."""
        closed = _row(session, "klasse", klasse).get("avsluttet_dato") is not None
        is_old = part.row["arkivdelstatus"]["kode"] == PERIODE_AVSLUTTET
        return kinds_in(session, klasse) <= {unit.slag} and (is_old or not closed)


def _ordered_by(unit: Lest) -> Iterator[tuple[str | None, str, list[tuple[str, str]]]]:
    """List the klasser a unit is ordered by: system, klasse, and all that is said of it."""
    direct = unit.first("referanseKlasse")
    if direct is not None:
        yield None, direct.strip(), [("referanseKlasse", direct)]
    for one in unit.grupper.get("klassifikasjon", ()):
        told = [(name, value) for name, values in one.items() for value in values]
        klasse = next((value.strip() for name, value in told if name == "klasseID"), None)
        systems = (value.strip() for name, value in told if name == "klassifikasjonssystemID")
        if klasse is not None:
            yield next(systems, None), klasse, told


def _row(session: Session, slag: str, own: UUID) -> dict[str, Any]:
    return dict(rows_of(session, CATALOG.by_name[slag].model, [own])[own])


def _stand_in(slag: str, own: UUID) -> Lest:
    """Stand for a unit of the kommune's where those of a message are looked at."""
    return Lest(-1 - own.int, None, slag, slag, 0, {"systemID": [str(own)]})
