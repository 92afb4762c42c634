"""The database server: its version, what it knows, and whether it keeps what it has answered."""

from sqlalchemy import Connection, column, func, select, table

from sakark_api.doctor.report import Finding, failure, ok
from sakark_api.settings import Settings
from sakark_api.texts import text

__all__ = ["check_capacity", "check_durability", "check_server"]

OLDEST = 15
RESERVE = 10
"""Connections left for migrations, back-ups and whoever looks into the database."""
DURABLE = ("fsync", "full_page_writes", "synchronous_commit")

_TIME_ZONES = table("pg_timezone_names", column("name"))
_SEARCHES = table("pg_ts_config", column("cfgname"))


def check_server(connection: Connection) -> list[Finding]:
    """Look at what the schema and the service cannot do without."""
    return [
        _version(connection),
        _encoding(connection),
        _norwegian(connection),
        _time_zone(connection),
    ]


def _setting(connection: Connection, name: str) -> str:
    return str(connection.scalar(select(func.current_setting(name))))


def _version(connection: Connection) -> Finding:
    check, major = "database-version", int(_setting(connection, "server_version_num")) // 10_000
    if major < OLDEST:
        return failure(
            check,
            text(
                "Databasen er PostgreSQL {utgave}, som er for gammel; oppgrader til {eldst} eller"
                " nyere.",
                utgave=major,
                eldst=OLDEST,
            ),
        )
    return ok(check, text("Databasen er PostgreSQL {utgave}.", utgave=major))


def _encoding(connection: Connection) -> Finding:
    check, encoding = "database-encoding", _setting(connection, "server_encoding")
    if encoding != "UTF8":
        return failure(
            check,
            text(
                "Databasen lagrer tegn som {koding} og kan ikke ta imot alle navn; lag den på nytt"
                " med UTF8.",
                koding=encoding,
            ),
        )
    return ok(check, text("Databasen kan lagre alle tegn (UTF8)."))


def _norwegian(connection: Connection) -> Finding:
    check = "database-norwegian"
    found = connection.scalar(select(func.count()).where(_SEARCHES.c.cfgname == "norwegian"))
    if not found:
        return failure(
            check,
            text(
                "Databasen mangler søk i norske ord (oppsettet «norwegian»); lag databasen på nytt"
                " fra template0, eller installer hele PostgreSQL."
            ),
        )
    return ok(check, text("Databasen kan søke i norske ord."))


def _time_zone(connection: Connection) -> Finding:
    check = "database-time-zone"
    found = connection.scalar(select(func.count()).where(_TIME_ZONES.c.name == "Europe/Oslo"))
    if not found:
        return failure(
            check,
            text(
                "Databasen kjenner ikke norsk tid (Europe/Oslo); installer tidssonene (tzdata) på"
                " databasens maskin."
            ),
        )
    return ok(check, text("Databasen kjenner norsk tid."))


def check_durability(connection: Connection) -> Finding:
    """Tell whether what the database has answered outlives a power cut."""
    check = "database-durability"
    off = [name for name in DURABLE if _setting(connection, name) == "off"]
    if off:
        return failure(
            check,
            text(
                "Databasen kan miste det den har svart ja til når strømmen går, for {navn} er slått"
                " av; slå det på i databasens oppsett.",
                navn=", ".join(off),
            ),
        )
    return ok(check, text("Databasen mister ikke det den har svart ja til."))


def check_capacity(connection: Connection, settings: Settings) -> Finding:
    """Tell whether there is room for the connections of every process."""
    check = "database-capacity"
    reserved = int(_setting(connection, "superuser_reserved_connections"))
    room = int(_setting(connection, "max_connections")) - reserved
    wanted = 2 * settings.database_pool_size * settings.processes + RESERVE
    if wanted > room:
        return failure(
            check,
            text(
                "Databasen har {plass} forbindelser, og tjenesten kan trenge {behov}; øk"
                " max_connections der, eller senk SAKARK_DATABASE_POOL_SIZE eller"
                " SAKARK_PROCESSES.",
                plass=room,
                behov=wanted,
            ),
        )
    return ok(check, text("Databasen har plass til tjenestens forbindelser."))
