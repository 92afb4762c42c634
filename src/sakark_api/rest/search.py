"""$search: words in a unit, in what it is composed of and in its files, found by their indexes."""

import functools
import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    FromClause,
    Select,
    Table,
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
from sakark_api.noark.model import table_of
from sakark_api.noark.structure import Catalog, Relation
from sakark_api.rest.family import Family, same_kommune
from sakark_api.rest.navigation import Families, tied
from sakark_api.texts import text

__all__ = ["COMMON", "found_by", "read_words", "search_values", "tally", "terms_of"]

SEARCH, WORDS = "search", "sok"
"""The parameter that holds what is searched for, and the column of a row's stemmed words."""
MAX_TERMS = 10
COMMON = 1000
"""A term that is in so many rows is not looked up: to read the rows in turn is as quick."""
MAX_HOPS = 2
"""How far down files are looked for: those of a document, and of what the document is in."""
_COMMON: ColumnElement[Any] = literal_column(str(COMMON))
_ALL: ColumnElement[Any] = null()


Way = tuple[Sequence[Relation], Table]
"""Relations from a unit to files, and the table of the words in those."""
Says = Callable[[FromClause], ColumnElement[bool]]
"""Says something of the rows of files."""


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
    names = [one.table.name for one in tables]
    names += [words.name for _, words in _ways_to_files(families, family)]
    return select(
        *(
            case(
                (func.numnode(query) == 0, _COMMON),
                else_=functools.reduce(operator.add, (_count(one, query) for one in names)),
            )
            for query in (read_words(f"{SEARCH}{place}") for place in range(terms))
        )
    )


def found_by(
    catalog: Catalog, families: Families, family: Family, terms: int, *, rare: bool
) -> list[ColumnElement[bool]]:
    """Say in SQL that every term is in a unit's own words, in those of its parts or its files.

    With `rare` the first is looked up, and the others are looked for in what it gives. Words that
    mean nothing by themselves ("og") are in no index: beside others they count as found.
    """
    parts = _parts(catalog, families, family)
    queries = [read_words(f"{SEARCH}{place}") for place in range(terms)]
    conditions = [_has(families, family, parts, query, one_by_one=rare) for query in queries]
    if rare:
        found = _looked_up(families, family, parts, queries[0])
        conditions[0] = family.table.c.system_id.in_(found)
    return [*conditions, func.numnode(read_words(SEARCH)) > 0]


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


def _ways_to_files(families: Families, family: Family, most: int = MAX_HOPS) -> Iterator[Way]:
    """List the ways down from units to files that say something, with the tables of their words."""
    file = family.root.file
    if file is not None and file.words is not None:
        yield (), table_of(file.words)
    for relation in family.relations.values() if most else ():
        if relation.many and not relation.upward:
            target = families[relation.target.root.name]
            for way, words in _ways_to_files(families, target, most - 1):
                yield (relation, *way), words


def _has(
    families: Families,
    family: Family,
    parts: Sequence[Relation],
    query: ColumnElement[Any],
    *,
    one_by_one: bool,
) -> ColumnElement[bool]:
    """Say that a unit has a term, one of its parts or its files; or that the term means nothing.

    Of few units the files are looked at one by one, of many they are found all at once.
    """
    find = _file_has if one_by_one else _found_in_files
    return or_(
        _holds(family.column(WORDS), query),
        *(_part_has(families, family, part, query) for part in parts),
        *(find(families, family, way, query) for way in _ways_to_files(families, family)),
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


def _file_has(
    families: Families, owner: Family, way: Way, query: ColumnElement[Any]
) -> ColumnElement[bool]:
    relations, words = way

    def says(rows: FromClause) -> ColumnElement[bool]:
        said = words.alias("said")
        return (
            select(literal_column("1"))
            .where(
                same_kommune(said),
                said.c.system_id == rows.c.system_id,
                _holds(said.c[WORDS], query),
            )
            .exists()
        )

    units = _units_of_files(families, owner, relations, says)
    (owner_id,) = units.selected_columns
    return units.where(owner_id == owner.table.c.system_id).correlate(owner.table).exists()


def _found_in_files(
    families: Families, owner: Family, way: Way, query: ColumnElement[Any]
) -> ColumnElement[bool]:
    return owner.table.c.system_id.in_(_by_files(families, owner, way, query))


def _by_files(
    families: Families, owner: Family, way: Way, query: ColumnElement[Any]
) -> Select[Any]:
    """Select the units with a file that says a term, as the index of the files' words has it."""
    relations, words = way
    found = select(_find(words.name, query, _ALL))
    return _units_of_files(families, owner, relations, lambda rows: rows.c.system_id.in_(found))


def _units_of_files(
    families: Families, family: Family, relations: Sequence[Relation], says: Says
) -> Select[Any]:
    """Select the units that relations lead from to files of which something is said.

    Files that the caller does not see, or that are screened, say nothing.
    """
    if not relations:
        rows = family.table.alias("filed")
        return select(rows.c.system_id).where(same_kommune(rows), *_open(family, rows), says(rows))
    relation, *further = relations
    target = families[relation.target.root.name]
    rows = target.table.alias(f"in_{family.root.name}")
    source, owner_id = tied(rows, relation, rows)
    inside = _said_in(families, target, rows, further, says)
    return select(owner_id).select_from(source).where(same_kommune(rows), *inside)


def _said_in(
    families: Families, family: Family, rows: FromClause, further: Sequence[Relation], says: Says
) -> list[ColumnElement[bool]]:
    """Say it of rows that are files, or of the files that further relations lead to."""
    if further:
        return [rows.c.system_id.in_(_units_of_files(families, family, further, says))]
    return [*_open(family, rows), says(rows)]


def _open(family: Family, rows: FromClause) -> Iterator[ColumnElement[bool]]:
    """Say that the caller may read the file of a row."""
    key = family.file_key(rows)
    assert key is not None  # noqa: S101  a way leads to files
    yield key.is_not(None)
    yield from family.reaching.seen(family.root, rows)


def _looked_up(
    families: Families, family: Family, parts: Sequence[Relation], query: ColumnElement[Any]
) -> CompoundSelect[Any]:
    """Find the units with a term by the index, and those of parts and files with it."""
    rows = family.table.alias("own")
    own = select(rows.c.system_id).where(same_kommune(rows), *_indexed(family, rows, query))
    return union_all(
        own,
        *(_owners(families, part, query) for part in parts),
        *(_by_files(families, family, way, query) for way in _ways_to_files(families, family)),
    )


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
    yield rows.c.system_id.in_(select(_find(family.table.name, query, _ALL)))
    words = family.column(WORDS, rows)
    if words is not rows.c[WORDS]:
        yield words.is_not(None)


def _count(table: str, query: ColumnElement[Any]) -> ColumnElement[int]:
    return select(func.count(_find(table, query, _COMMON))).scalar_subquery()


def _find(table: str, query: ColumnElement[Any], most: ColumnElement[Any]) -> Any:
    """Look words up by a function that may use the index; row security lets nobody else use it."""
    found = func.sakark_find_words(literal_column(f"'{table}'"), query, most, type_=Uuid())
    return found.column_valued("found")


def _holds(words: ColumnElement[Any], query: ColumnElement[Any]) -> ColumnElement[bool]:
    return words.bool_op("@@")(query)


def read_words(name: str) -> ColumnElement[Any]:
    """Give what is searched for, read once and not for each row; in bokmål and nynorsk."""
    return select(func.sakark_read_words(bindparam(name, type_=Text()))).scalar_subquery()
