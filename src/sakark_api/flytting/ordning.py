"""The klassifikasjonssystemer that go along, and those that both kommuner are to have."""

from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    or_,
    select,
    union,
    union_all,
)

from sakark_api.flytting.lister import FLYTTES, KOPIERES, Lister, is_in
from sakark_api.noark.attribute import kode_of

__all__ = ["share_systems"]

_PLANS: Final = ("FH", "EH", "E1", "KK", "MF")
"""Systems of what is done, which are copied whole: the klasser of others are people and things."""
_REFERRED: Final = ("mappe", "registrering")


def share_systems(lister: Lister) -> None:
    """Let klassifikasjonssystemer leave that nothing else is ordered by, and copy others."""
    klasser, named = lister.rows("klasse"), _named_klasser(lister)
    parts, pairs = lister.rows("arkivdel"), lister.rows("sekundaerklassifikasjonssystem")
    found = select(klasser.c.klassifikasjonssystem_ref).where(klasser.c.system_id.in_(named))
    of_part = select(parts.c.klassifikasjonssystem_ref).where(
        is_in(parts.c.system_id, FLYTTES), parts.c.klassifikasjonssystem_ref.is_not(None)
    )
    systems = {one for (one,) in lister.all(union(found, of_part))}
    ties = [
        (one.primaer_ref, one.sekundaer_ref)
        for one in lister.all(select(pairs.c.primaer_ref, pairs.c.sekundaer_ref))
    ]
    while more := {other for one, other in ties if one in systems} - systems:
        systems |= more
    used = {one for (one,) in lister.all(_systems_used(lister))}
    while more := {other for one, other in ties if one in used or one not in systems} - used:
        used |= more
    leaving = systems - used
    lister.leave(leaving)
    lister.copy(systems - leaving)
    lister.move(
        select(klasser.c.system_id, klasser.c.gradert).where(
            is_in(klasser.c.klassifikasjonssystem_ref, FLYTTES)
        )
    )
    _copy_klasser(lister, named)


def _named_klasser(lister: Lister) -> Select[Any]:
    """Select the klasser that units name: their own, secondary ones, and by references."""
    mapper, posts = lister.rows("mappe"), lister.rows("registrering")
    second, crossing = lister.rows("klasse_mappe"), lister.rows("kryssreferanse")
    found = union_all(
        select(mapper.c.klasse_ref).where(is_in(mapper.c.system_id, FLYTTES)),
        select(posts.c.klasse_ref).where(is_in(posts.c.system_id, FLYTTES)),
        select(second.c.klasse_ref).where(is_in(second.c.mappe_ref, FLYTTES)),
        select(crossing.c.til_klasse_ref).where(
            or_(
                is_in(crossing.c.fra_mappe_ref, FLYTTES),
                is_in(crossing.c.fra_registrering_ref, FLYTTES),
            )
        ),
    ).subquery("navngitt")
    return select(found.c.klasse_ref).where(found.c.klasse_ref.is_not(None)).distinct()


def _systems_used(lister: Lister) -> Any:  # noqa: ANN401  SQLAlchemy's
    """Select the klassifikasjonssystemer that what stays is ordered by, or refers to."""
    klasser, parts = lister.rows("klasse"), lister.rows("arkivdel")
    mapper, posts = lister.rows("mappe"), lister.rows("registrering")
    second, crossing = lister.rows("klasse_mappe"), lister.rows("kryssreferanse")
    ends = [crossing.c[f"{end}_{unit}_ref"] for end in ("fra", "til") for unit in _REFERRED]
    stay_tied = and_(*(or_(one.is_(None), ~is_in(one, FLYTTES)) for one in ends))
    named = union_all(
        select(mapper.c.klasse_ref).where(~is_in(mapper.c.system_id, FLYTTES)),
        select(posts.c.klasse_ref).where(~is_in(posts.c.system_id, FLYTTES)),
        select(second.c.klasse_ref).where(~is_in(second.c.mappe_ref, FLYTTES)),
        select(crossing.c.til_klasse_ref).where(stay_tied),
        select(crossing.c.fra_klasse_ref).where(stay_tied),
    )
    return union(
        select(parts.c.klassifikasjonssystem_ref).where(
            ~is_in(parts.c.system_id, FLYTTES), parts.c.klassifikasjonssystem_ref.is_not(None)
        ),
        select(klasser.c.klassifikasjonssystem_ref).where(klasser.c.system_id.in_(named)),
    )


def _copy_klasser(lister: Lister, named: Select[Any]) -> None:
    """Copy the klasser that units name, with those above, and all that is open of plans."""
    rows, above = lister.rows("klasse"), lister.rows("klasse")
    up = select(rows.c.system_id, rows.c.overklasse_ref).where(rows.c.system_id.in_(named))
    over = up.cte("over", recursive=True)
    over = over.union(
        select(above.c.system_id, above.c.overklasse_ref).join(
            over, over.c.overklasse_ref == above.c.system_id
        )
    )
    lister.copy_too(select(over.c.system_id))
    systems = lister.rows("klassifikasjonssystem")
    plans = select(systems.c.system_id).where(
        is_in(systems.c.system_id, KOPIERES),
        kode_of(systems.c.klassifikasjonstype).in_(_PLANS),
    )
    first = lister.rows("klasse")
    below = lister.rows("klasse")
    down = (
        select(first.c.system_id)
        .where(
            first.c.klassifikasjonssystem_ref.in_(plans),
            first.c.overklasse_ref.is_(None),
            *_is_open(first),
        )
        .cte("under", recursive=True)
    )
    down = down.union(
        select(below.c.system_id)
        .join(down, down.c.system_id == below.c.overklasse_ref)
        .where(*_is_open(below))
    )
    lister.copy_too(select(down.c.system_id))


def _is_open(rows: FromClause) -> list[ColumnElement[bool]]:
    return [rows.c.skjerming.is_(None), rows.c.gradert.is_(None)]
