"""Kassasjonslinje: one document on a list, why it is there or left out, and what became of it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Index
from sqlalchemy import Text as SqlText
from sqlalchemy.orm import Mapped, mapped_column

from sakark_api.noark.arkivstruktur.dokumentbeskrivelse import dokumentbeskrivelse
from sakark_api.noark.arkivstruktur.mappe import mappe
from sakark_api.noark.arkivstruktur.registrering import registrering
from sakark_api.noark.attribute import SetBy, ValueType, attribute
from sakark_api.noark.bevaring.kassasjonsbevis import Destruertfil
from sakark_api.noark.bevaring.kassasjonsliste import kassasjonsliste
from sakark_api.noark.model import TenantRow, partitioned, reference, refers
from sakark_api.noark.resource import ChildColumn, Package, Parent, Resource, Work
from sakark_api.noark.verdier import Kassasjon
from sakark_api.texts import text

__all__ = ["Kassasjonslinje", "kassasjonslinje"]


class Kassasjonslinje(TenantRow):
    """Et dokument på en kassasjonsliste."""

    __tablename__ = "kassasjonslinje"
    __table_args__ = partitioned(
        *refers("kassasjonsliste_ref", "kassasjonsliste", owned=True),
        *refers("dokumentbeskrivelse_ref", "dokumentbeskrivelse", owned=True),
        *refers("registrering_ref", "registrering", loose=True),
        *refers("mappe_ref", "mappe", loose=True),
        Index(None, "noekler", postgresql_using="gin"),
    )

    kassasjonsliste_ref: Mapped[UUID] = reference(required=True)
    dokumentbeskrivelse_ref: Mapped[UUID] = reference(required=True)
    registrering_ref: Mapped[UUID | None] = reference()
    mappe_ref: Mapped[UUID | None] = reference()
    noekler: Mapped[list[str] | None] = mapped_column(ARRAY(SqlText()))
    """Where the bytes were in storage that are to be destroyed, or have been."""
    kassasjon: Mapped[Kassasjon | None] = attribute(
        None,
        description=text("Vedtaket om kassasjon, slik det var da listen ble laget"),
        type_=ValueType(Kassasjon),
        set_by=SetBy.CORE,
    )
    arvet_fra: Mapped[str | None] = attribute(
        None,
        description=text(
            "Hva vedtaket kommer fra: arkivdel, klasse, mappe, registrering eller"
            " dokumentbeskrivelse"
        ),
        set_by=SetBy.CORE,
    )
    referanse_arvet_fra: Mapped[UUID | None] = attribute(
        None, description=text("Enheten vedtaket kommer fra, ved systemID"), set_by=SetBy.CORE
    )
    antall_filer: Mapped[int] = attribute(
        None,
        description=text("Filene dokumentet hadde da listen ble laget"),
        set_by=SetBy.CORE,
        always=True,
    )
    antall_byte: Mapped[int] = attribute(
        None,
        description=text("Filenes størrelse til sammen, i byte"),
        type_=BigInteger(),
        set_by=SetBy.CORE,
        always=True,
    )
    utelatt: Mapped[str | None] = attribute(
        None,
        description=text("Hvorfor dokumentet ikke kasseres; tomt når det skal eller er kassert"),
        set_by=SetBy.CORE,
    )
    utelatt_dato: Mapped[datetime | None] = attribute(
        None, description=text("Når dokumentet ble utelatt"), set_by=SetBy.CORE
    )
    kassert_dato: Mapped[datetime | None] = attribute("M630", set_by=SetBy.CORE)
    destruert_dato: Mapped[datetime | None] = attribute(
        None, description=text("Når de siste bytene var borte fra lageret"), set_by=SetBy.CORE
    )
    laast_til: Mapped[datetime | None] = attribute(
        None,
        description=text("Når lageret slipper filer som det har låst"),
        set_by=SetBy.CORE,
    )
    funn: Mapped[str | None] = attribute(
        None,
        description=text("Hvorfor filene ennå ikke er borte fra lageret"),
        set_by=SetBy.CORE,
    )
    filer: Mapped[tuple[Destruertfil, ...] | None] = attribute(
        None,
        description=text("Filene som er kassert, med sjekksum og størrelse"),
        type_=ValueType(Destruertfil, many=True),
        set_by=SetBy.CORE,
    )


kassasjonslinje = Resource(
    model=Kassasjonslinje,
    title=text("Kassasjonslinje"),
    package=Package.BEVARING,
    work=Work.DISPOSAL,
    parents=[
        Parent(kassasjonsliste, ChildColumn("kassasjonsliste_ref"), owned=True, ny=None),
        Parent(dokumentbeskrivelse, ChildColumn("dokumentbeskrivelse_ref"), ny=None),
        Parent(registrering, ChildColumn("registrering_ref"), list_role=None, ny=None),
        Parent(mappe, ChildColumn("mappe_ref"), list_role=None, ny=None),
    ],
    read_only=True,
    listed=False,
    screened={"M": ["filer"]},
)
