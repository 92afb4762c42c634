"""Keep the orders of deposits, and let them wait in a queue of their own."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_30_uttrekk"
down_revision = "2026_11_30_kassasjon"
branch_labels = None
depends_on = None

APPLICATION_ROLE = "sakark_app"
TABLE = "uttrekk"
THIS_TENANT = "NULLIF(current_setting('app.tenant_id', true), '')::int"
UNDER_WAY = "tilstand IN ('bestilt', 'i gang')"
# As it was, but that deposits wait by themselves: they last for hours, and documents are examined.
DEFER = f"""
CREATE OR REPLACE FUNCTION sakark_defer(job text, unit uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = jobs, pg_temp AS $$
DECLARE
  kommune int := {THIS_TENANT};
  named text := format('%s/%s/%s', job, kommune, unit);
BEGIN
  IF kommune IS NULL THEN
    RAISE insufficient_privilege USING MESSAGE = 'no kommune is served';
  END IF;
  INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args)
  VALUES (
    QUEUE, job, -10, named, named, jsonb_build_object('kommune', kommune, 'enhet', unit)
  )
  ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING;
END $$
"""
BY_JOB = "CASE job WHEN 'lag_uttrekk' THEN 'uttrekk' ELSE 'default' END"


def upgrade() -> None:
    op.execute(DEFER.replace("QUEUE", BY_JOB))
    op.create_table(
        TABLE,
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("arkivdeler", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("fra", sa.Date()),
        sa.Column("til", sa.Date()),
        sa.Column("produksjonsformat", sa.Boolean(), nullable=False),
        sa.Column("dias", postgresql.JSONB()),
        sa.Column("tilstand", sa.Text(), nullable=False),
        sa.Column("bestilt_dato", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bestilt_av", sa.Text(), nullable=False),
        sa.Column("referanse_bestilt_av", sa.Uuid(), nullable=False),
        sa.Column("forsoek", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("begynt_dato", sa.DateTime(timezone=True)),
        sa.Column("oppdatert_dato", sa.DateTime(timezone=True)),
        sa.Column("avsluttet_dato", sa.DateTime(timezone=True)),
        sa.Column("trinn", postgresql.JSONB()),
        sa.Column("enheter", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("av_enheter", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("filer", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("av_filer", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("utelatt", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("grunn", postgresql.JSONB()),
        sa.Column("hindringer", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("gradert", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("lagringsnoekkel", sa.Text()),
        sa.Column("filnavn", sa.Text()),
        sa.Column("filstoerrelse", sa.BigInteger()),
        sa.Column("sjekksum", sa.Text()),
        sa.Column("utloeper_dato", sa.DateTime(timezone=True)),
        sa.Column("innsending", sa.Text()),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_uttrekk")),
    )
    op.create_index(
        "uq_uttrekk_under_way",
        TABLE,
        ["tenant_id"],
        unique=True,
        postgresql_where=sa.text(UNDER_WAY),
    )
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {TABLE} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own_kommune ON {TABLE} USING (tenant_id = {THIS_TENANT})"
        f" WITH CHECK (tenant_id = {THIS_TENANT})"
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {TABLE} TO {APPLICATION_ROLE}")


def downgrade() -> None:
    op.drop_table(TABLE)
    op.execute("DELETE FROM jobs.procrastinate_jobs WHERE queue_name = 'uttrekk'")
    op.execute(DEFER.replace("QUEUE", "'default'"))
