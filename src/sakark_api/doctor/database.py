"""The way to the database, and why it is closed when it is."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from socket import gaierror

import asyncpg
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from sakark_api.db.reader import driver_url
from sakark_api.settings import PREFIX, Settings
from sakark_api.texts import Text, text

__all__ = ["FAULTS", "Way", "connected", "driver_error", "fault", "not_that_role", "way"]

LONGEST_WAIT = 5.0
USUAL_PORT = 5432
FAULTS = (
    DBAPIError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    OSError,  # TimeoutError is one
    ArgumentError,
    ValueError,  # an address that cannot be read
)
"""What goes wrong between us and a database."""


@dataclass(frozen=True)
class Way:
    """How to reach a database: the setting that says so, its value, and how long to wait."""

    setting: str
    url: str
    seconds: float


def way(settings: Settings, name: str) -> Way | None:
    """Give the way that a setting shows; None when it is not set."""
    url = getattr(settings, name)
    if url is None:
        return None
    seconds = min(settings.database_connect_seconds, LONGEST_WAIT)
    return Way(f"{PREFIX}{name.upper()}", url, seconds)


@asynccontextmanager
async def connected(way: Way, role: str | None = None) -> AsyncIterator[AsyncConnection]:
    """Connect, and act as `role` from the first moment, as the service does."""

    async def connect() -> asyncpg.Connection:
        async with asyncio.timeout(way.seconds):
            return await asyncpg.connect(
                driver_url(way.url),
                command_timeout=LONGEST_WAIT,
                server_settings={} if role is None else {"role": role},
            )

    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,
    )
    async with engine.connect() as connection:
        yield connection


def not_that_role(way: Way, role: str) -> Text:
    return text(
        "Brukeren i {navn} får ikke opptre som rollen {rolle}; la eieren av databasen gi den"
        " rollen med GRANT.",
        navn=way.setting,
        rolle=role,
    )


def fault(way: Way, error: Exception) -> Text:
    """Say in plain words why there is no connection."""
    url = _read(way.url)
    if url is None:
        return Text(_UNREADABLE.msgid, {"navn": way.setting})
    cause = driver_error(error)
    sentence = next((one for kind, one in _SENTENCES if isinstance(cause, kind)), _OTHER)
    values = {
        "navn": way.setting,
        "vert": url.host,
        "port": url.port or USUAL_PORT,
        "database": url.database,
        "bruker": url.username,
        "sekunder": round(way.seconds, 1),
        "feil": getattr(cause, "sqlstate", None) or type(cause).__name__,
    }
    return Text(sentence.msgid, values)


def _read(url: str) -> URL | None:
    """Read an address; None where what comes out as the host may be a part of the password."""
    try:
        return make_url(url) if url.count("@") <= 1 else None
    except (ArgumentError, ValueError):
        return None


def driver_error(error: BaseException) -> BaseException:
    """Find what the driver said inside what SQLAlchemy makes of it."""
    while isinstance(error, DBAPIError) or type(error).__module__.startswith("sqlalchemy."):
        cause = error.orig if isinstance(error, DBAPIError) else error.__cause__
        if cause is None:
            break
        error = cause
    return error


_UNREADABLE = text(
    "{navn} kan ikke leses som en adresse; skriv tegn som /, @ og : i passordet som %2F, %40"
    " og %3A."
)
_NO_ANSWER = text("Ingen database svarer på {vert} port {port}; start den, eller rett {navn}.")
_OTHER = text("Databasen på {vert} avbryter ({feil}); se i databasens logg.")
_SENTENCES: Sequence[tuple[type[BaseException], Text]] = (
    (gaierror, text("Verten {vert} i {navn} finnes ikke; rett navnet.")),
    (
        TimeoutError,
        text(
            "Databasen på {vert} port {port} svarer ikke innen {sekunder} sekunder; se etter"
            " brannmuren og adressen i {navn}."
        ),
    ),
    (
        asyncpg.InvalidCatalogNameError,
        text("Databasen {database} finnes ikke på {vert}; lag den, eller rett {navn}."),
    ),
    (
        asyncpg.InvalidPasswordError,
        text("Databasen avviser brukeren {bruker} eller passordet; rett {navn}."),
    ),
    (
        asyncpg.InvalidAuthorizationSpecificationError,
        text(
            "Databasen slipper ikke inn {bruker} herfra på denne måten; rett pg_hba.conf der, eller"
            " be om kryptering med sslmode i {navn}."
        ),
    ),
    (
        asyncpg.TooManyConnectionsError,
        text("Databasen på {vert} har ingen ledige forbindelser; øk max_connections der."),
    ),
    (
        ssl.SSLError,
        text(
            "Sertifikatet til databasen på {vert} godtas ikke; gi tjenesten utstederens sertifikat"
            " med sslrootcert i {navn}."
        ),
    ),
    (ConnectionRefusedError, _NO_ANSWER),
    (ConnectionResetError, _NO_ANSWER),
    (
        ConnectionError,  # asyncpg's, when it may not go on without
        text(
            "Databasen på {vert} tilbyr ikke kryptering, som {navn} krever med sslmode; slå på SSL"
            " i databasen."
        ),
    ),
    (OSError, _NO_ANSWER),
    (ValueError, _UNREADABLE),
)
"""What to say of an error, the particular before the general."""
