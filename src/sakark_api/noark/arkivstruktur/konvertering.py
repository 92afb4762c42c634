"""Konvertering: that a file was made from another one in another format."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Mapped

from sakark_api.errors import Conflict
from sakark_api.noark.arkivstruktur.dokumentbeskrivelse import closed_over
from sakark_api.noark.arkivstruktur.dokumentobjekt import (
    PRODUKSJONSFORMAT,
    UKJENT_FORMAT,
    Dokumentobjekt,
    dokumentobjekt,
)
from sakark_api.noark.attribute import Mutability, SetBy, attribute, code
from sakark_api.noark.metadata.kodeliste import FORMAT
from sakark_api.noark.model import TenantRow, partitioned, reference, refers, searchable
from sakark_api.noark.resource import Change, ChildColumn, Package, Parent, Resource, Work
from sakark_api.noark.rules.hindring import refuse_found
from sakark_api.noark.values import Kode
from sakark_api.texts import text

__all__ = ["Konvertering", "konvertering"]


class Konvertering(TenantRow):
    """En konvertering fra et filformat til et annet."""

    __tablename__ = "konvertering"
    __table_args__ = partitioned(*refers("dokumentobjekt_ref", "dokumentobjekt", owned=True))

    dokumentobjekt_ref: Mapped[UUID] = reference(required=True)
    sok: Mapped[str] = searchable("konverteringsverktoey", "konverteringskommentar")
    konvertert_dato: Mapped[datetime] = attribute("M615", set_by=SetBy.CORE, always=True)
    konvertert_av: Mapped[str] = attribute("M616", set_by=SetBy.CORE, always=True)
    konvertert_fra_format: Mapped[Kode] = code(
        FORMAT, "M712", set_by=SetBy.CLIENT_OR_CORE, change=Mutability.NEVER, always=True
    )
    konvertert_til_format: Mapped[Kode] = code(
        FORMAT, "M713", set_by=SetBy.CLIENT_OR_CORE, change=Mutability.NEVER, always=True
    )
    konverteringsverktoey: Mapped[str | None] = attribute("M714")
    konverteringskommentar: Mapped[str | None] = attribute("M715")


def give_author(change: Change, unit: Konvertering) -> None:
    """Remember who converted and when (M615, M616)."""
    unit.konvertert_dato = change.now
    unit.konvertert_av = change.actor.navn


def refuse_late(change: Change, unit: Konvertering) -> None:
    """Stop conversions after the mappe was closed: they belong before (GUIDE 14.6)."""
    del unit
    assert isinstance(change.parent, Dokumentobjekt)  # noqa: S101  offered on dokumentobjekt only
    refuse_found(
        change,
        closed_over(change.parent.dokumentbeskrivelse_ref),
        lambda names: text(
            "{enhet} er avsluttet. Dokumenter konverteres senest når mappen avsluttes.",
            enhet=names,
        ),
    )


def refuse_deletion(change: Change, unit: Konvertering) -> None:
    """Keep what was said of a conversion as long as the file that came of it (M615, M712)."""
    del change, unit
    raise Conflict(text("En konvertering kan ikke slettes. Den følger filen den gjelder."))


def give_formats(change: Change, unit: Konvertering) -> None:
    """Take the formats from the file and from the production version it shows (M712, M713)."""
    assert isinstance(change.parent, Dokumentobjekt)  # noqa: S101  offered on dokumentobjekt only
    if unit.konvertert_til_format is None:
        unit.konvertert_til_format = change.parent.format
    if unit.konvertert_fra_format is None:
        unit.konvertert_fra_format = _produced(change, change.parent)


def _produced(change: Change, unit: Dokumentobjekt) -> Kode:
    """Give the format of the same version as it was produced."""
    versions = change.session.scalars(
        select(Dokumentobjekt).where(
            Dokumentobjekt.dokumentbeskrivelse_ref == unit.dokumentbeskrivelse_ref,
            Dokumentobjekt.versjonsnummer == unit.versjonsnummer,
        )
    )
    found = (one.format for one in versions if one.variantformat.kode == PRODUKSJONSFORMAT)
    return next(found, None) or change.kode(FORMAT, UKJENT_FORMAT)


konvertering = Resource(
    model=Konvertering,
    title=text("Konvertering"),
    package=Package.ARKIVSTRUKTUR,
    work=Work.CASEWORK,
    parents=[Parent(dokumentobjekt, ChildColumn("dokumentobjekt_ref"), owned=True)],
    listed=False,
    order_by=["konvertert_dato", "system_id"],
    screened={"TD": ["konverteringskommentar"], "M": ["konverteringskommentar"]},
    on_create=[give_author, refuse_late, give_formats],
    on_delete=[refuse_deletion],
    example={"konvertertFraFormat": {"kode": "fmt/412"}, "konverteringsverktoey": "LibreOffice 24"},
)
