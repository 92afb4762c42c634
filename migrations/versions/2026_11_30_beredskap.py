"""Keep how ready each arkivdel is to be deposited, as it was last counted."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_30_beredskap"
down_revision = "2026_11_30_public_journal"
branch_labels = None
depends_on = None

APPLICATION_ROLE = "sakark_app"
TABLE = "beredskap"
THIS_TENANT = "NULLIF(current_setting('app.tenant_id', true), '')::int"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("arkivdel_ref", sa.Uuid(), nullable=False),
        sa.Column("ressurs", sa.Text(), nullable=False),
        sa.Column("enheter", sa.BigInteger(), nullable=False),
        sa.Column("med_feil", sa.BigInteger(), nullable=False),
        sa.Column("uferdige", sa.BigInteger(), nullable=False),
        sa.Column("sjekker", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("talt_dato", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "arkivdel_ref"],
            ["arkivdel.tenant_id", "arkivdel.system_id"],
            name=op.f("fk_beredskap_tenant_id_arkivdel_ref"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "arkivdel_ref", "ressurs", name=op.f("pk_beredskap")),
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
