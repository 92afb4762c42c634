"""Arkivnotat: a document of a case that is not entered in the journal."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped

from sakark_api.noark.admin.ansvar import name_person
from sakark_api.noark.arkivstruktur.registrering import (
    Registrering,
    next_id_in_mappe,
    registrering,
)
from sakark_api.noark.attribute import Mutability, attribute
from sakark_api.noark.resource import Change, ChildColumn, Package, Parent, Resource, Work
from sakark_api.noark.sakarkiv.saksmappe import Saksmappe, saksmappe
from sakark_api.texts import text

__all__ = ["Arkivnotat", "arkivnotat"]


class Arkivnotat(Registrering):
    """Et internt dokument i en sak, som ikke skal journalføres."""

    dokumentets_dato: Mapped[datetime | None] = attribute("M103", change=Mutability.UNTIL_ARCHIVED)
    mottatt_dato: Mapped[datetime | None] = attribute("M104", change=Mutability.UNTIL_ARCHIVED)
    sendt_dato: Mapped[datetime | None] = attribute("M105", change=Mutability.UNTIL_ARCHIVED)
    forfallsdato: Mapped[datetime | None] = attribute("M109")
    offentlighetsvurdert_dato: Mapped[datetime | None] = attribute("M110")
    antall_vedlegg: Mapped[int | None] = attribute("M304")
    utlaant_dato: Mapped[datetime | None] = attribute("M106")
    utlaant_til: Mapped[str | None] = attribute("M309")
    # A foreign key by the declaration in journalpost.py: the two share their table.
    referanse_utlaant_til: Mapped[UUID | None] = attribute(
        None, description=text("Personen dokumentet er lånt ut til, ved systemID")
    )


def name_referred(change: Change, unit: Arkivnotat) -> None:
    """Name the person that the document is lent to, where only a reference is given."""
    name_person(change, unit, "utlaant_til")


def give_number(change: Change, unit: Arkivnotat) -> None:
    """Number the note among the registreringer of the case it is in (M004, C3.2.36)."""
    assert isinstance(change.parent, Saksmappe)  # noqa: S101  notes are in cases only
    unit.registrerings_id = next_id_in_mappe(change, change.parent)


arkivnotat = Resource(
    model=Arkivnotat,
    title=text("Arkivnotat"),
    package=Package.SAKARKIV,
    work=Work.CASEWORK,
    extends=registrering,
    parents=[Parent(saksmappe, ChildColumn("mappe_ref"))],
    on_create=[name_referred, give_number],
    on_change=[name_referred],
    on_move=[give_number],
    example={"tittel": "Notat fra befaring", "dokumentetsDato": "2026-11-20T00:00:00+01:00"},
)
