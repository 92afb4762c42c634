"""Add avskrivning, dokumentflyt, presedens and the memory of a case."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_26_add_sakarkiv"
down_revision = "2026_11_26_add_ids_and_meetings"
branch_labels = None
depends_on = None

APPLICATION_ROLE = "sakark_app"
TABLES = (
    "presedens",
    "mappe_presedens",
    "registrering_presedens",
    "dokumentflyt",
    "avskrivning",
)
THIS_TENANT = "NULLIF(current_setting('app.tenant_id', true), '')::int"


def upgrade() -> None:
    # In the order that requests take them: else each could wait for what the other holds.
    op.execute("LOCK TABLE mappe, registrering, korrespondansepart IN ACCESS EXCLUSIVE MODE")
    op.create_table(
        "presedens",
        sa.Column("presedens_dato", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tittel", sa.Text(), nullable=False),
        sa.Column("beskrivelse", sa.Text(), nullable=True),
        sa.Column("presedens_hjemmel", sa.Text(), nullable=True),
        sa.Column("rettskildefaktor", sa.Text(), nullable=False),
        sa.Column("presedens_godkjent_dato", sa.DateTime(timezone=True), nullable=True),
        sa.Column("presedens_godkjent_av", sa.Text(), nullable=True),
        sa.Column("referanse_presedens_godkjent_av", sa.Uuid(), nullable=True),
        sa.Column("presedens_status", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column(
            "sok",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('norwegian'::regconfig, coalesce(tittel, '') || ' ' || coalesce(beskrivelse, ''))",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("avsluttet_dato", sa.DateTime(timezone=True), nullable=True),
        sa.Column("avsluttet_av", sa.Text(), nullable=True),
        sa.Column("referanse_avsluttet_av", sa.Uuid(), nullable=True),
        sa.Column("opprettet_dato", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opprettet_av", sa.Text(), nullable=False),
        sa.Column("referanse_opprettet_av", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("system_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "tidssoner", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.PrimaryKeyConstraint("tenant_id", "system_id", name=op.f("pk_presedens")),
        postgresql_partition_by="LIST (tenant_id)",
    )
    op.create_index(
        op.f("ix_presedens_sok"), "presedens", ["sok"], unique=False, postgresql_using="gin"
    )
    op.create_table(
        "mappe_presedens",
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("mappe_ref", sa.Uuid(), nullable=False),
        sa.Column("presedens_ref", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "mappe_ref"],
            ["mappe.tenant_id", "mappe.system_id"],
            name=op.f("fk_mappe_presedens_tenant_id_mappe_ref"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "presedens_ref"],
            ["presedens.tenant_id", "presedens.system_id"],
            name=op.f("fk_mappe_presedens_tenant_id_presedens_ref"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "mappe_ref", "presedens_ref", name=op.f("pk_mappe_presedens")
        ),
        postgresql_partition_by="LIST (tenant_id)",
    )
    op.create_index(
        op.f("ix_mappe_presedens_tenant_id_presedens_ref"),
        "mappe_presedens",
        ["tenant_id", "presedens_ref"],
        unique=False,
    )
    op.create_table(
        "dokumentflyt",
        sa.Column("registrering_ref", sa.Uuid(), nullable=False),
        sa.Column(
            "sok",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('norwegian'::regconfig, coalesce(flyt_til, '') || ' ' || coalesce(flyt_fra, '') || ' ' || coalesce(flyt_merknad, ''))",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("flyt_til", sa.Text(), nullable=True),
        sa.Column("referanse_flyt_til", sa.Uuid(), nullable=True),
        sa.Column("flyt_fra", sa.Text(), nullable=False),
        sa.Column("referanse_flyt_fra", sa.Uuid(), nullable=True),
        sa.Column("flyt_mottatt_dato", sa.DateTime(timezone=True), nullable=True),
        sa.Column("flyt_sendt_dato", sa.DateTime(timezone=True), nullable=True),
        sa.Column("flyt_status", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("flyt_merknad", sa.Text(), nullable=True),
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("system_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "tidssoner", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "referanse_flyt_fra"],
            ["bruker.tenant_id", "bruker.system_id"],
            name=op.f("fk_dokumentflyt_tenant_id_referanse_flyt_fra"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "referanse_flyt_til"],
            ["bruker.tenant_id", "bruker.system_id"],
            name=op.f("fk_dokumentflyt_tenant_id_referanse_flyt_til"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "registrering_ref"],
            ["registrering.tenant_id", "registrering.system_id"],
            name=op.f("fk_dokumentflyt_tenant_id_registrering_ref"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "system_id", name=op.f("pk_dokumentflyt")),
        postgresql_partition_by="LIST (tenant_id)",
    )
    op.create_index(
        op.f("ix_dokumentflyt_tenant_id_registrering_ref"),
        "dokumentflyt",
        ["tenant_id", "registrering_ref"],
        unique=False,
    )
    op.create_table(
        "registrering_presedens",
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("registrering_ref", sa.Uuid(), nullable=False),
        sa.Column("presedens_ref", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "presedens_ref"],
            ["presedens.tenant_id", "presedens.system_id"],
            name=op.f("fk_registrering_presedens_tenant_id_presedens_ref"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "registrering_ref"],
            ["registrering.tenant_id", "registrering.system_id"],
            name=op.f("fk_registrering_presedens_tenant_id_registrering_ref"),
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "registrering_ref", "presedens_ref", name=op.f("pk_registrering_presedens")
        ),
        postgresql_partition_by="LIST (tenant_id)",
    )
    op.create_index(
        op.f("ix_registrering_presedens_tenant_id_presedens_ref"),
        "registrering_presedens",
        ["tenant_id", "presedens_ref"],
        unique=False,
    )
    op.create_table(
        "avskrivning",
        sa.Column("journalpost_ref", sa.Uuid(), nullable=False),
        sa.Column(
            "sok",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('norwegian'::regconfig, coalesce(avskrevet_av, ''))",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("avskrivningsdato", sa.DateTime(timezone=True), nullable=False),
        sa.Column("avskrevet_av", sa.Text(), nullable=False),
        sa.Column("referanse_avskrevet_av", sa.Uuid(), nullable=False),
        sa.Column("avskrivningsmaate", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("referanse_avskrives_av_journalpost", sa.Uuid(), nullable=True),
        sa.Column("referanse_avskrives_av_korrespondansepart", sa.Uuid(), nullable=True),
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("system_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "tidssoner", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "journalpost_ref"],
            ["registrering.tenant_id", "registrering.system_id"],
            name=op.f("fk_avskrivning_tenant_id_journalpost_ref"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "referanse_avskrives_av_journalpost"],
            ["registrering.tenant_id", "registrering.system_id"],
            name=op.f("fk_avskrivning_tenant_id_referanse_avskrives_av_journalpost"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "referanse_avskrives_av_korrespondansepart"],
            ["korrespondansepart.tenant_id", "korrespondansepart.system_id"],
            name=op.f("fk_avskrivning_tenant_id_referanse_avskrives_av_korresp_b041"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "system_id", name=op.f("pk_avskrivning")),
        postgresql_partition_by="LIST (tenant_id)",
    )
    op.create_index(
        op.f("ix_avskrivning_tenant_id_journalpost_ref"),
        "avskrivning",
        ["tenant_id", "journalpost_ref"],
        unique=False,
    )
    op.create_index(
        op.f("ix_avskrivning_tenant_id_referanse_avskrives_av_journalpost"),
        "avskrivning",
        ["tenant_id", "referanse_avskrives_av_journalpost"],
        unique=False,
    )
    op.create_index(
        op.f("ix_avskrivning_tenant_id_referanse_avskrives_av_korresp_675b"),
        "avskrivning",
        ["tenant_id", "referanse_avskrives_av_korrespondansepart"],
        unique=False,
    )
    for table in ("dokumentflyt", "avskrivning"):
        op.create_index(
            op.f(f"ix_{table}_sok"), table, ["sok"], unique=False, postgresql_using="gin"
        )
    op.add_column("mappe", sa.Column("har_hatt_journalfoert", sa.Boolean(), nullable=True))
    secure()


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


def downgrade() -> None:
    op.drop_column("mappe", "har_hatt_journalfoert")
    op.drop_index(
        op.f("ix_avskrivning_tenant_id_referanse_avskrives_av_korresp_675b"),
        table_name="avskrivning",
    )
    op.drop_index(
        op.f("ix_avskrivning_tenant_id_referanse_avskrives_av_journalpost"),
        table_name="avskrivning",
    )
    op.drop_index(op.f("ix_avskrivning_tenant_id_journalpost_ref"), table_name="avskrivning")
    op.drop_table("avskrivning")
    op.drop_index(
        op.f("ix_registrering_presedens_tenant_id_presedens_ref"),
        table_name="registrering_presedens",
    )
    op.drop_table("registrering_presedens")
    op.drop_index(op.f("ix_dokumentflyt_tenant_id_registrering_ref"), table_name="dokumentflyt")
    op.drop_table("dokumentflyt")
    op.drop_index(op.f("ix_mappe_presedens_tenant_id_presedens_ref"), table_name="mappe_presedens")
    op.drop_table("mappe_presedens")
    op.drop_index(op.f("ix_presedens_sok"), table_name="presedens", postgresql_using="gin")
    op.drop_table("presedens")
