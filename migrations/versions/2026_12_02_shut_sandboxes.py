"""Let the operator shut a sandbox before its days are over; the sweep takes it from there."""

from alembic import op

revision = "2026_12_02_shut_sandboxes"
down_revision = "2026_12_01_flytting"
branch_labels = None
depends_on = None

OPERATOR_ROLE = "sakark_drift"


def upgrade() -> None:
    op.execute(f"GRANT UPDATE (utloeper) ON kommune TO {OPERATOR_ROLE}")


def downgrade() -> None:
    op.execute(f"REVOKE UPDATE (utloeper) ON kommune FROM {OPERATOR_ROLE}")
