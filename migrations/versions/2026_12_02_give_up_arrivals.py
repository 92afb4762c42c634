"""Let a kommune that was on its way in be given up: thrown away as sandboxes are, and nothing else.

Its rows go before, table by table, as the owner takes them in: its log is of another place, where it
still is.
"""

from alembic import op

revision = "2026_12_02_give_up_arrivals"
down_revision = "2026_12_02_shut_sandboxes"
branch_labels = None
depends_on = None

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
    EXECUTE format('LOCK TABLE ONLY public.%I IN ACCESS EXCLUSIVE MODE', big);
    IF clock_timestamp() - began > interval '500ms' THEN
      RAISE lock_not_available USING MESSAGE = 'the tables are busy';
    END IF;
  END LOOP;
"""
# Rows go first, those that refer before those they refer to; then nothing is left to check when
# the partitions go, and everybody else is kept waiting for that only.
THROW_AWAY = (
    """
CREATE OR REPLACE FUNCTION sakark_throw_away(kommune_id smallint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '{timeout}' AS $$
DECLARE
  big name;
  owned name;
  began timestamptz;
BEGIN
  PERFORM FROM public.kommune WHERE id = kommune_id AND {which} FOR UPDATE;
  IF NOT FOUND THEN
    RAISE insufficient_privilege USING MESSAGE = format('%s is not {what}', kommune_id);
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
)


def upgrade() -> None:
    op.execute(
        THROW_AWAY.format(
            timeout=LOCK_TIMEOUT,
            which="(sandkasse_for IS NOT NULL OR flytting IS NOT NULL)",
            what="a sandbox, nor on its way in",
        )
    )


def downgrade() -> None:
    op.execute(
        THROW_AWAY.format(timeout=LOCK_TIMEOUT, which="sandkasse_for IS NOT NULL", what="a sandbox")
    )
