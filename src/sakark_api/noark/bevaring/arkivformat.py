"""What the core does with a file whose format it has found: fills it in, and keeps a copy."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import select

from sakark_api.noark.arkivstruktur.dokumentobjekt import (
    ARKIVFORMAT,
    UKJENT_FORMAT,
    Dokumentobjekt,
    refuse_closed,
    take_file,
)
from sakark_api.noark.attribute import kode_of
from sakark_api.noark.logging.endringslogg import log_changed
from sakark_api.noark.metadata.kodeliste import FORMAT, VARIANTFORMAT
from sakark_api.noark.metadata.kodeverdi import KodeverdiRow
from sakark_api.noark.resource import Change, StoredFile
from sakark_api.noark.rules.opphav import give_last_change, give_origin
from sakark_api.texts import Text, text

__all__ = [
    "Format",
    "archive_copy_of",
    "contradiction",
    "give_format",
    "make_known",
    "take_archive_copy",
]

_UNSAID = ("application/octet-stream", "binary/octet-stream")
"""What a program sends that does not know what it sends."""


@dataclass(frozen=True)
class Format:
    """A format as PRONOM has it."""

    puid: str
    navn: str
    versjon: str
    mime: str | None

    @property
    def detaljer(self) -> str:
        return f"{self.navn} {self.versjon}".strip()


def make_known(change: Change, found: Format) -> None:
    """Take a format into the kommune's list, which is open to every kode of PRONOM (GUIDE 13)."""
    known = change.kodeverk.lists.get(FORMAT.name, {})
    if found.puid in known:
        return
    names = {one.kodenavn for one in known.values()}
    navn = found.detaljer or found.puid
    change.session.add(
        KodeverdiRow(
            tenant_id=change.session.info["tenant_id"],
            liste=FORMAT.name,
            kode=found.puid,
            kodenavn=f"{navn} ({found.puid})" if navn in names else navn,
        )
    )


def give_format(change: Change, unit: Dokumentobjekt, found: Format) -> None:
    """Fill in what nobody has said of a file (GUIDE 10); what was said stays (M701, M702, M716)."""
    if unit.format.kode == UKJENT_FORMAT and _is_usable(change, found.puid):
        unit.format = change.kode(FORMAT, found.puid)
    if unit.format_detaljer is None:
        unit.format_detaljer = found.detaljer or None
    if found.mime is not None and unit.mime_type in (None, *_UNSAID):
        unit.mime_type = found.mime
    if change.session.is_modified(unit):
        log_changed(change, unit)
        give_last_change(change, unit)


def contradiction(unit: Dokumentobjekt, found: Format) -> Sequence[Text]:
    """Say where the format that was given is not the one that the bytes are in (M701)."""
    given = unit.format.kode
    if given in (UKJENT_FORMAT, found.puid):
        return ()
    return (
        text(
            "Formatet er oppgitt som {oppgitt}, men innholdet er {funnet}.",
            oppgitt=given,
            funnet=found.puid,
        ),
    )


def _is_usable(change: Change, puid: str) -> bool:
    known = change.kodeverk.lists.get(FORMAT.name, {}).get(puid)
    return known is not None and (known.utdatert is None or known.utdatert > change.now)


def archive_copy_of(change: Change, unit: Dokumentobjekt) -> Dokumentobjekt | None:
    """Find the archive format of the same version of the document, if there is one."""
    return change.session.scalars(
        select(Dokumentobjekt)
        .where(
            Dokumentobjekt.dokumentbeskrivelse_ref == unit.dokumentbeskrivelse_ref,
            Dokumentobjekt.versjonsnummer == unit.versjonsnummer,
            Dokumentobjekt.lagringsnoekkel.is_not(None),
            kode_of(Dokumentobjekt.variantformat) == ARKIVFORMAT,
        )
        .order_by(Dokumentobjekt.opprettet_dato)
        .limit(1)
    ).first()


def take_archive_copy(
    change: Change, unit: Dokumentobjekt, stored: StoredFile, puid: str
) -> Dokumentobjekt:
    """Make the archive format of a version, beside the file it was made from (GUIDE 14.6).

    The document may be finished, journalled or archived meanwhile; what it is in may not be closed,
    for conversion comes before that (5.11.6).
    """
    refuse_closed(change, unit.dokumentbeskrivelse_ref)
    copy = Dokumentobjekt(
        tenant_id=unit.tenant_id,
        system_id=uuid4(),
        dokumentbeskrivelse_ref=unit.dokumentbeskrivelse_ref,
        versjonsnummer=unit.versjonsnummer,
        variantformat=change.kode(VARIANTFORMAT, ARKIVFORMAT),
        format=change.kode(FORMAT, puid),
    )
    give_origin(change, copy)
    take_file(change, copy, stored)
    change.session.add(copy)
    return copy
