"""Which kommune a statement is about."""

from typing import Final

from sqlalchemy import ColumnElement, FromClause, SmallInteger, bindparam

__all__ = ["TENANT", "same_kommune"]

TENANT: Final = "tenant"


def same_kommune(table: FromClause) -> ColumnElement[bool]:
    """Bind the rows of a table, or of its alias, to the kommune that asks."""
    return table.c.tenant_id == bindparam(TENANT, type_=SmallInteger())
