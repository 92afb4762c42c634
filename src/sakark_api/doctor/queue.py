"""The queue: whether the worker gets at it, and whether requests may put work in."""

from typing import Final

from sqlalchemy import Connection, and_, column, func, not_, select, table

from sakark_api.db.queue import SCHEMA
from sakark_api.db.reader import APPLICATION_ROLE
from sakark_api.db.rights import PG_CLASS
from sakark_api.doctor.report import Finding, failure, ok
from sakark_api.texts import text

__all__ = ["check_queue"]

CHECK = "queue"
_RIGHTS: Final = ("SELECT", "INSERT", "UPDATE", "DELETE")
_TABLES: Final = (
    "procrastinate_jobs",
    "procrastinate_events",
    "procrastinate_periodic_defers",
    "procrastinate_workers",
    "feil",
)
_DEFER: Final = "sakark_defer(text, uuid)"
_NAMESPACES = table("pg_namespace", column("oid"), column("nspname"))


def check_queue(connection: Connection) -> Finding:
    """Look for the rights that the worker has in the queue, and requests to put work in it."""
    reached = connection.scalar(
        select(func.has_schema_privilege(APPLICATION_ROLE, _NAMESPACES.c.oid, "USAGE")).where(
            _NAMESPACES.c.nspname == SCHEMA
        )
    )
    may_defer = connection.scalar(
        select(func.has_function_privilege(APPLICATION_ROLE, _DEFER, "EXECUTE")).where(
            func.to_regprocedure(_DEFER).is_not(None)
        )
    )
    lacking = [
        *([] if reached else [SCHEMA]),
        *(f"{SCHEMA}.{name}" for name in _out_of_reach(connection)),
        *([] if may_defer else [_DEFER]),
    ]
    if lacking:
        return failure(
            CHECK,
            text(
                "Rollen {rolle} mangler retter i køen ({hva}), så dokumenter blir ikke undersøkt;"
                " kjør «sakark db upgrade» som eieren.",
                rolle=APPLICATION_ROLE,
                hva=", ".join(lacking),
            ),
        )
    return ok(CHECK, text("Arbeid kan legges i køen, og worker får tak i den."))


def _out_of_reach(connection: Connection) -> list[str]:
    """Name the tables of the queue that the worker lacks a right to, or that are not there."""
    allowed = (func.has_table_privilege(APPLICATION_ROLE, PG_CLASS.c.oid, one) for one in _RIGHTS)
    found = connection.execute(
        select(PG_CLASS.c.relname, not_(and_(*allowed)))
        .join(_NAMESPACES, PG_CLASS.c.relnamespace == _NAMESPACES.c.oid)
        .where(_NAMESPACES.c.nspname == SCHEMA, PG_CLASS.c.relname.in_(_TABLES))
    )
    lacks: dict[str, bool] = dict(found.all())
    return [name for name in _TABLES if lacks.get(name, True)]
