"""Let cases, classes and parties be found by what caseworkers ask for every day."""

from alembic import op

revision = "2026_11_26_index_for_queries"
down_revision = "2026_11_26_delete_unused_codes"
branch_labels = None
depends_on = None

INDEXES = (
    ("klasse", "klasse_id"),
    ("mappe", "saksansvarlig"),
    ("part", "navn"),
    ("korrespondansepart", "navn"),
)


def upgrade() -> None:
    # In the order that requests take them: else each could wait for what the other holds.
    op.execute("LOCK TABLE klasse, mappe, part, korrespondansepart IN SHARE MODE")
    for table, column in INDEXES:
        op.create_index(op.f(f"ix_{table}_tenant_id_{column}"), table, ["tenant_id", column])


def downgrade() -> None:
    for table, column in reversed(INDEXES):
        op.drop_index(op.f(f"ix_{table}_tenant_id_{column}"), table_name=table)
