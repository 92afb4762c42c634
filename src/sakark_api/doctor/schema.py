"""The schema: whether it is there, and whether it is the one this program wants."""

from sqlalchemy import Connection

from sakark_api.db.schema import WANTED, SchemaState, schema_state
from sakark_api.doctor.report import Finding, failure, ok
from sakark_api.texts import text

__all__ = ["check_schema"]

CHECK = "schema"
_WRONG = {
    SchemaState.EMPTY: text("Databasen er tom; kjør «sakark db upgrade» som eieren."),
    SchemaState.OLDER: text(
        "Skjemaet er eldre enn programmet; kjør «sakark db upgrade» som eieren."
    ),
    SchemaState.NEWER: text(
        "Skjemaet er nyere enn programmet; installer programmet som hører til."
    ),
}


def check_schema(connection: Connection) -> Finding:
    """Compare the schema's version with the program's."""
    state = schema_state(connection)
    if state is SchemaState.RIGHT:
        return ok(CHECK, text("Skjemaet er i utgave {utgave}.", utgave=WANTED))
    return failure(CHECK, _WRONG[state])
