"""Add kryssreferanse and secondary classification."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_26_add_references"
down_revision = "2026_11_22_add_jobs"
branch_labels = None
depends_on = None

APPLICATION_ROLE = "sakark_app"
TABLES = ("sekundaerklassifikasjonssystem", "klasse_mappe", "kryssreferanse")
THIS_TENANT = "NULLIF(current_setting('app.tenant_id', true), '')::int"


def secure() -> None:
    """Let the application role see one kommune's rows at a time; give each kommune its partition."""
    kommuner = op.get_bind().scalars(sa.text("SELECT id FROM kommune")).all()
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_kommune ON {table} USING (tenant_id = {THIS_TENANT})"
            f" WITH CHECK (tenant_id = {THIS_TENANT})"
        )
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APPLICATION_ROLE}")
        for kommune in kommuner:
            op.execute(
                f"CREATE TABLE {table}_k{kommune} PARTITION OF {table} FOR VALUES IN ({kommune})"
            )


def upgrade() -> None:
    # In the order that requests take them: else each could wait for what the other holds.
    op.execute(
        "LOCK TABLE klassifikasjonssystem, klasse, mappe, registrering IN SHARE ROW EXCLUSIVE MODE"
    )
    op.create_table(
        "sekundaerklassifikasjonssystem",
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("primaer_ref", sa.Uuid(), nullable=False),
        sa.Column("sekundaer_ref", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "primaer_ref"],
            ["klassifikasjonssystem.tenant_id", "klassifikasjonssystem.system_id"],
            name=op.f("fk_sekundaerklassifikasjonssystem_tenant_id_primaer_ref"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "sekundaer_ref"],
            ["klassifikasjonssystem.tenant_id", "klassifikasjonssystem.system_id"],
            name=op.f("fk_sekundaerklassifikasjonssystem_tenant_id_sekundaer_ref"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id",
            "primaer_ref",
            "sekundaer_ref",
            name=op.f("pk_sekundaerklassifikasjonssystem"),
        ),
        postgresql_partition_by="LIST (tenant_id)",
    )
    op.create_index(
        op.f("ix_sekundaerklassifikasjonssystem_tenant_id_sekundaer_ref"),
        "sekundaerklassifikasjonssystem",
        ["tenant_id", "sekundaer_ref"],
        unique=False,
    )
    op.create_table(
        "klasse_mappe",
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("klasse_ref", sa.Uuid(), nullable=False),
        sa.Column("mappe_ref", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "klasse_ref"],
            ["klasse.tenant_id", "klasse.system_id"],
            name=op.f("fk_klasse_mappe_tenant_id_klasse_ref"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "mappe_ref"],
            ["mappe.tenant_id", "mappe.system_id"],
            name=op.f("fk_klasse_mappe_tenant_id_mappe_ref"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "klasse_ref", "mappe_ref", name=op.f("pk_klasse_mappe")
        ),
        postgresql_partition_by="LIST (tenant_id)",
    )
    op.create_index(
        op.f("ix_klasse_mappe_tenant_id_mappe_ref"),
        "klasse_mappe",
        ["tenant_id", "mappe_ref"],
        unique=False,
    )
    op.create_table(
        "kryssreferanse",
        sa.Column("fra_klasse_ref", sa.Uuid(), nullable=True),
        sa.Column("fra_mappe_ref", sa.Uuid(), nullable=True),
        sa.Column("fra_registrering_ref", sa.Uuid(), nullable=True),
        sa.Column("til_klasse_ref", sa.Uuid(), nullable=True),
        sa.Column("til_mappe_ref", sa.Uuid(), nullable=True),
        sa.Column("til_registrering_ref", sa.Uuid(), nullable=True),
        sa.Column("opprettet_dato", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opprettet_av", sa.Text(), nullable=False),
        sa.Column("referanse_opprettet_av", sa.Uuid(), nullable=False),
        sa.Column("endret_dato", sa.DateTime(timezone=True), nullable=True),
        sa.Column("endret_av", sa.Text(), nullable=True),
        sa.Column("referanse_endret_av", sa.Uuid(), nullable=True),
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("system_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "tidssoner", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.CheckConstraint(
            "num_nonnulls(fra_klasse_ref, fra_mappe_ref, fra_registrering_ref) = 1",
            name=op.f("ck_kryssreferanse_one_fra"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(til_klasse_ref, til_mappe_ref, til_registrering_ref) = 1",
            name=op.f("ck_kryssreferanse_one_til"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "fra_klasse_ref"],
            ["klasse.tenant_id", "klasse.system_id"],
            name=op.f("fk_kryssreferanse_tenant_id_fra_klasse_ref"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "fra_mappe_ref"],
            ["mappe.tenant_id", "mappe.system_id"],
            name=op.f("fk_kryssreferanse_tenant_id_fra_mappe_ref"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "fra_registrering_ref"],
            ["registrering.tenant_id", "registrering.system_id"],
            name=op.f("fk_kryssreferanse_tenant_id_fra_registrering_ref"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "til_klasse_ref"],
            ["klasse.tenant_id", "klasse.system_id"],
            name=op.f("fk_kryssreferanse_tenant_id_til_klasse_ref"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "til_mappe_ref"],
            ["mappe.tenant_id", "mappe.system_id"],
            name=op.f("fk_kryssreferanse_tenant_id_til_mappe_ref"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "til_registrering_ref"],
            ["registrering.tenant_id", "registrering.system_id"],
            name=op.f("fk_kryssreferanse_tenant_id_til_registrering_ref"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "system_id", name=op.f("pk_kryssreferanse")),
        sa.UniqueConstraint(
            "tenant_id",
            "fra_klasse_ref",
            "fra_mappe_ref",
            "fra_registrering_ref",
            "til_klasse_ref",
            "til_mappe_ref",
            "til_registrering_ref",
            name="uq_kryssreferanse_ends",
            postgresql_nulls_not_distinct=True,
        ),
        postgresql_partition_by="LIST (tenant_id)",
    )
    op.create_index(
        op.f("ix_kryssreferanse_tenant_id_fra_klasse_ref"),
        "kryssreferanse",
        ["tenant_id", "fra_klasse_ref"],
        unique=False,
    )
    op.create_index(
        op.f("ix_kryssreferanse_tenant_id_fra_mappe_ref"),
        "kryssreferanse",
        ["tenant_id", "fra_mappe_ref"],
        unique=False,
    )
    op.create_index(
        op.f("ix_kryssreferanse_tenant_id_fra_registrering_ref"),
        "kryssreferanse",
        ["tenant_id", "fra_registrering_ref"],
        unique=False,
    )
    op.create_index(
        op.f("ix_kryssreferanse_tenant_id_til_klasse_ref"),
        "kryssreferanse",
        ["tenant_id", "til_klasse_ref"],
        unique=False,
    )
    op.create_index(
        op.f("ix_kryssreferanse_tenant_id_til_mappe_ref"),
        "kryssreferanse",
        ["tenant_id", "til_mappe_ref"],
        unique=False,
    )
    op.create_index(
        op.f("ix_kryssreferanse_tenant_id_til_registrering_ref"),
        "kryssreferanse",
        ["tenant_id", "til_registrering_ref"],
        unique=False,
    )
    secure()


def downgrade() -> None:
    op.drop_index(
        op.f("ix_kryssreferanse_tenant_id_til_registrering_ref"), table_name="kryssreferanse"
    )
    op.drop_index(op.f("ix_kryssreferanse_tenant_id_til_mappe_ref"), table_name="kryssreferanse")
    op.drop_index(op.f("ix_kryssreferanse_tenant_id_til_klasse_ref"), table_name="kryssreferanse")
    op.drop_index(
        op.f("ix_kryssreferanse_tenant_id_fra_registrering_ref"), table_name="kryssreferanse"
    )
    op.drop_index(op.f("ix_kryssreferanse_tenant_id_fra_mappe_ref"), table_name="kryssreferanse")
    op.drop_index(op.f("ix_kryssreferanse_tenant_id_fra_klasse_ref"), table_name="kryssreferanse")
    op.drop_table("kryssreferanse")
    op.drop_index(op.f("ix_klasse_mappe_tenant_id_mappe_ref"), table_name="klasse_mappe")
    op.drop_table("klasse_mappe")
    op.drop_index(
        op.f("ix_sekundaerklassifikasjonssystem_tenant_id_sekundaer_ref"),
        table_name="sekundaerklassifikasjonssystem",
    )
    op.drop_table("sekundaerklassifikasjonssystem")
