"""Epost: what the heads of an e-mail say, with a proposal for its journalpost and its attachments.

Proposals are for people: nothing that was registered is overwritten by what a sender has written.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from sakark_api.formats import Heads
from sakark_api.noark.arkivstruktur.dokumentbeskrivelse import attachments
from sakark_api.noark.arkivstruktur.dokumentobjekt import Dokumentobjekt, dokumentobjekt
from sakark_api.noark.attribute import SetBy, ValueType, attribute
from sakark_api.noark.logging.endringslogg import log_created
from sakark_api.noark.metadata.kodeliste import KORRESPONDANSEPARTTYPE
from sakark_api.noark.model import TenantRow, partitioned, reference, refers
from sakark_api.noark.resource import Change, ChildColumn, Package, Parent, Resource, Work
from sakark_api.noark.rules.skjerming import ADDRESSES
from sakark_api.noark.values import (
    Kode,
    Ref,
    Tekst,
    Tidspunkt,
    Value,
    code_field,
    field,
    required_field,
)
from sakark_api.noark.verdier import Kontaktinformasjon
from sakark_api.texts import text

__all__ = [
    "TAKING_APART",
    "Epost",
    "Epostvedlegg",
    "Journalpostforslag",
    "Partforslag",
    "epost",
    "is_taken_apart",
    "keep_mail",
    "mails_beside",
]

TAKING_APART: Final = "ta_fra_hverandre_epost"
"""The job that reads an e-mail's heads, and registers what is attached to it."""
AVSENDER, MOTTAKER, KOPIMOTTAKER = "EA", "EM", "EK"


class Epostvedlegg(Value):
    """Et vedlegg som er tatt ut av e-posten, og dokumentet det er blitt."""

    filnavn: Tekst | None = field(None, text("Vedleggets navn i e-posten"))
    referanse_dokumentobjekt: Ref = required_field(
        None, text("Dokumentobjektet som har vedlegget, ved systemID")
    )


class Partforslag(Value):
    """En korrespondansepart slik hodet i e-posten nevner den."""

    korrespondanseparttype: Kode = code_field(KORRESPONDANSEPARTTYPE, "M087", default=...)
    navn: Tekst = required_field(None, text("Navnet, eller adressen der det ikke står noe navn"))
    kontaktinformasjon: Kontaktinformasjon | None = field(
        None, text("E-postadressen den skrev fra eller til")
    )


class Journalpostforslag(Value):
    """Det journalposten kan få av e-posten, når noen har sett over det."""

    tittel: Tekst | None = field("M020")
    dokumentets_dato: Tidspunkt | None = field("M103")
    korrespondansepart: tuple[Partforslag, ...] = field(
        None, text("Avsender, mottakere og kopimottakere"), default=()
    )


class Epost(TenantRow):
    """Det hodet i en e-post sier, og hva som er kommet ut av den."""

    __tablename__ = "epost"
    __table_args__ = partitioned(*refers("dokumentobjekt_ref", "dokumentobjekt", owned=True))

    dokumentobjekt_ref: Mapped[UUID] = reference(required=True)
    nivaa: Mapped[int] = mapped_column()
    """How many e-mails it is inside of, attached to each other."""
    fra: Mapped[str | None] = attribute(
        None, description=text("Hvem e-posten sier at den er fra"), set_by=SetBy.CORE
    )
    til: Mapped[list[str] | None] = attribute(
        None, description=text("Hvem e-posten er til"), set_by=SetBy.CORE
    )
    kopi: Mapped[list[str] | None] = attribute(
        None, description=text("Hvem som har fått kopi av e-posten"), set_by=SetBy.CORE
    )
    dato: Mapped[datetime | None] = attribute(
        None, description=text("Når e-posten sier at den ble sendt"), set_by=SetBy.CORE
    )
    emne: Mapped[str | None] = attribute(
        None, description=text("Hva e-posten sier at den gjelder"), set_by=SetBy.CORE
    )
    meldings_id: Mapped[str | None] = attribute(
        None, description=text("E-postens Message-ID"), set_by=SetBy.CORE
    )
    vedlegg: Mapped[tuple[Epostvedlegg, ...] | None] = attribute(
        None,
        description=text("Vedleggene som er blitt egne dokumenter i registreringen"),
        type_=ValueType(Epostvedlegg, many=True),
        set_by=SetBy.CORE,
    )
    forslag: Mapped[Journalpostforslag | None] = attribute(
        None,
        description=text("Forslag til journalposten; ingenting er fylt ut av det"),
        type_=ValueType(Journalpostforslag),
        set_by=SetBy.CORE,
    )


def mails_beside(change: Change, unit: Dokumentobjekt) -> Sequence[Epost]:
    """Find what was taken apart in the registreringer that a file is in, itself included."""
    mine = select(attachments.c.registrering_ref).where(
        attachments.c.dokumentbeskrivelse_ref == unit.dokumentbeskrivelse_ref
    )
    documents = select(attachments.c.dokumentbeskrivelse_ref).where(
        attachments.c.registrering_ref.in_(mine)
    )
    files = select(Dokumentobjekt.system_id).where(
        Dokumentobjekt.dokumentbeskrivelse_ref.in_(documents)
    )
    found = select(Epost).where(Epost.dokumentobjekt_ref.in_(files))
    return change.session.scalars(found).all()


def is_taken_apart(change: Change, unit: Dokumentobjekt) -> bool:
    own = select(Epost.system_id).where(Epost.dokumentobjekt_ref == unit.system_id)
    return change.session.scalar(own) is not None


def keep_mail(
    change: Change, unit: Dokumentobjekt, heads: Heads, level: int, vedlegg: Sequence[Epostvedlegg]
) -> None:
    """Remember what an e-mail says of itself, and what came out of it."""
    made = Epost(
        tenant_id=unit.tenant_id,
        system_id=uuid4(),
        dokumentobjekt_ref=unit.system_id,
        nivaa=level,
        fra=str(heads.sender) if heads.sender else None,
        til=[str(one) for one in heads.to] or None,
        kopi=[str(one) for one in heads.copy] or None,
        dato=heads.date,
        emne=heads.subject,
        meldings_id=heads.message_id,
        vedlegg=tuple(vedlegg) or None,
        forslag=_proposal(change, heads),
    )
    change.session.add(made)
    change.session.flush()
    log_created(change, [made])


def _proposal(change: Change, heads: Heads) -> Journalpostforslag:
    """Say what a journalpost of the e-mail would be like (M020, M103, M087)."""
    named = [
        *((AVSENDER, one) for one in (heads.sender,) if one is not None),
        *((MOTTAKER, one) for one in heads.to),
        *((KOPIMOTTAKER, one) for one in heads.copy),
    ]
    parts = tuple(
        Partforslag(
            korrespondanseparttype=change.kode(KORRESPONDANSEPARTTYPE, kode),
            navn=one.name,
            kontaktinformasjon=Kontaktinformasjon(epostadresse=one.address),
        )
        for kode, one in named
    )
    return Journalpostforslag(
        tittel=heads.subject, dokumentets_dato=heads.date, korrespondansepart=parts
    )


_PEOPLE: Final = ("fra", "til", "kopi", "forslag")
_WORDS: Final = ("emne", "vedlegg", "forslag")
_ALL: Final = ("fra", "til", "kopi", "dato", "emne", "meldings_id", "vedlegg", "forslag")

epost = Resource(
    model=Epost,
    title=text("E-post"),
    package=Package.BEVARING,
    work=Work.CASEWORK,
    parents=[Parent(dokumentobjekt, ChildColumn("dokumentobjekt_ref"), owned=True, ny=None)],
    read_only=True,
    listed=False,
    order_by=["system_id"],
    # All of it where the file is screened (M503), and what each kode is about where it is not.
    screened={
        **dict.fromkeys(("H", "D", "M"), _ALL),
        **dict.fromkeys(("NA", "NM", ADDRESSES), _PEOPLE),
        "TD": _WORDS,
    },
)
