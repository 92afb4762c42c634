"""Gradings that end: by being removed, which is logged, and never by a unit being moved (M626).

A grading goes for all that is in a unit. What is taken out of it would be graded lower without
anybody having decided so: it keeps the grading as its own, until somebody lowers that.
"""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select

from sakark_api.errors import Conflict
from sakark_api.noark.arkivstruktur.arkivdel import Arkivdel, arkivdel
from sakark_api.noark.arkivstruktur.dokumentbeskrivelse import (
    Dokumentbeskrivelse,
    attachments,
    dokumentbeskrivelse,
)
from sakark_api.noark.arkivstruktur.klasse import Klasse, klasse
from sakark_api.noark.arkivstruktur.mappe import Mappe, mappe, outermost
from sakark_api.noark.arkivstruktur.registrering import Registrering, registrering
from sakark_api.noark.logging.endringslogg import log_line
from sakark_api.noark.model import TenantRow
from sakark_api.noark.resource import Change, Guard
from sakark_api.noark.rules.frysing import value_before
from sakark_api.noark.rules.opphav import give_last_change
from sakark_api.noark.values import NORWAY
from sakark_api.noark.verdier import Gradering
from sakark_api.texts import text

__all__ = ["keeping", "refuse_lower"]

Graded = Arkivdel | Klasse | Mappe | Registrering | Dokumentbeskrivelse
_PLACES = (Arkivdel, Klasse, Mappe, Registrering)


def tell_removal(change: Change, unit: Graded) -> None:
    """Log who removed a grading and when, with what it was (M626, M627)."""
    before: Gradering | None = value_before(unit, "gradering")
    if before is None or unit.gradering is not None:
        return
    ended = before.model_copy(
        update={
            "nedgraderingsdato": change.now.astimezone(NORWAY),
            "nedgradert_av": change.actor.navn,
            "referanse_nedgradert_av": change.actor.system_id,
        }
    )
    log_line(change, unit, "nedgradering", None, ended)


def keep_grading(change: Change, unit: Klasse | Mappe | Registrering) -> None:
    """Let a moved unit stay graded as it was where it came from."""
    with change.session.no_autoflush:
        period = unit.effektiv_arkivdel if isinstance(unit, Mappe) else None
        above = [change.parent, change.get(Arkivdel, period) if period else None]
        if _rank(unit) > max(_own(unit), *map(_rank, above)):
            unit.gradering = _highest(change, unit.omfang or ())


def keep_passing(change: Change, unit: Registrering) -> None:
    """Let a mappe that passes on into the next arkivdel stay graded as it was (5.11.5)."""
    del unit
    if not isinstance(change.parent, Mappe):
        return
    with change.session.no_autoflush:
        top = outermost(change, change.parent)
        if value_before(top, "effektiv_arkivdel") == top.effektiv_arkivdel:
            return
        ordered = change.get(Klasse, top.klasse_ref) if top.klasse_ref else None
        after = change.get(Arkivdel, top.effektiv_arkivdel) if top.effektiv_arkivdel else None
        if _rank(top) > max(_own(top), _rank(ordered), _rank(after)):
            before, top.gradering = top.gradering, _highest(change, top.omfang or ())
            log_line(change, top, "gradering", before, top.gradering)
            give_last_change(change, top)


def keep_grading_of_document(change: Change, unit: Dokumentbeskrivelse) -> None:
    """Let a document stay graded as it was when it gets another registrering."""
    if change.parent is None:
        return
    with change.session.no_autoflush:
        before = _lowest_around(change, unit, but=change.parent)
        if before is not None and _rank(before) > max(_own(unit), _rank(change.parent)):
            unit.gradering = _highest(change, before.omfang or ())


def refuse_lower(change: Change, unit: TenantRow) -> None:
    """Refuse what can't be graded itself where it would be graded lower than it was."""
    del unit
    left, entered = change.former, change.parent
    with change.session.no_autoflush:
        ranks = [
            max(_own(one), _rank(_lowest_around(change, one)))
            for one in (left, entered)
            if isinstance(one, Dokumentbeskrivelse)
        ]
    if ranks != sorted(ranks):
        raise Conflict(
            text(
                "Filen er i et dokument som er gradert høyere enn det den flyttes til. Grader det"
                " først."
            )
        )


def _own(unit: Graded) -> int:
    return unit.gradering.rank if unit.gradering is not None else 0


def _rank(unit: TenantRow | None) -> int:
    """Give how high a unit is graded where it is, by the database; 0 for what is not."""
    found: int | None = getattr(unit, "gradert", None)
    return found or 0


def _lowest_around(
    change: Change, unit: Dokumentbeskrivelse, but: TenantRow | None = None
) -> Registrering | None:
    """Find the registrering that grades a document lowest: it is seen with any of them."""
    ties = select(attachments.c.registrering_ref).where(
        attachments.c.dokumentbeskrivelse_ref == unit.system_id,
    )
    held = select(Registrering).where(Registrering.system_id.in_(ties))
    entries = [one for one in change.session.scalars(held) if one is not but]
    return min(entries, key=_rank, default=None)


def _highest(change: Change, places: Iterable[UUID]) -> Gradering | None:
    """Give the highest grading of some units."""
    ids = list(places)
    found: list[Gradering] = []
    for model in _PLACES:
        graded = select(model.gradering).where(
            model.system_id.in_(ids), model.gradering.is_not(None)
        )
        found += [one for one in change.session.scalars(graded) if one is not None]
    return max(found, key=lambda one: one.rank, default=None)


keeping = [
    *(
        Guard(one, on_change=[tell_removal])
        for one in (arkivdel, klasse, mappe, registrering, dokumentbeskrivelse)
    ),
    *(Guard(one, on_move=[keep_grading]) for one in (klasse, mappe, registrering)),
    Guard(dokumentbeskrivelse, on_move=[keep_grading_of_document]),
    Guard(registrering, on_place=[keep_passing], on_move=[keep_passing]),
]
"""What lets gradings end by a decision alone (M626, M627)."""
