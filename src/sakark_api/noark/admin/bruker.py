"""Bruker: a person or system that has logged in, or is expected to."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from sakark_api.noark.admin.administrativenhet import administrativenhet
from sakark_api.noark.attribute import Mutability, SetBy, attribute, code
from sakark_api.noark.metadata.kodeliste import GRADERINGSKODE
from sakark_api.noark.metadata.utvidbar import Utvidbar
from sakark_api.noark.model import TenantRow, join_table, searchable
from sakark_api.noark.resource import Change, JoinTable, Package, Parent, Resource, Work
from sakark_api.noark.values import Kode
from sakark_api.texts import text

__all__ = ["Bruker", "bruker", "bruker_enheter"]

bruker_enheter = join_table("administrativenhet", "bruker")


class Bruker(Utvidbar, TenantRow):
    """En person eller et system som bruker arkivet."""

    __tablename__ = "bruker"
    __table_args__ = (UniqueConstraint("tenant_id", "issuer", "subject", "bruker_navn"),)

    issuer: Mapped[str | None] = mapped_column()
    """The identity provider that vouches for the user."""
    subject: Mapped[str | None] = mapped_column()
    """The user's lasting name at that provider."""
    bruker_navn: Mapped[str] = attribute("M580", required=True, change=Mutability.NEVER)
    kortnavn: Mapped[str | None] = attribute(None, description=text("Brukerens korte navn"))
    opprettet_dato: Mapped[datetime] = attribute("M600", set_by=SetBy.CORE, always=True)
    opprettet_av: Mapped[str] = attribute("M601", set_by=SetBy.CORE, always=True)
    avsluttet_dato: Mapped[datetime | None] = attribute(
        "M602", set_by=SetBy.CLIENT_OR_CORE, change=Mutability.ONCE
    )
    klarering: Mapped[Kode | None] = code(GRADERINGSKODE, None)
    klarering_gyldig_til: Mapped[datetime | None] = attribute(
        None, description=text("Når klareringen slutter å gjelde; uten den inntil videre")
    )
    sok: Mapped[str] = searchable("bruker_navn", "kortnavn")


def give_origin(change: Change, unit: Bruker) -> None:
    """Remember who made the user and when (M600, M601)."""
    unit.opprettet_dato = change.now
    unit.opprettet_av = change.actor.navn


bruker = Resource(
    model=Bruker,
    title=text("Bruker"),
    package=Package.ADMIN,
    work=Work.USERS,
    parents=[
        Parent(
            administrativenhet,
            JoinTable(bruker_enheter, "administrativenhet_ref", "bruker_ref"),
        )
    ],
    top=True,
    order_by=["bruker_navn", "system_id"],
    on_create=[give_origin],
    example={"brukerNavn": "Kari Nordmann"},
)
