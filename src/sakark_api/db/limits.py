"""How long the database may take: set on each connection, so that the server keeps to it."""

from typing import Final

from sakark_api.settings import Settings

__all__ = ["SPARE_SECONDS", "server_limits"]

SPARE_SECONDS: Final = 2.0
"""How much longer we wait than the server should take, before we take it for gone."""
_IDLE_SECONDS: Final = 60.0


def server_limits(settings: Settings) -> dict[str, str]:
    """Give the server's own limits on statements, locks and transactions that nobody ends."""
    return {
        "application_name": "sakark",
        "statement_timeout": _milliseconds(settings.database_statement_seconds),
        "lock_timeout": _milliseconds(settings.database_lock_seconds),
        "idle_in_transaction_session_timeout": _milliseconds(_IDLE_SECONDS),
    }


def _milliseconds(seconds: float) -> str:
    return str(round(seconds * 1000))
