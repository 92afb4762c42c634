"""What the operator needs: a role that sees no content, usage, sandboxes and a log."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_22_add_drift"
down_revision = "2026_11_22_foundation"
branch_labels = None
depends_on = None

APPLICATION_ROLE = "sakark_app"
OPERATOR_ROLE = "sakark_drift"
THIS_TENANT = "NULLIF(current_setting('app.tenant_id', true), '')::int"

# Locks are waited for shorter than PostgreSQL waits before it looks for a deadlock (1 s): a cycle
# with live traffic is broken here, by whoever calls again, and never by failing the traffic.
LOCK_TIMEOUT = "250ms"
LOCK_ALL = """
  began := clock_timestamp();
  FOR big IN
    WITH parents AS (SELECT partrelid AS oid FROM pg_partitioned_table)
    SELECT c.relname FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition AND c.oid IN (
      SELECT oid FROM parents UNION SELECT confrelid FROM pg_constraint
      WHERE contype = 'f' AND conrelid IN (SELECT oid FROM parents)
    )
    ORDER BY c.relname
  LOOP
    EXECUTE format('LOCK TABLE ONLY public.%I IN {mode} MODE', big);
    IF clock_timestamp() - began > interval '500ms' THEN
      RAISE lock_not_available USING MESSAGE = 'the tables are busy';
    END IF;
  END LOOP;
"""

# Attached, not made in place: that would keep readers of every kommune out meanwhile.
ADD_PARTITIONS = (
    """
CREATE FUNCTION sakark_add_partitions(kommune_id smallint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '{timeout}' AS $$
DECLARE
  big name;
  part name;
  began timestamptz;
BEGIN
  IF NOT EXISTS (SELECT FROM public.kommune WHERE id = kommune_id) THEN
    RAISE no_data_found USING MESSAGE = format('there is no kommune %s', kommune_id);
  END IF;
"""
    + LOCK_ALL
    + """
  FOR big IN
    SELECT c.relname FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid
    WHERE c.relnamespace = 'public'::regnamespace ORDER BY c.relname
  LOOP
    part := big || '_k' || kommune_id;
    CONTINUE WHEN to_regclass(format('public.%I', part)) IS NOT NULL;
    EXECUTE format('CREATE TABLE public.%I (LIKE public.%I INCLUDING ALL)', part, big);
    EXECUTE format(
      'ALTER TABLE public.%I ATTACH PARTITION public.%I FOR VALUES IN (%s)', big, part, kommune_id
    );
  END LOOP;
END $$
"""
).format(mode="SHARE ROW EXCLUSIVE", timeout=LOCK_TIMEOUT)

# Rows go first, those that refer before those they refer to; then nothing is left to check when
# the partitions go, and everybody else is kept waiting for that only.
THROW_AWAY = (
    """
CREATE FUNCTION sakark_throw_away(kommune_id smallint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '{timeout}' AS $$
DECLARE
  big name;
  owned name;
  began timestamptz;
BEGIN
  PERFORM FROM public.kommune WHERE id = kommune_id AND sandkasse_for IS NOT NULL FOR UPDATE;
  IF NOT FOUND THEN
    RAISE insufficient_privilege USING MESSAGE = format('%s is not a sandbox', kommune_id);
  END IF;
  PERFORM set_config('app.tenant_id', kommune_id::text, true);
  FOR owned IN
    WITH RECURSIVE
    held AS (
      SELECT c.oid FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
        AND NOT c.relispartition AND a.attname = 'tenant_id' AND NOT a.attisdropped
    ),
    deep(oid, depth) AS (
      SELECT oid, 0 FROM held
      UNION
      SELECT f.conrelid, deep.depth + 1 FROM deep JOIN pg_constraint f
        ON f.confrelid = deep.oid AND f.contype = 'f' AND f.conrelid <> f.confrelid
        AND f.conrelid IN (SELECT oid FROM held)
      WHERE deep.depth < 100
    )
    SELECT c.relname FROM deep JOIN pg_class c ON c.oid = deep.oid
    GROUP BY c.relname ORDER BY max(deep.depth) DESC, c.relname
  LOOP
    EXECUTE format('DELETE FROM public.%I WHERE tenant_id = $1', owned) USING kommune_id;
  END LOOP;
"""
    + LOCK_ALL
    + """
  FOR big IN
    SELECT c.relname FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid
    WHERE c.relnamespace = 'public'::regnamespace ORDER BY c.relname
  LOOP
    CONTINUE WHEN to_regclass(format('public.%I', big || '_k' || kommune_id)) IS NULL;
    EXECUTE format(
      'ALTER TABLE public.%I DETACH PARTITION public.%I', big, big || '_k' || kommune_id
    );
    EXECUTE format('DROP TABLE public.%I', big || '_k' || kommune_id);
  END LOOP;
  PERFORM set_config('app.tenant_id', '', true);
  DELETE FROM public.kommune WHERE id = kommune_id;
END $$
"""
).format(mode="ACCESS EXCLUSIVE", timeout=LOCK_TIMEOUT)

KEPT = (
    "navn",
    "kommunenummer",
    "tidligere_kommunenummer",
    "organisasjonsnummer",
    "status",
    "maalform",
    "options",
)
GIVEN = ("slug", *KEPT, "kodeverk_version", "sandkasse_for", "utloeper")
FUNCTIONS = ("sakark_add_partitions(smallint)", "sakark_throw_away(smallint)")


def upgrade() -> None:
    op.add_column("kommune", sa.Column("sandkasse_for", sa.SmallInteger(), nullable=True))
    op.add_column("kommune", sa.Column("utloeper", sa.DateTime(timezone=True), nullable=True))
    op.create_foreign_key(
        op.f("fk_kommune_sandkasse_for"), "kommune", "kommune", ["sandkasse_for"], ["id"]
    )
    op.create_check_constraint(
        op.f("ck_kommune_sandkasse_utloeper"),
        "kommune",
        "(sandkasse_for IS NULL) = (utloeper IS NULL)",
    )
    op.create_table(
        "bruk",
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("maaned", sa.Date(), nullable=False),
        sa.Column("bruker_ref", sa.Uuid(), nullable=False),
        sa.Column("slag", sa.Text(), nullable=False),
        sa.CheckConstraint("slag IN ('person', 'system')", name=op.f("ck_bruk_slag")),
        sa.PrimaryKeyConstraint("tenant_id", "maaned", "bruker_ref", name=op.f("pk_bruk")),
    )
    op.create_table(
        "driftslogg",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("tidspunkt", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("navn", sa.Text(), nullable=False),
        sa.Column("hendelse", sa.Text(), nullable=False),
        sa.Column("kommune", sa.Text(), nullable=True),
        sa.Column("detaljer", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_driftslogg")),
    )
    _secure()


def _secure() -> None:
    """Let the operator's role keep the registry and count; it sees no content."""
    op.execute(
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{OPERATOR_ROLE}')"
        f" THEN CREATE ROLE {OPERATOR_ROLE} NOLOGIN; END IF; END $$"
    )
    op.execute("ALTER TABLE bruk ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE bruk FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own_kommune ON bruk USING (tenant_id = {THIS_TENANT})"
        f" WITH CHECK (tenant_id = {THIS_TENANT})"
    )
    # The owner counts too, for the command.
    op.execute(
        f"CREATE POLICY counted ON bruk FOR SELECT TO {OPERATOR_ROLE}, CURRENT_USER USING (true)"
    )
    op.execute(f"GRANT SELECT, INSERT ON bruk TO {APPLICATION_ROLE}")
    op.execute(f"GRANT USAGE ON SCHEMA public TO {OPERATOR_ROLE}")
    # Never the number that rows belong by, nor what makes a kommune a sandbox to be thrown away.
    op.execute(
        f"GRANT SELECT, INSERT ({', '.join(GIVEN)}), UPDATE ({', '.join(KEPT)}) ON kommune"
        f" TO {OPERATOR_ROLE}"
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON kommune_issuer TO {OPERATOR_ROLE}")
    op.execute(f"GRANT SELECT, INSERT ON kodeverdi TO {OPERATOR_ROLE}")
    op.execute(f"GRANT SELECT (tenant_id, maaned, slag) ON bruk TO {OPERATOR_ROLE}")
    op.execute(f"GRANT SELECT, INSERT ON driftslogg TO {OPERATOR_ROLE}")
    # Who serves must see that the schema is the one it knows.
    op.execute(f"GRANT SELECT ON alembic_version TO {APPLICATION_ROLE}")
    # What has been done stays written: the owner may not change it either.
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON driftslogg FROM CURRENT_USER")
    for statement, function in zip((ADD_PARTITIONS, THROW_AWAY), FUNCTIONS, strict=True):
        op.execute(statement)
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {OPERATOR_ROLE}")


def downgrade() -> None:
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")
    op.execute(f"REVOKE SELECT ON alembic_version FROM {APPLICATION_ROLE}")
    op.drop_table("driftslogg")
    op.drop_table("bruk")
    op.execute(f"REVOKE ALL ON kommune, kommune_issuer, kodeverdi FROM {OPERATOR_ROLE}")
    op.execute(f"REVOKE ALL ON SCHEMA public FROM {OPERATOR_ROLE}")
    op.drop_constraint(op.f("ck_kommune_sandkasse_utloeper"), "kommune")
    op.drop_constraint(op.f("fk_kommune_sandkasse_for"), "kommune")
    op.drop_column("kommune", "utloeper")
    op.drop_column("kommune", "sandkasse_for")
