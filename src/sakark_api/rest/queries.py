"""Reading units: each statement is built once, and rows become bytes without objects between."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from types import NoneType
from typing import Any, get_args, get_origin
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    SmallInteger,
    and_,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSON, JSONB
from sqlalchemy.sql.functions import Function
from sqlalchemy.types import BigInteger, DateTime, Numeric, Text, Uuid

from sakark_api.db.reader import Statement
from sakark_api.errors import Invalid
from sakark_api.noark.attribute import BoundAttribute
from sakark_api.noark.model import has_kinds, table_of
from sakark_api.noark.resource import ChildColumn, JoinTable, Parent, Resource
from sakark_api.noark.structure import Catalog, Relation
from sakark_api.noark.values import Value
from sakark_api.rest.links import FILED, LOCKED, Condition, condition_of, state_conditions
from sakark_api.rest.odata import (
    Compiled,
    Field,
    FieldKind,
    Filter,
    Node,
    Order,
    compile_filter,
    ordering,
)
from sakark_api.rest.schema import UnitWriter
from sakark_api.texts import text

__all__ = ["COUNT", "OFFSETS", "STATE", "TYPE", "VERSION", "Page", "Queries"]

# Where the parts of a row that are not attributes stand; the attributes follow.
TYPE, VERSION, STATE, OFFSETS, COUNT = range(5)
_ATTRIBUTES = 5

TENANT, ID, TOP, SKIP, SEARCH = "tenant", "id", "top", "skip", "search"


@dataclass(frozen=True)
class Page:
    """A list that was asked for: what to filter by, in which order, and how it is found."""

    resource: Resource[Any]
    relation: Relation | None = None
    owner: Resource[Any] | None = None
    tree: Node | None = None
    orders: tuple[Order, ...] = ()
    searched: bool = False


class Family:
    """The rows of one table: its columns on the wire and the state its links depend on."""

    def __init__(self, catalog: Catalog, root: Resource[Any]) -> None:
        self.table = table_of(root.model)
        self.root = root
        self._catalog = catalog
        attributes: dict[str, BoundAttribute] = {}
        for resource in catalog.family(root):
            attributes |= {one.name: one for one in resource.attributes}
        self.attributes = attributes
        places = {name: _ATTRIBUTES + place for place, name in enumerate(attributes)}
        self.writers: Mapping[str, UnitWriter] = {
            resource.name: UnitWriter(resource, places) for resource in catalog.family(root)
        }

    def select(self, count: ColumnElement[int] | None = None) -> Select[Any]:
        """Select whole rows, in the order that `UnitWriter` and the constants above expect."""
        table = self.table
        type_ = table.c.type if has_kinds(table) else literal_column(f"'{self.root.name}'")
        return select(
            type_,
            table.c.version,
            self._state(),
            table.c.tidssoner,
            literal_column("0") if count is None else count,
            *(_on_the_wire(table.c[name]) for name in self.attributes),
            *([table.c.lagringsnoekkel] if self.root.file else []),
        )

    def _state(self) -> ColumnElement[int]:
        bits = [
            cast(self._holds(condition), Integer) * literal_column(str(1 << place), Integer())
            for place, condition in enumerate(state_conditions(self._catalog, self.root))
        ]
        total: ColumnElement[int] = literal_column("0")
        for bit in bits:
            total = total + bit
        return total

    def _holds(self, condition: Condition) -> ColumnElement[bool]:
        """Say in SQL whether a condition of the state holds for a row."""
        if condition == LOCKED:
            return self.table.c[self.root.locked_by or ""].is_not(None)
        if condition == FILED:
            return self.table.c.lagringsnoekkel.is_not(None)
        if condition[0] == "fits":
            return self._fits(self._catalog.by_name[condition[1]])
        relation = next(
            relation
            for resource in self._catalog.family(self.root)
            for relation in self._catalog.relations(resource)
            if condition_of(relation) == condition
        )
        assert not isinstance(relation.via, JoinTable)  # noqa: S101  those are always shown
        if condition[0] == "below":
            child = self.table.alias("under")
            return (
                select(1)
                .where(
                    child.c.tenant_id == self.table.c.tenant_id,
                    child.c[relation.via.column] == self.table.c.system_id,
                )
                .exists()
            )
        if isinstance(relation.via, ChildColumn) and relation.via.kind is not None:
            return self._is_about(relation, relation.via.kind)
        return self.table.c[relation.via.column].is_not(None)

    def _is_about(self, relation: Relation, kind: str) -> ColumnElement[bool]:
        """Say in SQL that a row names a unit of the relation's target that is there still."""
        there = table_of(relation.target.model).alias("about")
        names = [one.name for one in self._catalog.kinds_of(relation.target)]
        return and_(
            self.table.c[kind].in_([literal_column(f"'{name}'") for name in names]),
            select(1)
            .where(
                there.c.tenant_id == self.table.c.tenant_id,
                there.c.system_id == self.table.c[relation.via.column],  # type: ignore[union-attr]  # no join table has a kind
            )
            .exists(),
        )

    def _fits(self, special: Resource[Any]) -> ColumnElement[bool]:
        """Say in SQL that an open unit may become one of a more special kind where it is."""
        base = special.extends
        assert base is not None  # noqa: S101  extensions extend something
        closed = self.table.c[base.root.locked_by] if base.root.locked_by else None
        places = [
            self._is_under(place)
            for place in special.places
            if place.ny is not None and isinstance(place.via, ChildColumn)
        ]
        return and_(
            self.table.c.type == literal_column(f"'{base.name}'"),
            *([] if closed is None else [closed.is_(None)]),
            or_(*places),
        )

    def _is_under(self, place: Parent) -> ColumnElement[bool]:
        """Say in SQL that a unit has a parent of the kind that a place is of."""
        assert isinstance(place.via, ChildColumn)  # noqa: S101  asked by the caller
        column = self.table.c[place.via.column]
        if place.resource is None or place.resource.extends is None:
            return column.is_not(None)
        above = table_of(place.resource.model).alias("over")
        names = [one.name for one in self._catalog.kinds_of(place.resource)]
        return (
            select(1)
            .where(
                above.c.tenant_id == self.table.c.tenant_id,
                above.c.system_id == column,
                above.c.type.in_([literal_column(f"'{name}'") for name in names]),
            )
            .exists()
        )

    def kinds(self, resource: Resource[Any]) -> ColumnElement[bool] | None:
        """Say in SQL that a row is a unit of `resource`; None when every row is."""
        if resource is self.root:
            return None
        names = [one.name for one in self._catalog.kinds_of(resource)]
        if len(names) == 1:
            return self.table.c.type == literal_column(f"'{names[0]}'")
        return self.table.c.type.in_([literal_column(f"'{name}'") for name in names])

    def field(self, path: tuple[str, ...]) -> Field:
        """Find what a path of a query means; attributes of any kind in the family may be named."""
        first, *rest = path
        attribute = next((one for one in self.attributes.values() if one.wire == first), None)
        if attribute is None:
            raise _unknown(path)
        column = self.table.c[attribute.name]
        if not attribute.is_value:
            if rest:
                raise _unknown(path)
            return Field(column, FieldKind.STRINGS if attribute.many else _KINDS[attribute.python])
        if attribute.many:
            return Field(column, FieldKind.STRINGS)
        return _inside(column, attribute.python, path)


def _on_the_wire(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Let the database write times and decimals; the rest arrives ready by the reader's codecs."""
    if isinstance(column.type, DateTime | Numeric):
        return func.to_json(column, type_=JSON())
    return column


def _unknown(path: tuple[str, ...]) -> Invalid:
    return Invalid(text("Feltet {felt} finnes ikke her.", felt="/".join(path)[:100]))


_KINDS: Mapping[Any, FieldKind] = {
    str: FieldKind.STRING,
    int: FieldKind.INTEGER,
    bool: FieldKind.BOOLEAN,
    Decimal: FieldKind.DECIMAL,
    dict: FieldKind.STRINGS,
    datetime: FieldKind.DATETIME,
    UUID: FieldKind.UUID,
}


def _inside(column: ColumnElement[Any], value: type[Value], path: tuple[str, ...]) -> Field:
    """Follow a path into a value kept as JSON."""
    model: Any = value
    for step in path[1:]:
        found = next(
            (one for one in getattr(model, "model_fields", {}).values() if one.alias == step), None
        )
        if found is None:
            raise _unknown(path)
        model = _plain(found.annotation)
    if isinstance(model, type) and issubclass(model, Value):
        return Field(column, FieldKind.STRINGS)
    if model not in _KINDS:
        return Field(column, FieldKind.STRINGS)
    leaf = _step_into(column, path[1:])
    kind = _KINDS[model]
    return Field(cast(leaf, _SQL[kind]) if kind in _SQL else leaf, kind)


def _step_into(column: ColumnElement[Any], steps: Sequence[str]) -> ColumnElement[Any]:
    """Take a text out of a JSON column; the steps stand in the SQL, so that an index can serve."""
    here: Any = type_coerce(column, JSONB)
    for step in steps[:-1]:
        here = here[literal_column(f"'{step}'", Text())]
    leaf: ColumnElement[Any] = here[literal_column(f"'{steps[-1]}'", Text())].astext
    return leaf


_SQL: Mapping[FieldKind, Any] = {
    FieldKind.INTEGER: BigInteger(),
    FieldKind.DATETIME: DateTime(timezone=True),
    FieldKind.UUID: Uuid(),
}


def _plain(annotation: Any) -> Any:
    """Take the optional and the annotated off a field's type."""
    while get_origin(annotation) is not None and get_origin(annotation) is not tuple:
        inner = [one for one in get_args(annotation) if one is not NoneType]
        annotation = inner[0]
    return annotation


class Queries:
    """Every statement that reads units, compiled when it is first needed and kept."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.families = {root.name: Family(catalog, root) for root in catalog.roots}
        self._one = lru_cache(maxsize=256)(self._compile_one)
        self._single = lru_cache(maxsize=1024)(self._compile_single)
        self._page = lru_cache(maxsize=2048)(self._compile_page)
        self._count = lru_cache(maxsize=2048)(self._compile_count)
        self._filter = lru_cache(maxsize=2048)(self._compile_filter)

    def family(self, resource: Resource[Any]) -> Family:
        return self.families[resource.root.name]

    def one(self, resource: Resource[Any]) -> Statement:
        """Find one unit; values: tenant, id."""
        return self._one(resource)

    def single(self, owner: Resource[Any], relation: Relation) -> Statement:
        """Find the unit that a to-one relation leads to; values: tenant, id (of the owner)."""
        return self._single(owner, relation)

    def page(self, page: Page) -> Statement:
        """Find a page of units, each row with the count of all; values: as `count`, top, skip."""
        return self._page(page)

    def count(self, page: Page) -> Statement:
        """Count the units of a list; values: tenant, id (of the owner), search, the filter's."""
        return self._count(page)

    def parameters(self, resource: Resource[Any], filter_: Filter) -> Mapping[str, object]:
        """Give the values of a filter as its statement takes them."""
        return self._filter(resource, filter_.tree).parameters(filter_.values)

    def _compile_one(self, resource: Resource[Any]) -> Statement:
        family = self.family(resource)
        return Statement.compile(
            family.select().where(
                *_of_kind(family, resource), family.table.c.system_id == bindparam(ID, type_=Uuid())
            )
        )

    def _compile_single(self, owner: Resource[Any], relation: Relation) -> Statement:
        family = self.family(relation.target)
        return Statement.compile(
            family.select().where(
                *_of_kind(family, relation.target), self._related(owner, relation)
            )
        )

    def _compile_page(self, page: Page) -> Statement:
        family = self.family(page.resource)
        where = self._where(page)
        counted = select(func.count()).select_from(family.table).where(*where).scalar_subquery()
        return Statement.compile(
            family.select(counted)
            .where(*where)
            .order_by(*self._order(page))
            .limit(bindparam(TOP, type_=Integer()))
            .offset(bindparam(SKIP, type_=BigInteger()))
        )

    def _compile_count(self, page: Page) -> Statement:
        table = self.family(page.resource).table
        return Statement.compile(select(func.count()).select_from(table).where(*self._where(page)))

    def _compile_filter(self, resource: Resource[Any], tree: Node) -> Compiled:
        return compile_filter(tree, self.family(resource).field)

    def _where(self, page: Page) -> list[ColumnElement[bool]]:
        family = self.family(page.resource)
        where = _of_kind(family, page.resource)
        if page.relation is not None and page.owner is not None:
            where.append(self._related(page.owner, page.relation))
        if page.tree is not None:
            where.append(self._filter(page.resource, page.tree).predicate)
        if page.searched:
            where.append(family.table.c.sok.bool_op("@@")(_search_words()))
        return where

    def _order(self, page: Page) -> Sequence[ColumnElement[Any]]:
        table = self.family(page.resource).table
        asked: Sequence[ColumnElement[Any]] = ordering(
            page.orders, self.family(page.resource).field
        )
        if not asked:
            return [table.c[name] for name in page.resource.root.order_by]
        return [*asked, table.c.system_id]

    def _related(self, owner: Resource[Any], relation: Relation) -> ColumnElement[bool]:
        """Say in SQL that a unit is at the other end of a relation from the owner."""
        there = self.family(relation.target).table
        here = self.family(owner).table.alias("owner")
        via, own_id = relation.via, bindparam(ID, type_=Uuid())
        if isinstance(via, JoinTable):
            near, far = via.parent_column, via.child_column
            if relation.upward:
                near, far = far, near
            pairs = via.table
            return there.c.system_id.in_(
                select(pairs.c[far]).where(_same_kommune(pairs), pairs.c[near] == own_id)
            )
        if isinstance(via, ChildColumn) != relation.upward:
            return there.c[via.column] == own_id
        return there.c.system_id == (
            select(here.c[via.column])
            .where(_same_kommune(here), here.c.system_id == own_id)
            .scalar_subquery()
        )


def _of_kind(family: Family, resource: Resource[Any]) -> list[ColumnElement[bool]]:
    kind = family.kinds(resource)
    return [_same_kommune(family.table), *([] if kind is None else [kind])]


def _same_kommune(table: Any) -> ColumnElement[bool]:
    return table.c.tenant_id == bindparam(TENANT, type_=SmallInteger())  # type: ignore[no-any-return]  # a table or its alias


def _search_words() -> Function[Any]:
    return func.websearch_to_tsquery(
        literal_column("'norwegian'::regconfig"), bindparam(SEARCH, type_=Text())
    )
