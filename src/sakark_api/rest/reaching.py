"""How far a caller reaches, in SQL: rows beyond it are as if they were not there (GUIDE 16).

Units of a category hold what access to them depends on (`omfang`, `naer`, `gradert`). What is part
of them is reached through them. The values to compare with come from `access/reach.py`.
"""

from collections.abc import Container, Iterator, Mapping
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Select,
    SmallInteger,
    Table,
    and_,
    bindparam,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.types import Uuid

from sakark_api.access.policy import Action
from sakark_api.access.reach import Level
from sakark_api.noark.model import table_of
from sakark_api.noark.resource import ChildColumn, JoinTable, Parent, Resource
from sakark_api.noark.structure import Catalog
from sakark_api.rest.tenant import same_kommune

__all__ = ["Reaching"]


class Reaching:
    """What of the kommune's units a caller reaches: all that clearance allows, or what rights give.

    `whole` is for callers whose rights leave nothing out: for them only gradings are asked about.
    """

    def __init__(self, catalog: Catalog, *, whole: bool) -> None:
        self._catalog = catalog
        self.whole = whole
        self._owners = _owners_by_family(catalog)
        self._near = {root.name: tuple(_near_parts(catalog, root)) for root in catalog.roots}

    def limits(self, root: Resource[Any]) -> bool:
        """Tell whether rights decide about units of this family."""
        return root.name in self._owners

    def seen(self, root: Resource[Any], rows: FromClause) -> list[ColumnElement[bool]]:
        """Say in SQL that the caller sees a row; nothing where there is nothing to say."""
        return self._reached(root, rows, Action.READ)

    def may(self, root: Resource[Any], rows: FromClause, action: Action) -> ColumnElement[bool]:
        """Say in SQL that the rights let the caller do `action` with a row that is seen."""
        if self.whole:
            return true()
        return and_(true(), *self._reached(root, rows, action))

    def is_all(self, category: str) -> ColumnElement[bool]:
        """Say in SQL that the caller reads all of a category but what is barred or graded."""
        if self.whole:
            return true()
        level = bindparam(f"reach_{Action.READ}_{category}", type_=SmallInteger())
        return level == int(Level.ALL)

    def meets(self, ids: ColumnElement[Any]) -> ColumnElement[bool]:
        """Say in SQL that the caller may reach a document that is tied to `ids`.

        All that are reached by less than a right to all are among those, and no others matter.
        """
        return _meets(ids, _ids("reach_by"))

    def _reached(
        self, root: Resource[Any], rows: FromClause, action: Action
    ) -> list[ColumnElement[bool]]:
        if "omfang" in rows.c:
            return [self._covered(root.category or "", root.name, rows, action)]
        found: list[ColumnElement[bool]] = []
        if "gradert" in rows.c:
            found.append(_cleared(rows))
        some: list[ColumnElement[bool]] = []
        none_beyond: list[ColumnElement[bool]] = []
        for place, tie in enumerate(self._owners.get(root.name, ())):
            assert tie.resource is not None  # noqa: S101  `_leading_to` gives no others
            owner = _alias(table_of(tie.resource.model), f"above_{tie.resource.name}_{place}")
            reached = self._owner_reached(root, rows, tie.resource.root, owner, action)
            if isinstance(tie.via, JoinTable):
                paired = _paired(rows, tie.via, owner)
                some.append(paired.where(reached).exists())
                none_beyond.append(not_(paired.where(not_(reached)).exists()))
            else:
                found.append(self._not_beyond(rows, tie, owner, reached))
        if some and self.whole:
            # There is little beyond: PostgreSQL looks it all up at once, where many rows are asked.
            found.append(or_(and_(*none_beyond), *some))
        elif some:
            found.append(or_(*some))
        return found

    def _owner_reached(
        self,
        root: Resource[Any],
        rows: FromClause,
        above: Resource[Any],
        owner: FromClause,
        action: Action,
    ) -> ColumnElement[bool]:
        """Say that what a row belongs to is reached, so far as the row is asked about."""
        if root.category is None or "omfang" not in owner.c:
            return and_(true(), *self._reached(above, owner, action))
        named = rows.c.system_id == func.any(_ids(f"reach_{action}_named"))
        return self._covered(root.category, above.name, owner, action, named)

    def _not_beyond(
        self, rows: FromClause, tie: Parent, owner: FromClause, reached: ColumnElement[bool]
    ) -> ColumnElement[bool]:
        """Say that the owner in a row's column is not one that is out of reach; it may have none.

        What is not reached is asked for: there is little of it, and PostgreSQL may look it all up
        at once where many rows are asked about.
        """
        assert tie.resource is not None  # noqa: S101  asked by the caller
        assert isinstance(tie.via, ChildColumn)  # noqa: S101  asked by the caller
        held: Select[Any] = (
            select(literal_column("1"))
            .select_from(owner)
            .where(same_kommune(owner), owner.c.system_id == rows.c[tie.via.column])
            .correlate(rows)
        )
        beyond, within = held.where(self._beyond(reached)), held.where(reached)
        if tie.via.kind is None:
            return not_(beyond.exists())
        kinds: list[ColumnElement[str]] = [
            literal_column(f"'{one.name}'") for one in self._catalog.kinds_of(tie.resource)
        ]
        # Of what there is no more nobody knows where it was: those see it who see everything.
        there = not_(beyond.exists()) if self.whole else within.exists()
        return or_(rows.c[tie.via.kind].not_in(kinds), there)

    def _beyond(self, reached: ColumnElement[bool]) -> ColumnElement[bool]:
        """Say that something is not reached, also where it is not known where it is."""
        return not_(reached) if self.whole else reached.is_not(true())

    def _covered(
        self,
        category: str,
        family: str,
        rows: FromClause,
        action: Action,
        named: ColumnElement[bool] | None = None,
    ) -> ColumnElement[bool]:
        """Say that a row that knows where it is is reached, as a unit of `category`."""
        cleared = _cleared(rows)
        if self.whole:
            return cleared
        level = bindparam(f"reach_{action}_{category}", type_=SmallInteger())
        return and_(
            cleared,
            not_(_meets(rows.c.omfang, _ids("reach_barred"))),
            or_(
                level == int(Level.ALL),
                _meets(rows.c.omfang, _ids(f"reach_{action}_named")),
                false() if named is None else named,
                and_(
                    or_(
                        level == int(Level.NEAR),
                        _meets(rows.c.omfang, _ids(f"reach_{action}_near")),
                    ),
                    self._is_near(family, rows),
                ),
            ),
        )

    def _is_near(self, family: str, rows: FromClause) -> ColumnElement[bool]:
        mine = _ids("reach_mine")
        found = [_meets(rows.c.naer, mine)]
        for part, column, names in self._near[family]:
            table = _alias(part, f"near_{part.name}")
            found.append(
                select(literal_column("1"))
                .select_from(table)
                .where(
                    same_kommune(table),
                    table.c[column] == rows.c.system_id,
                    or_(*(table.c[name] == func.any(mine) for name in names)),
                )
                .correlate(rows)
                .exists()
            )
        return or_(*found)


def _owners_by_family(catalog: Catalog) -> Mapping[str, tuple[Parent, ...]]:
    """List the ties by which units of each family are part of units that rights decide about.

    Families with a category and facts of their own are part of nothing; those that are not here,
    rights do not decide about.
    """
    found: dict[str, tuple[Parent, ...]] = {
        root.name: ()
        for root in catalog.roots
        if root.category is not None and "omfang" in table_of(root.model).c
    }
    waiting = [root for root in catalog.roots if root.name not in found]
    while True:
        reached = {
            root.name: ties
            for root in waiting
            if (ties := tuple(_leading_to(catalog, root, found)))
        }
        if all(found.get(name) == ties for name, ties in reached.items()):
            return found
        found |= reached


def _leading_to(catalog: Catalog, root: Resource[Any], known: Container[str]) -> Iterator[Parent]:
    for tie in _ties_of(catalog, root):
        if tie.resource is None or not isinstance(tie.via, ChildColumn | JoinTable):
            continue
        above = tie.resource.root
        if above is not root and above.name in known:
            yield tie


def _ties_of(catalog: Catalog, root: Resource[Any]) -> Iterator[Parent]:
    for resource in catalog.family(root):
        yield from resource.ties


def _near_parts(
    catalog: Catalog, root: Resource[Any]
) -> Iterator[tuple[Table, str, tuple[str, ...]]]:
    """List the parts of a family's units that name who is responsible, and their columns."""
    for part in catalog.resources:
        for tie in part.all_ties if part.near else ():
            if tie.resource is not None and tie.resource.root is root and tie.owned:
                assert isinstance(tie.via, ChildColumn)  # noqa: S101  parts have one owner
                yield table_of(part.model), tie.via.column, tuple(part.near)


@cache
def _alias(table: Table, name: str) -> FromClause:
    """Give a table another name; the same one again, for to make one copies all its columns."""
    return table.alias(name)


def _paired(rows: FromClause, via: JoinTable, owner: FromClause) -> Select[Any]:
    """Select the owners that a row is paired with."""
    pairs = _alias(via.table, f"pairs_{via.table.name}")
    return (
        select(literal_column("1"))
        .select_from(pairs, owner)
        .where(
            same_kommune(pairs),
            same_kommune(owner),
            pairs.c[via.child_column] == rows.c.system_id,
            pairs.c[via.parent_column] == owner.c.system_id,
        )
        .correlate(rows)
    )


def _cleared(rows: FromClause) -> ColumnElement[bool]:
    """Say that a row is graded no higher than the caller is cleared for."""
    clearance = bindparam("reach_clearance", type_=SmallInteger())
    return or_(rows.c.gradert.is_(None), rows.c.gradert <= clearance)


def _ids(name: str) -> ColumnElement[Any]:
    return bindparam(name, type_=ARRAY(Uuid()))


def _meets(one: ColumnElement[Any], other: ColumnElement[Any]) -> ColumnElement[bool]:
    """Say that two lists have something in common."""
    return one.bool_op("&&")(other)
