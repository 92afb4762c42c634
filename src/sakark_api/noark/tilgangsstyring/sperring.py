"""Sperring: that a unit is out of sight, where a law demands deletion (arkivlova § 13)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, func
from sqlalchemy import column as sql_column
from sqlalchemy.orm import Mapped

from sakark_api.noark.arkivstruktur.mappe import mappe
from sakark_api.noark.arkivstruktur.registrering import registrering
from sakark_api.noark.attribute import attribute
from sakark_api.noark.model import Opprettet, TenantRow, reference, refers
from sakark_api.noark.resource import ChildColumn, Package, Parent, Resource, Work
from sakark_api.noark.rules.gyldighet import refuse_no_period
from sakark_api.texts import text

__all__ = ["Sperring", "sperring"]


class Sperring(Opprettet, TenantRow):
    """At en enhet og alt som er i den bare kan ses av dem som forvalter arkivet."""

    __tablename__ = "sperring"
    __table_args__ = (
        *refers("mappe_ref", "mappe", owned=True),
        *refers("registrering_ref", "registrering", owned=True),
        CheckConstraint(
            func.num_nonnulls(sql_column("mappe_ref"), sql_column("registrering_ref")) == 1,
            name="one_owner",
        ),
    )

    mappe_ref: Mapped[UUID | None] = reference()
    registrering_ref: Mapped[UUID | None] = reference()
    hjemmel: Mapped[str] = attribute(
        None,
        description=text("Lovhjemmelen for plikten til sletting som sperringen oppfyller"),
        required=True,
    )
    begrunnelse: Mapped[str | None] = attribute(
        None, description=text("Hvorfor enheten er sperret")
    )
    gyldig_fra: Mapped[datetime | None] = attribute(
        None, description=text("Når sperringen begynner; uten den med en gang")
    )
    gyldig_til: Mapped[datetime | None] = attribute(
        None, description=text("Når sperringen slutter; uten den inntil videre")
    )


sperring = Resource(
    model=Sperring,
    title=text("Sperring"),
    package=Package.TILGANGSSTYRING,
    work=Work.RETENTION,
    parents=[
        Parent(mappe, ChildColumn("mappe_ref"), owned=True),
        Parent(registrering, ChildColumn("registrering_ref"), owned=True),
    ],
    order_by=["opprettet_dato", "system_id"],
    on_create=[refuse_no_period],
    on_change=[refuse_no_period],
    example={
        "hjemmel": "Personvernforordningen artikkel 17",
        "begrunnelse": "Opplysningene er uriktige og skal ikke brukes",
    },
)
