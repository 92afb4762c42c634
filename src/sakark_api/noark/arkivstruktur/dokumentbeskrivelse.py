"""Dokumentbeskrivelse: one document of a registrering, in all its versions and variants."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Mapped

from sakark_api.errors import Conflict, Forbidden
from sakark_api.noark.admin.tilgang import tilgang_to
from sakark_api.noark.arkivstruktur.felles import Gradert, Kassabel, Signert, Skjermet, Slettbar
from sakark_api.noark.arkivstruktur.registrering import Registrering, registrering
from sakark_api.noark.attribute import SetBy, attribute, code, kode_of
from sakark_api.noark.metadata.kodeliste import (
    DOKUMENTMEDIUM,
    DOKUMENTSTATUS,
    DOKUMENTTYPE,
    TILKNYTTETREGISTRERINGSOM,
)
from sakark_api.noark.metadata.utvidbar import Utvidbar
from sakark_api.noark.model import Arkivenhet, TenantRow, join_table, partitioned, searchable
from sakark_api.noark.resource import (
    Change,
    JoinTable,
    Package,
    Parent,
    Resource,
    Work,
)
from sakark_api.noark.rules.frysing import value_before
from sakark_api.noark.rules.kassasjon import inherit_kassasjon
from sakark_api.noark.rules.numre import next_numbers
from sakark_api.noark.rules.skjerming import inherit_skjerming
from sakark_api.noark.values import Kode
from sakark_api.texts import text

__all__ = ["FERDIGSTILT", "Dokumentbeskrivelse", "attachments", "dokumentbeskrivelse", "tied"]

HOVEDDOKUMENT, VEDLEGG = "H", "V"
FERDIGSTILT = "F"

attachments = join_table("registrering", "dokumentbeskrivelse")


class Dokumentbeskrivelse(Kassabel, Slettbar, Skjermet, Gradert, Signert, Utvidbar, Arkivenhet):
    """Et dokument i en registrering, med alle sine versjoner og varianter."""

    __tablename__ = "dokumentbeskrivelse"
    __table_args__ = partitioned()

    dokumenttype: Mapped[Kode] = code(DOKUMENTTYPE, "M083", default="B")
    dokumentstatus: Mapped[Kode] = code(DOKUMENTSTATUS, "M054", default="B")
    tittel: Mapped[str] = attribute("M020", required=True)
    beskrivelse: Mapped[str | None] = attribute("M021")
    forfatter: Mapped[list[str] | None] = attribute("M024")
    dokumentmedium: Mapped[Kode] = code(DOKUMENTMEDIUM, "M300", default="E")
    oppbevaringssted: Mapped[str | None] = attribute("M301")
    tilknyttet_registrering_som: Mapped[Kode] = code(
        TILKNYTTETREGISTRERINGSOM, "M217", set_by=SetBy.CLIENT_OR_CORE, always=True
    )
    dokumentnummer: Mapped[int] = attribute("M007", set_by=SetBy.CORE, always=True)
    tilknyttet_dato: Mapped[datetime] = attribute("M620", set_by=SetBy.CORE, always=True)
    tilknyttet_av: Mapped[str] = attribute("M621", set_by=SetBy.CORE, always=True)
    referanse_tilknyttet_av: Mapped[UUID] = attribute(
        None,
        description=text("Brukeren som knyttet dokumentet til registreringen, ved systemID"),
        set_by=SetBy.CORE,
        always=True,
    )
    ekstern_referanse: Mapped[str | None] = attribute("M413")
    sok: Mapped[str] = searchable("tittel", "beskrivelse", "ekstern_referanse")


def give_place(change: Change, unit: Dokumentbeskrivelse) -> None:
    """Number the document in its registrering; one of them is the main document (M007, M217)."""
    assert change.parent is not None  # noqa: S101  a document is always made in a registrering
    (number,) = next_numbers(change.session, [f"dokument/{change.parent.system_id}"])
    unit.dokumentnummer = number
    if unit.tilknyttet_registrering_som is None:
        has_main = number > 1 and _has_main(change, change.parent)
        unit.tilknyttet_registrering_som = change.kode(
            TILKNYTTETREGISTRERINGSOM, VEDLEGG if has_main else HOVEDDOKUMENT
        )
    unit.tilknyttet_dato = change.now
    unit.tilknyttet_av = change.actor.navn
    unit.referanse_tilknyttet_av = change.actor.system_id


def inherit_place(change: Change, unit: Dokumentbeskrivelse) -> None:
    """Keep the document where its registrering is kept, if that is one place (M301)."""
    places = getattr(change.parent, "oppbevaringssted", None)
    if unit.oppbevaringssted is None and places and len(places) == 1:
        unit.oppbevaringssted = places[0]


def _has_main(change: Change, parent: TenantRow) -> bool:
    main = tied().where(
        Registrering.system_id == parent.system_id,
        kode_of(Dokumentbeskrivelse.tilknyttet_registrering_som) == HOVEDDOKUMENT,
    )
    return change.session.scalars(main.limit(1)).first() is not None


def refuse_reopening(change: Change, unit: Dokumentbeskrivelse) -> None:
    """Let a finished document stay so; only an archivist may take that back (C3.2.32)."""
    before = value_before(unit, "dokumentstatus")
    was_finished = before is not None and before.kode == FERDIGSTILT
    if was_finished and unit.dokumentstatus.kode != FERDIGSTILT and not change.archivist:
        raise Forbidden(
            text("Dokumentet er ferdigstilt. Be en arkivar om å åpne det for redigering igjen.")
        )


def refuse_deletion_of_archived(change: Change, unit: Dokumentbeskrivelse) -> None:
    """Keep the documents of what is archived (C3.2.16)."""
    archived = tied().where(
        Dokumentbeskrivelse.system_id == unit.system_id, Registrering.arkivert_dato.is_not(None)
    )
    found = change.session.scalars(archived.limit(1)).first()
    if found is not None:
        raise Conflict(
            text("Dokumentet hører til {id}, som er arkivert, og kan ikke slettes.", id=found)
        )


def tied() -> Select[str]:
    """Select the registreringsID of each registrering for each document that it is tied to."""
    return (
        select(Registrering.registrerings_id)
        .join(
            attachments,
            and_(
                attachments.c.tenant_id == Registrering.tenant_id,
                attachments.c.registrering_ref == Registrering.system_id,
            ),
        )
        .join(
            Dokumentbeskrivelse,
            and_(
                Dokumentbeskrivelse.tenant_id == attachments.c.tenant_id,
                Dokumentbeskrivelse.system_id == attachments.c.dokumentbeskrivelse_ref,
            ),
        )
    )


dokumentbeskrivelse = Resource(
    model=Dokumentbeskrivelse,
    title=text("Dokumentbeskrivelse"),
    package=Package.ARKIVSTRUKTUR,
    work=Work.CASEWORK,
    parents=[
        Parent(
            registrering,
            JoinTable(attachments, "registrering_ref", "dokumentbeskrivelse_ref"),
            needed=True,
        )
    ],
    inherits=["dokumentmedium"],
    order_by=["dokumentnummer", "system_id"],
    screened={
        "TD": ["tittel"],
        "M": [
            "beskrivelse",
            "forfatter",
            "ekstern_referanse",
            "virksomhetsspesifikke_metadata",
        ],
    },
    on_create=[inherit_place, inherit_skjerming, inherit_kassasjon, give_place],
    on_change=[refuse_reopening],
    on_delete=[refuse_deletion_of_archived],
    guards=[tilgang_to(Dokumentbeskrivelse, "D")],
    example={"tittel": "Søknad om tillatelse til tiltak", "dokumenttype": {"kode": "B"}},
)
