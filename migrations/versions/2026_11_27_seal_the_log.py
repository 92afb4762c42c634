"""Note every row that is written, seal what was noted, and keep log and seals from changes.

The triggers are of rows, so that a partition that is named directly has them too. The notes are the
only ones that may be deleted again: the sealer does when it has sealed them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_27_seal_the_log"
down_revision = "2026_11_27_search_by_words"
branch_labels = None
depends_on = None

APPLICATION_ROLE = "sakark_app"
THIS_TENANT = "NULLIF(current_setting('app.tenant_id', true), '')::int"

# In the order that requests take them: from the top down, ties after units, the log last.
UNITS = (
    "bruker",
    "administrativenhet",
    "tilgang",
    "virksomhetsspesifikkemetadata",
    "arkivskaper",
    "arkiv",
    "arkivdel",
    "klassifikasjonssystem",
    "klasse",
    "mappe",
    "registrering",
    "dokumentbeskrivelse",
    "dokumentobjekt",
    "konvertering",
    "part",
    "korrespondansepart",
    "merknad",
    "kryssreferanse",
    "nasjonalidentifikator",
    "avskrivning",
    "dokumentflyt",
    "presedens",
    "moetedeltaker",
)
PAIRS = {
    "administrativenhet_bruker": ("administrativenhet_ref", "bruker_ref"),
    "arkivskaper_arkiv": ("arkivskaper_ref", "arkiv_ref"),
    "sekundaerklassifikasjonssystem": ("primaer_ref", "sekundaer_ref"),
    "klasse_mappe": ("klasse_ref", "mappe_ref"),
    "mappe_presedens": ("mappe_ref", "presedens_ref"),
    "registrering_dokumentbeskrivelse": ("registrering_ref", "dokumentbeskrivelse_ref"),
    "registrering_presedens": ("registrering_ref", "presedens_ref"),
}
LOG = "endringslogg"
NOTES, SEALS, SEALED = "radendring", "segl", "seglrad"
RIGHTS = {
    NOTES: "SELECT, INSERT, DELETE",
    SEALS: "SELECT, INSERT",
    SEALED: "SELECT, INSERT",
}
KEPT = (LOG, SEALS, SEALED)

NOTE_UNIT = """
CREATE FUNCTION sakark_note_unit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    INSERT INTO public.radendring (tenant_id, tabell, enhet, transaksjon)
    VALUES (OLD.tenant_id, TG_ARGV[0], OLD.system_id, pg_current_xact_id()::text::bigint);
  ELSE
    INSERT INTO public.radendring (tenant_id, tabell, enhet, transaksjon)
    VALUES (NEW.tenant_id, TG_ARGV[0], NEW.system_id, pg_current_xact_id()::text::bigint);
  END IF;
  RETURN NULL;
END $$
"""
NOTE_PAIR = """
CREATE FUNCTION sakark_note_pair() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  pair jsonb := CASE TG_OP WHEN 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
BEGIN
  INSERT INTO public.radendring (tenant_id, tabell, enhet, annen, transaksjon)
  VALUES (
    (pair ->> 'tenant_id')::smallint, TG_ARGV[0], (pair ->> TG_ARGV[1])::uuid,
    (pair ->> TG_ARGV[2])::uuid, pg_current_xact_id()::text::bigint
  );
  RETURN NULL;
END $$
"""
# Only a sandbox that is thrown away takes its log with it.
REFUSE = """
CREATE FUNCTION sakark_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND EXISTS (
    SELECT FROM public.kommune WHERE id = OLD.tenant_id AND sandkasse_for IS NOT NULL
  ) THEN
    RETURN OLD;
  END IF;
  RAISE insufficient_privilege
    USING MESSAGE = format('%s is only ever added to', TG_TABLE_NAME);
END $$
"""
REFUSE_ALL = """
CREATE FUNCTION sakark_refuse_all() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE insufficient_privilege
    USING MESSAGE = format('%s is only ever added to', TG_TABLE_NAME);
END $$
"""
# For later versions that write to units: with this line, in the same transaction, they are logged.
TELL = """
CREATE FUNCTION sakark_tell_upgrade(what text) RETURNS void LANGUAGE sql AS $$
  INSERT INTO public.endringslogg (
    tenant_id, system_id, version, slag, type, hendelsetype, hendelse, beskrivelse, hendelse_dato,
    referanse_arkivenhet, endret_dato, endret_av, referanse_endret_av
  )
  SELECT
    tenant_id, gen_random_uuid(), 1, 'hendelseslogg', 'arkiv', 'U',
    '{"kode": "U", "kodenavn": "Endret"}', what, now(),
    system_id, now(), 'sakark db upgrade', '00000000-0000-0000-0000-000000000000'
  FROM public.arkiv
  WHERE tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::int
  ORDER BY opprettet_dato, system_id
  LIMIT 1
$$
"""
FUNCTIONS = {
    "sakark_tell_upgrade": TELL,
    "sakark_note_unit": NOTE_UNIT,
    "sakark_note_pair": NOTE_PAIR,
    "sakark_refuse_change": REFUSE,
    "sakark_refuse_all": REFUSE_ALL,
}
# All at once, or none and another try: less than the second after which PostgreSQL looks for deadlocks
# and may end a request.
LOCK = f"""
DO $$ DECLARE
  one name;
  began timestamptz := clock_timestamp();
BEGIN
  PERFORM set_config('lock_timeout', '300ms', true);
  FOREACH one IN ARRAY ARRAY[{", ".join(f"'{table}'" for table in (*UNITS, *PAIRS, LOG))}] LOOP
    EXECUTE format('LOCK TABLE %I IN SHARE ROW EXCLUSIVE MODE', one);
    IF clock_timestamp() - began > interval '500ms' THEN
      RAISE lock_not_available USING MESSAGE = 'the tables are busy';
    END IF;
  END LOOP;
END $$
"""


def upgrade() -> None:
    op.execute(LOCK)
    op.create_table(
        NOTES,
        sa.Column("tenant_id", sa.SmallInteger(), nullable=False),
        sa.Column("tabell", sa.Text(), nullable=False),
        sa.Column("enhet", sa.Uuid(), nullable=False),
        sa.Column("annen", sa.Uuid(), nullable=True),
        sa.Column("transaksjon", sa.BigInteger(), nullable=False),
        postgresql_partition_by="LIST (tenant_id)",
    )
    op.create_table(
        SEALS,
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("nummer", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tidspunkt", sa.DateTime(timezone=True), nullable=False),
        sa.Column("antall", sa.Integer(), nullable=False),
        sa.Column("sjekksum", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "nummer", name=op.f("pk_segl")),
        postgresql_partition_by="LIST (tenant_id)",
    )
    op.create_table(
        SEALED,
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("segl", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("nr", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("form", sa.SmallInteger(), nullable=False),
        sa.Column("enhet", sa.Uuid(), nullable=False),
        sa.Column("annen", sa.Uuid(), nullable=True),
        sa.Column("sjekksum", sa.LargeBinary(), nullable=True),
        sa.Column("grunn", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "segl", "nr", name=op.f("pk_seglrad")),
        postgresql_partition_by="LIST (tenant_id)",
    )
    op.create_table(
        "seglform",
        sa.Column("id", sa.SmallInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("tabell", sa.Text(), nullable=False),
        sa.Column("kolonner", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seglform")),
        sa.UniqueConstraint("tabell", "kolonner", name=op.f("uq_seglform_tabell_kolonner")),
    )
    secure()
    for function in FUNCTIONS.values():
        op.execute(function)
    keep()
    note()


def secure() -> None:
    """Let the application role see one kommune's rows at a time; give each kommune its partition."""
    kommuner = op.get_bind().scalars(sa.text("SELECT id FROM kommune")).all()
    for table, rights in RIGHTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_kommune ON {table} USING (tenant_id = {THIS_TENANT})"
            f" WITH CHECK (tenant_id = {THIS_TENANT})"
        )
        op.execute(f"GRANT {rights} ON {table} TO {APPLICATION_ROLE}")
        for kommune in kommuner:
            op.execute(
                f"CREATE TABLE {table}_k{kommune} PARTITION OF {table} FOR VALUES IN ({kommune})"
            )
    op.execute(f"GRANT SELECT, INSERT ON seglform TO {APPLICATION_ROLE}")


def keep() -> None:
    """Refuse everybody, the owner too, to change what has been said or sealed."""
    for table in KEPT:
        op.execute(
            f"CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION sakark_refuse_change()"
        )
    op.execute(
        "CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE ON seglform"
        " FOR EACH ROW EXECUTE FUNCTION sakark_refuse_all()"
    )
    for table in (*KEPT, "seglform"):
        op.execute(
            f"CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION sakark_refuse_all()"
        )


def note() -> None:
    """Note every row that is made, changed or deleted, whoever does it."""
    for table in (*UNITS, LOG):
        op.execute(
            f"CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION sakark_note_unit('{table}')"
        )
    for table, (one, other) in PAIRS.items():
        op.execute(
            f"CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION sakark_note_pair('{table}', '{one}', '{other}')"
        )


def downgrade() -> None:
    op.execute(LOCK)
    for table in (*UNITS, *PAIRS, LOG):
        op.execute(f"DROP TRIGGER noted ON {table}")
    for trigger in ("only_added_to", "never_emptied"):
        op.execute(f"DROP TRIGGER {trigger} ON {LOG}")
    for table in ("seglform", SEALED, SEALS, NOTES):
        op.drop_table(table)
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")
