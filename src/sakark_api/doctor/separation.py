"""What keeps kommuner apart in the database: row security, rights and partitions."""

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    String,
    and_,
    any_,
    cast,
    column,
    func,
    literal,
    or_,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import OID

from sakark_api.db.reader import APPLICATION_ROLE
from sakark_api.db.rights import PG_CLASS, in_our_schema
from sakark_api.doctor.report import Finding, failure, ok
from sakark_api.tenancy.kommune import IssuerRow, Kommune, KommuneRow
from sakark_api.tenancy.partitions import partition_name, partitioned_tables, tenant_tables
from sakark_api.texts import text

__all__ = ["check_partition_rights", "check_partitions", "check_row_security", "check_table_rights"]

THE_KOMMUNE = "app.tenant_id"
"""The setting of a connection that every policy must compare rows with."""
NEVER_CHANGED = ("endringslogg", "bruk", "segl", "seglrad")
NEVER_UPDATED = (*NEVER_CHANGED, "radendring")
EVERYBODY = 0
"""How a policy names PUBLIC among its roles."""
EVERY_RIGHT = "SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER"

_POLICIES = table(
    "pg_policy",
    *(column(name) for name in ("polrelid", "polpermissive", "polqual", "polwithcheck")),
    column("polroles", ARRAY(OID)),
)
_INHERITS = table("pg_inherits", column("inhrelid"), column("inhparent"))


def check_row_security(connection: Connection) -> Finding:
    """Look for row security in force, with policies that ask which kommune it is."""
    check, tables = "row-security", {one.name for one in tenant_tables()}
    secured = connection.scalars(
        select(PG_CLASS.c.relname)
        .join(_POLICIES, _POLICIES.c.polrelid == PG_CLASS.c.oid)
        .where(
            in_our_schema(tables),
            PG_CLASS.c.relrowsecurity,
            PG_CLASS.c.relforcerowsecurity,
            _POLICIES.c.polpermissive,
            _concerns_us(),
        )
        .group_by(PG_CLASS.c.relname)
        .having(
            func.bool_and(and_(_compares(_POLICIES.c.polqual), _compares(_POLICIES.c.polwithcheck)))
        )
    )
    open_tables = tables - set(secured)
    if open_tables:
        return failure(
            check,
            text(
                "Databasen skiller ikke kommunene i {tabeller}; la eieren slå på og tvinge"
                " radsikkerhet der, og bare ha regelen own_kommune.",
                tabeller=_listed(open_tables),
            ),
        )
    return ok(check, text("Databasen skiller kommunene i alle tabeller."))


def _concerns_us() -> ColumnElement[bool]:
    """Tell whether a policy is for everybody, or for the role that requests run as."""
    ours = cast(func.to_regrole(APPLICATION_ROLE), OID)
    return or_(
        literal(EVERYBODY, OID) == any_(_POLICIES.c.polroles), ours == any_(_POLICIES.c.polroles)
    )


def _compares(expression: ColumnElement[object]) -> ColumnElement[bool]:
    """Tell whether a policy's expression, if it has one, asks which kommune it is."""
    written = func.pg_get_expr(expression, _POLICIES.c.polrelid, type_=String())
    return or_(expression.is_(None), written.contains(THE_KOMMUNE, autoescape=True))


def check_table_rights(connection: Connection) -> Finding:
    """Look for the rights that requests need, and for those that reach past the rules."""
    check = "table-rights"
    missing = sorted(set(_missing(connection)))
    if missing:
        return failure(
            check,
            text(
                "Rollen {rolle} mangler retter på {tabeller}; la eieren gi dem tilbake med GRANT.",
                rolle=APPLICATION_ROLE,
                tabeller=_listed(missing),
            ),
        )
    superfluous = sorted(set(_superfluous(connection)))
    if superfluous:
        return failure(
            check,
            text(
                "Rollen {rolle} kan endre eller tømme {tabeller}, som skal stå; la eieren ta fra"
                " den rettene med REVOKE.",
                rolle=APPLICATION_ROLE,
                tabeller=_listed(superfluous),
            ),
        )
    return ok(check, text("Rollen {rolle} har de rettene den trenger.", rolle=APPLICATION_ROLE))


def _missing(connection: Connection) -> Iterator[str]:
    ours = [one.name for one in tenant_tables()]
    registry = [KommuneRow.__tablename__, IssuerRow.__tablename__]
    for right, tables in (
        ("SELECT", [*ours, *registry]),
        ("INSERT", ours),
        ("UPDATE", [name for name in ours if name not in NEVER_UPDATED]),
        ("DELETE", [name for name in ours if name not in NEVER_CHANGED]),
    ):
        yield from connection.scalars(
            select(PG_CLASS.c.relname).where(in_our_schema(tables), ~_has(right))
        )
    yield from connection.scalars(
        select(PG_CLASS.c.relname).where(
            in_our_schema([KommuneRow.__tablename__]),
            ~func.has_column_privilege(
                APPLICATION_ROLE, PG_CLASS.c.oid, KommuneRow.kodeverk_version.key, "UPDATE"
            ),
        )
    )


def _superfluous(connection: Connection) -> Iterator[str]:
    ours = [one.name for one in tenant_tables()]
    for right, tables in (
        ("UPDATE", NEVER_UPDATED),
        ("DELETE", NEVER_CHANGED),
        ("TRUNCATE", ours),  # row security does not apply to it
    ):
        yield from connection.scalars(
            select(PG_CLASS.c.relname).where(in_our_schema(tables), _has(right))
        )


def _has(right: str) -> ColumnElement[bool]:
    return func.has_table_privilege(APPLICATION_ROLE, PG_CLASS.c.oid, right)


def check_partition_rights(connection: Connection) -> Finding:
    """Look for rights directly on partitions, where row security of the parent does not reach."""
    check = "partition-rights"
    parents = select(PG_CLASS.c.oid).where(
        in_our_schema([one.name for one in partitioned_tables()])
    )
    partitions = select(_INHERITS.c.inhrelid).where(_INHERITS.c.inhparent.in_(parents))
    reached = connection.scalars(
        select(PG_CLASS.c.relname).where(PG_CLASS.c.oid.in_(partitions), _has(EVERY_RIGHT))
    ).all()
    if reached:
        return failure(
            check,
            text(
                "Rollen {rolle} når {tabeller} utenom skillet mellom kommunene; la eieren ta fra"
                " den rettene der med REVOKE.",
                rolle=APPLICATION_ROLE,
                tabeller=_listed(reached),
            ),
        )
    return ok(check, text("Ingen når kommunenes tabelldeler utenom skillet mellom dem."))


def check_partitions(connection: Connection, kommuner: Sequence[Kommune]) -> Finding:
    """Look for every kommune's own part of each partitioned table."""
    check = "partitions"
    there = {table.name: _partitions(connection, table.name) for table in partitioned_tables()}
    missing = [
        partition
        for kommune in kommuner
        for name, partitions in there.items()
        if (partition := partition_name(name, kommune.id)) not in partitions
    ]
    if missing:
        return failure(
            check,
            text(
                "Tabelldelen {tabelldel} mangler, så kommunen kan ikke lagre noe der; la eieren"
                " lage den eller hente den fra sikkerhetskopi.",
                tabelldel=_listed(missing),
            ),
        )
    return ok(check, text("Alle kommuner har sine tabelldeler."))


def _partitions(connection: Connection, parent: str) -> set[str]:
    oid = select(PG_CLASS.c.oid).where(in_our_schema([parent])).scalar_subquery()
    children = select(_INHERITS.c.inhrelid).where(_INHERITS.c.inhparent == oid)
    return set(connection.scalars(select(PG_CLASS.c.relname).where(PG_CLASS.c.oid.in_(children))))


def _listed(names: Iterable[str]) -> str:
    """Name the first few."""
    first, *others = sorted(names)
    if not others:
        return first
    return f"{first} (og {len(others)} til)"
