"""How a screening reaches what is below: kept on each unit, carried down when it changes (6.6.26).

A unit is screened as its place is, unless it has a screening of its own. Rows say themselves how
they are screened, so that reading asks nothing of what is above them.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Table,
    and_,
    bindparam,
    cast,
    func,
    or_,
    select,
    update,
)
from sqlalchemy import Text as TextType
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.orm.attributes import get_history, set_committed_value
from sqlalchemy.types import Uuid

from sakark_api.errors import Conflict
from sakark_api.noark.arkivstruktur.arkivdel import Arkivdel, arkivdel
from sakark_api.noark.arkivstruktur.dokumentbeskrivelse import (
    Dokumentbeskrivelse,
    attachments,
    dokumentbeskrivelse,
    tied,
)
from sakark_api.noark.arkivstruktur.klasse import Klasse, klasse
from sakark_api.noark.arkivstruktur.mappe import Mappe, mappe
from sakark_api.noark.arkivstruktur.registrering import Registrering, registrering
from sakark_api.noark.exact import write_json
from sakark_api.noark.model import table_of
from sakark_api.noark.resource import Change, Guard
from sakark_api.noark.rules.skjerming import lapsing, says_the_same
from sakark_api.noark.values import dump_value
from sakark_api.noark.verdier import Skjerming
from sakark_api.texts import text

__all__ = ["MOST", "carrying"]

MOST: Final = 20_000
"""How many units one change of a screening may reach: they are changed together, or none is."""

Screened = Arkivdel | Klasse | Mappe | Registrering | Dokumentbeskrivelse
S = TypeVar("S", Arkivdel, Klasse, Mappe)
Above = Iterable[Screened | None]
"""What may screen a unit, the nearest first."""


def mark_own(change: Change, unit: Screened) -> None:
    """Tell a screening of the unit's own, or none at all, from the one it would have anyhow."""
    if _is_changed(unit):
        with change.session.no_autoflush:
            above = _first(_above(change, unit))
        unit.skjerming_egen = not says_the_same(unit.skjerming, above)


def follow_skjerming(change: Change, unit: Screened) -> None:
    """Screen a moved unit as its new place is, and what is below it."""
    if not unit.skjerming_egen and _takes_over(unit, _above(change, unit)):
        carry_skjerming(change, unit)


def carry_skjerming(change: Change, unit: Screened) -> None:
    """Screen what is below as the unit is now, down to what has a screening of its own."""
    if not _is_changed(unit):
        return
    reached, level = 0, [unit]
    with change.session.no_autoflush:
        while level:
            level = [one for one, above in _below(change, level) if _takes_over(one, above)]
            _write(change, level)
            reached += len(level)
            if reached > MOST:
                raise Conflict(
                    text(
                        "Skjermingen når over {antall} enheter. Skjerm delene hver for seg.",
                        antall=MOST,
                    )
                )


def _is_changed(unit: Screened) -> bool:
    return bool(get_history(unit, "skjerming").has_changes())


def _takes_over(unit: Screened, above: Above) -> bool:
    """Screen a unit by the first of `above` that is screened; tell whether it was not already."""
    found = _first(above)
    if says_the_same(unit.skjerming, found):
        return False
    unit.skjerming = lapsing(found, unit.opprettet_dato) if found else None
    return True


def _write(change: Change, units: Sequence[Screened]) -> None:
    """Write the screenings of many units at once: the session would write them one by one."""
    by_table: dict[Table, list[Screened]] = {}
    for unit in units:
        by_table.setdefault(table_of(type(unit)), []).append(unit)
    for held, changed in by_table.items():
        ids = bindparam("ids", [one.system_id for one in changed], type_=ARRAY(Uuid()))
        values = [dump_value(one.skjerming) if one.skjerming else None for one in changed]
        texts = [None if value is None else write_json(value) for value in values]
        texts_given = bindparam("texts", texts, type_=ARRAY(TextType()))
        given = func.unnest(ids, texts_given).table_valued("id", "held").render_derived("given")
        change.session.execute(
            update(held)
            .where(held.c.system_id == given.c.id)
            .values(skjerming=cast(given.c.held, JSONB), version=held.c.version + 1)
        )
        for one in changed:
            set_committed_value(one, "skjerming", one.skjerming)
            set_committed_value(one, "version", one.version + 1)


def _first(above: Above) -> Skjerming | None:
    return next((one.skjerming for one in above if one is not None and one.skjerming), None)


def _above(change: Change, unit: Screened) -> Iterator[Screened | None]:
    """Give what may screen a unit where it is, as when it is made there."""
    if isinstance(unit, Klasse):
        yield _get(change, Klasse, unit.overklasse_ref)
    elif isinstance(unit, Mappe) and unit.referanse_forelder_mappe is not None:
        yield _get(change, Mappe, unit.referanse_forelder_mappe)
    elif isinstance(unit, Mappe):
        yield _get(change, Klasse, unit.klasse_ref)
        yield _get(change, Arkivdel, unit.effektiv_arkivdel)
    elif isinstance(unit, Registrering):
        yield from _above_registrering(change, unit)
    elif isinstance(unit, Dokumentbeskrivelse):
        pairs = _documents(Dokumentbeskrivelse.system_id == unit.system_id)
        yield from (one for _, one in change.session.execute(pairs))


def _above_registrering(change: Change, unit: Registrering) -> Iterator[Screened | None]:
    """Let the arkivdel that it belongs to come before a mappe in another (GUIDE 14.1)."""
    inside = _get(change, Mappe, unit.mappe_ref)
    if inside is None or unit.referanse_arkivdel != inside.effektiv_arkivdel:
        yield _get(change, Klasse, unit.klasse_ref)
        yield _get(change, Arkivdel, unit.referanse_arkivdel)
    yield inside or _get(change, Arkivdel, unit.arkivdel_ref)


def _get(change: Change, model: type[S], system_id: UUID | None) -> S | None:
    return change.get(model, system_id) if system_id is not None else None


def _below(change: Change, units: Sequence[Screened]) -> Iterator[tuple[Screened, Above]]:
    """Give the units right below others, with what may screen each of them."""
    places: tuple[tuple[type[Any], list[ColumnElement[bool]]], ...] = (
        (Klasse, _in(units, Klasse, Klasse.overklasse_ref)),
        (
            Mappe,
            [
                *_in(units, Mappe, Mappe.referanse_forelder_mappe),
                *_in(units, Klasse, Mappe.klasse_ref),
                *_in(units, Arkivdel, Mappe.effektiv_arkivdel),
            ],
        ),
        (
            Registrering,
            [
                *_in(units, Mappe, Registrering.mappe_ref),
                *_in(units, Klasse, Registrering.klasse_ref),
                *_in(units, Arkivdel, Registrering.arkivdel_ref, Registrering.referanse_arkivdel),
            ],
        ),
    )
    for model, conditions in places:
        if conditions:
            inherits = and_(or_(*conditions), model.skjerming_egen.is_(False))
            for one in change.session.scalars(select(model).where(inherits).limit(MOST + 1)).all():
                yield one, _above(change, one)
    for condition in _in(units, Registrering, attachments.c.registrering_ref):
        held_there = select(attachments.c.dokumentbeskrivelse_ref).where(condition)
        some = held_there.limit(MOST + 1)
        own = Dokumentbeskrivelse.skjerming_egen
        pairs = _documents(Dokumentbeskrivelse.system_id.in_(some), own.is_(False))
        held: dict[Dokumentbeskrivelse, list[Registrering]] = {}
        for document, one in change.session.execute(pairs):
            held.setdefault(document, []).append(one)
        yield from held.items()


def _in(
    units: Iterable[Screened],
    model: type[Any],
    *columns: ColumnElement[Any] | InstrumentedAttribute[Any],
) -> list[ColumnElement[bool]]:
    """Say that a column names one of the units of a kind, if there are any."""
    ids = [one.system_id for one in units if isinstance(one, model)]
    return [column.in_(ids) for column in columns] if ids else []


def _documents(*conditions: ColumnElement[bool]) -> Select[Dokumentbeskrivelse, Registrering]:
    """Select documents with each registrering they are in, the oldest first."""
    both = tied().with_only_columns(Dokumentbeskrivelse, Registrering, maintain_column_froms=True)
    return both.where(*conditions).order_by(Registrering.opprettet_dato, Registrering.system_id)


carrying = [
    Guard(arkivdel, on_change=[carry_skjerming]),
    *(
        Guard(one, on_change=[mark_own, carry_skjerming], on_move=[follow_skjerming])
        for one in (klasse, mappe, registrering, dokumentbeskrivelse)
    ),
]
"""What makes a screening reach all that is below (6.6.26)."""
