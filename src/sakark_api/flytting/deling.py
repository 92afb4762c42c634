"""Arkivdeler go from one kommune to another: all of it in one transaction, or nothing.

Files are copied first, and may be copied again. What cannot be cut is refused before anything is
changed. The rules of a merge (`regler.py`) solve what collides; what both kommuner need is copied.
"""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from sakark_api.errors import Conflict, NotFound
from sakark_api.flytting.andel import Andel
from sakark_api.flytting.ankomst import rest, tell_log_of
from sakark_api.flytting.bytter import begin_exchange
from sakark_api.flytting.delplan import PLAN, Slag
from sakark_api.flytting.fordeling import share_out
from sakark_api.flytting.lister import FLYTTES, Lister
from sakark_api.flytting.notater import notes_of
from sakark_api.flytting.overfoering import define_fields, empty, in_order, move
from sakark_api.flytting.sammen import Rapport, Sammen, side_of
from sakark_api.flytting.sammenslaaing import refuse_pair
from sakark_api.flytting.skiller import refuse_cuts
from sakark_api.tenancy.administration import see_as
from sakark_api.tenancy.driftslogg import Actor, log_drift
from sakark_api.tenancy.innlesing import raise_series
from sakark_api.tenancy.kommune import KommuneRow, Status
from sakark_api.tenancy.partitions import partitioned_tables
from sakark_api.tenancy.utflyttet import forget_left, note_left
from sakark_api.texts import text

__all__ = ["look", "split"]

_FIELD: Final = "vnd-delt-v1:"
"""What the names of the fields begin with that say what a unit was before."""


def _refuse_split(
    session: Session, fra: str, til: str, arkivdeler: Sequence[UUID]
) -> tuple[KommuneRow, KommuneRow]:
    """Find two kommuner, and refuse to move arkivdeler while people write in the first."""
    keeps, gets = refuse_pair(session, fra, til)
    if keeps.status not in (Status.AVSLUTTET, Status.FORBEREDELSE):
        raise Conflict(
            text(
                "Sett kommunen {slug} i avsluttet mens arkivdelene flyttes, og i drift etterpå.",
                slug=fra,
            )
        )
    if gets.flyttet_til is not None:
        raise Conflict(text("Kommunen {slug} er flyttet.", slug=til))
    see_as(session, keeps.id)
    rows = Lister(session, keeps.id).rows("arkivdel")
    found = select(rows.c.system_id).where(rows.c.system_id.in_(arkivdeler))
    missing = sorted(set(arkivdeler) - set(session.scalars(found)))
    if missing:
        raise NotFound(
            text("Kommunen {slug} har ikke arkivdelen {enhet}.", slug=fra, enhet=missing[0])
        )
    return keeps, gets


def look(
    session: Session, who: Actor, fra: str, til: str, arkivdeler: Sequence[UUID]
) -> tuple[KommuneRow, KommuneRow, Andel]:
    """List what goes along, which nobody writes in until the transaction ends; refuse cuts.

    Raises `Blocked` for what cannot be cut.
    """
    keeps, gets = _refuse_split(session, fra, til, arkivdeler)
    begin_exchange(session)
    for one in partitioned_tables():
        if PLAN[one.name].slag is Slag.FLYTTES:
            session.execute(rest(keeps.id, one, resting=True))
    andel = share_out(session, side_of(keeps), side_of(gets), arkivdeler, gets.maalform)
    see_as(session, keeps.id)
    refuse_cuts(Lister(session, keeps.id), andel, arkivdeler, who.now)
    return keeps, gets, andel


def split(session: Session, who: Actor, fra: str, til: str, arkivdeler: Sequence[UUID]) -> Rapport:
    """Let some arkivdeler of `fra`, with all that is in them, be `til`'s; give what that came to.

    Raises `Blocked` for what cannot be cut, and `Conflict` for what no rule solves and when counts
    or sums are not the same before and after.
    """
    keeps, gets, andel = look(session, who, fra, til, arkivdeler)
    sammen = Sammen(session, side_of(keeps), side_of(gets), andel, _FIELD)
    plan = {name: (part.slag.value, part.grunn) for name, part in PLAN.items()}
    rapport = Rapport(fra, til, plan=plan)
    _bring(sammen, who, arkivdeler, gets, rapport)
    left = _leave(sammen, who, arkivdeler)
    for name, count in left.items():
        moved = rapport.tabeller[name]
        if PLAN[name].slag is Slag.FLYTTES and count != moved:
            raise Conflict(text("Radene i {tabell} ble ikke de samme. Meld fra.", tabell=name))
        rapport.kopier[name] = moved - count
    rapport.kopier = {name: count for name, count in rapport.kopier.items() if count > 0}
    rapport.kollisjoner = sammen.endret
    _note(sammen, who, (keeps, gets), arkivdeler, rapport)
    return rapport


def _going() -> list[Table]:
    return [one for one in in_order() if PLAN[one.name].slag is not Slag.BLIR]


def _bring(
    sammen: Sammen, who: Actor, arkivdeler: Sequence[UUID], gets: KommuneRow, rapport: Rapport
) -> None:
    """Put what goes along in among what the other kommune has, with a line of its log."""
    session, notes = sammen.session, notes_of(sammen.session, gets.id)
    for one in _going():
        rapport.tabeller[one.name] = move(sammen, notes, one)
    session.info["tenant_id"] = gets.id
    raise_series(session, arkivdeler)
    define_fields(sammen, gets.maalform)
    said = text(
        "Arkivdelen er kommet hit fra {navn} ({nummer}).",
        navn=sammen.fra.navn,
        nummer=sammen.fra.nummer,
    )
    lines = tell_log_of(session, gets.id, who, said, "arkivdel", arkivdeler)
    notes.tell(lines[0])
    forget_left(session, gets.id, FLYTTES)


def _leave(sammen: Sammen, who: Actor, arkivdeler: Sequence[UUID]) -> Mapping[str, int]:
    """Delete what is the other kommune's now, with a line of the log that stays here."""
    session, fra = sammen.session, sammen.fra.id
    see_as(session, fra)
    said = text(
        "Arkivdelen er flyttet til {navn} ({nummer}), og er der nå.",
        navn=sammen.til.navn,
        nummer=sammen.til.nummer,
    )
    lines = tell_log_of(session, fra, who, said, "arkivdel", arkivdeler)
    notes = notes_of(session, fra)
    left = {one.name: empty(sammen, notes, one) for one in reversed(_going())}
    notes.tell(lines[0])
    note_left(session, fra, FLYTTES, sammen.til.slug)
    return left


def _note(
    sammen: Sammen,
    who: Actor,
    both: tuple[KommuneRow, KommuneRow],
    arkivdeler: Sequence[UUID],
    rapport: Rapport,
) -> None:
    """Let both be read anew by everybody, and tell the operator's log."""
    for row in both:
        row.kodeverk_version = KommuneRow.kodeverk_version + 1
        row.rettigheter_version = KommuneRow.rettigheter_version + 1
    facts = {
        "til": sammen.til.slug,
        "arkivdeler": [str(one) for one in arkivdeler],
        "rader": sum(rapport.tabeller.values()),
        "kollisjoner": {slag: len(pairs) for slag, pairs in rapport.kollisjoner.items()},
    }
    log_drift(sammen.session, who, "arkivdeler flyttet", sammen.fra.slug, facts)
    sammen.session.flush()
