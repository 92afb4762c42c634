"""Filling a kommune with units, a plan and cases with real PDFs, as its own users would."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

import anyio.to_thread

from sakark_api.noark.model import TenantRow
from sakark_api.noark.resource import Change, StoredFile
from sakark_api.noark.structure import Catalog
from sakark_api.noark.values import wire_time
from sakark_api.rest.commands import Commands
from sakark_api.rest.schema import Schemas, parse_values
from sakark_api.storage.documents import Documents

__all__ = ["Case", "Seeder", "make_case", "make_structure", "make_units", "store_letters"]

UNITS: Final = ("Kommunedirektøren", "Plan og bygg", "Oppvekst", "Helse og omsorg", "Teknisk drift")

# A small plan in the manner of the K-codes: kode, title, kode of the class above.
PLAN: Final = (
    ("0", "Organisasjon og administrasjon", None),
    ("03", "Arkiv og dokumentasjon", "0"),
    ("033", "Innsyn", "03"),
    ("1", "Økonomi", None),
    ("10", "Budsjett og regnskap", "1"),
    ("104", "Regnskap", "10"),
    ("2", "Stillinger og personell", None),
    ("22", "Stillinger", "2"),
    ("221", "Tilsetting", "22"),
    ("A", "Oppvekst", None),
    ("A1", "Barnehager", "A"),
    ("A10", "Opptak til barnehage", "A1"),
    ("F", "Helse og sosiale tjenester", None),
    ("F1", "Hjemmetjenester", "F"),
    ("L", "Bygging og planlegging", None),
    ("L1", "Planlegging", "L"),
    ("L12", "Reguleringsplaner", "L1"),
    ("L4", "Byggesaker", "L"),
    ("L42", "Byggetillatelser", "L4"),
    ("Q", "Samferdsel", None),
    ("Q1", "Kommunale veger", "Q"),
    ("Q10", "Drift av veger", "Q1"),
)


@dataclass(frozen=True)
class Case:
    """A case with one letter in it: from whom, about what, and of which class."""

    tittel: str
    kode: str
    brev: str
    avsender: str
    dag: datetime


def letter(case: Case, kommune: str) -> bytes:
    """Make a small real PDF of a letter."""
    # Here, because it takes 20 MB that a process without sandboxes does not need.
    from fpdf import FPDF

    pdf = FPDF()
    pdf.set_creation_date(case.dag)
    pdf.add_page()
    pdf.set_font("helvetica", size=12)
    for line in (
        f"Fra: {case.avsender}",
        f"Til: {kommune}",
        f"Dato: {case.dag:%d.%m.%Y}",
        "",
        case.brev,
        "",
        "Vi viser til saken og ber om at den blir behandlet.",
    ):
        pdf.cell(0, 8, line, new_x="LMARGIN", new_y="NEXT")
    return bytes(pdf.output())


async def store_letters(
    documents: Documents, folder: str, cases: Sequence[Case], kommune: str
) -> list[StoredFile]:
    """Store the letter of each case under `folder`; the work of making it is a thread's."""
    return [
        await _store(
            documents, folder, await anyio.to_thread.run_sync(letter, case, kommune), case.brev
        )
        for case in cases
    ]


async def _store(documents: Documents, folder: str, data: bytes, title: str) -> StoredFile:
    async def body() -> AsyncIterator[bytes]:
        yield data

    unique = uuid4().hex
    stored = await documents.put(f"{folder}/{unique[:2]}/{unique}", body(), temporary=True)
    return StoredFile(stored.key, stored.size, stored.sha256, "application/pdf", f"{title}.pdf")


class Seeder:
    """Makes units in one transaction, by the same commands that serve requests."""

    def __init__(self, catalog: Catalog, change: Change) -> None:
        self._catalog = catalog
        self._schemas = Schemas(catalog)
        self._commands = Commands(catalog, self._schemas)
        self.change = change

    def make(self, name: str, body: Mapping[str, Any], owner: TenantRow | None = None) -> TenantRow:
        """Make a unit from a body as it would be sent, under the owner when there is one."""
        made = self._catalog.by_name[name]
        parsed = parse_values(self._schemas.making(made), body)
        if owner is None:
            return self._commands.make(self.change, made, parsed, None, None)
        holder = self._catalog.by_name[type(owner).__name__.lower()]
        offer = next(offer for offer in self._catalog.offers(holder) if offer.made is made)
        return self._commands.make(self.change, made, parsed, (holder, owner.system_id), offer)

    def file(self, unit: TenantRow, stored: StoredFile) -> None:
        resource = self._catalog.by_name[type(unit).__name__.lower()]
        door = self._catalog.takes_files(resource)
        assert door is not None  # noqa: S101  documents take files
        self._commands.receive_file(self.change, resource, unit.system_id, door, stored)


def make_units(seeder: Seeder) -> list[tuple[UUID, str]]:
    """Make the administrative units; give each one's systemID and name."""
    units = [
        seeder.make(
            "administrativenhet",
            {"administrativEnhetNavn": name, "administrativEnhetsstatus": "Aktiv"},
        )
        for name in UNITS
    ]
    return [(unit.system_id, name) for unit, name in zip(units, UNITS, strict=True)]


def make_structure(seeder: Seeder, skaper_id: str, navn: str) -> dict[str, TenantRow]:
    """Make arkivskaper, arkiv, arkivdel and plan; give the classes by kode."""
    skaper = seeder.make("arkivskaper", {"arkivskaperID": skaper_id, "arkivskaperNavn": navn})
    arkiv = seeder.make("arkiv", {"tittel": f"{navn} sakarkiv"}, skaper)
    arkivdel = seeder.make("arkivdel", {"tittel": "Sakarkiv 2026–"}, arkiv)
    system = seeder.make(
        "klassifikasjonssystem",
        {"tittel": "K-koder", "klassifikasjonstype": {"kode": "KK"}},
        arkivdel,
    )
    classes: dict[str, TenantRow] = {}
    for kode, title, above in PLAN:
        owner = classes[above] if above else system
        classes[kode] = seeder.make("klasse", {"klasseID": kode, "tittel": title}, owner)
    seeder.make("mappe", {"tittel": "Uten klasse"}, arkivdel)
    return classes


def make_case(
    seeder: Seeder, klasse: TenantRow, enhet: tuple[UUID, str], case: Case, file: StoredFile
) -> TenantRow:
    """Make a case with its journalpost, sender and document; give the case."""
    sak = seeder.make(
        "saksmappe",
        {
            "tittel": case.tittel,
            "administrativEnhet": enhet[1],
            "referanseAdministrativEnhet": str(enhet[0]),
            "saksdato": wire_time(case.dag),
        },
        klasse,
    )
    post = seeder.make(
        "journalpost",
        {
            "tittel": case.brev,
            "dokumentetsDato": wire_time(case.dag),
            "mottattDato": wire_time(case.dag),
            "korrespondansepartperson": [
                {"navn": case.avsender, "korrespondanseparttype": {"kode": "EA"}}
            ],
        },
        sak,
    )
    seeder.file(seeder.make("dokumentbeskrivelse", {"tittel": case.brev}, post), file)
    return sak
