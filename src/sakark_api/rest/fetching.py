"""Fetching units to write, and telling whether they are locked."""

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from sakark_api.errors import Conflict, NotFound
from sakark_api.noark.model import WHOLE_KEY, TenantRow
from sakark_api.noark.resource import Parent, Resource
from sakark_api.texts import text

__all__ = ["fetch", "is_locked", "refuse_locked"]

_KEYED = {WHOLE_KEY: True}


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


def refuse_locked(owner: Resource[Any], parent: TenantRow, tie: Parent) -> None:
    """Refuse new units under what is closed or archived (5.2.4, 5.2.19, 5.4.7, C3.2.17)."""
    if not tie.owned and is_locked(owner, parent):
        raise Conflict(
            text("Enheten er avsluttet eller arkivert og kan ikke få nye enheter under seg.")
        )


def is_locked(resource: Resource[Any], unit: TenantRow) -> bool:
    locked_by = resource.inherited("locked_by")
    return locked_by is not None and getattr(unit, locked_by) is not None
