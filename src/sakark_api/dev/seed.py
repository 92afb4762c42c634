"""Demo municipalities: structure, plan, units, users and a handful of cases with real PDFs."""

import random
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID, uuid4

from fpdf import FPDF
from sqlalchemy import Table, exists, insert, select
from sqlalchemy.orm import Session

from sakark_api.dev.identity import demo_users
from sakark_api.noark.model import Base, TenantRow
from sakark_api.noark.resource import Actor, Change, StoredFile
from sakark_api.noark.structure import Catalog
from sakark_api.noark.values import wire_time
from sakark_api.rest.commands import Commands
from sakark_api.rest.schema import Schemas, parse_values
from sakark_api.storage.documents import Documents
from sakark_api.tenancy.session import Writer

__all__ = ["DEMO", "Demo", "seed_kommune"]


@dataclass(frozen=True)
class Demo:
    """A demo municipality, as the registry knows it."""

    slug: str
    navn: str
    kommunenummer: str
    organisasjonsnummer: str
    maalform: str = "nb"


DEMO: Final = (
    Demo("molde", "Molde kommune", "1506", "921221967"),
    Demo("vestnes", "Vestnes kommune", "1535", "939901965", "nn"),
    Demo("rauma", "Rauma kommune", "1539", "864981062"),
    Demo("aukra", "Aukra kommune", "1547", "964981426", "nn"),
    Demo("midsund", "Midsund kommune", "1545", "864981372"),
)

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

CASES: Final = (
    ("Søknad om oppføring av garasje, Fjordvegen 12", "L42", "Søknad om tillatelse til tiltak"),
    ("Reguleringsplan for Nedre Øra", "L12", "Merknad til planforslag"),
    ("Opptak til barnehage 2027", "A10", "Søknad om barnehageplass"),
    ("Tilsetting av ingeniør ved teknisk drift", "221", "Søknad på stilling"),
    ("Innsyn i budsjettforslag", "033", "Krav om innsyn"),
    ("Vinterdrift av kommunale veger", "Q10", "Klage på brøyting"),
)
SENDERS: Final = ("Kari Nordmann", "Ola Nordmann", "Fjord Bygg AS", "Romsdal Entreprenør AS")


def letter(title: str, sender: str, kommune: str, day: datetime) -> bytes:
    """Make a small real PDF of a letter."""
    pdf = FPDF()
    pdf.set_creation_date(day)
    pdf.add_page()
    pdf.set_font("helvetica", size=12)
    for line in (
        f"Fra: {sender}",
        f"Til: {kommune}",
        f"Dato: {day:%d.%m.%Y}",
        "",
        title,
        "",
        "Vi viser til saken og ber om at den blir behandlet.",
    ):
        pdf.cell(0, 8, line, new_x="LMARGIN", new_y="NEXT")
    return bytes(pdf.output())


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


async def seed_kommune(
    demo: Demo,
    tenant_id: int,
    issuer: str,
    catalog: Catalog,
    writer: Writer,
    documents: Documents,
    now: datetime,
) -> None:
    """Fill one demo municipality; documents first, then everything in one transaction."""
    chance = random.Random(demo.slug)
    letters = [
        (case, chance.choice(SENDERS), now - timedelta(days=chance.randrange(1, 300)))
        for case in CASES
    ]
    files = [
        await _store(documents, demo, letter(case[2], sender, demo.navn, day), case[2])
        for case, sender, day in letters
    ]
    async with writer.transaction(tenant_id) as session:
        await session.run_sync(
            partial(
                _fill,
                demo=demo,
                issuer=issuer,
                catalog=catalog,
                now=now,
                letters=letters,
                files=files,
            )
        )


async def _store(documents: Documents, demo: Demo, data: bytes, title: str) -> StoredFile:
    async def body() -> AsyncIterator[bytes]:
        yield data

    unique = uuid4().hex
    stored = await documents.put(f"{demo.slug}/demo/{unique[:2]}/{unique}", body())
    return StoredFile(stored.key, stored.size, stored.sha256, "application/pdf", f"{title}.pdf")


def _fill(
    session: Session,
    demo: Demo,
    issuer: str,
    catalog: Catalog,
    now: datetime,
    letters: Sequence[tuple[tuple[str, str, str], str, datetime]],
    files: Sequence[StoredFile],
) -> None:
    if session.scalar(select(exists(Base.metadata.tables["arkivskaper"]))):
        return  # killed after this and before the registry knew
    actor = Actor(uuid4(), "Demodata")
    seeder = Seeder(
        catalog, Change(session=session, actor=actor, now=now, kodeverk=session.info["kodeverk"])
    )
    archivist = seeder.make("bruker", {"brukerNavn": actor.navn})
    seeder.change = replace(seeder.change, actor=Actor(archivist.system_id, actor.navn))
    units = _organisation(seeder, demo, issuer)
    classes = _structure(seeder, demo)
    for ((case, kode, title), sender, day), file in zip(letters, files, strict=True):
        sak = seeder.make(
            "saksmappe",
            {
                "tittel": case,
                "administrativEnhet": units[0][1],
                "referanseAdministrativEnhet": str(units[0][0]),
                "saksdato": wire_time(day),
            },
            classes[kode],
        )
        post = seeder.make(
            "journalpost",
            {
                "tittel": title,
                "dokumentetsDato": wire_time(day),
                "mottattDato": wire_time(day),
                "korrespondansepartperson": [
                    {"navn": sender, "korrespondanseparttype": {"kode": "EA"}}
                ],
            },
            sak,
        )
        document = seeder.make("dokumentbeskrivelse", {"tittel": title}, post)
        seeder.file(document, file)


def _organisation(seeder: Seeder, demo: Demo, issuer: str) -> list[tuple[UUID, str]]:
    """Make the units, and the demo users in them, tied to the development identity."""
    units = [
        seeder.make(
            "administrativenhet",
            {"administrativEnhetNavn": name, "administrativEnhetsstatus": "Aktiv"},
        )
        for name in UNITS
    ]
    pairs: Table = Base.metadata.tables["administrativenhet_bruker"]
    for place, user in enumerate(one for one in demo_users() if one.kommune == demo.slug):
        made: Any = seeder.make("bruker", {"brukerNavn": user.name, "kortnavn": user.username})
        made.issuer, made.subject = issuer, user.subject
        seeder.change.session.execute(
            insert(pairs).values(
                tenant_id=made.tenant_id,
                administrativenhet_ref=units[place % len(units)].system_id,
                bruker_ref=made.system_id,
            )
        )
    return [(unit.system_id, name) for unit, name in zip(units, UNITS, strict=True)]


def _structure(seeder: Seeder, demo: Demo) -> dict[str, TenantRow]:
    """Make arkivskaper, arkiv, arkivdel and plan; give the classes by kode."""
    skaper = seeder.make(
        "arkivskaper",
        {"arkivskaperID": demo.organisasjonsnummer, "arkivskaperNavn": demo.navn},
    )
    arkiv = seeder.make("arkiv", {"tittel": f"{demo.navn} sakarkiv"}, skaper)
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
