"""Two kommuner of one installation become one: all of it in one transaction, or nothing.

Files are copied first, and may be copied again. Then the rows of the one that ends go in among
those of the other, as the rules (`regler.py`) say, counted and summed on both sides; what it had is
deleted, with a line of its log. Its chain stays where it is and can be proven there.
"""

from typing import Final

from sqlalchemy.orm import Session

from sakark_api.errors import Conflict
from sakark_api.flytting.ankomst import tell_log
from sakark_api.flytting.bytter import begin_exchange
from sakark_api.flytting.notater import Notes, notes_of
from sakark_api.flytting.overfoering import (
    count_renumbered,
    define_fields,
    empty,
    in_order,
    move,
)
from sakark_api.flytting.sammen import Rapport, Sammen, side_of
from sakark_api.flytting.tabeller import taken
from sakark_api.noark.model import table_of
from sakark_api.tenancy.administration import find_kommune, see_as
from sakark_api.tenancy.driftslogg import Actor, log_drift
from sakark_api.tenancy.kommune import KommuneRow, Status
from sakark_api.tenancy.segl import LOG
from sakark_api.tenancy.utflyttet import Utflyttet, forget_whom
from sakark_api.texts import text

__all__ = ["merge", "refuse_merge", "refuse_pair"]

_CHAIN: Final = ("segl", "seglrad")
"""What stays where it was made: only there does it hold."""
_KEPT: Final = frozenset(
    {*_CHAIN, LOG, "kodeverdi", "teller", "tilgang", "virksomhetsspesifikkemetadata"}
)
"""What the kommune that ends has still: its log and chain, and its settings."""


def refuse_merge(session: Session, fra: str, til: str) -> tuple[KommuneRow, KommuneRow]:
    """Find two kommuner, and refuse to let them become one while people write in the first."""
    ends, goes_on = refuse_pair(session, fra, til)
    if ends.status not in (Status.AVSLUTTET, Status.FORBEREDELSE):
        raise Conflict(
            text("Kommunen {slug} må være avsluttet før den går inn i en annen.", slug=fra)
        )
    return ends, goes_on


def refuse_pair(session: Session, fra: str, til: str) -> tuple[KommuneRow, KommuneRow]:
    """Find two kommuner that are here, and are two."""
    ends, goes_on = (find_kommune(session, slug, to_change=True) for slug in (fra, til))
    if ends.id == goes_on.id:
        raise Conflict(text("Oppgi to ulike kommuner."))
    if ends.flyttet_til is not None:
        raise Conflict(text("Kommunen {slug} er flyttet.", slug=fra))
    if ends.flytting is not None or goes_on.flytting is not None:
        raise Conflict(text("En kommune på vei inn kan ikke slås sammen eller deles."))
    return ends, goes_on


def merge(session: Session, who: Actor, fra: str, til: str, root: str) -> Rapport:
    """Let all that `fra` has become `til`'s; give what that came to.

    `root` is the address of `til`'s root, where `fra` shows to afterwards. Raises `Conflict` for
    what no rule solves, and when counts or sums are not the same before and after.
    """
    ends, goes_on = refuse_merge(session, fra, til)
    sammen = Sammen(session, side_of(ends), side_of(goes_on))
    begin_exchange(session)
    rapport = Rapport(fra, til)
    notes = notes_of(session, goes_on.id)
    for one in in_order():
        if one.name not in _CHAIN:
            rapport.tabeller[one.name] = move(sammen, notes, one)
    forget_whom(session, goes_on.id, fra)
    move(sammen, notes, table_of(Utflyttet))
    count_renumbered(session, goes_on.id)
    define_fields(sammen, goes_on.maalform)
    said = text(
        "Kommunen {navn} ({nummer}) er slått sammen med denne.",
        navn=ends.navn,
        nummer=ends.kommunenummer,
    )
    lines = tell_log(session, goes_on.id, who, said)
    if not lines:
        raise Conflict(text("Ingen av kommunene har et arkiv. Da er det ingenting å slå sammen."))
    notes.tell(lines[0])
    _empty(sammen, notes_of(session, ends.id), who)
    rapport.kollisjoner = sammen.endret
    _show_onwards(sammen, who, ends, goes_on, root, rapport)
    return rapport


def _empty(sammen: Sammen, notes: Notes, who: Actor) -> None:
    """Delete what the other kommune has now, with a line of the log that stays here."""
    session, fra = sammen.session, sammen.fra.id
    see_as(session, fra)
    said = text(
        "Kommunen er slått sammen med {navn} ({nummer}), og er der nå.",
        navn=sammen.til.navn,
        nummer=sammen.til.nummer,
    )
    lines = tell_log(session, fra, who, said)
    for one in reversed(taken()):
        if one.name not in _KEPT:
            empty(sammen, notes, one)
    if lines:
        notes.tell(lines[0])


def _show_onwards(
    sammen: Sammen,
    who: Actor,
    ends: KommuneRow,
    goes_on: KommuneRow,
    root: str,
    rapport: Rapport,
) -> None:
    """Let the kommune that ends show to the other, and both be read anew by everybody."""
    ends.status, ends.flyttet_til = Status.AVSLUTTET, root
    for row in (ends, goes_on):
        row.kodeverk_version = KommuneRow.kodeverk_version + 1
        row.rettigheter_version = KommuneRow.rettigheter_version + 1
    facts = {
        "til": goes_on.slug,
        "rader": sum(rapport.tabeller.values()),
        "kollisjoner": {slag: len(pairs) for slag, pairs in rapport.kollisjoner.items()},
    }
    log_drift(sammen.session, who, "kommune slått sammen", ends.slug, facts)
    sammen.session.flush()
