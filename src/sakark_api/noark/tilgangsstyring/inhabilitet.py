"""Inhabilitet: a user who may not deal with a case, and so loses sight of it (fvl. kap. II)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped

from sakark_api.errors import Invalid
from sakark_api.noark.admin.bruker import Bruker
from sakark_api.noark.arkivstruktur.mappe import mappe
from sakark_api.noark.attribute import Mutability, SetBy, attribute
from sakark_api.noark.model import Opprettet, TenantRow, reference, refers
from sakark_api.noark.resource import Change, ChildColumn, Package, Parent, Resource, Work
from sakark_api.noark.rules.gyldighet import refuse_no_period
from sakark_api.texts import text

__all__ = ["Inhabilitet", "inhabilitet"]


class Inhabilitet(Opprettet, TenantRow):
    """At en bruker er inhabil i en sak og ikke skal se den."""

    __tablename__ = "inhabilitet"
    __table_args__ = (
        *refers("mappe_ref", "mappe", owned=True),
        *refers("referanse_bruker", "bruker"),
    )

    mappe_ref: Mapped[UUID] = reference(required=True)
    referanse_bruker: Mapped[UUID] = attribute(
        None,
        description=text("Brukeren som er inhabil, ved systemID"),
        required=True,
        change=Mutability.NEVER,
    )
    bruker_navn: Mapped[str] = attribute("M580", set_by=SetBy.CORE, always=True)
    begrunnelse: Mapped[str | None] = attribute(
        None, description=text("Hvorfor brukeren er inhabil")
    )
    gyldig_fra: Mapped[datetime | None] = attribute(
        None, description=text("Når inhabiliteten begynner; uten den med en gang")
    )
    gyldig_til: Mapped[datetime | None] = attribute(
        None, description=text("Når inhabiliteten slutter; uten den inntil videre")
    )


def name_bruker(change: Change, unit: Inhabilitet) -> None:
    """Name the user; refuse one that there is not, and a period that ends before it begins."""
    found = change.get(Bruker, unit.referanse_bruker)
    if found is None:
        raise Invalid(text("Brukeren finnes ikke. Se admin/bruker/."))
    unit.bruker_navn = found.bruker_navn
    refuse_no_period(change, unit)


inhabilitet = Resource(
    model=Inhabilitet,
    title=text("Inhabilitet"),
    package=Package.TILGANGSSTYRING,
    work=Work.IMPARTIALITY,
    parents=[Parent(mappe, ChildColumn("mappe_ref"), owned=True)],
    order_by=["bruker_navn", "system_id"],
    on_create=[name_bruker],
    on_change=[refuse_no_period],
    example={
        "referanseBruker": "5a5e4a52-6f0e-4b1e-9d55-0f6d0c1b2a3e",
        "begrunnelse": "Part er i slekt",
    },
)
