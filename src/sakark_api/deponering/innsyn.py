"""How much of a journal's entry is told: all of it, or what everybody may see (6.4.29–6.4.31).

What is screened, graded or blocked is asterisks in what everybody may see, or left out.
"""

from functools import cache
from typing import Any, Protocol

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Text,
    case,
    false,
    func,
    not_,
    or_,
    select,
    true,
)

from sakark_api.deponering.element import markup, rows_of
from sakark_api.deponering.sekvens import name_of_correspondent
from sakark_api.noark.arkivstruktur.korrespondansepart import korrespondansepart
from sakark_api.noark.catalog import CATALOG
from sakark_api.noark.resource import Resource
from sakark_api.noark.rules.skjerming import MASK
from sakark_api.noark.tilgangsstyring.sperring import sperring
from sakark_api.rest.screening import Screen
from sakark_api.rest.tenant import same_kommune

__all__ = ["ASTERISKS", "Alt", "Innsyn", "Offentlig"]

ASTERISKS: ColumnElement[str] = markup(MASK)


class Innsyn(Protocol):
    """What somebody is told of one entry, its case, its klasse and its correspondents."""

    def text(self, resource: Resource[Any], name: str, rows: FromClause) -> ColumnElement[Any]:
        """Give a text of a klasse, a case or the entry; asterisks for what is not told."""

    def name(self, rows: FromClause) -> ColumnElement[Any]:
        """Give the name of a correspondent of the entry; asterisks for what is not told."""

    def tells(self, resource: Resource[Any], rows: FromClause) -> ColumnElement[bool]:
        """Say that what cannot hold asterisks is told as well, such as a klasse, and days."""


class Alt:
    """All of an entry."""

    def __init__(self, entry: FromClause) -> None:
        del entry  # each is told as it is, whatever the entry says

    def text(self, _resource: Resource[Any], name: str, rows: FromClause) -> ColumnElement[Any]:
        found: ColumnElement[Any] = rows.c[name]
        return found

    def name(self, rows: FromClause) -> ColumnElement[Any]:
        return name_of_correspondent(rows)

    def tells(self, _resource: Resource[Any], _rows: FromClause) -> ColumnElement[bool]:
        return true()


class Offentlig:
    """What everybody may see: as it is shown to those who are cleared for nothing."""

    def __init__(self, entry: FromClause) -> None:
        self.entry = entry

    def text(self, resource: Resource[Any], name: str, rows: FromClause) -> ColumnElement[Any]:
        """Give a text, and of a title what is public: what was made for it, or is left of it.

        What was made to be public says too much of what is hidden: that was decided later.
        """
        shown = _screen(resource).shown(name, rows)
        public = resource.root.public.get(name)
        if public is not None:
            shown = func.coalesce(rows.c[public], shown)
        return case((_is_hidden(rows), ASTERISKS), else_=shown)

    def name(self, rows: FromClause) -> ColumnElement[Any]:
        shown = func.coalesce(
            _screen(korrespondansepart).shown("navn", rows),
            rows.c.saksbehandler,
            rows.c.administrativ_enhet,
            type_=Text(),
        )
        return case((_is_hidden(self.entry), ASTERISKS), else_=shown)

    def tells(self, _resource: Resource[Any], _rows: FromClause) -> ColumnElement[bool]:
        return not_(_is_hidden(self.entry))


def _is_hidden(rows: FromClause) -> ColumnElement[bool]:
    """Say that a unit is graded, or blocked itself or by what it is in."""
    blocked = or_(
        rows.c.system_id.in_(_blocked("registrering_ref")),
        rows.c.omfang.bool_op("&&")(func.array(_blocked("mappe_ref").scalar_subquery())),
    )
    return or_(rows.c.gradert.is_not(None), func.coalesce(blocked, false()))


def _blocked(column: str) -> Select[Any]:
    """Select what is blocked now: the database finds it once, and not for each entry."""
    block = rows_of(sperring)
    return select(block.c[column]).where(
        same_kommune(block),
        block.c[column].is_not(None),
        func.coalesce(block.c.gyldig_fra <= func.now(), True),
        func.coalesce(block.c.gyldig_til > func.now(), True),
    )


@cache
def _screen(resource: Resource[Any]) -> Screen:
    kinds = CATALOG.family(resource)
    return Screen(resource, {one.name: one for kind in kinds for one in kind.attributes})
