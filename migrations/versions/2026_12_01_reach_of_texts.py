"""Keep beside each text by what its document may be reached, so that search passes the others by.

What access to a document depends on lies with its registreringer, several look-ups away. To look at
two thousand texts for somebody who sees few of them was most of what a search cost.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_01_reach_of_texts"
down_revision = "2026_11_30_arkivmelding"
branch_labels = None
depends_on = None

APPLICATION_ROLE = "sakark_app"
THIS_TENANT = "NULLIF(current_setting('app.tenant_id', true), '')::int"
TABLE = "tekstomfang"
# In the order that requests take them.
WATCHED = (
    "registrering",
    "dokumentbeskrivelse",
    "registrering_dokumentbeskrivelse",
    "dokumentobjekt",
    "dokumenttekst",
    "korrespondansepart",
)
# All that one of a document's registreringer is in or near to, who is responsible for it as a
# correspondent, and the document itself.
REACHED_BY = """
SELECT array_agg(DISTINCT id ORDER BY id) AS ids FROM (
  SELECT {document} AS id
  UNION ALL
  SELECT unnest(entry.omfang || entry.naer) FROM registrering_dokumentbeskrivelse pair
    JOIN registrering entry
      ON entry.tenant_id = pair.tenant_id AND entry.system_id = pair.registrering_ref
    WHERE pair.tenant_id = {kommune} AND pair.dokumentbeskrivelse_ref = {document}
  UNION ALL
  SELECT unnest(ARRAY[part.referanse_saksbehandler, part.referanse_administrativ_enhet])
    FROM registrering_dokumentbeskrivelse pair JOIN korrespondansepart part
      ON part.tenant_id = pair.tenant_id AND part.registrering_ref = pair.registrering_ref
    WHERE pair.tenant_id = {kommune} AND pair.dokumentbeskrivelse_ref = {document}
) AS known WHERE id IS NOT NULL
"""
FILLED = f"""
INSERT INTO {TABLE} AS kept (tenant_id, system_id, ids)
SELECT said.tenant_id, said.system_id, reached.ids
  FROM {{documents}} CROSS JOIN LATERAL (
    {REACHED_BY.format(kommune="{kommune}", document="document")}
  ) AS reached
  JOIN dokumentobjekt file
    ON file.tenant_id = {{kommune}} AND file.dokumentbeskrivelse_ref = document
  JOIN dokumenttekst said
    ON said.tenant_id = file.tenant_id AND said.system_id = file.system_id
ON CONFLICT (tenant_id, system_id) DO UPDATE SET ids = excluded.ids WHERE kept.ids <> excluded.ids
"""
# Planned once for each connection: to plan them anew takes ten times what they take. Every row is
# looked up by its key, also where nothing is known of the tables yet, as while many come in.
SETTINGS = (
    "SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan"
    " SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off"
)
# Each statement sees what others have committed while the one before it waited for them.
KEEP = f"""
CREATE FUNCTION sakark_keep_reach(kommune smallint, documents uuid[]) RETURNS void
LANGUAGE plpgsql {SETTINGS} AS $$
BEGIN
  PERFORM FROM {TABLE} kept
    JOIN dokumentobjekt file ON file.tenant_id = kept.tenant_id AND file.system_id = kept.system_id
    WHERE file.tenant_id = kommune AND file.dokumentbeskrivelse_ref = ANY(documents)
    ORDER BY kept.system_id FOR UPDATE OF kept;
  {FILLED.format(kommune="kommune", documents="(SELECT DISTINCT unnest(documents)) AS d(document)")};
END $$
"""
# Whoever changes what a text is reached by holds its registrering: with what is new here it is settled
# first that nobody does.
KEEP_OF_FILE = f"""
CREATE FUNCTION sakark_keep_reach_of_file() RETURNS trigger
LANGUAGE plpgsql {SETTINGS} AS $$
DECLARE document uuid;
BEGIN
  SELECT dokumentbeskrivelse_ref INTO document FROM dokumentobjekt
    WHERE tenant_id = NEW.tenant_id AND system_id = NEW.system_id FOR SHARE;
  PERFORM FROM dokumentbeskrivelse
    WHERE tenant_id = NEW.tenant_id AND system_id = document FOR SHARE;
  PERFORM FROM registrering entry JOIN registrering_dokumentbeskrivelse pair
    ON pair.tenant_id = entry.tenant_id AND pair.registrering_ref = entry.system_id
    WHERE pair.tenant_id = NEW.tenant_id AND pair.dokumentbeskrivelse_ref = document
    ORDER BY entry.system_id FOR SHARE OF entry;
  PERFORM sakark_keep_reach(NEW.tenant_id, ARRAY[document]);
  RETURN NULL;
END $$
"""
KEEP_OF_PAIR = f"""
CREATE FUNCTION sakark_keep_reach_of_pair() RETURNS trigger
LANGUAGE plpgsql {SETTINGS} AS $$
DECLARE
  kommune smallint := coalesce(NEW.tenant_id, OLD.tenant_id);
  documents uuid[] := ARRAY[OLD.dokumentbeskrivelse_ref, NEW.dokumentbeskrivelse_ref];
BEGIN
  PERFORM FROM registrering
    WHERE tenant_id = kommune AND system_id IN (OLD.registrering_ref, NEW.registrering_ref)
    ORDER BY system_id FOR NO KEY UPDATE;
  PERFORM FROM dokumentbeskrivelse
    WHERE tenant_id = kommune AND system_id = ANY(documents)
    ORDER BY system_id FOR NO KEY UPDATE;
  PERFORM sakark_keep_reach(kommune, documents);
  RETURN NULL;
END $$
"""
KEEP_OF_PART = f"""
CREATE FUNCTION sakark_keep_reach_of_part() RETURNS trigger
LANGUAGE plpgsql {SETTINGS} AS $$
DECLARE
  kommune smallint := coalesce(NEW.tenant_id, OLD.tenant_id);
  entries uuid[] := ARRAY[OLD.registrering_ref, NEW.registrering_ref];
BEGIN
  PERFORM FROM registrering
    WHERE tenant_id = kommune AND system_id = ANY(entries) ORDER BY system_id FOR NO KEY UPDATE;
  PERFORM sakark_keep_reach(kommune, ARRAY(
    SELECT DISTINCT dokumentbeskrivelse_ref FROM registrering_dokumentbeskrivelse
    WHERE tenant_id = kommune AND registrering_ref = ANY(entries)
  ));
  RETURN NULL;
END $$
"""
KEEP_OF_ENTRY = f"""
CREATE FUNCTION sakark_keep_reach_of_entry() RETURNS trigger
LANGUAGE plpgsql {SETTINGS} AS $$
BEGIN
  PERFORM sakark_keep_reach(NEW.tenant_id, ARRAY(
    SELECT dokumentbeskrivelse_ref FROM registrering_dokumentbeskrivelse
    WHERE tenant_id = NEW.tenant_id AND registrering_ref = NEW.system_id
  ));
  RETURN NULL;
END $$
"""
NAMES_SOMEBODY = (
    "({row}.referanse_saksbehandler IS NOT NULL OR {row}.referanse_administrativ_enhet IS NOT NULL)"
)
NAMES_OTHERS = (
    "((OLD.referanse_saksbehandler, OLD.referanse_administrativ_enhet, OLD.registrering_ref)"
    " IS DISTINCT FROM"
    " (NEW.referanse_saksbehandler, NEW.referanse_administrativ_enhet, NEW.registrering_ref))"
)
# Function, table, event and condition.
TRIGGERS = (
    ("file", "dokumenttekst", "INSERT OR UPDATE OF lest_dato", ""),
    ("file", "dokumentobjekt", "UPDATE OF dokumentbeskrivelse_ref", ""),
    ("pair", "registrering_dokumentbeskrivelse", "INSERT OR UPDATE OR DELETE", ""),
    (
        "entry",
        "registrering",
        "UPDATE",
        "((OLD.omfang, OLD.naer) IS DISTINCT FROM (NEW.omfang, NEW.naer))",
    ),
    ("part", "korrespondansepart", "INSERT", NAMES_SOMEBODY.format(row="NEW")),
    ("part", "korrespondansepart", "UPDATE", NAMES_OTHERS),
    ("part", "korrespondansepart", "DELETE", NAMES_SOMEBODY.format(row="OLD")),
)


def upgrade() -> None:
    op.execute(f"LOCK TABLE {', '.join(WATCHED)} IN SHARE ROW EXCLUSIVE MODE")
    kommuner = op.get_bind().scalars(sa.text("SELECT id FROM kommune")).all()
    _add_table(kommuner)
    for function in (KEEP, KEEP_OF_FILE, KEEP_OF_PAIR, KEEP_OF_PART, KEEP_OF_ENTRY):
        op.execute(function)
    for function, table, event, condition in TRIGGERS:
        when = f" WHEN {condition}" if condition else ""
        op.execute(
            f"CREATE TRIGGER {_named(event)} AFTER {event} ON {table} FOR EACH ROW{when}"
            f" EXECUTE FUNCTION sakark_keep_reach_of_{function}()"
        )
    for kommune in kommuner:
        op.execute(f"SELECT set_config('app.tenant_id', '{kommune}', true)")
        every = (
            "(SELECT system_id AS document FROM dokumentbeskrivelse"
            f" WHERE tenant_id = {kommune}) AS every"
        )
        op.execute(FILLED.format(kommune=kommune, documents=every))
    op.execute("SELECT set_config('app.tenant_id', '', true)")


def _add_table(kommuner: list[int]) -> None:
    op.create_table(
        TABLE,
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("system_id", sa.Uuid(), nullable=False),
        sa.Column("ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "system_id"],
            ["dokumenttekst.tenant_id", "dokumenttekst.system_id"],
            name=op.f("fk_tekstomfang_tenant_id_system_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "system_id", name=op.f("pk_tekstomfang")),
        postgresql_partition_by="LIST (tenant_id)",
    )
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {TABLE} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own_kommune ON {TABLE} USING (tenant_id = {THIS_TENANT})"
        f" WITH CHECK (tenant_id = {THIS_TENANT})"
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {TABLE} TO {APPLICATION_ROLE}")
    for kommune in kommuner:
        op.execute(
            f"CREATE TABLE {TABLE}_k{kommune} PARTITION OF {TABLE} FOR VALUES IN ({kommune})"
        )


def _named(event: str) -> str:
    return f"keep_reach_on_{event.split(maxsplit=1)[0].lower()}"


def downgrade() -> None:
    for _, table, event, _ in TRIGGERS:
        op.execute(f"DROP TRIGGER {_named(event)} ON {table}")
    for function in ("file", "pair", "part", "entry"):
        op.execute(f"DROP FUNCTION sakark_keep_reach_of_{function}")
    op.execute("DROP FUNCTION sakark_keep_reach")
    op.drop_table(TABLE)
