"""Checks of mapper, beside those of what they must say."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, FromClause, and_, exists, func

from sakark_api.deponering.alvor import Alvor
from sakark_api.deponering.element import is_one_of, rows_of
from sakark_api.deponering.sjekker.sjekk import Sjekk, always, every
from sakark_api.deponering.utvalg import Utvalg
from sakark_api.noark.arkivstruktur.klasse import klasse
from sakark_api.noark.arkivstruktur.mappe import mappe
from sakark_api.noark.arkivstruktur.registrering import registrering
from sakark_api.noark.attribute import kode_of
from sakark_api.noark.model import Base
from sakark_api.rest.tenant import same_kommune
from sakark_api.texts import text

__all__ = ["SJEKKER", "is_void"]

AVSLUTTET, UTGAAR = "A", "U"


def _is_not_done(rows: FromClause, _: Utvalg) -> ColumnElement[bool]:
    return ~is_one_of(kode_of(rows.c.saksstatus), [AVSLUTTET, UTGAAR])


def _is_open(rows: FromClause) -> ColumnElement[bool]:
    return rows.c.avsluttet_dato.is_(None)


def _lacks_klasse(rows: FromClause, utvalg: Utvalg) -> ColumnElement[bool]:
    """Say that a mappe is on its arkivdel itself, where that is ordered by klasser."""
    return and_(rows.c.arkivdel_ref.is_not(None), utvalg.is_ordered(rows.c.arkivdel_ref))


def _is_outside(rows: FromClause, utvalg: Utvalg) -> ColumnElement[bool]:
    """Say that a mappe is on a klasse that is in no klassifikasjonssystem of the arkivdel."""
    return and_(rows.c.klasse_ref.is_not(None), ~utvalg.hangs_within(rows))


def _is_of_no_arkivdel(rows: FromClause, utvalg: Utvalg) -> ColumnElement[bool]:
    """Say that an outermost mappe hangs on a klasse of several arkivdeler, and is of none."""
    return and_(
        rows.c.referanse_forelder_mappe.is_(None),
        rows.c.effektiv_arkivdel.is_(None),
        utvalg.hangs_within(rows),
    )


def _has_mapper(rows: FromClause) -> ColumnElement[bool]:
    below = rows_of(mappe)
    found = exists().where(
        same_kommune(below), below.c.referanse_forelder_mappe == rows.c.system_id
    )
    return found.correlate_except(below)


def _has_entries(rows: FromClause) -> ColumnElement[bool]:
    entry = rows_of(registrering)
    found = exists().where(same_kommune(entry), entry.c.mappe_ref == rows.c.system_id)
    return found.correlate_except(entry)


def _mixes_kinds(rows: FromClause, _: Utvalg) -> ColumnElement[bool]:
    """Say that a mappe holds both mapper and registreringer."""
    return and_(_has_mapper(rows), _has_entries(rows))


def _is_empty(rows: FromClause, _: Utvalg) -> ColumnElement[bool]:
    """Say that a mappe that is not void has nothing in it (N5.14)."""
    return and_(~_has_mapper(rows), ~_has_entries(rows), ~is_void(rows))


def is_void(rows: FromClause) -> ColumnElement[bool]:
    """Say that a mappe, or one that it is in, is Utgår."""
    above = rows_of(mappe)
    found = exists().where(
        same_kommune(above),
        above.c.system_id == func.any(rows.c.omfang),
        kode_of(above.c.saksstatus) == UTGAAR,
    )
    return found.correlate_except(above)


def _has_secondary_outside(rows: FromClause, utvalg: Utvalg) -> ColumnElement[bool]:
    """Say that a mappe has a secondary klasse that is not in the deposit (N5.51)."""
    pairs, one = Base.metadata.tables["klasse_mappe"].alias(), rows_of(klasse)
    outside = exists().where(
        same_kommune(pairs),
        pairs.c.mappe_ref == rows.c.system_id,
        same_kommune(one),
        one.c.system_id == pairs.c.klasse_ref,
        ~utvalg.has_klasse(one),
    )
    return outside.correlate_except(pairs, one)


SJEKKER: Final[Sequence[Sjekk]] = (
    Sjekk(
        "sak-ikke-avsluttet",
        mappe,
        text("Saker som verken er avsluttet (A) eller utgått (U)"),
        text("Avslutt dem, eller sett dem til Utgår."),
        _is_not_done,
        awaits=always,
    ),
    Sjekk(
        "mappe-uten-klasse",
        mappe,
        text("Mapper uten klasse i arkivdeler med klassifikasjonssystem"),
        text("Flytt dem til en klasse."),
        _lacks_klasse,
    ),
    Sjekk(
        "mappe-utenfor-systemet",
        mappe,
        text("Mapper på en klasse som ikke er i arkivdelens klassifikasjonssystem"),
        text("Flytt dem til en klasse i systemet, eller knytt klassens system til arkivdelen."),
        _is_outside,
    ),
    Sjekk(
        "mappe-uten-arkivdel",
        mappe,
        text("Mapper på en klasse som flere arkivdeler bruker, som ikke hører til noen av dem"),
        text("Flytt dem til klassen igjen når bare én av arkivdelene er aktiv."),
        every,
        within=_is_of_no_arkivdel,
    ),
    Sjekk(
        "mappe-med-mapper-og-registreringer",
        mappe,
        text("Mapper med både undermapper og registreringer"),
        text("Flytt registreringene til en undermappe."),
        _mixes_kinds,
    ),
    Sjekk(
        "mappe-med-fremmed-sekundaer-klasse",
        mappe,
        text("Mapper som har en sekundær klasse i et klassifikasjonssystem utenfor uttrekket"),
        text("Knytt systemet til arkivdelen, eller fjern klassen."),
        _has_secondary_outside,
    ),
    Sjekk(
        "mappe-uten-innhold",
        mappe,
        text("Tomme mapper"),
        text("Se om noe mangler."),
        _is_empty,
        Alvor.MERKNAD,
        awaits=_is_open,
    ),
)
