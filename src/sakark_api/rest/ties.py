"""How units hang together: tied when made, and added, moved and removed by reference (GUIDE 8, 9).

Plain functions on a session, as `commands` are.
"""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Table, func, select

from sakark_api.access.policy import Action
from sakark_api.errors import Conflict, Forbidden, Invalid, NotFound
from sakark_api.noark.logging.endringslogg import log_changed, log_line
from sakark_api.noark.model import TenantRow, table_of
from sakark_api.noark.resource import (
    Change,
    ChildColumn,
    JoinTable,
    Parent,
    ParentColumn,
    Resource,
)
from sakark_api.noark.rules.opphav import give_last_change
from sakark_api.noark.structure import Catalog, Offer, Relation
from sakark_api.rest.fetching import fetch, is_locked, refuse_locked
from sakark_api.texts import text

__all__ = ["End", "Ties", "tie_below", "tie_beside"]


@dataclass(frozen=True)
class End:
    """A unit that is named by its address: what it is addressed as, and its systemID."""

    resource: Resource[Any]
    system_id: UUID


@dataclass(frozen=True)
class Pair:
    """Two units and how the child is, or will be, tied to the parent."""

    tie: Parent
    kind: Resource[Any]
    child: TenantRow
    parent_kind: Resource[Any]
    parent: TenantRow

    @property
    def holds(self) -> bool:
        """Whether the parent is where the child has its place, and not only something it names."""
        return self.tie.ny is not None


class Ties:
    """Adding, moving and removing ties between units that are there already."""

    def __init__(self, catalog: Catalog) -> None:
        self._kinds = {one.model: one for one in catalog.resources}
        self._rules = {one.name: catalog.rules(one, "on_move") for one in catalog.resources}

    def add(self, change: Change, relation: Relation, owner: End, target: End) -> None:
        """Tie the target to the owner; a column that ties it elsewhere is moved."""
        pair = self._pair(change, relation, owner, target)
        self._refuse_misplaced(pair)
        if pair.holds:
            refuse_locked(pair.parent_kind, pair.parent, pair.tie)
        if isinstance(relation.via, JoinTable):
            self._join(change, pair, relation.via)
            if pair.holds:
                self._follow(change, pair, None, pair.parent)
        elif isinstance(relation.via, ParentColumn):
            self._give(change, pair, relation.via.column)
        else:
            self._move(change, pair, relation.via.column)
        _sign(change, pair.child)

    def remove(self, change: Change, relation: Relation, owner: End, target: End | None) -> None:
        """Take a tie away; without a target, the only one there is."""
        target = target or self._only(change, relation, owner)
        pair = self._pair(change, relation, owner, target)
        if pair.holds:
            _demand_archivist(change, (pair.kind, pair.child), (pair.parent_kind, pair.parent))
        if isinstance(relation.via, JoinTable):
            self._part(change, pair, relation.via)
            if pair.holds:
                self._follow(change, pair, pair.parent, None)
        elif isinstance(relation.via, ParentColumn):
            self._empty(change, pair, pair.parent, relation.via.column, pair.child.system_id)
        else:
            self._empty(change, pair, pair.child, relation.via.column, pair.parent.system_id)
        _sign(change, pair.child)

    def replace(self, change: Change, relation: Relation, owner: End, target: End) -> None:
        """Let the target be the only one that the owner is tied to by this relation."""
        if isinstance(relation.via, JoinTable):
            self._swap(change, relation, owner, target)
            return
        self.add(change, relation, owner, target)

    def point(self, change: Change, kind: Resource[Any], unit: TenantRow, target: End) -> None:
        """Let a unit that is made by reference point to the target."""
        ends = [one for one in kind.all_ties if not one.owned]
        if target.resource.root not in {one.resource.root for one in ends if one.resource}:
            raise _unfit_target()
        found = fetch(change.session, target.resource, target.system_id, for_share=True)
        named = self._kinds[type(found)]
        tie = next((one for one in ends if one.resource in named.lineage), None)
        if tie is None or not isinstance(tie.via, ChildColumn):
            raise _unfit_target()
        for column in _exclusive(kind):
            setattr(unit, column, None)
        setattr(unit, tie.via.column, found.system_id)

    def pointed(self, kind: Resource[Any], unit: TenantRow) -> UUID | None:
        """Give the systemID of what a unit that is made by reference points to."""
        held = (getattr(unit, column) for column in _exclusive(kind))
        return next(filter(None, held), None)

    def _pair(self, change: Change, relation: Relation, owner: End, target: End) -> Pair:
        child_end, parent_end = (owner, target) if relation.upward else (target, owner)
        # Not even looked for: it may be one that the caller may not read, as a line of the log.
        if target.resource.root is not relation.target.root:
            raise _misplaced(child_end.resource, parent_end.resource)
        gives = isinstance(relation.via, ParentColumn)
        child = fetch(
            change.session,
            child_end.resource,
            child_end.system_id,
            to=Action.CHANGE,
            for_update=True,
        )
        parent = fetch(
            change.session,
            parent_end.resource,
            parent_end.system_id,
            to=Action.CREATE if relation.tie.ny is not None else Action.READ,
            for_update=gives,
            for_share=not gives,
        )
        return Pair(
            relation.tie, self._kinds[type(child)], child, self._kinds[type(parent)], parent
        )

    def place_of(self, change: Change, kind: Resource[Any], unit: TenantRow) -> TenantRow | None:
        """Find where a unit has its place; refuse one where units of `kind` can't get theirs."""
        for tie in kind.all_ties:
            if not (tie.needed and isinstance(tie.via, ChildColumn)):
                continue
            held: UUID | None = getattr(unit, tie.via.column)
            if held is None:
                continue
            parent: TenantRow | None = change.get((tie.resource or kind.root).model, held)
            assert parent is not None  # noqa: S101  a foreign key says so
            parent_kind = self._kinds[type(parent)]
            self._refuse_misplaced(Pair(tie, kind, unit, parent_kind, parent))
            refuse_locked(parent_kind, parent, tie)
            return parent
        return None

    def _refuse_misplaced(self, pair: Pair) -> None:
        """Refuse a parent of a kind that such a unit can't be tied to."""
        fitting = any(
            place.via == pair.tie.via
            and (
                place.resource in pair.parent_kind.lineage
                if place.resource
                else pair.kind.root is pair.parent_kind.root
            )
            for place in pair.kind.places
        )
        if not fitting:
            raise _misplaced(pair.kind, pair.parent_kind)

    def _join(self, change: Change, pair: Pair, via: JoinTable) -> None:
        values = _pair_values(pair, via)
        if change.session.execute(_find_pair(via.table, values)).first():
            raise Conflict(text("Enhetene er knyttet sammen allerede."))
        change.session.execute(via.table.insert().values(values))
        self._tell(change, pair, None, pair.parent.system_id)

    def _part(self, change: Change, pair: Pair, via: JoinTable) -> None:
        values = _pair_values(pair, via)
        if pair.tie.needed and _count_parents(change, pair) == 1:
            raise Conflict(
                text(
                    "{hva} må høre til minst én {eier}. Knytt den til en annen først.",
                    hva=pair.kind.title,
                    eier=pair.parent_kind.title,
                )
            )
        found = change.session.execute(
            via.table.delete().where(*(via.table.c[name] == values[name] for name in values))
        )
        if not found.rowcount:  # type: ignore[attr-defined]  # a DELETE's result has it
            raise NotFound(text("Enhetene er ikke knyttet sammen."))
        self._tell(change, pair, pair.parent.system_id, None)

    def _swap(self, change: Change, relation: Relation, owner: End, target: End) -> None:
        """Replace the only one of many that there could be."""
        assert isinstance(relation.via, JoinTable)  # noqa: S101  asked by the caller
        near, far = relation.via.parent_column, relation.via.child_column
        if relation.upward:
            near, far = far, near
        table = relation.via.table
        former = change.session.scalars(
            select(table.c[far]).where(
                table.c.tenant_id == change.session.info["tenant_id"],
                table.c[near] == owner.system_id,
            )
        ).all()
        if list(former) == [target.system_id]:
            return
        if len(former) > 1:
            raise Conflict(
                text("Enheten har flere slike. Legg til og fjern dem én og én med $ref.")
            )
        self.add(change, relation, owner, target)
        for one in former:
            self.remove(change, relation, owner, End(target.resource.root, one))

    def _give(self, change: Change, pair: Pair, column: str) -> None:
        """Let the parent hold the child."""
        before = getattr(pair.parent, column)
        setattr(pair.parent, column, pair.child.system_id)
        self._tell(change, pair, before, pair.child.system_id)
        _sign(change, pair.parent)

    def _move(self, change: Change, pair: Pair, column: str) -> None:
        """Let the child be under the parent, and under no other that would be one too many."""
        former = self._former(change, pair, column)
        if former is pair.parent:
            return
        if pair.holds:
            behind = [(self._kinds[type(former)], former)] if former is not None else []
            _demand_archivist(change, (pair.kind, pair.child), *behind)
        _refuse_circle(change, pair, column)
        for other in _exclusive(pair.kind) if pair.tie.needed else ():
            setattr(pair.child, other, None)
        setattr(pair.child, column, pair.parent.system_id)
        self._follow(change, pair, former, pair.parent)
        before = former.system_id if former is not None else None
        self._tell(change, pair, before, pair.parent.system_id)

    def _empty(
        self, change: Change, pair: Pair, holder: TenantRow, column: str, held: UUID
    ) -> None:
        if getattr(holder, column) != held:
            raise NotFound(text("Enhetene er ikke knyttet sammen."))
        if pair.tie.needed or not table_of(type(holder)).c[column].nullable:
            raise Conflict(
                text(
                    "{hva} må høre til en {eier}. Flytt den i stedet.",
                    hva=pair.kind.title,
                    eier=pair.parent_kind.title,
                )
            )
        setattr(holder, column, None)
        if holder is pair.child:
            self._follow(change, pair, pair.parent, None)
        else:
            _sign(change, holder)
        self._tell(change, pair, held, None)

    def _only(self, change: Change, relation: Relation, owner: End) -> End:
        """Find the unit at the other end of a to-one relation."""
        unit = fetch(change.session, owner.resource, owner.system_id)
        assert isinstance(relation.via, ChildColumn | ParentColumn)  # noqa: S101  others are many
        found: UUID | None = getattr(unit, relation.via.column)
        if found is None:
            raise NotFound(text("Enheten har ingen slik."))
        return End(relation.target, found)

    def _former(self, change: Change, pair: Pair, column: str) -> TenantRow | None:
        """Find what the child was under before: by this column, or by another that excludes it."""
        for tie in pair.kind.all_ties:
            if not isinstance(tie.via, ChildColumn):
                continue
            rivals = pair.tie.needed and tie.needed
            if tie.via.column != column and not rivals:
                continue
            held: UUID | None = getattr(pair.child, tie.via.column)
            if held is not None:
                found: TenantRow | None = change.get((tie.resource or pair.kind.root).model, held)
                return found
        return None

    def _follow(
        self, change: Change, pair: Pair, former: TenantRow | None, parent: TenantRow | None
    ) -> None:
        """Let the rules of moving bring the rest in order."""
        moved = replace(change, parent=parent, former=former)
        # What rules ask of the database is not to write the move before all of them have agreed.
        with change.session.no_autoflush:
            for rule in self._rules[pair.kind.name]:
                rule(moved, pair.child)

    def _tell(self, change: Change, pair: Pair, before: UUID | None, after: UUID | None) -> None:
        role = pair.tie.role or pair.parent_kind.root.name
        log_line(change, pair.child, role, before, after)


def _misplaced(kind: Resource[Any], parent_kind: Resource[Any]) -> Invalid:
    return Invalid(
        text(
            "{hva} kan ikke knyttes til {eier}. Velg en annen enhet.",
            hva=kind.title,
            eier=parent_kind.title,
        )
    )


def _unfit_target() -> Invalid:
    return Invalid(text("En slik enhet kan ikke vises til her. Velg en annen."))


def _sign(change: Change, unit: TenantRow) -> None:
    """Log what a tie has changed in a unit, its number above all, and by whom (M681, M684)."""
    if change.session.is_modified(unit):
        log_changed(change, unit)
        give_last_change(change, unit)
    change.session.flush()


def _demand_archivist(change: Change, *units: tuple[Resource[Any], TenantRow]) -> None:
    """Let only archivists move what is closed or archived, or take units away from it (C3.2.40)."""
    if not change.archivist and any(is_locked(kind, unit) for kind, unit in units):
        raise Forbidden(text("Enheten er avsluttet eller arkivert. Be arkivansvarlig flytte den."))


def _refuse_circle(change: Change, pair: Pair, column: str) -> None:
    """Refuse a unit under itself, or under what is under it."""
    if pair.kind.root is not pair.parent_kind.root:
        return
    table = table_of(pair.kind.model)
    above: UUID | None = pair.parent.system_id
    while above is not None:
        if above == pair.child.system_id:
            raise Invalid(text("Enheten kan ikke ligge under seg selv. Velg en annen."))
        above = change.session.scalar(
            select(table.c[column]).where(
                table.c.tenant_id == pair.child.tenant_id, table.c.system_id == above
            )
        )


def _exclusive(kind: Resource[Any]) -> tuple[str, ...]:
    """List the columns of which a unit has exactly one."""
    return tuple(
        tie.via.column for tie in kind.all_ties if tie.needed and isinstance(tie.via, ChildColumn)
    )


def _pair_values(pair: Pair, via: JoinTable) -> dict[str, Any]:
    return {
        "tenant_id": pair.child.tenant_id,
        via.parent_column: pair.parent.system_id,
        via.child_column: pair.child.system_id,
    }


def _find_pair(table: Table, values: dict[str, Any]) -> Select[Any]:
    return select(table.c.tenant_id).where(*(table.c[name] == values[name] for name in values))


def _count_parents(change: Change, pair: Pair) -> int:
    """Count the units that a child has by those of its ties of which it needs one."""
    tables = [
        tie.via for tie in pair.kind.all_ties if tie.needed and isinstance(tie.via, JoinTable)
    ]
    counts = [
        select(func.count())
        .select_from(via.table)
        .where(
            via.table.c.tenant_id == pair.child.tenant_id,
            via.table.c[via.child_column] == pair.child.system_id,
        )
        .scalar_subquery()
        for via in tables
    ]
    return sum(change.session.execute(select(*counts)).one())


def tie_below(change: Change, offer: Offer, unit: TenantRow) -> None:
    """Tie a new unit to its parent, where the unit itself says so."""
    if isinstance(offer.tie.via, ChildColumn) and change.parent is not None:
        setattr(unit, offer.tie.via.column, change.parent.system_id)


def tie_beside(change: Change, offer: Offer, unit: TenantRow) -> None:
    """Tie a new unit to its parent, where the parent or a table between them says so."""
    via, parent = offer.tie.via, change.parent
    if isinstance(via, ChildColumn) or parent is None:
        return
    change.session.flush()
    if isinstance(via, JoinTable):
        child, owner = (parent, unit) if offer.upward else (unit, parent)
        change.session.execute(
            via.table.insert().values(
                {
                    "tenant_id": unit.tenant_id,
                    via.parent_column: owner.system_id,
                    via.child_column: child.system_id,
                }
            )
        )
        return
    if getattr(parent, via.column) is not None:
        raise Conflict(text("Enheten har allerede en slik enhet, og kan bare ha én."))
    setattr(parent, via.column, unit.system_id)
