"""Which units go to another kommune with some arkivdeler, and which both get: listed, once."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    case,
    func,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from sakark_api.deponering.utvalg import Utvalg
from sakark_api.flytting.andel import Andel
from sakark_api.flytting.brukt import codes_used, copy_people, fields_used
from sakark_api.flytting.bytter import copy_of, exchange
from sakark_api.flytting.delplan import PLAN, PLASSERT
from sakark_api.flytting.lister import FLYTTES, KOPIERES, Lister, is_in
from sakark_api.flytting.ordning import share_systems
from sakark_api.flytting.sammen import Kommuneside
from sakark_api.rest.tenant import TENANT
from sakark_api.tenancy.administration import see_as
from sakark_api.tenancy.utflyttet import HIDDEN

__all__ = ["share_out"]


def share_out(
    session: Session,
    fra: Kommuneside,
    til: Kommuneside,
    arkivdeler: Collection[UUID],
    maalform: str,
) -> Andel:
    """List what goes along from `fra` with some arkivdeler; give what says so of each row."""
    see_as(session, fra.id)
    lister = Lister(session, fra.id)
    lister.begin()
    move_inside(lister, arkivdeler)
    share_arkiver(lister)
    share_systems(lister)
    move_parts(lister)
    copy_people(lister)
    fresh = copy_of(KOPIERES.c.system_id, til.slug)
    exchange(session, select(KOPIERES.c.system_id, fresh))
    andel = Andel(maalform)
    andel.felter = fields_used(lister, andel)
    andel.koder = codes_used(lister, andel, til.id)
    return andel


def move_inside(lister: Lister, arkivdeler: Collection[UUID]) -> None:
    """List the units that are in the arkivdeler, graded as what they are in is."""
    utvalg = Utvalg(list(arkivdeler))
    parts, mapper, posts = (lister.rows(one) for one in PLASSERT[:3])
    for rows, inside in (
        (parts, utvalg.has_arkivdel(parts)),
        (mapper, utvalg.has_mappe(mapper)),
        (posts, utvalg.has_registrering(posts)),
    ):
        found = select(rows.c.system_id, _graded(lister, rows)).where(inside)
        lister.move(found.params({TENANT: lister.fra}))
    pairs, documents = (
        lister.rows("registrering_dokumentbeskrivelse"),
        lister.rows("dokumentbeskrivelse"),
    )
    lister.move(
        select(
            documents.c.system_id,
            func.greatest(func.max(documents.c.gradert), func.max(FLYTTES.c.gradert)),
        )
        .join(pairs, pairs.c.dokumentbeskrivelse_ref == documents.c.system_id)
        .join(FLYTTES, FLYTTES.c.system_id == pairs.c.registrering_ref)
        .group_by(documents.c.system_id)
    )
    for name in ("mappe", "registrering"):
        tied = lister.rows(f"{name}_presedens")
        lister.move(
            select(tied.c.presedens_ref, func.max(FLYTTES.c.gradert))
            .join(FLYTTES, FLYTTES.c.system_id == tied.c[f"{name}_ref"])
            .group_by(tied.c.presedens_ref)
        )


def _graded(lister: Lister, rows: FromClause) -> ColumnElement[Any]:
    """Give how a unit is graded; what is kept from somebody is as what nobody may see."""
    cases, blocked = lister.rows("inhabilitet"), lister.rows("sperring")
    kept = union_all(
        select(cases.c.mappe_ref.label("enhet")),
        select(func.coalesce(blocked.c.mappe_ref, blocked.c.registrering_ref)),
    ).subquery()
    listed = select(func.array_agg(kept.c.enhet)).scalar_subquery()
    return case((rows.c.omfang.op("&&")(listed), HIDDEN), else_=rows.c.gradert)


def move_parts(lister: Lister) -> None:
    """List what belongs to units that leave, each after what it belongs to."""
    for name, part in PLAN.items():
        rows = lister.rows(name) if part.eiere else None
        if rows is None or "system_id" not in rows.c:
            continue
        for eier in part.eiere:
            lister.move(
                select(rows.c.system_id, FLYTTES.c.gradert).join(
                    FLYTTES, FLYTTES.c.system_id == rows.c[eier]
                )
            )


def share_arkiver(lister: Lister) -> None:
    """Let an arkiv leave that has nothing else, and be copied where it has; those above too."""
    rows, parts = lister.rows("arkiv"), lister.rows("arkivdel")
    above = {one.system_id: one.overarkiv_ref for one in lister.all(select(rows))}
    inside = lister.all(select(parts.c.arkiv_ref, is_in(parts.c.system_id, FLYTTES)))
    held = _with_above((one for one, leaves in inside if leaves), above)
    filled = {*above.values(), *(one for one, _ in inside)}
    stays = _with_above((one for one, leaves in inside if not leaves), above)
    stays |= _with_above(above.keys() - filled, above)
    leaving = held - stays
    lister.leave(leaving)
    lister.copy(held - leaving)
    pairs = lister.rows("arkivskaper_arkiv")
    makers: dict[UUID, set[UUID]] = {}
    for maker, made in lister.all(select(pairs.c.arkivskaper_ref, pairs.c.arkiv_ref)):
        makers.setdefault(maker, set()).add(made)
    gone = {maker for maker, made in makers.items() if made <= leaving}
    lister.leave(gone)
    lister.copy({one for one, made in makers.items() if made & (leaving | held)} - gone)


def _with_above(ids: Iterable[UUID], above: Mapping[UUID, UUID | None]) -> set[UUID]:
    """Give units with those that they are in, up to the top."""
    found: set[UUID] = set()
    for each in ids:
        one: UUID | None = each
        while one is not None and one not in found:
            found.add(one)
            one = above[one]
    return found
