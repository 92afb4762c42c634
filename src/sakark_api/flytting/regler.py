"""What becomes of what collides when two kommuner become one, table by table.

The rows of the one that ends wait in a temporary table, where the rules make them such that they
have a place among those of the other.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Table,
    and_,
    case,
    cast,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy import Text as TextType
from sqlalchemy.dialects.postgresql import JSONB, array
from sqlalchemy.types import Uuid

from sakark_api.errors import Conflict
from sakark_api.flytting.bytter import copy_of, exchange, point_anew
from sakark_api.flytting.nummerering import name_cases, name_entries
from sakark_api.flytting.sammen import Sammen, there
from sakark_api.flytting.tabeller import own_keys
from sakark_api.noark.catalog import CATALOG
from sakark_api.noark.metadata.kodeliste import POSTNUMMER
from sakark_api.rest.code_use import places
from sakark_api.tenancy.segl import LOG
from sakark_api.tenancy.utflyttet import Utflyttet
from sakark_api.texts import text

__all__ = ["adapt"]


def adapt(sammen: Sammen, one: Table, waiting: Table) -> None:
    """Let the rows that wait have a place among those of the kommune that goes on."""
    if one.name in _COPIED:
        _come_home(sammen, one, waiting)
    if one.name in _PAIRS:
        _leave_pairs(sammen, one, waiting)
    rule = _RULES.get(one.name)
    if rule is not None:
        rule(sammen, one, waiting)
    point_anew(sammen.session, waiting)
    _rename_codes(sammen, one, waiting)
    if "lagringsnoekkel" in waiting.c:
        key = waiting.c.lagringsnoekkel
        renamed = func.concat(f"{sammen.til.slug}/", func.substr(key, len(sammen.fra.slug) + 2))
        of_name = key.startswith(f"{sammen.fra.slug}/", autoescape=True)
        sammen.session.execute(update(waiting).where(of_name).values(lagringsnoekkel=renamed))


_COPIED: Final = (
    "administrativenhet",
    "arkiv",
    "arkivskaper",
    "bruker",
    "klasse",
    "klassifikasjonssystem",
)
"""What kommuner get copies of when one of them is split."""
_PAIRS: Final = (
    "administrativenhet_bruker",
    "arkivskaper_arkiv",
    "sekundaerklassifikasjonssystem",
)


def _come_home(sammen: Sammen, one: Table, waiting: Table) -> None:
    """Let copies of what is here be that again."""
    session, others = sammen.session, there(one, sammen)
    own = copy_of(others.c.system_id, sammen.fra.slug) == waiting.c.system_id
    exchange(session, select(waiting.c.system_id, others.c.system_id).where(own))
    session.execute(
        delete(waiting).where(exists(select(literal(1)).select_from(others).where(own)))
    )


def _leave_pairs(sammen: Sammen, one: Table, waiting: Table) -> None:
    """Leave out what is tied here already."""
    point_anew(sammen.session, waiting)
    others = there(one, sammen)
    same = and_(*(others.c[key] == waiting.c[key] for key in own_keys(one)))
    tied = exists(select(literal(1)).select_from(others).where(same))
    sammen.session.execute(delete(waiting).where(tied))


def _merge_users(sammen: Sammen, one: Table, waiting: Table) -> None:
    others = there(one, sammen)
    same = and_(
        *(others.c[name] == waiting.c[name] for name in ("issuer", "subject", "bruker_navn"))
    )
    exchange(sammen.session, select(waiting.c.system_id, others.c.system_id).where(same))
    found = sammen.rows(
        select(waiting.c.system_id, others.c.system_id, waiting.c.bruker_navn).where(same)
    )
    for old, new, name in found:
        sammen.note("bruker", f"{name} ({old})", new)
    _drop(sammen, waiting, [old for old, _, _ in found])


def _drop(sammen: Sammen, waiting: Table, ids: list[UUID]) -> None:
    gone = waiting.c.system_id == func.any(cast(ids, ARRAY(Uuid())))
    sammen.session.execute(delete(waiting).where(gone))


def _merge_codes(sammen: Sammen, one: Table, waiting: Table) -> None:
    others, here = there(one, sammen), waiting.c
    of_list = others.c.liste == here.liste
    same_kode = and_(of_list, others.c.kode == here.kode)
    equal = and_(same_kode, (others.c.kodenavn == here.kodenavn) | (here.liste == POSTNUMMER.name))
    gone = delete(waiting).where(exists(select(literal(1)).select_from(others).where(equal)))
    count = sammen.session.execute(gone).rowcount  # type: ignore[attr-defined]  # of a delete
    if count:
        sammen.note("kode lik", count, count)
    for liste, kode in sammen.rows(select(here.liste, here.kode).where(same_kode)):
        new = f"{sammen.fra.nummer}-{kode}"
        mine = and_(here.liste == liste, here.kode == kode)
        sammen.session.execute(update(waiting).where(mine).values(kode=new))
        sammen.koder.append((liste, kode, new))
        sammen.note("kode", f"{liste} {kode}", new)
    taken = and_(of_list, others.c.kodenavn == here.kodenavn, here.liste != POSTNUMMER.name)
    for liste, kode, name in sammen.rows(select(here.liste, here.kode, here.kodenavn).where(taken)):
        new = f"{name} ({sammen.fra.navn})"
        mine = and_(here.liste == liste, here.kode == kode)
        sammen.session.execute(update(waiting).where(mine).values(kodenavn=new))
        sammen.note("kodenavn", f"{liste} {name}", new)
    again = and_(same_kode, others.c.kodenavn == here.kodenavn)
    come = exists(select(literal(1)).select_from(others).where(again))
    sammen.session.execute(delete(waiting).where(come))


def _merge_fields(sammen: Sammen, one: Table, waiting: Table) -> None:
    others, here = there(one, sammen), waiting.c
    same = others.c.navn == here.navn
    odd = sammen.rows(select(here.navn).where(same, others.c.type != here.type))
    if odd:
        raise Conflict(
            text(
                "Begge kommunene har feltet {felt}, men av ulik type. Gi det ett nytt navn først.",
                felt=odd[0][0],
            )
        )
    found = sammen.rows(select(here.system_id, here.navn).where(same))
    for _, name in found:
        sammen.note("felt", name, name)
    _drop(sammen, waiting, [system_id for system_id, _ in found])


def _leave_rights(sammen: Sammen, one: Table, waiting: Table) -> None:
    del one
    here = waiting.c
    found = sammen.rows(
        select(here.system_id, here.rolle).where(here.referanse_arkivenhet.is_(None))
    )
    for _, rolle in found:
        sammen.note("rett", rolle, rolle)
    _drop(sammen, waiting, [system_id for system_id, _ in found])


def _name_units(sammen: Sammen, one: Table, waiting: Table) -> None:
    others, here = there(one, sammen), waiting.c
    same = others.c.administrativ_enhet_navn == here.administrativ_enhet_navn
    found = sammen.rows(select(here.system_id, here.administrativ_enhet_navn).where(same))
    for system_id, name in found:
        new = f"{name} ({sammen.fra.navn})"
        mine = here.system_id == system_id
        sammen.session.execute(update(waiting).where(mine).values(administrativ_enhet_navn=new))
        sammen.note("enhet", name, new)


def _rename_codes(sammen: Sammen, one: Table, waiting: Table) -> None:
    """Let units say the codes that were renamed by their new names."""
    for liste, old, new in sammen.koder:
        for held_in, use in places(CATALOG, liste):
            if held_in.name != one.name:
                continue
            name = held_in.c[use.attribute.name].name
            held: Any = type_coerce(waiting.c[name], JSONB)
            holds = held.contains(use.pattern(old))
            if use.attribute.many or use.field_is_many:
                _refuse_used(sammen, waiting, holds, liste, old)
                continue
            path = array([*([use.field] if use.field else []), "kode"])
            renamed = case(
                (holds, func.jsonb_set(held, path, func.to_jsonb(cast(new, TextType)))), else_=held
            )
            sammen.session.execute(update(waiting).where(holds).values({name: renamed}))


def _refuse_used(
    sammen: Sammen, waiting: Table, holds: ColumnElement[bool], liste: str, kode: str
) -> None:
    if sammen.rows(select(literal(1)).select_from(waiting).where(holds).limit(1)):
        raise Conflict(
            text(
                "Koden {kode} i {liste} betyr noe annet i den andre kommunen, og er brukt sammen"
                " med andre. Bytt den i enhetene først.",
                kode=kode,
                liste=liste,
            )
        )


def _leave_lines(sammen: Sammen, one: Table, waiting: Table) -> None:
    """Leave out the lines of the log that came with a unit that has been here before."""
    others = there(one, sammen)
    known = exists(
        select(literal(1)).select_from(others).where(others.c.system_id == waiting.c.system_id)
    )
    sammen.session.execute(delete(waiting).where(known))


def _know_where(sammen: Sammen, one: Table, waiting: Table) -> None:
    """Forget where units went that are in one of the two: they are here now."""
    others = there(one, sammen)
    known = exists(select(literal(1)).select_from(others).where(others.c.enhet == waiting.c.enhet))
    here = delete(waiting).where(or_(waiting.c.til == sammen.til.slug, known))
    sammen.session.execute(here)


_Rule = Callable[[Sammen, Table, Table], None]
_RULES: Final[Mapping[str, _Rule]] = {
    "bruker": _merge_users,
    "kodeverdi": _merge_codes,
    "virksomhetsspesifikkemetadata": _merge_fields,
    "tilgang": _leave_rights,
    "administrativenhet": _name_units,
    "mappe": name_cases,
    "registrering": name_entries,
    LOG: _leave_lines,
    Utflyttet.__tablename__: _know_where,
}
