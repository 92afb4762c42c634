"""What stands in the way of closing a case, each reason by itself."""

from collections.abc import Iterator

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from sakark_api.errors import Obstacle
from sakark_api.noark.arkivstruktur.dokumentbeskrivelse import Dokumentbeskrivelse, tied
from sakark_api.noark.arkivstruktur.dokumentobjekt import (
    ARKIVFORMAT,
    GODKJENTE_ARKIVFORMATER,
    Dokumentobjekt,
)
from sakark_api.noark.arkivstruktur.mappe import Mappe, open_mapper
from sakark_api.noark.arkivstruktur.registrering import Registrering
from sakark_api.noark.attribute import kode_of
from sakark_api.noark.model import table_of
from sakark_api.noark.resource import Change
from sakark_api.noark.rules.hindring import Units, find_obstacle
from sakark_api.noark.sakarkiv.journalpost import UTGAAR
from sakark_api.noark.sakarkiv.saksmappe import Saksmappe, has_primary_klasse
from sakark_api.texts import text

__all__ = ["reasons_to_stay_open"]

FYSISK = "F"


def reasons_to_stay_open(change: Change, unit: Saksmappe) -> Iterator[Obstacle]:
    """Tell why a case is not ready to be closed, apart from what waits for an answer."""
    if not has_primary_klasse(change, unit):
        yield Obstacle(lambda _: text("Saken mangler primær klasse."), [], 0)
    found = (
        find_obstacle(
            change,
            open_mapper().where(Mappe.referanse_forelder_mappe == unit.system_id),
            lambda names: text("Disse undermappene er åpne: {mapper}.", mapper=names),
        ),
        find_obstacle(
            change,
            unfinished_in(unit),
            lambda names: text("Disse er ikke arkivert: {poster}.", poster=names),
        ),
        find_obstacle(
            change,
            unconverted_in(unit),
            lambda names: text(
                "Disse har dokumenter uten godkjent arkivformat: {poster}.", poster=names
            ),
        ),
    )
    yield from filter(None, found)


def unfinished_in(unit: Saksmappe) -> Units:
    """Select the registreringer of a case that are neither archived nor void (6.1.8, C3.2.7)."""
    status = kode_of(table_of(Registrering).c.journalstatus)
    return (
        select(Registrering.type, Registrering.system_id, Registrering.registrerings_id)
        .where(
            Registrering.mappe_ref == unit.system_id,
            Registrering.arkivert_dato.is_(None),
            status.is_distinct_from(UTGAAR),
        )
        .order_by(Registrering.opprettet_dato)
    )


def unconverted_in(unit: Saksmappe) -> Units:
    """Select the registreringer with an electronic document in no archive format (6.1.11)."""
    file, archived = aliased(Dokumentobjekt), aliased(Dokumentobjekt)
    of_document = Dokumentbeskrivelse.system_id
    return (
        tied()
        .where(
            Registrering.mappe_ref == unit.system_id,
            kode_of(Dokumentbeskrivelse.dokumentmedium) != FYSISK,
            select(file.system_id).where(file.dokumentbeskrivelse_ref == of_document).exists(),
            ~select(archived.system_id)
            .where(
                archived.dokumentbeskrivelse_ref == of_document,
                or_(
                    kode_of(archived.variantformat) == ARKIVFORMAT,
                    kode_of(archived.format).in_(GODKJENTE_ARKIVFORMATER),
                ),
            )
            .exists(),
        )
        .group_by(Registrering.type, Registrering.system_id, Registrering.registrerings_id)
        .order_by(Registrering.registrerings_id)
    )
