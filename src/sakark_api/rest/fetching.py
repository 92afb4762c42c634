"""Fetching units to write, and telling whether they are locked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, and_, bindparam, not_, select, true
from sqlalchemy.orm import Session

from sakark_api.access.policy import Action
from sakark_api.errors import Conflict, Forbidden, Invalid, NotFound
from sakark_api.noark.model import WHOLE_KEY, TenantRow, table_of
from sakark_api.noark.resource import Parent, Resource
from sakark_api.rest.reaching import Reaching
from sakark_api.rest.screening import is_restricted
from sakark_api.rest.tenant import TENANT
from sakark_api.texts import text

__all__ = ["SIGHT", "Sight", "fetch", "is_locked", "refuse_locked", "refuse_unseen"]

_KEYED = {WHOLE_KEY: True}

SIGHT: Final = "sight"
"""Where a session's `info` says how far the caller reaches who writes by it."""


@dataclass(frozen=True)
class Sight:
    """How far the caller reaches: what to ask of rows, and the values to ask with."""

    reaching: Reaching | None
    values: Mapping[str, Any]
    cleared: bool
    """Whether nothing that is screened is screened from the caller."""


_PROGRAM: Final = Sight(None, {}, cleared=True)
"""Of what the program does by itself, as filling a demo: no caller, and no request."""


def fetch(
    session: Session,
    resource: Resource[Any],
    system_id: UUID,
    *,
    to: Action = Action.READ,
    for_share: bool = False,
    for_update: bool = False,
) -> TenantRow:
    """Find a unit that the caller names, and keep others from changing it.

    Raises `NotFound` when the kommune has none such that the caller sees, and `Forbidden` when the
    caller's rights do not let it be used so. Rules, which look at whatever there is, use
    `change.get`.
    """
    sight: Sight = session.info.get(SIGHT, _PROGRAM)
    statement = _fetching(
        resource.model,  # type: ignore[arg-type]  # mypy doubts that classes hash
        resource.root,
        sight.reaching,
        to,
        cleared=sight.cleared,
        for_share=for_share,
        for_update=for_update,
    )
    values = {**sight.values, "tenant": session.info["tenant_id"], "id": system_id}
    found = session.execute(statement, values, execution_options=_KEYED).one_or_none()
    if found is None:
        raise NotFound(text("Enheten finnes ikke."))
    if not found[1]:
        raise Forbidden(text("Du har ikke rett til dette her. Spør arkivansvarlig."))
    unit: TenantRow = found[0]
    return unit


def refuse_unseen(
    session: Session, unit: TenantRow, families: Mapping[str, Resource[Any]], names: Iterable[str]
) -> None:
    """Let attributes name no unit that the caller does not see: it is as if there were none.

    `families` are the roots by their tables, `names` the attributes that the caller gives.
    """
    sight: Sight = session.info.get(SIGHT, _PROGRAM)
    for name in names:
        value = getattr(unit, name)
        for key in table_of(type(unit)).c[name].foreign_keys if value is not None else ():
            named = families.get(key.column.table.name)
            if named is None or sight.reaching is None or not sight.reaching.limits(named):
                continue
            try:
                with session.no_autoflush:
                    fetch(session, named, value)
            except NotFound:
                raise Invalid(
                    text("Enheten viser til en enhet som ikke finnes. Rett referansen.")
                ) from None


@cache
def _fetching(
    model: type[TenantRow],
    root: Resource[Any],
    reaching: Reaching | None,
    to: Action,
    *,
    cleared: bool,
    for_share: bool,
    for_update: bool,
) -> Select[Any]:
    """Find a unit by its key where the caller sees it, and lock it: for share or for update."""
    table = table_of(model)
    seen = reaching.seen(root, table) if reaching else []
    may = reaching.may(root, table, to) if reaching and to is not Action.READ else true()
    if not cleared and to is not Action.READ:
        may = and_(may, not_(is_restricted(root, table)))
    selected: Any = select(model, may)
    statement: Select[Any] = selected.where(
        model.tenant_id == bindparam(TENANT),
        model.system_id == bindparam("id"),
        *seen,
    )
    if for_share or for_update:
        return statement.with_for_update(read=for_share, of=table)
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
