"""Keep what whoever sent a message calls it, so that the same message comes in once."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_30_arkivmelding"
down_revision = "2026_11_30_uttrekk"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("innlesing", sa.Column("melding", sa.Text()))
    op.create_unique_constraint(
        op.f("uq_innlesing_tenant_id_melding"), "innlesing", ["tenant_id", "melding"]
    )


def downgrade() -> None:
    op.drop_constraint(op.f("uq_innlesing_tenant_id_melding"), "innlesing")
    op.drop_column("innlesing", "melding")
