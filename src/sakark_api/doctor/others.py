"""The other roles in the database: the owner of the tables, and the operator."""

from sqlalchemy import Connection, func, select

from sakark_api.db.rights import PG_CLASS, in_our_schema, may_become, unsafe_rights
from sakark_api.doctor.database import FAULTS, Way, connected, fault, not_that_role
from sakark_api.doctor.report import Finding, failure, ok, warning
from sakark_api.tenancy.operator import OPERATOR_ROLE
from sakark_api.tenancy.tables import own_tables
from sakark_api.texts import text

__all__ = ["check_operator", "check_owner"]


async def check_owner(way: Way) -> list[Finding]:
    """Look at the role that migrations run as, and at its address being here at all."""
    here = warning(
        "owner-address",
        text(
            "{navn} er satt, og den rollen kan endre alle tabeller; la den stå utenfor miljøet til"
            " «sakark serve».",
            navn=way.setting,
        ),
    )
    try:
        async with connected(way) as connection:
            return [here, *await connection.run_sync(_owner_rights, way)]
    except FAULTS as error:
        return [here, failure("owner-connection", fault(way, error))]


def _owner_rights(connection: Connection, way: Way) -> list[Finding]:
    check = "owner-rights"
    reached = ok("owner-connection", text("Databasen slipper inn eieren av tabellene."))
    if connection.scalar(select(func.current_setting("is_superuser"))) == "on":
        superuser = text(
            "Brukeren i {navn} er superbruker, som er mer enn migreringer trenger; bruk en rolle"
            " som bare eier tabellene.",
            navn=way.setting,
        )
        return [reached, warning(check, superuser)]
    foreign = connection.scalar(
        select(func.count()).where(
            in_our_schema(own_tables()),
            ~func.pg_has_role(PG_CLASS.c.relowner, "USAGE"),
        )
    )
    if foreign:
        stranger = text(
            "Brukeren i {navn} eier ikke alle tabellene og kan ikke oppgradere skjemaet; bruk"
            " rollen som lagde dem.",
            navn=way.setting,
        )
        return [reached, failure(check, stranger)]
    return [reached, ok(check, text("Eieren av tabellene kan oppgradere skjemaet."))]


async def check_operator(way: Way) -> list[Finding]:
    """Look at the role of the operator's API: it is let in, and is neither owner nor superuser."""
    try:
        async with connected(way) as connection:
            unsafe = await connection.run_sync(unsafe_rights, own_tables())
            may_act = await connection.run_sync(may_become, OPERATOR_ROLE)
    except FAULTS as error:
        return [failure("operator-connection", fault(way, error))]
    reached = ok("operator-connection", text("Databasen slipper inn driftens rolle."))
    if unsafe:
        return [reached, *(failure("operator-rights", sentence) for sentence in unsafe)]
    if not may_act:
        return [reached, failure("operator-role", not_that_role(way, OPERATOR_ROLE))]
    fine = text("Driftens rolle har ikke flere retter i databasen enn den skal.")
    return [reached, ok("operator-rights", fine)]
