"""Dokumentflyt: that a document was sent from one to another for approval, and the answer."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped

from sakark_api.errors import Invalid
from sakark_api.noark.admin.ansvar import name_person
from sakark_api.noark.attribute import Mutability, SetBy, attribute, code
from sakark_api.noark.metadata.kodeliste import FLYTSTATUS
from sakark_api.noark.model import (
    TenantRow,
    partitioned,
    reference,
    refers,
    refers_in_table,
    searchable,
)
from sakark_api.noark.resource import Change, ChildColumn, Package, Parent, Resource, Work
from sakark_api.noark.sakarkiv.arkivnotat import arkivnotat
from sakark_api.noark.sakarkiv.journalpost import journalpost
from sakark_api.noark.values import Kode
from sakark_api.texts import text

__all__ = ["Dokumentflyt", "dokumentflyt"]


class Dokumentflyt(TenantRow):
    """Et dokument som er sendt på flyt, fra noen til noen."""

    __tablename__ = "dokumentflyt"
    __table_args__ = partitioned(*refers("registrering_ref", "registrering", owned=True))

    registrering_ref: Mapped[UUID] = reference(required=True)
    sok: Mapped[str] = searchable("flyt_til", "flyt_fra", "flyt_merknad")
    flyt_til: Mapped[str | None] = attribute(
        "M660", set_by=SetBy.CLIENT_OR_CORE, change=Mutability.ONCE
    )
    referanse_flyt_til: Mapped[UUID | None] = attribute(
        None,
        description=text("Brukeren dokumentet er sendt til, ved systemID"),
        change=Mutability.ONCE,
    )
    flyt_fra: Mapped[str] = attribute(
        "M665", set_by=SetBy.CLIENT_OR_CORE, change=Mutability.ONCE, always=True
    )
    referanse_flyt_fra: Mapped[UUID | None] = attribute(
        None,
        description=text("Brukeren som sendte dokumentet, ved systemID"),
        set_by=SetBy.CLIENT_OR_CORE,
        change=Mutability.ONCE,
    )
    flyt_mottatt_dato: Mapped[datetime | None] = attribute("M661", change=Mutability.ONCE)
    flyt_sendt_dato: Mapped[datetime | None] = attribute(
        "M662", set_by=SetBy.CLIENT_OR_CORE, change=Mutability.ONCE
    )
    flyt_status: Mapped[Kode | None] = code(FLYTSTATUS, "M663")
    flyt_merknad: Mapped[str | None] = attribute("M664")


refers_in_table(Dokumentflyt, "referanse_flyt_til", "bruker")
refers_in_table(Dokumentflyt, "referanse_flyt_fra", "bruker")


def give_sender(change: Change, unit: Dokumentflyt) -> None:
    """Let the caller be the sender, where nobody is named (M665)."""
    name_person(change, unit, "flyt_fra")
    if unit.flyt_fra is None:
        unit.flyt_fra = change.actor.navn
        unit.referanse_flyt_fra = change.actor.system_id


def give_sending(change: Change, unit: Dokumentflyt) -> None:
    """Send the document when it is known to whom (M660, M662)."""
    if unit.flyt_til is None:
        name_person(change, unit, "flyt_til")
    if unit.flyt_til is not None and unit.flyt_sendt_dato is None:
        unit.flyt_sendt_dato = change.now


def refuse_unaddressed(change: Change, unit: Dokumentflyt) -> None:
    """Demand a receiver of what has been sent, received or answered (M660, M661)."""
    del change
    told = (unit.flyt_sendt_dato, unit.flyt_mottatt_dato, unit.flyt_status)
    if unit.flyt_til is None and any(one is not None for one in told):
        raise Invalid(text("Oppgi flytTil eller referanseFlytTil: hvem dokumentet er sendt til."))


dokumentflyt = Resource(
    model=Dokumentflyt,
    title=text("Dokumentflyt"),
    package=Package.SAKARKIV,
    work=Work.CASEWORK,
    parents=[
        Parent(journalpost, ChildColumn("registrering_ref"), owned=True),
        Parent(arkivnotat, ChildColumn("registrering_ref"), owned=True),
    ],
    screened={"MT": ["flyt_merknad"]},
    listed=False,
    on_create=[give_sender, give_sending, refuse_unaddressed],
    on_change=[give_sending, refuse_unaddressed],
    example={"flytTil": "Ola Nordmann", "flytMerknad": "Til godkjenning"},
)
