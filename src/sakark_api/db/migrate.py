"""The schema's versions: bring a database up to date, or tell which version it has."""

from importlib import resources
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

__all__ = ["current", "downgrade", "newest", "upgrade"]

_IN_CHECKOUT: Final = Path(__file__).parents[3] / "migrations"


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Bring the database to a version, as the owner of its tables."""
    command.upgrade(_config(connection), revision)


def downgrade(connection: Connection, revision: str) -> None:
    """Take the database back to a version; for tests, and for the brave."""
    command.downgrade(_config(connection), revision)


def current(connection: Connection) -> str | None:
    """Tell which version the database has; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def newest() -> str | None:
    """Tell which version this program wants."""
    return ScriptDirectory.from_config(_config(None)).get_current_head()


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_folder()))
    config.attributes["connection"] = connection
    return config


def _folder() -> Path:
    """Find the migrations: beside the source in a checkout, inside the package when installed."""
    if _IN_CHECKOUT.is_dir():
        return _IN_CHECKOUT
    return Path(str(resources.files("sakark_api") / "migrations"))
