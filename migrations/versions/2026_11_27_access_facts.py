"""Keep on every unit what access to it depends on, and let a kommune say who reaches what.

Triggers keep `omfang`, `naer` and `gradert`, so that they are right whoever writes: requests of an
older program during the upgrade, imports, and whoever moves a case with all that is in it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_27_access_facts"
down_revision = "2026_11_27_carry_screenings"
branch_labels = None
depends_on = None

APPLICATION_ROLE, OPERATOR_ROLE = "sakark_app", "sakark_drift"
THIS_TENANT = "NULLIF(current_setting('app.tenant_id', true), '')::int"
# In the order that requests take them.
CHANGED = (
    "kommune",
    "administrativenhet",
    "bruker",
    "arkivdel",
    "klasse",
    "mappe",
    "registrering",
    "dokumentbeskrivelse",
    "tilgang",
)
# All at once, or none and another try: less than the second after which PostgreSQL looks for deadlocks
# and may end a request.
LOCK = f"""
DO $$ DECLARE
  one name;
  began timestamptz := clock_timestamp();
BEGIN
  PERFORM set_config('lock_timeout', '300ms', true);
  FOREACH one IN ARRAY ARRAY[{", ".join(f"'{table}'" for table in CHANGED)}] LOOP
    EXECUTE format('LOCK TABLE ONLY %I IN ACCESS EXCLUSIVE MODE', one);
    IF clock_timestamp() - began > interval '500ms' THEN
      RAISE lock_not_available USING MESSAGE = 'the tables are busy';
    END IF;
  END LOOP;
END $$
"""
# The order of `rules/gradering.py`; a code that the kommune has added itself is the highest.
RANK = """
CREATE FUNCTION sakark_rank(gradering jsonb) RETURNS smallint LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE gradering->'graderingskode'->>'kode'
    WHEN 'B' THEN 1 WHEN 'F' THEN 1 WHEN 'K' THEN 2 WHEN 'SF' THEN 2 WHEN 'H' THEN 3
    WHEN 'SH' THEN 4
    ELSE CASE WHEN gradering->'graderingskode'->>'kode' IS NULL THEN NULL ELSE 5 END
  END::smallint
$$
"""
UNION = """
CREATE FUNCTION sakark_union(one uuid[], other uuid[]) RETURNS uuid[] LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(array_agg(DISTINCT id ORDER BY id), '{}') FROM unnest(one || other) AS id
  WHERE id IS NOT NULL
$$
"""
# What each table's rows are in: the column, and the table it leads to.
ABOVE = {
    "arkivdel": (),
    "klasse": (("overklasse_ref", "klasse"),),
    "mappe": (
        ("effektiv_arkivdel", "arkivdel"),
        ("klasse_ref", "klasse"),
        ("referanse_forelder_mappe", "mappe"),
    ),
    "registrering": (
        ("mappe_ref", "mappe"),
        ("arkivdel_ref", "arkivdel"),
        ("klasse_ref", "klasse"),
    ),
}
# Who is responsible for a row, by its own columns.
NEAR = {"mappe": ("referanse_administrativ_enhet", "referanse_saksansvarlig")}


def place(table: str) -> str:
    """Write the function that says where a row is, whom it is near to and how it is graded."""
    near = ", ".join(f"NEW.{column}" for column in NEAR.get(table, ()))
    above = "".join(
        f"""
  IF NEW.{column} IS NOT NULL THEN
    SELECT omfang, naer, gradert INTO above FROM {other}
      WHERE tenant_id = NEW.tenant_id AND system_id = NEW.{column};
    NEW.omfang := sakark_union(NEW.omfang, above.omfang);
    NEW.naer := sakark_union(NEW.naer, above.naer);
    NEW.gradert := greatest(NEW.gradert, above.gradert);
  END IF;"""
        for column, other in ABOVE[table]
    )
    return f"""
CREATE FUNCTION sakark_place_{table}() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE above record;
BEGIN
  NEW.omfang := ARRAY[NEW.system_id];
  NEW.naer := sakark_union(ARRAY[{near}]::uuid[], '{{}}');
  NEW.gradert := sakark_rank(NEW.gradering);{above}
  RETURN NEW;
END $$
"""


def carry(table: str) -> str:
    """Write the function that brings what is below a row along."""
    below = "".join(
        f"""
  UPDATE {child} SET omfang = omfang WHERE tenant_id = NEW.tenant_id AND {column} = NEW.system_id;"""
        for child, ties in ABOVE.items()
        for column, parent in ties
        if parent == table
    )
    return f"""
CREATE FUNCTION sakark_carry_{table}() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN{below}
  RETURN NULL;
END $$
"""


RANK_DOCUMENT = """
CREATE FUNCTION sakark_place_dokumentbeskrivelse() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
  NEW.gradert := sakark_rank(NEW.gradering);
  RETURN NEW;
END $$
"""
# As the owner: whoever changes rights need not be one who may write in the registry.
NOTE = """
CREATE FUNCTION sakark_note_rights() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE kommune SET rettigheter_version = rettigheter_version + 1
    WHERE id = coalesce(NEW.tenant_id, OLD.tenant_id);
  RETURN NULL;
END $$
"""
NOTED = {
    "tilgang": "INSERT OR UPDATE OR DELETE",
    "inhabilitet": "INSERT OR UPDATE OR DELETE",
    "administrativenhet": "INSERT OR UPDATE OF referanse_overordnet_enhet OR DELETE",
    "administrativenhet_bruker": "INSERT OR UPDATE OR DELETE",
    "bruker": "UPDATE OF klarering, klarering_gyldig_til",
}
"""What rights are read from, and which of its changes matter."""

# As the owner: who adds kommuner has no access to what is in them.
GIVE = """
CREATE FUNCTION sakark_give_rights(kommune_id smallint) RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  INSERT INTO tilgang (
    tenant_id, system_id, version, rolle, tilgangskategori, les, ny, endre, slett
  )
  SELECT
    kommune_id, gen_random_uuid(), 1, rolle,
    jsonb_build_object('kode', kode, 'kodenavn', kodenavn), true, writes, writes, writes
  FROM (VALUES
    ('leser', false), ('saksbehandler', true), ('leder', true), ('arkivar', true),
    ('administrator', true)
  ) AS roles (rolle, writes)
  CROSS JOIN (VALUES
    ('A', 'arkivdel'), ('K', 'klasse'), ('M', 'mappe'), ('R', 'registrering'),
    ('D', 'dokumentbeskrivelse')
  ) AS kategori (kode, kodenavn)
  WHERE NOT EXISTS (SELECT FROM tilgang WHERE tenant_id = kommune_id)
$$
"""
GIVING = "sakark_give_rights(smallint)"


def upgrade() -> None:
    op.execute(LOCK)
    op.execute(RANK)
    op.execute(UNION)
    op.add_column(
        "kommune",
        sa.Column("rettigheter_version", sa.Integer(), server_default="1", nullable=False),
    )
    op.execute(f"GRANT INSERT (rettigheter_version) ON kommune TO {OPERATOR_ROLE}")
    op.add_column("tilgang", sa.Column("egen_enhet", sa.Boolean()))
    op.add_column("tilgang", sa.Column("gyldig_fra", sa.DateTime(timezone=True)))
    op.add_column("tilgang", sa.Column("gyldig_til", sa.DateTime(timezone=True)))
    op.add_column("bruker", sa.Column("klarering", postgresql.JSONB(astext_type=sa.Text())))
    op.add_column("bruker", sa.Column("klarering_gyldig_til", sa.DateTime(timezone=True)))
    for table in ABOVE:
        op.add_column(table, sa.Column("omfang", sa.ARRAY(sa.Uuid())))
        op.add_column(table, sa.Column("naer", sa.ARRAY(sa.Uuid())))
        op.add_column(table, sa.Column("gradert", sa.SmallInteger()))
    op.add_column("dokumentbeskrivelse", sa.Column("gradert", sa.SmallInteger()))
    _add_inhabilitet()
    _watch()
    op.execute(GIVE)
    op.execute(f"REVOKE ALL ON FUNCTION {GIVING} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {GIVING} TO {OPERATOR_ROLE}")
    for kommune in op.get_bind().scalars(sa.text("SELECT id FROM kommune")).all():
        op.execute(f"SELECT set_config('app.tenant_id', '{kommune}', true)")
        _fill(kommune)
        op.execute("SELECT sakark_tell_upgrade('Tilgang avgjøres av rettigheter')")
    op.execute("SELECT set_config('app.tenant_id', '', true)")


def _add_inhabilitet() -> None:
    op.create_table(
        "inhabilitet",
        sa.Column("mappe_ref", sa.Uuid(), nullable=False),
        sa.Column("referanse_bruker", sa.Uuid(), nullable=False),
        sa.Column("bruker_navn", sa.Text(), nullable=False),
        sa.Column("begrunnelse", sa.Text()),
        sa.Column("gyldig_fra", sa.DateTime(timezone=True)),
        sa.Column("gyldig_til", sa.DateTime(timezone=True)),
        sa.Column("opprettet_dato", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opprettet_av", sa.Text(), nullable=False),
        sa.Column("referanse_opprettet_av", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("system_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tidssoner", postgresql.JSONB(astext_type=sa.Text())),
        sa.ForeignKeyConstraint(
            ["tenant_id", "mappe_ref"],
            ["mappe.tenant_id", "mappe.system_id"],
            name=op.f("fk_inhabilitet_tenant_id_mappe_ref"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "referanse_bruker"],
            ["bruker.tenant_id", "bruker.system_id"],
            name=op.f("fk_inhabilitet_tenant_id_referanse_bruker"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "system_id", name=op.f("pk_inhabilitet")),
    )
    for column in ("mappe_ref", "referanse_bruker"):
        op.create_index(
            op.f(f"ix_inhabilitet_tenant_id_{column}"), "inhabilitet", ["tenant_id", column]
        )
    op.execute("ALTER TABLE inhabilitet ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE inhabilitet FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own_kommune ON inhabilitet USING (tenant_id = {THIS_TENANT})"
        f" WITH CHECK (tenant_id = {THIS_TENANT})"
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON inhabilitet TO {APPLICATION_ROLE}")
    op.execute(
        "CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON inhabilitet"
        " FOR EACH ROW EXECUTE FUNCTION sakark_note_unit('inhabilitet')"
    )


def _watch() -> None:
    """Let the database keep what access depends on."""
    for table, ties in ABOVE.items():
        columns = ("omfang", "gradering", *(one for one, _ in ties), *NEAR.get(table, ()))
        op.execute(place(table))
        op.execute(
            f"CREATE TRIGGER place BEFORE INSERT OR UPDATE OF {', '.join(columns)} ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION sakark_place_{table}()"
        )
        if any(parent == table for ties in ABOVE.values() for _, parent in ties):
            op.execute(carry(table))
            op.execute(
                f"CREATE TRIGGER carry AFTER UPDATE ON {table} FOR EACH ROW WHEN ("
                " (OLD.omfang, OLD.naer, OLD.gradert) IS DISTINCT FROM"
                " (NEW.omfang, NEW.naer, NEW.gradert)"
                f") EXECUTE FUNCTION sakark_carry_{table}()"
            )
    op.execute(RANK_DOCUMENT)
    op.execute(
        "CREATE TRIGGER place BEFORE INSERT OR UPDATE OF gradering, gradert ON dokumentbeskrivelse"
        " FOR EACH ROW EXECUTE FUNCTION sakark_place_dokumentbeskrivelse()"
    )
    op.execute(NOTE)
    for table, events in NOTED.items():
        op.execute(
            f"CREATE TRIGGER note_rights AFTER {events} ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION sakark_note_rights()"
        )


def _fill(kommune: int) -> None:
    """Say of the units that are there where they are, and give the roles what they had."""
    # Each brings what is below it along.
    op.execute(f"UPDATE arkivdel SET omfang = NULL WHERE tenant_id = {kommune}")
    op.execute(
        f"UPDATE klasse SET omfang = NULL WHERE tenant_id = {kommune} AND overklasse_ref IS NULL"
    )
    op.execute(f"UPDATE mappe SET omfang = NULL WHERE tenant_id = {kommune} AND omfang IS NULL")
    op.execute(
        f"UPDATE dokumentbeskrivelse SET gradert = NULL"
        f" WHERE tenant_id = {kommune} AND gradering IS NOT NULL"
    )
    op.execute(f"SELECT sakark_give_rights({kommune}::smallint)")


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {GIVING}")
    for table in NOTED:
        op.execute(f"DROP TRIGGER note_rights ON {table}")
    op.execute("DROP FUNCTION sakark_note_rights")
    for table in (*reversed(ABOVE), "dokumentbeskrivelse"):
        op.execute(f"DROP TRIGGER place ON {table}")
        op.execute(f"DROP FUNCTION sakark_place_{table}")
        op.execute(f"DROP TRIGGER IF EXISTS carry ON {table}")
        op.execute(f"DROP FUNCTION IF EXISTS sakark_carry_{table}")
    op.drop_table("inhabilitet")
    op.drop_column("dokumentbeskrivelse", "gradert")
    for table in reversed(ABOVE):
        for column in ("gradert", "naer", "omfang"):
            op.drop_column(table, column)
    op.drop_column("bruker", "klarering_gyldig_til")
    op.drop_column("bruker", "klarering")
    for column in ("gyldig_til", "gyldig_fra", "egen_enhet"):
        op.drop_column("tilgang", column)
    op.drop_column("kommune", "rettigheter_version")
    op.execute("DROP FUNCTION sakark_union")
    op.execute("DROP FUNCTION sakark_rank")
