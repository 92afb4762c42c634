"""The rows of one table: their columns on the wire, and the state that their links depend on."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    func,
    literal_column,
    not_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.types import DateTime, Numeric

from sakark_api.noark.attribute import BoundAttribute
from sakark_api.noark.model import has_kinds, table_of
from sakark_api.noark.resource import Resource
from sakark_api.noark.structure import Catalog, Relation
from sakark_api.rest.reaching import Reaching
from sakark_api.rest.schema import UnitWriter
from sakark_api.rest.screening import Screen, is_restricted, is_screened, screening_mark
from sakark_api.rest.state import state_of
from sakark_api.rest.tenant import TENANT, same_kommune

__all__ = [
    "COUNT",
    "OFFSETS",
    "SCREENED",
    "STATE",
    "TENANT",
    "TYPE",
    "VERSION",
    "Family",
    "same_kommune",
]

# Where the parts of a row that are not attributes stand; the attributes follow.
TYPE, VERSION, STATE, OFFSETS, COUNT, SCREENED = range(6)
_ATTRIBUTES = 6


class Family:
    """The rows of one table: what they hold, where they lead and how they are written."""

    def __init__(
        self, catalog: Catalog, root: Resource[Any], reaching: Reaching, *, cleared: bool = True
    ) -> None:
        self.table = table_of(root.model)
        self.root = root
        self._catalog = catalog
        self.reaching = reaching
        attributes: dict[str, BoundAttribute] = {}
        for resource in catalog.family(root):
            attributes |= {one.name: one for one in resource.attributes}
        self.attributes = attributes
        self._screen = None if cleared else Screen(root, attributes)
        places = {name: _ATTRIBUTES + place for place, name in enumerate(attributes)}
        self.writers: Mapping[str, UnitWriter] = {
            resource.name: UnitWriter(resource, places) for resource in catalog.family(root)
        }

    @cached_property
    def by_wire(self) -> Mapping[str, BoundAttribute]:
        """The attributes of every kind in the family, by their names on the wire."""
        return {one.wire: one for one in self.attributes.values()}

    @cached_property
    def relations(self) -> Mapping[str, Relation]:
        """Where the units of every kind in the family lead, by role."""
        found: dict[str, Relation] = {}
        for resource in self._catalog.family(self.root):
            for relation in self._catalog.relations(resource):
                found.setdefault(relation.role, relation)
        return found

    @cached_property
    def kinds_by_name(self) -> Mapping[str, Resource[Any]]:
        return {one.name: one for one in self._catalog.family(self.root)}

    @property
    def unscreened(self) -> ColumnElement[bool]:
        """Say in SQL that nothing of a row is screened from the caller."""
        return true() if self._screen is None else not_(is_restricted(self.root, self.table))

    def column(self, name: str, rows: FromClause | None = None) -> ColumnElement[Any]:
        """Give a column as the caller may ask about it; `rows` is an alias of the table.

        Whatever is asked about, searched or ordered by is taken from here.
        """
        table = self.table if rows is None else rows
        if self._screen is not None:
            return self._screen.absent(name, table)
        found: ColumnElement[Any] = table.c[name]
        return found

    def shown(self, name: str, rows: FromClause | None = None) -> ColumnElement[Any]:
        """Give a column as it is written in answers."""
        table = self.table if rows is None else rows
        return self._screen.shown(name, table) if self._screen else self.column(name, table)

    def file_key(self, rows: FromClause | None = None) -> ColumnElement[Any] | None:
        """Give where the files of units are, as the caller may know; None where there are none."""
        if self.root.file is None:
            return None
        return self._of_file("lagringsnoekkel", self.table if rows is None else rows)

    def _of_file(self, name: str, rows: FromClause) -> ColumnElement[Any]:
        found: ColumnElement[Any] = rows.c[name]
        return self._screen.file(name, rows) if self._screen else found

    def select(
        self, count: ColumnElement[int] | None = None, *more: ColumnElement[Any]
    ) -> Select[Any]:
        """Select whole rows, in the order that `UnitWriter` and the constants above expect."""
        table = self.table
        key = self.file_key()
        type_ = table.c.type if has_kinds(table) else literal_column(f"'{self.root.name}'")
        return select(
            type_,
            table.c.version,
            state_of(self._catalog, self.root, table, key, self.reaching),
            table.c.tidssoner,
            literal_column("0") if count is None else count,
            is_screened(self.root, table)
            if self._screen is None
            else screening_mark(self.root, table),
            *(_on_the_wire(self.shown(name)) for name in self.attributes),
            *([] if key is None else [key.label("lagringsnoekkel")]),
            *([] if key is None else [self._of_file("destruert", table).label("destruert")]),
            *more,
        )

    def of_kind(
        self, resource: Resource[Any], rows: FromClause | None = None
    ) -> list[ColumnElement[bool]]:
        """Say in SQL that a row is the kommune's, a unit of `resource`, and seen by the caller.

        Whatever units are found, counted or looked into by a request is found by this.
        """
        table = self.table if rows is None else rows
        kind = self.kinds(resource, table)
        seen = self.reaching.seen(self.root, table)
        return [same_kommune(table), *([] if kind is None else [kind]), *seen]

    def kinds(self, resource: Resource[Any], rows: FromClause) -> ColumnElement[bool] | None:
        """Say in SQL that a row is a unit of `resource`; None when every row is."""
        if resource is self.root:
            return None
        names = [one.name for one in self._catalog.kinds_of(resource)]
        condition: ColumnElement[bool] = (
            rows.c.type == literal_column(f"'{names[0]}'")
            if len(names) == 1
            else rows.c.type.in_([literal_column(f"'{name}'") for name in names])
        )
        return condition

    def order(self) -> Sequence[ColumnElement[Any]]:
        """Give the order of lists when the caller asks for none."""
        return [self.column(name) for name in self.root.order_by]


def _on_the_wire(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Let the database write times and decimals; the rest arrives ready by the reader's codecs."""
    if isinstance(column.type, DateTime | Numeric):
        return func.to_json(column, type_=JSON())
    return column
