"""How the schema of a database stands to this program."""

from enum import Enum, auto

from sqlalchemy import Connection, func, select

from sakark_api.db import migrate
from sakark_api.db.rights import PG_CLASS, in_our_schema

__all__ = ["SchemaState", "schema_state"]

_VERSIONS = "alembic_version"


class SchemaState(Enum):
    EMPTY = auto()
    OLDER = auto()
    RIGHT = auto()
    NEWER = auto()
    """As it is while an upgrade is under way: what an older program needs is still there."""


def schema_state(connection: Connection) -> SchemaState:
    """Compare the database's version with the one this program wants."""
    may_read = connection.scalar(
        select(func.has_table_privilege(PG_CLASS.c.oid, "SELECT")).where(in_our_schema([_VERSIONS]))
    )
    if may_read is None:
        return SchemaState.EMPTY
    if not may_read:  # the first version did not let the application role read it
        return SchemaState.OLDER
    found = migrate.current(connection)
    if found is None:
        return SchemaState.EMPTY
    if found == migrate.newest():
        return SchemaState.RIGHT
    return SchemaState.OLDER if migrate.is_known(found) else SchemaState.NEWER
