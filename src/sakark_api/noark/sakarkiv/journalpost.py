"""Journalpost: an entry in the journal, with its numbers, dates and status."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean
from sqlalchemy.orm import Mapped, mapped_column

from sakark_api.errors import Conflict
from sakark_api.noark.admin.ansvar import name_person
from sakark_api.noark.arkivstruktur.felles import Signert
from sakark_api.noark.arkivstruktur.registrering import (
    Registrering,
    registrering,
    series_in_mappe,
)
from sakark_api.noark.attribute import Mutability, SetBy, attribute, code
from sakark_api.noark.metadata.kodeliste import JOURNALPOSTTYPE, JOURNALSTATUS
from sakark_api.noark.model import ordered_by, refers_in_table, unique_in_table
from sakark_api.noark.resource import Change, ChildColumn, Package, Parent, Resource, Work
from sakark_api.noark.rules.numre import next_numbers
from sakark_api.noark.sakarkiv.saksmappe import Saksmappe, saksmappe
from sakark_api.noark.values import NORWAY, Kode
from sakark_api.texts import text

__all__ = ["Journalpost", "journalpost"]

INNGAAENDE, NOTAT_TIL_OPPFOELGING = "I", "N"
RESERVERT, JOURNALFOERT, ARKIVERT = "R", "J", "A"
NEVER_DELETED = frozenset({"E", "J", "A", "U"})


class Journalpost(Signert, Registrering):
    """En innføring i journalen."""

    journalaar: Mapped[int] = attribute("M013", set_by=SetBy.CORE, always=True)
    journalsekvensnummer: Mapped[int] = attribute("M014", set_by=SetBy.CORE, always=True)
    journalpostnummer: Mapped[int] = attribute("M015", set_by=SetBy.CORE, always=True)
    journalposttype: Mapped[Kode] = code(JOURNALPOSTTYPE, "M082", default=INNGAAENDE)
    journalstatus: Mapped[Kode] = code(
        JOURNALSTATUS, "M053", set_by=SetBy.CLIENT_OR_CORE, always=True
    )
    journaldato: Mapped[datetime] = attribute(
        "M101", set_by=SetBy.CLIENT_OR_CORE, change=Mutability.UNTIL_ARCHIVED, always=True
    )
    dokumentets_dato: Mapped[datetime | None] = attribute("M103", change=Mutability.UNTIL_ARCHIVED)
    mottatt_dato: Mapped[datetime | None] = attribute("M104", change=Mutability.UNTIL_ARCHIVED)
    sendt_dato: Mapped[datetime | None] = attribute("M105", change=Mutability.UNTIL_ARCHIVED)
    forfallsdato: Mapped[datetime | None] = attribute("M109")
    offentlighetsvurdert_dato: Mapped[datetime | None] = attribute("M110")
    antall_vedlegg: Mapped[int | None] = attribute("M304")
    utlaant_dato: Mapped[datetime | None] = attribute("M106")
    utlaant_til: Mapped[str | None] = attribute("M309")
    referanse_utlaant_til: Mapped[UUID | None] = attribute(
        None, description=text("Personen dokumentet er lånt ut til, ved systemID")
    )
    journalenhet: Mapped[str | None] = attribute("M308", set_by=SetBy.CLIENT_OR_CORE)
    har_vaert_journalfoert: Mapped[bool | None] = mapped_column(Boolean)
    """Whether the entry ever had a status that forbids deletion for good (C3.2.19)."""


unique_in_table(Journalpost, "journalaar", "journalsekvensnummer")
unique_in_table(Journalpost, "mappe_ref", "journalpostnummer")
ordered_by(Journalpost, "journaldato")
refers_in_table(Journalpost, "referanse_utlaant_til", "bruker")


def give_status(change: Change, unit: Journalpost) -> None:
    """Let what comes in be journalled at once, and what is made here be reserved first (M053)."""
    if unit.journalstatus is None:
        came_in = unit.journalposttype.kode == INNGAAENDE
        unit.journalstatus = change.kode(JOURNALSTATUS, JOURNALFOERT if came_in else RESERVERT)
    if unit.journalenhet is None:
        unit.journalenhet = getattr(change.parent, "journalenhet", None)
    if unit.journaldato is None:
        unit.journaldato = change.now


def name_referred(change: Change, unit: Journalpost) -> None:
    """Name the person that the document is lent to, where only a reference is given."""
    name_person(change, unit, "utlaant_til")


def give_memory(change: Change, unit: Journalpost) -> None:
    """Remember that the entry has been journalled, expedited, archived or voided (C3.2.19)."""
    del change
    if unit.journalstatus.kode in NEVER_DELETED:
        unit.har_vaert_journalfoert = True


def give_archiving(change: Change, unit: Journalpost) -> None:
    """Archive the entry when its status says so (C3.2.18, M604, M605)."""
    if unit.journalstatus.kode != ARKIVERT:
        if unit.arkivert_dato is not None:
            raise Conflict(text("Journalposten er arkivert og kan ikke få en annen status."))
        return
    if unit.arkivert_dato is not None:
        return
    unit.arkivert_dato = change.now
    unit.arkivert_av = change.actor.navn
    unit.referanse_arkivert_av = change.actor.system_id
    unit.journaldato = change.now


def give_journal_number(change: Change, unit: Journalpost) -> None:
    """Number the entry within its case and within the journal of its year (M013, M014, M015)."""
    assert isinstance(change.parent, Saksmappe)  # noqa: S101  offered on saksmappe only
    unit.journalaar = change.now.astimezone(NORWAY).year
    unit.journalpostnummer, unit.journalsekvensnummer = next_numbers(
        change.session, [series_in_mappe(change.parent), f"journal/{unit.journalaar}"]
    )
    unit.registrerings_id = f"{change.parent.mappe_id}-{unit.journalpostnummer}"


def refuse_deletion(change: Change, unit: Journalpost) -> None:
    """Keep what has ever been journalled, expedited, archived or voided (C3.2.19)."""
    del change
    if unit.har_vaert_journalfoert:
        raise Conflict(
            text("Journalposten har vært journalført og kan ikke slettes. Sett status Utgår (U).")
        )


journalpost = Resource(
    model=Journalpost,
    title=text("Journalpost"),
    package=Package.SAKARKIV,
    work=Work.CASEWORK,
    extends=registrering,
    parents=[Parent(saksmappe, ChildColumn("mappe_ref"))],
    on_create=[give_status, name_referred, give_memory, give_archiving, give_journal_number],
    on_change=[name_referred, give_memory, give_archiving],
    on_delete=[refuse_deletion],
    example={
        "tittel": "Søknad om tillatelse til tiltak",
        "journalposttype": {"kode": "I"},
        "dokumentetsDato": "2026-11-20T00:00:00+01:00",
        "mottattDato": "2026-11-22T09:30:00+01:00",
        "korrespondansepartperson": [
            {"navn": "Kari Nordmann", "korrespondanseparttype": {"kode": "EA"}}
        ],
    },
)
