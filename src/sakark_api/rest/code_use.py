"""Whether a code is in use: looked for wherever the catalogue's units hold codes of its list."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Table, exists, literal, or_, select, type_coerce
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from sakark_api.noark.model import table_of
from sakark_api.noark.rules.koder import CodeUse, code_uses
from sakark_api.noark.structure import Catalog

__all__ = ["is_used"]


def is_used(session: Session, catalog: Catalog, codelist: str, kode: str) -> bool:
    """Tell whether any unit of the session's kommune holds a code."""
    tenant = session.info["tenant_id"]
    found = [_holds(table, use, tenant, kode) for table, use in places(catalog, codelist)]
    return bool(found) and bool(session.scalar(select(or_(*found))))


@cache
def places(catalog: Catalog, codelist: str) -> Sequence[tuple[Table, CodeUse]]:
    """List where codes of a list are held; a family's table is looked through once for each."""
    found = {
        (table_of(resource.model).name, use.attribute.name, use.field): (
            table_of(resource.model),
            use,
        )
        for resource in catalog.resources
        for use in code_uses(resource.model)
        if use.codelist == codelist
    }
    return tuple(found.values())


def _holds(table: Table, use: CodeUse, tenant: int, kode: str) -> ColumnElement[bool]:
    held: ColumnElement[Any] = type_coerce(table.c[use.attribute.name], JSONB)
    return exists(
        select(literal(1))
        .select_from(table)
        .where(table.c.tenant_id == tenant, held.contains(use.pattern(kode)))
    )
