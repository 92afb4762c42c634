"""Keep how far imports have come and what was wrong with them, and queue work that nobody awaits."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_30_innlesing"
down_revision = "2026_11_30_beredskap"
branch_labels = None
depends_on = None

APPLICATION_ROLE = "sakark_app"
TABLES = ("innlesing", "innlesingsavvik")
THIS_TENANT = "NULLIF(current_setting('app.tenant_id', true), '')::int"
# As sakark_defer does, but after everything that somebody waits for, and many at once.
DEFER_LAST = f"""
CREATE FUNCTION sakark_defer_last(job text, units uuid[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = jobs, pg_temp AS $$
DECLARE
  kommune int := {THIS_TENANT};
BEGIN
  IF kommune IS NULL THEN
    RAISE insufficient_privilege USING MESSAGE = 'no kommune is served';
  END IF;
  INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args)
  SELECT
    'default', job, -100, format('%s/%s/%s', job, kommune, unit),
    format('%s/%s/%s', job, kommune, unit), jsonb_build_object('kommune', kommune, 'enhet', unit)
  FROM unnest(units) AS unit
  ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "innlesing",
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fingeravtrykk", sa.Text(), nullable=False),
        sa.Column("mappe", sa.Text(), nullable=False),
        sa.Column("versjon", sa.Text(), nullable=False),
        sa.Column("arkivdelstatus", sa.Text()),
        sa.Column("startet", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ferdig", sa.DateTime(timezone=True)),
        sa.Column("trinn", sa.Text(), server_default="", nullable=False),
        sa.Column("kommet", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tall", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_innlesing")),
        sa.UniqueConstraint(
            "tenant_id", "fingeravtrykk", name=op.f("uq_innlesing_tenant_id_fingeravtrykk")
        ),
    )
    op.create_table(
        "innlesingsavvik",
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("innlesing", sa.Uuid(), nullable=False),
        sa.Column("nummer", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kode", sa.Text(), nullable=False),
        sa.Column("fil", sa.Text(), nullable=False),
        sa.Column("linje", sa.Integer(), nullable=False),
        sa.Column("sted", sa.Text(), nullable=False),
        sa.Column("verdi", sa.Text()),
        sa.Column("enhet", sa.Uuid()),
        sa.PrimaryKeyConstraint(
            "tenant_id", "innlesing", "nummer", name=op.f("pk_innlesingsavvik")
        ),
        postgresql_partition_by="LIST (tenant_id)",
    )
    secure()
    op.execute(DEFER_LAST)
    op.execute("REVOKE ALL ON FUNCTION sakark_defer_last FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION sakark_defer_last TO {APPLICATION_ROLE}")


def secure() -> None:
    """Let the application role see one kommune's rows at a time; give each kommune its partition."""
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_kommune ON {table} USING (tenant_id = {THIS_TENANT})"
            f" WITH CHECK (tenant_id = {THIS_TENANT})"
        )
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APPLICATION_ROLE}")
    for kommune in op.get_bind().scalars(sa.text("SELECT id FROM kommune")).all():
        op.execute(
            f"CREATE TABLE innlesingsavvik_k{kommune} PARTITION OF innlesingsavvik"
            f" FOR VALUES IN ({kommune})"
        )


def downgrade() -> None:
    op.execute("DROP FUNCTION sakark_defer_last")
    for table in TABLES:
        op.drop_table(table)
