"""Screening in SQL: what callers without clearance find as if it were not there (M500–M505).

A unit is screened by itself. A composition is screened by the unit that it belongs to, and so is
what can't hold a screening of its own (6.6.26).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    and_,
    case,
    cast,
    false,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.types import DateTime, Text

from sakark_api.noark.attribute import BoundAttribute
from sakark_api.noark.model import table_of
from sakark_api.noark.resource import ChildColumn, Parent, Resource
from sakark_api.noark.rules.skjerming import EVERYTHING, MASK
from sakark_api.rest.state import same_kommune

__all__ = ["Screen", "is_screened"]

_HELD = "skjerming"
"""The column of a table whose units can be screened."""
_FILE = "lagringsnoekkel"
"""The column of a table whose units have files."""


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
        """Give a column as queries may ask about it: null where it is screened."""
        return self._unless_screened(name, rows, null())

    def shown(self, name: str, rows: FromClause) -> ColumnElement[Any]:
        """Give a column as it is shown: what is public of it, or a mask for what must be there."""
        public = self._root.public.get(name)
        attribute = self._attributes[name]
        instead: ColumnElement[Any] = null()
        if attribute.spec.always and attribute.python is str:
            instead = literal_column(f"'{MASK}'", Text())
        if public is not None:
            instead = func.coalesce(rows.c[public], instead)
        return self._unless_screened(name, rows, instead).label(name)

    def file(self, rows: FromClause) -> ColumnElement[Any]:
        """Give where a unit's file is: null where its document is screened (M503)."""
        assert self._root.file is not None  # noqa: S101  asked of those only
        name, kode = self._root.file.public
        held = rows.c[name].op("->>", return_type=Text())(literal_column("'kode'"))
        is_public = held == literal_column(f"'{kode}'")
        return case((is_public, rows.c[_FILE]), else_=self.absent(_FILE, rows))

    def _unless_screened(
        self, name: str, rows: FromClause, instead: ColumnElement[Any]
    ) -> ColumnElement[Any]:
        column: ColumnElement[Any] = rows.c[name]
        # The words of a row are those of all its attributes.
        codes = self._codes.get(name, tuple(self._root.screened) if name == "sok" else ())
        grounds = list(self._grounds(rows, codes)) if codes else []
        if not grounds:
            return column
        return case((or_(*grounds), instead), else_=column)

    def _grounds(self, rows: FromClause, codes: Sequence[str]) -> Iterator[ColumnElement[bool]]:
        if _HELD in rows.c:
            yield _screens(rows.c[_HELD], codes)
        for tie in self._root.parents:
            if _belongs(rows, tie):
                yield from _above(rows, tie, lambda held: _screens(held, codes))


def is_screened(root: Resource[Any], rows: FromClause) -> ColumnElement[bool]:
    """Say that a row has something that not everybody may see: screened by itself or from above."""
    grounds = [_holds(rows.c[_HELD])] if _HELD in rows.c else []
    for tie in root.parents:
        if _belongs(rows, tie) and (root.screened or root.file):
            grounds += _above(rows, tie, _holds)
    return or_(*grounds) if grounds else false()


def _belongs(rows: FromClause, tie: Parent) -> bool:
    """Tell whether rows are screened by what a tie leads to: the whole, or what can be screened."""
    return tie.owned or _HELD not in rows.c


def _above(
    rows: FromClause, tie: Parent, says: Callable[[ColumnElement[Any]], ColumnElement[bool]]
) -> Iterator[ColumnElement[bool]]:
    """Say it of the screening of the unit that a row belongs to, if such units can have one."""
    if tie.resource is None or not isinstance(tie.via, ChildColumn):
        return
    owner = table_of(tie.resource.model).alias(f"screened_{tie.resource.name}")
    if _HELD in owner.c:
        yield (
            select(literal_column("1"))
            .where(
                same_kommune(owner),
                owner.c.system_id == rows.c[tie.via.column],
                says(owner.c[_HELD]),
            )
            .exists()
        )


def _screens(held: ColumnElement[Any], codes: Sequence[str]) -> ColumnElement[bool]:
    """Say that a screening has one of the codes, and has not lapsed (M502, M503, M505)."""
    any_of = " || ".join(
        f'@.{place}.kode == "{code}"'
        for code in dict.fromkeys((*codes, EVERYTHING))
        for place in ("skjermingMetadata[*]", "skjermingDokument")
    )
    path: ColumnElement[Any] = literal_column(f"'$ ? ({any_of})'::jsonpath")
    return and_(func.coalesce(func.jsonb_path_exists(held, path), False), _lasts(held))


def _holds(held: ColumnElement[Any]) -> ColumnElement[bool]:
    """Say that there is a screening, and that it has not lapsed (M505)."""
    return and_(held.is_not(None), _lasts(held))


def _lasts(held: ColumnElement[Any]) -> ColumnElement[bool]:
    lapses = held.op("->>", return_type=Text())(literal_column("'skjermingOpphoererDato'"))
    return func.coalesce(cast(lapses, DateTime(timezone=True)) > func.now(), true())
