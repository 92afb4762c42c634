"""Let an upload in chunks remember the file it became, for one whose last answer was lost."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_29_finished_uploads"
down_revision = "2026_11_29_epost"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("opplasting", sa.Column("laget", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("opplasting", "laget")
