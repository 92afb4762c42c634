"""How an approved list is executed: document by document, what is still due and nothing else."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, or_, select

from sakark_api.noark.arkivstruktur.arkivdel import Arkivdel
from sakark_api.noark.arkivstruktur.dokumentbeskrivelse import Dokumentbeskrivelse, attachments
from sakark_api.noark.arkivstruktur.dokumentobjekt import SHA256, Dokumentobjekt
from sakark_api.noark.arkivstruktur.dokumenttekst import Dokumenttekst
from sakark_api.noark.arkivstruktur.klasse import Klasse
from sakark_api.noark.arkivstruktur.mappe import Mappe
from sakark_api.noark.arkivstruktur.registrering import Registrering
from sakark_api.noark.bevaring.epost import Epost
from sakark_api.noark.bevaring.kassasjonsbevis import (
    Destruertfil,
    Kassasjonsbevis,
    bevistekst,
    sum_of_files,
)
from sakark_api.noark.bevaring.kassasjonsgrunn import Grunn, Moment, reason
from sakark_api.noark.bevaring.kassasjonslinje import Kassasjonslinje
from sakark_api.noark.bevaring.kassasjonsliste import Kassasjonsliste, Listestatus, proceed
from sakark_api.noark.bevaring.kassasjonsutvalg import left_out, size_of_files
from sakark_api.noark.logging.endringslogg import log_changed, log_deleted, log_line
from sakark_api.noark.resource import Change
from sakark_api.noark.rules.opphav import give_last_change
from sakark_api.noark.values import NORWAY
from sakark_api.noark.verdier import UtfoertKassasjon
from sakark_api.texts import Text, text

__all__ = [
    "begin",
    "dispose",
    "end",
    "lists_under_way",
    "next_line",
    "note_destroyed",
    "note_locked",
]

FILE: Final = "referanseDokumentfil"
"""What the log calls that a dokumentobjekt has lost its file: before it was its checksum."""
AGAIN: Final = timedelta(hours=20)
"""When a lock that has no end is looked at again: the next night."""
UNDER_WAY: Final = (Listestatus.GODKJENT, Listestatus.UTFOERES)


def lists_under_way(change: Change) -> Sequence[UUID]:
    """List what is approved and not executed to its end."""
    found = select(Kassasjonsliste.system_id).where(Kassasjonsliste.status.in_(UNDER_WAY))
    return change.session.scalars(found).all()


def begin(change: Change, list_id: UUID) -> bool:
    """Begin to execute a list, or go on; tell whether it is one to execute."""
    unit = _locked(change, list_id)
    if unit is None or unit.status not in UNDER_WAY:
        return False
    if unit.status == Listestatus.GODKJENT:
        proceed(unit, Listestatus.UTFOERES)
        log_changed(change, unit)
    return True


def next_line(change: Change, list_id: UUID, after: UUID) -> UUID | None:
    """Find the next line with something to destroy that the storage has not locked."""
    line = Kassasjonslinje
    return change.session.scalar(
        select(line.system_id)
        .where(
            line.kassasjonsliste_ref == list_id,
            line.utelatt.is_(None),
            line.destruert_dato.is_(None),
            or_(line.laast_til.is_(None), line.laast_til <= change.now),
            line.system_id > after,
        )
        .order_by(line.system_id)
        .limit(1)
    )


def dispose(change: Change, line_id: UUID) -> tuple[Kassasjonslinje, Sequence[UUID]] | None:
    """Take a document out of the archive, or leave it out when it is not to be destroyed any more.

    Gives the line and the dokumentobjekter whose bytes are to be destroyed after this transaction;
    None where there is nothing to destroy.
    """
    document = _hold(change, line_id)
    line = _locked_line(change, line_id)
    if document is None or line is None:  # deleted since the list was approved
        return None
    if line.utelatt is not None or line.destruert_dato is not None:
        return None
    if line.kassert_dato is not None:
        return line, ()
    unit = change.get(Kassasjonsliste, line.kassasjonsliste_ref)
    assert unit is not None  # noqa: S101  a foreign key says so
    why = _why_not(change, unit, line, document)
    if why is not None:
        line.utelatt, line.utelatt_dato = why, change.now
        log_changed(change, line)
        return None
    return line, _take_out(change, unit, line, document)


def _hold(change: Change, line_id: UUID) -> Dokumentbeskrivelse | None:
    """Keep everybody from laying an order on what a document is in, and from sending it files.

    Nor is it tied to another entry. Outermost first, as requests take them; who came first is
    waited for, and seen afterwards.
    """
    document_id = (
        select(Kassasjonslinje.dokumentbeskrivelse_ref)
        .where(Kassasjonslinje.system_id == line_id)
        .scalar_subquery()
    )
    ties = select(attachments.c.registrering_ref).where(
        attachments.c.dokumentbeskrivelse_ref == document_id
    )
    entries = change.session.execute(
        select(Registrering.omfang, Registrering.referanse_arkivdel).where(
            Registrering.system_id.in_(ties)
        )
    ).all()
    ids = {one for omfang, told in entries for one in (*(omfang or ()), told) if one is not None}
    for model in (Arkivdel, Klasse, Mappe, Registrering):
        held = select(model.system_id).where(model.system_id.in_(ids)).order_by(model.system_id)
        change.session.execute(held.with_for_update(key_share=True))
    document = change.session.scalars(
        select(Dokumentbeskrivelse)
        .where(Dokumentbeskrivelse.system_id == document_id)
        .with_for_update(key_share=True)
    ).one_or_none()
    files = select(Dokumentobjekt.system_id).where(
        Dokumentobjekt.dokumentbeskrivelse_ref == document_id
    )
    change.session.execute(files.order_by(Dokumentobjekt.system_id).with_for_update(key_share=True))
    return document


def _why_not(
    change: Change, unit: Kassasjonsliste, line: Kassasjonslinje, document: Dokumentbeskrivelse
) -> Grunn | None:
    """Tell why a document that was approved is not to be destroyed after all."""
    moment = Moment(unit.til_dato, unit.kassasjonsvedtak.kode, change.now)
    found, files, size = change.session.execute(
        select(reason(moment), *size_of_files()).where(
            Dokumentbeskrivelse.system_id == document.system_id
        )
    ).one()
    if found is not None:
        return Grunn(found)
    same = (document.kassasjon, files, size) == (
        line.kassasjon,
        line.antall_filer,
        line.antall_byte,
    )
    return None if same else Grunn.ENDRET


def _take_out(
    change: Change, unit: Kassasjonsliste, line: Kassasjonslinje, document: Dokumentbeskrivelse
) -> Sequence[UUID]:
    """Say of a document that it is disposed of, and of its files where they were (M630–M632)."""
    files = change.session.scalars(
        select(Dokumentobjekt)
        .where(
            Dokumentobjekt.dokumentbeskrivelse_ref == document.system_id,
            Dokumentobjekt.lagringsnoekkel.is_not(None),
        )
        .order_by(Dokumentobjekt.system_id)
    ).all()
    if document.utfoert_kassasjon is None:
        document.utfoert_kassasjon = UtfoertKassasjon(
            kassert_dato=change.now.astimezone(NORWAY),
            kassert_av=unit.avgjort_av,
            referanse_kassert_av=unit.referanse_avgjort_av,
        )
        log_changed(change, document)
        give_last_change(change, document)
    line.filer = tuple(map(_proof_of, files))
    line.noekler = [one.lagringsnoekkel for one in files if one.lagringsnoekkel is not None]
    for one in files:
        log_line(change, one, FILE, one.sjekksum, None)
        give_last_change(change, one)
        one.lagringsnoekkel, one.destruert = None, change.now
    line.kassert_dato = change.now
    log_changed(change, line)
    ids = [one.system_id for one in files]
    _forget_words(change, ids)
    return ids


def _proof_of(file: Dokumentobjekt) -> Destruertfil:
    return Destruertfil(
        referanse_dokumentobjekt=file.system_id,
        sjekksum=file.sjekksum or "",
        sjekksum_algoritme=file.sjekksum_algoritme or SHA256,
        filstoerrelse=file.filstoerrelse or 0,
    )


def _forget_words(change: Change, files: Sequence[UUID]) -> None:
    """Forget what files said: the text that search finds, and the heads of e-mails."""
    change.session.execute(
        delete(Dokumenttekst).where(
            Dokumenttekst.tenant_id == change.session.info["tenant_id"],
            Dokumenttekst.system_id.in_(files),
        )
    )
    mails = select(Epost).where(Epost.dokumentobjekt_ref.in_(files))
    for mail in change.session.scalars(mails).all():
        log_deleted(change, mail)
        change.session.delete(mail)


def note_destroyed(change: Change, line_id: UUID) -> None:
    """Remember that nothing of a document is in storage any more."""
    line = _locked_line(change, line_id)
    if line is None or line.destruert_dato is not None:
        return
    line.destruert_dato, line.laast_til, line.funn = change.now, None, None
    log_changed(change, line)


def note_locked(change: Change, line_id: UUID, until: datetime | None) -> None:
    """Remember that the storage does not let bytes go yet, and when it is tried again."""
    line = _locked_line(change, line_id)
    assert line is not None  # noqa: S101  a document that is disposed of is not deleted
    line.laast_til, line.funn = (
        until or change.now + AGAIN,
        _locked_until(until).to(change.maalform),
    )
    log_changed(change, line)


def _locked_until(until: datetime | None) -> Text:
    if until is None:
        return text(
            "Lageret har låst filene uten sluttdato (legal hold). Be drift om å oppheve låsen; det"
            " prøves igjen hver natt."
        )
    day = f"{until.astimezone(NORWAY):%d.%m.%Y %H:%M}"
    return text("Lageret har låst filene til {dag}. De destrueres da.", dag=day)


def end(change: Change, list_id: UUID, kommune: str) -> None:
    """Give the certificate of a kommune, in its language, when the last byte is gone."""
    unit = _locked(change, list_id)
    if unit is None or unit.status != Listestatus.UTFOERES or _is_waiting(change, list_id):
        return
    counts = _count_left_out(change, list_id)
    bevis = _certificate(change, unit, counts)
    unit.kassasjonsbevis, unit.bevistekst = bevis, bevistekst(bevis, kommune, change.maalform)
    unit.utelatt = left_out(counts, change.maalform)
    unit.antall_dokumenter = bevis.antall_dokumenter
    unit.antall_filer, unit.antall_byte = bevis.antall_filer, bevis.antall_byte
    proceed(unit, Listestatus.UTFOERT)
    log_changed(change, unit)


def _is_waiting(change: Change, list_id: UUID) -> bool:
    line = Kassasjonslinje
    waits = select(line.system_id).where(
        line.kassasjonsliste_ref == list_id, line.utelatt.is_(None), line.destruert_dato.is_(None)
    )
    return change.session.scalar(waits.limit(1)) is not None


def _count_left_out(change: Change, list_id: UUID) -> Counter[str]:
    line = Kassasjonslinje
    rows = change.session.execute(
        select(line.utelatt, func.count())
        .where(line.kassasjonsliste_ref == list_id, line.utelatt.is_not(None))
        .group_by(line.utelatt)
    )
    return Counter({grunn or "": count for grunn, count in rows})


def _certificate(change: Change, unit: Kassasjonsliste, counts: Counter[str]) -> Kassasjonsbevis:
    arkivdel = change.get(Arkivdel, unit.arkivdel_ref)
    assert arkivdel is not None  # noqa: S101  a foreign key says so
    grounds, files, documents = set[str](), list[Destruertfil](), 0
    for line in _destroyed(change, unit.system_id):
        documents += 1
        files += line.filer or ()
        if line.kassasjon is not None and line.kassasjon.kassasjonshjemmel:
            grounds.add(line.kassasjon.kassasjonshjemmel)
    return Kassasjonsbevis(
        arkivdel=arkivdel.tittel,
        til_dato=unit.til_dato,
        hjemmel=tuple(sorted(grounds)),
        laget_av=unit.opprettet_av,
        laget_dato=unit.opprettet_dato,
        sendt_av=unit.sendt_av or "",
        godkjent_av=unit.avgjort_av or "",
        godkjent_dato=unit.avgjort_dato or change.now,
        utfoert_dato=change.now,
        antall_dokumenter=documents,
        antall_filer=len(files),
        antall_byte=sum(one.filstoerrelse for one in files),
        utelatt=left_out(counts, change.maalform) or (),
        sjekksum=sum_of_files(files),
    )


def _destroyed(change: Change, list_id: UUID) -> Iterator[Kassasjonslinje]:
    found = select(Kassasjonslinje).where(
        Kassasjonslinje.kassasjonsliste_ref == list_id, Kassasjonslinje.destruert_dato.is_not(None)
    )
    yield from change.session.scalars(found)


def _locked(change: Change, list_id: UUID) -> Kassasjonsliste | None:
    return change.session.scalars(
        select(Kassasjonsliste).where(Kassasjonsliste.system_id == list_id).with_for_update()
    ).one_or_none()


def _locked_line(change: Change, line_id: UUID) -> Kassasjonslinje | None:
    return change.session.scalars(
        select(Kassasjonslinje).where(Kassasjonslinje.system_id == line_id).with_for_update()
    ).one_or_none()
