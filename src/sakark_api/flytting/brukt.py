"""Who and what the units name that go along: brukere and enheter, codes, and own fields."""

from typing import Final

from sqlalchemy import (
    Table,
    cast,
    func,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH, array
from sqlalchemy.types import Uuid

from sakark_api.flytting.andel import Andel
from sakark_api.flytting.delplan import PLAN, Slag
from sakark_api.flytting.lister import Lister
from sakark_api.flytting.tabeller import taken
from sakark_api.noark.catalog import CATALOG
from sakark_api.rest.code_use import places
from sakark_api.tenancy.administration import see_as

__all__ = ["codes_used", "copy_people", "fields_used"]

_OWN: Final = "virksomhetsspesifikke_metadata"
_SETTINGS: Final = ("kodeverdi", "virksomhetsspesifikkemetadata")
_WITHOUT_PEOPLE: Final = ("bruker", "administrativenhet", *_SETTINGS)
_NOBODY: Final = ("system_id", "referanse_arkivenhet")


def copy_people(lister: Lister) -> None:
    """Copy the brukere and enheter that what goes along names."""
    people = union_all(
        *(select(lister.rows(one).c.system_id) for one in ("bruker", "administrativenhet"))
    )
    andel = Andel("")
    for one in taken():
        if PLAN[one.name].slag is Slag.BLIR or one.name in _WITHOUT_PEOPLE:
            continue
        rows = lister.rows(one.name)
        named = [each for each in rows.c if isinstance(each.type, Uuid) and each.key not in _NOBODY]
        if named:
            who = func.unnest(array(named)).column_valued("hvem", joins_implicitly=True)
            going = select(who).select_from(rows).where(andel.goes(one, rows))
            found = going.distinct().subquery("navngitt")
            lister.copy_too(select(found.c.hvem).where(found.c.hvem.in_(people)))


def fields_used(lister: Lister, andel: Andel) -> set[str]:
    """Name the kommune's own fields that what goes along has."""
    found: set[str] = set()
    for one in _going_tables():
        if _OWN in one.columns and one.name not in _WITHOUT_PEOPLE:
            rows = lister.rows(one.name)
            held = type_coerce(rows.c[_OWN], JSONB)
            name = func.jsonb_object_keys(held)
            used = select(name).where(andel.goes(one, rows), func.jsonb_typeof(held) == "object")
            found |= {row[0] for row in lister.all(used.distinct())}
    return found


def codes_used(lister: Lister, andel: Andel, til: int) -> list[tuple[str, str]]:
    """List the codes that what goes along has, and the other kommune lacks, or calls otherwise.

    Each is its list and its kode.
    """
    theirs = _codes(Lister(lister.session, til))
    lacking: dict[str, set[str]] = {}
    for liste, kode, _ in _codes(lister) - theirs:
        lacking.setdefault(liste, set()).add(kode)
    return sorted(
        (liste, kode)
        for liste, koder in lacking.items()
        for kode in koder & _codes_of_list(lister, andel, liste)
    )


def _codes(lister: Lister) -> set[tuple[str, str, str]]:
    see_as(lister.session, lister.fra)
    rows = lister.rows("kodeverdi")
    found = lister.all(select(rows.c.liste, rows.c.kode, rows.c.kodenavn))
    return {(one.liste, one.kode, one.kodenavn) for one in found}


def _codes_of_list(lister: Lister, andel: Andel, liste: str) -> set[str]:
    used: set[str] = set()
    going = {one.name for one in _going_tables()}
    for one, use in places(CATALOG, liste):
        if one.name not in going:
            continue
        rows = lister.rows(one.name)
        held = type_coerce(rows.c[use.attribute.name], JSONB)
        path = f'$."{use.field}"."kode"' if use.field else '$."kode"'
        kode = func.jsonb_path_query(held, cast(path, JSONPATH), type_=JSONB)
        found = select(kode).where(andel.goes(one, rows), held.is_not(None))
        used |= {row[0] for row in lister.all(found.distinct())}
    return used


def _going_tables() -> list[Table]:
    return [
        one for one in taken() if PLAN[one.name].slag is not Slag.BLIR and one.name not in _SETTINGS
    ]
