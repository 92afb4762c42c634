"""Part: a party to a case or a document, a person or an organisation."""

from uuid import UUID

from sqlalchemy import CheckConstraint, func
from sqlalchemy import column as sql_column
from sqlalchemy.orm import Mapped, mapped_column

from sakark_api.noark.arkivstruktur.dokumentbeskrivelse import dokumentbeskrivelse
from sakark_api.noark.arkivstruktur.felles import (
    ADRESSER,
    OPPLYSNINGER,
    Enhetsopplysninger,
    Personopplysninger,
)
from sakark_api.noark.arkivstruktur.mappe import mappe
from sakark_api.noark.arkivstruktur.registrering import registrering
from sakark_api.noark.attribute import code
from sakark_api.noark.metadata.kodeliste import PARTROLLE
from sakark_api.noark.metadata.utvidbar import Utvidbar
from sakark_api.noark.model import TenantRow, indexed, partitioned, reference, refers, searchable
from sakark_api.noark.resource import ChildColumn, Package, Parent, Resource, Work
from sakark_api.noark.rules.skjerming import ADDRESSES
from sakark_api.noark.values import Kode
from sakark_api.texts import text

__all__ = ["Part", "PartEnhet", "PartPerson", "part", "partenhet", "partperson"]


class Part(Utvidbar, TenantRow):
    """En part i en sak eller et dokument."""

    __tablename__ = "part"
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

    type: Mapped[str] = mapped_column()
    mappe_ref: Mapped[UUID | None] = reference()
    registrering_ref: Mapped[UUID | None] = reference()
    dokumentbeskrivelse_ref: Mapped[UUID | None] = reference()
    sok: Mapped[str] = searchable("navn", "kontaktperson")
    part_rolle: Mapped[Kode] = code(PARTROLLE, "M303", default="KLI")


class PartPerson(Personopplysninger, Part):
    """En person som er part."""


class PartEnhet(Enhetsopplysninger, Part):
    """En organisasjon som er part."""


indexed(Part, "navn")

_OWNERS = [
    Parent(mappe, ChildColumn("mappe_ref"), owned=True),
    Parent(registrering, ChildColumn("registrering_ref"), owned=True),
    Parent(dokumentbeskrivelse, ChildColumn("dokumentbeskrivelse_ref"), owned=True),
]

part = Resource(
    model=Part,
    title=text("Part"),
    package=Package.ARKIVSTRUKTUR,
    work=Work.CASEWORK,
    parents=_OWNERS,
    listed=False,
    abstract=True,
    screened={"NPS": OPPLYSNINGER, ADDRESSES: ADRESSER},
)
partperson = Resource(
    model=PartPerson,
    title=text("Person som part"),
    package=Package.ARKIVSTRUKTUR,
    work=Work.CASEWORK,
    extends=part,
    parents=_OWNERS,
    listed=False,
    example={"navn": "Kari Nordmann", "partRolle": {"kode": "KLI"}},
)
partenhet = Resource(
    model=PartEnhet,
    title=text("Organisasjon som part"),
    package=Package.ARKIVSTRUKTUR,
    work=Work.CASEWORK,
    extends=part,
    parents=_OWNERS,
    listed=False,
    example={"navn": "Fjord Bygg AS"},
)
