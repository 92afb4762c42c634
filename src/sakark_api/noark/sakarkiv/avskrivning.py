"""Avskrivning: how an entry that waited for an answer was written off."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import and_, literal, or_, select
from sqlalchemy.orm import Mapped, aliased

from sakark_api.errors import Blocked, Conflict, Invalid, Obstacle, Standing
from sakark_api.noark.arkivstruktur.dokumentbeskrivelse import date_contents
from sakark_api.noark.arkivstruktur.korrespondansepart import MOTTAKERE, Korrespondansepart
from sakark_api.noark.attribute import SetBy, attribute, code, kode_of
from sakark_api.noark.logging.endringslogg import log_created
from sakark_api.noark.metadata.kodeliste import AVSKRIVNINGSMAATE
from sakark_api.noark.model import TenantRow, partitioned, reference, refers, searchable
from sakark_api.noark.resource import Change, ChildColumn, Guard, Package, Parent, Resource, Work
from sakark_api.noark.rules.avslutning import is_closing
from sakark_api.noark.rules.hindring import conflict_over, refuse_found
from sakark_api.noark.sakarkiv.avslutning import reasons_to_stay_open
from sakark_api.noark.sakarkiv.journalpost import (
    INNGAAENDE,
    NOTAT_TIL_OPPFOELGING,
    UTGAAR,
    Journalpost,
    journalpost,
)
from sakark_api.noark.sakarkiv.saksmappe import Saksmappe, saksmappe
from sakark_api.noark.values import Kode
from sakark_api.texts import text

__all__ = ["Avskrivning", "avskrivning", "refuse_torn_apart"]

BREV, TATT_TIL_ETTERRETNING, SAKEN_AVSLUTTET = "BU", "TE", "SA"
BESVART = frozenset({"BU", "BE", "BN"})
WAITS_FOR_ANSWER = frozenset({INNGAAENDE, NOTAT_TIL_OPPFOELGING})
WRITES_OFF: Final = "avskriv-ved-avslutning"
"""The option of a kommune whose cases write off what is left as they are closed (C3.4.5)."""


class Avskrivning(TenantRow):
    """At en journalpost ikke lenger venter på svar, og hvorfor."""

    __tablename__ = "avskrivning"
    __table_args__ = partitioned(
        *refers("journalpost_ref", "registrering", owned=True),
        *refers("referanse_avskrives_av_journalpost", "registrering"),
        *refers("referanse_avskrives_av_korrespondansepart", "korrespondansepart"),
    )

    journalpost_ref: Mapped[UUID] = reference(required=True)
    sok: Mapped[str] = searchable("avskrevet_av")
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


def refuse_deletion_in_closed(change: Change, unit: Avskrivning) -> None:
    """Let what a case was closed upon stay written off (6.1.12)."""
    mappe = _entry(change, unit).mappe_ref
    case = change.get(Saksmappe, mappe) if mappe else None
    if case is not None and case.avsluttet_dato is not None:
        raise conflict_over(
            case,
            case.mappe_id,
            lambda name: text(
                "Saken {mappe} er avsluttet, og avskrivningen kan ikke slettes.", mappe=name
            ),
        )


def _entry(change: Change, unit: Avskrivning) -> Journalpost:
    entry = change.get(Journalpost, unit.journalpost_ref)
    assert entry is not None  # noqa: S101  an avskrivning is always of an entry
    return entry


def close_case(change: Change, unit: Saksmappe) -> None:
    """Close a case that is ready for it, or tell all that is missing (6.1.7–6.1.12, C3.4.5)."""
    if not is_closing(unit):
        return
    reasons = list(reasons_to_stay_open(change, unit))
    waiting = restanser(change, unit.system_id)
    if waiting and WRITES_OFF not in change.options:
        reasons.append(unanswered(waiting))
    if reasons:
        raise Blocked(reasons, text("Saken kan ikke avsluttes ennå."))
    write_off(change, waiting)


def unanswered(waiting: Sequence["Restanse"]) -> Obstacle:
    """Name the entries that wait for an answer (6.1.12)."""
    entries = {one.system_id: one.registrerings_id for one in waiting}
    return Obstacle(
        lambda names: text("Disse er ikke avskrevet: {poster}.", poster=names),
        [Standing("journalpost", one, name) for one, name in entries.items()],
        len(entries),
    )


def write_off(change: Change, waiting: Sequence["Restanse"]) -> None:
    """Write off what is left because the case is closed (C3.4.5)."""
    made = [
        Avskrivning(
            tenant_id=change.session.info["tenant_id"],
            system_id=uuid4(),
            journalpost_ref=one.system_id,
            avskrivningsmaate=change.kode(AVSKRIVNINGSMAATE, SAKEN_AVSLUTTET),
            referanse_avskrives_av_korrespondansepart=one.recipient,
        )
        for one in waiting
    ]
    for one in made:
        give_author(change, one)
    change.session.add_all(made)
    log_created(change, made)


@dataclass(frozen=True)
class Restanse:
    """An entry that waits for an answer, and from which recipient when it is a note to several."""

    system_id: UUID
    registrerings_id: str
    recipient: UUID | None


def restanser(change: Change, mappe: UUID) -> list[Restanse]:
    """List what waits for an answer in a case: what came in, and notes for each recipient."""
    recipient = aliased(Korrespondansepart)
    is_note = kode_of(Journalpost.journalposttype) == NOTAT_TIL_OPPFOELGING
    written_off = (
        select(Avskrivning.system_id)
        .where(
            Avskrivning.journalpost_ref == Journalpost.system_id,
            or_(
                recipient.system_id.is_(None),
                Avskrivning.referanse_avskrives_av_korrespondansepart == recipient.system_id,
            ),
        )
        .exists()
    )
    found = (
        select(Journalpost.system_id, Journalpost.registrerings_id, recipient.system_id)
        .outerjoin(
            recipient,
            and_(
                is_note,
                recipient.registrering_ref == Journalpost.system_id,
                kode_of(recipient.korrespondanseparttype).in_(MOTTAKERE),
            ),
        )
        .where(
            Journalpost.mappe_ref == mappe,
            kode_of(Journalpost.journalposttype).in_(WAITS_FOR_ANSWER),
            kode_of(Journalpost.journalstatus) != UTGAAR,
            ~written_off,
        )
        .order_by(Journalpost.journalpostnummer)
    )
    return [Restanse(*row) for row in change.session.execute(found)]


def refuse_torn_apart(change: Change, unit: Journalpost) -> None:
    """Move no entry away from those that it writes off or is written off by (C3.2.39)."""
    link, other = Avskrivning, aliased(Journalpost)
    together = (
        select(literal("journalpost"), other.system_id, other.registrerings_id)
        .join(
            link,
            or_(
                and_(
                    link.journalpost_ref == unit.system_id,
                    link.referanse_avskrives_av_journalpost == other.system_id,
                ),
                and_(
                    link.referanse_avskrives_av_journalpost == unit.system_id,
                    link.journalpost_ref == other.system_id,
                ),
            ),
        )
        .where(other.mappe_ref != unit.mappe_ref)
        .group_by(other.system_id, other.registrerings_id)
    )
    refuse_found(
        change,
        together,
        lambda names: text(
            "Journalposten kan ikke flyttes alene: den avskriver eller avskrives av {poster}.",
            poster=names,
        ),
    )


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
    on_delete=[refuse_deletion_in_closed],
    guards=[
        Guard(
            saksmappe, on_create=[close_case, date_contents], on_change=[close_case, date_contents]
        ),
        Guard(journalpost, on_move=[refuse_torn_apart]),
    ],
    example={"avskrivningsmaate": {"kode": "TE"}},
)
