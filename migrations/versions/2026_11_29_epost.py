"""Keep what e-mails say of themselves, and where the picture of each file's first page is."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_29_epost"
down_revision = "2026_11_28_documents"
branch_labels = None
depends_on = None

APPLICATION_ROLE = "sakark_app"
THIS_TENANT = "NULLIF(current_setting('app.tenant_id', true), '')::int"


def upgrade() -> None:
    op.execute("LOCK TABLE dokumentobjekt IN SHARE ROW EXCLUSIVE MODE")
    _add_mails()
    _add_previews()


def _add_mails() -> None:
    op.create_table(
        "epost",
        sa.Column("dokumentobjekt_ref", sa.Uuid(), nullable=False),
        sa.Column("nivaa", sa.Integer(), nullable=False),
        sa.Column("fra", sa.Text()),
        sa.Column("til", sa.ARRAY(sa.Text())),
        sa.Column("kopi", sa.ARRAY(sa.Text())),
        sa.Column("dato", sa.DateTime(timezone=True)),
        sa.Column("emne", sa.Text()),
        sa.Column("meldings_id", sa.Text()),
        sa.Column("vedlegg", postgresql.JSONB(astext_type=sa.Text())),
        sa.Column("forslag", postgresql.JSONB(astext_type=sa.Text())),
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("system_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tidssoner", postgresql.JSONB(astext_type=sa.Text())),
        sa.ForeignKeyConstraint(
            ["tenant_id", "dokumentobjekt_ref"],
            ["dokumentobjekt.tenant_id", "dokumentobjekt.system_id"],
            name=op.f("fk_epost_tenant_id_dokumentobjekt_ref"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "system_id", name=op.f("pk_epost")),
        postgresql_partition_by="LIST (tenant_id)",
    )
    op.create_index(
        op.f("ix_epost_tenant_id_dokumentobjekt_ref"), "epost", ["tenant_id", "dokumentobjekt_ref"]
    )
    _secure("epost")
    op.execute(
        "CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON epost"
        " FOR EACH ROW EXECUTE FUNCTION sakark_note_unit('epost')"
    )


def _add_previews() -> None:
    op.create_table(
        "forhaandsvisning",
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("enhet", sa.Uuid(), nullable=False),
        sa.Column("lagringsnoekkel", sa.Text(), nullable=False),
        sa.Column("filstoerrelse", sa.BigInteger(), nullable=False),
        sa.Column("sjekksum", sa.Text(), nullable=False),
        sa.Column("laget", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "enhet"],
            ["dokumentobjekt.tenant_id", "dokumentobjekt.system_id"],
            name=op.f("fk_forhaandsvisning_tenant_id_enhet"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "enhet", name=op.f("pk_forhaandsvisning")),
        postgresql_partition_by="LIST (tenant_id)",
    )
    _secure("forhaandsvisning")


def _secure(table: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own_kommune ON {table} USING (tenant_id = {THIS_TENANT})"
        f" WITH CHECK (tenant_id = {THIS_TENANT})"
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APPLICATION_ROLE}")
    for kommune in op.get_bind().scalars(sa.text("SELECT id FROM kommune")).all():
        op.execute(
            f"CREATE TABLE {table}_k{kommune} PARTITION OF {table} FOR VALUES IN ({kommune})"
        )


def downgrade() -> None:
    op.drop_table("forhaandsvisning")
    op.drop_table("epost")
