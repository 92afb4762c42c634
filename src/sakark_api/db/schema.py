"""How the schema of a database stands to this program. Serving never loads Alembic for it."""

from enum import Enum, auto
from importlib import resources
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, column, func, select, table

from sakark_api.db.rights import PG_CLASS, in_our_schema

__all__ = ["WANTED", "SchemaState", "migrations_folder", "schema_state"]

WANTED: Final = "2026_12_03_utflyttet"
"""The version this program is written for: the newest of `migrations/`."""

_VERSIONS = table("alembic_version", column("version_num"))
_IN_CHECKOUT: Final = Path(__file__).parents[3] / "migrations"


class SchemaState(Enum):
    EMPTY = auto()
    OLDER = auto()
    RIGHT = auto()
    NEWER = auto()
    """As it is while an upgrade is under way: what an older program needs is still there."""


def schema_state(connection: Connection) -> SchemaState:
    """Compare the database's version with the one this program wants."""
    may_read = connection.scalar(
        select(func.has_table_privilege(PG_CLASS.c.oid, "SELECT")).where(
            in_our_schema([_VERSIONS.name])
        )
    )
    if may_read is None:
        return SchemaState.EMPTY
    if not may_read:  # the first version did not let the application role read it
        return SchemaState.OLDER
    found = connection.scalar(select(_VERSIONS.c.version_num))
    if found is None:
        return SchemaState.EMPTY
    if found == WANTED:
        return SchemaState.RIGHT
    known = (migrations_folder() / "versions" / f"{found}.py").exists()
    return SchemaState.OLDER if known else SchemaState.NEWER


def migrations_folder() -> Path:
    """Find the migrations: beside the source in a checkout, inside the package when installed."""
    if _IN_CHECKOUT.is_dir():
        return _IN_CHECKOUT
    return Path(str(resources.files("sakark_api") / "migrations"))
