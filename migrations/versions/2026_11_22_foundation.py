"""Foundation: the registry, the archive structure, the journal, documents and the log."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_22_foundation"
down_revision = None
branch_labels = None
depends_on = None

APPLICATION_ROLE = "sakark_app"
TENANT_TABLES = (
    "administrativenhet",
    "arkiv",
    "arkivskaper",
    "bruker",
    "dokumentbeskrivelse",
    "endringslogg",
    "klassifikasjonssystem",
    "kodeverdi",
    "opplasting",
    "teller",
    "administrativenhet_bruker",
    "arkivdel",
    "arkivskaper_arkiv",
    "dokumentobjekt",
    "klasse",
    "mappe",
    "registrering",
    "korrespondansepart",
    "merknad",
    "part",
    "registrering_dokumentbeskrivelse",
)
# What the log has said stays said, and codes expire instead of disappearing.
APPEND_ONLY = ("endringslogg",)
NEVER_DELETED = ("kodeverdi",)
THIS_TENANT = "NULLIF(current_setting('app.tenant_id', true), '')::int"


def _rights(table: str) -> str:
    if table in APPEND_ONLY:
        return "SELECT, INSERT"
    if table in NEVER_DELETED:
        return "SELECT, INSERT, UPDATE"
    return "SELECT, INSERT, UPDATE, DELETE"


def _secure() -> None:
    """Let the application role see one kommune's rows at a time, and own nothing."""
    op.execute(
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APPLICATION_ROLE}')"
        f" THEN CREATE ROLE {APPLICATION_ROLE} NOLOGIN; END IF; END $$"
    )
    op.execute(f"GRANT USAGE ON SCHEMA public TO {APPLICATION_ROLE}")
    op.execute(f"GRANT SELECT ON kommune, kommune_issuer TO {APPLICATION_ROLE}")
    op.execute(f"GRANT UPDATE (kodeverk_version) ON kommune TO {APPLICATION_ROLE}")
    for table in TENANT_TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_kommune ON {table} USING (tenant_id = {THIS_TENANT})"
            f" WITH CHECK (tenant_id = {THIS_TENANT})"
        )
        op.execute(f"GRANT {_rights(table)} ON {table} TO {APPLICATION_ROLE}")


def upgrade() -> None:
    op.create_table(
        "administrativenhet",
        sa.Column("administrativ_enhet_navn", sa.Text(), nullable=False),
        sa.Column("kortnavn", sa.Text(), nullable=True),
        sa.Column("opprettet_dato", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opprettet_av", sa.Text(), nullable=False),
        sa.Column("avsluttet_dato", sa.DateTime(timezone=True), nullable=True),
        sa.Column("administrativ_enhetsstatus", sa.Text(), nullable=False),
        sa.Column("referanse_overordnet_enhet", sa.Uuid(), nullable=True),
        sa.Column(
            "sok",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('norwegian'::regconfig, coalesce(administrativ_enhet_navn, '') || ' ' || coalesce(kortnavn, ''))",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("system_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "tidssoner", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "referanse_overordnet_enhet"],
            ["administrativenhet.tenant_id", "administrativenhet.system_id"],
            name=op.f("fk_administrativenhet_tenant_id_referanse_overordnet_enhet"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "system_id", name=op.f("pk_administrativenhet")),
    )
    op.create_index(
        op.f("ix_administrativenhet_sok"),
        "administrativenhet",
        ["sok"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        op.f("ix_administrativenhet_tenant_id_referanse_overordnet_enhet"),
        "administrativenhet",
        ["tenant_id", "referanse_overordnet_enhet"],
        unique=False,
    )
    op.create_table(
        "arkiv",
        sa.Column("overarkiv_ref", sa.Uuid(), nullable=True),
        sa.Column("tittel", sa.Text(), nullable=False),
        sa.Column("beskrivelse", sa.Text(), nullable=True),
        sa.Column("arkivstatus", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("dokumentmedium", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("oppbevaringssted", sa.ARRAY(sa.Text()), nullable=True),
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
        sa.Column("endret_dato", sa.DateTime(timezone=True), nullable=True),
        sa.Column("endret_av", sa.Text(), nullable=True),
        sa.Column("referanse_endret_av", sa.Uuid(), nullable=True),
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("system_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "tidssoner", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "overarkiv_ref"],
            ["arkiv.tenant_id", "arkiv.system_id"],
            name=op.f("fk_arkiv_tenant_id_overarkiv_ref"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "system_id", name=op.f("pk_arkiv")),
    )
    op.create_index(op.f("ix_arkiv_sok"), "arkiv", ["sok"], unique=False, postgresql_using="gin")
    op.create_index(
        op.f("ix_arkiv_tenant_id_overarkiv_ref"),
        "arkiv",
        ["tenant_id", "overarkiv_ref"],
        unique=False,
    )
    op.create_table(
        "arkivskaper",
        sa.Column("arkivskaper_id", sa.Text(), nullable=False),
        sa.Column("arkivskaper_navn", sa.Text(), nullable=False),
        sa.Column("beskrivelse", sa.Text(), nullable=True),
        sa.Column(
            "sok",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('norwegian'::regconfig, coalesce(arkivskaper_id, '') || ' ' || coalesce(arkivskaper_navn, '') || ' ' || coalesce(beskrivelse, ''))",
                persisted=True,
            ),
            nullable=False,
        ),
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
        sa.PrimaryKeyConstraint("tenant_id", "system_id", name=op.f("pk_arkivskaper")),
    )
    op.create_index(
        op.f("ix_arkivskaper_sok"), "arkivskaper", ["sok"], unique=False, postgresql_using="gin"
    )
    op.create_table(
        "bruker",
        sa.Column("issuer", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("bruker_navn", sa.Text(), nullable=False),
        sa.Column("kortnavn", sa.Text(), nullable=True),
        sa.Column("opprettet_dato", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opprettet_av", sa.Text(), nullable=False),
        sa.Column("avsluttet_dato", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "sok",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('norwegian'::regconfig, coalesce(bruker_navn, '') || ' ' || coalesce(kortnavn, ''))",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("system_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "tidssoner", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.PrimaryKeyConstraint("tenant_id", "system_id", name=op.f("pk_bruker")),
        sa.UniqueConstraint(
            "tenant_id",
            "issuer",
            "subject",
            "bruker_navn",
            name=op.f("uq_bruker_tenant_id_issuer_subject_bruker_navn"),
        ),
    )
    op.create_index(op.f("ix_bruker_sok"), "bruker", ["sok"], unique=False, postgresql_using="gin")
    op.create_table(
        "dokumentbeskrivelse",
        sa.Column("dokumenttype", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("dokumentstatus", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("tittel", sa.Text(), nullable=False),
        sa.Column("beskrivelse", sa.Text(), nullable=True),
        sa.Column("forfatter", sa.ARRAY(sa.Text()), nullable=True),
        sa.Column("dokumentmedium", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("oppbevaringssted", sa.Text(), nullable=True),
        sa.Column(
            "tilknyttet_registrering_som", postgresql.JSONB(none_as_null=True), nullable=False
        ),
        sa.Column("dokumentnummer", sa.Integer(), nullable=False),
        sa.Column("tilknyttet_dato", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tilknyttet_av", sa.Text(), nullable=False),
        sa.Column("referanse_tilknyttet_av", sa.Uuid(), nullable=False),
        sa.Column("ekstern_referanse", sa.Text(), nullable=True),
        sa.Column(
            "sok",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('norwegian'::regconfig, coalesce(tittel, '') || ' ' || coalesce(beskrivelse, '') || ' ' || coalesce(ekstern_referanse, ''))",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("kassasjon", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("utfoert_kassasjon", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("sletting", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("skjerming", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("gradering", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("elektronisk_signatur", postgresql.JSONB(none_as_null=True), nullable=True),
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
        sa.PrimaryKeyConstraint("tenant_id", "system_id", name=op.f("pk_dokumentbeskrivelse")),
        postgresql_partition_by="LIST (tenant_id)",
    )
    op.create_index(
        op.f("ix_dokumentbeskrivelse_sok"),
        "dokumentbeskrivelse",
        ["sok"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_table(
        "endringslogg",
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("system_id", sa.Uuid(), nullable=False),
        sa.Column("referanse_arkivenhet", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("hendelsetype", sa.Text(), nullable=False),
        sa.Column("referanse_metadata", sa.Text(), nullable=True),
        sa.Column("endret_dato", sa.DateTime(timezone=True), nullable=False),
        sa.Column("endret_av", sa.Text(), nullable=False),
        sa.Column("referanse_endret_av", sa.Uuid(), nullable=False),
        sa.Column("tidligere_verdi", sa.Text(), nullable=True),
        sa.Column("ny_verdi", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "system_id", name=op.f("pk_endringslogg")),
        postgresql_partition_by="LIST (tenant_id)",
    )
    op.create_index(
        op.f("ix_endringslogg_tenant_id_referanse_arkivenhet"),
        "endringslogg",
        ["tenant_id", "referanse_arkivenhet"],
        unique=False,
    )
    op.create_table(
        "klassifikasjonssystem",
        sa.Column("klassifikasjonstype", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("tittel", sa.Text(), nullable=False),
        sa.Column("beskrivelse", sa.Text(), nullable=True),
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
        sa.Column("endret_dato", sa.DateTime(timezone=True), nullable=True),
        sa.Column("endret_av", sa.Text(), nullable=True),
        sa.Column("referanse_endret_av", sa.Uuid(), nullable=True),
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("system_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "tidssoner", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.PrimaryKeyConstraint("tenant_id", "system_id", name=op.f("pk_klassifikasjonssystem")),
    )
    op.create_index(
        op.f("ix_klassifikasjonssystem_sok"),
        "klassifikasjonssystem",
        ["sok"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_table(
        "kodeverdi",
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("liste", sa.Text(), nullable=False),
        sa.Column("kode", sa.Text(), nullable=False),
        sa.Column("kodenavn", sa.Text(), nullable=False),
        sa.Column("beskrivelse", sa.Text(), nullable=True),
        sa.Column("utdatert", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "liste", "kode", name=op.f("pk_kodeverdi")),
        sa.UniqueConstraint(
            "tenant_id", "liste", "kodenavn", name=op.f("uq_kodeverdi_tenant_id_liste_kodenavn")
        ),
    )
    op.create_table(
        "kommune",
        sa.Column("id", sa.SmallInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("navn", sa.Text(), nullable=False),
        sa.Column("kommunenummer", sa.Text(), nullable=False),
        sa.Column("tidligere_kommunenummer", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("organisasjonsnummer", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("maalform", sa.Text(), nullable=False),
        sa.Column("options", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("kodeverk_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kommune")),
        sa.UniqueConstraint("kommunenummer", name=op.f("uq_kommune_kommunenummer")),
        sa.UniqueConstraint("organisasjonsnummer", name=op.f("uq_kommune_organisasjonsnummer")),
        sa.UniqueConstraint("slug", name=op.f("uq_kommune_slug")),
    )
    op.create_table(
        "opplasting",
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("mime_type", sa.Text(), nullable=False),
        sa.Column("filnavn", sa.Text(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("parts", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_opplasting")),
    )
    op.create_table(
        "teller",
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("serie", sa.Text(), nullable=False),
        sa.Column("verdi", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "serie", name=op.f("pk_teller")),
    )
    op.create_table(
        "administrativenhet_bruker",
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("administrativenhet_ref", sa.Uuid(), nullable=False),
        sa.Column("bruker_ref", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "administrativenhet_ref"],
            ["administrativenhet.tenant_id", "administrativenhet.system_id"],
            name=op.f("fk_administrativenhet_bruker_tenant_id_administrativenhet_ref"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "bruker_ref"],
            ["bruker.tenant_id", "bruker.system_id"],
            name=op.f("fk_administrativenhet_bruker_tenant_id_bruker_ref"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id",
            "administrativenhet_ref",
            "bruker_ref",
            name=op.f("pk_administrativenhet_bruker"),
        ),
        postgresql_partition_by="LIST (tenant_id)",
    )
    op.create_index(
        op.f("ix_administrativenhet_bruker_tenant_id_bruker_ref"),
        "administrativenhet_bruker",
        ["tenant_id", "bruker_ref"],
        unique=False,
    )
    op.create_table(
        "arkivdel",
        sa.Column("arkiv_ref", sa.Uuid(), nullable=False),
        sa.Column("klassifikasjonssystem_ref", sa.Uuid(), nullable=True),
        sa.Column("tittel", sa.Text(), nullable=False),
        sa.Column("beskrivelse", sa.Text(), nullable=True),
        sa.Column("arkivdelstatus", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("dokumentmedium", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("oppbevaringssted", sa.ARRAY(sa.Text()), nullable=True),
        sa.Column("arkivperiode_start_dato", sa.DateTime(timezone=True), nullable=False),
        sa.Column("arkivperiode_slutt_dato", sa.DateTime(timezone=True), nullable=True),
        sa.Column("referanse_forloeper", sa.Uuid(), nullable=True),
        sa.Column("referanse_arvtaker", sa.Uuid(), nullable=True),
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
        sa.Column("kassasjon", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("utfoert_kassasjon", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("sletting", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("skjerming", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("gradering", postgresql.JSONB(none_as_null=True), nullable=True),
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
        sa.ForeignKeyConstraint(
            ["tenant_id", "arkiv_ref"],
            ["arkiv.tenant_id", "arkiv.system_id"],
            name=op.f("fk_arkivdel_tenant_id_arkiv_ref"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "klassifikasjonssystem_ref"],
            ["klassifikasjonssystem.tenant_id", "klassifikasjonssystem.system_id"],
            name=op.f("fk_arkivdel_tenant_id_klassifikasjonssystem_ref"),
            ondelete="SET NULL (klassifikasjonssystem_ref)",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "referanse_arvtaker"],
            ["arkivdel.tenant_id", "arkivdel.system_id"],
            name=op.f("fk_arkivdel_tenant_id_referanse_arvtaker"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "referanse_forloeper"],
            ["arkivdel.tenant_id", "arkivdel.system_id"],
            name=op.f("fk_arkivdel_tenant_id_referanse_forloeper"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "system_id", name=op.f("pk_arkivdel")),
    )
    op.create_index(
        op.f("ix_arkivdel_sok"), "arkivdel", ["sok"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        op.f("ix_arkivdel_tenant_id_arkiv_ref"),
        "arkivdel",
        ["tenant_id", "arkiv_ref"],
        unique=False,
    )
    op.create_index(
        op.f("ix_arkivdel_tenant_id_klassifikasjonssystem_ref"),
        "arkivdel",
        ["tenant_id", "klassifikasjonssystem_ref"],
        unique=False,
    )
    op.create_index(
        op.f("ix_arkivdel_tenant_id_referanse_arvtaker"),
        "arkivdel",
        ["tenant_id", "referanse_arvtaker"],
        unique=False,
    )
    op.create_index(
        op.f("ix_arkivdel_tenant_id_referanse_forloeper"),
        "arkivdel",
        ["tenant_id", "referanse_forloeper"],
        unique=False,
    )
    op.create_table(
        "arkivskaper_arkiv",
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("arkivskaper_ref", sa.Uuid(), nullable=False),
        sa.Column("arkiv_ref", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "arkiv_ref"],
            ["arkiv.tenant_id", "arkiv.system_id"],
            name=op.f("fk_arkivskaper_arkiv_tenant_id_arkiv_ref"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "arkivskaper_ref"],
            ["arkivskaper.tenant_id", "arkivskaper.system_id"],
            name=op.f("fk_arkivskaper_arkiv_tenant_id_arkivskaper_ref"),
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "arkivskaper_ref", "arkiv_ref", name=op.f("pk_arkivskaper_arkiv")
        ),
        postgresql_partition_by="LIST (tenant_id)",
    )
    op.create_index(
        op.f("ix_arkivskaper_arkiv_tenant_id_arkiv_ref"),
        "arkivskaper_arkiv",
        ["tenant_id", "arkiv_ref"],
        unique=False,
    )
    op.create_table(
        "dokumentobjekt",
        sa.Column("dokumentbeskrivelse_ref", sa.Uuid(), nullable=False),
        sa.Column("lagringsnoekkel", sa.Text(), nullable=True),
        sa.Column(
            "sok",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('norwegian'::regconfig, coalesce(filnavn, '') || ' ' || coalesce(sjekksum, ''))",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("versjonsnummer", sa.Integer(), nullable=False),
        sa.Column("variantformat", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("format", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("format_detaljer", sa.Text(), nullable=True),
        sa.Column("filnavn", sa.Text(), nullable=True),
        sa.Column("sjekksum", sa.Text(), nullable=True),
        sa.Column("mime_type", sa.Text(), nullable=True),
        sa.Column("sjekksum_algoritme", sa.Text(), nullable=True),
        sa.Column("filstoerrelse", sa.BigInteger(), nullable=True),
        sa.Column("elektronisk_signatur", postgresql.JSONB(none_as_null=True), nullable=True),
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
        sa.ForeignKeyConstraint(
            ["tenant_id", "dokumentbeskrivelse_ref"],
            ["dokumentbeskrivelse.tenant_id", "dokumentbeskrivelse.system_id"],
            name=op.f("fk_dokumentobjekt_tenant_id_dokumentbeskrivelse_ref"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "system_id", name=op.f("pk_dokumentobjekt")),
        sa.UniqueConstraint(
            "tenant_id", "lagringsnoekkel", name=op.f("uq_dokumentobjekt_tenant_id_lagringsnoekkel")
        ),
        postgresql_partition_by="LIST (tenant_id)",
    )
    op.create_index(
        op.f("ix_dokumentobjekt_sok"),
        "dokumentobjekt",
        ["sok"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        op.f("ix_dokumentobjekt_tenant_id_dokumentbeskrivelse_ref"),
        "dokumentobjekt",
        ["tenant_id", "dokumentbeskrivelse_ref"],
        unique=False,
    )
    op.create_table(
        "klasse",
        sa.Column("klassifikasjonssystem_ref", sa.Uuid(), nullable=False),
        sa.Column("overklasse_ref", sa.Uuid(), nullable=True),
        sa.Column("klasse_id", sa.Text(), nullable=False),
        sa.Column("tittel", sa.Text(), nullable=False),
        sa.Column("beskrivelse", sa.Text(), nullable=True),
        sa.Column("noekkelord", sa.ARRAY(sa.Text()), nullable=True),
        sa.Column(
            "sok",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('norwegian'::regconfig, coalesce(klasse_id, '') || ' ' || coalesce(tittel, '') || ' ' || coalesce(beskrivelse, ''))",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("avsluttet_dato", sa.DateTime(timezone=True), nullable=True),
        sa.Column("avsluttet_av", sa.Text(), nullable=True),
        sa.Column("referanse_avsluttet_av", sa.Uuid(), nullable=True),
        sa.Column("skjerming", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("kassasjon", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("gradering", postgresql.JSONB(none_as_null=True), nullable=True),
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
        sa.ForeignKeyConstraint(
            ["tenant_id", "klassifikasjonssystem_ref"],
            ["klassifikasjonssystem.tenant_id", "klassifikasjonssystem.system_id"],
            name=op.f("fk_klasse_tenant_id_klassifikasjonssystem_ref"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "overklasse_ref"],
            ["klasse.tenant_id", "klasse.system_id"],
            name=op.f("fk_klasse_tenant_id_overklasse_ref"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "system_id", name=op.f("pk_klasse")),
        sa.UniqueConstraint(
            "tenant_id",
            "klassifikasjonssystem_ref",
            "klasse_id",
            name=op.f("uq_klasse_tenant_id_klassifikasjonssystem_ref_klasse_id"),
        ),
    )
    op.create_index(op.f("ix_klasse_sok"), "klasse", ["sok"], unique=False, postgresql_using="gin")
    op.create_index(
        op.f("ix_klasse_tenant_id_klassifikasjonssystem_ref"),
        "klasse",
        ["tenant_id", "klassifikasjonssystem_ref"],
        unique=False,
    )
    op.create_index(
        op.f("ix_klasse_tenant_id_overklasse_ref"),
        "klasse",
        ["tenant_id", "overklasse_ref"],
        unique=False,
    )
    op.create_table(
        "kommune_issuer",
        sa.Column("kommune_id", sa.SmallInteger(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("discovery_url", sa.Text(), nullable=True),
        sa.Column("jwks_uri", sa.Text(), nullable=True),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("kommune_claim", sa.Text(), nullable=False),
        sa.Column("role_claim", sa.Text(), nullable=False),
        sa.Column("role_values", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["kommune_id"],
            ["kommune.id"],
            name=op.f("fk_kommune_issuer_kommune_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("kommune_id", "issuer", name=op.f("pk_kommune_issuer")),
    )
    op.create_table(
        "mappe",
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("arkivdel_ref", sa.Uuid(), nullable=True),
        sa.Column("klasse_ref", sa.Uuid(), nullable=True),
        sa.Column("effektiv_arkivdel", sa.Uuid(), nullable=True),
        sa.Column("mappe_id", sa.Text(), nullable=False),
        sa.Column("tittel", sa.Text(), nullable=False),
        sa.Column("offentlig_tittel", sa.Text(), nullable=True),
        sa.Column("beskrivelse", sa.Text(), nullable=True),
        sa.Column("noekkelord", sa.ARRAY(sa.Text()), nullable=True),
        sa.Column("dokumentmedium", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("oppbevaringssted", sa.ARRAY(sa.Text()), nullable=True),
        sa.Column("referanse_forelder_mappe", sa.Uuid(), nullable=True),
        sa.Column(
            "sok",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('norwegian'::regconfig, coalesce(mappe_id, '') || ' ' || coalesce(tittel, '') || ' ' || coalesce(offentlig_tittel, '') || ' ' || coalesce(beskrivelse, ''))",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("avsluttet_dato", sa.DateTime(timezone=True), nullable=True),
        sa.Column("avsluttet_av", sa.Text(), nullable=True),
        sa.Column("referanse_avsluttet_av", sa.Uuid(), nullable=True),
        sa.Column("kassasjon", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("skjerming", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("gradering", postgresql.JSONB(none_as_null=True), nullable=True),
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
        sa.Column("saksaar", sa.Integer(), nullable=True),
        sa.Column("sakssekvensnummer", sa.Integer(), nullable=True),
        sa.Column("saksdato", sa.DateTime(timezone=True), nullable=True),
        sa.Column("administrativ_enhet", sa.Text(), nullable=True),
        sa.Column("referanse_administrativ_enhet", sa.Uuid(), nullable=True),
        sa.Column("saksansvarlig", sa.Text(), nullable=True),
        sa.Column("referanse_saksansvarlig", sa.Uuid(), nullable=True),
        sa.Column("journalenhet", sa.Text(), nullable=True),
        sa.Column("saksstatus", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("utlaant_dato", sa.DateTime(timezone=True), nullable=True),
        sa.Column("utlaant_til", sa.Text(), nullable=True),
        sa.Column("referanse_utlaant_til", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "type != 'saksmappe' OR saksaar IS NOT NULL", name=op.f("ck_mappe_saksmappe_saksaar")
        ),
        sa.CheckConstraint(
            "type != 'saksmappe' OR saksansvarlig IS NOT NULL",
            name=op.f("ck_mappe_saksmappe_saksansvarlig"),
        ),
        sa.CheckConstraint(
            "type != 'saksmappe' OR saksdato IS NOT NULL", name=op.f("ck_mappe_saksmappe_saksdato")
        ),
        sa.CheckConstraint(
            "type != 'saksmappe' OR sakssekvensnummer IS NOT NULL",
            name=op.f("ck_mappe_saksmappe_sakssekvensnummer"),
        ),
        sa.CheckConstraint(
            "type != 'saksmappe' OR saksstatus IS NOT NULL",
            name=op.f("ck_mappe_saksmappe_saksstatus"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(arkivdel_ref, klasse_ref, referanse_forelder_mappe) = 1",
            name=op.f("ck_mappe_one_parent"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "arkivdel_ref"],
            ["arkivdel.tenant_id", "arkivdel.system_id"],
            name=op.f("fk_mappe_tenant_id_arkivdel_ref"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "effektiv_arkivdel"],
            ["arkivdel.tenant_id", "arkivdel.system_id"],
            name=op.f("fk_mappe_tenant_id_effektiv_arkivdel"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "klasse_ref"],
            ["klasse.tenant_id", "klasse.system_id"],
            name=op.f("fk_mappe_tenant_id_klasse_ref"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "referanse_administrativ_enhet"],
            ["administrativenhet.tenant_id", "administrativenhet.system_id"],
            name=op.f("fk_mappe_tenant_id_referanse_administrativ_enhet"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "referanse_forelder_mappe"],
            ["mappe.tenant_id", "mappe.system_id"],
            name=op.f("fk_mappe_tenant_id_referanse_forelder_mappe"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "referanse_saksansvarlig"],
            ["bruker.tenant_id", "bruker.system_id"],
            name=op.f("fk_mappe_tenant_id_referanse_saksansvarlig"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "referanse_utlaant_til"],
            ["bruker.tenant_id", "bruker.system_id"],
            name=op.f("fk_mappe_tenant_id_referanse_utlaant_til"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "system_id", name=op.f("pk_mappe")),
        sa.UniqueConstraint("tenant_id", "mappe_id", name=op.f("uq_mappe_tenant_id_mappe_id")),
        postgresql_partition_by="LIST (tenant_id)",
    )
    op.create_index(op.f("ix_mappe_sok"), "mappe", ["sok"], unique=False, postgresql_using="gin")
    op.create_index(
        op.f("ix_mappe_tenant_id_arkivdel_ref"),
        "mappe",
        ["tenant_id", "arkivdel_ref"],
        unique=False,
    )
    op.create_index(
        op.f("ix_mappe_tenant_id_effektiv_arkivdel"),
        "mappe",
        ["tenant_id", "effektiv_arkivdel"],
        unique=False,
    )
    op.create_index(
        op.f("ix_mappe_tenant_id_klasse_ref"), "mappe", ["tenant_id", "klasse_ref"], unique=False
    )
    op.create_index(
        op.f("ix_mappe_tenant_id_referanse_forelder_mappe"),
        "mappe",
        ["tenant_id", "referanse_forelder_mappe"],
        unique=False,
    )
    op.create_index(
        op.f("ix_mappe_tenant_id_saksdato_system_id"),
        "mappe",
        ["tenant_id", sa.literal_column("saksdato DESC NULLS LAST"), "system_id"],
        unique=False,
    )
    op.create_table(
        "registrering",
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("mappe_ref", sa.Uuid(), nullable=True),
        sa.Column("arkivdel_ref", sa.Uuid(), nullable=True),
        sa.Column("klasse_ref", sa.Uuid(), nullable=True),
        sa.Column("arkivert_dato", sa.DateTime(timezone=True), nullable=True),
        sa.Column("arkivert_av", sa.Text(), nullable=True),
        sa.Column("referanse_arkivert_av", sa.Uuid(), nullable=True),
        sa.Column("referanse_arkivdel", sa.Uuid(), nullable=True),
        sa.Column("registrerings_id", sa.Text(), nullable=False),
        sa.Column("tittel", sa.Text(), nullable=False),
        sa.Column("offentlig_tittel", sa.Text(), nullable=True),
        sa.Column("beskrivelse", sa.Text(), nullable=True),
        sa.Column("noekkelord", sa.ARRAY(sa.Text()), nullable=True),
        sa.Column("forfatter", sa.ARRAY(sa.Text()), nullable=True),
        sa.Column("dokumentmedium", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("oppbevaringssted", sa.ARRAY(sa.Text()), nullable=True),
        sa.Column(
            "sok",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('norwegian'::regconfig, coalesce(registrerings_id, '') || ' ' || coalesce(tittel, '') || ' ' || coalesce(offentlig_tittel, '') || ' ' || coalesce(beskrivelse, ''))",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("kassasjon", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("skjerming", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("gradering", postgresql.JSONB(none_as_null=True), nullable=True),
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
        sa.Column("journalaar", sa.Integer(), nullable=True),
        sa.Column("journalsekvensnummer", sa.Integer(), nullable=True),
        sa.Column("journalpostnummer", sa.Integer(), nullable=True),
        sa.Column("journalposttype", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("journalstatus", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("journaldato", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dokumentets_dato", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mottatt_dato", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sendt_dato", sa.DateTime(timezone=True), nullable=True),
        sa.Column("forfallsdato", sa.DateTime(timezone=True), nullable=True),
        sa.Column("offentlighetsvurdert_dato", sa.DateTime(timezone=True), nullable=True),
        sa.Column("antall_vedlegg", sa.Integer(), nullable=True),
        sa.Column("utlaant_dato", sa.DateTime(timezone=True), nullable=True),
        sa.Column("utlaant_til", sa.Text(), nullable=True),
        sa.Column("referanse_utlaant_til", sa.Uuid(), nullable=True),
        sa.Column("journalenhet", sa.Text(), nullable=True),
        sa.Column("har_vaert_journalfoert", sa.Boolean(), nullable=True),
        sa.Column("elektronisk_signatur", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.CheckConstraint(
            "type != 'journalpost' OR journalaar IS NOT NULL",
            name=op.f("ck_registrering_journalpost_journalaar"),
        ),
        sa.CheckConstraint(
            "type != 'journalpost' OR journaldato IS NOT NULL",
            name=op.f("ck_registrering_journalpost_journaldato"),
        ),
        sa.CheckConstraint(
            "type != 'journalpost' OR journalpostnummer IS NOT NULL",
            name=op.f("ck_registrering_journalpost_journalpostnummer"),
        ),
        sa.CheckConstraint(
            "type != 'journalpost' OR journalposttype IS NOT NULL",
            name=op.f("ck_registrering_journalpost_journalposttype"),
        ),
        sa.CheckConstraint(
            "type != 'journalpost' OR journalsekvensnummer IS NOT NULL",
            name=op.f("ck_registrering_journalpost_journalsekvensnummer"),
        ),
        sa.CheckConstraint(
            "type != 'journalpost' OR journalstatus IS NOT NULL",
            name=op.f("ck_registrering_journalpost_journalstatus"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(mappe_ref, arkivdel_ref, klasse_ref) = 1",
            name=op.f("ck_registrering_one_parent"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "arkivdel_ref"],
            ["arkivdel.tenant_id", "arkivdel.system_id"],
            name=op.f("fk_registrering_tenant_id_arkivdel_ref"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "klasse_ref"],
            ["klasse.tenant_id", "klasse.system_id"],
            name=op.f("fk_registrering_tenant_id_klasse_ref"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "mappe_ref"],
            ["mappe.tenant_id", "mappe.system_id"],
            name=op.f("fk_registrering_tenant_id_mappe_ref"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "referanse_arkivdel"],
            ["arkivdel.tenant_id", "arkivdel.system_id"],
            name=op.f("fk_registrering_tenant_id_referanse_arkivdel"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "referanse_utlaant_til"],
            ["bruker.tenant_id", "bruker.system_id"],
            name=op.f("fk_registrering_tenant_id_referanse_utlaant_til"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "system_id", name=op.f("pk_registrering")),
        sa.UniqueConstraint(
            "tenant_id",
            "journalaar",
            "journalsekvensnummer",
            name=op.f("uq_registrering_tenant_id_journalaar_journalsekvensnummer"),
        ),
        sa.UniqueConstraint(
            "tenant_id",
            "mappe_ref",
            "journalpostnummer",
            name=op.f("uq_registrering_tenant_id_mappe_ref_journalpostnummer"),
        ),
        sa.UniqueConstraint(
            "tenant_id", "registrerings_id", name=op.f("uq_registrering_tenant_id_registrerings_id")
        ),
        postgresql_partition_by="LIST (tenant_id)",
    )
    op.create_index(
        op.f("ix_registrering_sok"), "registrering", ["sok"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        op.f("ix_registrering_tenant_id_arkivdel_ref"),
        "registrering",
        ["tenant_id", "arkivdel_ref"],
        unique=False,
    )
    op.create_index(
        op.f("ix_registrering_tenant_id_journaldato_system_id"),
        "registrering",
        ["tenant_id", sa.literal_column("journaldato DESC NULLS LAST"), "system_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_registrering_tenant_id_klasse_ref"),
        "registrering",
        ["tenant_id", "klasse_ref"],
        unique=False,
    )
    op.create_index(
        op.f("ix_registrering_tenant_id_mappe_ref"),
        "registrering",
        ["tenant_id", "mappe_ref"],
        unique=False,
    )
    op.create_index(
        op.f("ix_registrering_tenant_id_referanse_arkivdel"),
        "registrering",
        ["tenant_id", "referanse_arkivdel"],
        unique=False,
    )
    op.create_table(
        "korrespondansepart",
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("registrering_ref", sa.Uuid(), nullable=False),
        sa.Column(
            "sok",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('norwegian'::regconfig, coalesce(navn, '') || ' ' || coalesce(kontaktperson, '') || ' ' || coalesce(administrativ_enhet, '') || ' ' || coalesce(saksbehandler, ''))",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("korrespondanseparttype", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("system_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "tidssoner", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("personidentifikator", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("navn", sa.Text(), nullable=True),
        sa.Column("postadresse", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("bostedsadresse", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("kontaktinformasjon", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("enhetsidentifikator", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("forretningsadresse", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("kontaktperson", sa.Text(), nullable=True),
        sa.Column("administrativ_enhet", sa.Text(), nullable=True),
        sa.Column("referanse_administrativ_enhet", sa.Uuid(), nullable=True),
        sa.Column("saksbehandler", sa.Text(), nullable=True),
        sa.Column("referanse_saksbehandler", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "type != 'korrespondansepartenhet' OR navn IS NOT NULL",
            name=op.f("ck_korrespondansepart_korrespondansepartenhet_navn"),
        ),
        sa.CheckConstraint(
            "type != 'korrespondansepartperson' OR navn IS NOT NULL",
            name=op.f("ck_korrespondansepart_korrespondansepartperson_navn"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "referanse_administrativ_enhet"],
            ["administrativenhet.tenant_id", "administrativenhet.system_id"],
            name=op.f("fk_korrespondansepart_tenant_id_referanse_administrativ_enhet"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "referanse_saksbehandler"],
            ["bruker.tenant_id", "bruker.system_id"],
            name=op.f("fk_korrespondansepart_tenant_id_referanse_saksbehandler"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "registrering_ref"],
            ["registrering.tenant_id", "registrering.system_id"],
            name=op.f("fk_korrespondansepart_tenant_id_registrering_ref"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "system_id", name=op.f("pk_korrespondansepart")),
        postgresql_partition_by="LIST (tenant_id)",
    )
    op.create_index(
        op.f("ix_korrespondansepart_sok"),
        "korrespondansepart",
        ["sok"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        op.f("ix_korrespondansepart_tenant_id_registrering_ref"),
        "korrespondansepart",
        ["tenant_id", "registrering_ref"],
        unique=False,
    )
    op.create_table(
        "merknad",
        sa.Column("mappe_ref", sa.Uuid(), nullable=True),
        sa.Column("registrering_ref", sa.Uuid(), nullable=True),
        sa.Column("dokumentbeskrivelse_ref", sa.Uuid(), nullable=True),
        sa.Column(
            "sok",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('norwegian'::regconfig, coalesce(merknadstekst, ''))", persisted=True
            ),
            nullable=False,
        ),
        sa.Column("merknadstekst", sa.Text(), nullable=False),
        sa.Column("merknadstype", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("merknadsdato", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merknad_registrert_av", sa.Text(), nullable=False),
        sa.Column("referanse_merknad_registrert_av", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("system_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "tidssoner", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.CheckConstraint(
            "num_nonnulls(mappe_ref, registrering_ref, dokumentbeskrivelse_ref) = 1",
            name=op.f("ck_merknad_one_owner"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "dokumentbeskrivelse_ref"],
            ["dokumentbeskrivelse.tenant_id", "dokumentbeskrivelse.system_id"],
            name=op.f("fk_merknad_tenant_id_dokumentbeskrivelse_ref"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "mappe_ref"],
            ["mappe.tenant_id", "mappe.system_id"],
            name=op.f("fk_merknad_tenant_id_mappe_ref"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "registrering_ref"],
            ["registrering.tenant_id", "registrering.system_id"],
            name=op.f("fk_merknad_tenant_id_registrering_ref"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "system_id", name=op.f("pk_merknad")),
        postgresql_partition_by="LIST (tenant_id)",
    )
    op.create_index(
        op.f("ix_merknad_sok"), "merknad", ["sok"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        op.f("ix_merknad_tenant_id_dokumentbeskrivelse_ref"),
        "merknad",
        ["tenant_id", "dokumentbeskrivelse_ref"],
        unique=False,
    )
    op.create_index(
        op.f("ix_merknad_tenant_id_mappe_ref"), "merknad", ["tenant_id", "mappe_ref"], unique=False
    )
    op.create_index(
        op.f("ix_merknad_tenant_id_registrering_ref"),
        "merknad",
        ["tenant_id", "registrering_ref"],
        unique=False,
    )
    op.create_table(
        "part",
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("mappe_ref", sa.Uuid(), nullable=True),
        sa.Column("registrering_ref", sa.Uuid(), nullable=True),
        sa.Column("dokumentbeskrivelse_ref", sa.Uuid(), nullable=True),
        sa.Column(
            "sok",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('norwegian'::regconfig, coalesce(navn, '') || ' ' || coalesce(kontaktperson, ''))",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("part_rolle", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("system_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "tidssoner", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("personidentifikator", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("navn", sa.Text(), nullable=True),
        sa.Column("postadresse", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("bostedsadresse", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("kontaktinformasjon", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("enhetsidentifikator", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("forretningsadresse", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("kontaktperson", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "type != 'partenhet' OR navn IS NOT NULL", name=op.f("ck_part_partenhet_navn")
        ),
        sa.CheckConstraint(
            "type != 'partperson' OR navn IS NOT NULL", name=op.f("ck_part_partperson_navn")
        ),
        sa.CheckConstraint(
            "num_nonnulls(mappe_ref, registrering_ref, dokumentbeskrivelse_ref) = 1",
            name=op.f("ck_part_one_owner"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "dokumentbeskrivelse_ref"],
            ["dokumentbeskrivelse.tenant_id", "dokumentbeskrivelse.system_id"],
            name=op.f("fk_part_tenant_id_dokumentbeskrivelse_ref"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "mappe_ref"],
            ["mappe.tenant_id", "mappe.system_id"],
            name=op.f("fk_part_tenant_id_mappe_ref"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "registrering_ref"],
            ["registrering.tenant_id", "registrering.system_id"],
            name=op.f("fk_part_tenant_id_registrering_ref"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "system_id", name=op.f("pk_part")),
        postgresql_partition_by="LIST (tenant_id)",
    )
    op.create_index(op.f("ix_part_sok"), "part", ["sok"], unique=False, postgresql_using="gin")
    op.create_index(
        op.f("ix_part_tenant_id_dokumentbeskrivelse_ref"),
        "part",
        ["tenant_id", "dokumentbeskrivelse_ref"],
        unique=False,
    )
    op.create_index(
        op.f("ix_part_tenant_id_mappe_ref"), "part", ["tenant_id", "mappe_ref"], unique=False
    )
    op.create_index(
        op.f("ix_part_tenant_id_registrering_ref"),
        "part",
        ["tenant_id", "registrering_ref"],
        unique=False,
    )
    op.create_table(
        "registrering_dokumentbeskrivelse",
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("registrering_ref", sa.Uuid(), nullable=False),
        sa.Column("dokumentbeskrivelse_ref", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "dokumentbeskrivelse_ref"],
            ["dokumentbeskrivelse.tenant_id", "dokumentbeskrivelse.system_id"],
            name=op.f("fk_registrering_dokumentbeskrivelse_tenant_id_dokumentbeskrivelse_ref"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "registrering_ref"],
            ["registrering.tenant_id", "registrering.system_id"],
            name=op.f("fk_registrering_dokumentbeskrivelse_tenant_id_registrering_ref"),
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id",
            "registrering_ref",
            "dokumentbeskrivelse_ref",
            name=op.f("pk_registrering_dokumentbeskrivelse"),
        ),
        postgresql_partition_by="LIST (tenant_id)",
    )
    op.create_index(
        op.f("ix_registrering_dokumentbeskrivelse_tenant_id_dokumentbeskrivelse_ref"),
        "registrering_dokumentbeskrivelse",
        ["tenant_id", "dokumentbeskrivelse_ref"],
        unique=False,
    )

    _secure()


def downgrade() -> None:
    op.drop_index(
        op.f("ix_registrering_dokumentbeskrivelse_tenant_id_dokumentbeskrivelse_ref"),
        table_name="registrering_dokumentbeskrivelse",
    )
    op.drop_table("registrering_dokumentbeskrivelse")
    op.drop_index(op.f("ix_part_tenant_id_registrering_ref"), table_name="part")
    op.drop_index(op.f("ix_part_tenant_id_mappe_ref"), table_name="part")
    op.drop_index(op.f("ix_part_tenant_id_dokumentbeskrivelse_ref"), table_name="part")
    op.drop_index(op.f("ix_part_sok"), table_name="part", postgresql_using="gin")
    op.drop_table("part")
    op.drop_index(op.f("ix_merknad_tenant_id_registrering_ref"), table_name="merknad")
    op.drop_index(op.f("ix_merknad_tenant_id_mappe_ref"), table_name="merknad")
    op.drop_index(op.f("ix_merknad_tenant_id_dokumentbeskrivelse_ref"), table_name="merknad")
    op.drop_index(op.f("ix_merknad_sok"), table_name="merknad", postgresql_using="gin")
    op.drop_table("merknad")
    op.drop_index(
        op.f("ix_korrespondansepart_tenant_id_registrering_ref"), table_name="korrespondansepart"
    )
    op.drop_index(
        op.f("ix_korrespondansepart_sok"), table_name="korrespondansepart", postgresql_using="gin"
    )
    op.drop_table("korrespondansepart")
    op.drop_index(op.f("ix_registrering_tenant_id_referanse_arkivdel"), table_name="registrering")
    op.drop_index(op.f("ix_registrering_tenant_id_mappe_ref"), table_name="registrering")
    op.drop_index(op.f("ix_registrering_tenant_id_klasse_ref"), table_name="registrering")
    op.drop_index(
        op.f("ix_registrering_tenant_id_journaldato_system_id"), table_name="registrering"
    )
    op.drop_index(op.f("ix_registrering_tenant_id_arkivdel_ref"), table_name="registrering")
    op.drop_index(op.f("ix_registrering_sok"), table_name="registrering", postgresql_using="gin")
    op.drop_table("registrering")
    op.drop_index(op.f("ix_mappe_tenant_id_saksdato_system_id"), table_name="mappe")
    op.drop_index(op.f("ix_mappe_tenant_id_referanse_forelder_mappe"), table_name="mappe")
    op.drop_index(op.f("ix_mappe_tenant_id_klasse_ref"), table_name="mappe")
    op.drop_index(op.f("ix_mappe_tenant_id_effektiv_arkivdel"), table_name="mappe")
    op.drop_index(op.f("ix_mappe_tenant_id_arkivdel_ref"), table_name="mappe")
    op.drop_index(op.f("ix_mappe_sok"), table_name="mappe", postgresql_using="gin")
    op.drop_table("mappe")
    op.drop_table("kommune_issuer")
    op.drop_index(op.f("ix_klasse_tenant_id_overklasse_ref"), table_name="klasse")
    op.drop_index(op.f("ix_klasse_tenant_id_klassifikasjonssystem_ref"), table_name="klasse")
    op.drop_index(op.f("ix_klasse_sok"), table_name="klasse", postgresql_using="gin")
    op.drop_table("klasse")
    op.drop_index(
        op.f("ix_dokumentobjekt_tenant_id_dokumentbeskrivelse_ref"), table_name="dokumentobjekt"
    )
    op.drop_index(
        op.f("ix_dokumentobjekt_sok"), table_name="dokumentobjekt", postgresql_using="gin"
    )
    op.drop_table("dokumentobjekt")
    op.drop_index(op.f("ix_arkivskaper_arkiv_tenant_id_arkiv_ref"), table_name="arkivskaper_arkiv")
    op.drop_table("arkivskaper_arkiv")
    op.drop_index(op.f("ix_arkivdel_tenant_id_referanse_forloeper"), table_name="arkivdel")
    op.drop_index(op.f("ix_arkivdel_tenant_id_referanse_arvtaker"), table_name="arkivdel")
    op.drop_index(op.f("ix_arkivdel_tenant_id_klassifikasjonssystem_ref"), table_name="arkivdel")
    op.drop_index(op.f("ix_arkivdel_tenant_id_arkiv_ref"), table_name="arkivdel")
    op.drop_index(op.f("ix_arkivdel_sok"), table_name="arkivdel", postgresql_using="gin")
    op.drop_table("arkivdel")
    op.drop_index(
        op.f("ix_administrativenhet_bruker_tenant_id_bruker_ref"),
        table_name="administrativenhet_bruker",
    )
    op.drop_table("administrativenhet_bruker")
    op.drop_table("teller")
    op.drop_table("opplasting")
    op.drop_table("kommune")
    op.drop_table("kodeverdi")
    op.drop_index(
        op.f("ix_klassifikasjonssystem_sok"),
        table_name="klassifikasjonssystem",
        postgresql_using="gin",
    )
    op.drop_table("klassifikasjonssystem")
    op.drop_index(op.f("ix_endringslogg_tenant_id_referanse_arkivenhet"), table_name="endringslogg")
    op.drop_table("endringslogg")
    op.drop_index(
        op.f("ix_dokumentbeskrivelse_sok"), table_name="dokumentbeskrivelse", postgresql_using="gin"
    )
    op.drop_table("dokumentbeskrivelse")
    op.drop_index(op.f("ix_bruker_sok"), table_name="bruker", postgresql_using="gin")
    op.drop_table("bruker")
    op.drop_index(op.f("ix_arkivskaper_sok"), table_name="arkivskaper", postgresql_using="gin")
    op.drop_table("arkivskaper")
    op.drop_index(op.f("ix_arkiv_tenant_id_overarkiv_ref"), table_name="arkiv")
    op.drop_index(op.f("ix_arkiv_sok"), table_name="arkiv", postgresql_using="gin")
    op.drop_table("arkiv")
    op.drop_index(
        op.f("ix_administrativenhet_tenant_id_referanse_overordnet_enhet"),
        table_name="administrativenhet",
    )
    op.drop_index(
        op.f("ix_administrativenhet_sok"), table_name="administrativenhet", postgresql_using="gin"
    )
    op.drop_table("administrativenhet")
