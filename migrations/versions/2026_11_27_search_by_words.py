"""Let the index of words be used in spite of row security: `@@` is not leakproof.

The function runs as a role that sees which words rows hold and whose they are, and nothing else of
them. It gives the rows of the kommune that the connection serves, and of no other.
"""

from alembic import op

revision = "2026_11_27_search_by_words"
down_revision = "2026_11_27_idempotency_keys"
branch_labels = None
depends_on = None

APPLICATION_ROLE, ROLE = "sakark_app", "sakark_sok"
# In the order that requests take them, by and large.
SEARCHED = (
    "bruker",
    "administrativenhet",
    "arkivskaper",
    "arkiv",
    "klassifikasjonssystem",
    "arkivdel",
    "klasse",
    "mappe",
    "registrering",
    "dokumentbeskrivelse",
    "dokumentobjekt",
    "part",
    "korrespondansepart",
    "merknad",
    "nasjonalidentifikator",
    "moetedeltaker",
    "avskrivning",
    "dokumentflyt",
    "presedens",
    "konvertering",
    "tilgang",
    "virksomhetsspesifikkemetadata",
)
DEMAND = f"""
DO $$ BEGIN
  IF NOT EXISTS (
    SELECT FROM pg_roles WHERE rolname = '{ROLE}' AND pg_has_role(current_user, oid, 'MEMBER')
  ) THEN
    RAISE EXCEPTION USING MESSAGE = format(
      'As a superuser: CREATE ROLE {ROLE} NOLOGIN; GRANT {ROLE} TO %I WITH INHERIT FALSE;',
      current_user
    );
  END IF;
END $$
"""
FIND = """
CREATE FUNCTION sakark_find_words(held text, words tsquery, most int) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  kommune int := nullif(current_setting('app.tenant_id', true), '')::int;
BEGIN
  -- Written into the statement, so that it is planned for this kommune and these words.
  IF kommune IS NOT NULL THEN
    RETURN QUERY EXECUTE format(
      'SELECT system_id FROM public.%I WHERE tenant_id = %s AND sok @@ $1 LIMIT $2', held, kommune
    ) USING words, most;
  END IF;
END $$
"""
# All at once, or none and another try: less than the second after which PostgreSQL looks for deadlocks
# and may end a request.
LOCK = f"""
DO $$ DECLARE
  one name;
  began timestamptz := clock_timestamp();
BEGIN
  PERFORM set_config('lock_timeout', '300ms', true);
  FOREACH one IN ARRAY ARRAY[{", ".join(f"'{table}'" for table in SEARCHED)}] LOOP
    EXECUTE format('LOCK TABLE ONLY %I IN ACCESS EXCLUSIVE MODE', one);
    IF clock_timestamp() - began > interval '500ms' THEN
      RAISE lock_not_available USING MESSAGE = 'the tables are busy';
    END IF;
  END LOOP;
END $$
"""


def upgrade() -> None:
    op.execute(DEMAND)
    op.execute(LOCK)
    op.execute(FIND)
    op.execute("REVOKE ALL ON FUNCTION sakark_find_words FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION sakark_find_words TO {APPLICATION_ROLE}")
    op.execute(f"GRANT USAGE ON SCHEMA public TO {ROLE}")
    # To be given a function, a role must be one that could make it.
    op.execute(f"GRANT CREATE ON SCHEMA public TO {ROLE}")
    op.execute(f"ALTER FUNCTION sakark_find_words OWNER TO {ROLE}")
    op.execute(f"REVOKE CREATE ON SCHEMA public FROM {ROLE}")
    for table in SEARCHED:
        op.execute(f"GRANT SELECT (tenant_id, system_id, sok) ON {table} TO {ROLE}")
        op.execute(f"CREATE POLICY words ON {table} FOR SELECT TO {ROLE} USING (true)")


def downgrade() -> None:
    for table in reversed(SEARCHED):
        op.execute(f"DROP POLICY words ON {table}")
        op.execute(f"REVOKE SELECT (tenant_id, system_id, sok) ON {table} FROM {ROLE}")
    op.execute("DROP FUNCTION sakark_find_words")
    op.execute(f"REVOKE USAGE ON SCHEMA public FROM {ROLE}")
