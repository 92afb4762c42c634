"""National identifiers, conversions, access rights, meetings and the kommune's own fields."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_26_add_ids_and_meetings"
down_revision = "2026_11_26_read_log"
branch_labels = None
depends_on = None

APPLICATION_ROLE = "sakark_app"
TABLES = (
    "tilgang",
    "virksomhetsspesifikkemetadata",
    "konvertering",
    "moetedeltaker",
    "nasjonalidentifikator",
)
PARTITIONED = ("konvertering", "moetedeltaker", "nasjonalidentifikator")
THIS_TENANT = "NULLIF(current_setting('app.tenant_id', true), '')::int"

# What the meeting types demand of their rows in the tables they share: (table, type, column).
DEMANDS = (
    ("mappe", "moetemappe", "moetenummer"),
    ("mappe", "moetemappe", "utvalg"),
    ("mappe", "moetemappe", "moetedato"),
    ("registrering", "moeteregistrering", "moeteregistreringstype"),
    ("registrering", "moeteregistrering", "administrativ_enhet"),
    ("registrering", "moeteregistrering", "saksbehandler"),
)
CODES = (
    ("moetedeltakerfunksjon", "ML", "Møteleder"),
    ("moetedeltakerfunksjon", "RE", "Referent"),
    ("moeteregistreringstype", "MI", "Møteinnkallelse"),
    ("moeteregistreringstype", "SL", "Saksliste"),
    ("moeteregistreringstype", "SF", "Saksframlegg"),
    ("moeteregistreringstype", "VM", "Vedlegg til møtesak"),
    ("moetesakstype", "PS", "Politisk sak"),
    ("moetesakstype", "DS", "Delegert møtesak"),
    ("moetesakstype", "RS", "Referatsak"),
    ("moetesakstype", "IP", "Interpellasjon"),
    ("moeteregistreringsstatus", "FB", "Ferdig behandlet av utvalget"),
    ("moeteregistreringsstatus", "UT", "Utsatt til nytt møte i samme utvalg"),
    ("moeteregistreringsstatus", "ST", "Sendt tilbake til foregående utvalg"),
)


def _kommuner() -> list[int]:
    return list(op.get_bind().scalars(sa.text("SELECT id FROM kommune ORDER BY id")))


def _see_as(kommune: int | None) -> None:
    """Let what follows see one kommune's rows, or none: the owner is held by row security too."""
    op.execute(f"SELECT set_config('app.tenant_id', '{kommune or ''}', true)")


def _secure() -> None:
    """Let the application role see one kommune's rows at a time; give each kommune its part."""
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_kommune ON {table} USING (tenant_id = {THIS_TENANT})"
            f" WITH CHECK (tenant_id = {THIS_TENANT})"
        )
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APPLICATION_ROLE}")
    for table in PARTITIONED:
        for kommune in _kommuner():
            op.execute(
                f"CREATE TABLE {table}_k{kommune} PARTITION OF {table} FOR VALUES IN ({kommune})"
            )


def _give_codes() -> None:
    """Give the kommuner that exist the values of the new lists."""
    codes = sa.table(
        "kodeverdi",
        *(sa.column(name) for name in ("tenant_id", "liste", "kode", "kodenavn", "version")),
    )
    for kommune in _kommuner():
        _see_as(kommune)
        op.bulk_insert(
            codes,
            [
                {
                    "tenant_id": kommune,
                    "liste": liste,
                    "kode": kode,
                    "kodenavn": kodenavn,
                    "version": 1,
                }
                for liste, kode, kodenavn in CODES
            ],
        )
    _see_as(None)
    op.execute("UPDATE kommune SET kodeverk_version = kodeverk_version + 1")


def _take_codes() -> None:
    lists = ", ".join(sorted({f"'{liste}'" for liste, _, _ in CODES}))
    for kommune in _kommuner():
        _see_as(kommune)
        op.execute(f"DELETE FROM kodeverdi WHERE liste IN ({lists})")
    _see_as(None)


def upgrade() -> None:
    # In the order that requests take them: else each could wait for what the other holds.
    op.execute(
        "LOCK TABLE mappe, registrering, dokumentbeskrivelse, dokumentobjekt, part, korrespondansepart, bruker, administrativenhet"
        " IN ACCESS EXCLUSIVE MODE"
    )
    op.create_table(
        "tilgang",
        sa.Column("rolle", sa.Text(), nullable=False),
        sa.Column("tilgangskategori", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("referanse_arkivenhet", sa.Uuid(), nullable=True),
        sa.Column("tilgangsrestriksjon", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("les", sa.Boolean(), nullable=False),
        sa.Column("ny", sa.Boolean(), nullable=False),
        sa.Column("endre", sa.Boolean(), nullable=False),
        sa.Column("slett", sa.Boolean(), nullable=False),
        sa.Column(
            "sok",
            postgresql.TSVECTOR(),
            sa.Computed("to_tsvector('norwegian'::regconfig, coalesce(rolle, ''))", persisted=True),
            nullable=False,
        ),
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("system_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "tidssoner", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.PrimaryKeyConstraint("tenant_id", "system_id", name=op.f("pk_tilgang")),
    )
    op.create_index(
        op.f("ix_tilgang_sok"), "tilgang", ["sok"], unique=False, postgresql_using="gin"
    )
    op.create_table(
        "virksomhetsspesifikkemetadata",
        sa.Column("navn", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("beskrivelse", sa.Text(), nullable=True),
        sa.Column("kilde", sa.Text(), nullable=True),
        sa.Column("utdatert", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "sok",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('norwegian'::regconfig, coalesce(navn, '') || ' ' || coalesce(beskrivelse, ''))",
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
        sa.PrimaryKeyConstraint(
            "tenant_id", "system_id", name=op.f("pk_virksomhetsspesifikkemetadata")
        ),
        sa.UniqueConstraint(
            "tenant_id", "navn", name=op.f("uq_virksomhetsspesifikkemetadata_tenant_id_navn")
        ),
    )
    op.create_index(
        op.f("ix_virksomhetsspesifikkemetadata_sok"),
        "virksomhetsspesifikkemetadata",
        ["sok"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_table(
        "konvertering",
        sa.Column("dokumentobjekt_ref", sa.Uuid(), nullable=False),
        sa.Column(
            "sok",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('norwegian'::regconfig, coalesce(konverteringsverktoey, '') || ' ' || coalesce(konverteringskommentar, ''))",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("konvertert_dato", sa.DateTime(timezone=True), nullable=False),
        sa.Column("konvertert_av", sa.Text(), nullable=False),
        sa.Column("konvertert_fra_format", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("konvertert_til_format", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("konverteringsverktoey", sa.Text(), nullable=True),
        sa.Column("konverteringskommentar", sa.Text(), nullable=True),
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("system_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "tidssoner", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "dokumentobjekt_ref"],
            ["dokumentobjekt.tenant_id", "dokumentobjekt.system_id"],
            name=op.f("fk_konvertering_tenant_id_dokumentobjekt_ref"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "system_id", name=op.f("pk_konvertering")),
        postgresql_partition_by="LIST (tenant_id)",
    )
    op.create_index(
        op.f("ix_konvertering_sok"), "konvertering", ["sok"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        op.f("ix_konvertering_tenant_id_dokumentobjekt_ref"),
        "konvertering",
        ["tenant_id", "dokumentobjekt_ref"],
        unique=False,
    )
    op.create_table(
        "moetedeltaker",
        sa.Column("mappe_ref", sa.Uuid(), nullable=False),
        sa.Column("moetedeltaker_navn", sa.Text(), nullable=False),
        sa.Column("moetedeltaker_funksjon", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column(
            "sok",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('norwegian'::regconfig, coalesce(moetedeltaker_navn, ''))",
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
            ["tenant_id", "mappe_ref"],
            ["mappe.tenant_id", "mappe.system_id"],
            name=op.f("fk_moetedeltaker_tenant_id_mappe_ref"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "system_id", name=op.f("pk_moetedeltaker")),
        postgresql_partition_by="LIST (tenant_id)",
    )
    op.create_index(
        op.f("ix_moetedeltaker_sok"), "moetedeltaker", ["sok"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        op.f("ix_moetedeltaker_tenant_id_mappe_ref"),
        "moetedeltaker",
        ["tenant_id", "mappe_ref"],
        unique=False,
    )
    op.create_table(
        "nasjonalidentifikator",
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("mappe_ref", sa.Uuid(), nullable=True),
        sa.Column("registrering_ref", sa.Uuid(), nullable=True),
        sa.Column(
            "sok",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('norwegian'::regconfig, coalesce(planidentifikasjon, '') || ' ' || coalesce(kommunenummer, '') || ' ' || coalesce(organisasjonsnummer, ''))",
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
        sa.Column("bygningsnummer", sa.Integer(), nullable=True),
        sa.Column("endringsloepenummer", sa.Integer(), nullable=True),
        sa.Column("kommunenummer", sa.Text(), nullable=True),
        sa.Column("gaardsnummer", sa.Integer(), nullable=True),
        sa.Column("bruksnummer", sa.Integer(), nullable=True),
        sa.Column("festenummer", sa.Integer(), nullable=True),
        sa.Column("seksjonsnummer", sa.Integer(), nullable=True),
        sa.Column("fylkesnummer", sa.Text(), nullable=True),
        sa.Column("landkode", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("planidentifikasjon", sa.Text(), nullable=True),
        sa.Column("koordinatsystem", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("x", sa.Numeric(), nullable=True),
        sa.Column("y", sa.Numeric(), nullable=True),
        sa.Column("z", sa.Numeric(), nullable=True),
        sa.Column("organisasjonsnummer", sa.Text(), nullable=True),
        sa.Column("foedselsnummer", sa.Text(), nullable=True),
        sa.Column("d_nummer", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "type != 'bygning' OR bygningsnummer IS NOT NULL",
            name=op.f("ck_nasjonalidentifikator_bygning_bygningsnummer"),
        ),
        sa.CheckConstraint(
            "type != 'dnummer' OR d_nummer IS NOT NULL",
            name=op.f("ck_nasjonalidentifikator_dnummer_d_nummer"),
        ),
        sa.CheckConstraint(
            "type != 'enhetsidentifikator' OR organisasjonsnummer IS NOT NULL",
            name=op.f("ck_nasjonalidentifikator_enhetsidentifikator_organisasjonsnummer"),
        ),
        sa.CheckConstraint(
            "type != 'foedselsnummer' OR foedselsnummer IS NOT NULL",
            name=op.f("ck_nasjonalidentifikator_foedselsnummer_foedselsnummer"),
        ),
        sa.CheckConstraint(
            "type != 'matrikkel' OR bruksnummer IS NOT NULL",
            name=op.f("ck_nasjonalidentifikator_matrikkel_bruksnummer"),
        ),
        sa.CheckConstraint(
            "type != 'matrikkel' OR gaardsnummer IS NOT NULL",
            name=op.f("ck_nasjonalidentifikator_matrikkel_gaardsnummer"),
        ),
        sa.CheckConstraint(
            "type != 'matrikkel' OR kommunenummer IS NOT NULL",
            name=op.f("ck_nasjonalidentifikator_matrikkel_kommunenummer"),
        ),
        sa.CheckConstraint(
            "type != 'plan' OR planidentifikasjon IS NOT NULL",
            name=op.f("ck_nasjonalidentifikator_plan_planidentifikasjon"),
        ),
        sa.CheckConstraint(
            "type != 'posisjon' OR koordinatsystem IS NOT NULL",
            name=op.f("ck_nasjonalidentifikator_posisjon_koordinatsystem"),
        ),
        sa.CheckConstraint(
            "type != 'posisjon' OR x IS NOT NULL", name=op.f("ck_nasjonalidentifikator_posisjon_x")
        ),
        sa.CheckConstraint(
            "type != 'posisjon' OR y IS NOT NULL", name=op.f("ck_nasjonalidentifikator_posisjon_y")
        ),
        sa.CheckConstraint(
            "num_nonnulls(mappe_ref, registrering_ref) = 1",
            name=op.f("ck_nasjonalidentifikator_one_owner"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "mappe_ref"],
            ["mappe.tenant_id", "mappe.system_id"],
            name=op.f("fk_nasjonalidentifikator_tenant_id_mappe_ref"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "registrering_ref"],
            ["registrering.tenant_id", "registrering.system_id"],
            name=op.f("fk_nasjonalidentifikator_tenant_id_registrering_ref"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "system_id", name=op.f("pk_nasjonalidentifikator")),
        postgresql_partition_by="LIST (tenant_id)",
    )
    op.create_index(
        op.f("ix_nasjonalidentifikator_sok"),
        "nasjonalidentifikator",
        ["sok"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        op.f("ix_nasjonalidentifikator_tenant_id_mappe_ref"),
        "nasjonalidentifikator",
        ["tenant_id", "mappe_ref"],
        unique=False,
    )
    op.create_index(
        op.f("ix_nasjonalidentifikator_tenant_id_registrering_ref"),
        "nasjonalidentifikator",
        ["tenant_id", "registrering_ref"],
        unique=False,
    )
    op.add_column(
        "administrativenhet",
        sa.Column(
            "virksomhetsspesifikke_metadata",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
        ),
    )
    op.add_column(
        "bruker",
        sa.Column(
            "virksomhetsspesifikke_metadata",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
        ),
    )
    op.add_column(
        "dokumentbeskrivelse",
        sa.Column(
            "virksomhetsspesifikke_metadata",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
        ),
    )
    op.add_column(
        "korrespondansepart",
        sa.Column(
            "virksomhetsspesifikke_metadata",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
        ),
    )
    op.add_column(
        "mappe",
        sa.Column(
            "virksomhetsspesifikke_metadata",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
        ),
    )
    op.add_column("mappe", sa.Column("moetenummer", sa.Text(), nullable=True))
    op.add_column("mappe", sa.Column("utvalg", sa.Text(), nullable=True))
    op.add_column("mappe", sa.Column("moetedato", sa.DateTime(timezone=True), nullable=True))
    op.add_column("mappe", sa.Column("moetested", sa.Text(), nullable=True))
    op.add_column("mappe", sa.Column("referanse_forrige_moete", sa.Uuid(), nullable=True))
    op.add_column("mappe", sa.Column("referanse_neste_moete", sa.Uuid(), nullable=True))
    op.add_column(
        "part",
        sa.Column(
            "virksomhetsspesifikke_metadata",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
        ),
    )
    op.add_column(
        "registrering",
        sa.Column(
            "virksomhetsspesifikke_metadata",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
        ),
    )
    op.add_column(
        "registrering",
        sa.Column("moeteregistreringstype", postgresql.JSONB(none_as_null=True), nullable=True),
    )
    op.add_column(
        "registrering",
        sa.Column("moetesakstype", postgresql.JSONB(none_as_null=True), nullable=True),
    )
    op.add_column(
        "registrering",
        sa.Column("moeteregistreringsstatus", postgresql.JSONB(none_as_null=True), nullable=True),
    )
    op.add_column("registrering", sa.Column("administrativ_enhet", sa.Text(), nullable=True))
    op.add_column("registrering", sa.Column("saksbehandler", sa.Text(), nullable=True))
    op.add_column(
        "registrering",
        sa.Column("referanse_til_moeteregistrering", sa.ARRAY(sa.Uuid()), nullable=True),
    )
    op.add_column(
        "registrering",
        sa.Column("referanse_fra_moeteregistrering", sa.ARRAY(sa.Uuid()), nullable=True),
    )
    for table, kind, column in DEMANDS:
        op.create_check_constraint(
            op.f(f"ck_{table}_{kind}_{column}"),
            table,
            f"type != '{kind}' OR {column} IS NOT NULL",
        )
    _secure()
    _give_codes()


def downgrade() -> None:
    _take_codes()
    for table, kind, column in DEMANDS:
        op.drop_constraint(op.f(f"ck_{table}_{kind}_{column}"), table, type_="check")
    op.drop_column("registrering", "referanse_fra_moeteregistrering")
    op.drop_column("registrering", "referanse_til_moeteregistrering")
    op.drop_column("registrering", "saksbehandler")
    op.drop_column("registrering", "administrativ_enhet")
    op.drop_column("registrering", "moeteregistreringsstatus")
    op.drop_column("registrering", "moetesakstype")
    op.drop_column("registrering", "moeteregistreringstype")
    op.drop_column("registrering", "virksomhetsspesifikke_metadata")
    op.drop_column("part", "virksomhetsspesifikke_metadata")
    op.drop_column("mappe", "referanse_neste_moete")
    op.drop_column("mappe", "referanse_forrige_moete")
    op.drop_column("mappe", "moetested")
    op.drop_column("mappe", "moetedato")
    op.drop_column("mappe", "utvalg")
    op.drop_column("mappe", "moetenummer")
    op.drop_column("mappe", "virksomhetsspesifikke_metadata")
    op.drop_column("korrespondansepart", "virksomhetsspesifikke_metadata")
    op.drop_column("dokumentbeskrivelse", "virksomhetsspesifikke_metadata")
    op.drop_column("bruker", "virksomhetsspesifikke_metadata")
    op.drop_column("administrativenhet", "virksomhetsspesifikke_metadata")
    op.drop_index(
        op.f("ix_nasjonalidentifikator_tenant_id_registrering_ref"),
        table_name="nasjonalidentifikator",
    )
    op.drop_index(
        op.f("ix_nasjonalidentifikator_tenant_id_mappe_ref"), table_name="nasjonalidentifikator"
    )
    op.drop_index(
        op.f("ix_nasjonalidentifikator_sok"),
        table_name="nasjonalidentifikator",
        postgresql_using="gin",
    )
    op.drop_table("nasjonalidentifikator")
    op.drop_index(op.f("ix_moetedeltaker_tenant_id_mappe_ref"), table_name="moetedeltaker")
    op.drop_index(op.f("ix_moetedeltaker_sok"), table_name="moetedeltaker", postgresql_using="gin")
    op.drop_table("moetedeltaker")
    op.drop_index(op.f("ix_konvertering_tenant_id_dokumentobjekt_ref"), table_name="konvertering")
    op.drop_index(op.f("ix_konvertering_sok"), table_name="konvertering", postgresql_using="gin")
    op.drop_table("konvertering")
    op.drop_index(
        op.f("ix_virksomhetsspesifikkemetadata_sok"),
        table_name="virksomhetsspesifikkemetadata",
        postgresql_using="gin",
    )
    op.drop_table("virksomhetsspesifikkemetadata")
    op.drop_index(op.f("ix_tilgang_sok"), table_name="tilgang", postgresql_using="gin")
    op.drop_table("tilgang")
