"""Avskrivning: how an entry that waited for an answer was written off."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped

from sakark_api.errors import Conflict, Invalid
from sakark_api.noark.arkivstruktur.korrespondansepart import MOTTAKERE, Korrespondansepart
from sakark_api.noark.attribute import SetBy, attribute, code
from sakark_api.noark.metadata.kodeliste import AVSKRIVNINGSMAATE
from sakark_api.noark.model import TenantRow, partitioned, reference, refers
from sakark_api.noark.resource import Change, ChildColumn, Package, Parent, Resource, Work
from sakark_api.noark.sakarkiv.journalpost import (
    INNGAAENDE,
    NOTAT_TIL_OPPFOELGING,
    Journalpost,
    journalpost,
)
from sakark_api.noark.values import Kode
from sakark_api.texts import text

__all__ = ["Avskrivning", "avskrivning"]

BREV, TATT_TIL_ETTERRETNING = "BU", "TE"
BESVART = frozenset({"BU", "BE", "BN"})
WAITS_FOR_ANSWER = frozenset({INNGAAENDE, NOTAT_TIL_OPPFOELGING})


class Avskrivning(TenantRow):
    """At en journalpost ikke lenger venter på svar, og hvorfor."""

    __tablename__ = "avskrivning"
    __table_args__ = partitioned(
        *refers("journalpost_ref", "registrering", owned=True),
        *refers("referanse_avskrives_av_journalpost", "registrering"),
        *refers("referanse_avskrives_av_korrespondansepart", "korrespondansepart"),
    )

    journalpost_ref: Mapped[UUID] = reference(required=True)
    avskrivningsdato: Mapped[datetime] = attribute("M617", set_by=SetBy.CORE, always=True)
    avskrevet_av: Mapped[str] = attribute("M618", set_by=SetBy.CORE, always=True)
    referanse_avskrevet_av: Mapped[UUID] = attribute(
        None,
        description=text("Brukeren som avskrev journalposten, ved systemID"),
        set_by=SetBy.CORE,
        always=True,
    )
    avskrivningsmaate: Mapped[Kode] = code(
        AVSKRIVNINGSMAATE, "M619", set_by=SetBy.CLIENT_OR_CORE, always=True
    )
    referanse_avskrives_av_journalpost: Mapped[UUID | None] = attribute("M215")
    referanse_avskrives_av_korrespondansepart: Mapped[UUID | None] = attribute("M231")


def refuse_what_waits_for_nothing(change: Change, unit: Avskrivning) -> None:
    """Write off only what waits for an answer: what came in, or is to be followed up (14.7)."""
    if _entry(change, unit).journalposttype.kode not in WAITS_FOR_ANSWER:
        raise Conflict(
            text("Bare inngående dokumenter (I) og notater til oppfølging (N) skal avskrives.")
        )


def give_author(change: Change, unit: Avskrivning) -> None:
    """Remember who wrote the entry off and when (M617, M618)."""
    unit.avskrivningsdato = change.now
    unit.avskrevet_av = change.actor.navn
    unit.referanse_avskrevet_av = change.actor.system_id


def give_maate(change: Change, unit: Avskrivning) -> None:
    """Let an entry be answered by letter when there is an answer, else be taken note of (M619)."""
    if unit.avskrivningsmaate is None:
        answered = unit.referanse_avskrives_av_journalpost is not None
        unit.avskrivningsmaate = change.kode(
            AVSKRIVNINGSMAATE, BREV if answered else TATT_TIL_ETTERRETNING
        )


def refuse_missing_answer(change: Change, unit: Avskrivning) -> None:
    """Demand the entry that answers, where there is said to be one (M215)."""
    answer = unit.referanse_avskrives_av_journalpost
    if answer is None:
        if unit.avskrivningsmaate.kode in BESVART:
            raise Invalid(
                text("Oppgi referanseAvskrivesAvJournalpost: journalposten som er svaret.")
            )
        return
    if answer == unit.journalpost_ref:
        raise Invalid(text("En journalpost kan ikke avskrives av seg selv. Oppgi svaret."))
    if change.get(Journalpost, answer) is None:
        raise Invalid(text("Journalposten som skal avskrive, finnes ikke."))


def refuse_other_recipient(change: Change, unit: Avskrivning) -> None:
    """Write a note off for each of its recipients, never for those who got a copy (M231)."""
    entry = _entry(change, unit)
    recipient = unit.referanse_avskrives_av_korrespondansepart
    if recipient is None:
        if entry.journalposttype.kode == NOTAT_TIL_OPPFOELGING:
            raise Invalid(
                text(
                    "Oppgi referanseAvskrivesAvKorrespondansepart: notater avskrives for hver"
                    " mottaker."
                )
            )
        return
    found = change.get(Korrespondansepart, recipient)
    if found is None or found.registrering_ref != unit.journalpost_ref:
        raise Invalid(text("Mottakeren hører ikke til journalposten som avskrives."))
    if found.korrespondanseparttype.kode not in MOTTAKERE:
        raise Invalid(text("Bare mottakere avskriver, ikke avsendere og kopimottakere."))


def _entry(change: Change, unit: Avskrivning) -> Journalpost:
    entry = change.get(Journalpost, unit.journalpost_ref)
    assert entry is not None  # noqa: S101  an avskrivning is always of an entry
    return entry


avskrivning = Resource(
    model=Avskrivning,
    title=text("Avskrivning"),
    package=Package.SAKARKIV,
    work=Work.CASEWORK,
    parents=[Parent(journalpost, ChildColumn("journalpost_ref"), owned=True)],
    listed=False,
    order_by=["avskrivningsdato", "system_id"],
    on_create=[
        refuse_what_waits_for_nothing,
        give_author,
        give_maate,
        refuse_missing_answer,
        refuse_other_recipient,
    ],
    on_change=[refuse_missing_answer, refuse_other_recipient],
    example={"avskrivningsmaate": {"kode": "TE"}},
)
