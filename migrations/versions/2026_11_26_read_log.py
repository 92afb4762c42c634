"""Read the log as units: the kind of line, and the event as a code with its name."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_26_read_log"
down_revision = "2026_11_26_add_references"
branch_labels = None
depends_on = None

NAMED = "('C', 'Opprettet'), ('R', 'Lest'), ('U', 'Endret'), ('D', 'Slettet')"


def upgrade() -> None:
    # What older programs do not write has a default, or stays empty.
    op.add_column(
        "endringslogg",
        sa.Column("slag", sa.Text(), server_default="hendelseslogg", nullable=False),
    )
    op.add_column(
        "endringslogg", sa.Column("version", sa.Integer(), server_default="1", nullable=False)
    )
    op.add_column(
        "endringslogg", sa.Column("tidssoner", postgresql.JSONB(none_as_null=True), nullable=True)
    )
    op.add_column(
        "endringslogg", sa.Column("hendelse", postgresql.JSONB(none_as_null=True), nullable=True)
    )
    op.add_column("endringslogg", sa.Column("beskrivelse", sa.Text(), nullable=True))
    op.add_column(
        "endringslogg", sa.Column("hendelse_dato", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_index(
        op.f("ix_endringslogg_tenant_id_endret_dato_system_id"),
        "endringslogg",
        ["tenant_id", "endret_dato", "system_id"],
    )
    fill_in()


def fill_in() -> None:
    """Name the events of the lines there are; the owner, too, sees one kommune at a time."""
    connection = op.get_bind()
    for kommune in connection.scalars(sa.text("SELECT id FROM kommune")).all():
        op.execute(f"SET LOCAL app.tenant_id = '{kommune}'")
        op.execute(
            "UPDATE endringslogg SET hendelse_dato = endret_dato,"
            " hendelse = jsonb_build_object('kode', named.kode, 'kodenavn', named.navn)"
            f" FROM (VALUES {NAMED}) AS named (kode, navn)"
            f" WHERE tenant_id = {kommune} AND hendelsetype = named.kode"
        )
    op.execute("SET LOCAL app.tenant_id = ''")


def downgrade() -> None:
    op.drop_index(
        op.f("ix_endringslogg_tenant_id_endret_dato_system_id"), table_name="endringslogg"
    )
    for column in ("hendelse_dato", "beskrivelse", "hendelse", "tidssoner", "version", "slag"):
        op.drop_column("endringslogg", column)
