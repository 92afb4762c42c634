"""Let lines of the log be graded as what they tell: what was graded is not learnt from them."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_grade_the_log"
down_revision = "2026_11_27_hold_and_block"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Nullable: lines are only ever added to, and those of the program before have none.
    op.add_column("endringslogg", sa.Column("gradert", sa.SmallInteger()))


def downgrade() -> None:
    op.drop_column("endringslogg", "gradert")
