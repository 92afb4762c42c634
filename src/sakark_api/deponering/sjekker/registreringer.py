"""Checks of registreringer, beside those of what they must say."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, FromClause, and_, exists, func, or_

from sakark_api.deponering.alvor import Alvor
from sakark_api.deponering.element import is_one_of, rows_of
from sakark_api.deponering.sekvens import name_of_correspondent
from sakark_api.deponering.sjekker.mapper import is_void as is_void_mappe
from sakark_api.deponering.sjekker.sjekk import Sjekk, always, every
from sakark_api.deponering.utvalg import Utvalg
from sakark_api.noark.arkivstruktur.dokumentbeskrivelse import attachments
from sakark_api.noark.arkivstruktur.korrespondansepart import korrespondansepart
from sakark_api.noark.arkivstruktur.mappe import mappe
from sakark_api.noark.arkivstruktur.registrering import registrering
from sakark_api.noark.attribute import kode_of
from sakark_api.noark.sakarkiv.journalpost import ARKIVERT, UTGAAR
from sakark_api.rest.tenant import same_kommune
from sakark_api.texts import text

__all__ = ["SJEKKER", "is_void"]


def _is_not_done(rows: FromClause, _: Utvalg) -> ColumnElement[bool]:
    return ~is_one_of(kode_of(rows.c.journalstatus), [ARKIVERT, UTGAAR])


def _is_open(rows: FromClause) -> ColumnElement[bool]:
    return rows.c.arkivert_dato.is_(None)


def _is_alone(rows: FromClause) -> ColumnElement[bool]:
    return rows.c.mappe_ref.is_(None)


def _lacks_klasse(rows: FromClause, utvalg: Utvalg) -> ColumnElement[bool]:
    """Say that a registrering is on its arkivdel itself, where that is ordered by klasser."""
    return and_(rows.c.arkivdel_ref.is_not(None), utvalg.is_ordered(rows.c.arkivdel_ref))


def _is_outside(rows: FromClause, utvalg: Utvalg) -> ColumnElement[bool]:
    """Say that a registrering is on a klasse that is in no system of the arkivdel."""
    return and_(_is_alone(rows), rows.c.klasse_ref.is_not(None), ~utvalg.hangs_within(rows))


def _is_of_no_arkivdel(rows: FromClause, utvalg: Utvalg) -> ColumnElement[bool]:
    """Say that a registrering in no mappe hangs on a klasse, and is told to follow no arkivdel."""
    belongs = func.coalesce(rows.c.arkivdel_ref, rows.c.referanse_arkivdel)
    return and_(_is_alone(rows), belongs.is_(None), utvalg.hangs_within(rows))


def _is_unaddressed(rows: FromClause, _: Utvalg) -> ColumnElement[bool]:
    """Say that an entry has nobody it is from or to that can be named."""
    one = rows_of(korrespondansepart)
    named = exists().where(same_kommune(one), one.c.registrering_ref == rows.c.system_id)
    nameless = exists().where(
        same_kommune(one),
        one.c.registrering_ref == rows.c.system_id,
        name_of_correspondent(one).is_(None),
    )
    return and_(
        rows.c.type == "journalpost",
        or_(~named.correlate_except(one), nameless.correlate_except(one)),
    )


def _is_empty(rows: FromClause, _: Utvalg) -> ColumnElement[bool]:
    """Say that a registrering that is not void has no documents (N5.21)."""
    pairs = attachments.alias()
    held = exists().where(same_kommune(pairs), pairs.c.registrering_ref == rows.c.system_id)
    return and_(~held.correlate_except(pairs), ~is_void(rows))


def is_void(rows: FromClause) -> ColumnElement[bool]:
    """Say that a registrering, or a mappe that it is in, is Utgår."""
    above = rows_of(mappe)
    in_void = exists().where(
        same_kommune(above), above.c.system_id == rows.c.mappe_ref, is_void_mappe(above)
    )
    own = func.coalesce(kode_of(rows.c.journalstatus) == UTGAAR, False)
    return or_(own, in_void.correlate_except(above))


SJEKKER: Final[Sequence[Sjekk]] = (
    Sjekk(
        "journalpost-ikke-arkivert",
        registrering,
        text("Journalposter som verken er arkivert (A) eller utgått (U)"),
        text("Arkiver dem, eller sett dem til Utgår."),
        _is_not_done,
        awaits=always,
    ),
    Sjekk(
        "registrering-uten-klasse",
        registrering,
        text("Registreringer uten mappe og uten klasse i arkivdeler med klassifikasjonssystem"),
        text("Flytt dem til en mappe eller en klasse."),
        _lacks_klasse,
    ),
    Sjekk(
        "registrering-utenfor-systemet",
        registrering,
        text("Registreringer på en klasse som ikke er i arkivdelens klassifikasjonssystem"),
        text("Flytt dem til en klasse i systemet, eller knytt klassens system til arkivdelen."),
        _is_outside,
    ),
    Sjekk(
        "registrering-uten-arkivdel",
        registrering,
        text("Registreringer på en klasse som flere arkivdeler bruker, uten referanseArkivdel"),
        text("Si hvilken arkivdel de hører til med referanseArkivdel."),
        every,
        within=_is_of_no_arkivdel,
    ),
    Sjekk(
        "journalpost-uten-korrespondansepart",
        registrering,
        text("Journalposter som mangler korrespondansepart, eller navnet på den"),
        text("Legg til den som har sendt eller mottatt dokumentet."),
        _is_unaddressed,
    ),
    Sjekk(
        "registrering-uten-dokument",
        registrering,
        text("Registreringer uten dokumentbeskrivelse"),
        text("Se om noe mangler."),
        _is_empty,
        Alvor.MERKNAD,
        awaits=_is_open,
    ),
)
