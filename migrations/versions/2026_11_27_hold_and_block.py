"""Let units be kept from deletion, and be blocked where a law demands that they are deleted."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_27_hold_and_block"
down_revision = "2026_11_27_access_facts"
branch_labels = None
depends_on = None

APPLICATION_ROLE = "sakark_app"
THIS_TENANT = "NULLIF(current_setting('app.tenant_id', true), '')::int"
OWNERS = {
    "bevaringspaalegg": ("arkivdel", "klasse", "mappe", "registrering"),
    "sperring": ("mappe", "registrering"),
}


def upgrade() -> None:
    # In the order that requests take them.
    op.execute("LOCK TABLE arkivdel, klasse, mappe, registrering IN SHARE ROW EXCLUSIVE MODE")
    for table, owners in OWNERS.items():
        _add(table, owners)
    # Who reaches what depends on it: it tells every process.
    op.execute(
        "CREATE TRIGGER note_rights AFTER INSERT OR UPDATE OR DELETE ON sperring"
        " FOR EACH ROW EXECUTE FUNCTION sakark_note_rights()"
    )


def _add(table: str, owners: tuple[str, ...]) -> None:
    columns = [f"{owner}_ref" for owner in owners]
    op.create_table(
        table,
        *(sa.Column(column, sa.Uuid()) for column in columns),
        sa.Column("hjemmel", sa.Text(), nullable=False),
        sa.Column("begrunnelse", sa.Text()),
        sa.Column("gyldig_fra", sa.DateTime(timezone=True)),
        sa.Column("gyldig_til", sa.DateTime(timezone=True)),
        sa.Column("opprettet_dato", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opprettet_av", sa.Text(), nullable=False),
        sa.Column("referanse_opprettet_av", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("system_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tidssoner", postgresql.JSONB(astext_type=sa.Text())),
        sa.CheckConstraint(
            f"num_nonnulls({', '.join(columns)}) = 1", name=op.f(f"ck_{table}_one_owner")
        ),
        *(
            sa.ForeignKeyConstraint(
                ["tenant_id", f"{owner}_ref"],
                [f"{owner}.tenant_id", f"{owner}.system_id"],
                name=op.f(f"fk_{table}_tenant_id_{owner}_ref"),
                ondelete="CASCADE",
            )
            for owner in owners
        ),
        sa.PrimaryKeyConstraint("tenant_id", "system_id", name=op.f(f"pk_{table}")),
    )
    for column in columns:
        op.create_index(op.f(f"ix_{table}_tenant_id_{column}"), table, ["tenant_id", column])
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own_kommune ON {table} USING (tenant_id = {THIS_TENANT})"
        f" WITH CHECK (tenant_id = {THIS_TENANT})"
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APPLICATION_ROLE}")
    op.execute(
        f"CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION sakark_note_unit('{table}')"
    )


def downgrade() -> None:
    # Dropping the foreign keys takes what they lead to.
    op.execute("LOCK TABLE arkivdel, klasse, mappe, registrering IN ACCESS EXCLUSIVE MODE")
    for table in reversed(OWNERS):
        op.drop_table(table)
