"""Let a transaction put its own work in the queue, and keep what was found about documents.

A session that serves a kommune puts work in by a function, and a trigger refuses it to change the
queue in any other way. Row security would hide it too, but it also takes the details from errors,
which the library needs. The operator sees the jobs that failed for good by functions of its own.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_28_documents"
down_revision = "2026_11_28_grade_the_log"
branch_labels = None
depends_on = None

APPLICATION_ROLE, OPERATOR_ROLE = "sakark_app", "sakark_drift"
THIS_TENANT = "NULLIF(current_setting('app.tenant_id', true), '')::int"
QUEUE = (
    "procrastinate_jobs",
    "procrastinate_events",
    "procrastinate_periodic_defers",
    "procrastinate_workers",
    "feil",
)
# The kommune is the session's own, and a unit is all that a job is told: no content is in the queue.
# What waits already is not put there twice.
DEFER = f"""
CREATE FUNCTION sakark_defer(job text, unit uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = jobs, pg_temp AS $$
DECLARE
  kommune int := {THIS_TENANT};
  named text := format('%s/%s/%s', job, kommune, unit);
BEGIN
  IF kommune IS NULL THEN
    RAISE insufficient_privilege USING MESSAGE = 'no kommune is served';
  END IF;
  INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args)
  VALUES (
    'default', job, -10, named, named, jsonb_build_object('kommune', kommune, 'enhet', unit)
  )
  ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING;
END $$
"""
FAILED = """
CREATE FUNCTION sakark_failed_jobs() RETURNS TABLE (
  id bigint, jobb text, kommune int, enhet uuid, feil text, forsoek int, tidspunkt timestamptz
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = jobs, pg_temp AS $$
  SELECT
    j.id, j.task_name::text, (j.args->>'kommune')::int, (j.args->>'enhet')::uuid, f.feil,
    j.attempts, (
      SELECT max(e.at) FROM procrastinate_events e WHERE e.job_id = j.id AND e.type = 'failed'
    )
  FROM procrastinate_jobs j LEFT JOIN feil f ON f.job_id = j.id
  WHERE j.status = 'failed'
  ORDER BY j.id
$$
"""
# Another of its kind may wait: then that one does the work, and this one is no more.
AGAIN = """
CREATE FUNCTION sakark_send_again(job bigint) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path = jobs, pg_temp AS $$
DECLARE
  held text;
BEGIN
  SELECT queueing_lock INTO held FROM procrastinate_jobs
  WHERE id = job AND status = 'failed' FOR UPDATE;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  IF EXISTS (SELECT FROM procrastinate_jobs WHERE queueing_lock = held AND status = 'todo') THEN
    DELETE FROM procrastinate_jobs WHERE id = job;
  ELSE
    UPDATE procrastinate_jobs SET status = 'todo', attempts = 0, scheduled_at = NULL,
      worker_id = NULL, abort_requested = false
    WHERE id = job;
    PERFORM pg_notify(
      'procrastinate_any_queue_v1',
      json_build_object('type', 'job_inserted', 'job_id', job)::text
    );
  END IF;
  RETURN true;
END $$
"""
# Inside a function that runs as the owner it is not the application role that writes.
REFUSE = f"""
CREATE FUNCTION jobs.refuse_of_kommune() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_user = '{APPLICATION_ROLE}' AND {THIS_TENANT} IS NOT NULL THEN
    RAISE insufficient_privilege
      USING MESSAGE = 'who serves a kommune only puts work in, by sakark_defer';
  END IF;
  RETURN NULL;
END $$
"""
FUNCTIONS = {
    "sakark_defer(text, uuid)": (DEFER, APPLICATION_ROLE),
    "sakark_failed_jobs()": (FAILED, OPERATOR_ROLE),
    "sakark_send_again(bigint)": (AGAIN, OPERATOR_ROLE),
}


def upgrade() -> None:
    op.execute("LOCK TABLE dokumentobjekt IN SHARE ROW EXCLUSIVE MODE")
    _add_checks()
    _add_strays()
    _open_queue()


def _add_checks() -> None:
    op.create_table(
        "dokumentkontroll",
        sa.Column("dokumentobjekt_ref", sa.Uuid(), nullable=False),
        sa.Column("kontrolltype", sa.Text(), nullable=False),
        sa.Column("resultat", sa.Text(), nullable=False),
        sa.Column("melding", sa.Text(), nullable=False),
        sa.Column("funn", sa.ARRAY(sa.Text())),
        sa.Column("krever_handling", sa.Boolean(), nullable=False),
        sa.Column("gjeldende", sa.Boolean(), nullable=False),
        sa.Column("kontrollert_dato", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kontrollert_av", sa.Text(), nullable=False),
        sa.Column("verktoey", sa.Text()),
        sa.Column("puid", sa.Text()),
        sa.Column("formatnavn", sa.Text()),
        sa.Column("formatversjon", sa.Text()),
        sa.Column("referanse_arkivformat", sa.Uuid()),
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("system_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tidssoner", postgresql.JSONB(astext_type=sa.Text())),
        sa.ForeignKeyConstraint(
            ["tenant_id", "dokumentobjekt_ref"],
            ["dokumentobjekt.tenant_id", "dokumentobjekt.system_id"],
            name=op.f("fk_dokumentkontroll_tenant_id_dokumentobjekt_ref"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "system_id", name=op.f("pk_dokumentkontroll")),
        postgresql_partition_by="LIST (tenant_id)",
    )
    for columns in (
        ("tenant_id", "dokumentobjekt_ref"),
        ("tenant_id", "gjeldende", "kontrolltype", "kontrollert_dato"),
    ):
        op.create_index(
            op.f(f"ix_dokumentkontroll_{'_'.join(columns)}"), "dokumentkontroll", list(columns)
        )
    _secure("dokumentkontroll")
    for kommune in op.get_bind().scalars(sa.text("SELECT id FROM kommune")).all():
        op.execute(
            f"CREATE TABLE dokumentkontroll_k{kommune} PARTITION OF dokumentkontroll"
            f" FOR VALUES IN ({kommune})"
        )
    op.execute(
        "CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON dokumentkontroll"
        " FOR EACH ROW EXECUTE FUNCTION sakark_note_unit('dokumentkontroll')"
    )


def _add_strays() -> None:
    op.create_table(
        "loesfil",
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("noekkel", sa.Text(), nullable=False),
        sa.Column("foerst_sett", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "noekkel", name=op.f("pk_loesfil")),
    )
    _secure("loesfil")


def _secure(table: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own_kommune ON {table} USING (tenant_id = {THIS_TENANT})"
        f" WITH CHECK (tenant_id = {THIS_TENANT})"
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APPLICATION_ROLE}")


def _open_queue() -> None:
    op.execute(
        "CREATE TABLE jobs.feil ("
        " job_id bigint CONSTRAINT pk_feil PRIMARY KEY"
        " REFERENCES jobs.procrastinate_jobs ON DELETE CASCADE, feil text NOT NULL)"
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON jobs.feil TO {APPLICATION_ROLE}")
    op.execute(REFUSE)
    for table in QUEUE:
        op.execute(
            f"CREATE TRIGGER of_no_kommune BEFORE INSERT OR UPDATE OR DELETE ON jobs.{table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION jobs.refuse_of_kommune()"
        )
    for named, (function, role) in FUNCTIONS.items():
        op.execute(function)
        op.execute(f"REVOKE ALL ON FUNCTION {named} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {named} TO {role}")


def downgrade() -> None:
    for named in FUNCTIONS:
        op.execute(f"DROP FUNCTION {named}")
    for table in QUEUE:
        op.execute(f"DROP TRIGGER of_no_kommune ON jobs.{table}")
    op.execute("DROP FUNCTION jobs.refuse_of_kommune")
    op.execute("DROP TABLE jobs.feil")
    op.drop_table("loesfil")
    op.drop_table("dokumentkontroll")
