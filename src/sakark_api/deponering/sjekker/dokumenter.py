"""Checks of documents and their files, beside those of what they must say."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, FromClause, and_, exists

from sakark_api.deponering.alvor import Alvor
from sakark_api.deponering.element import rows_of
from sakark_api.deponering.sjekker.registreringer import is_void
from sakark_api.deponering.sjekker.sjekk import Sjekk, always
from sakark_api.deponering.utvalg import Utvalg
from sakark_api.noark.arkivstruktur.dokumentbeskrivelse import (
    FERDIGSTILT,
    attachments,
    dokumentbeskrivelse,
)
from sakark_api.noark.arkivstruktur.dokumentobjekt import dokumentobjekt
from sakark_api.noark.arkivstruktur.registrering import registrering
from sakark_api.noark.attribute import kode_of
from sakark_api.noark.bevaring.dokumentkontroll import Kontrolltype, dokumentkontroll
from sakark_api.rest.tenant import same_kommune
from sakark_api.texts import text

__all__ = ["SJEKKER"]

FYSISK = "F"


def _is_unfinished(rows: FromClause) -> ColumnElement[bool]:
    return kode_of(rows.c.dokumentstatus) != FERDIGSTILT


def _lacks_file(rows: FromClause, utvalg: Utvalg) -> ColumnElement[bool]:
    """Say that a document of a registrering that is not void has no file that comes (N5.24).

    What is on paper has none, and what was disposed of has none any more.
    """
    file, holder, pairs = rows_of(dokumentobjekt), rows_of(registrering), attachments.alias()
    filed = exists().where(
        same_kommune(file),
        file.c.dokumentbeskrivelse_ref == rows.c.system_id,
        utvalg.has_file(file, rows),
    )
    held = exists().where(
        same_kommune(pairs),
        pairs.c.dokumentbeskrivelse_ref == rows.c.system_id,
        same_kommune(holder),
        holder.c.system_id == pairs.c.registrering_ref,
        ~is_void(holder),
    )
    return and_(
        kode_of(rows.c.dokumentmedium) != FYSISK,
        rows.c.utfoert_kassasjon.is_(None),
        ~filed.correlate_except(file),
        held.correlate_except(pairs, holder),
    )


def _is_damaged(rows: FromClause, _: Utvalg) -> ColumnElement[bool]:
    """Say that a file was not as it came when it was last read (N5.30, N5.32)."""
    found = rows_of(dokumentkontroll)
    told = exists().where(
        same_kommune(found),
        found.c.dokumentobjekt_ref == rows.c.system_id,
        found.c.kontrolltype == Kontrolltype.SJEKKSUM,
        found.c.gjeldende,
        found.c.krever_handling,
    )
    return told.correlate_except(found)


def _is_empty(rows: FromClause, _: Utvalg) -> ColumnElement[bool]:
    """Say that a file has no bytes (N5.64)."""
    return rows.c.filstoerrelse == 0


SJEKKER: Final[Sequence[Sjekk]] = (
    Sjekk(
        "dokument-ikke-ferdigstilt",
        dokumentbeskrivelse,
        text("Dokumenter som ikke er ferdigstilt (F)"),
        text("Ferdigstill dem."),
        lambda rows, _: _is_unfinished(rows),
        awaits=always,
    ),
    Sjekk(
        "dokument-uten-arkivformat",
        dokumentbeskrivelse,
        text("Dokumenter som mangler arkivformat"),
        text("Last det opp, eller avtal med depotet og bruk --produksjonsformat."),
        lambda rows, utvalg: utvalg.lacks_archive_format(rows),
        awaits=_is_unfinished,
    ),
    Sjekk(
        "dokument-uten-fil",
        dokumentbeskrivelse,
        text("Dokumenter uten fil"),
        text("Se om den mangler."),
        _lacks_file,
        Alvor.MERKNAD,
        awaits=_is_unfinished,
    ),
    Sjekk(
        "fil-i-annet-format",
        dokumentobjekt,
        text(
            "Filer som står som arkivformat eller offentlig variant, men er i et format som ikke er"
            " godkjent"
        ),
        text("Last opp nye, eller avtal med depotet og bruk --produksjonsformat."),
        lambda rows, utvalg: utvalg.is_of_wrong_format(rows),
    ),
    Sjekk(
        "fil-ikke-som-den-sier",
        dokumentobjekt,
        text(
            "Filer som kontrollen har funnet at har virus, er merket som noe annet enn de er, eller"
            " ikke er PDF/A som de sier"
        ),
        text("Se dokumentkontrollen av hver, og last opp en ny."),
        lambda rows, utvalg: utvalg.is_found_bad(rows),
    ),
    Sjekk(
        "fil-skadet",
        dokumentobjekt,
        text("Filer som ikke lenger er som da de kom"),
        text("Meld fra til drift, som henter dem fra sikkerhetskopi. De leses igjen i sin tur."),
        _is_damaged,
    ),
    Sjekk(
        "fil-tom",
        dokumentobjekt,
        text("Tomme filer"),
        text("Se om innholdet mangler."),
        _is_empty,
        Alvor.MERKNAD,
    ),
)
