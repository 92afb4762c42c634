"""Screening in SQL: what callers without clearance find as if it were not there (M500–M505).

A unit is screened by itself: rows hold what they take over from above, too (6.6.26). A composition
is screened by the unit that it belongs to, and so is what can't hold a screening of its own.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Select,
    and_,
    bindparam,
    case,
    cast,
    false,
    func,
    literal_column,
    not_,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.types import BigInteger, DateTime, Integer, Text

from sakark_api.noark.attribute import BoundAttribute
from sakark_api.noark.model import table_of
from sakark_api.noark.resource import (
    ChildColumn,
    JoinTable,
    Parent,
    ParentColumn,
    Resource,
    Telling,
)
from sakark_api.noark.rules.skjerming import EVERYTHING, FIRST_LINE_STAYS, MASK
from sakark_api.rest.tenant import same_kommune

__all__ = ["Screen", "is_restricted", "is_screened", "screening_mark"]

_HELD = "skjerming"
"""The column of a table whose units can be screened."""
_NEW_LINE: ColumnElement[str] = literal_column("E'\\n'", Text())

Says = Callable[[ColumnElement[Any]], ColumnElement[bool]]
"""Says something of a screening."""


class Screen:
    """What is screened in the rows of one table, and by which codes (M502)."""

    def __init__(self, root: Resource[Any], attributes: Mapping[str, BoundAttribute]) -> None:
        self._root = root
        self._attributes = attributes
        self._codes = {
            name: tuple(code for code, names in root.screened.items() if name in names)
            for names in root.screened.values()
            for name in names
        }

    def absent(self, name: str, rows: FromClause) -> ColumnElement[Any]:
        """Give a column as queries may ask about it: null where any of it is screened."""
        public = self._root.public.get(name)
        replaced = false() if public is None else rows.c[public].is_not(None)

        def first_line() -> ColumnElement[Any]:
            is_whole = and_(_has_one_line(rows.c[name]), not_(replaced))
            return case((is_whole, rows.c[name]), else_=null())

        return self._unless_screened(name, rows, null(), first_line)

    def shown(self, name: str, rows: FromClause) -> ColumnElement[Any]:
        """Give a column as it is shown: what is public of it, or a mask for what must be there."""
        public = self._root.public.get(name)
        attribute = self._attributes[name]
        instead: ColumnElement[Any] = null()
        if attribute.spec.always and attribute.python is str:
            instead = literal_column(f"'{MASK}'", Text())

        def first_line() -> ColumnElement[Any]:
            kept = _first_line(rows.c[name])
            return kept if public is None else func.coalesce(rows.c[public], kept)

        if public is not None:
            instead = func.coalesce(rows.c[public], instead)
        return self._unless_screened(name, rows, instead, first_line).label(name)

    def file(self, name: str, rows: FromClause) -> ColumnElement[Any]:
        """Give what a column says of a unit's file: null where its document is screened (M503)."""
        assert self._root.file is not None  # noqa: S101  asked of those only
        variant, kode = self._root.file.public
        held = rows.c[variant].op("->>", return_type=Text())(literal_column("'kode'"))
        is_public = held == literal_column(f"'{kode}'")
        return case((is_public, rows.c[name]), else_=self.absent(name, rows))

    def _unless_screened(
        self,
        name: str,
        rows: FromClause,
        instead: ColumnElement[Any],
        first_line: Callable[[], ColumnElement[Any]],
    ) -> ColumnElement[Any]:
        """Give a column, or what there is instead of it or of what comes after its first line."""
        column: ColumnElement[Any] = rows.c[name]
        of_words = tuple(self._root.screened) if name == "sok" else ()  # of all its attributes
        of_column = self._codes.get(name, of_words)
        if not of_column:
            return column
        lines = tuple(code for code in of_column if code in FIRST_LINE_STAYS and not of_words)
        codes = tuple(code for code in of_column if code not in lines)
        grounds = list(_grounds(self._root, rows, lambda held: _screens(held, codes)))
        if self._root.telling is not None:
            grounds.append(_is_of_the_gone(self._root, self._root.telling, rows))
        branches = [(or_(*grounds), instead)] if grounds else []
        if grounds and lines:
            some = _grounds(self._root, rows, lambda held: _screens(held, lines))
            branches.append((or_(*some), first_line()))
        return case(*branches, else_=column) if branches else column


def _is_of_the_gone(root: Resource[Any], telling: Telling, rows: FromClause) -> ColumnElement[bool]:
    """Say that a line of a log is of a unit that is gone: it may have been screened."""
    last = table_of(root.model).alias("last_told")
    return (
        select(literal_column("1"))
        .where(
            same_kommune(last),
            last.c[telling.unit] == rows.c[telling.unit],
            last.c[telling.event] == literal_column(f"'{telling.gone}'"),
        )
        .correlate(rows)
        .exists()
    )


def is_screened(root: Resource[Any], rows: FromClause) -> ColumnElement[bool]:
    """Say that a row has something that not everybody may see: screened by itself or from above.

    Who reads it is logged; of a line of the log, it is the unit that is screened, and not the line.
    """
    if root.telling is not None:
        return false()
    grounds = list(_grounds(root, rows, _holds)) if _can_be_screened(root, rows) else []
    return or_(*grounds) if grounds else false()


def is_restricted(root: Resource[Any], rows: FromClause) -> ColumnElement[bool]:
    """Say that a row is screened from the caller, who then does not write in it either."""
    grounds = list(_grounds(root, rows, _restricts)) if _can_be_screened(root, rows) else []
    return or_(*grounds) if grounds else false()


def screening_mark(root: Resource[Any], rows: FromClause) -> ColumnElement[int]:
    """Give a number that tells apart the ways in which a row can be screened; 0 when it is not.

    It changes also when the screening above does, and when one lapses: the row does not.
    """
    return _mark(root, rows) if _can_be_screened(root, rows) else literal_column("0")


def _can_be_screened(root: Resource[Any], rows: FromClause) -> bool:
    return _HELD in rows.c or bool(root.screened) or root.file is not None


def _grounds(root: Resource[Any], rows: FromClause, says: Says) -> Iterator[ColumnElement[bool]]:
    """Say it of each screening that a row can have: its own, and those of what it belongs to."""
    if _HELD in rows.c:
        yield says(rows.c[_HELD])
    for tie, owner in _owners(root, rows):
        grounds = list(_grounds(owner.root, owner.rows, says))
        if grounds:
            yield _tied(rows, tie, owner.rows, literal_column("1")).where(or_(*grounds)).exists()


def _mark(root: Resource[Any], rows: FromClause) -> ColumnElement[int]:
    total: ColumnElement[int] = literal_column("0")
    if _HELD in rows.c:
        hashed = func.hashtext(cast(rows.c[_HELD], Text()), type_=Integer())
        positive = hashed.op("&")(literal_column("1073741823")) + literal_column("1")
        total = total + case((_holds(rows.c[_HELD]), positive), else_=literal_column("0"))
    for tie, owner in _owners(root, rows):
        above = _tied(rows, tie, owner.rows, func.sum(_mark(owner.root, owner.rows)))
        found = func.coalesce(above.scalar_subquery(), literal_column("0"))
        total = total + cast(found, BigInteger())
    return total


class _Owner(NamedTuple):
    """What a row may belong to."""

    root: Resource[Any]
    rows: FromClause


def _owners(root: Resource[Any], rows: FromClause) -> Iterator[tuple[Parent, _Owner]]:
    """List what screens a row: the whole that it is part of, or all it is in if it can't itself."""
    for tie in root.parents:
        if tie.resource is None or isinstance(tie.via, ParentColumn):
            continue
        if tie.owned or _HELD not in rows.c:
            owner = table_of(tie.resource.model).alias(f"screened_{tie.resource.name}")
            yield tie, _Owner(tie.resource.root, owner)


def _tied(
    rows: FromClause, tie: Parent, owner: FromClause, wanted: ColumnElement[Any]
) -> Select[Any]:
    """Select something of the units that a row is tied to."""
    found = select(wanted).where(same_kommune(owner))
    if isinstance(tie.via, ChildColumn):
        return found.where(owner.c.system_id == rows.c[tie.via.column])
    assert isinstance(tie.via, JoinTable)  # noqa: S101  `_owners` gives no others
    pairs = tie.via.table.alias(f"tied_{tie.via.table.name}")
    return found.where(
        same_kommune(pairs),
        pairs.c[tie.via.child_column] == rows.c.system_id,
        pairs.c[tie.via.parent_column] == owner.c.system_id,
    )


def _has_one_line(column: ColumnElement[Any]) -> ColumnElement[bool]:
    return func.strpos(column, _NEW_LINE) == literal_column("0")


def _first_line(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Give a text's first line, and a mask for the rest if there is any."""
    first = func.split_part(column, _NEW_LINE, literal_column("1"), type_=Text())
    masked = first.concat(literal_column(f"E'\\n{MASK}'", Text()))
    return case((_has_one_line(column), column), else_=masked)


def _screens(held: ColumnElement[Any], codes: Sequence[str]) -> ColumnElement[bool]:
    """Say that a screening has one of the codes, and has not lapsed (M502, M503, M505)."""
    any_of = " || ".join(
        f'@.{place}.kode == "{code}"'
        for code in dict.fromkeys((*codes, EVERYTHING))
        for place in ("skjermingMetadata[*]", "skjermingDokument")
    )
    path: ColumnElement[Any] = literal_column(f"'$ ? ({any_of})'::jsonpath")
    hides = func.coalesce(func.jsonb_path_exists(held, path), False)
    return and_(hides, _lasts(held), _is_uncleared(held))


def _is_uncleared(held: ColumnElement[Any]) -> ColumnElement[bool]:
    """Say that the caller is not cleared for the restriction that a screening names (M500)."""
    uncleared: ColumnElement[Any] = bindparam("reach_uncleared", type_=ARRAY(Text()))
    kode = held.op("#>>", return_type=Text())(literal_column("'{tilgangsrestriksjon,kode}'"))
    return func.coalesce(kode == func.any(uncleared), true())


def _restricts(held: ColumnElement[Any]) -> ColumnElement[bool]:
    return and_(_holds(held), _is_uncleared(held))


def _holds(held: ColumnElement[Any]) -> ColumnElement[bool]:
    """Say that there is a screening, and that it has not lapsed (M505)."""
    return and_(held.is_not(None), _lasts(held))


def _lasts(held: ColumnElement[Any]) -> ColumnElement[bool]:
    lapses = held.op("->>", return_type=Text())(literal_column("'skjermingOpphoererDato'"))
    return func.coalesce(cast(lapses, DateTime(timezone=True)) > func.now(), true())
