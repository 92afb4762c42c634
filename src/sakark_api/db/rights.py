"""What the role of a connection may do that no role that serves may."""

from collections.abc import Collection, Iterator

from sqlalchemy import ColumnElement, Connection, and_, column, func, or_, select, table

from sakark_api.texts import Text, text

__all__ = ["PG_CLASS", "in_our_schema", "may_become", "unsafe_rights"]

PG_CLASS = table(
    "pg_class",
    *(column(name) for name in ("oid", "relname", "relnamespace", "relowner")),
    *(column(name) for name in ("relrowsecurity", "relforcerowsecurity")),
)
_NAMESPACES = table("pg_namespace", column("oid"), column("nspname"))
_ROLES = table(
    "pg_roles", *(column(name) for name in ("oid", "rolname", "rolsuper", "rolbypassrls"))
)


def unsafe_rights(connection: Connection, own_tables: Collection[str]) -> list[Text]:
    """Say why it is unsafe to serve on this connection; nothing when it is safe.

    What the role that logged in may become counts too: it is one statement away. `own_tables`
    names the tables that the service keeps its rows in.
    """
    login = connection.execute(
        select(_ROLES.c.rolname, _ROLES.c.rolsuper).where(_ROLES.c.rolname == func.session_user())
    ).one()
    if login.rolsuper:  # and may thus become everybody
        return [_superuser(login.rolname)]
    return [*_above_row_security(connection), *_owners(connection, own_tables)]


def may_become(connection: Connection, role: str) -> bool:
    """Tell whether who logged in may act as a role."""
    may = func.pg_has_role(func.session_user(), _ROLES.c.oid, "MEMBER")
    return bool(connection.scalar(select(may).where(_ROLES.c.rolname == role)))


def in_our_schema(names: Collection[str]) -> ColumnElement[bool]:
    """Pick the rows of `PG_CLASS` that are the tables of these names."""
    schema = select(_NAMESPACES.c.oid).where(_NAMESPACES.c.nspname == func.current_schema())
    return and_(
        PG_CLASS.c.relnamespace == schema.scalar_subquery(), PG_CLASS.c.relname.in_(sorted(names))
    )


def _may_become(role: ColumnElement[int]) -> ColumnElement[bool]:
    return func.pg_has_role(func.session_user(), role, "MEMBER")


def _above_row_security(connection: Connection) -> Iterator[Text]:
    roles = connection.execute(
        select(_ROLES.c.rolname, _ROLES.c.rolsuper)
        .where(_may_become(_ROLES.c.oid), or_(_ROLES.c.rolsuper, _ROLES.c.rolbypassrls))
        .order_by(_ROLES.c.rolname)
    )
    for role in roles:
        yield _superuser(role.rolname) if role.rolsuper else _bypasses(role.rolname)


def _owners(connection: Connection, own_tables: Collection[str]) -> Iterator[Text]:
    owners = connection.scalars(
        select(func.pg_get_userbyid(PG_CLASS.c.relowner))
        .where(in_our_schema(own_tables), _may_become(PG_CLASS.c.relowner))
        .distinct()
    )
    for owner in owners:
        yield text(
            "Tjenesten kan opptre som databaserollen {rolle}, som eier tabeller og kan slå av"
            " skillet mellom kommunene; la den logge inn som en rolle som ikke eier noe.",
            rolle=owner,
        )


def _superuser(role: str) -> Text:
    return text(
        "Tjenesten kan opptre som databaserollen {rolle}, som er superbruker og ser alle kommuners"
        " rader; la den logge inn som en vanlig rolle.",
        rolle=role,
    )


def _bypasses(role: str) -> Text:
    return text(
        "Tjenesten kan opptre som databaserollen {rolle}, som slipper forbi skillet mellom"
        " kommunene; ta fra rollen retten BYPASSRLS.",
        rolle=role,
    )
