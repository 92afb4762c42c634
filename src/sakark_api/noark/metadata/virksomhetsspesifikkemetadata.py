"""VirksomhetsspesifikkeMetadata: the definition of a field of the kommune's own (GUIDE 13)."""

import re
from datetime import datetime
from typing import Any, Final

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.orm import Mapped

from sakark_api.errors import Conflict, Invalid
from sakark_api.noark.attribute import Mutability, attribute
from sakark_api.noark.metadata.utvidbar import Utvidbar
from sakark_api.noark.model import TenantRow, searchable
from sakark_api.noark.resource import Change, Package, Resource, Work
from sakark_api.noark.rules.egnefelt import FIELD_TYPES, is_uri
from sakark_api.texts import text

__all__ = ["VirksomhetsspesifikkeMetadata", "virksomhetsspesifikkemetadata"]

_NAME: Final = re.compile(r"(?:vnd-)?[a-z0-9]+-[a-z0-9]+:[a-z0-9]+", re.ASCII)


class VirksomhetsspesifikkeMetadata(TenantRow):
    """Definisjonen av et felt som kommunen har i tillegg til standardens."""

    __tablename__ = "virksomhetsspesifikkemetadata"
    __table_args__ = (UniqueConstraint("tenant_id", "navn"),)

    navn: Mapped[str] = attribute(
        None,
        description=text("Feltets fulle navn, som ppt-v1:skoleaar eller vnd-firma-v1:felt"),
        required=True,
        change=Mutability.NEVER,
    )
    type: Mapped[str] = attribute(
        None,
        description=text(
            "Hva feltet holder: boolean, date, datetime, integer, decimal, string eller uri"
        ),
        required=True,
        change=Mutability.NEVER,
    )
    beskrivelse: Mapped[str | None] = attribute("M021")
    kilde: Mapped[str | None] = attribute(
        None, description=text("Adressen til en beskrivelse av feltet")
    )
    utdatert: Mapped[datetime | None] = attribute(
        None, description=text("Når feltet ikke lenger kan brukes")
    )
    sok: Mapped[str] = searchable("navn", "beskrivelse")


def refuse_odd_name(change: Change, unit: VirksomhetsspesifikkeMetadata) -> None:
    """Want a name and a type that the standard knows (GUIDE 13)."""
    del change
    if not _NAME.fullmatch(unit.navn):
        raise Invalid(
            text(
                "Navnet må skrives som ppt-v1:skoleaar eller vnd-firma-v1:felt, med bare små"
                " bokstaver a–z og tall i hver del."
            )
        )
    if unit.type not in FIELD_TYPES:
        raise Invalid(
            text("Typen må være en av {typer}.", typer=", ".join(FIELD_TYPES)),
        )


def refuse_odd_source(change: Change, unit: VirksomhetsspesifikkeMetadata) -> None:
    """Want an address that can be followed."""
    del change
    if unit.kilde is not None and not is_uri(unit.kilde):
        raise Invalid(text("Kilden må være en hel adresse, som https://eksempel.no/felt."))


def refuse_deletion_of_used(change: Change, unit: VirksomhetsspesifikkeMetadata) -> None:
    """Keep the definition of a field that some unit has (GUIDE 13)."""
    for model in Utvidbar.__subclasses__():
        carrier: Any = model
        has_it = carrier.virksomhetsspesifikke_metadata.has_key(unit.navn)
        if change.session.scalar(select(carrier.system_id).where(has_it).limit(1)) is not None:
            raise Conflict(text("Feltet er i bruk og kan ikke slettes. Sett utdatert i stedet."))


virksomhetsspesifikkemetadata = Resource(
    model=VirksomhetsspesifikkeMetadata,
    title=text("Virksomhetsspesifikke metadata"),
    package=Package.METADATA,
    work=Work.ARCHIVE,
    spelled="virksomhetsspesifikkeMetadata",
    top=True,
    order_by=["navn", "system_id"],
    on_create=[refuse_odd_name, refuse_odd_source],
    on_change=[refuse_odd_source],
    on_delete=[refuse_deletion_of_used],
    example={"navn": "ppt-v1:skoleaar", "type": "string", "beskrivelse": "Skoleåret saken gjelder"},
)
