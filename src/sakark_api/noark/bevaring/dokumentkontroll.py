"""Dokumentkontroll: what was found when a file was examined, and whether somebody must act."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped

from sakark_api.noark.arkivstruktur.dokumentobjekt import Dokumentobjekt, dokumentobjekt
from sakark_api.noark.attribute import SetBy, attribute
from sakark_api.noark.logging.endringslogg import log_changed, log_created
from sakark_api.noark.model import TenantRow, partitioned, reference, refers
from sakark_api.noark.resource import Change, ChildColumn, Package, Parent, Resource, Work
from sakark_api.texts import Text, text

__all__ = [
    "Dokumentkontroll",
    "Found",
    "Kontrolltype",
    "dokumentkontroll",
    "record",
    "record_checksum",
]


class Kontrolltype(StrEnum):
    """What was looked at."""

    FORMAT = "format"
    """What the file is, and its archive format."""
    SJEKKSUM = "sjekksum"
    """Whether its bytes are those that came in."""
    VEDLEGG = "vedlegg"
    """Whether what is attached to an e-mail is documents too."""
    TEKST = "tekst"
    """What it says; told only of files that could not be read."""


class Dokumentkontroll(TenantRow):
    """En kontroll av en fil: hva som ble funnet, og om noen må gjøre noe."""

    __tablename__ = "dokumentkontroll"
    __table_args__ = partitioned(
        *refers("dokumentobjekt_ref", "dokumentobjekt", owned=True),
        Index(None, "tenant_id", "gjeldende", "kontrolltype", "kontrollert_dato"),
    )

    dokumentobjekt_ref: Mapped[UUID] = reference(required=True)
    kontrolltype: Mapped[str] = attribute(
        None,
        description=text("Hva som ble kontrollert: format, sjekksum, vedlegg eller tekst"),
        set_by=SetBy.CORE,
        always=True,
    )
    resultat: Mapped[str] = attribute(
        None,
        description=text("Hva kontrollen kom til, med ett ord å filtrere på"),
        set_by=SetBy.CORE,
        always=True,
    )
    melding: Mapped[str] = attribute(
        None,
        description=text("Hva resultatet betyr, og hva som skal gjøres"),
        set_by=SetBy.CORE,
        always=True,
    )
    funn: Mapped[list[str] | None] = attribute(
        None, description=text("Det som ble funnet, hver ting for seg"), set_by=SetBy.CORE
    )
    krever_handling: Mapped[bool] = attribute(
        None,
        description=text("Om noen må gjøre noe med filen"),
        set_by=SetBy.CORE,
        always=True,
    )
    gjeldende: Mapped[bool] = attribute(
        None,
        description=text("Om kontrollen er den siste av sitt slag av filen"),
        set_by=SetBy.CORE,
        always=True,
    )
    kontrollert_dato: Mapped[datetime] = attribute(
        None, description=text("Når filen ble kontrollert"), set_by=SetBy.CORE, always=True
    )
    kontrollert_av: Mapped[str] = attribute(
        None,
        description=text("Systembrukeren som kontrollerte filen"),
        set_by=SetBy.CORE,
        always=True,
    )
    verktoey: Mapped[str | None] = attribute(
        None,
        description=text("Programmet som laget arkivformatet, eller som ikke klarte det"),
        set_by=SetBy.CORE,
    )
    puid: Mapped[str | None] = attribute(
        None, description=text("Formatet etter innholdet, ved sin PRONOM-kode"), set_by=SetBy.CORE
    )
    formatnavn: Mapped[str | None] = attribute(
        None, description=text("Formatets navn i PRONOM"), set_by=SetBy.CORE
    )
    formatversjon: Mapped[str | None] = attribute(
        None, description=text("Formatets versjon i PRONOM"), set_by=SetBy.CORE
    )
    referanse_arkivformat: Mapped[UUID | None] = attribute(
        None,
        description=text("Dokumentobjektet som har filen i arkivformat, ved systemID"),
        set_by=SetBy.CORE,
    )


@dataclass(frozen=True)
class Found:
    """What a control came to."""

    kontrolltype: Kontrolltype
    resultat: str
    melding: Text
    krever_handling: bool
    funn: Sequence[Text | str] = ()
    verktoey: str | None = None
    puid: str | None = None
    formatnavn: str | None = None
    formatversjon: str | None = None
    referanse_arkivformat: UUID | None = None


_UNCHANGED: Final = text("Filens sjekksum er den som ble registrert; ingenting trenger å gjøres.")
_DAMAGED: Final = text(
    "Filen i lageret er ikke den som ble registrert. Meld fra til drift, som henter den fra"
    " sikkerhetskopi."
)
_SAME: Final = ("resultat", "funn", "puid", "referanse_arkivformat")


def record(
    change: Change,
    unit: Dokumentobjekt,
    found: Found,
    more: Sequence[Text] = (),
    *,
    once: bool = False,
) -> None:
    """Remember a control, which takes the place of the last one of its kind; the log tells.

    With `once` nothing is remembered that the last one said already, as when a job is tried again.
    """
    # Two jobs may look at a file at once, and only one of their controls can be the last.
    change.session.execute(
        select(Dokumentobjekt.system_id)
        .where(Dokumentobjekt.system_id == unit.system_id)
        .with_for_update(key_share=True)
    )
    last = change.session.scalars(
        select(Dokumentkontroll).where(
            Dokumentkontroll.dokumentobjekt_ref == unit.system_id,
            Dokumentkontroll.kontrolltype == found.kontrolltype,
            Dokumentkontroll.gjeldende,
        )
    ).one_or_none()
    made = Dokumentkontroll(
        tenant_id=unit.tenant_id,
        system_id=uuid4(),
        dokumentobjekt_ref=unit.system_id,
        kontrolltype=found.kontrolltype,
        resultat=found.resultat,
        melding=found.melding.to(change.maalform),
        funn=[_told(change, one) for one in (*found.funn, *more)] or None,
        krever_handling=found.krever_handling,
        gjeldende=True,
        kontrollert_dato=change.now,
        kontrollert_av=change.actor.navn,
        verktoey=found.verktoey,
        puid=found.puid or None,
        formatnavn=found.formatnavn or None,
        formatversjon=found.formatversjon or None,
        referanse_arkivformat=found.referanse_arkivformat,
    )
    if last is not None:
        if once and _says_no_more(made, last):
            return
        last.gjeldende = False
        log_changed(change, last)
    change.session.add(made)
    change.session.flush()
    log_created(change, [made])


def _told(change: Change, finding: Text | str) -> str:
    return finding.to(change.maalform) if isinstance(finding, Text) else finding


def _says_no_more(made: Dokumentkontroll, last: Dokumentkontroll) -> bool:
    """Tell whether a control says what the last one said; who finds the copy made names no tool."""
    is_same = all(getattr(last, name) == getattr(made, name) for name in _SAME)
    return is_same and made.verktoey in (None, last.verktoey)


def record_checksum(
    change: Change, unit: Dokumentobjekt, fault: str | None, *, once: bool = False
) -> None:
    """Remember that a file's bytes are those that came in, or what is wrong with them (M705)."""
    if fault is None:
        found = Found(Kontrolltype.SJEKKSUM, "uendret", _UNCHANGED, krever_handling=False)
    else:
        found = Found(
            Kontrolltype.SJEKKSUM, "skadet", _DAMAGED, krever_handling=True, funn=(fault,)
        )
    record(change, unit, found, once=once)


dokumentkontroll = Resource(
    model=Dokumentkontroll,
    title=text("Dokumentkontroll"),
    package=Package.BEVARING,
    work=Work.CASEWORK,
    parents=[Parent(dokumentobjekt, ChildColumn("dokumentobjekt_ref"), owned=True, ny=None)],
    read_only=True,
    order_by=["kontrollert_dato", "system_id"],
    # What is found may name the file, or what is in it.
    screened={"TD": ["funn"], "M": ["funn", "puid", "formatnavn", "formatversjon"]},
)
