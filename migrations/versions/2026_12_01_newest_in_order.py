"""Find the newest by words that most titles have without reading all, and no text twice.

Titles are walked through in the order of an index where so many have the word that enough are met at
once. Months are looked through one after another, and each month's texts only once.
"""

from alembic import op

revision = "2026_12_01_newest_in_order"
down_revision = "2026_12_01_reach_of_texts"
branch_labels = None
depends_on = None

SEARCHER = "sakark_sok"
TEXT = "dokumenttekst"
# In the order that requests take them.
DATED = ("mappe", "registrering", "dokumentbeskrivelse")
SIGNATURE = """
CREATE OR REPLACE FUNCTION sakark_find_newest(
  held text, words tsquery, since timestamptz, until timestamptz, most int
) RETURNS SETOF uuid LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1000
SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
DECLARE
  kommune int := nullif(current_setting('app.tenant_id', true), '')::int;
  -- Written into the statement, so that it is planned for this kommune and these words.
  asked text := format(
    'SELECT system_id FROM public.%I WHERE tenant_id = %s AND sok @@ $1'
    ' AND ($2 IS NULL OR opprettet_dato >= $2) AND ($3 IS NULL OR opprettet_dato < $3)'
"""
FIND = f"""{SIGNATURE}    ' ORDER BY opprettet_dato DESC NULLS LAST, system_id LIMIT $4', held, kommune
  );
  newest int;
  looked int := 0;
  months int := CASE held WHEN '{TEXT}' THEN 1 END;
  made_then tsquery;
  found uuid[] := '{{}}';
  more uuid[];
BEGIN
  IF kommune IS NULL THEN
    RETURN;
  END IF;
  SELECT public.sakark_month_of(least(until, max(opprettet_dato))) INTO newest
    FROM public.{TEXT} WHERE tenant_id = kommune AND months = 1;
  WHILE looked + months <= 24 LOOP
    SELECT string_agg(format(''' %s''', month), '|')::tsquery INTO made_then
      FROM generate_series(newest - looked - months + 1, newest - looked) month;
    EXECUTE 'SELECT array(' || asked || ')' INTO more
      USING words && made_then, since, until, most - cardinality(found);
    found := found || more;
    looked := looked + months;
    IF cardinality(found) >= most OR public.sakark_month_of(since) > newest - looked THEN
      RETURN QUERY SELECT unnest(found);
      RETURN;
    END IF;
    months := ceil(greatest(
      (most - cardinality(found)) * 1.2 * looked / greatest(cardinality(found), 1), looked / 2.0
    ));
  END LOOP;
  RETURN QUERY EXECUTE asked USING words, since, until, most;
END $$
"""
# As `text_of_documents` wrote it.
FOUND_BEFORE = f"""{SIGNATURE}    ' ORDER BY opprettet_dato DESC, system_id LIMIT $4', held, kommune
  );
  newest int;
  months int := CASE held WHEN '{TEXT}' THEN 1 END;
  then_made tsquery;
  found uuid[];
BEGIN
  IF kommune IS NULL THEN
    RETURN;
  END IF;
  SELECT public.sakark_month_of(least(until, max(opprettet_dato))) INTO newest
    FROM public.{TEXT} WHERE tenant_id = kommune AND months = 1;
  WHILE months <= 24 LOOP
    SELECT string_agg(format(''' %s''', month), '|')::tsquery INTO then_made
      FROM generate_series(newest - months + 1, newest) month;
    EXECUTE 'SELECT array(' || asked || ')' INTO found USING words && then_made, since, until, most;
    IF cardinality(found) >= most OR public.sakark_month_of(since) > newest - months THEN
      RETURN QUERY SELECT unnest(found);
      RETURN;
    END IF;
    months := months * greatest(most * 1.2 / greatest(cardinality(found), 1), 2);
  END LOOP;
  RETURN QUERY EXECUTE asked USING words, since, until, most;
END $$
"""
INDEX = "ix_{table}_tenant_id_opprettet_dato_system_id"


def upgrade() -> None:
    op.execute(f"LOCK TABLE {', '.join(DATED)} IN SHARE MODE")
    for table in DATED:
        op.execute(
            f"CREATE INDEX {INDEX.format(table=table)} ON {table}"
            " (tenant_id, opprettet_dato DESC NULLS LAST, system_id)"
        )
    _write(FIND)


def _write(function: str) -> None:
    """Write a function anew as the role that owns it."""
    op.execute(f"GRANT CREATE ON SCHEMA public TO {SEARCHER}")
    op.execute(f"SET LOCAL ROLE {SEARCHER}")
    op.execute(function)
    op.execute("RESET ROLE")
    op.execute(f"REVOKE CREATE ON SCHEMA public FROM {SEARCHER}")


def downgrade() -> None:
    _write(FOUND_BEFORE)
    for table in reversed(DATED):
        op.drop_index(op.f(INDEX.format(table=table)), table_name=table)
