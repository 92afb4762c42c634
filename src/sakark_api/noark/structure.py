"""How resources hang together: what follows from all their declarations at once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sakark_api.noark.model import TenantRow
from sakark_api.noark.resource import (
    Change,
    ChildColumn,
    Guard,
    JoinTable,
    Package,
    Parent,
    ParentColumn,
    Resource,
    Rule,
    StoredFile,
)

__all__ = ["Catalog", "FileDoor", "Offer", "Relation"]


@dataclass(frozen=True, eq=False)
class Relation:
    """A link from a unit to one or many units of `target`, as `child` declares it by `tie`.

    `upward` relations lead from a child to its parent, the others from a parent to its children.
    """

    role: str
    target: Resource[Any]
    child: Resource[Any]
    tie: Parent
    upward: bool

    @property
    def via(self) -> ChildColumn | JoinTable | ParentColumn:
        return self.tie.via

    @property
    def same_kind(self) -> bool:
        return self.tie.resource is None

    @property
    def many(self) -> bool:
        one = ChildColumn if self.upward else ParentColumn
        return not isinstance(self.via, one)

    @property
    def rel(self) -> str:
        named = self.tie.role if self.upward else self.tie.list_role
        return f"{(self.child if named else self.target).package.rel}{self.role}/"


@dataclass(frozen=True, eq=False)
class Offer:
    """`ny-<name>`: that a unit of `made` may be made from a unit, tied to it by `tie`.

    `upward` offers make a parent from its child.
    """

    made: Resource[Any]
    tie: Parent
    upward: bool = False

    @property
    def rel(self) -> str:
        return f"{self.made.package.rel}{self.tail}/"

    @property
    def tail(self) -> str:
        return f"ny-{(not self.upward and self.tie.ny) or self.made.name}"


@dataclass(frozen=True)
class FileDoor:
    """Where files come in: which resource ends up with them, and its rules."""

    holder: Resource[Any]
    refuse: Callable[[Change, Any, str, int | None], None]
    receive: Callable[[Change, Any, StoredFile], TenantRow]


class Catalog:
    """A set of resources and everything that follows from their declarations together."""

    def __init__(self, resources: Sequence[Resource[Any]]) -> None:
        self.resources = tuple(resources)

    @cached_property
    def by_name(self) -> Mapping[str, Resource[Any]]:
        return {resource.name: resource for resource in self.resources}

    @cached_property
    def roots(self) -> tuple[Resource[Any], ...]:
        return tuple(resource for resource in self.resources if resource.extends is None)

    def family(self, root: Resource[Any]) -> tuple[Resource[Any], ...]:
        """List the resources that share a table with `root`, itself first."""
        return tuple(one for one in self.resources if one.root is root)

    def kinds_of(self, resource: Resource[Any]) -> tuple[Resource[Any], ...]:
        """List the resources whose units are units of `resource`, and that may have units."""
        return tuple(one for one in self.resources if resource in one.lineage and not one.abstract)

    def rules(self, resource: Resource[Any], moment: str) -> tuple[Rule, ...]:
        """List the rules of a moment ("on_create", …), the most general resource's first.

        After those of each resource come the guards that others lay on it.
        """
        return tuple(rule for one in resource.lineage for rule in self.own_rules(one, moment))

    def own_rules(self, resource: Resource[Any], moment: str) -> tuple[Rule, ...]:
        """List the rules of a moment that a resource adds to those of what it extends."""
        holders = (resource, *self._guards_of(resource))
        return tuple(rule for holder in holders for rule in getattr(holder, moment, ()))

    def _guards_of(self, resource: Resource[Any]) -> list[Guard]:
        guards = (guard for one in self.resources for guard in one.guards)
        return [guard for guard in guards if guard.resource is resource]

    def packages(self) -> Iterable[Package]:
        return dict.fromkeys(resource.package for resource in self.resources)

    def relations(self, resource: Resource[Any]) -> tuple[Relation, ...]:
        """List where the links of a unit lead, those of the resources it extends included."""
        up = [
            Relation(tie.role or target.name, target, one, tie, upward=True)
            for one in resource.lineage
            for tie in one.ties
            if not tie.owned and tie.role is not None
            for target in (tie.resource or resource.root,)
        ]
        down = [
            Relation(tie.list_role or child.name, child, child, tie, upward=False)
            for child in self.resources
            for tie in (child.parents if child.own_list else child.ties)
            if tie.list_role is not None and (tie.resource or child) in resource.lineage
        ]
        return (*up, *down)

    def offers(self, resource: Resource[Any]) -> tuple[Offer, ...]:
        """List what may be made from a unit."""
        below = [
            Offer(child, tie)
            for child in self.resources
            if not child.abstract
            for tie in child.parents
            if tie.ny is not None and (tie.resource or child) in resource.lineage
        ]
        above = [
            Offer(tie.resource, tie, upward=True)
            for tie in resource.all_ties
            if tie.mutual and tie.resource is not None
        ]
        return (*below, *above)

    def extensions(self, resource: Resource[Any]) -> tuple[Resource[Any], ...]:
        """List what a unit of exactly this kind may become (`utvid-til-<name>`)."""
        return tuple(one for one in self.resources if one.extension and one.extends is resource)

    def takes_files(self, resource: Resource[Any]) -> "FileDoor | None":
        """Tell how files are sent to a unit: its own, or one that makes a child of it."""
        if resource.file:
            return FileDoor(resource, resource.file.refuse, resource.file.receive)
        for child in self.roots:
            if child.file and any(tie.resource in resource.lineage for tie in child.parents):
                return FileDoor(child, child.file.parent_refuse, child.file.parent_receive)
        return None

    def owned(self, resource: Resource[Any]) -> Mapping[str, tuple[Offer, ...]]:
        """List the compositions that may be given inside a unit's body, by their keys there.

        A key that names an abstract resource stands for each of its kinds.
        """
        offers = [
            offer
            for offer in self.offers(resource)
            if offer.tie.owned and not offer.made.by_reference
        ]
        keys: dict[str, tuple[Offer, ...]] = {}
        for offer in offers:
            for name in {offer.made.name, offer.made.root.name}:
                keys[name] = (*keys.get(name, ()), offer)
        return keys
