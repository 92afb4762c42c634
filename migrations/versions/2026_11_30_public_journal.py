"""Let a kommune publish its journal, so many working days after the entries are made."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_30_public_journal"
down_revision = "2026_11_29_text_of_documents"
branch_labels = None
depends_on = None

OPERATOR_ROLE = "sakark_drift"
COLUMN = "offentlig_journal"
LIMITS = "offentlig_journal BETWEEN 0 AND 30"


def upgrade() -> None:
    op.add_column("kommune", sa.Column(COLUMN, sa.SmallInteger(), nullable=True))
    op.create_check_constraint(op.f("ck_kommune_offentlig_journal"), "kommune", LIMITS)
    op.execute(f"GRANT INSERT ({COLUMN}), UPDATE ({COLUMN}) ON kommune TO {OPERATOR_ROLE}")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_kommune_offentlig_journal"), "kommune")
    op.drop_column("kommune", COLUMN)
