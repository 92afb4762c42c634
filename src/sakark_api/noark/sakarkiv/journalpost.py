"""Journalpost: an entry in the journal, with its numbers, dates and status."""

from collections.abc import Container, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, and_, cast, literal, or_, select, update
from sqlalchemy import Text as TextType
from sqlalchemy.orm import Mapped, mapped_column

from sakark_api.errors import Conflict, Forbidden
from sakark_api.noark.admin.ansvar import name_person
from sakark_api.noark.arkivstruktur.dokumentbeskrivelse import (
    FERDIGSTILT,
    Dokumentbeskrivelse,
    attachments,
    dokumentbeskrivelse,
    tied,
)
from sakark_api.noark.arkivstruktur.dokumentobjekt import (
    Dokumentobjekt,
    dokumentobjekt,
    refuse_loss,
    refuse_taking,
)
from sakark_api.noark.arkivstruktur.felles import Signert
from sakark_api.noark.arkivstruktur.korrespondansepart import (
    AVSENDERE,
    MOTTAKERE,
    Korrespondansepart,
    korrespondansepart,
)
from sakark_api.noark.arkivstruktur.registrering import (
    Registrering,
    give_archiver,
    registrering,
    series_in_mappe,
)
from sakark_api.noark.attribute import Mutability, SetBy, attribute, code, kode_of
from sakark_api.noark.metadata.kodeliste import JOURNALPOSTTYPE, JOURNALSTATUS
from sakark_api.noark.model import ordered_by, refers_in_table, table_of, unique_in_table
from sakark_api.noark.names import to_wire
from sakark_api.noark.resource import Change, ChildColumn, Guard, Package, Parent, Resource, Work
from sakark_api.noark.rules.frysing import value_before
from sakark_api.noark.rules.hindring import Units, conflict_over, refuse_found
from sakark_api.noark.rules.numre import next_numbers
from sakark_api.noark.sakarkiv.saksmappe import Saksmappe, saksmappe
from sakark_api.noark.values import NORWAY, Kode
from sakark_api.texts import Text, text

__all__ = [
    "SENT",
    "Journalpost",
    "journalpost",
    "renumber_moved",
]

INNGAAENDE, UTGAAENDE, NOTAT_TIL_OPPFOELGING = "I", "U", "N"
RESERVERT, EKSPEDERT, JOURNALFOERT, ARKIVERT, UTGAAR = "R", "E", "J", "A", "U"
NEVER_DELETED = frozenset({EKSPEDERT, JOURNALFOERT, ARKIVERT, UTGAAR})
SENT = frozenset({EKSPEDERT, JOURNALFOERT, ARKIVERT})
FINISHED = frozenset({"F", "G"})
ANSWERED_FOR = SENT | FINISHED
"""Statuses that an entry does not get before it is known who it is from and to."""
FROZEN_IN: Mapping[str, Sequence[str]] = {
    **dict.fromkeys((EKSPEDERT, JOURNALFOERT), ("mottatt_dato",)),
    ARKIVERT: ("mottatt_dato", "journalposttype", "journaldato", "dokumentets_dato"),
}
FROZEN_OUT: Mapping[str, Sequence[str]] = dict.fromkeys(
    SENT, ("journalposttype", "mottatt_dato", "dokumentets_dato", "sendt_dato", "tittel")
)
"""What each status freezes, of entries that came in and of our own.

When something came is frozen of both, or it could be changed by way of the other kind.
"""
DONE_OWN, DONE_IN = SENT, SENT - {JOURNALFOERT}
"""Statuses in which every document is finished, of our own entries and of those that came in.

What came in is journalled before its documents are there.
"""
PARTS_OWN, PARTS_IN = SENT, frozenset({ARKIVERT})
"""Statuses in which who an entry is from and to is frozen, in the same two ways."""
FINAL = frozenset({ARKIVERT})
"""Statuses that nobody takes back."""


class Journalpost(Signert, Registrering):
    """En innføring i journalen."""

    journalaar: Mapped[int] = attribute("M013", set_by=SetBy.CORE, always=True)
    journalsekvensnummer: Mapped[int] = attribute("M014", set_by=SetBy.CORE, always=True)
    journalpostnummer: Mapped[int] = attribute("M015", set_by=SetBy.CORE, always=True)
    journalposttype: Mapped[Kode] = code(JOURNALPOSTTYPE, "M082", default=INNGAAENDE)
    journalstatus: Mapped[Kode] = code(
        JOURNALSTATUS, "M053", set_by=SetBy.CLIENT_OR_CORE, always=True
    )
    journaldato: Mapped[datetime] = attribute(
        "M101", set_by=SetBy.CLIENT_OR_CORE, change=Mutability.UNTIL_ARCHIVED, always=True
    )
    dokumentets_dato: Mapped[datetime | None] = attribute("M103", change=Mutability.UNTIL_ARCHIVED)
    mottatt_dato: Mapped[datetime | None] = attribute("M104", change=Mutability.UNTIL_ARCHIVED)
    sendt_dato: Mapped[datetime | None] = attribute("M105", change=Mutability.UNTIL_ARCHIVED)
    forfallsdato: Mapped[datetime | None] = attribute("M109")
    offentlighetsvurdert_dato: Mapped[datetime | None] = attribute("M110")
    antall_vedlegg: Mapped[int | None] = attribute("M304")
    utlaant_dato: Mapped[datetime | None] = attribute("M106")
    utlaant_til: Mapped[str | None] = attribute("M309")
    referanse_utlaant_til: Mapped[UUID | None] = attribute(
        None, description=text("Personen dokumentet er lånt ut til, ved systemID")
    )
    journalenhet: Mapped[str | None] = attribute("M308", set_by=SetBy.CLIENT_OR_CORE)
    har_vaert_journalfoert: Mapped[bool | None] = mapped_column(Boolean)
    """Whether the entry ever had a status that forbids deletion for good (C3.2.19)."""


unique_in_table(Journalpost, "journalaar", "journalsekvensnummer")
unique_in_table(Journalpost, "mappe_ref", "journalpostnummer")
ordered_by(Journalpost, "journaldato")
refers_in_table(Journalpost, "referanse_utlaant_til", "bruker")


def give_status(change: Change, unit: Journalpost) -> None:
    """Let what comes in be journalled at once, and what is made here be reserved first (M053)."""
    if unit.journalstatus is None:
        came_in = unit.journalposttype.kode == INNGAAENDE
        unit.journalstatus = change.kode(JOURNALSTATUS, JOURNALFOERT if came_in else RESERVERT)
    if unit.journalenhet is None:
        unit.journalenhet = getattr(change.parent, "journalenhet", None)
    if unit.journaldato is None:
        unit.journaldato = change.now


def name_referred(change: Change, unit: Journalpost) -> None:
    """Name the person that the document is lent to, where only a reference is given."""
    name_person(change, unit, "utlaant_til")


def give_memory(change: Change, unit: Journalpost) -> None:
    """Remember that the entry has been journalled, expedited, archived or voided (C3.2.19)."""
    del change
    if unit.journalstatus.kode in NEVER_DELETED:
        unit.har_vaert_journalfoert = True


def give_archiving(change: Change, unit: Journalpost) -> None:
    """Archive the entry when its status says so, and only then (C3.2.18, M604, M605, M101)."""
    if unit.journalstatus.kode != ARKIVERT:
        if unit.arkivert_dato is not None:
            raise Conflict(
                text("En journalpost er arkivert når og bare når journalstatus er Arkivert (A).")
            )
        return
    if value_before(unit, "arkivert_dato") is not None:
        return
    if unit.arkivert_dato is None:
        unit.arkivert_dato = change.now
    give_archiver(change, unit)
    unit.journaldato = unit.arkivert_dato


def give_journal_number(change: Change, unit: Journalpost) -> None:
    """Number the entry within its case and within the journal of its year (M013, M014, M015)."""
    assert isinstance(change.parent, Saksmappe)  # noqa: S101  offered on saksmappe only
    unit.journalaar = change.now.astimezone(NORWAY).year
    unit.journalpostnummer, unit.journalsekvensnummer = next_numbers(
        change.session, [series_in_mappe(change.parent), f"journal/{unit.journalaar}"]
    )
    unit.registrerings_id = f"{change.parent.mappe_id}-{unit.journalpostnummer}"


def refuse_deletion(change: Change, unit: Journalpost) -> None:
    """Keep what has ever been journalled, expedited, archived or voided (C3.2.19, C3.2.20).

    What is only finished or approved is an archivist's to delete.
    """
    if unit.har_vaert_journalfoert:
        raise Conflict(
            text("Journalposten har vært journalført og kan ikke slettes. Sett status Utgår (U).")
        )
    if unit.journalstatus.kode in FINISHED and not change.archivist:
        raise Forbidden(
            text("Journalposten er ferdigstilt eller godkjent. Be en arkivar om å slette den.")
        )


def own_produced(unit: Journalpost) -> bool:
    return unit.journalposttype.kode != INNGAAENDE


def refuse_frozen_by_status(change: Change, unit: Journalpost) -> None:
    """Keep what the status that the entry had has frozen (C3.2.22, C3.2.23, C3.2.24).

    What is empty may still be filled in.
    """
    del change
    status = value_before(unit, "journalstatus")
    came_in = value_before(unit, "journalposttype").kode == INNGAAENDE
    for name in (FROZEN_IN if came_in else FROZEN_OUT).get(status.kode, ()):
        before = value_before(unit, name)
        if before is not None and before != getattr(unit, name):
            raise Conflict(
                text(
                    "Feltet {felt} kan ikke endres når journalposten er {status}.",
                    felt=to_wire(name),
                    status=status.kodenavn.lower(),
                )
            )


def refuse_thawing(change: Change, unit: Journalpost) -> None:
    """Let only an archivist take back a status that freezes (C3.2.18, C3.2.22, C3.2.24).

    What is void comes back in no case that was closed upon it (6.1.8).
    """
    before, after = value_before(unit, "journalstatus").kode, unit.journalstatus.kode
    if before in FINAL and after != before:
        raise Conflict(
            text(
                "Journalposten er arkivert, og statusen kan ikke endres. Registrer en ny"
                " journalpost."
            )
        )
    if takes_back(before, after) and not change.archivist:
        raise Forbidden(
            text("Journalposten er journalført eller sendt. Be en arkivar om å åpne den igjen.")
        )
    revived = before == UTGAAR != after
    case = change.get(Saksmappe, unit.mappe_ref) if revived and unit.mappe_ref else None
    if case is not None and case.avsluttet_dato is not None:
        raise conflict_over(
            case,
            case.mappe_id,
            lambda name: text("Saken {mappe} er avsluttet. Gjenåpne den først.", mappe=name),
        )


def takes_back(before: str, after: str) -> bool:
    """Tell whether what a status has frozen thaws by getting another.

    What is void was journalled or sent before, for all that its status says.
    """
    if before == UTGAAR:
        return after != UTGAAR
    return before in SENT and after not in NEVER_DELETED


def refuse_unaddressed(change: Change, unit: Journalpost) -> None:
    """Demand who an entry is from and to before it is finished (C2.6.3)."""
    if not _comes_to(unit, ANSWERED_FOR):
        return
    roles = change.session.scalars(
        select(kode_of(Korrespondansepart.korrespondanseparttype)).where(
            Korrespondansepart.registrering_ref == unit.system_id
        )
    ).all()
    kind = unit.journalposttype.kode
    if kind in {INNGAAENDE, NOTAT_TIL_OPPFOELGING} and AVSENDERE.isdisjoint(roles):
        raise Conflict(text("Journalposten mangler avsender. Legg til en korrespondansepart."))
    if kind in {UTGAAENDE, NOTAT_TIL_OPPFOELGING} and MOTTAKERE.isdisjoint(roles):
        raise Conflict(text("Journalposten mangler mottaker. Legg til en korrespondansepart."))
    if not roles:
        raise Conflict(text("Journalposten mangler korrespondansepart. Legg til en."))


def refuse_unfinished_documents(change: Change, unit: Journalpost) -> None:
    """Send, journal or archive nothing that is still worked on (C3.2.30)."""
    if not _comes_to(unit, DONE_OWN if own_produced(unit) else DONE_IN):
        return
    drafts = (
        select(
            literal("dokumentbeskrivelse"),
            Dokumentbeskrivelse.system_id,
            # Never its title: that may be screened from who is refused.
            cast(Dokumentbeskrivelse.dokumentnummer, TextType),
        )
        .join(attachments, attachments.c.dokumentbeskrivelse_ref == Dokumentbeskrivelse.system_id)
        .where(
            attachments.c.registrering_ref == unit.system_id,
            kode_of(Dokumentbeskrivelse.dokumentstatus) != FERDIGSTILT,
        )
    )
    refuse_found(
        change,
        drafts.order_by(Dokumentbeskrivelse.dokumentnummer),
        lambda names: text(
            "Journalposten har dokumenter under redigering. Sett dokumentstatus F på dem:"
            " {dokumenter}.",
            dokumenter=names,
        ),
    )


def refuse_draft_in_done(change: Change, unit: Dokumentbeskrivelse) -> None:
    """Add nothing that is worked on to what is sent, journalled or archived (C3.2.30)."""
    entry = change.parent
    if not isinstance(entry, Journalpost) or unit.dokumentstatus.kode == FERDIGSTILT:
        return
    if entry.journalstatus.kode in (DONE_OWN if own_produced(entry) else DONE_IN):
        raise conflict_over(entry, entry.registrerings_id, _draft_in)


def refuse_draft_of_done(change: Change, unit: Dokumentbeskrivelse) -> None:
    """Begin no work anew on what is sent, journalled or archived (C3.2.30)."""
    before = value_before(unit, "dokumentstatus")
    if unit.dokumentstatus.kode == FERDIGSTILT or before.kode != FERDIGSTILT:
        return
    entries = table_of(Registrering).c
    came_in = kode_of(entries.journalposttype) == INNGAAENDE
    status = kode_of(entries.journalstatus)
    done = tied().where(
        Dokumentbeskrivelse.system_id == unit.system_id,
        or_(and_(came_in, status.in_(DONE_IN)), and_(~came_in, status.in_(DONE_OWN))),
    )
    refuse_found(change, done, _draft_in)


def _draft_in(entries: object) -> Text:
    return text(
        "{poster} er sendt, journalført eller arkivert, med bare ferdigstilte dokumenter. Sett"
        " dokumentstatus F.",
        poster=entries,
    )


def _comes_to(unit: Journalpost, statuses: Container[str]) -> bool:
    """Tell whether this very change makes an entry one that is in one of these statuses."""
    changed = any(
        (before := value_before(unit, name)) is None or before.kode != getattr(unit, name).kode
        for name in ("journalstatus", "journalposttype")
    )
    return changed and unit.journalstatus.kode in statuses


def refuse_unready(change: Change, unit: Journalpost) -> None:
    """Let a registrering become no entry whose status it is not ready for (C2.6.3, C3.2.30).

    Who a new entry is from and to, and its documents, come after it.
    """
    if unit.opprettet_dato == change.now:
        return
    if freezes_parts(unit):
        refuse_unaddressed(change, unit)
    refuse_unfinished_documents(change, unit)


def freezes_parts(unit: Journalpost) -> bool:
    """Tell whether who an entry is from and to may not be changed any more (C3.2.23, C3.2.24)."""
    return unit.journalstatus.kode in (PARTS_OWN if own_produced(unit) else PARTS_IN)


def refuse_frozen_parts(change: Change, unit: Korrespondansepart) -> None:
    """Keep who an entry is from and to, once it is archived or sent (C3.2.23, C3.2.24).

    Those that come with a new entry are part of it.
    """
    if change.parent is not None and not isinstance(change.parent, Journalpost):
        return
    entry = change.parent or change.get(Journalpost, unit.registrering_ref)
    if not isinstance(entry, Journalpost) or entry.opprettet_dato == change.now:
        return
    if freezes_parts(entry):
        raise Conflict(
            text(
                "Korrespondansepartene kan ikke endres når journalposten er {status}.",
                status=(entry.journalstatus.kodenavn or "").lower(),
            )
        )


def refuse_deletion_of_entered(change: Change, unit: Dokumentbeskrivelse) -> None:
    """Keep the documents of what has been journalled (C3.2.19)."""
    refuse_found(
        change,
        _entered(unit.system_id),
        lambda names: text(
            "Dokumentet hører til {id}, som er journalført, og kan ikke slettes.", id=names
        ),
    )


def refuse_taking_out_of_entered(change: Change, unit: Dokumentbeskrivelse) -> None:
    """Let only an archivist take a document out of what has been journalled (C3.2.19)."""
    del unit
    left = change.former
    if isinstance(left, Journalpost) and left.har_vaert_journalfoert and not change.archivist:
        raise Forbidden(
            text("Journalposten er journalført. Be en arkivar om å ta dokumentet ut av den.")
        )


def refuse_loss_of_entered_file(change: Change, unit: Dokumentobjekt) -> None:
    """Keep the files of what has been journalled, finished or not (C3.2.19, 5.13.21)."""
    if _is_entered(change, unit.dokumentbeskrivelse_ref):
        refuse_loss(change, unit)


def refuse_taking_entered_file(change: Change, unit: Dokumentobjekt) -> None:
    """Let the files of what has been journalled stay in their documents (C3.2.19)."""
    if change.former is not None and _is_entered(change, change.former.system_id):
        refuse_taking(unit)


def _is_entered(change: Change, document: UUID) -> bool:
    return change.session.execute(_entered(document).limit(1)).first() is not None


def _entered(document: UUID) -> Units:
    """Select the entries that a document hangs on and that have been journalled."""
    return tied().where(
        Dokumentbeskrivelse.system_id == document, table_of(Registrering).c.har_vaert_journalfoert
    )


def renumber_moved(change: Change, unit: Journalpost) -> None:
    """Number an entry anew in the case it was moved to, `change.parent` (C3.2.36, C3.2.37).

    The numbers of those that are left stay, and the case it left remembers it (6.1.18).
    """
    assert isinstance(change.parent, Saksmappe)  # noqa: S101  entries are in cases only
    (unit.journalpostnummer,) = next_numbers(change.session, [series_in_mappe(change.parent)])
    unit.registrerings_id = f"{change.parent.mappe_id}-{unit.journalpostnummer}"
    if unit.har_vaert_journalfoert:
        cases = table_of(Saksmappe)
        # Nothing of it is shown: the case keeps its version.
        change.session.execute(
            update(cases)
            .where(cases.c.system_id == value_before(unit, "mappe_ref"))
            .values(har_hatt_journalfoert=True)
        )


journalpost = Resource(
    model=Journalpost,
    title=text("Journalpost"),
    package=Package.SAKARKIV,
    work=Work.CASEWORK,
    extends=registrering,
    extension=True,
    parents=[Parent(saksmappe, ChildColumn("mappe_ref"))],
    on_create=[
        give_status,
        refuse_unready,
        name_referred,
        give_memory,
        give_archiving,
        give_journal_number,
    ],
    on_change=[
        refuse_frozen_by_status,
        refuse_thawing,
        refuse_unaddressed,
        refuse_unfinished_documents,
        name_referred,
        give_memory,
        give_archiving,
    ],
    on_move=[renumber_moved],
    on_delete=[refuse_deletion],
    guards=[
        Guard(
            korrespondansepart,
            on_create=[refuse_frozen_parts],
            on_change=[refuse_frozen_parts],
            on_delete=[refuse_frozen_parts],
        ),
        Guard(
            dokumentbeskrivelse,
            on_create=[refuse_draft_in_done],
            on_change=[refuse_draft_of_done],
            on_move=[refuse_taking_out_of_entered, refuse_draft_in_done],
            on_delete=[refuse_deletion_of_entered],
        ),
        Guard(
            dokumentobjekt,
            on_move=[refuse_taking_entered_file],
            on_delete=[refuse_loss_of_entered_file],
        ),
    ],
    example={
        "tittel": "Søknad om tillatelse til tiltak",
        "journalposttype": {"kode": "I"},
        "dokumentetsDato": "2026-11-20T00:00:00+01:00",
        "mottattDato": "2026-11-22T09:30:00+01:00",
        "korrespondansepartperson": [
            {"navn": "Kari Nordmann", "korrespondanseparttype": {"kode": "EA"}}
        ],
    },
)
