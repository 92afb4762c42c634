"""Keep what requests with an Idempotency-Key made, for a day."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_idempotency_keys"
down_revision = "2026_11_26_index_for_queries"
branch_labels = None
depends_on = None

APPLICATION_ROLE = "sakark_app"
TABLE = "idempotensnoekkel"
THIS_TENANT = "NULLIF(current_setting('app.tenant_id', true), '')::int"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("noekkel", sa.LargeBinary(), nullable=False),
        sa.Column("fingeravtrykk", sa.LargeBinary(), nullable=False),
        sa.Column("laget", sa.Text(), nullable=False),
        sa.Column("utloeper", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "noekkel", name=op.f("pk_idempotensnoekkel")),
        postgresql_partition_by="LIST (tenant_id)",
    )
    secure()


def secure() -> None:
    """Let the application role see one kommune's rows at a time; give each kommune its partition."""
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {TABLE} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own_kommune ON {TABLE} USING (tenant_id = {THIS_TENANT})"
        f" WITH CHECK (tenant_id = {THIS_TENANT})"
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {TABLE} TO {APPLICATION_ROLE}")
    for kommune in op.get_bind().scalars(sa.text("SELECT id FROM kommune")).all():
        op.execute(
            f"CREATE TABLE {TABLE}_k{kommune} PARTITION OF {TABLE} FOR VALUES IN ({kommune})"
        )


def downgrade() -> None:
    op.drop_table(TABLE)
