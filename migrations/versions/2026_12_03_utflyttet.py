"""Remember which units have gone to another kommune of the installation."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_03_utflyttet"
down_revision = "2026_12_02_give_up_arrivals"
branch_labels = None
depends_on = None

APPLICATION_ROLE = "sakark_app"
TABLE = "utflyttet"
THIS_TENANT = "NULLIF(current_setting('app.tenant_id', true), '')::int"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("enhet", sa.Uuid(), nullable=False),
        sa.Column("til", sa.Text(), nullable=False),
        sa.Column("gradert", sa.SmallInteger()),
        sa.PrimaryKeyConstraint("tenant_id", "enhet", name=op.f("pk_utflyttet")),
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
