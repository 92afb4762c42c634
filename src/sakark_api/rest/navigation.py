"""From paths to SQL: along relations to other tables, narrowed by casts, into lists (GUIDE 6)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, literal_column, select

from sakark_api.errors import Invalid
from sakark_api.noark.names import to_wire
from sakark_api.noark.resource import JoinTable, Resource
from sakark_api.noark.structure import Relation
from sakark_api.rest.family import Family, same_kommune
from sakark_api.rest.fields import (
    field_in,
    inlined_field,
    members_in,
    not_many,
    not_one,
    prefixed_field,
)
from sakark_api.rest.odata import Condition, Field, FieldKind, Members, unknown_field
from sakark_api.texts import text

__all__ = ["Families", "Rows", "Trail", "tied"]

MAX_HOPS = 4
MAX_TABLES = 12

Families = Mapping[str, Family]
Steps = tuple[str, ...]

PREFIXED = "virksomhetsspesifikke_metadata"
"""The column of the fields that a kommune defines itself, by names with a colon."""


def tied(
    there: FromClause, relation: Relation, near: FromClause
) -> tuple[FromClause, ColumnElement[Any]]:
    """Give the rows that a relation leads to, each with the systemID of a unit it comes from.

    `near` is an alias of the table of those units, for where the tie is kept in it.
    """
    via = relation.via
    if isinstance(via, JoinTable):
        pairs = via.table
        here, far = via.parent_column, via.child_column
        if relation.upward:
            here, far = far, here
        met = and_(same_kommune(pairs), pairs.c[far] == there.c.system_id)
        return there.join(pairs, met), pairs.c[here]
    if not relation.many:
        met = and_(same_kommune(near), near.c[via.column] == there.c.system_id)
        return there.join(near, met), near.c.system_id
    return there, there.c[via.column]


class Trail:
    """What one statement joins to the rows it is about: counted, named and remembered."""

    def __init__(self, families: Families, prefixed: Mapping[str, FieldKind]) -> None:
        self.families = families
        self.prefixed = prefixed
        self.works: set[str] = set()
        self._named = 0

    def name(self) -> str:
        """Give a name that no other table of the statement has; refuse too many."""
        self._named += 1
        if self._named > MAX_TABLES:
            raise Invalid(
                text(
                    "Spørringen går gjennom over {most} relasjoner og lister. Del den i flere.",
                    most=MAX_TABLES,
                )
            )
        return f"r{self._named}"

    def enter(self, relation: Relation) -> tuple[Family, FromClause]:
        """Go to the rows of a relation's target: an alias of their table."""
        family = self.families[relation.target.root.name]
        self.works.add(relation.target.work)
        return family, family.table.alias(self.name())


@dataclass
class Source:
    """The FROM of one SELECT: it grows by what paths join to it."""

    clause: FromClause
    joined: dict[tuple[str, str], FromClause]


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of a family in a statement, as paths start from them."""

    trail: Trail
    family: Family
    table: FromClause
    source: Source
    only: tuple[Condition, ...] = ()
    loose: bool = False
    """Whether these are joined to others, and so may be missing."""

    def field(self, path: Steps) -> Field:
        """Find what a path means; attributes of any kind in the family may be named."""
        rows, steps = self._along(path)
        found = rows.own_field(steps, path)
        return replace(found, only=rows.only, loose=rows.loose)

    def members(self, path: Steps) -> Members:
        """Find the list at the end of a path: units, or values kept in a column."""
        rows, steps = self._along(path)
        if not steps:
            raise not_many(path)
        attribute = rows.family.by_wire.get(steps[0])
        if attribute is not None:
            held = rows.column(attribute.name)
            found = members_in(attribute, held, steps, self.trail.name)
            return replace(found, only=rows.only)
        relation = rows.family.relations.get(steps[0])
        if relation is None:
            raise unknown_field(path)
        return rows.units(relation, steps[1:])

    def own_field(self, steps: Steps, path: Steps) -> Field:
        if not steps:
            return Field(self.table.c.system_id, FieldKind.VALUE)
        first = steps[0]
        if any(":" in step for step in steps):
            return self._prefixed(steps[1:] if first == to_wire(PREFIXED) else steps)
        attribute = self.family.by_wire.get(first)
        if attribute is not None:
            return field_in(attribute, self.column(attribute.name), steps)
        if first in self.family.relations:
            raise not_one(first)
        inlined = next(self._inlined(steps), None)
        if inlined is None:
            raise unknown_field(path)
        return inlined

    def _inlined(self, steps: Steps) -> Iterator[Field]:
        if len(steps) > 1:
            return
        for attribute in self.family.attributes.values():
            found = inlined_field(attribute, self.column(attribute.name), steps[0])
            if found is not None:
                yield found

    def _prefixed(self, steps: Steps) -> Field:
        """Give a field that the kommune has defined, by its whole name."""
        kind = self.trail.prefixed.get(steps[0])
        if kind is None or len(steps) > 1 or PREFIXED not in self.table.c:
            raise Invalid(
                text(
                    "Feltet {felt} er ikke definert. Se metadata/virksomhetsspesifikkeMetadata/.",
                    felt="/".join(steps)[:_SHOWN],
                )
            )
        return prefixed_field(self.column(PREFIXED), steps[0], kind)

    def column(self, name: str) -> ColumnElement[Any]:
        return self.family.column(name, self.table)

    def _along(self, path: Steps) -> "tuple[Rows, Steps]":
        """Go as far as a path leads to one row: by relations to one unit, and by casts."""
        rows, hops = self, 0
        for place, step in enumerate(path):
            if "." in step:
                rows = rows.narrowed(step)
                continue
            relation = rows.family.relations.get(step)
            if step in rows.family.by_wire or relation is None or relation.many:
                return rows, path[place:]
            hops += 1
            if hops > MAX_HOPS:
                raise Invalid(
                    text(
                        "Stien {sti} går gjennom over {most} relasjoner. Bruk en kortere.",
                        sti="/".join(path)[:_SHOWN],
                        most=MAX_HOPS,
                    )
                )
            rows = rows.one(relation)
        return rows, ()

    def narrowed(self, step: str) -> "Rows":
        """Keep to the rows of one kind, as a cast says (`Default.PartPersonType`)."""
        kind = _kind_named(self.family, step)
        condition = self.family.kinds(kind, self.table)
        return self if condition is None else replace(self, only=(*self.only, condition))

    def one(self, relation: Relation) -> "Rows":
        """Join the one row that a relation leads to, unless it is joined already."""
        key = (self.table.name, relation.role)  # type: ignore[attr-defined]  # tables and aliases
        if key not in self.source.joined:
            family, there = self.trail.enter(relation)
            met = and_(
                there.c.system_id == self.table.c[relation.via.column],  # type: ignore[union-attr]  # to one: a column
                *family.of_kind(relation.target, there),
            )
            self.source.clause = self.source.clause.outerjoin(there, met)
            self.source.joined[key] = there
        family = self.trail.families[relation.target.root.name]
        return Rows(self.trail, family, self.source.joined[key], self.source, self.only, loose=True)

    def units(self, relation: Relation, casts: Steps) -> Members:
        """Give the units that a relation to many leads to, as EXISTS over them."""
        family, there = self.trail.enter(relation)
        clause, owner_id = tied(there, relation, self.table)
        wanted = [owner_id == self.table.c.system_id, *family.of_kind(relation.target, there)]
        member = Rows(self.trail, family, there, Source(clause, {}))
        for step in casts:
            if "." not in step:
                raise not_one(relation.role)
            member = member.narrowed(step)
        wanted += member.only
        member = replace(member, only=())

        def exist(condition: Condition | None) -> Condition:
            found: Select[Any] = select(literal_column("1")).select_from(member.source.clause)
            asked = wanted if condition is None else [*wanted, condition]
            return found.where(*asked).correlate_except(member.source.clause).exists()

        return Members(member, exist, self.only)


def _kind_named(family: Family, step: str) -> Resource[Any]:
    namespace, _, name = step.lower().partition(".")
    found = family.kinds_by_name.get(name) or family.kinds_by_name.get(name.removesuffix("type"))
    if namespace != "default" or found is None:
        raise Invalid(
            text(
                "Typen {type} finnes ikke her. Bruk {kjente}.",
                type=step[:_SHOWN],
                kjente=", ".join(
                    f"Default.{one.model.__name__}" for one in family.kinds_by_name.values()
                ),
            )
        )
    return found


_SHOWN = 100
