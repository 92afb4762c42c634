"""Dokumentbeskrivelse: one document of a registrering, in all its versions and variants."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, literal, select, union
from sqlalchemy.orm import Mapped

from sakark_api.errors import Conflict, Forbidden
from sakark_api.noark.admin.tilgang import tilgang_to
from sakark_api.noark.arkivstruktur.arkivdel import Arkivdel
from sakark_api.noark.arkivstruktur.felles import (
    Gradert,
    Kassabel,
    Rangert,
    Signert,
    Skjermet,
    Slettbar,
)
from sakark_api.noark.arkivstruktur.mappe import Mappe, mappe
from sakark_api.noark.arkivstruktur.registrering import Registrering, closing_of, registrering
from sakark_api.noark.attribute import SetBy, attribute, code, kode_of
from sakark_api.noark.logging.endringslogg import log_changed
from sakark_api.noark.metadata.kodeliste import (
    DOKUMENTMEDIUM,
    DOKUMENTSTATUS,
    DOKUMENTTYPE,
    TILKNYTTETREGISTRERINGSOM,
)
from sakark_api.noark.metadata.utvidbar import Utvidbar
from sakark_api.noark.model import (
    Arkivenhet,
    TenantRow,
    join_table,
    ordered_by,
    partitioned,
    searchable,
)
from sakark_api.noark.resource import (
    Change,
    Guard,
    JoinTable,
    Package,
    Parent,
    Resource,
    Work,
)
from sakark_api.noark.rules.frysing import value_before
from sakark_api.noark.rules.hindring import Units, refuse_found
from sakark_api.noark.rules.kassasjon import date_disposal, inherit_kassasjon
from sakark_api.noark.rules.numre import next_numbers
from sakark_api.noark.rules.opphav import give_last_change
from sakark_api.noark.rules.skjerming import inherit_skjerming
from sakark_api.noark.values import Kode
from sakark_api.texts import text

__all__ = [
    "FERDIGSTILT",
    "VEDLEGG",
    "Dokumentbeskrivelse",
    "attachments",
    "closed_over",
    "date_contents",
    "dokumentbeskrivelse",
    "tied",
]

HOVEDDOKUMENT, VEDLEGG = "H", "V"
FERDIGSTILT = "F"

attachments = join_table("registrering", "dokumentbeskrivelse")


class Dokumentbeskrivelse(
    Kassabel, Slettbar, Skjermet, Gradert, Signert, Utvidbar, Rangert, Arkivenhet
):
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


ordered_by(Dokumentbeskrivelse, "opprettet_dato")


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


def refuse_deletion_of_disposed(change: Change, unit: Dokumentbeskrivelse) -> None:
    """Keep what is known of a document that has been disposed of (M630)."""
    del change
    if unit.utfoert_kassasjon is not None:
        raise Conflict(
            text("Dokumentet er kassert. Opplysningene om det beholdes, og kan ikke slettes.")
        )


def refuse_deletion_of_archived(change: Change, unit: Dokumentbeskrivelse) -> None:
    """Keep the documents of what is archived (C3.2.16)."""
    archived = tied().where(
        Dokumentbeskrivelse.system_id == unit.system_id, Registrering.arkivert_dato.is_not(None)
    )
    refuse_found(
        change,
        archived,
        lambda names: text(
            "Dokumentet hører til {id}, som er arkivert, og kan ikke slettes.", id=names
        ),
    )


def refuse_new_in_closed(change: Change, unit: Dokumentbeskrivelse) -> None:
    """Give what is in a closed mappe or arkivdel no new documents (5.4.7, 5.11.6)."""
    del unit
    if not isinstance(change.parent, Registrering):
        return
    refuse_found(
        change,
        _closed_around(Registrering.system_id == change.parent.system_id),
        lambda names: text(
            "{enhet} er avsluttet og tar ikke imot nye dokumenter. Bruk en som er åpen.",
            enhet=names,
        ),
    )


def refuse_deletion_in_closed(change: Change, unit: Dokumentbeskrivelse) -> None:
    """Keep the documents of what is in a closed mappe or arkivdel (6.1.17)."""
    refuse_found(
        change,
        closed_over(unit.system_id),
        lambda names: text(
            "{enhet} er avsluttet, og dokumentene i den kan ikke slettes.", enhet=names
        ),
    )


def date_contents(change: Change, unit: Mappe) -> None:
    """Date the disposal of what is in a mappe from when that is closed (M452; GUIDE 14.9).

    What is reopened is dated anew when it closes again.
    """
    before, now = value_before(unit, "avsluttet_dato"), unit.avsluttet_dato
    if before == now:
        return
    with change.session.no_autoflush:
        inside = select(Registrering).where(Registrering.mappe_ref == unit.system_id)
        entries = change.session.scalars(inside).all()
        for one in entries:
            date_disposal(one, now, before)
        documents = _date_documents(change, {one.system_id: (before, now) for one in entries})
    for changed in (*entries, *documents):
        _sign(change, changed)


def date_documents_of_moved(change: Change, unit: Registrering) -> None:
    """Date the disposal of a moved registrering's documents (M452)."""
    before = closing_of(change, value_before(unit, "mappe_ref"))
    now = closing_of(change, unit.mappe_ref)
    if before != now:
        for one in _date_documents(change, {unit.system_id: (before, now)}):
            _sign(change, one)


def give_disposal_date(change: Change, unit: Dokumentbeskrivelse) -> None:
    """Date the disposal anew when it is decided anew (M452)."""
    if unit.kassasjon is None or value_before(unit, "kassasjon") == unit.kassasjon:
        return
    with change.session.no_autoflush:
        closings = [closing for _, closing in _closings(change, [unit.system_id])[unit.system_id]]
    date_disposal(unit, _last(closings), _last(closings))


def _sign(change: Change, unit: Arkivenhet) -> None:
    """Log what has been dated anew, as a change of its own."""
    if change.session.is_modified(unit):
        log_changed(change, unit)
        give_last_change(change, unit)


Closing = datetime | None


def _date_documents(
    change: Change, entries: Mapping[UUID, tuple[Closing, Closing]]
) -> Sequence[Dokumentbeskrivelse]:
    """Date the documents of registreringer that were, and now are, in what was closed then.

    A document that others need too is due after the last of them (GUIDE 20, 19).
    """
    ties = select(attachments.c.dokumentbeskrivelse_ref).where(
        attachments.c.registrering_ref.in_(entries)
    )
    found = select(Dokumentbeskrivelse).where(
        Dokumentbeskrivelse.system_id.in_(ties), Dokumentbeskrivelse.kassasjon.is_not(None)
    )
    documents = change.session.scalars(found).all()
    closings = _closings(change, [one.system_id for one in documents])
    for one in documents:
        both = [entries.get(entry, (kept, kept)) for entry, kept in closings[one.system_id]]
        date_disposal(one, _last([now for _, now in both]), _last([was for was, _ in both]))
    return documents


def _closings(
    change: Change, documents: Sequence[UUID]
) -> Mapping[UUID, Sequence[tuple[UUID, Closing]]]:
    """Give when the mappe of each registrering of some documents was closed."""
    rows = change.session.execute(
        select(attachments.c.dokumentbeskrivelse_ref, Registrering.system_id, Mappe.avsluttet_dato)
        .join(Registrering, attachments.c.registrering_ref == Registrering.system_id)
        .outerjoin(Mappe, Registrering.mappe_ref == Mappe.system_id)
        .where(attachments.c.dokumentbeskrivelse_ref.in_(documents))
    )
    found = defaultdict[UUID, list[tuple[UUID, Closing]]](list)
    for document, entry, closing in rows:
        found[document].append((entry, closing))
    return found


def _last(closings: Sequence[Closing]) -> Closing:
    """Give the last closing, or None as long as something is open."""
    closed = [one for one in closings if one is not None]
    return max(closed) if closed and len(closed) == len(closings) else None


def closed_over(document: UUID) -> Units:
    """Select the closed mapper and arkivdeler that a document is in, as what stands in the way."""
    holders = select(attachments.c.registrering_ref).where(
        attachments.c.dokumentbeskrivelse_ref == document
    )
    return _closed_around(Registrering.system_id.in_(holders))


def _closed_around(those: ColumnElement[bool]) -> Units:
    """Select the closed mapper and arkivdeler that some registreringer are in."""
    mapper = select(Mappe.type, Mappe.system_id, Mappe.mappe_id).join(
        Registrering, Registrering.mappe_ref == Mappe.system_id
    )
    arkivdeler = select(literal("arkivdel"), Arkivdel.system_id, Arkivdel.tittel).join(
        Registrering,
        and_(
            Registrering.mappe_ref.is_(None),
            func.coalesce(Registrering.arkivdel_ref, Registrering.referanse_arkivdel)
            == Arkivdel.system_id,
        ),
    )
    found = union(
        mapper.where(those, Mappe.avsluttet_dato.is_not(None)),
        arkivdeler.where(those, Arkivdel.avsluttet_dato.is_not(None)),
    ).subquery()
    return select(*found.columns)


def tied() -> Units:
    """Select each registrering for each document that it is tied to, as what stands in the way."""
    return (
        select(Registrering.type, Registrering.system_id, Registrering.registrerings_id)
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
    category="D",
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
    on_create=[
        refuse_new_in_closed,
        inherit_place,
        inherit_skjerming,
        inherit_kassasjon,
        give_place,
    ],
    on_change=[refuse_reopening, give_disposal_date],
    on_move=[refuse_new_in_closed],
    on_delete=[refuse_deletion_of_disposed, refuse_deletion_of_archived, refuse_deletion_in_closed],
    guards=[
        Guard(mappe, on_change=[date_contents]),
        Guard(registrering, on_move=[date_documents_of_moved]),
        tilgang_to(Dokumentbeskrivelse, "D"),
    ],
    example={"tittel": "Søknad om tillatelse til tiltak", "dokumenttype": {"kode": "B"}},
)
