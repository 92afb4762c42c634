"""The functions of a query in PostgreSQL's words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import func

from sakark_api.rest.odata.field import ZONE, FieldKind, Sql
from sakark_api.rest.odata.tree import Function

LONGEST = 1_000_000_000  # no text has more characters, and twice as much is still an int4
LONGEST_PART = 1_000
"""How much may be looked for in a text when it comes from the row itself, in characters.

To look takes as long as both lengths multiplied, and PostgreSQL can't be stopped meanwhile.
"""


@dataclass(frozen=True)
class Signature:
    takes: tuple[FieldKind, ...]
    gives: FieldKind
    build: Callable[..., Sql]


def _sought(part: Sql) -> Sql:
    """Give what is looked for; null for what is too long and was not written in the query."""
    if isinstance(part, sa.BindParameter):
        return part
    return sa.case((func.char_length(part) <= sa.literal_column(str(LONGEST_PART)), part))


def _escaped(words: Sql) -> Sql:
    """Take the meaning from the wildcards of LIKE, which a trigram index serves."""
    return func.regexp_replace(_sought(words), r"([\\%_])", r"\\\1", "g", type_=sa.String)


def _contains(whole: Sql, part: Sql) -> Sql:
    return whole.contains(_escaped(part))


def _startswith(whole: Sql, part: Sql) -> Sql:
    return whole.startswith(_escaped(part))


def _endswith(whole: Sql, part: Sql) -> Sql:
    return whole.endswith(_escaped(part))


def _indexof(whole: Sql, part: Sql) -> Sql:
    return func.strpos(whole, _sought(part)) - 1


def _substring(whole: Sql, start: Sql, *length: Sql) -> Sql:
    return func.substr(whole, _count(start) + 1, *map(_count, length), type_=sa.String)


def _count(number: Sql) -> Sql:
    """Give a count of characters that PostgreSQL takes; null counts as zero."""
    return sa.cast(func.least(func.greatest(number, 0), LONGEST), sa.Integer)


def _concat(first: Sql, second: Sql) -> Sql:
    return first.concat(second)


def _local(moment: Sql) -> Sql:
    return func.timezone(ZONE.key, moment)


def _date(moment: Sql) -> Sql:
    return sa.cast(_local(moment), sa.Date)


def _part(name: str) -> Signature:
    return Signature(
        (FieldKind.DATETIME,),
        FieldKind.INTEGER,
        lambda moment: func.floor(sa.extract(name, _local(moment))),
    )


_TEXT = (FieldKind.STRING,)
_TEXTS = (FieldKind.STRING, FieldKind.STRING)
_SLICE = (FieldKind.STRING, FieldKind.INTEGER, FieldKind.INTEGER)

SIGNATURES: Mapping[Function, Signature] = {
    Function.CONTAINS: Signature(_TEXTS, FieldKind.BOOLEAN, _contains),
    Function.STARTSWITH: Signature(_TEXTS, FieldKind.BOOLEAN, _startswith),
    Function.ENDSWITH: Signature(_TEXTS, FieldKind.BOOLEAN, _endswith),
    Function.SUBSTRING: Signature(_SLICE, FieldKind.STRING, _substring),
    Function.TOLOWER: Signature(_TEXT, FieldKind.STRING, func.lower),
    Function.TOUPPER: Signature(_TEXT, FieldKind.STRING, func.upper),
    Function.TRIM: Signature(_TEXT, FieldKind.STRING, func.trim),
    Function.LENGTH: Signature(_TEXT, FieldKind.INTEGER, func.char_length),
    Function.CONCAT: Signature(_TEXTS, FieldKind.STRING, _concat),
    Function.INDEXOF: Signature(_TEXTS, FieldKind.INTEGER, _indexof),
    Function.YEAR: _part("year"),
    Function.MONTH: _part("month"),
    Function.DAY: _part("day"),
    Function.HOUR: _part("hour"),
    Function.MINUTE: _part("minute"),
    Function.SECOND: _part("second"),
    Function.DATE: Signature((FieldKind.DATETIME,), FieldKind.DATE, _date),
}
