"""The queue of background jobs, in a schema of its own, as the library that works it makes it."""

from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy.util import await_only

revision = "2026_11_22_add_jobs"
down_revision = "2026_11_22_add_drift"
branch_labels = None
depends_on = None

APPLICATION_ROLE = "sakark_app"


def upgrade() -> None:
    op.execute("CREATE SCHEMA jobs")
    op.execute("SET LOCAL search_path = jobs")
    # Many statements in one text: only the driver itself sends that.
    driver = op.get_bind().connection.driver_connection
    await_only(driver.execute(SchemaManager.get_schema()))
    op.execute(f"GRANT USAGE ON SCHEMA jobs TO {APPLICATION_ROLE}")
    op.execute(
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA jobs TO {APPLICATION_ROLE}"
    )
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA jobs TO {APPLICATION_ROLE}")
    op.execute("SET LOCAL search_path = DEFAULT")


def downgrade() -> None:
    op.execute("DROP SCHEMA jobs CASCADE")
