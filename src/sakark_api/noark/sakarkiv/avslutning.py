"""What stands in the way of closing a case, each reason by itself."""

from collections.abc import Iterator

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from sakark_api.noark.arkivstruktur.dokumentbeskrivelse import Dokumentbeskrivelse, tied
from sakark_api.noark.arkivstruktur.dokumentobjekt import (
    ARKIVFORMAT,
    GODKJENTE_ARKIVFORMATER,
    Dokumentobjekt,
)
from sakark_api.noark.arkivstruktur.mappe import Mappe
from sakark_api.noark.arkivstruktur.registrering import Registrering
from sakark_api.noark.attribute import kode_of
from sakark_api.noark.model import table_of
from sakark_api.noark.resource import Change
from sakark_api.noark.sakarkiv.journalpost import UTGAAR
from sakark_api.noark.sakarkiv.saksmappe import Saksmappe
from sakark_api.texts import Text, text

__all__ = ["reasons_to_stay_open"]

FYSISK = "F"


def reasons_to_stay_open(change: Change, unit: Saksmappe) -> Iterator[Text]:
    """Tell why a case is not ready to be closed, apart from what waits for an answer."""
    if not has_primary_klasse(change, unit):
        yield text("Saken mangler primær klasse.")
    unfinished = unfinished_in(change, unit)
    if unfinished:
        yield text("Disse er ikke arkivert: {poster}.", poster=", ".join(unfinished))
    unconverted = unconverted_in(change, unit)
    if unconverted:
        yield text(
            "Disse har dokumenter uten godkjent arkivformat: {poster}.",
            poster=", ".join(unconverted),
        )


def has_primary_klasse(change: Change, unit: Mappe) -> bool:
    """Tell whether a mappe, or one that it is in, hangs on a klasse (6.1.7, 5.4.14).

    A mappe may be made on an arkivdel that is ordered by klasser; before it is closed as a case it
    must have got one.
    """
    if unit.klasse_ref is not None or unit.referanse_forelder_mappe is None:
        return unit.klasse_ref is not None
    above = change.get(Mappe, unit.referanse_forelder_mappe)
    return above is not None and has_primary_klasse(change, above)


def unfinished_in(change: Change, unit: Saksmappe) -> list[str]:
    """List the registreringer of a case that are neither archived nor void (6.1.8, C3.2.7)."""
    status = kode_of(table_of(Registrering).c.journalstatus)
    found = select(Registrering.registrerings_id).where(
        Registrering.mappe_ref == unit.system_id,
        Registrering.arkivert_dato.is_(None),
        status.is_distinct_from(UTGAAR),
    )
    return list(change.session.scalars(found.order_by(Registrering.opprettet_dato)))


def unconverted_in(change: Change, unit: Saksmappe) -> list[str]:
    """List the registreringer with an electronic document in no archive format (6.1.11)."""
    file, archived = aliased(Dokumentobjekt), aliased(Dokumentobjekt)
    of_document = Dokumentbeskrivelse.system_id
    found = tied().where(
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
    return list(change.session.scalars(found.distinct()))
