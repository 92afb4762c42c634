"""Units of an extraction as rows: where each is, what it says, and whether its names are free."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Table

from sakark_api.innlesing.avvik import Avvik
from sakark_api.innlesing.felt import Form, forms
from sakark_api.innlesing.filreferanse import Filreferanse, file_of, give_format
from sakark_api.innlesing.kode import Koder
from sakark_api.innlesing.meldingsform import EKSTERN, forms_of_message
from sakark_api.innlesing.mellomlager import Lest, Mellomlager
from sakark_api.innlesing.navn import Navn, Oppdrag, Opptatt, case_called
from sakark_api.innlesing.nummer import number_by_name
from sakark_api.innlesing.partopplysning import contact_of, kind_of_party
from sakark_api.innlesing.plass import Plass, slim
from sakark_api.innlesing.plassering import HEADS, Plassering, keys_of
from sakark_api.innlesing.rad import Row, complete, is_whole, read_row
from sakark_api.innlesing.verdi import UKJENT
from sakark_api.noark.arkivstruktur.dokumentbeskrivelse import attachments
from sakark_api.noark.catalog import CATALOG
from sakark_api.noark.model import Base, has_kinds, table_of
from sakark_api.noark.names import to_wire
from sakark_api.noark.resource import Resource
from sakark_api.noark.sakarkiv.journalpost import NEVER_DELETED

__all__ = ["STRUKTUR", "Omforming", "Resultat"]

STRUKTUR: Final = ("arkiv", "arkivskaper", "arkivdel", "klassifikasjonssystem")
"""What is made first: the rest may refer to any of it."""
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
    "nasjonalidentifikator": {one: f"{one}_ref" for one in ("mappe", "registrering")},
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


@dataclass
class Resultat:
    """What came of some units."""

    rader: dict[Table, list[Row]] = field(default_factory=lambda: defaultdict(list))
    avvik: list[Avvik] = field(default_factory=list)
    filer: list[Filreferanse] = field(default_factory=list)
    egne_felt: set[str] = field(default_factory=set)


class Omforming:
    """Makes rows of units, in order, and remembers where it is."""

    def __init__(
        self,
        lager: Mellomlager,
        koder: Koder,
        oppdrag: Oppdrag,
        plassering: Plassering | None = None,
    ) -> None:
        self._lager, self.koder, self._oppdrag = lager, koder, oppdrag
        self._plassering = plassering
        self._forms: Mapping[str, Form] = forms() if plassering is None else forms_of_message()
        self._mapper: dict[int, Plass] = {}
        self._open: list[Plass] = []
        self._structure: dict[int, Plass] = {}
        self.navn = Navn(lager, oppdrag, self.tell)
        self.result = Resultat()
        self.arkivdeler: list[UUID] = []

    def take(self, units: Sequence[Lest], opptatt: Opptatt) -> Resultat:
        """Make rows of units; they come after those taken before."""
        self.result = Resultat()
        self.navn.begin(units, opptatt)
        for unit in units:
            self._take(unit)
        self.navn.end()
        return self.result

    def begin(self) -> None:
        """Begin a new result, for what comes after the units."""
        self.result = Resultat()
        self.navn.begin([], Opptatt())

    def tell(
        self, unit: Lest, kode: str, name: str, value: str | None, enhet: UUID | None = None
    ) -> None:
        """Tell of a fault of a unit: its number, the element, and what stood there."""
        told = unit.first("systemID")
        place = f"{unit.slag}[{told or unit.nr}]{f'/{name}' if name else ''}"
        self.result.avvik.append(Avvik(kode, self._oppdrag.fil, unit.linje, place, value, enhet))

    def add_made(
        self, resource: Resource[Any], unit: Lest, above: Lest, columns: Row, mark: str
    ) -> None:
        """Make a row of what has no fields of its own; it is as old as what it is of."""
        row: Row = {**columns, "version": 1}
        row["system_id"] = self.navn.part_id(unit, mark)
        made = read_row(above, self._forms[above.slag], self.koder, lambda *_: None)
        for name in ("opprettet_dato", "opprettet_av"):
            row[name] = made.get(name)
        row["opprettet_dato"] = row["opprettet_dato"] or self._oppdrag.naa
        row["opprettet_av"] = row["opprettet_av"] or self._oppdrag.avsender
        row["referanse_opprettet_av"] = self._oppdrag.innlesing
        self._add(resource, row)

    def part_of(self, unit: Lest, above: Lest, owner: UUID) -> Row:
        """Make a row of what is part of a unit that is there already."""
        place = Plass(above, owner)
        row = self._row(unit, unit.slag, place, self.navn.part_id(unit))
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
                self._let_be_nothing(unit)
                self._keep(unit, self._why_not(unit, is_known=make is not None))
        place = place or Plass(unit, finnes=self._was_before(unit))
        if unit.slag in STRUKTUR:
            self._structure[unit.nr] = place
        self._open.append(place)

    def _above(self, unit: Lest) -> Plass | None:
        """Find what a unit is right in; what is in a value or in something unknown, is nowhere."""
        while self._open and self._open[-1].unit.nr > (unit.over or 0):
            self.navn.close(self._open.pop().unit)
        if self._plassering is not None and unit.over is None:
            return self._plassering.place_of(unit, self._mapper)
        if not self._open or self._open[-1].unit.nr != unit.over:
            return self._structure.get(unit.over or 0)
        found = self._open[-1]
        if found.finnes and unit.slag not in HEADS:
            return None
        return found if found.system_id is not None else None

    def _let_be_nothing(self, unit: Lest) -> None:
        """Remember that a unit is none here, or which of the kommune's it is."""
        known = self._plassering.known(unit) if self._plassering is not None else None
        self.navn.is_known(unit, known.system_id if known is not None else None)

    def _why_not(self, unit: Lest, *, is_known: bool) -> str:
        """Say why a unit is none here: it, or what it is in, was before; or it has no place."""
        if not is_known:
            return "I35"
        return "I14" if self._was_before(unit) else "I36"

    def _was_before(self, unit: Lest) -> bool:
        """Tell whether the kommune had a unit of a message, or what the unit is in."""
        if self._plassering is None:
            return False
        is_inside = unit.over is not None and bool(self._open) and self._open[-1].finnes
        return is_inside or self._plassering.known(unit) is not None

    def _use_known(self, unit: Lest) -> Plass | None:
        """Use a mappe that the kommune has, as it is; what the message says of it is kept."""
        known = self._plassering.known(unit) if self._plassering is not None else None
        if known is None:
            return None
        self._keep(unit, "I14")
        self.navn.is_known(unit, known.system_id)
        return replace(known, unit=unit)

    def _keep(self, unit: Lest, kode: str) -> None:
        """Keep all that a unit says which cannot be one here; first, that it was there."""
        self.tell(unit, kode, "", None)
        for name, value in unit.values():
            self.tell(unit, kode, name, value)

    def _add(self, resource: Resource[Any], row: Row) -> Row:
        self.result.rader[table_of(resource.model)].append(row)
        return row

    def _row(self, unit: Lest, type_: str, above: Plass | None, system_id: UUID) -> Row:
        """Read a unit, complete it and put it into the result."""
        form, resource = self._forms[type_], CATALOG.by_name[type_]

        def meld(kode: str, name: str, value: str | None) -> None:
            if name != "referanseArkivdel" or not self._is_own_arkivdel(value, above):
                self.tell(unit, kode, name, value, system_id)

        row = read_row(unit, form, self.koder, meld)
        row["system_id"], row["version"] = system_id, 1
        if has_kinds(table_of(resource.model)):
            row["type"] = resource.name
        if row.get("opprettet_dato") is None and above is not None and not above.finnes:
            made = above.row.get("opprettet_dato")
        else:
            made = row.get("opprettet_dato")
        complete(
            row,
            resource,
            form,
            self._oppdrag,
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
        called = (one for one in self._periods() if one.unit.first("systemID") == told)
        return next(called, None)

    def _periods(self) -> Iterable[Plass]:
        """List the arkivdeler that units are in."""
        if self._plassering is not None:
            return self._plassering.arkivdeler.values()
        return [one for one in self._structure.values() if one.unit.slag == "arkivdel"]

    def _type(self, unit: Lest) -> str:
        """Tell what a unit is, by what it says or else by its fields."""
        told = CATALOG.by_name.get(unit.type)
        if told is not None and told.root.name == unit.slag != unit.type:
            return unit.type
        shown = (kind for name, kind in _TYPES.get(unit.slag, ()) if unit.first(name))
        found = next(shown, unit.slag)
        if found != unit.slag or unit.type not in (unit.slag, found):
            self.tell(unit, "I37", "xsi:type", unit.type)
        return found

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
        return replace(
            above, unit=unit, system_id=row["system_id"], row=row, dokument=None, finnes=False
        )

    def _make_arkiv(self, unit: Lest, above: Plass | None) -> Plass:
        row = self._row(unit, "arkiv", above, self.navn.id_of(unit))
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
        row = self._row(unit, "arkivskaper", above, self.navn.part_id(unit))
        row["opprettet_dato"] = above.row["opprettet_dato"]
        row["opprettet_av"] = above.row["opprettet_av"]
        pair = {"arkivskaper_ref": row["system_id"], "arkiv_ref": above.system_id}
        self.result.rader[Base.metadata.tables["arkivskaper_arkiv"]].append(pair)
        return Plass(unit, row["system_id"], row=row)

    def _make_arkivdel(self, unit: Lest, above: Plass | None) -> Plass | None:
        if above is None or above.unit.slag != "arkiv":
            return None
        row = self._row(unit, "arkivdel", above, self.navn.id_of(unit))
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
        row = self._row(unit, "klassifikasjonssystem", above, self.navn.id_of(unit))
        first = above.row.setdefault("klassifikasjonssystem_ref", row["system_id"])
        if first != row["system_id"]:
            pair = {"primaer_ref": first, "sekundaer_ref": row["system_id"]}
            pairs = Base.metadata.tables["sekundaerklassifikasjonssystem"]
            self.result.rader[pairs].append(pair)
        return Plass(unit, row["system_id"], above.arkivdel, row["system_id"], row)

    def _make_klasse(self, unit: Lest, above: Plass | None) -> Plass | None:
        if above is None or above.unit.slag not in _ABOVE["klasse"]:
            return None
        row = self._row(unit, "klasse", above, self.navn.id_of(unit))
        row["klassifikasjonssystem_ref"] = above.system
        row["overklasse_ref"] = above.system_id if above.unit.slag == "klasse" else None
        if not self.navn.is_new("klasse_id", f"{above.system}/{row['klasse_id']}"):
            self.tell(unit, "I13", "klasseID", row["klasse_id"], row["system_id"])
            row["klasse_id"] = f"{row['klasse_id']}/{self.navn.mark(unit)}"
        self._screen(row, above if above.unit.slag == "klasse" else None)
        return self._place(unit, row, above)

    def _make_mappe(self, unit: Lest, above: Plass | None) -> Plass | None:
        known = self._use_known(unit)
        if known is not None:
            self._mapper[unit.nr] = known
            return known
        if above is None or above.unit.slag not in _ABOVE["mappe"]:
            return None
        type_ = self._type(unit)
        row = self._row(unit, type_, above, self.navn.id_of(unit))
        row[_ABOVE["mappe"][above.unit.slag]] = above.system_id
        row["effektiv_arkivdel"] = above.arkivdel
        self._name(unit, row, "mappe_id", "mappeID")
        if self._oppdrag.er_melding and type_ == "saksmappe":
            self._number_case(unit, row)
        if self.navn.is_renamed(unit):
            self._keep_old(row, "systemID", unit.first("systemID"))
        self._screen(row, above, self._period(above))
        place = self._place(unit, row, above)
        if self._plassering is not None:
            self._put(unit, row)
            self._mapper[unit.nr] = replace(place, row=slim(row))
        return place

    def _put(self, unit: Lest, row: Row) -> None:
        """Keep what a unit of a message is called where it came from, and what was not found."""
        assert self._plassering is not None  # noqa: S101  asked of messages only
        for name in EKSTERN:
            self._keep_old(row, name, unit.first(f"referanseEksternNoekkel/{name}"))
        for kode, name, value in self._plassering.faults(unit):
            self.tell(unit, kode, name, value, row["system_id"])
        for klasse in self._plassering.beside(unit):
            pair = {"klasse_ref": klasse, "mappe_ref": row["system_id"]}
            self.result.rader[Base.metadata.tables["klasse_mappe"]].append(pair)

    def _period(self, above: Plass) -> Plass | None:
        """Find the arkivdel that a place is in."""
        return next((one for one in self._periods() if one.system_id == above.arkivdel), None)

    def _name(self, unit: Lest, row: Row, column: str, element: str) -> None:
        """Let a unit be called what it was, unless another is called that."""
        told = unit.first(element)
        if told is not None and self.navn.is_free(column, told):
            return
        if told is None:
            is_given = self._oppdrag.er_melding
            row[column] = None if is_given else f"{unit.slag}-{self.navn.mark(unit)}"
            return
        self.tell(unit, "I13", element, told, row["system_id"])
        is_given = self._oppdrag.er_melding
        row[column] = None if is_given else f"{told}/{self.navn.mark(unit)}"
        self._keep_old(row, element, told)

    def _number_case(self, unit: Lest, row: Row) -> None:
        """Let a case of a message keep its number, unless the name that goes with it is taken."""
        called = case_called(unit)
        if row["mappe_id"] is not None:
            number_by_name(row)
        elif called is not None and unit.first("mappeID") is None:
            row["mappe_id"] = called if self.navn.is_free("mappe_id", called) else None
        if row["mappe_id"] is None and called is not None:
            self.tell(unit, "I13", "sakssekvensnummer", called, row["system_id"])
            self._keep_old(row, "sakssekvensnummer", str(row["sakssekvensnummer"]))
            row["sakssekvensnummer"] = None

    def _make_registrering(self, unit: Lest, above: Plass | None) -> Plass | None:
        if above is None or above.unit.slag not in _ABOVE["registrering"]:
            return None
        if self._plassering is not None and self._plassering.known(unit) is not None:
            return None
        type_ = self._type(unit)
        row = self._row(unit, type_, above, self.navn.id_of(unit))
        row[_ABOVE["registrering"][above.unit.slag]] = above.system_id
        row["referanse_arkivdel"] = self._named_arkivdel(unit, row) or above.arkivdel
        if unit.first("registreringsID") is None and not self._oppdrag.er_melding:
            row["registrerings_id"] = self._free_id(unit, row, above)
        else:
            self._name(unit, row, "registrerings_id", "registreringsID")
        if type_ == "journalpost":
            self._number(unit, row, above)
        if self.navn.is_renamed(unit):
            self._keep_old(row, "systemID", unit.first("systemID"))
        self._screen(row, above, self._period(above))
        if self._plassering is not None:
            self._put(unit, row)
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
        return (
            name if self.navn.is_new("registrerings_id", name) else f"{name}/{self.navn.mark(unit)}"
        )

    def _number(self, unit: Lest, row: Row, above: Plass) -> None:
        """Let an entry keep its numbers, unless another has them (M014, M015)."""
        is_given = self._oppdrag.er_melding
        aar, told = row["journalaar"], row.get("journalsekvensnummer")
        if told is not None and not self.navn.is_free("journal", f"{aar}/{told}"):
            self.tell(unit, "I13", "journalsekvensnummer", f"{aar}/{told}", row["system_id"])
            self._keep_old(row, "journalsekvensnummer", str(told))
            row["journalsekvensnummer"] = None if is_given else self.navn.next_in_journal(aar)
        number = row.get("journalpostnummer")
        if number is not None and not self._take_post(unit, above, number):
            self.tell(unit, "I13", "journalpostnummer", str(number), row["system_id"])
            self._keep_old(row, "journalpostnummer", str(number))
            row["journalpostnummer"] = None if is_given else self.navn.next_post(above.unit)
        if row["journalstatus"]["kode"] in NEVER_DELETED:
            row["har_vaert_journalfoert"] = True

    def _take_post(self, unit: Lest, above: Plass, number: int) -> bool:
        """Take a number in a mappe into use, unless an entry there has it (M015)."""
        if self._plassering is not None and self._plassering.has_taken_number(unit):
            return False
        return self.navn.take_post(above.unit, number)

    def _make_dokumentbeskrivelse(self, unit: Lest, above: Plass | None) -> Plass | None:
        if above is None or above.unit.slag != "registrering":
            return None
        row = self._row(unit, "dokumentbeskrivelse", above, self.navn.id_of(unit))
        if self.navn.is_renamed(unit):
            self._keep_old(row, "systemID", unit.first("systemID"))
        if self._oppdrag.er_melding:
            row["dokumentnummer"] = self.navn.document_number(above.unit, row.get("dokumentnummer"))
            for name in EKSTERN:
                self._keep_old(row, name, unit.first(f"referanseEksternNoekkel/{name}"))
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
        row = self._row(unit, "dokumentobjekt", above, self.navn.id_of(unit))
        row["dokumentbeskrivelse_ref"] = document

        def meld(kode: str, name: str, value: str | None) -> None:
            self.tell(unit, kode, name, value, row["system_id"])

        give_format(unit, row, self.koder, meld)
        if (file := file_of(unit, row, meld)) is not None:
            self.result.filer.append(file)
        return self._place(unit, row, above)

    def _document_for(self, unit: Lest, above: Plass) -> UUID:
        """Make a document for the files right under a registrering (versions 3.1 and 4.0)."""
        if above.dokument is not None:
            return above.dokument
        system_id = self.navn.part_id(above.unit, "dokument")
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

    def _owned(self, unit: Lest, above: Plass | None) -> Row | None:
        if above is None or above.unit.slag not in _ABOVE[unit.slag]:
            return None
        row = self._row(unit, unit.slag, above, self.navn.part_id(unit))
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
        system_id = self.navn.part_id(unit)

        def meld(kode: str, element: str, value: str | None) -> None:
            self.tell(unit, kode, element, value, system_id)

        form = self._forms[unit.slag]
        row = read_row(unit, form, self.koder, meld)
        kind = kind_of_party(unit, name)
        row |= contact_of(unit, kind, self.koder, meld)
        resource = CATALOG.by_name[f"{unit.slag}{kind}"]
        row["system_id"], row["version"], row["type"] = system_id, 1, resource.name
        row[_ABOVE[unit.slag][above.unit.slag]] = above.system_id
        if kind != "intern":
            row["navn"] = unit.first(name)
        is_told = row.get("personidentifikator") or row.get("enhetsidentifikator")
        if not is_told or any(unit.first(one) for one in ("organisasjonsnummer", "personnummer")):
            self._keep_old(row, "partID", unit.first("partID"))
        made = above.row.get("opprettet_dato") or self._oppdrag.naa
        complete(row, resource, form, self._oppdrag, made, self.koder, meld)
        self._add(resource, row)
        return Plass(unit, system_id, row=row)

    def _make_merknad(self, unit: Lest, above: Plass | None) -> Plass | None:
        row = self._owned(unit, above)
        return None if row is None else Plass(unit, row["system_id"], row=row)

    _make_dokumentflyt = _make_merknad
    _make_moetedeltaker = _make_merknad
    _make_konvertering = _make_merknad

    def _make_nasjonalidentifikator(self, unit: Lest, above: Plass | None) -> Plass | None:
        """Say what a unit is about, by a number in a register; what is no whole number is kept."""
        if above is None or above.unit.slag not in _ABOVE[unit.slag]:
            return None
        form = self._forms[unit.type]
        row = read_row(unit, form, self.koder, lambda *_: None)
        if not is_whole(form, row):
            self.navn.is_nothing(unit)
            self._keep(unit, "I39")
            return Plass(unit)
        row = self._row(unit, unit.type, above, self.navn.part_id(unit))
        row[_ABOVE[unit.slag][above.unit.slag]] = above.system_id
        return Plass(unit, row["system_id"], row=row)

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
        if keys_of(unit, "referanseAvskrivesAvJournalpost"):
            return Plass(unit, self.navn.part_id(unit))
        row = self._owned(unit, above)
        return None if row is None else Plass(unit, row["system_id"], row=row)

    def _make_kryssreferanse(self, unit: Lest, above: Plass | None) -> Plass | None:
        """Refer to nothing yet: `henvisning.py` does when all units are there."""
        return Plass(unit, self.navn.part_id(unit)) if above is not None else None
