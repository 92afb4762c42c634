"""Let two people decide on disposal, and keep the proof of what was destroyed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_30_kassasjon"
down_revision = "2026_11_30_innlesing"
branch_labels = None
depends_on = None

APPLICATION_ROLE = "sakark_app"
THIS_TENANT = "NULLIF(current_setting('app.tenant_id', true), '')::int"
# In the order that requests take them.
HELD = "arkivdel, mappe, registrering, dokumentbeskrivelse, dokumentobjekt"


def upgrade() -> None:
    op.execute(f"LOCK TABLE {HELD} IN ACCESS EXCLUSIVE MODE")
    op.add_column("dokumentobjekt", sa.Column("destruert", sa.DateTime(timezone=True)))
    _add_lists()
    _add_lines()


def _add_lists() -> None:
    op.create_table(
        "kassasjonsliste",
        sa.Column("arkivdel_ref", sa.Uuid(), nullable=False),
        sa.Column("begrunnelse", sa.Text()),
        sa.Column("til_dato", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kassasjonsvedtak", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("merknad_til_avgjoerelse", sa.Text()),
        sa.Column("antall_dokumenter", sa.Integer()),
        sa.Column("antall_filer", sa.Integer()),
        sa.Column("antall_byte", sa.BigInteger()),
        sa.Column("utelatt", postgresql.JSONB(astext_type=sa.Text())),
        sa.Column("sendt_dato", sa.DateTime(timezone=True)),
        sa.Column("sendt_av", sa.Text()),
        sa.Column("referanse_sendt_av", sa.Uuid()),
        sa.Column("avgjort_dato", sa.DateTime(timezone=True)),
        sa.Column("avgjort_av", sa.Text()),
        sa.Column("referanse_avgjort_av", sa.Uuid()),
        sa.Column("kassasjonsbevis", postgresql.JSONB(astext_type=sa.Text())),
        sa.Column("bevistekst", sa.Text()),
        sa.Column("opprettet_dato", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opprettet_av", sa.Text(), nullable=False),
        sa.Column("referanse_opprettet_av", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("system_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tidssoner", postgresql.JSONB(astext_type=sa.Text())),
        sa.ForeignKeyConstraint(
            ["tenant_id", "arkivdel_ref"],
            ["arkivdel.tenant_id", "arkivdel.system_id"],
            name=op.f("fk_kassasjonsliste_tenant_id_arkivdel_ref"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "system_id", name=op.f("pk_kassasjonsliste")),
    )
    op.create_index(
        op.f("ix_kassasjonsliste_tenant_id_arkivdel_ref"),
        "kassasjonsliste",
        ["tenant_id", "arkivdel_ref"],
    )
    _secure("kassasjonsliste")


def _add_lines() -> None:
    owners = {
        "kassasjonsliste_ref": ("kassasjonsliste", "CASCADE"),
        "dokumentbeskrivelse_ref": ("dokumentbeskrivelse", "CASCADE"),
        "registrering_ref": ("registrering", "SET NULL (registrering_ref)"),
        "mappe_ref": ("mappe", "SET NULL (mappe_ref)"),
    }
    op.create_table(
        "kassasjonslinje",
        sa.Column("kassasjonsliste_ref", sa.Uuid(), nullable=False),
        sa.Column("dokumentbeskrivelse_ref", sa.Uuid(), nullable=False),
        sa.Column("registrering_ref", sa.Uuid()),
        sa.Column("mappe_ref", sa.Uuid()),
        sa.Column("noekler", sa.ARRAY(sa.Text())),
        sa.Column("kassasjon", postgresql.JSONB(astext_type=sa.Text())),
        sa.Column("arvet_fra", sa.Text()),
        sa.Column("referanse_arvet_fra", sa.Uuid()),
        sa.Column("antall_filer", sa.Integer(), nullable=False),
        sa.Column("antall_byte", sa.BigInteger(), nullable=False),
        sa.Column("utelatt", sa.Text()),
        sa.Column("utelatt_dato", sa.DateTime(timezone=True)),
        sa.Column("kassert_dato", sa.DateTime(timezone=True)),
        sa.Column("destruert_dato", sa.DateTime(timezone=True)),
        sa.Column("laast_til", sa.DateTime(timezone=True)),
        sa.Column("funn", sa.Text()),
        sa.Column("filer", postgresql.JSONB(astext_type=sa.Text())),
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("system_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tidssoner", postgresql.JSONB(astext_type=sa.Text())),
        *(
            sa.ForeignKeyConstraint(
                ["tenant_id", column],
                [f"{table}.tenant_id", f"{table}.system_id"],
                name=op.f(f"fk_kassasjonslinje_tenant_id_{column}"),
                ondelete=gone,
            )
            for column, (table, gone) in owners.items()
        ),
        sa.PrimaryKeyConstraint("tenant_id", "system_id", name=op.f("pk_kassasjonslinje")),
        postgresql_partition_by="LIST (tenant_id)",
    )
    for column in owners:
        op.create_index(
            op.f(f"ix_kassasjonslinje_tenant_id_{column}"),
            "kassasjonslinje",
            ["tenant_id", column],
        )
    op.create_index(
        op.f("ix_kassasjonslinje_noekler"),
        "kassasjonslinje",
        ["noekler"],
        postgresql_using="gin",
    )
    _secure("kassasjonslinje")
    for kommune in op.get_bind().scalars(sa.text("SELECT id FROM kommune")).all():
        op.execute(
            f"CREATE TABLE kassasjonslinje_k{kommune}"
            f" PARTITION OF kassasjonslinje FOR VALUES IN ({kommune})"
        )


def _secure(table: str) -> None:
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
    op.execute(f"LOCK TABLE {HELD} IN ACCESS EXCLUSIVE MODE")
    op.drop_table("kassasjonslinje")
    op.drop_table("kassasjonsliste")
    op.drop_column("dokumentobjekt", "destruert")
