"""Checks of arkiver, arkivdeler and klasser."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, FromClause, and_, exists, or_

from sakark_api.deponering.element import rows_of
from sakark_api.deponering.endringslogg import is_changed, is_changed_itself
from sakark_api.deponering.sjekker.sjekk import Sjekk
from sakark_api.deponering.utvalg import Utvalg
from sakark_api.noark.arkivstruktur.arkiv import arkiv
from sakark_api.noark.arkivstruktur.arkivdel import arkivdel
from sakark_api.noark.arkivstruktur.dokumentobjekt import dokumentobjekt
from sakark_api.noark.arkivstruktur.klasse import klasse
from sakark_api.noark.arkivstruktur.mappe import mappe
from sakark_api.noark.arkivstruktur.registrering import registrering
from sakark_api.noark.model import Base
from sakark_api.rest.tenant import same_kommune
from sakark_api.texts import text

__all__ = ["SJEKKER", "WITHOUT_FILES"]

WITHOUT_FILES: Final = "arkivdel-uten-dokumentfiler"


def _lacks_arkivskaper(rows: FromClause, _: Utvalg) -> ColumnElement[bool]:
    """Say that an arkiv has no arkivskaper of its own, as an underarkiv need not have."""
    pairs = Base.metadata.tables["arkivskaper_arkiv"].alias()
    made = exists().where(same_kommune(pairs), pairs.c.arkiv_ref == rows.c.system_id)
    return ~made.correlate_except(pairs)


def _has_empty_system(rows: FromClause, _: Utvalg) -> ColumnElement[bool]:
    """Say that an arkivdel is ordered by a klassifikasjonssystem without klasser."""
    one = rows_of(klasse)
    ordered = exists().where(
        same_kommune(one), one.c.klassifikasjonssystem_ref == rows.c.klassifikasjonssystem_ref
    )
    return and_(rows.c.klassifikasjonssystem_ref.is_not(None), ~ordered.correlate_except(one))


def _has_no_changes(rows: FromClause, utvalg: Utvalg) -> ColumnElement[bool]:
    """Say that a closed arkivdel would have an empty log of changes; to close one is a change."""
    return and_(rows.c.avsluttet_dato.is_not(None), ~is_changed_itself(rows), ~is_changed(utvalg))


def _has_no_files(rows: FromClause, utvalg: Utvalg) -> ColumnElement[bool]:
    """Say that a closed arkivdel would be a deposit without files, which is refused (N5.28)."""
    file = rows_of(dokumentobjekt)
    deposited = exists().where(same_kommune(file), utvalg.has_dokumentobjekt(file))
    return and_(rows.c.avsluttet_dato.is_not(None), ~deposited.correlate_except(file))


def _klasse_mixes_kinds(rows: FromClause, utvalg: Utvalg) -> ColumnElement[bool]:
    """Say that a klasse holds both klasser and what is to be deposited (N5.12, N5.19)."""
    below, case, entry = rows_of(klasse), rows_of(mappe), rows_of(registrering)
    klasser = exists().where(same_kommune(below), below.c.overklasse_ref == rows.c.system_id)
    mapper = exists().where(
        same_kommune(case), case.c.klasse_ref == rows.c.system_id, utvalg.has_mappe(case)
    )
    entries = exists().where(
        same_kommune(entry), entry.c.klasse_ref == rows.c.system_id, utvalg.has_alone(entry)
    )
    held = or_(mapper.correlate_except(case), entries.correlate_except(entry))
    return and_(klasser.correlate_except(below), held)


SJEKKER: Final[Sequence[Sjekk]] = (
    Sjekk(
        "arkiv-uten-arkivskaper",
        arkiv,
        text("Arkiver uten arkivskaper"),
        text("Knytt dem til den som har skapt dem."),
        _lacks_arkivskaper,
    ),
    Sjekk(
        "arkivdel-uten-klasser",
        arkivdel,
        text("Arkivdeler med et klassifikasjonssystem som har ingen klasser"),
        text("Opprett klassene, eller ta systemet bort fra arkivdelen."),
        _has_empty_system,
    ),
    Sjekk(
        "arkivdel-uten-endringer",
        arkivdel,
        text("Avsluttede arkivdeler med tom endringslogg, som skjemaet krever en endring i"),
        text("Endre beskrivelsen, så det står i loggen hvem som gjorde arkivdelen ferdig."),
        _has_no_changes,
    ),
    Sjekk(
        WITHOUT_FILES,
        arkivdel,
        text("Avsluttede arkivdeler uten dokumentfiler å deponere"),
        text("Se om filene mangler. Er arkivet på papir, må uttrekket avtales med depotet."),
        _has_no_files,
    ),
    Sjekk(
        "klasse-med-underklasser-og-saker",
        klasse,
        text("Klasser med både underklasser og mapper eller registreringer"),
        text("Flytt sakene til en underklasse."),
        _klasse_mixes_kinds,
    ),
)
