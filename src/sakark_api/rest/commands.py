"""Writing units: plain functions on a session, in the order that every write follows."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import inspect, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from sakark_api.access.policy import Action
from sakark_api.errors import Conflict, Invalid, NotFound
from sakark_api.noark.attribute import BoundAttribute, SetBy
from sakark_api.noark.logging.endringslogg import (
    log_changed,
    log_created,
    log_deleted,
    log_line,
)
from sakark_api.noark.model import TenantRow, table_of
from sakark_api.noark.resource import Change, ChildColumn, Resource, StoredFile
from sakark_api.noark.rules.arv import give_inherited
from sakark_api.noark.rules.egnefelt import refuse_odd_fields
from sakark_api.noark.rules.frysing import refuse_frozen
from sakark_api.noark.rules.koder import give_code_names
from sakark_api.noark.rules.opphav import give_last_change, give_origin
from sakark_api.noark.rules.vern import complete_values, give_disposal_date
from sakark_api.noark.structure import Catalog, FileDoor, Offer, Relation
from sakark_api.rest.fetching import fetch, is_locked, refuse_locked, refuse_unseen
from sakark_api.rest.patches import differs, forget_old_names, merge_patch, to_json
from sakark_api.rest.schema import Body, Schemas, foreign_offset, parse_values
from sakark_api.rest.ties import End, Ties, tie_below, tie_beside
from sakark_api.texts import text

__all__ = ["Commands"]

_MOMENTS = ("on_place", "on_create", "on_change", "on_move", "on_delete", "on_gone")

CheckVersion = Callable[[int], None]
"""Refuses a version that is not the one the client meant."""


class Commands:
    """What may be done to units of a set of resources."""

    def __init__(self, catalog: Catalog, schemas: Schemas) -> None:
        self._schemas = schemas
        self.ties = Ties(catalog)
        self._families = {table_of(one.model).name: one for one in catalog.roots}
        self._columns = {one.name: _tie_columns(catalog, one) for one in catalog.resources}
        self._parts = {resource.name: catalog.owned(resource) for resource in catalog.resources}
        self._rules = {
            (resource.name, moment): catalog.rules(resource, moment)
            for resource in catalog.resources
            for moment in _MOMENTS
        }
        self._extending = {
            one.name: catalog.own_rules(one, "on_create")
            for one in catalog.resources
            if one.extension
        }

    def make(
        self,
        change: Change,
        made: Resource[Any],
        body: Body,
        owner: tuple[Resource[Any], UUID] | None,
        offer: Offer | None,
    ) -> TenantRow:
        """Make a unit, with its parts, under the owner's unit when an offer says so."""
        parent = None
        if owner is not None and offer is not None:
            parent = fetch(change.session, *owner, to=Action.CREATE, for_share=True)
            refuse_locked(owner[0], parent, offer.tie)
        change = replace(change, parent=parent)
        unit = self._build(change, made, body, offer)
        change.session.flush()
        units = [unit, *self._build_parts(replace(change, parent=unit), made, body)]
        change.session.flush()
        log_created(change, units)
        return unit

    def _build(
        self, change: Change, made: Resource[Any], body: Body, offer: Offer | None
    ) -> TenantRow:
        tenant_id = change.session.info["tenant_id"]
        unit: TenantRow = made.model(tenant_id=tenant_id, system_id=uuid4())
        given = [
            one
            for one in made.attributes
            if getattr(body, one.name) is not None and one.spec.set_by is not SetBy.CORE
        ]
        for attribute in given:
            assign(unit, attribute, getattr(body, attribute.name))
        self._refuse_unseen(change, unit, given)
        give_origin(change, unit)
        for rule in self._rules[made.name, "on_place"]:
            rule(change, unit)
        if offer is not None and not offer.upward:
            give_inherited(change, unit, tuple(made.inherited("inherits") or ()))
        if offer is not None:
            tie_below(change, offer, unit)
        give_code_names(change, unit)
        refuse_odd_fields(change, unit)
        complete_values(change, unit)
        for rule in self._rules[made.name, "on_create"]:
            rule(change, unit)
        give_disposal_date(change, unit)
        change.session.add(unit)
        if offer is not None:
            tie_beside(change, offer, unit)
        return unit

    def _refuse_unseen(
        self, change: Change, unit: TenantRow, given: Iterable[BoundAttribute]
    ) -> None:
        refuse_unseen(change.session, unit, self._families, (one.name for one in given))

    def _build_parts(self, change: Change, owner: Resource[Any], body: Body) -> Iterator[TenantRow]:
        """Make the compositions that came inside a unit's body."""
        for name, offers in self._parts[owner.name].items():
            for part in getattr(body, f"parts_{name}") or ():
                fitting = [
                    offer for offer in offers if isinstance(part, self._schemas.making(offer.made))
                ]
                yield self._build(change, fitting[0].made, part, fitting[0])

    def replace(
        self,
        change: Change,
        resource: Resource[Any],
        system_id: UUID,
        body: Body,
        check: CheckVersion,
    ) -> TenantRow:
        """Give a unit the values of a whole body; what is left out is removed (PUT)."""
        unit = fetch(change.session, resource, system_id, to=Action.CHANGE, for_update=True)
        check(unit.version)
        wanted = {
            attribute: getattr(body, attribute.name)
            for attribute in resource.attributes
            if attribute.name in body.model_fields_set or _is_removable(attribute)
        }
        return self._change(change, resource, unit, wanted)

    def merge(
        self,
        change: Change,
        resource: Resource[Any],
        system_id: UUID,
        patch: Mapping[str, Any],
        check: CheckVersion,
        moves: Sequence[tuple[Relation, End | None]] = (),
    ) -> TenantRow:
        """Give a unit the values of a merge patch: null removes, the rest stays (RFC 7396).

        `moves` are what the patch says of its links: the new end of a relation, or None for none.
        """
        unit = fetch(change.session, resource, system_id, to=Action.CHANGE, for_update=True)
        check(unit.version)
        present = {one.wire: to_json(getattr(unit, one.name)) for one in resource.attributes}
        whole = {key: value for key, value in present.items() if value is not None}
        merged = forget_old_names(merge_patch(whole, patch), patch)
        body = parse_values(self._schemas.changing(resource), merged)
        wanted = {
            attribute: getattr(body, attribute.name)
            for attribute in resource.attributes
            if attribute.wire in patch
        }
        self._change(change, resource, unit, wanted)
        for relation, target in moves:
            self._retie(change, relation, End(resource, system_id), target)
        return unit

    def _change(
        self,
        change: Change,
        resource: Resource[Any],
        unit: TenantRow,
        wanted: Mapping[BoundAttribute, Any],
    ) -> TenantRow:
        different = {
            attribute: value
            for attribute, value in wanted.items()
            if differs(getattr(unit, attribute.name), value)
        }
        self._move(change, resource, unit, different)
        if not different:
            return unit
        for attribute in different:
            if attribute.spec.set_by is SetBy.CORE:
                raise Invalid(text("Feltet {felt} settes av arkivet.", felt=attribute.wire))
        refuse_frozen(unit, list(different))
        for attribute, value in different.items():
            if value is None and attribute.spec.always:
                raise Invalid(text("Feltet {felt} kan ikke fjernes.", felt=attribute.wire))
            assign(unit, attribute, value)
        self._refuse_unseen(change, unit, different)
        give_code_names(change, unit)
        refuse_odd_fields(change, unit)
        complete_values(change, unit)
        # What rules ask of the database is not to write the change before it is logged.
        with change.session.no_autoflush:
            for rule in self._rules[resource.name, "on_change"]:
                rule(change, unit)
        give_disposal_date(change, unit)
        if not change.session.is_modified(unit):  # completed, what came is what there was
            return unit
        log_changed(change, unit)
        give_last_change(change, unit)
        change.session.flush()
        return unit

    def _move(
        self,
        change: Change,
        resource: Resource[Any],
        unit: TenantRow,
        different: dict[BoundAttribute, Any],
    ) -> None:
        """Take out what ties the unit to others, and move it there (GUIDE 20, 20 and 21)."""
        relations = self._columns[resource.name]
        for attribute in [one for one in different if one.name in relations]:
            relation, value = relations[attribute.name], different.pop(attribute)
            target = None if value is None else End(relation.target, value)
            try:
                self._retie(change, relation, End(resource, unit.system_id), target)
            except NotFound:
                raise Invalid(
                    text("Feltet {felt} viser til en enhet som ikke finnes.", felt=attribute.wire)
                ) from None

    def _retie(self, change: Change, relation: Relation, owner: End, target: End | None) -> None:
        if target is None:
            self.ties.remove(change, relation, owner, None)
        else:
            self.ties.replace(change, relation, owner, target)

    def extend(
        self,
        change: Change,
        special: Resource[Any],
        system_id: UUID,
        body: Body,
        check: CheckVersion,
    ) -> TenantRow:
        """Let a unit become one of a more special kind, with the same systemID (GUIDE 8)."""
        assert special.extends is not None  # noqa: S101  extensions extend something
        unit = fetch(change.session, special.extends, system_id, to=Action.CHANGE, for_update=True)
        check(unit.version)
        if type(unit) is not special.extends.model:
            raise Conflict(text("Enheten er utvidet allerede."))
        if is_locked(special.extends, unit):
            raise Conflict(text("Enheten er avsluttet eller arkivert og kan ikke utvides."))
        change = replace(change, parent=self.ties.place_of(change, special, unit))
        extended = become(unit, special.model)
        wanted = {
            one: getattr(body, one.name)
            for one in special.attributes
            if one.name in body.model_fields_set and one.spec.set_by is not SetBy.CORE
        }
        for attribute, value in wanted.items():
            if value is not None:
                assign(extended, attribute, value)
        self._refuse_unseen(change, extended, wanted)
        give_code_names(change, extended)
        refuse_odd_fields(change, extended)
        complete_values(change, extended)
        for rule in self._extending[special.name]:
            rule(change, extended)
        give_disposal_date(change, extended)
        log_changed(change, extended)
        log_line(change, extended, "type", special.extends.name, special.name)
        give_last_change(change, extended)
        store_as(change.session, unit, extended)
        return extended

    def make_by_reference(
        self,
        change: Change,
        made: Resource[Any],
        owner: End,
        offer: Offer,
        target: End,
    ) -> TenantRow:
        """Make a unit that points from the owner's unit to the target (GUIDE 9)."""
        if owner.system_id == target.system_id:
            raise Invalid(text("Enheten kan ikke vise til seg selv. Velg en annen."))
        parent = fetch(
            change.session, owner.resource, owner.system_id, to=Action.CREATE, for_share=True
        )
        change = replace(change, parent=parent)
        unit: TenantRow = made.model(tenant_id=parent.tenant_id, system_id=uuid4())
        give_origin(change, unit)
        tie_below(change, offer, unit)
        self.ties.point(change, made, unit, target)
        for rule in self._rules[made.name, "on_create"]:
            rule(change, unit)
        change.session.add(unit)
        change.session.flush()
        log_created(change, [unit])
        return unit

    def point(
        self, change: Change, resource: Resource[Any], system_id: UUID, target: End
    ) -> TenantRow:
        """Let a unit that was made by reference point to another target; its other end stays."""
        unit = fetch(change.session, resource, system_id, to=Action.CHANGE, for_update=True)
        before = self.ties.pointed(resource, unit)
        self.ties.point(change, resource, unit, target)
        for rule in self._rules[resource.name, "on_move"]:
            rule(change, unit)
        log_line(change, unit, target.resource.root.name, before, target.system_id)
        give_last_change(change, unit)
        change.session.flush()
        return unit

    def delete(
        self, change: Change, resource: Resource[Any], system_id: UUID, check: CheckVersion
    ) -> TenantRow:
        """Delete a unit and its compositions; what holds other units, or is locked, stays."""
        unit = fetch(change.session, resource, system_id, to=Action.DELETE, for_update=True)
        check(unit.version)
        if is_locked(resource, unit):
            raise Conflict(text("Enheten er avsluttet eller arkivert og kan ikke slettes."))
        for moment in ("on_delete", "on_gone"):
            for rule in self._rules[resource.name, moment]:
                rule(change, unit)
        log_deleted(change, unit)
        change.session.delete(unit)
        change.session.flush()
        return unit

    def receive_file(
        self,
        change: Change,
        resource: Resource[Any],
        system_id: UUID,
        door: FileDoor,
        file: StoredFile,
    ) -> UUID:
        """Tie stored bytes to a unit; give the systemID of the unit that holds them."""
        unit = fetch(change.session, resource, system_id, to=Action.CREATE, for_update=True)
        holder = door.receive(change, unit, file)
        if holder is unit:
            log_changed(change, unit)
            give_last_change(change, unit)
        change.session.flush()
        if holder is not unit:
            log_created(change, [holder])
        return holder.system_id


def become(unit: TenantRow, model: type[TenantRow]) -> TenantRow:
    """Make an object of a more special model with a unit's values, as if they had been read."""
    special = model()
    for name in inspect(type(unit)).column_attrs.keys():  # noqa: SIM118  no plain mapping
        if name in inspect(unit).dict:
            set_committed_value(special, name, getattr(unit, name))
    return special


def store_as(session: Session, unit: TenantRow, special: TenantRow) -> None:
    """Give a unit's row the values of the more special object made of it."""
    mapper, table = inspect(type(special)), table_of(type(special))
    values = {
        table.c[name]: getattr(special, name)
        for name in inspect(special).dict
        if name in mapper.column_attrs and name in table.c and not table.c[name].primary_key
    }
    session.expunge(unit)
    session.execute(
        update(table)
        .where(table.c.tenant_id == unit.tenant_id, table.c.system_id == unit.system_id)
        .values({**values, table.c.type: mapper.polymorphic_identity})
        .values(version=unit.version + 1)
    )


def assign(unit: TenantRow, attribute: BoundAttribute, value: Any) -> None:
    """Set an attribute, and remember the offset of a time that was not written in Norway's."""
    if isinstance(value, datetime):
        offset = foreign_offset(value)
        others = {key: old for key, old in (unit.tidssoner or {}).items() if key != attribute.wire}
        unit.tidssoner = {
            **others,
            **({attribute.wire: offset} if offset is not None else {}),
        } or None
    setattr(unit, attribute.name, tuple(value) if attribute.is_value and attribute.many else value)


def _tie_columns(catalog: Catalog, resource: Resource[Any]) -> Mapping[str, Relation]:
    """List the relations that a unit's own attributes show, by attribute."""
    names = {one.name for one in resource.attributes}
    return {
        relation.via.column: relation
        for relation in catalog.relations(resource)
        if relation.upward
        and isinstance(relation.via, ChildColumn)
        and relation.via.column in names
    }


def _is_removable(attribute: BoundAttribute) -> bool:
    """Tell whether leaving an attribute out of a PUT removes it."""
    return attribute.spec.set_by is not SetBy.CORE and not attribute.spec.always
