"""Dokumentobjekt: one file, as one version and variant of a document; and how files come in."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column

from sakark_api.db.queue import defer
from sakark_api.errors import Conflict, Forbidden, Invalid
from sakark_api.formats.policy import approved_puids
from sakark_api.noark.arkivstruktur.dokumentbeskrivelse import (
    FERDIGSTILT,
    Dokumentbeskrivelse,
    closed_over,
    dokumentbeskrivelse,
    tied,
)
from sakark_api.noark.arkivstruktur.dokumenttekst import Dokumenttekst
from sakark_api.noark.arkivstruktur.felles import Signert
from sakark_api.noark.arkivstruktur.graderingsarv import keeping, refuse_lower
from sakark_api.noark.arkivstruktur.kassasjonsarv import following
from sakark_api.noark.arkivstruktur.registrering import Registrering
from sakark_api.noark.arkivstruktur.skjermingsarv import carrying
from sakark_api.noark.attribute import Mutability, SetBy, attribute, code
from sakark_api.noark.metadata.kodeliste import FORMAT, VARIANTFORMAT
from sakark_api.noark.model import Arkivenhet, partitioned, reference, refers, searchable
from sakark_api.noark.resource import (
    Change,
    ChildColumn,
    FileRules,
    Package,
    Parent,
    Resource,
    StoredFile,
    Work,
)
from sakark_api.noark.rules.hindring import refuse_found
from sakark_api.noark.rules.numre import next_numbers
from sakark_api.noark.values import Kode
from sakark_api.texts import text

__all__ = [
    "ARKIVFORMAT",
    "EXAMINATION",
    "GODKJENTE_ARKIVFORMATER",
    "PRODUKSJONSFORMAT",
    "SHA256",
    "UKJENT_FORMAT",
    "Dokumentobjekt",
    "dokumentobjekt",
    "refuse_closed",
    "refuse_loss",
    "refuse_taking",
    "take_file",
    "tie_file",
]

PRODUKSJONSFORMAT, ARKIVFORMAT, SLADDET = "P", "A", "O"
UKJENT_FORMAT = "av/0"
SOSI = "av/1"
"""What the standard calls SOSI; PRONOM has numbers of each version of it (M701)."""
SHA256 = "SHA-256"
EXAMINATION = "undersoek_dokument"
"""The job that finds out what a file is, and makes its archive format."""
GODKJENTE_ARKIVFORMATER = frozenset({SOSI, *approved_puids()})
"""Formats that an archive may be deposited in, by their kode."""
_MIME_TYPE = re.compile(r"[a-z0-9.+!#$&^_-]{1,127}/[a-z0-9.+!#$&^_-]{1,127}")


class Dokumentobjekt(Signert, Arkivenhet):
    """En fil: én versjon og variant av et dokument."""

    __tablename__ = "dokumentobjekt"
    __table_args__ = partitioned(
        *refers("dokumentbeskrivelse_ref", "dokumentbeskrivelse"),
        UniqueConstraint("tenant_id", "lagringsnoekkel"),
    )

    dokumentbeskrivelse_ref: Mapped[UUID] = reference(required=True)
    lagringsnoekkel: Mapped[str | None] = mapped_column()
    """Where the bytes are in storage; empty until the file has come."""
    destruert: Mapped[datetime | None] = mapped_column()
    """When the file was disposed of; empty of what has a file, or never had one."""
    sok: Mapped[str] = searchable("filnavn", "sjekksum")
    versjonsnummer: Mapped[int] = attribute("M005", set_by=SetBy.CORE, always=True)
    variantformat: Mapped[Kode] = code(
        VARIANTFORMAT, "M700", default=PRODUKSJONSFORMAT, change=Mutability.NEVER
    )
    format: Mapped[Kode] = code(FORMAT, "M701", default=UKJENT_FORMAT, change=Mutability.NEVER)
    format_detaljer: Mapped[str | None] = attribute("M702", change=Mutability.ONCE)
    filnavn: Mapped[str | None] = attribute(
        None, description=text("Filens navn"), set_by=SetBy.CLIENT_OR_CORE
    )
    sjekksum: Mapped[str | None] = attribute(
        "M705", set_by=SetBy.CLIENT_OR_CORE, change=Mutability.ONCE
    )
    mime_type: Mapped[str | None] = attribute(
        "M716", set_by=SetBy.CLIENT_OR_CORE, change=Mutability.ONCE
    )
    sjekksum_algoritme: Mapped[str | None] = attribute(
        "M706", set_by=SetBy.CLIENT_OR_CORE, change=Mutability.ONCE
    )
    filstoerrelse: Mapped[int | None] = attribute(
        "M707", type_=BigInteger(), set_by=SetBy.CLIENT_OR_CORE, change=Mutability.ONCE
    )


def refuse_other_checksum(change: Change, unit: Dokumentobjekt) -> None:
    """Take no other algorithm than SHA-256 for now (M706)."""
    del change
    if unit.sjekksum_algoritme is not None and unit.sjekksum_algoritme.upper() != SHA256:
        raise Invalid(text("Sjekksummer må være beregnet med SHA-256."))


def refuse_odd_mime_type(change: Change, unit: Dokumentobjekt) -> None:
    """Take only what can be a media type, as it becomes the Content-Type of downloads (M716)."""
    del change
    if unit.mime_type is not None and not _MIME_TYPE.fullmatch(unit.mime_type):
        raise Invalid(text("mimeType må være en medietype, for eksempel application/pdf."))


def give_version(change: Change, unit: Dokumentobjekt) -> None:
    """Number a new version; other variants get the number of the version they show (M005)."""
    document = unit.dokumentbeskrivelse_ref
    if unit.variantformat.kode == PRODUKSJONSFORMAT:
        (number,) = next_numbers(change.session, [f"versjon/{document}"])
        unit.versjonsnummer = number - 1 + change.first_version
        return
    newest = change.session.scalar(
        select(func.max(Dokumentobjekt.versjonsnummer)).where(
            Dokumentobjekt.dokumentbeskrivelse_ref == document
        )
    )
    unit.versjonsnummer = change.first_version if newest is None else newest


def refuse_second_file(
    change: Change, unit: Dokumentobjekt, mime_type: str, size: int | None
) -> None:
    """Stop an upload to a dokumentobjekt that has a file, or announced another one (GUIDE 10)."""
    del change
    if unit.destruert is not None:
        raise is_disposed()
    if unit.lagringsnoekkel is not None:
        raise Conflict(text("Dokumentobjektet har en fil fra før. Opprett et nytt dokumentobjekt."))
    if unit.mime_type is not None and unit.mime_type != mime_type:
        raise Invalid(
            text(
                "Filen er oppgitt å være {oppgitt}, men sendes som {sendt}.",
                oppgitt=unit.mime_type,
                sendt=mime_type,
            )
        )
    if unit.filstoerrelse is not None and size is not None and unit.filstoerrelse != size:
        raise Invalid(
            text(
                "Filen er oppgitt å være {oppgitt} byte, men {sendt} byte sendes.",
                oppgitt=unit.filstoerrelse,
                sendt=size,
            )
        )


def take_file(change: Change, unit: Dokumentobjekt, stored: StoredFile) -> Dokumentobjekt:
    """Tie stored bytes to the dokumentobjekt; that they are to be examined goes into the queue."""
    tie_file(change, unit, stored)
    defer(change.session, EXAMINATION, unit.system_id)
    return unit


def tie_file(change: Change, unit: Dokumentobjekt, stored: StoredFile) -> None:
    """Say of the dokumentobjekt where its bytes are, and what the client did not announce."""
    refuse_second_file(change, unit, stored.mime_type, stored.size)
    if unit.sjekksum is not None and unit.sjekksum.lower() != stored.sha256:
        raise Invalid(text("Filens sjekksum er ikke den som er oppgitt. Send filen på nytt."))
    unit.lagringsnoekkel = stored.key
    unit.sjekksum = stored.sha256
    unit.sjekksum_algoritme = SHA256
    unit.mime_type = stored.mime_type
    unit.filstoerrelse = stored.size
    unit.filnavn = unit.filnavn or stored.filnavn


def refuse_file_of_finished(
    change: Change, unit: Dokumentbeskrivelse, mime_type: str, size: int | None
) -> None:
    """Stop a new version of a document that takes none (C3.2.31, C3.2.17)."""
    del mime_type, size
    refuse_finished(change, unit)


def refuse_finished(change: Change, unit: Dokumentbeskrivelse) -> None:
    """Let what is finished, archived or closed stay as it is (C3.2.31, C3.2.17, 5.11.6)."""
    refuse_disposed(unit)
    refuse_closed(change, unit.system_id)
    if is_settled(change, unit):
        raise Conflict(
            text(
                "Dokumentet er ferdigstilt eller arkivert og kan ikke få nye versjoner. Opprett et"
                " nytt dokument."
            )
        )


def refuse_disposed(unit: Dokumentbeskrivelse) -> None:
    """Take no file into a document that has been disposed of (M630)."""
    if unit.utfoert_kassasjon is not None:
        raise is_disposed()


def is_disposed() -> Conflict:
    """Make the refusal of files that are sent to what has been disposed of."""
    return Conflict(text("Dokumentet er kassert og tar ikke imot filer. Opprett et nytt dokument."))


def refuse_closed(change: Change, document: UUID) -> None:
    """Take no file into what is closed: conversion too comes before that (5.11.6, GUIDE 14.6)."""
    refuse_found(
        change,
        closed_over(document),
        lambda names: text(
            "{enhet} er avsluttet og tar ikke imot nye filer. Bruk et dokument i en som er åpen.",
            enhet=names,
        ),
    )


def refuse_file(change: Change, unit: Dokumentobjekt, mime_type: str, size: int | None) -> None:
    """Stop a file that the dokumentobjekt, or the document it is of, does not take (C3.2.31)."""
    refuse_second_file(change, unit, mime_type, size)
    refuse_variant(change, unit, unit.dokumentbeskrivelse_ref)


def receive_file(change: Change, unit: Dokumentobjekt, stored: StoredFile) -> Dokumentobjekt:
    """Tie stored bytes to the dokumentobjekt, if they still are taken."""
    refuse_file(change, unit, stored.mime_type, stored.size)
    return take_file(change, unit, stored)


def refuse_version_of_finished(change: Change, unit: Dokumentobjekt) -> None:
    """Stop a new version or variant of a document that does not take it (C3.2.31, 5.11.6)."""
    if isinstance(change.parent, Dokumentbeskrivelse):
        refuse_variant(change, unit, change.parent.system_id)


def refuse_variant(change: Change, unit: Dokumentobjekt, document: UUID) -> None:
    """Stop what the variant may not be made of any more.

    Production versions come before the document is finished, archive formats before its mappe is
    closed. Whoever asks for access may need a public variant afterwards too.
    """
    found = change.get(Dokumentbeskrivelse, document)
    if found is not None:
        refuse_disposed(found)
    if unit.variantformat.kode == SLADDET:
        return
    if found is None or unit.variantformat.kode != PRODUKSJONSFORMAT:
        refuse_closed(change, document)
        return
    refuse_finished(change, found)


def take_file_as_version(
    change: Change, unit: Dokumentbeskrivelse, stored: StoredFile
) -> Dokumentobjekt:
    """Make a new production version of the document for a file sent to it (GUIDE 10).

    The document may have been finished, or its mappe closed, while the bytes came.
    """
    refuse_finished(change, unit)
    version = Dokumentobjekt(
        tenant_id=unit.tenant_id,
        system_id=uuid4(),
        dokumentbeskrivelse_ref=unit.system_id,
        variantformat=change.kode(VARIANTFORMAT, PRODUKSJONSFORMAT),
        format=change.kode(FORMAT, UKJENT_FORMAT),
        opprettet_dato=change.now,
        opprettet_av=change.actor.navn,
        referanse_opprettet_av=change.actor.system_id,
    )
    take_file(change, version, stored)
    give_version(replace(change, parent=unit), version)
    change.session.add(version)
    return version


def refuse_deletion(change: Change, unit: Dokumentobjekt) -> None:
    """Keep the files of a document that is finished or archived (5.13.17–5.13.28, C3.2.16).

    A document that is still worked on is its authors' own.
    """
    refuse_loss_of_proof(unit)
    document = change.get(Dokumentbeskrivelse, unit.dokumentbeskrivelse_ref)
    if document is not None and is_settled(change, document):
        refuse_loss(change, unit)


def refuse_loss_of_proof(unit: Dokumentobjekt) -> None:
    """Keep what is known of a file that has been disposed of, where it was (M630, M705)."""
    if unit.destruert is not None:
        raise Conflict(
            text(
                "Filen er kassert. Opplysningene om den beholdes, og kan ikke slettes eller"
                " flyttes."
            )
        )


def refuse_leaving(change: Change, unit: Dokumentobjekt) -> None:
    """Let the file of a document that is finished or archived stay there (C3.2.31, C3.2.16)."""
    refuse_loss_of_proof(unit)
    document = change.former
    if isinstance(document, Dokumentbeskrivelse) and is_settled(change, document):
        refuse_taking(unit)


def is_settled(change: Change, document: Dokumentbeskrivelse) -> bool:
    """Tell whether a document is finished, or of something that is archived."""
    if document.dokumentstatus.kode == FERDIGSTILT:
        return True
    archived = tied().where(
        Dokumentbeskrivelse.system_id == document.system_id, Registrering.arkivert_dato.is_not(None)
    )
    return change.session.scalars(archived.limit(1)).first() is not None


def refuse_taking(unit: Dokumentobjekt) -> None:
    """Take no file away from its document."""
    if unit.lagringsnoekkel is not None:
        raise Conflict(
            text(
                "Filen hører til et dokument som er ferdigstilt, journalført eller arkivert, og kan"
                " ikke flyttes. Last den opp på nytt i det andre dokumentet."
            )
        )


def refuse_loss(change: Change, unit: Dokumentobjekt) -> None:
    """Keep the last version, the original and the archive format of a document (5.13.17–5.13.28).

    Older versions, other variants, and what also is kept in an archive format, may be deleted by
    an archivist.
    """
    if unit.lagringsnoekkel is None:
        return
    if not change.archivist:
        raise Forbidden(
            text(
                "Dokumentet er ferdigstilt, journalført eller arkivert. Be en arkivar om å slette"
                " versjoner og varianter."
            )
        )
    others = _other_files(change, unit)
    if any(one.versjonsnummer > unit.versjonsnummer for one in others):
        return
    if unit.variantformat.kode == ARKIVFORMAT:
        raise Conflict(text("Filen er arkivformatet av siste versjon og kan ikke slettes."))
    is_kept = any(
        one.variantformat.kode == ARKIVFORMAT and one.versjonsnummer == unit.versjonsnummer
        for one in others
    )
    if unit.variantformat.kode == PRODUKSJONSFORMAT and not is_kept:
        raise Conflict(
            text(
                "Filen er siste versjon av dokumentet og kan ikke slettes før den også er i"
                " arkivformat."
            )
        )


def _other_files(change: Change, unit: Dokumentobjekt) -> Sequence[Dokumentobjekt]:
    """List the other dokumentobjekter of the same document that have a file."""
    return change.session.scalars(
        select(Dokumentobjekt).where(
            Dokumentobjekt.dokumentbeskrivelse_ref == unit.dokumentbeskrivelse_ref,
            Dokumentobjekt.system_id != unit.system_id,
            Dokumentobjekt.lagringsnoekkel.is_not(None),
        )
    ).all()


dokumentobjekt = Resource(
    model=Dokumentobjekt,
    title=text("Dokumentobjekt"),
    package=Package.ARKIVSTRUKTUR,
    work=Work.CASEWORK,
    parents=[Parent(dokumentbeskrivelse, ChildColumn("dokumentbeskrivelse_ref"))],
    order_by=["versjonsnummer", "system_id"],
    screened={
        "TD": ["filnavn"],
        "H": ["lagringsnoekkel", "destruert"],
        "D": ["lagringsnoekkel", "destruert"],
        "M": ["lagringsnoekkel", "destruert", "format_detaljer", "sjekksum"],
    },
    on_create=[
        refuse_other_checksum,
        refuse_odd_mime_type,
        refuse_version_of_finished,
        give_version,
    ],
    on_change=[refuse_other_checksum, refuse_odd_mime_type],
    on_move=[refuse_leaving, refuse_lower, refuse_version_of_finished, give_version],
    on_delete=[refuse_deletion],
    guards=[*carrying, *following, *keeping],
    file=FileRules(
        refuse=refuse_file,
        receive=receive_file,
        parent_refuse=refuse_file_of_finished,
        parent_receive=take_file_as_version,
        public=("variantformat", SLADDET),
        words=Dokumenttekst,
    ),
    example={"variantformat": {"kode": "P"}, "mimeType": "application/pdf"},
)
