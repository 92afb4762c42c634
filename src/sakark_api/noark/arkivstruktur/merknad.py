"""Merknad: a remark on a mappe, a registrering or a document."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, func
from sqlalchemy import column as sql_column
from sqlalchemy.orm import Mapped

from sakark_api.noark.arkivstruktur.dokumentbeskrivelse import dokumentbeskrivelse
from sakark_api.noark.arkivstruktur.mappe import mappe
from sakark_api.noark.arkivstruktur.registrering import registrering
from sakark_api.noark.attribute import SetBy, attribute, code
from sakark_api.noark.metadata.kodeliste import MERKNADSTYPE
from sakark_api.noark.model import TenantRow, partitioned, reference, refers, searchable
from sakark_api.noark.resource import Change, ChildColumn, Package, Parent, Resource, Work
from sakark_api.noark.values import Kode
from sakark_api.texts import text

__all__ = ["Merknad", "merknad"]


class Merknad(TenantRow):
    """En merknad til en mappe, en registrering eller et dokument."""

    __tablename__ = "merknad"
    __table_args__ = partitioned(
        *refers("mappe_ref", "mappe", owned=True),
        *refers("registrering_ref", "registrering", owned=True),
        *refers("dokumentbeskrivelse_ref", "dokumentbeskrivelse", owned=True),
        CheckConstraint(
            func.num_nonnulls(
                sql_column("mappe_ref"),
                sql_column("registrering_ref"),
                sql_column("dokumentbeskrivelse_ref"),
            )
            == 1,
            name="one_owner",
        ),
    )

    mappe_ref: Mapped[UUID | None] = reference()
    registrering_ref: Mapped[UUID | None] = reference()
    dokumentbeskrivelse_ref: Mapped[UUID | None] = reference()
    sok: Mapped[str] = searchable("merknadstekst")
    merknadstekst: Mapped[str] = attribute("M310", required=True)
    merknadstype: Mapped[Kode | None] = code(MERKNADSTYPE, "M084")
    merknadsdato: Mapped[datetime] = attribute("M611", set_by=SetBy.CORE, always=True)
    merknad_registrert_av: Mapped[str] = attribute("M612", set_by=SetBy.CORE, always=True)
    referanse_merknad_registrert_av: Mapped[UUID] = attribute(
        None,
        description=text("Brukeren som registrerte merknaden, ved systemID"),
        set_by=SetBy.CORE,
        always=True,
    )


def give_author(change: Change, unit: Merknad) -> None:
    """Remember who made the remark and when (M611, M612)."""
    unit.merknadsdato = change.now
    unit.merknad_registrert_av = change.actor.navn
    unit.referanse_merknad_registrert_av = change.actor.system_id


merknad = Resource(
    model=Merknad,
    title=text("Merknad"),
    package=Package.ARKIVSTRUKTUR,
    work=Work.CASEWORK,
    parents=[
        Parent(mappe, ChildColumn("mappe_ref"), owned=True),
        Parent(registrering, ChildColumn("registrering_ref"), owned=True),
        Parent(dokumentbeskrivelse, ChildColumn("dokumentbeskrivelse_ref"), owned=True),
    ],
    listed=False,
    order_by=["merknadsdato", "system_id"],
    screened={"MT": ["merknadstekst"]},
    on_create=[give_author],
    example={"merknadstekst": "Søkeren er oppringt.", "merknadstype": {"kode": "MS"}},
)
