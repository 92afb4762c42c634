"""The database as the service sees it: every check that SAKARK_DATABASE_URL leads to, in order."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import asyncpg
from sqlalchemy import Connection, func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from sakark_api.db.reader import APPLICATION_ROLE
from sakark_api.db.rights import may_become, unsafe_rights
from sakark_api.doctor.clock import Clocks
from sakark_api.doctor.database import FAULTS, Way, connected, driver_error, fault, not_that_role
from sakark_api.doctor.pooler import check_pooler
from sakark_api.doctor.queue import check_queue
from sakark_api.doctor.report import Finding, failure, has_failed, ok, warning
from sakark_api.doctor.schema import check_schema
from sakark_api.doctor.separation import (
    check_partition_rights,
    check_partitions,
    check_row_security,
    check_table_rights,
)
from sakark_api.doctor.server import check_capacity, check_durability, check_server
from sakark_api.doctor.sieve import check_sieve
from sakark_api.settings import Settings
from sakark_api.tenancy.kommune import Kommune, Status, load_registry
from sakark_api.tenancy.tables import own_tables
from sakark_api.texts import Text, text

__all__ = ["Application", "check_application"]

CONNECTION, ROLE, RIGHTS = "database-connection", "database-role", "database-rights"
NOT_THAT_ROLE = (asyncpg.InsufficientPrivilegeError, asyncpg.InvalidParameterValueError)
OPEN = (Status.PROEVEDRIFT, Status.DRIFT)


@dataclass
class Application:
    """What was found, whether the database answers at all, and the kommuner of the registry."""

    findings: list[Finding]
    reached: bool = True
    kommuner: Sequence[Kommune] = field(default=())


async def check_application(way: Way, settings: Settings, clocks: Clocks) -> Application:
    """Look at the database as the role that logs in, then as the one the service acts as."""
    try:
        pooler = await check_pooler(way)
        if has_failed([pooler]):
            return Application([pooler])
        async with connected(way) as connection:
            await _note_time(connection, clocks)
            inside = await connection.run_sync(_look_inside, settings)
    except FAULTS as error:
        return Application([failure(CONNECTION, fault(way, error))], reached=False)
    reached = ok(CONNECTION, text("Databasen svarer, og slipper tjenesten inn."))
    application = Application([reached, pooler, *inside])
    if not has_failed(one for one in inside if one.id not in _NOT_IN_THE_WAY):
        await _look_as_application(way, settings, application)
    return application


_NOT_IN_THE_WAY = (
    "database-durability",
    "database-capacity",
    "row-security",
    "queue",
    "partition-rights",
)


async def _note_time(connection: AsyncConnection, clocks: Clocks) -> None:
    theirs = await connection.scalar(select(func.clock_timestamp()))
    if theirs is not None:
        clocks.note("databasen", theirs.timestamp())


def _look_inside(connection: Connection, settings: Settings) -> list[Finding]:
    server, rights = check_server(connection), _rights(connection)
    use = [check_durability(connection), check_capacity(connection, settings)]
    if has_failed(server) or not may_become(connection, APPLICATION_ROLE):
        return [*server, *use, *rights]
    schema = check_schema(connection)
    if has_failed([schema]):
        return [*server, *use, *rights, schema]
    separation = [check_row_security(connection), check_queue(connection)]
    if not has_failed(rights):
        separation += [check_table_rights(connection), check_partition_rights(connection)]
    return [*server, *use, *rights, schema, *separation]


def _rights(connection: Connection) -> list[Finding]:
    unsafe = unsafe_rights(connection, own_tables())
    if unsafe:
        return [failure(RIGHTS, sentence) for sentence in unsafe]
    return [ok(RIGHTS, text("Tjenesten har ikke flere retter i databasen enn den skal."))]


async def _look_as_application(way: Way, settings: Settings, application: Application) -> None:
    """Act as the application role, and read the registry and some of each kommune as it."""
    try:
        async with connected(way, APPLICATION_ROLE) as connection:
            kommuner = await _registry(connection)
            partitions = await connection.run_sync(check_partitions, kommuner)
        sieve = [] if has_failed([partitions]) else await check_sieve(settings, kommuner)
    except FAULTS as error:
        application.findings.append(failure(ROLE, _role_fault(way, error)))
        return
    application.kommuner = kommuner
    application.findings += [
        ok(ROLE, text("Tjenesten får opptre som rollen {rolle}.", rolle=APPLICATION_ROLE)),
        partitions,
        *sieve,
        *_kommuner(kommuner),
    ]


async def _registry(connection: AsyncConnection) -> list[Kommune]:
    async with AsyncSession(connection) as session:
        return list((await load_registry(session)).values())


def _role_fault(way: Way, error: Exception) -> Text:
    if isinstance(driver_error(error), NOT_THAT_ROLE):
        return not_that_role(way, APPLICATION_ROLE)
    return fault(way, error)


def _kommuner(kommuner: Sequence[Kommune]) -> list[Finding]:
    """Tell of a registry that lets nobody in."""
    check = "kommuner"
    if not kommuner:
        return [
            warning(
                check,
                text(
                    "Tjenesten har ingen kommuner ennå; legg til den første med kommandoen"
                    " «sakark kommune add»."
                ),
            )
        ]
    closed = [one for one in kommuner if one.status in OPEN and not one.issuers]
    if closed:
        return [
            warning(
                check,
                text(
                    "Kommunen {kommune} er i bruk, men ingen kan logge inn der; sett en"
                    " innloggingstjeneste med «sakark kommune set {kommune} --issuer».",
                    kommune=one.slug,
                ),
            )
            for one in closed
        ]
    return [ok(check, text("Registeret har {antall} kommuner.", antall=len(kommuner)))]
