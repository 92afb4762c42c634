"""How a decision on disposal follows what is moved (5.10.9, 5.10.10).

What was taken over from the place that is left gives way to what the new place decides, and its
dates are counted anew; what is decided of a unit itself stays. A decision that says the same as
the place that is left is one that was taken over.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from sakark_api.noark.arkivstruktur.arkivdel import Arkivdel
from sakark_api.noark.arkivstruktur.dokumentbeskrivelse import (
    Dokumentbeskrivelse,
    attachments,
    tied,
)
from sakark_api.noark.arkivstruktur.klasse import Klasse
from sakark_api.noark.arkivstruktur.mappe import Mappe, mappe
from sakark_api.noark.arkivstruktur.registrering import (
    Registrering,
    closing_of,
    followed,
    registrering,
)
from sakark_api.noark.logging.endringslogg import log_line
from sakark_api.noark.model import TenantRow
from sakark_api.noark.resource import Change, Guard
from sakark_api.noark.rules.frysing import value_before
from sakark_api.noark.rules.kassasjon import (
    WITHOUT_INHERITANCE,
    date_disposal,
    decides_the_same,
    is_dated_by_hand,
    undated,
)
from sakark_api.noark.rules.opphav import give_last_change
from sakark_api.noark.verdier import Kassasjon

__all__ = ["following"]

Decided = Mappe | Registrering | Dokumentbeskrivelse


@dataclass(frozen=True)
class Turn:
    """What the place that is left decides, and what the new one does."""

    before: Kassasjon | None
    after: Kassasjon | None

    def reaches(self, unit: Decided, closed: datetime | None) -> bool:
        """Tell whether a unit took over what the place that is left decides."""
        own = decides_the_same(unit.kassasjon, self.before)
        return own and not is_dated_by_hand(unit.kassasjon, self.before, closed)

    def give(self, unit: Decided, closed: datetime | None) -> None:
        """Let a unit take over what the new place decides, dated from when it was closed."""
        unit.kassasjon = undated(self.after)
        date_disposal(unit, closed, None)


def follow_with_contents(change: Change, unit: Mappe) -> None:
    """Decide of a moved mappe as its new place does, and of what is in it."""
    left = value_before(unit, "effektiv_arkivdel")
    turn = Turn(
        _first(_over_mappe(change, left, change.former)),
        _first(_over_mappe(change, unit.effektiv_arkivdel, change.parent)),
    )
    if not _turns(change, turn) or not turn.reaches(unit, unit.avsluttet_dato):
        return
    turn.give(unit, unit.avsluttet_dato)
    with change.session.no_autoflush:
        mapper = _mapper_in(change, turn, unit)
        for entry in _entries_in(change, turn, mapper, left):
            _give_documents(change, turn, entry)


def follow_with_documents(change: Change, unit: Registrering) -> None:
    """Decide of a moved registrering as its new place does, and of its documents."""
    told = value_before(unit, "referanse_arkivdel")
    _follow(change, unit, (told, change.former), (unit.referanse_arkivdel, change.parent))


def follow_told(change: Change, unit: Registrering) -> None:
    """Decide of a registrering as the arkivdel does that it is told to belong to (GUIDE 14.1)."""
    told = value_before(unit, "referanse_arkivdel")
    if told == unit.referanse_arkivdel or value_before(unit, "kassasjon") != unit.kassasjon:
        return
    place = _place_of(change, unit)
    _follow(change, unit, (told, place), (unit.referanse_arkivdel, place))


Belonging = tuple[UUID | None, TenantRow | None]
"""The arkivdel that a registrering belongs to, and what it is in."""


def _follow(change: Change, unit: Registrering, left: Belonging, now: Belonging) -> None:
    with change.session.no_autoflush:
        turn = Turn(
            _first((followed(change, *left), left[1])), _first((followed(change, *now), now[1]))
        )
        closed = closing_of(change, unit.mappe_ref)
        if not _turns(change, turn) or not turn.reaches(unit, closed):
            return
        turn.give(unit, closed)
        _give_documents(change, turn, unit)


def _turns(change: Change, turn: Turn) -> bool:
    inherited = WITHOUT_INHERITANCE not in change.options
    return inherited and not decides_the_same(turn.before, turn.after)


def _over_mappe(
    change: Change, arkivdel: UUID | None, place: TenantRow | None
) -> Iterator[TenantRow | None]:
    """Give what decides of a mappe: the arkivdel before the klasse (5.10.10)."""
    if isinstance(place, Klasse) and arkivdel is not None:
        yield change.get(Arkivdel, arkivdel)
    yield place


def _first(sources: Iterator[TenantRow | None] | Sequence[TenantRow | None]) -> Kassasjon | None:
    decided = (getattr(one, "kassasjon", None) for one in sources)
    return next(filter(None, decided), None)


def _place_of(change: Change, unit: Registrering) -> TenantRow | None:
    if unit.mappe_ref is not None:
        return change.get(Mappe, unit.mappe_ref)
    if unit.klasse_ref is not None:
        return change.get(Klasse, unit.klasse_ref)
    return change.get(Arkivdel, unit.arkivdel_ref) if unit.arkivdel_ref else None


def _mapper_in(change: Change, turn: Turn, unit: Mappe) -> list[Mappe]:
    """Decide of the mapper in one, level by level; give them, that one first."""
    whole, level = [unit], [unit]
    while level:
        ids = [one.system_id for one in level]
        below = change.session.scalars(select(Mappe).where(Mappe.referanse_forelder_mappe.in_(ids)))
        level = [one for one in below if turn.reaches(one, one.avsluttet_dato)]
        for one in level:
            _give_below(change, turn, one, one.avsluttet_dato)
        whole += level
    return whole


def _entries_in(
    change: Change, turn: Turn, mapper: Sequence[Mappe], left: UUID | None
) -> Iterator[Registrering]:
    """Decide of the registreringer in some mapper that are not told of another arkivdel."""
    closed = {one.system_id: one.avsluttet_dato for one in mapper}
    entries = select(Registrering).where(Registrering.mappe_ref.in_(closed))
    for one in change.session.scalars(entries).all():
        told = value_before(one, "referanse_arkivdel")
        closing = closed[one.mappe_ref] if one.mappe_ref else None
        if told in {None, left} and turn.reaches(one, closing):
            _give_below(change, turn, one, closing)
            yield one


def _give_documents(change: Change, turn: Turn, entry: Registrering) -> None:
    """Decide of a registrering's documents that no other needs as well (GUIDE 20, 19)."""
    here = select(attachments.c.dokumentbeskrivelse_ref).where(
        attachments.c.registrering_ref == entry.system_id
    )
    pairs = tied().with_only_columns(
        Dokumentbeskrivelse, Registrering.system_id, maintain_column_froms=True
    )
    needed = defaultdict[Dokumentbeskrivelse, list[UUID]](list)
    for one, by in change.session.execute(pairs.where(Dokumentbeskrivelse.system_id.in_(here))):
        needed[one].append(by)
    closed = closing_of(change, entry.mappe_ref)
    for one, entries in needed.items():
        if len(entries) == 1 and turn.reaches(one, closed):
            _give_below(change, turn, one, closed)


def _give_below(change: Change, turn: Turn, unit: Decided, closed: datetime | None) -> None:
    """Decide of what is in a moved unit, as a change of its own."""
    before = unit.kassasjon
    turn.give(unit, closed)
    log_line(change, unit, "kassasjon", before, unit.kassasjon)
    give_last_change(change, unit)


following = [
    Guard(mappe, on_move=[follow_with_contents]),
    Guard(registrering, on_change=[follow_told], on_move=[follow_with_documents]),
]
"""What lets decisions on disposal follow what is moved (5.10.9)."""
