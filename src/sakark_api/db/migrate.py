"""The schema's versions: bring a database up to date, or tell which version it has."""

from collections.abc import Callable
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import ColumnElement, Connection, false, func, select
from sqlalchemy.exc import DBAPIError
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

from sakark_api.db.schema import migrations_folder
from sakark_api.errors import Unavailable
from sakark_api.texts import text

__all__ = ["current", "downgrade", "newest", "upgrade"]

_LOCK_WAIT: Final = "800ms"
"""Less than a second, after which PostgreSQL looks for deadlocks and may end another's work."""
_PATIENCE_SECONDS: Final = 300
_HELD: Final = ("55P03", "40P01")  # the lock's time ran out; a deadlock all the same
_OURS: Final = 7_255_275_111  # "sakark" on a telephone's keys: the lock of those who upgrade


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Bring the database to a version, as the owner of its tables, while others work in it.

    The connection must not be in a transaction: each version is committed by itself. Only one
    upgrade runs at a time. No statement waits long for a table that others use, since all who come
    after would wait behind it: the version is tried again instead. Raises `Unavailable` when the
    tables were in use all the time.
    """
    _alone(connection, lambda: command.upgrade(_config(connection), revision))


def downgrade(connection: Connection, revision: str) -> None:
    """Take the database back to a version; for tests, and for the brave."""
    _alone(connection, lambda: command.downgrade(_config(connection), revision))


def _alone(connection: Connection, act: Callable[[], None]) -> None:
    _say(connection, func.set_config("lock_timeout", _LOCK_WAIT, false()))
    _patiently(lambda: _say(connection, func.pg_advisory_lock(_OURS)))
    try:
        _patiently(act)
    finally:
        connection.rollback()  # what Alembic began, to see that there was nothing to do
        _say(connection, func.pg_advisory_unlock(_OURS))


def _say(connection: Connection, call: ColumnElement[Any]) -> None:
    """Call a function of the database in a transaction of its own."""
    with connection.begin():
        connection.execute(select(call))


def _patiently(act: Callable[[], None]) -> None:
    """Do something again for as long as others hold what it needs."""
    try:
        for attempt in Retrying(
            retry=retry_if_exception(_is_held),
            wait=wait_random_exponential(multiplier=0.2, max=5),
            stop=stop_after_delay(_PATIENCE_SECONDS),
            reraise=True,
        ):
            with attempt:
                act()
    except DBAPIError as error:
        if not _is_held(error):
            raise
        raise Unavailable(
            text("Tabellene var i bruk hele tiden. Prøv igjen når det er roligere.")
        ) from error


def _is_held(error: BaseException) -> bool:
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", "") in _HELD


def current(connection: Connection) -> str | None:
    """Tell which version the database has; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def newest() -> str | None:
    """Tell which version this program wants."""
    return ScriptDirectory.from_config(_config(None)).get_current_head()


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    config.attributes["connection"] = connection
    return config
