"""Writing units: plain functions on a session, in the order that every write follows."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from sakark_api.errors import Conflict, Invalid, NotFound
from sakark_api.noark.attribute import BoundAttribute, SetBy
from sakark_api.noark.logging.endringslogg import log_changed, log_created, log_deleted
from sakark_api.noark.model import WHOLE_KEY, TenantRow
from sakark_api.noark.resource import (
    Change,
    ChildColumn,
    JoinTable,
    Parent,
    Resource,
    StoredFile,
)
from sakark_api.noark.rules.arv import give_inherited
from sakark_api.noark.rules.frysing import refuse_frozen
from sakark_api.noark.rules.koder import give_code_names
from sakark_api.noark.rules.opphav import give_last_change, give_origin
from sakark_api.noark.rules.vern import complete_values, give_disposal_date
from sakark_api.noark.structure import Catalog, FileDoor, Offer
from sakark_api.noark.values import Value, dump_value, wire_time
from sakark_api.rest.schema import Body, Schemas, foreign_offset, parse_values
from sakark_api.texts import text

__all__ = ["Commands"]

_KEYED = {WHOLE_KEY: True}

CheckVersion = Callable[[int], None]
"""Refuses a version that is not the one the client meant."""


class Commands:
    """What may be done to units of a set of resources."""

    def __init__(self, catalog: Catalog, schemas: Schemas) -> None:
        self._schemas = schemas
        self._parts = {resource.name: catalog.owned(resource) for resource in catalog.resources}
        self._rules = {
            (resource.name, moment): catalog.rules(resource, moment)
            for resource in catalog.resources
            for moment in ("on_create", "on_change", "on_delete")
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
            parent = fetch(change.session, *owner, for_share=True)
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
        for attribute in made.attributes:
            value = getattr(body, attribute.name)
            if value is not None and attribute.spec.set_by is not SetBy.CORE:
                assign(unit, attribute, value)
        give_origin(change, unit)
        if offer is not None and not offer.upward:
            give_inherited(change, unit, tuple(made.inherited("inherits") or ()))
        if offer is not None:
            tie_below(change, offer, unit)
        give_code_names(change, unit)
        complete_values(change, unit)
        for rule in self._rules[made.name, "on_create"]:
            rule(change, unit)
        give_disposal_date(change, unit)
        change.session.add(unit)
        if offer is not None:
            tie_beside(change, offer, unit)
        return unit

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
        unit = fetch(change.session, resource, system_id, for_update=True)
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
    ) -> TenantRow:
        """Give a unit the values of a merge patch: null removes, the rest stays (RFC 7396)."""
        unit = fetch(change.session, resource, system_id, for_update=True)
        check(unit.version)
        if patch.get("_links"):
            raise Invalid(text("Flytting ved å endre _links støttes ikke ennå. Utelat _links."))
        present = {one.wire: to_json(getattr(unit, one.name)) for one in resource.attributes}
        whole = {key: value for key, value in present.items() if value is not None}
        merged = forget_old_names(merge_patch(whole, patch), patch)
        body = parse_values(self._schemas.changing(resource), merged)
        wanted = {
            attribute: getattr(body, attribute.name)
            for attribute in resource.attributes
            if attribute.wire in patch
        }
        return self._change(change, resource, unit, wanted)

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
        give_code_names(change, unit)
        complete_values(change, unit)
        # What rules ask of the database is not to write the change before it is logged.
        with change.session.no_autoflush:
            for rule in self._rules[resource.name, "on_change"]:
                rule(change, unit)
        give_disposal_date(change, unit)
        log_changed(change, unit)
        give_last_change(change, unit)
        change.session.flush()
        return unit

    def delete(
        self, change: Change, resource: Resource[Any], system_id: UUID, check: CheckVersion
    ) -> TenantRow:
        """Delete a unit and its compositions; what holds other units, or is locked, stays."""
        unit = fetch(change.session, resource, system_id, for_update=True)
        check(unit.version)
        if _is_locked(resource, unit):
            raise Conflict(text("Enheten er avsluttet eller arkivert og kan ikke slettes."))
        for rule in self._rules[resource.name, "on_delete"]:
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
        unit = fetch(change.session, resource, system_id, for_update=True)
        holder = door.receive(change, unit, file)
        if holder is unit:
            log_changed(change, unit)
            give_last_change(change, unit)
        change.session.flush()
        if holder is not unit:
            log_created(change, [holder])
        return holder.system_id


def fetch(
    session: Session,
    resource: Resource[Any],
    system_id: UUID,
    *,
    for_share: bool = False,
    for_update: bool = False,
) -> TenantRow:
    """Find a unit and keep others from changing it; NotFound when the kommune has none such."""
    values = {"tenant": session.info["tenant_id"], "id": system_id}
    statement = _fetching(
        resource.model,  # type: ignore[arg-type]  # mypy doubts that classes hash
        for_share=for_share,
        for_update=for_update,
    )
    unit: TenantRow | None = session.scalars(
        statement, values, execution_options=_KEYED
    ).one_or_none()
    if unit is None:
        raise NotFound(text("Enheten finnes ikke."))
    return unit


@cache
def _fetching(model: type[TenantRow], *, for_share: bool, for_update: bool) -> Select[TenantRow]:
    """Find a unit by its key, and lock it: for share or for update."""
    statement = select(model).where(
        model.tenant_id == bindparam("tenant"), model.system_id == bindparam("id")
    )
    if for_share or for_update:
        return statement.with_for_update(read=for_share)
    return statement


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


def differs(before: Any, after: Any) -> bool:
    """Tell whether a client's value is another than the unit's; a code's name may be left out."""
    if isinstance(before, Value) and isinstance(after, Value):
        return type(before) is not type(after) or _differs_inside(before, after)
    if isinstance(before, list | tuple) and isinstance(after, list | tuple):
        return len(before) != len(after) or any(map(differs, before, after))
    return bool(before != after)


def _differs_inside(before: Value, after: Value) -> bool:
    given = after.model_fields_set
    for name, field in type(after).model_fields.items():
        extra = field.json_schema_extra
        if name not in given and (
            name == "kodenavn" or (isinstance(extra, dict) and "readOnly" in extra)
        ):
            continue
        if differs(getattr(before, name), getattr(after, name)):
            return True
    return False


def to_json(value: Any) -> Any:
    """Write an attribute's value as JSON values on the wire."""
    if isinstance(value, Value):
        return dump_value(value)
    if isinstance(value, datetime):
        return wire_time(value)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, list | tuple):
        return [to_json(one) for one in value]
    return value


def merge_patch(target: Any, patch: Any) -> Any:
    """Apply a merge patch (RFC 7396, section 2)."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def forget_old_names(merged: Any, patch: Any) -> Any:
    """Take the old kodenavn away where a patch gives a new kode alone."""
    if not isinstance(merged, dict) or not isinstance(patch, Mapping):
        return merged
    if "kode" in patch and "kodenavn" not in patch:
        merged.pop("kodenavn", None)
    for key, value in patch.items():
        forget_old_names(merged.get(key), value)
    return merged


def parse_patch(data: bytes) -> Mapping[str, Any]:
    """Read a merge patch: an object."""
    try:
        patch = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid(
            text("Innholdet er ikke gyldig JSON: {feil}", feil=str(error)[:200])
        ) from None
    if not isinstance(patch, dict):
        raise Invalid(text("Endringen må være et JSON-objekt med feltene som skal endres."))
    return patch


def _is_removable(attribute: BoundAttribute) -> bool:
    """Tell whether leaving an attribute out of a PUT removes it."""
    return attribute.spec.set_by is not SetBy.CORE and not attribute.spec.always


def refuse_locked(owner: Resource[Any], parent: TenantRow, tie: Parent) -> None:
    """Refuse new units under what is closed or archived (5.2.4, 5.2.19, 5.4.7, C3.2.17)."""
    if not tie.owned and _is_locked(owner, parent):
        raise Conflict(
            text("Enheten er avsluttet eller arkivert og kan ikke få nye enheter under seg.")
        )


def _is_locked(resource: Resource[Any], unit: TenantRow) -> bool:
    locked_by = resource.inherited("locked_by")
    return locked_by is not None and getattr(unit, locked_by) is not None


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
