"""$search: words in a unit or in what it is composed of, found by the index of each table."""

import functools
import operator
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    FromClause,
    Select,
    bindparam,
    case,
    func,
    literal_column,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.types import Text, Uuid

from sakark_api.errors import Unsupported
from sakark_api.noark.structure import Catalog, Relation
from sakark_api.rest.family import Family, same_kommune
from sakark_api.rest.navigation import Families, tied
from sakark_api.texts import text

__all__ = ["COMMON", "found_by", "search_values", "tally", "terms_of"]

SEARCH, WORDS = "search", "sok"
"""The parameter that holds what is searched for, and the column of a row's stemmed words."""
MAX_TERMS = 10
COMMON = 1000
"""A term that is in so many rows is not looked up: to read the rows in turn is as quick."""
_COMMON: ColumnElement[Any] = literal_column(str(COMMON))
_ALL: ColumnElement[Any] = null()


def terms_of(words: str) -> tuple[str, ...]:
    """Split plain words, each to be found anywhere; what holds operators must be found together."""
    terms = words.split()
    operators = '"' in words or any(one.startswith("-") or one.lower() == "or" for one in terms)
    return (words,) if operators or len(terms) > MAX_TERMS else tuple(terms)


def search_values(terms: Sequence[str]) -> dict[str, str]:
    """Give the values of a search as its statement takes them: all together, and each term."""
    each = {f"{SEARCH}{place}": term for place, term in enumerate(terms)}
    return {SEARCH: " ".join(terms), **each}


def tally(catalog: Catalog, families: Families, family: Family, terms: int) -> Select[Any]:
    """Count what each term is found in, up to what is common; one that means nothing is common."""
    tables = [family, *(families[one.target.name] for one in _parts(catalog, families, family))]
    return select(
        *(
            case(
                (func.numnode(query) == 0, _COMMON),
                else_=functools.reduce(operator.add, (_count(one, query) for one in tables)),
            )
            for query in (_query(f"{SEARCH}{place}") for place in range(terms))
        )
    )


def found_by(
    catalog: Catalog, families: Families, family: Family, terms: int, *, rare: bool
) -> list[ColumnElement[bool]]:
    """Say in SQL that every term is in a unit's own words or in those of its parts.

    With `rare` the first is looked up, and the others are looked for in what it gives. Words that
    mean nothing by themselves ("og") are in no index: beside others they count as found.
    """
    parts = _parts(catalog, families, family)
    queries = [_query(f"{SEARCH}{place}") for place in range(terms)]
    conditions = [_has(families, family, parts, query) for query in queries]
    if rare:
        found = _looked_up(families, family, parts, queries[0])
        conditions[0] = family.table.c.system_id.in_(found)
    return [*conditions, func.numnode(_query(SEARCH)) > 0]


def _parts(catalog: Catalog, families: Families, family: Family) -> list[Relation]:
    """List the relations from a family to what its units are composed of, where it has words."""
    if WORDS not in family.table.c:
        raise Unsupported(text("Her støttes ikke $search. Bruk $filter."))
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


def _has(
    families: Families, family: Family, parts: Sequence[Relation], query: ColumnElement[Any]
) -> ColumnElement[bool]:
    """Say that a unit has a term, or one of its parts; or that the term means nothing."""
    return or_(
        _holds(family.column(WORDS), query),
        *(_part_has(families, family, part, query) for part in parts),
        func.numnode(query) == 0,
    )


def _part_has(
    families: Families, owner: Family, relation: Relation, query: ColumnElement[Any]
) -> ColumnElement[bool]:
    family = families[relation.target.name]
    rows = family.table.alias("part_of")
    source, owner_id = tied(rows, relation, rows)
    return (
        select(literal_column("1"))
        .select_from(source)
        .where(
            same_kommune(rows),
            _holds(family.column(WORDS, rows), query),
            owner_id == owner.table.c.system_id,
        )
        .exists()
    )


def _looked_up(
    families: Families, family: Family, parts: Sequence[Relation], query: ColumnElement[Any]
) -> CompoundSelect[Any]:
    """Find the units with a term by the index, and those of parts with it."""
    rows = family.table.alias("own")
    own = select(rows.c.system_id).where(same_kommune(rows), *_indexed(family, rows, query))
    return union_all(own, *(_owners(families, part, query) for part in parts))


def _owners(families: Families, relation: Relation, query: ColumnElement[Any]) -> Select[Any]:
    family = families[relation.target.name]
    rows = family.table.alias("part_of")
    source, owner_id = tied(rows, relation, rows)
    return (
        select(owner_id)
        .select_from(source)
        .where(same_kommune(rows), *_indexed(family, rows, query), owner_id.is_not(None))
    )


def _indexed(
    family: Family, rows: FromClause, query: ColumnElement[Any]
) -> Iterator[ColumnElement[bool]]:
    """Say that rows are among those the index finds; what is screened is no word of theirs."""
    yield rows.c.system_id.in_(select(_find(family, query, _ALL)))
    words = family.column(WORDS, rows)
    if words is not rows.c[WORDS]:
        yield words.is_not(None)


def _count(family: Family, query: ColumnElement[Any]) -> ColumnElement[int]:
    return select(func.count(_find(family, query, _COMMON))).scalar_subquery()


def _find(family: Family, query: ColumnElement[Any], most: ColumnElement[Any]) -> Any:
    """Look words up by a function that may use the index; row security lets nobody else use it."""
    table: ColumnElement[Any] = literal_column(f"'{family.table.name}'")
    found = func.sakark_find_words(table, query, most, type_=Uuid())
    return found.column_valued("found")


def _holds(words: ColumnElement[Any], query: ColumnElement[Any]) -> ColumnElement[bool]:
    return words.bool_op("@@")(query)


def _query(name: str) -> ColumnElement[Any]:
    """Give what is searched for, read once and not for each row."""
    norwegian: ColumnElement[Any] = literal_column("'norwegian'::regconfig")
    read = func.websearch_to_tsquery(norwegian, bindparam(name, type_=Text()))
    return select(read).scalar_subquery()
