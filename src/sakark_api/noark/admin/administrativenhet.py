"""AdministrativEnhet: a unit of the municipality's organisation."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped

from sakark_api.errors import Invalid
from sakark_api.noark.attribute import Mutability, SetBy, attribute
from sakark_api.noark.metadata.utvidbar import Utvidbar
from sakark_api.noark.model import TenantRow, refers, searchable
from sakark_api.noark.resource import Change, Package, Resource, Work
from sakark_api.texts import text

__all__ = ["AdministrativEnhet", "administrativenhet"]


class AdministrativEnhet(Utvidbar, TenantRow):
    """En enhet i kommunens organisasjon."""

    __tablename__ = "administrativenhet"
    __table_args__ = refers("referanse_overordnet_enhet", "administrativenhet")

    administrativ_enhet_navn: Mapped[str] = attribute(
        "M583", required=True, change=Mutability.NEVER
    )
    kortnavn: Mapped[str | None] = attribute(None, description=text("Enhetens korte navn"))
    opprettet_dato: Mapped[datetime] = attribute("M600", set_by=SetBy.CORE, always=True)
    opprettet_av: Mapped[str] = attribute("M601", set_by=SetBy.CORE, always=True)
    avsluttet_dato: Mapped[datetime | None] = attribute(
        "M602", set_by=SetBy.CLIENT_OR_CORE, change=Mutability.ONCE
    )
    administrativ_enhetsstatus: Mapped[str] = attribute("M584", required=True)
    referanse_overordnet_enhet: Mapped[UUID | None] = attribute("M585")
    sok: Mapped[str] = searchable("administrativ_enhet_navn", "kortnavn")


def give_origin(change: Change, unit: AdministrativEnhet) -> None:
    """Remember who made the unit and when (M600, M601)."""
    unit.opprettet_dato = change.now
    unit.opprettet_av = change.actor.navn


def refuse_circle(change: Change, unit: AdministrativEnhet) -> None:
    """Refuse a unit under itself, or under what is under it (M585)."""
    passed: set[UUID] = set()
    above = unit.referanse_overordnet_enhet
    while above is not None and above not in passed:
        if above == unit.system_id:
            raise Invalid(text("Enheten kan ikke ligge under seg selv. Velg en annen."))
        passed.add(above)
        found = change.get(AdministrativEnhet, above)
        above = found.referanse_overordnet_enhet if found else None


administrativenhet = Resource(
    model=AdministrativEnhet,
    title=text("Administrativ enhet"),
    package=Package.ADMIN,
    work=Work.USERS,
    top=True,
    order_by=["administrativ_enhet_navn", "system_id"],
    on_create=[give_origin],
    on_change=[refuse_circle],
    example={
        "administrativEnhetNavn": "Plan og bygg",
        "administrativEnhetsstatus": "Aktiv",
    },
)
