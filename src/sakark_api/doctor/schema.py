"""The schema: whether it is there, and whether it is the one this program wants."""

from collections.abc import Mapping

from sqlalchemy import Connection, column, func, select, table

from sakark_api.db import migrate
from sakark_api.db.rights import PG_CLASS, in_our_schema
from sakark_api.doctor.report import Finding, failure, ok
from sakark_api.tenancy.tables import METADATA, own_tables
from sakark_api.texts import text

__all__ = ["check_schema"]

CHECK = "schema"
VERSIONS = "alembic_version"

_COLUMNS = table(
    "pg_attribute",
    *(column(name) for name in ("attrelid", "attname", "attnum", "attisdropped")),
)


def check_schema(connection: Connection) -> Finding:
    """Compare the schema with the program: by its number, or else by its columns."""
    columns = _columns_of(connection)
    if not columns:
        return failure(CHECK, text("Databasen er tom; kjør «sakark db upgrade» som eieren."))
    if _may_read_version(connection):
        return _by_number(migrate.current(connection))
    return _by_columns(columns)


def _columns_of(connection: Connection) -> Mapping[str, set[str]]:
    """Give the names of the columns of each of our tables that is there."""
    found: dict[str, set[str]] = {}
    rows = connection.execute(
        select(PG_CLASS.c.relname, _COLUMNS.c.attname)
        .join(_COLUMNS, _COLUMNS.c.attrelid == PG_CLASS.c.oid)
        .where(in_our_schema(own_tables()), _COLUMNS.c.attnum > 0, ~_COLUMNS.c.attisdropped)
    )
    for name, attribute in rows:
        found.setdefault(name, set()).add(attribute)
    return found


def _may_read_version(connection: Connection) -> bool:
    """Tell whether this role may read the schema's number, which the owner keeps."""
    may = connection.scalar(
        select(func.has_table_privilege(PG_CLASS.c.oid, "SELECT")).where(in_our_schema([VERSIONS]))
    )
    return bool(may)


def _by_number(found: str | None) -> Finding:
    newest = migrate.newest()
    if found == newest:
        return ok(CHECK, text("Skjemaet er i utgave {utgave}.", utgave=newest))
    if found is not None and not migrate.is_known(found):
        return failure(
            CHECK,
            text(
                "Skjemaet er i utgave {funnet}, som er nyere enn programmet; installer programmet"
                " som hører til.",
                funnet=found,
            ),
        )
    return _too_old()


def _by_columns(found: Mapping[str, set[str]]) -> Finding:
    wanted = {name: set(one.columns.keys()) for name, one in METADATA.tables.items()}
    if any(columns - found.get(name, set()) for name, columns in wanted.items()):
        return _too_old()
    unknown = [
        f"{name}.{column}"
        for name, columns in found.items()
        for column in sorted(columns - wanted[name])
    ]
    if unknown:
        return failure(
            CHECK,
            text(
                "Skjemaet har {kolonne}, som programmet ikke kjenner, og er nyere enn programmet;"
                " installer programmet som hører til.",
                kolonne=unknown[0],
            ),
        )
    return ok(CHECK, text("Skjemaet har de tabellene og kolonnene som programmet bruker."))


def _too_old() -> Finding:
    return failure(
        CHECK,
        text("Skjemaet er eldre enn programmet; kjør «sakark db upgrade» som eieren."),
    )
