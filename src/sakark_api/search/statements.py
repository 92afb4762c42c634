"""The statements of a search: what is found, ranked, counted by facets, and shown in passages.

All of it is taken from the rows that are kept (`sources`), so that nothing of what the caller does
not see is in any of it, and a search for a common word costs no more than that many rows.
"""

from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    Integer,
    Text,
    and_,
    bindparam,
    case,
    cast,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import TSQUERY, aggregate_order_by, distinct_on
from sqlalchemy.types import BigInteger

from sakark_api.db.reader import Statement
from sakark_api.rest.family import same_kommune
from sakark_api.rest.queries import Queries
from sakark_api.search.sources import SAID, Source, Sources

__all__ = ["MARKS", "hits", "suggestions"]

RANKED: Final = 50
"""How many files are ranked by their words; the others come after, the newest first."""
MARKS: Final = ("\x02", "\x03")
"""What stands around the words that were found, in a passage: texts have no such characters."""
_SUGGESTED: Final = 30
"""How many of the newest units of each source suggestions are taken from."""
_READ: Final = 200_000
"""So far into a text the passage is looked for, in characters."""
_BEFORE, _PASSAGE, _LONGEST_WORD = 150, 1200, 60
_KINDS_OF_CALLERS: Final = 8
"""Those with and without clearance, and with and without limits to what they reach; and tests."""
_SHOWN: Final = (
    f"StartSel={MARKS[0]}, StopSel={MARKS[1]}, MaxFragments=2, MaxWords=25, MinWords=10,"
    ' FragmentDelimiter=" … "'
)
_NORWEGIAN: ColumnElement[Any] = literal_column("'norwegian'::regconfig")
_SIMPLE: ColumnElement[Any] = literal_column("'simple'::regconfig")
_FACETS: Final = {"type": "type", "enhet": "enhet", "aar": "aar", "status": "statusnavn"}
"""The columns that hits are counted by, each with the one that names its values."""


@lru_cache(maxsize=_KINDS_OF_CALLERS)
def hits(queries: Queries) -> Statement:
    """Find a page of hits, and count all by their facets: antall, har_flere, fasetter and treff.

    Values: those of the caller, and of `Asked`.
    """
    asked = _asked()
    sources = Sources(queries, select(asked.c.words).scalar_subquery())
    own, files = sources.own_words(), sources.files()
    found = _once_each([*(one.kept for one in own), _ranked(files, asked)])
    page = (
        select(found)
        .order_by(*_best_first(found))
        .limit(bindparam("top", type_=Integer()))
        .offset(bindparam("skip", type_=BigInteger()))
        .cte("page")
    )
    statement = select(
        select(func.count()).select_from(found).scalar_subquery().label("antall"),
        or_(*(one.has_more for one in (*own, files))).label("har_flere"),
        _object({name: _counted(found, name) for name in _FACETS}).label("fasetter"),
        _shown(page, asked).label("treff"),
    )
    return Statement.compile(statement, looks_up=True)


@lru_cache(maxsize=_KINDS_OF_CALLERS)
def suggestions(queries: Queries) -> Statement:
    """Give titles with a word that begins so, and the words of files that do: tekst, er_tittel.

    What is screened is suggested to nobody. Values: those of the caller, and of `Begun`.
    """
    beginning: ColumnElement[Any] = bindparam("beginning", type_=Text())
    prefix = beginning.concat(literal_column("':*'"))
    # A beginning may be longer than the stem of its word, or be a word that is not looked for.
    begun = func.to_tsquery(_NORWEGIAN, prefix, type_=TSQUERY()).op("||")(
        func.to_tsquery(_SIMPLE, prefix)
    )
    words = func.sakark_read_words(bindparam("words", type_=Text()), type_=TSQUERY())
    asked = select(words.op("&&")(begun).label("words")).cte("asked")
    sources = Sources(queries, select(asked.c.words).scalar_subquery(), _SUGGESTED, narrow=False)
    titles = [
        select(one.kept.c.tittel.label("tekst"), true().label("er_tittel")).where(
            not_(one.kept.c.skjermet)
        )
        for one in sources.own_words()
    ]
    files = sources.files().kept
    lowered = func.lower(func.left(SAID.c.tekst, literal_column(str(_READ))))
    at = func.strpos(lowered, literal_column("' '").concat(beginning))
    word = func.substr(SAID.c.tekst, at + literal_column("1"), literal_column(str(_LONGEST_WORD)))
    said = (
        select(func.split_part(word, literal_column("' '"), literal_column("1")), false())
        .select_from(files.join(SAID, SAID.c.system_id == files.c.objekt))
        .where(same_kommune(SAID), not_(files.c.skjermet), at > literal_column("0"))
    )
    return Statement.compile(union_all(*titles, said), looks_up=True)


def _asked() -> CTE:
    """Read what is searched for, once: its words, and their stems by themselves."""
    words = func.sakark_read_words(bindparam("words", type_=Text()), type_=TSQUERY())
    read = select(words.label("words")).subquery("read")
    quoted: ColumnElement[Any] = literal_column("'''([^'']+)'''")
    each = func.regexp_matches(
        cast(read.c.words, Text()), quoted, literal_column("'g'"), type_=ARRAY(Text())
    ).column_valued("stem")
    stems = select(each[1]).scalar_subquery()
    return select(read.c.words, func.array(stems).label("stems")).cte("asked")


def _ranked(files: Source, asked: CTE) -> CTE:
    """Rank the newest files by their words, and more words against a longer text."""
    kept = files.kept
    number = func.row_number().over(order_by=kept.c.place)
    numbered = select(kept, number.label("number")).subquery("numbered")
    said = SAID.alias("ranked")
    # Null for the others: they are not looked up.
    newest = case((numbered.c.number <= literal_column(str(RANKED)), numbered.c.objekt))
    ranked = numbered.outerjoin(said, and_(same_kommune(said), said.c.system_id == newest))
    words = select(asked.c.words).scalar_subquery()
    rank = func.coalesce(func.ts_rank(said.c.sok, words, literal_column("1")), numbered.c.rang)
    columns = [one for one in numbered.c if one.name not in ("number", "rang")]
    return select(*columns, rank.label("rang")).select_from(ranked).cte("ranked_files")


def _once_each(sources: list[CTE]) -> CTE:
    """Put the hits together, each unit once: as it was found best, with its newest file found."""
    every = union_all(*(select(one) for one in sources)).cte("every")
    objekt = func.first_value(every.c.objekt).over(
        partition_by=every.c.system_id, order_by=[every.c.objekt.is_(None), every.c.place]
    )
    others = [one for one in every.c if one.name != "objekt"]
    return (
        select(*others, objekt.label("objekt"))
        .ext(distinct_on(every.c.system_id))
        .order_by(every.c.system_id, every.c.rang.desc())
        .cte("hits")
    )


def _best_first(found: CTE) -> list[ColumnElement[Any]]:
    return [found.c.rang.desc(), found.c.dato.desc(), found.c.system_id]


def _counted(found: CTE, name: str) -> ColumnElement[Any]:
    """Count the hits by a column: the values that most have first."""
    value, label = found.c[name], func.max(found.c[_FACETS[name]])
    counts = (
        select(value.label("verdi"), label.label("navn"), func.count().label("antall"))
        .where(value.is_not(None))
        .group_by(value)
        .subquery(f"by_{name}")
    )
    each = _object({one.name: one for one in counts.c})
    listed = func.jsonb_agg(aggregate_order_by(each, counts.c.antall.desc(), counts.c.verdi))
    return select(func.coalesce(listed, literal_column("'[]'::jsonb"))).scalar_subquery()


def _shown(page: CTE, asked: CTE) -> ColumnElement[Any]:
    """Write the hits of a page, those in files with a passage of the file."""
    said = SAID.alias("said")
    held = (
        select(
            page,
            said.c.tekst,
            func.lower(func.left(said.c.tekst, literal_column(str(_READ)))).label("lowered"),
        )
        .select_from(
            page.outerjoin(said, and_(same_kommune(said), said.c.system_id == page.c.objekt))
        )
        .cte("read_again")
        .prefix_with("MATERIALIZED")
    )
    names = ("type", "system_id", "objekt", "dato", "identifikator", "tittel", "skjermet")
    each = _object({**{name: held.c[name] for name in names}, "utdrag": _passage(held, asked)})
    listed = func.jsonb_agg(aggregate_order_by(each, *_best_first(held)))
    return select(func.coalesce(listed, literal_column("'[]'::jsonb"))).scalar_subquery()


def _passage(held: CTE, asked: CTE) -> ColumnElement[Any]:
    """Give the words around the first that was found in a text, with marks around those found.

    Stems are beginnings of words, so that only some hundred characters are read word by word.
    """
    stems = select(asked.c.stems).scalar_subquery()
    stem: Any = func.unnest(stems, type_=Text()).column_valued("stem")

    def first(written: ColumnElement[Any]) -> ColumnElement[Any]:
        at = func.nullif(func.strpos(held.c.lowered, written), literal_column("0"))
        return select(func.min(at)).correlate(held).scalar_subquery()

    at = func.coalesce(first(literal_column("' '").concat(stem)), first(stem), literal_column("1"))
    begin = func.greatest(at - literal_column(str(_BEFORE)), literal_column("1"))
    passage = func.substr(held.c.tekst, begin, literal_column(str(_PASSAGE)))
    words = select(asked.c.words).scalar_subquery()
    return func.ts_headline(_NORWEGIAN, passage, words, _SHOWN)


def _object(members: dict[str, ColumnElement[Any]]) -> ColumnElement[Any]:
    pairs = [
        part for name, value in members.items() for part in (literal_column(f"'{name}'"), value)
    ]
    return func.jsonb_build_object(*pairs)
