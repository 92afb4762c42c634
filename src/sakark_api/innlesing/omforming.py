"""Units of an extraction as rows: where each is, what it says, and whether its names are free."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import Table

from sakark_api.deponering.pakke import ARKIVSTRUKTUR
from sakark_api.innlesing.avvik import Avvik
from sakark_api.innlesing.felt import forms
from sakark_api.innlesing.kode import Koder
from sakark_api.innlesing.mellomlager import Lest, Mellomlager
from sakark_api.innlesing.partopplysning import contact_of, kind_of_party
from sakark_api.innlesing.rad import UKJENT, Row, complete, read_row
from sakark_api.innlesing.verdi import Uleselig, read_uuid, read_value
from sakark_api.noark.arkivstruktur.dokumentbeskrivelse import attachments
from sakark_api.noark.catalog import CATALOG
from sakark_api.noark.metadata.kodeliste import FORMAT
from sakark_api.noark.model import Base, has_kinds, table_of
from sakark_api.noark.names import to_wire
from sakark_api.noark.resource import Resource
from sakark_api.noark.sakarkiv.journalpost import NEVER_DELETED

__all__ = ["STRUKTUR", "Filreferanse", "Omforming", "Oppdrag", "Opptatt", "Resultat", "wanted"]

STRUKTUR: Final = ("arkiv", "arkivskaper", "arkivdel", "klassifikasjonssystem")
"""What is made first: the rest may refer to any of it."""
_NAMESPACE: Final = UUID("b8f0c1de-6d0f-5d0e-9c8f-0b9c2b6a4f11")
"""What systemIDs are derived in; never to be changed, or an extraction would come in twice."""
_OLD_ID: Final = "vnd-innlest-v1:"
"""What the names of our own fields for what units were called before begin with."""
_ABOVE: Final[Mapping[str, Mapping[str, str]]] = {
    "klasse": {"klassifikasjonssystem": "", "klasse": "overklasse_ref"},
    "mappe": {
        "arkivdel": "arkivdel_ref",
        "klasse": "klasse_ref",
        "mappe": "referanse_forelder_mappe",
    },
    "registrering": {"arkivdel": "arkivdel_ref", "klasse": "klasse_ref", "mappe": "mappe_ref"},
    "dokumentbeskrivelse": {"registrering": ""},
    "dokumentobjekt": {"dokumentbeskrivelse": "dokumentbeskrivelse_ref", "registrering": ""},
    "part": {one: f"{one}_ref" for one in ("mappe", "registrering", "dokumentbeskrivelse")},
    "merknad": {one: f"{one}_ref" for one in ("mappe", "registrering", "dokumentbeskrivelse")},
    "korrespondansepart": {"registrering": "registrering_ref"},
    "avskrivning": {"registrering": "journalpost_ref"},
    "dokumentflyt": {"registrering": "registrering_ref"},
    "presedens": {"mappe": "", "registrering": ""},
    "moetedeltaker": {"mappe": "mappe_ref"},
    "konvertering": {"dokumentobjekt": "dokumentobjekt_ref"},
    "kryssreferanse": dict.fromkeys(("klasse", "mappe", "registrering"), ""),
}
"""Where each kind of unit may be, and the column that says so."""
_TYPES: Final[Mapping[str, Sequence[tuple[str, str]]]] = {
    "mappe": (("saksaar", "saksmappe"), ("saksstatus", "saksmappe"), ("moetenummer", "moetemappe")),
    "registrering": (
        ("journalaar", "journalpost"),
        ("journalposttype", "journalpost"),
        ("moeteregistreringstype", "moeteregistrering"),
    ),
}
"""Fields that show what a unit is that does not say so itself."""


@dataclass(frozen=True)
class Oppdrag:
    """One import: its id, the digest of the extraction, its version, and what it is to become."""

    innlesing: UUID
    digest: str
    versjon: str
    naa: datetime
    aktiv: bool | None


@dataclass(frozen=True)
class Filreferanse:
    """A file that a row is to have: where it should be, and what is said of it."""

    rad: Row
    sti: str
    linje: int
    sted: str
    sjekksum: str | None
    algoritme: str | None
    stoerrelse: str | None


@dataclass
class Opptatt:
    """What the kommune's other units are called, of all that the units at hand would be called."""

    verdier: Mapping[str, set[str]] = field(default_factory=dict)
    hoeyeste: Mapping[int, int] = field(default_factory=dict)
    """The highest journalsekvensnummer of each year."""

    def has(self, serie: str, value: str) -> bool:
        return value in self.verdier.get(serie, ())


@dataclass
class Resultat:
    """What came of some units."""

    rader: dict[Table, list[Row]] = field(default_factory=lambda: defaultdict(list))
    avvik: list[Avvik] = field(default_factory=list)
    filer: list[Filreferanse] = field(default_factory=list)
    egne_felt: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Plass:
    """A unit that others are in: what they need to know of it."""

    unit: Lest
    system_id: UUID | None = None
    arkivdel: UUID | None = None
    system: UUID | None = None
    row: Row = field(default_factory=dict)
    dokument: UUID | None = None
    """The dokumentbeskrivelse made for files right under a registrering."""


def wanted(units: Sequence[Lest]) -> dict[str, set[str]]:
    """Give all that units would be called, by series in which names are unique."""
    found: dict[str, set[str]] = defaultdict(set)
    for unit in units:
        told = unit.first("systemID")
        if told is not None:
            found[unit.slag].add(told.strip().lower())
        if unit.slag == "mappe" and (name := unit.first("mappeID")):
            found["mappe_id"].add(name)
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


class Omforming:
    """Makes rows of units, in order; remembers where it is, and which names it has used."""

    def __init__(self, lager: Mellomlager, koder: Koder, oppdrag: Oppdrag) -> None:
        self._lager, self.koder, self._oppdrag = lager, koder, oppdrag
        self._open: list[Plass] = []
        self._structure: dict[int, Plass] = {}
        self._used: dict[str, set[str]] = defaultdict(set)
        self._before: Mapping[str, set[str]] = {}
        self._posts: dict[int, set[int]] = {}
        self._next: dict[int, int] = {}
        self._taken = Opptatt()
        self._renamed: dict[int, UUID | None] = {}
        self.result = Resultat()
        self.arkivdeler: list[UUID] = []

    def take(self, units: Sequence[Lest], opptatt: Opptatt) -> Resultat:
        """Make rows of units; they come after those taken before."""
        self.result, self._taken, self._renamed = Resultat(), opptatt, {}
        self._used, self._before = defaultdict(set), self._lager.use(wanted(units))
        for unit in units:
            self._take(unit)
        self._lager.rename(self._renamed)
        return self.result

    def begin(self) -> None:
        """Begin a new result, for what comes after the units."""
        self.result, self._used = Resultat(), defaultdict(set)

    def tell(
        self, unit: Lest, kode: str, name: str, value: str | None, enhet: UUID | None = None
    ) -> None:
        """Tell of a fault of a unit: its number, the element, and what stood there."""
        told = unit.first("systemID")
        place = f"{unit.slag}[{told or unit.nr}]{f'/{name}' if name else ''}"
        self.result.avvik.append(Avvik(kode, ARKIVSTRUKTUR, unit.linje, place, value, enhet))

    def is_new(self, serie: str, value: str) -> bool:
        """Take a name of our own making into use, unless it is in use already."""
        return value not in self._used[serie] and not self._lager.use({serie: {value}})[serie]

    def add_made(
        self, resource: Resource[Any], unit: Lest, above: Lest, columns: Row, mark: str
    ) -> None:
        """Make a row of what has no fields of its own; it is as old as what it is of."""
        row: Row = {**columns, "version": 1}
        row["system_id"] = uuid5(_NAMESPACE, f"{self._oppdrag.digest}/{unit.nr}/{mark}")
        made = read_row(above, forms()[above.slag], self.koder, lambda *_: None)
        for name in ("opprettet_dato", "opprettet_av"):
            row[name] = made.get(name)
        row["opprettet_dato"] = row["opprettet_dato"] or self._oppdrag.naa
        row["opprettet_av"] = row["opprettet_av"] or UKJENT
        row["referanse_opprettet_av"] = self._oppdrag.innlesing
        self._add(resource, row)

    def part_of(self, unit: Lest, above: Lest, owner: UUID) -> Row:
        """Make a row of what is part of a unit that is there already."""
        place = Plass(above, owner)
        row = self._row(unit, unit.slag, place, self._part_id(unit))
        row[_ABOVE[unit.slag][above.slag]] = owner
        return row

    def _take(self, unit: Lest) -> None:
        place = self._structure.get(unit.nr)
        above = self._above(unit)
        if place is None:
            make = getattr(self, f"_make_{unit.slag}", None)
            allowed = unit.slag == "arkiv" or above is not None
            place = make(unit, above) if make is not None and allowed else None
            if place is None:
                self._renamed[unit.nr] = None
                self._keep(unit, "I36" if make is not None else "I35")
        if unit.slag in STRUKTUR:
            self._structure[unit.nr] = place or Plass(unit)
        self._open.append(place or Plass(unit))

    def _above(self, unit: Lest) -> Plass | None:
        """Find what a unit is right in; what is in a value or in something unknown, is nowhere."""
        while self._open and self._open[-1].unit.nr > (unit.over or 0):
            self._posts.pop(self._open.pop().unit.nr, None)
        if not self._open or self._open[-1].unit.nr != unit.over:
            return self._structure.get(unit.over or 0)
        found = self._open[-1]
        return found if found.system_id is not None else None

    def _keep(self, unit: Lest, kode: str) -> None:
        """Keep all that a unit says which cannot be one here; first, that it was there."""
        self.tell(unit, kode, "", None)
        for name, value in unit.values():
            self.tell(unit, kode, name, value)

    def _add(self, resource: Resource[Any], row: Row) -> Row:
        self.result.rader[table_of(resource.model)].append(row)
        return row

    # -- what all units have

    def _row(self, unit: Lest, type_: str, above: Plass | None, system_id: UUID) -> Row:
        """Read a unit, complete it and put it into the result."""
        form, resource = forms()[type_], CATALOG.by_name[type_]

        def meld(kode: str, name: str, value: str | None) -> None:
            if name != "referanseArkivdel" or not self._is_own_arkivdel(value, above):
                self.tell(unit, kode, name, value, system_id)

        row = read_row(unit, form, self.koder, meld)
        row["system_id"], row["version"] = system_id, 1
        if has_kinds(table_of(resource.model)):
            row["type"] = resource.name
        made = row.get("opprettet_dato") or (above and above.row.get("opprettet_dato"))
        complete(
            row,
            resource,
            form,
            self._oppdrag.innlesing,
            made or self._oppdrag.naa,
            self.koder,
            meld,
        )
        return self._add(resource, row)

    def _is_own_arkivdel(self, told: str | None, above: Plass | None) -> bool:
        """Say that what a unit says it belongs to is the arkivdel that it is in."""
        place = self._arkivdel_called(told)
        return place is not None and above is not None and place.system_id == above.arkivdel

    def _arkivdel_called(self, told: str | None) -> Plass | None:
        """Find an arkivdel by what it was called; there are few."""
        called = (one for one in self._structure.values() if one.unit.slag == "arkivdel")
        return next((one for one in called if one.unit.first("systemID") == told), None)

    def _type(self, unit: Lest) -> str:
        """Tell what a unit is, by what it says or else by its fields."""
        if unit.type in forms() and unit.type != unit.slag:
            return unit.type
        shown = (kind for name, kind in _TYPES.get(unit.slag, ()) if unit.first(name))
        found = next(shown, unit.slag)
        if found != unit.slag or unit.type not in (unit.slag, found):
            self.tell(unit, "I37", "xsi:type", unit.type)
        return found

    def _id(self, unit: Lest) -> UUID:
        """Give the systemID that a unit has here: its own where that is one, and free."""
        told = (unit.first("systemID") or "").strip()
        derived = uuid5(_NAMESPACE, f"{self._oppdrag.digest}/{unit.nr}/{told}")
        if not told:
            if unit.slag != "dokumentobjekt" or self._oppdrag.versjon == "5.0":
                self.tell(unit, "I12", "systemID", None, derived)
            self._renamed[unit.nr] = derived
            return derived
        try:
            own = read_uuid(told)
        except Uleselig:
            self.tell(unit, "I10", "systemID", told, derived)
            self._renamed[unit.nr] = derived
            return derived
        if self._is_free(unit.slag, str(own)):
            return own
        self.tell(unit, "I11", "systemID", told, derived)
        self._renamed[unit.nr] = derived
        return derived

    def _is_free(self, serie: str, value: str) -> bool:
        """Take a name into use, unless it is in use already; of names that were asked about."""
        used = self._used[serie]
        if self._taken.has(serie, value) or value in used or value in self._before.get(serie, ()):
            return False
        used.add(value)
        return True

    def _part_id(self, unit: Lest) -> UUID:
        return uuid5(_NAMESPACE, f"{self._oppdrag.digest}/{unit.nr}")

    def _keep_old(self, row: Row, name: str, value: str | None) -> None:
        """Keep what a unit was called, as a field of the kommune's own."""
        if value is None:
            return
        field_name = f"{_OLD_ID}{name.lower()}"
        self.result.egne_felt.add(field_name)
        row["virksomhetsspesifikke_metadata"] = {
            **(row.get("virksomhetsspesifikke_metadata") or {}),
            field_name: value,
        }

    def _screen(self, row: Row, *above: Plass | None) -> None:
        """Let what is in something screened be screened too, if it is not itself (6.6.26)."""
        found = next(
            (one.row["skjerming"] for one in above if one and one.row.get("skjerming")), None
        )
        own = row.get("skjerming")
        row["skjerming_egen"] = own is not None and own != found
        row["skjerming"] = own or found

    def _place(self, unit: Lest, row: Row, above: Plass) -> Plass:
        return replace(above, unit=unit, system_id=row["system_id"], row=row, dokument=None)

    # -- what is made first

    def _make_arkiv(self, unit: Lest, above: Plass | None) -> Plass:
        row = self._row(unit, "arkiv", above, self._id(unit))
        row["overarkiv_ref"] = above.system_id if above else None
        if self._oppdrag.aktiv:
            self._reopen(unit, row, "arkivstatus", "O")
        return Plass(unit, row["system_id"], row=row)

    def _reopen(self, unit: Lest, row: Row, status: str, kode: str) -> None:
        """Let what was closed be in use, as it was asked for."""
        if row.get("avsluttet_dato") is None and row[status]["kode"] == kode:
            return
        for name in (status, "avsluttet_dato", "avsluttet_av"):
            self.tell(unit, "I61", to_wire(name), unit.first(to_wire(name)), row["system_id"])
        row[status] = self.koder.default(status, kode)
        row["avsluttet_dato"] = row["avsluttet_av"] = None

    def _make_arkivskaper(self, unit: Lest, above: Plass | None) -> Plass | None:
        if above is None or above.unit.slag != "arkiv":
            return None
        row = self._row(unit, "arkivskaper", above, self._part_id(unit))
        row["opprettet_dato"] = above.row["opprettet_dato"]
        row["opprettet_av"] = above.row["opprettet_av"]
        pair = {"arkivskaper_ref": row["system_id"], "arkiv_ref": above.system_id}
        self.result.rader[Base.metadata.tables["arkivskaper_arkiv"]].append(pair)
        return Plass(unit, row["system_id"], row=row)

    def _make_arkivdel(self, unit: Lest, above: Plass | None) -> Plass | None:
        if above is None or above.unit.slag != "arkiv":
            return None
        row = self._row(unit, "arkivdel", above, self._id(unit))
        row["arkiv_ref"] = above.system_id
        self._open_or_close(unit, row)
        row["skjerming_egen"] = row.get("skjerming") is not None
        self.arkivdeler.append(row["system_id"])
        return Plass(unit, row["system_id"], arkivdel=row["system_id"], row=row)

    def _open_or_close(self, unit: Lest, row: Row) -> None:
        """Let an arkivdel be closed from its first row on, or open, as it was asked for.

        One that is to be open takes nothing until everything is there.
        """
        if self._oppdrag.aktiv:
            self._reopen(unit, row, "arkivdelstatus", "A")
            row["arkivdelstatus"] = self.koder.default("arkivdelstatus", "P")
            return
        if self._oppdrag.aktiv is None or row["arkivdelstatus"]["kode"] == "P":
            if row["arkivdelstatus"]["kode"] == "P" and row.get("avsluttet_dato") is None:
                row["avsluttet_dato"], row["avsluttet_av"] = self._oppdrag.naa, UKJENT
            return
        self.tell(unit, "I60", "arkivdelstatus", unit.first("arkivdelstatus"), row["system_id"])
        row["arkivdelstatus"] = self.koder.default("arkivdelstatus", "P")
        row["avsluttet_dato"] = row.get("avsluttet_dato") or self._oppdrag.naa
        row["avsluttet_av"] = row.get("avsluttet_av") or UKJENT

    def _make_klassifikasjonssystem(self, unit: Lest, above: Plass | None) -> Plass | None:
        if above is None or above.unit.slag != "arkivdel":
            return None
        row = self._row(unit, "klassifikasjonssystem", above, self._id(unit))
        first = above.row.setdefault("klassifikasjonssystem_ref", row["system_id"])
        if first != row["system_id"]:
            pair = {"primaer_ref": first, "sekundaer_ref": row["system_id"]}
            pairs = Base.metadata.tables["sekundaerklassifikasjonssystem"]
            self.result.rader[pairs].append(pair)
        return Plass(unit, row["system_id"], above.arkivdel, row["system_id"], row)

    # -- what is in them

    def _make_klasse(self, unit: Lest, above: Plass | None) -> Plass | None:
        if above is None or above.unit.slag not in _ABOVE["klasse"]:
            return None
        row = self._row(unit, "klasse", above, self._id(unit))
        row["klassifikasjonssystem_ref"] = above.system
        row["overklasse_ref"] = above.system_id if above.unit.slag == "klasse" else None
        if not self.is_new("klasse_id", f"{above.system}/{row['klasse_id']}"):
            self.tell(unit, "I13", "klasseID", row["klasse_id"], row["system_id"])
            row["klasse_id"] = f"{row['klasse_id']}/{self._mark(unit)}"
        self._screen(row, above if above.unit.slag == "klasse" else None)
        return self._place(unit, row, above)

    def _make_mappe(self, unit: Lest, above: Plass | None) -> Plass | None:
        if above is None or above.unit.slag not in _ABOVE["mappe"]:
            return None
        type_ = self._type(unit)
        row = self._row(unit, type_, above, self._id(unit))
        row[_ABOVE["mappe"][above.unit.slag]] = above.system_id
        row["effektiv_arkivdel"] = above.arkivdel
        self._name(unit, row, "mappe_id", "mappeID")
        if unit.nr in self._renamed:
            self._keep_old(row, "systemID", unit.first("systemID"))
        self._screen(row, above, self._period(above))
        return self._place(unit, row, above)

    def _period(self, above: Plass) -> Plass | None:
        """Find the arkivdel that a place is in."""
        inside = (one for one in self._structure.values() if one.system_id == above.arkivdel)
        return next(inside, None)

    def _name(self, unit: Lest, row: Row, column: str, element: str) -> None:
        """Let a unit be called what it was, unless another is called that."""
        told = unit.first(element)
        if told is not None and self._is_free(column, told):
            return
        if told is None:
            row[column] = f"{unit.slag}-{self._mark(unit)}"
            return
        self.tell(unit, "I13", element, told, row["system_id"])
        row[column] = f"{told}/{self._mark(unit)}"
        self._keep_old(row, element, told)

    def _mark(self, unit: Lest) -> str:
        """Give a short mark of a place in the extraction."""
        told = f"{self._oppdrag.digest}/{unit.nr}"
        return hashlib.sha256(told.encode()).hexdigest()[:10]

    def _make_registrering(self, unit: Lest, above: Plass | None) -> Plass | None:
        if above is None or above.unit.slag not in _ABOVE["registrering"]:
            return None
        type_ = self._type(unit)
        row = self._row(unit, type_, above, self._id(unit))
        row[_ABOVE["registrering"][above.unit.slag]] = above.system_id
        row["referanse_arkivdel"] = self._named_arkivdel(unit, row) or above.arkivdel
        if unit.first("registreringsID") is None:
            row["registrerings_id"] = self._free_id(unit, row, above)
        else:
            self._name(unit, row, "registrerings_id", "registreringsID")
        if type_ == "journalpost":
            self._number(unit, row, above)
        if unit.nr in self._renamed:
            self._keep_old(row, "systemID", unit.first("systemID"))
        self._screen(row, above, self._period(above))
        return self._place(unit, row, above)

    def _named_arkivdel(self, unit: Lest, row: Row) -> UUID | None:
        told = unit.first("referanseArkivdel")
        if told is None:
            return None
        place = self._arkivdel_called(told)
        if place is None or place.system_id is None:
            self.tell(unit, "I40", "referanseArkivdel", told, row["system_id"])
            return None
        return place.system_id

    def _free_id(self, unit: Lest, row: Row, above: Plass) -> str:
        """Number a registrering that was not called anything."""
        number = row.get("journalpostnummer") or unit.nr
        name = f"{above.row.get('mappe_id', 'R')}-{number}"
        return name if self.is_new("registrerings_id", name) else f"{name}/{self._mark(unit)}"

    def _number(self, unit: Lest, row: Row, above: Plass) -> None:
        """Let an entry keep its numbers, unless another has them (M014, M015)."""
        aar, told = row["journalaar"], row["journalsekvensnummer"]
        if not self._is_free("journal", f"{aar}/{told}"):
            self.tell(unit, "I13", "journalsekvensnummer", f"{aar}/{told}", row["system_id"])
            self._keep_old(row, "journalsekvensnummer", str(told))
            row["journalsekvensnummer"] = self._next_in_journal(aar)
        posts, number = self._posts.setdefault(above.unit.nr, set()), row["journalpostnummer"]
        if number in posts:
            self.tell(unit, "I13", "journalpostnummer", str(number), row["system_id"])
            self._keep_old(row, "journalpostnummer", str(number))
            row["journalpostnummer"] = self._next_post(above, posts)
        posts.add(row["journalpostnummer"])
        if row["journalstatus"]["kode"] in NEVER_DELETED:
            row["har_vaert_journalfoert"] = True

    def _next_in_journal(self, aar: int) -> int:
        """Give the first number of a year that nothing has, here or in the extraction."""
        highest = max(self._lager.hoeyeste.get(aar, 0), self._taken.hoeyeste.get(aar, 0))
        self._next[aar] = max(self._next.get(aar, 0), highest) + 1
        return self._next[aar]

    def _next_post(self, above: Plass, posts: set[int]) -> int:
        """Give the first number of a mappe that nothing in it has."""
        entries = self._lager.below(above.unit.nr, "registrering")
        told = (one.first("journalpostnummer") or "" for one in entries)
        return max([*posts, *(int(one) for one in told if one.isdecimal())]) + 1

    def _make_dokumentbeskrivelse(self, unit: Lest, above: Plass | None) -> Plass | None:
        if above is None or above.unit.slag != "registrering":
            return None
        row = self._row(unit, "dokumentbeskrivelse", above, self._id(unit))
        if unit.nr in self._renamed:
            self._keep_old(row, "systemID", unit.first("systemID"))
        self._screen(row, above)
        self._attach(row, above)
        return self._place(unit, row, above)

    def _attach(self, row: Row, above: Plass) -> None:
        pair = {
            "registrering_ref": above.system_id,
            "dokumentbeskrivelse_ref": row["system_id"],
        }
        self.result.rader[attachments].append(pair)

    def _make_dokumentobjekt(self, unit: Lest, above: Plass | None) -> Plass | None:
        if above is None or above.unit.slag not in _ABOVE["dokumentobjekt"]:
            return None
        document = above.system_id
        if above.unit.slag == "registrering":
            document = self._document_for(unit, above)
        row = self._row(unit, "dokumentobjekt", above, self._id(unit))
        row["dokumentbeskrivelse_ref"] = document
        self._give_format(unit, row)
        self._refer_to_file(unit, row)
        return self._place(unit, row, above)

    def _document_for(self, unit: Lest, above: Plass) -> UUID:
        """Make a document for the files right under a registrering (versions 3.1 and 4.0)."""
        if above.dokument is not None:
            return above.dokument
        system_id = uuid5(_NAMESPACE, f"{self._oppdrag.digest}/{above.unit.nr}/dokument")
        self.tell(unit, "I38", "", None, system_id)
        held = {
            name: [value]
            for name in ("tittel", "opprettetDato", "opprettetAv", "tilknyttetDato")
            if (value := above.unit.first(name))
        }
        held["tilknyttetDato"] = held.get("opprettetDato", [])
        held["tilknyttetAv"] = held.get("opprettetAv", [])
        held["dokumentnummer"] = ["1"]
        held["dokumentstatus"] = ["Dokumentet er ferdigstilt"]
        held["dokumenttype"] = ["Brev"]
        held["tilknyttetRegistreringSom"] = ["Hoveddokument"]
        made = Lest(unit.nr, unit.over, "dokumentbeskrivelse", "", unit.linje, held)
        row = self._row(made, "dokumentbeskrivelse", above, system_id)
        self._screen(row, above)
        self._attach(row, above)
        self._open[-1] = replace(above, dokument=system_id)
        return system_id

    def _give_format(self, unit: Lest, row: Row) -> None:
        """Find what a file is by what was said of its format, or keep the words (M701, M702).

        That it is called after the end of its file's name, is no more than the name says.
        """
        told, details = unit.first("format"), unit.first("formatDetaljer")
        end = (unit.first("referanseDokumentfil") or "").rpartition(".")[2]
        if told is not None and told.casefold() == end.casefold():
            told = None
        row["format_detaljer"] = details
        puid, _, rest = (details or "").partition(" ")
        known = self.koder.find(FORMAT.name, puid) if puid else None
        if known is not None and known["kode"] == puid:
            row["format"] = known
            row["format_detaljer"] = rest.removeprefix(known.get("kodenavn", "")).strip() or None
            if told is not None:
                self.tell(unit, "I33", "format", told, row["system_id"])
            return
        found = self.koder.find(FORMAT.name, told) if told else None
        row["format"] = found or self.koder.default(FORMAT.name, "av/0")
        if found is None and told is not None:
            row["format_detaljer"] = details or told
            if details is not None:
                self.tell(unit, "I33", "format", told, row["system_id"])

    def _refer_to_file(self, unit: Lest, row: Row) -> None:
        told = unit.first("referanseDokumentfil")
        size = unit.first("filstoerrelse")
        row["filnavn"] = (told or "").replace("\\", "/").rpartition("/")[2] or None
        if told is None:
            if row.get("sjekksum") is not None:
                self.tell(unit, "I50", "referanseDokumentfil", None, row["system_id"])
            return
        place = f"dokumentobjekt[{row['system_id']}]"
        self.result.filer.append(
            Filreferanse(
                row,
                told,
                unit.linje,
                place,
                row.get("sjekksum"),
                row.get("sjekksum_algoritme"),
                size,
            )
        )

    # -- what is part of them

    def _owned(self, unit: Lest, above: Plass | None) -> Row | None:
        if above is None or above.unit.slag not in _ABOVE[unit.slag]:
            return None
        row = self._row(unit, unit.slag, above, self._part_id(unit))
        if column := _ABOVE[unit.slag][above.unit.slag]:
            row[column] = above.system_id
        return row

    def _make_part(self, unit: Lest, above: Plass | None) -> Plass | None:
        return self._party(unit, above, "partNavn")

    def _make_korrespondansepart(self, unit: Lest, above: Plass | None) -> Plass | None:
        return self._party(unit, above, "korrespondansepartNavn")

    def _party(self, unit: Lest, above: Plass | None, name: str) -> Plass | None:
        if above is None or above.unit.slag not in _ABOVE[unit.slag]:
            return None
        system_id = self._part_id(unit)

        def meld(kode: str, element: str, value: str | None) -> None:
            self.tell(unit, kode, element, value, system_id)

        form = forms()[unit.slag]
        row = read_row(unit, form, self.koder, meld)
        kind = kind_of_party(unit, name)
        row |= contact_of(unit, kind, self.koder, meld)
        resource = CATALOG.by_name[f"{unit.slag}{kind}"]
        row["system_id"], row["version"], row["type"] = system_id, 1, resource.name
        row[_ABOVE[unit.slag][above.unit.slag]] = above.system_id
        if kind != "intern":
            row["navn"] = unit.first(name)
        if not (row.get("personidentifikator") or row.get("enhetsidentifikator")):
            self._keep_old(row, "partID", unit.first("partID"))
        made = above.row.get("opprettet_dato") or self._oppdrag.naa
        complete(row, resource, form, self._oppdrag.innlesing, made, self.koder, meld)
        self._add(resource, row)
        return Plass(unit, system_id, row=row)

    def _make_merknad(self, unit: Lest, above: Plass | None) -> Plass | None:
        row = self._owned(unit, above)
        return None if row is None else Plass(unit, row["system_id"], row=row)

    _make_dokumentflyt = _make_merknad
    _make_moetedeltaker = _make_merknad
    _make_konvertering = _make_merknad

    def _make_presedens(self, unit: Lest, above: Plass | None) -> Plass | None:
        row = self._owned(unit, above)
        if row is None or above is None:
            return None
        owner = above.unit.slag
        pair = {f"{owner}_ref": above.system_id, "presedens_ref": row["system_id"]}
        self.result.rader[Base.metadata.tables[f"{owner}_presedens"]].append(pair)
        return Plass(unit, row["system_id"], row=row)

    def _make_avskrivning(self, unit: Lest, above: Plass | None) -> Plass | None:
        """Write an entry off; what another answers waits until all of them are there."""
        if unit.first("referanseAvskrivesAvJournalpost"):
            return Plass(unit, self._part_id(unit))
        row = self._owned(unit, above)
        return None if row is None else Plass(unit, row["system_id"], row=row)

    def _make_kryssreferanse(self, unit: Lest, above: Plass | None) -> Plass | None:
        """Refer to nothing yet: `henvisning.py` does when all units are there."""
        return Plass(unit, self._part_id(unit)) if above is not None else None
