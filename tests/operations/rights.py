"""Who may do what in a database: its roles, rights and row security, to be compared."""

from pathlib import Path

import asyncpg
from tests.operations.archiving import as_superuser

__all__ = ["rights"]

_RIGHTS = """
select 'role', rolname::text, rolcanlogin::text, rolsuper::text || rolbypassrls::text
  from pg_roles where rolname not like 'pg\\_%'
union all select 'table', relname::text, pg_get_userbyid(relowner)::text,
    relrowsecurity::text || relforcerowsecurity::text || coalesce(relacl::text, '')
  from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
union all select 'column', attrelid::regclass::text, attname::text, attacl::text
  from pg_attribute where attacl is not null and attrelid >= 16384
union all select 'policy', tablename::text, policyname::text, roles::text || qual || with_check
  from pg_policies
order by 1, 2, 3, 4
"""


def rights(postgres: Path) -> list[tuple[str, ...]]:
    """Give every role, every table's owner and rights, and every rule of row security."""

    async def fetch(connection: asyncpg.Connection) -> list[tuple[str, ...]]:
        return [tuple(row) for row in await connection.fetch(_RIGHTS)]

    return as_superuser(postgres, fetch)
