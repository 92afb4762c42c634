"""$search: words in a unit or in what it is composed of, found by the index of each table."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    bindparam,
    func,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.types import Text, Uuid

from sakark_api.errors import Unsupported
from sakark_api.noark.structure import Catalog, Relation
from sakark_api.rest.family import Family, same_kommune
from sakark_api.rest.navigation import Families, tied
from sakark_api.texts import text

__all__ = ["found_by", "search_values", "terms_of"]

SEARCH, WORDS = "search", "sok"
"""The parameter that holds what is searched for, and the column of a row's stemmed words."""


MAX_TERMS = 10


def terms_of(words: str) -> tuple[str, ...]:
    """Split plain words, each to be found anywhere; what holds operators must be found together."""
    terms = words.split()
    operators = '"' in words or any(one.startswith("-") or one.lower() == "or" for one in terms)
    return (words,) if operators or len(terms) > MAX_TERMS else tuple(terms)


def search_values(terms: Sequence[str]) -> dict[str, str]:
    """Give the values of a search as its statement takes them: all together, and each term."""
    each = {f"{SEARCH}{place}": term for place, term in enumerate(terms)}
    return {SEARCH: " ".join(terms), **each}


def found_by(
    catalog: Catalog, families: Families, family: Family, terms: int
) -> list[ColumnElement[bool]]:
    """Say in SQL that every term is in a unit's own words or in those of its parts.

    Words that mean nothing by themselves ("og") are in no index: beside others they count as found.
    """
    parts = _compositions(catalog, families, family)
    if not parts:
        if WORDS not in family.table.c:
            raise Unsupported(text("Her støttes ikke $search. Bruk $filter."))
        return [_holds(family, family.table, _query(SEARCH))]
    conditions: list[ColumnElement[bool]] = []
    for query in (_query(f"{SEARCH}{place}") for place in range(terms)):
        arms = [_own(family, query), *(_of_parts(families, part, query) for part in parts)]
        if terms > 1:
            arms.append(_all_where_meaningless(family, query))
        conditions.append(family.table.c.system_id.in_(union_all(*arms)))
    if terms > 1:
        conditions.append(func.numnode(_query(SEARCH)) > 0)
    return conditions


def _compositions(catalog: Catalog, families: Families, family: Family) -> list[Relation]:
    """List the relations from a family to what its units are composed of, where it has words."""
    owned = {
        offer.made.root
        for resource in catalog.family(family.root)
        for offer in catalog.offers(resource)
        if offer.tie.owned
    }
    return [
        relation
        for relation in family.relations.values()
        if relation.many
        and not relation.upward
        and relation.target in owned
        and WORDS in families[relation.target.name].table.c
    ]


def _own(family: Family, query: ColumnElement[Any]) -> Select[Any]:
    rows = family.table.alias("own")
    return select(rows.c.system_id).where(same_kommune(rows), _holds(family, rows, query))


def _of_parts(families: Families, relation: Relation, query: ColumnElement[Any]) -> Select[Any]:
    family = families[relation.target.name]
    rows = family.table.alias("part_of")
    source, owner_id = tied(rows, relation, rows)
    return (
        select(owner_id)
        .select_from(source)
        .where(same_kommune(rows), _holds(family, rows, query), owner_id.is_not(None))
    )


def _all_where_meaningless(family: Family, query: ColumnElement[Any]) -> Select[Any]:
    rows = family.table.alias("all_of")
    return select(rows.c.system_id).where(same_kommune(rows), func.numnode(query) == 0)


def _holds(family: Family, rows: FromClause, query: ColumnElement[Any]) -> ColumnElement[bool]:
    """Say that a row holds the words; the function uses the index, which row security forbids us.

    It says nothing of screening: what is screened is found as absent by the row itself.
    """
    table: ColumnElement[Any] = literal_column(f"'{family.table.name}'")
    found = func.sakark_find_words(table, query, type_=Uuid()).column_valued("found")
    words = family.column(WORDS, rows)
    holds = rows.c.system_id.in_(select(found))
    return holds if words is rows.c[WORDS] else and_(holds, words.is_not(None))


def _query(name: str) -> ColumnElement[Any]:
    """Give what is searched for, read once and not for each row."""
    norwegian: ColumnElement[Any] = literal_column("'norwegian'::regconfig")
    read = func.websearch_to_tsquery(norwegian, bindparam(name, type_=Text()))
    return select(read).scalar_subquery()
