"""Remember which screenings are a unit's own, and let those above reach what is below already.

Give the kommuner that exist the kode for addresses too.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_carry_screenings"
down_revision = "2026_11_27_seal_the_log"
branch_labels = None
depends_on = None

# From the top down, as requests take them.
TABLES = ("arkivdel", "klasse", "mappe", "registrering", "dokumentbeskrivelse")
# All at once, or none and another try: less than the second after which PostgreSQL looks for deadlocks
# and may end a request.
LOCK = f"""
DO $$ DECLARE
  one name;
  began timestamptz := clock_timestamp();
BEGIN
  PERFORM set_config('lock_timeout', '300ms', true);
  FOREACH one IN ARRAY ARRAY[{", ".join(f"'{table}'" for table in TABLES)}] LOOP
    EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', one);
    IF clock_timestamp() - began > interval '500ms' THEN
      RAISE lock_not_available USING MESSAGE = 'the tables are busy';
    END IF;
  END LOOP;
END $$
"""
# What screens each unit when it has nothing of its own: the first of these that is screened.
ABOVE = {
    "klasse": "SELECT o.skjerming FROM klasse o"
    " WHERE o.tenant_id = unit.tenant_id AND o.system_id = unit.overklasse_ref",
    "mappe": "SELECT coalesce(o.skjerming, k.skjerming, a.skjerming) FROM (SELECT) one"
    " LEFT JOIN mappe o ON o.tenant_id = unit.tenant_id"
    " AND o.system_id = unit.referanse_forelder_mappe"
    " LEFT JOIN klasse k ON k.tenant_id = unit.tenant_id AND k.system_id = unit.klasse_ref"
    " LEFT JOIN arkivdel a ON a.tenant_id = unit.tenant_id"
    " AND a.system_id = unit.effektiv_arkivdel",
    "registrering": "SELECT coalesce(m.skjerming, k.skjerming, a.skjerming) FROM (SELECT) one"
    " LEFT JOIN mappe m ON m.tenant_id = unit.tenant_id AND m.system_id = unit.mappe_ref"
    " LEFT JOIN klasse k ON k.tenant_id = unit.tenant_id AND k.system_id = unit.klasse_ref"
    " LEFT JOIN arkivdel a ON a.tenant_id = unit.tenant_id"
    " AND a.system_id = coalesce(unit.referanse_arkivdel, unit.arkivdel_ref)",
    "dokumentbeskrivelse": "SELECT r.skjerming FROM registrering_dokumentbeskrivelse t"
    " JOIN registrering r ON r.tenant_id = t.tenant_id AND r.system_id = t.registrering_ref"
    " WHERE t.tenant_id = unit.tenant_id AND t.dokumentbeskrivelse_ref = unit.system_id"
    " AND r.skjerming IS NOT NULL ORDER BY r.opprettet_dato, r.system_id LIMIT 1",
}
KODE, KODENAVN = "AD", "Skjerming adresse og kontaktopplysninger"
LAPSES = "'skjermingOpphoererDato'"
# It lasts its years from when each unit was registered (M505).
LAPSING = f"""
CREATE FUNCTION pg_temp.lapsing(held jsonb, begins timestamptz) RETURNS jsonb LANGUAGE sql AS $$
  SELECT CASE WHEN held ? 'skjermingsvarighet' THEN jsonb_set(held, '{{skjermingOpphoererDato}}',
    to_jsonb(timezone('Europe/Oslo', timezone('Europe/Oslo', begins) + make_interval(
      years => least((held ->> 'skjermingsvarighet')::int, 7000)
    )))) ELSE held - {LAPSES} END
$$
"""


def upgrade() -> None:
    op.execute(LOCK)
    for table in TABLES:
        op.add_column(
            table,
            sa.Column("skjerming_egen", sa.Boolean(), server_default=sa.false(), nullable=False),
        )
    op.execute(LAPSING)
    for kommune in op.get_bind().scalars(sa.text("SELECT id FROM kommune ORDER BY id")).all():
        op.execute(f"SELECT set_config('app.tenant_id', '{kommune}', true)")
        carry(kommune)
        op.execute(
            "INSERT INTO kodeverdi (tenant_id, liste, kode, kodenavn, version)"
            f" VALUES ({kommune}, 'skjermingmetadata', '{KODE}', '{KODENAVN}', 1)"
            " ON CONFLICT DO NOTHING"
        )
    op.execute("UPDATE kommune SET kodeverk_version = kodeverk_version + 1")
    op.execute("SELECT set_config('app.tenant_id', '', true)")


def carry(kommune: int) -> None:
    """Mark what differs from what is above as a unit's own; then screen what has nothing."""
    written = 0
    for table, above in ABOVE.items():
        written += count(
            f"UPDATE {table} unit SET skjerming_egen = true"
            f" WHERE tenant_id = {kommune} AND skjerming IS NOT NULL"
            f" AND skjerming - {LAPSES} IS DISTINCT FROM ({above}) - {LAPSES}"
        )
    for table, above in ABOVE.items():
        while reached := count(
            f"UPDATE {table} unit SET skjerming = pg_temp.lapsing(({above}), opprettet_dato),"
            " version = version + 1"
            f" WHERE tenant_id = {kommune} AND skjerming IS NULL AND ({above}) IS NOT NULL"
        ):
            written += reached
    if written:
        op.execute("SELECT sakark_tell_upgrade('Skjerming er ført videre til enhetene under')")


def count(statement: str) -> int:
    """Run a statement, and tell how many rows it wrote."""
    return op.get_bind().execute(sa.text(statement)).rowcount


def downgrade() -> None:
    op.execute(LOCK)
    for table in reversed(TABLES):
        op.drop_column(table, "skjerming_egen")
