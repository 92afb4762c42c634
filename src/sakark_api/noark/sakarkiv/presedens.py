"""Presedens: a decision that later ones follow."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped

from sakark_api.errors import Conflict
from sakark_api.noark.arkivstruktur.felles import Avsluttbar
from sakark_api.noark.attribute import Mutability, SetBy, attribute, code
from sakark_api.noark.metadata.kodeliste import PRESEDENSSTATUS
from sakark_api.noark.model import (
    Opprettet,
    TenantRow,
    join_table,
    partitioned,
    searchable,
)
from sakark_api.noark.resource import Change, JoinTable, Package, Parent, Resource, Work
from sakark_api.noark.rules.avslutning import ClosesWhen
from sakark_api.noark.sakarkiv.journalpost import Journalpost, journalpost
from sakark_api.noark.sakarkiv.saksmappe import saksmappe
from sakark_api.noark.values import Kode
from sakark_api.texts import text

__all__ = ["Presedens", "presedens"]

GJELDENDE, FORELDET = "G", "F"

_entries = join_table("registrering", "presedens")
_cases = join_table("mappe", "presedens")


class Presedens(Avsluttbar, Opprettet, TenantRow):
    """En avgjørelse som senere saker følger."""

    __tablename__ = "presedens"
    __table_args__ = partitioned()

    presedens_dato: Mapped[datetime] = attribute("M111", set_by=SetBy.CLIENT_OR_CORE, always=True)
    tittel: Mapped[str] = attribute("M020", required=True, change=Mutability.UNTIL_CLOSED)
    beskrivelse: Mapped[str | None] = attribute("M021")
    presedens_hjemmel: Mapped[str | None] = attribute("M311")
    rettskildefaktor: Mapped[str] = attribute("M312", required=True)
    presedens_godkjent_dato: Mapped[datetime | None] = attribute("M628", set_by=SetBy.CORE)
    presedens_godkjent_av: Mapped[str | None] = attribute("M629", set_by=SetBy.CORE)
    referanse_presedens_godkjent_av: Mapped[UUID | None] = attribute(
        None,
        description=text("Brukeren som godkjente presedensen, ved systemID"),
        set_by=SetBy.CORE,
    )
    presedens_status: Mapped[Kode | None] = code(PRESEDENSSTATUS, "M056")
    sok: Mapped[str] = searchable("tittel", "beskrivelse")


def give_date(change: Change, unit: Presedens) -> None:
    """Date the presedens as the document that sets it, where no date is given (M111)."""
    if unit.presedens_dato is not None:
        return
    dated = change.parent.dokumentets_dato if isinstance(change.parent, Journalpost) else None
    unit.presedens_dato = dated or change.now


def give_approval(change: Change, unit: Presedens) -> None:
    """Remember who first let the presedens be one to follow (M628, M629)."""
    status = unit.presedens_status
    if status is None or status.kode != GJELDENDE or unit.presedens_godkjent_dato is not None:
        return
    unit.presedens_godkjent_dato = change.now
    unit.presedens_godkjent_av = change.actor.navn
    unit.referanse_presedens_godkjent_av = change.actor.system_id


def refuse_deletion(change: Change, unit: Presedens) -> None:
    """Keep a presedens that is no longer followed (C2.8.18)."""
    del change
    if unit.avsluttet_dato is not None:
        raise Conflict(text("En foreldet presedens kan ikke slettes. Den skal bevares."))


close_by_status = ClosesWhen("presedens_status", FORELDET)

presedens = Resource(
    model=Presedens,
    title=text("Presedens"),
    package=Package.SAKARKIV,
    work=Work.CASEWORK,
    parents=[
        Parent(journalpost, JoinTable(_entries, "registrering_ref", "presedens_ref"), needed=True),
        Parent(saksmappe, JoinTable(_cases, "mappe_ref", "presedens_ref"), needed=True),
    ],
    # It says in its own words what the cases are about; none of them is a line of its own.
    screened={
        "TMO": ["tittel"],
        "TRO": ["tittel"],
        "M": ["tittel", "beskrivelse", "rettskildefaktor"],
    },
    on_create=[give_date, give_approval, close_by_status],
    on_change=[give_approval, close_by_status],
    on_delete=[refuse_deletion],
    example={
        "tittel": "Garasje nærmere nabogrense enn fire meter",
        "rettskildefaktor": "Forvaltningspraksis",
        "presedensStatus": {"kode": "G"},
    },
)
