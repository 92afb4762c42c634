"""The state of a unit that its links depend on, as one number that the database computes."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Table,
    and_,
    cast,
    literal_column,
    or_,
    select,
)

from sakark_api.access.policy import Action
from sakark_api.noark.model import table_of
from sakark_api.noark.resource import ChildColumn, JoinTable, Parent, Resource
from sakark_api.noark.structure import Catalog, Relation
from sakark_api.rest.links import (
    FILED,
    LOCKED,
    MAY,
    PREVIEWED,
    Condition,
    condition_of,
    state_conditions,
)
from sakark_api.rest.reaching import Reaching
from sakark_api.rest.tenant import same_kommune
from sakark_api.tenancy.forhaandsvisning import Forhaandsvisning

__all__ = ["state_of"]


def state_of(
    catalog: Catalog,
    root: Resource[Any],
    table: Table,
    file_key: ColumnElement[Any] | None,
    reaching: Reaching,
) -> ColumnElement[int]:
    """Give the conditions that hold for a row, as bits in the order of `state_conditions`.

    `file_key` is where the files of the rows are, as the caller may know.
    """
    total: ColumnElement[int] = literal_column("0")
    for place, condition in enumerate(state_conditions(catalog, root)):
        if condition[0] == MAY and (reaching.whole or not reaching.limits(root)):
            total = total + literal_column(str(1 << place), Integer())
            continue
        holds = _State(catalog, root, table, file_key, reaching).holds(condition)
        total = total + cast(holds, Integer) * literal_column(str(1 << place), Integer())
    return total


class _State:
    """What is asked of the rows of one table."""

    def __init__(
        self,
        catalog: Catalog,
        root: Resource[Any],
        table: Table,
        file_key: ColumnElement[Any] | None,
        reaching: Reaching,
    ) -> None:
        self.catalog = catalog
        self.root = root
        self.table = table
        self.file_key = file_key
        self.reaching = reaching

    def holds(self, condition: Condition) -> ColumnElement[bool]:
        """Say in SQL whether a condition holds for a row."""
        if condition == LOCKED:
            return self.table.c[self.root.locked_by or ""].is_not(None)
        if condition in (FILED, PREVIEWED):
            assert self.file_key is not None  # noqa: S101  asked of what has files only
            filed = self.file_key.is_not(None)
            return filed if condition == FILED else and_(filed, self._is_previewed())
        if condition[0] == MAY:
            return self.reaching.may(self.root, self.table, Action(condition[1]))
        if condition[0] == "fits":
            return self._fits(self.catalog.by_name[condition[1]])
        return self._leads(condition)

    def _is_previewed(self) -> ColumnElement[bool]:
        """Say that there is a picture of a row's file."""
        previews = table_of(Forhaandsvisning).alias("previews")
        return _any(previews).where(previews.c.enhet == self.table.c.system_id).exists()

    def _leads(self, condition: Condition) -> ColumnElement[bool]:
        """Say that the relation of a condition leads somewhere."""
        relation = next(
            relation
            for resource in self.catalog.family(self.root)
            for relation in self.catalog.relations(resource)
            if condition_of(relation) == condition
        )
        via = relation.via
        assert not isinstance(via, JoinTable)  # noqa: S101  those are always shown
        if condition[0] == "below":
            child = self.table.alias("under")
            seen = self.reaching.seen(self.root, child)
            below = _any(child).where(child.c[via.column] == self.table.c.system_id, *seen)
            return below.exists()
        if isinstance(via, ChildColumn) and via.kind is not None:
            return self._is_about(relation, via.column, via.kind)
        return self.table.c[via.column].is_not(None)

    def _is_about(self, relation: Relation, column: str, kind: str) -> ColumnElement[bool]:
        """Say that a row names a unit of the relation's target that is there still."""
        there = table_of(relation.target.model).alias("about")
        is_there = _any(there).where(there.c.system_id == self.table.c[column]).exists()
        return and_(self.table.c[kind].in_(self._names(relation.target)), is_there)

    def _fits(self, special: Resource[Any]) -> ColumnElement[bool]:
        """Say that an open unit may become one of a more special kind where it is."""
        base = special.extends
        assert base is not None  # noqa: S101  extensions extend something
        locked = self.table.c[base.root.locked_by] if base.root.locked_by else None
        return and_(
            self.table.c.type == literal_column(f"'{base.name}'"),
            *([] if locked is None else [locked.is_(None)]),
            or_(
                *(
                    self._is_under(place, place.via.column)
                    for place in special.places
                    if place.ny is not None and isinstance(place.via, ChildColumn)
                )
            ),
        )

    def _is_under(self, place: Parent, column: str) -> ColumnElement[bool]:
        """Say that a row has a parent of the kind that a place is of."""
        held = self.table.c[column]
        if place.resource is None or place.resource.extends is None:
            return held.is_not(None)
        above = table_of(place.resource.model).alias("place")
        kinds = self._names(place.resource)
        return _any(above).where(above.c.system_id == held, above.c.type.in_(kinds)).exists()

    def _names(self, resource: Resource[Any]) -> list[ColumnElement[str]]:
        return [literal_column(f"'{one.name}'") for one in self.catalog.kinds_of(resource)]


def _any(table: FromClause) -> Select[Any]:
    return select(literal_column("1")).select_from(table).where(same_kommune(table))
