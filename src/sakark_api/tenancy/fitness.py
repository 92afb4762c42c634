"""Whether a database is fit to be served from: safe rights, and the schema this program wants."""

import logging

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from sakark_api.db.reader import APPLICATION_ROLE
from sakark_api.db.rights import unsafe_rights
from sakark_api.db.schema import SchemaState, schema_state
from sakark_api.errors import Conflict, Unavailable
from sakark_api.settings import Settings
from sakark_api.tenancy.session import application_engine
from sakark_api.tenancy.tables import own_tables
from sakark_api.texts import Text, joined, text

__all__ = ["refuse_to_start", "refuse_unfit", "unfit"]

log = logging.getLogger(__name__)


def refuse_unfit(connection: Connection) -> None:
    """Raise `Unavailable` when nothing should be served from here; the log has the reasons."""
    reasons = unfit(connection)
    for reason in reasons:
        log.error("%s", reason)
    if reasons:
        raise Unavailable(text("Tjenesten er ikke satt opp riktig. Kjør: sakark doctor"))


async def refuse_to_start(settings: Settings) -> None:
    """Raise `Conflict` with every reason not to serve; a database that is away may still come."""
    engine = application_engine(settings, APPLICATION_ROLE, pool_size=1)
    try:
        async with engine.connect() as connection:
            reasons = await connection.run_sync(unfit)
    except (DBAPIError, OSError) as error:
        if not _may_come(error):
            raise
        log.warning("The database does not answer yet: %s", type(error).__name__)
        return
    finally:
        await engine.dispose()
    if reasons:
        raise Conflict(joined(reasons, "\n"))


def _may_come(error: Exception) -> bool:
    state = str(getattr(getattr(error, "orig", None), "sqlstate", None) or "")
    return isinstance(error, OSError) or state.startswith(("08", "53", "57"))


def unfit(connection: Connection) -> list[Text]:
    """Say what is in the way of serving; nothing when all is well.

    A schema newer than the program is fine: that is how it is while an upgrade is under way.
    """
    reasons = unsafe_rights(connection, own_tables())
    if not reasons and schema_state(connection) in (SchemaState.EMPTY, SchemaState.OLDER):
        reasons.append(
            text("Skjemaet er eldre enn programmet; kjør «sakark db upgrade» som eieren.")
        )
    return reasons
