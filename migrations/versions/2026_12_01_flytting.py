"""Let kommuner move: how their seals were made, how far they have come, and where they went.

Rows come in as they were: what they were sealed as, and what triggers made of them. So the owner
may let the triggers of what a kommune has rest, within the transaction that takes rows in.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_12_01_flytting"
down_revision = "2026_12_01_newest_in_order"
branch_labels = None
depends_on = None

OPERATOR_ROLE = "sakark_drift"
# A large table is named by the kommune's own partition: no other kommune waits for it.
REST = """
CREATE FUNCTION sakark_rest_triggers(kommune_id smallint, named name, resting boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  own name := named || '_k' || kommune_id;
BEGIN
  EXECUTE format(
    'ALTER TABLE public.%I %s TRIGGER USER',
    CASE WHEN to_regclass(format('public.%I', own)) IS NULL THEN named ELSE own END,
    CASE WHEN resting THEN 'DISABLE' ELSE 'ENABLE' END
  );
END $$
"""
SIGNATURE = "sakark_rest_triggers(smallint, name, boolean)"


def upgrade() -> None:
    op.add_column(
        "kommune",
        sa.Column("seglopphav", postgresql.JSONB(), server_default="[]", nullable=False),
    )
    op.add_column("kommune", sa.Column("flytting", postgresql.JSONB()))
    op.add_column("kommune", sa.Column("flyttet_til", sa.Text()))
    op.execute(
        f"GRANT INSERT (flytting, flyttet_til), UPDATE (flyttet_til) ON kommune TO {OPERATOR_ROLE}"
    )
    op.execute(REST)
    op.execute(f"REVOKE ALL ON FUNCTION {SIGNATURE} FROM PUBLIC")


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {SIGNATURE}")
    for column in ("flyttet_til", "flytting", "seglopphav"):
        op.drop_column("kommune", column)
