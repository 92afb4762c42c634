"""`sakark worker` as it is run: jobs done, counted, and gone on with after an outage."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import httpx
import psycopg
import pytest
from tests.conftest import free_port
from tests.secrecy import secrets_in
from tests.serving.conftest import Site, make_site
from tests.serving.test_serve import scraped

from sakark_api.db import embedded

START_SECONDS = 40

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def site(prepared: Path) -> Iterator[Site]:
    with make_site(prepared) as made:
        yield made


@contextmanager
def working(site: Site, **settings: str) -> Iterator["subprocess.Popen[bytes]"]:
    log = site.folder / "worker.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "sakark_api", "worker"],
            env=site.environment(**settings),
            stdout=output,
            stderr=output,
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)
        assert secrets_in(log) == []


def wait_until(holds: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while not holds():
        assert process.poll() is None, "the worker ended"
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.1)


def ask(
    site: Site, statement: str, *values: object, tenant: int | None = None
) -> list[asyncpg.Record]:
    async def fetch() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(
            site.settings.database_owner_url, server_settings={"search_path": "public, jobs"}
        )
        try:
            if tenant is not None:
                await connection.execute(f"set app.tenant_id = '{tenant}'")
            return list(await connection.fetch(statement, *values))
        finally:
            await connection.close()

    return asyncio.run(fetch())


def abandon_upload(site: Site) -> Path:
    """Leave an upload behind whose day is over; give the file of its only chunk."""
    tenant = ask(site, "select id from kommune where slug = 'molde'")[0][0]
    key = f"molde/deler/{uuid4().hex}"
    chunk = site.folder / "dokumenter" / key
    chunk.parent.mkdir(parents=True, exist_ok=True)
    chunk.write_bytes(b"the beginning")
    ask(
        site,
        "insert into opplasting (tenant_id, id, type, unit_id, actor_id, mime_type, size, received,"
        " parts, expires) values ($1, $2, 'dokumentobjekt', $2, $2, 'application/pdf', 100, 13,"
        " $3, $4)",
        tenant,
        uuid4(),
        [key],
        datetime.now(UTC) - timedelta(minutes=1),
        tenant=tenant,
    )
    return chunk


def forget_what_was_due(site: Site) -> None:
    """Let the jobs that were due just now be due again when the worker starts."""
    ask(site, "delete from jobs.procrastinate_periodic_defers")
    ask(site, "delete from jobs.procrastinate_jobs")


def uploads_left(site: Site) -> int:
    tenant = ask(site, "select id from kommune where slug = 'molde'")[0][0]
    return int(ask(site, "select count(*) from opplasting", tenant=tenant)[0][0])


def test_an_abandoned_upload_is_forgotten_and_counted(site: Site) -> None:
    forget_what_was_due(site)
    chunk, port = abandon_upload(site), free_port()

    with working(site, SAKARK_METRICS_PORT=str(port)) as process:
        wait_until(lambda: not chunk.exists(), process)
        wait_until(lambda: ended(port, "forget_abandoned_uploads") == 1, process)

    assert uploads_left(site) == 0
    assert process.returncode == 0


def test_what_is_written_is_sealed_within_seconds(site: Site) -> None:
    with working(site) as process:
        wait_until(lambda: unsealed(site) == 0, process)
        leave_a_note(site)

        wait_until(lambda: unsealed(site) == 0, process)

    tenant = ask(site, "select id from kommune where slug = 'molde'")[0][0]
    seals = ask(site, "select nummer from segl order by nummer", tenant=tenant)
    assert [row["nummer"] for row in seals][-2:] == [len(seals) - 1, len(seals)]


def leave_a_note(site: Site) -> None:
    """Note a row anew, as if somebody had written it."""
    tenant = ask(site, "select id from kommune where slug = 'molde'")[0][0]
    ask(
        site,
        "insert into radendring (tenant_id, tabell, enhet, transaksjon)"
        " select tenant_id, 'arkiv', system_id, 1 from arkiv where tenant_id = $1",
        tenant,
        tenant=tenant,
    )


def unsealed(site: Site) -> int:
    """Count what waits in molde; something does as long as no chain has begun."""
    tenant = ask(site, "select id from kommune where slug = 'molde'")[0][0]
    waiting = (
        "select (select count(*) from radendring) + (not exists (select from segl))::int as count"
    )
    return int(ask(site, waiting, tenant=tenant)[0][0])


def ended(port: int, job: str) -> float:
    return sum(
        value
        for name, labels, value in scraped(port)
        if name == "sakark_jobs_total" and labels == {"job": job, "outcome": "succeeded"}
    )


def test_the_work_goes_on_when_the_database_is_back(site: Site) -> None:
    forget_what_was_due(site)
    port = free_port()
    with working(site, SAKARK_METRICS_PORT=str(port)) as process:
        wait_until(lambda: ended_any(port), process)
        embedded.stop(site.postgres)
        time.sleep(2)
        embedded.start(site.postgres)
        forget_what_was_due(site)
        chunk = abandon_upload(site)

        defer(site, "forget_abandoned_uploads")
        wait_until(lambda: not chunk.exists(), process)

    assert process.returncode == 0


def ended_any(port: int) -> bool:
    try:
        return any(name == "sakark_jobs_total" for name, _, _ in scraped(port))
    except httpx.TransportError:
        return False


def defer(site: Site, job: str) -> None:
    ask(
        site,
        "insert into jobs.procrastinate_jobs (queue_name, task_name, args)"
        " values ('default', $1, $2)",
        job,
        json.dumps({"timestamp": 0}),
    )


def test_a_job_whose_worker_was_killed_is_picked_up(site: Site) -> None:
    forget_what_was_due(site)
    chunk = abandon_upload(site)
    leave_under_way(site, "forget_abandoned_uploads")

    with working(site) as process:
        wait_until(lambda: not chunk.exists(), process)


def test_a_job_whose_worker_was_killed_is_no_failure_when_the_next_one_waits(site: Site) -> None:
    forget_what_was_due(site)
    killed = leave_under_way(site, "read_files_again")
    leave_waiting(site, "read_files_again")

    with working(site) as process:
        wait_until(lambda: status_of(site, killed) != "doing", process)

    assert status_of(site, killed) is None


def test_a_job_that_each_of_its_workers_died_of_is_left_to_the_operator(site: Site) -> None:
    forget_what_was_due(site)
    killed = leave_under_way(site, "read_files_again", attempts=4)

    with working(site) as process:
        wait_until(lambda: status_of(site, killed) == "failed", process)


def test_a_job_that_fails_while_another_of_its_kind_waits_leaves_the_work_to_it(
    site: Site,
) -> None:
    job = "forget_abandoned_uploads"
    forget_what_was_due(site)

    with (
        closing(psycopg.connect(site.settings.database_owner_url or "")) as owner,
        working(site, SAKARK_DATABASE_LOCK_SECONDS="3") as process,
    ):
        owner.execute("lock table opplasting")
        wait_until(lambda: statuses_of(site, job) == ["doing"], process)
        leave_waiting(site, job)
        wait_until(lambda: statuses_of(site, job) == ["todo"], process)


def statuses_of(site: Site, job: str) -> list[str]:
    found = ask(site, "select status::text from procrastinate_jobs where task_name = $1", job)
    return [row[0] for row in found]


def leave_under_way(site: Site, job: str, attempts: int = 0) -> int:
    """Leave a job as a worker does that dies in the middle: under way, and its heart is still."""
    worker = ask(
        site,
        "insert into jobs.procrastinate_workers (last_heartbeat)"
        " values (now() - interval '1 hour') returning id",
    )[0][0]
    return int(
        ask(
            site,
            "insert into jobs.procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args,"
            " status, worker_id, attempts)"
            " values ('default', $1::text, $1::text, $1::text, $2, 'doing', $3, $4) returning id",
            job,
            json.dumps({"timestamp": 0}),
            worker,
            attempts,
        )[0][0]
    )


def leave_waiting(site: Site, job: str) -> None:
    """Leave the next job of a kind in the queue, due when the test is over."""
    ask(
        site,
        "insert into jobs.procrastinate_jobs (queue_name, task_name, queueing_lock, args,"
        " scheduled_at) values ('default', $1::text, $1::text, $2, now() + interval '1 hour')",
        job,
        json.dumps({"timestamp": 0}),
    )


def status_of(site: Site, job: int) -> str | None:
    found = ask(site, "select status::text from jobs.procrastinate_jobs where id = $1", job)
    return str(found[0][0]) if found else None


def defer_examination(site: Site, slug: str) -> UUID:
    """Put the examination of a file in the queue that there is none of."""
    unit = uuid4()
    kommune = ask(site, "select id from kommune where slug = $1", slug)[0][0]
    ask(site, "select sakark_defer('undersoek_dokument', $1)", unit, tenant=kommune)
    return unit


def states(site: Site, unit: UUID) -> list[tuple[str, int, str | None]]:
    found = ask(
        site,
        "select status::text, attempts, feil from procrastinate_jobs left join feil on job_id = id"
        " where args->>'enhet' = $1",
        str(unit),
    )
    return [tuple(row) for row in found]


def test_a_job_about_a_unit_is_done_in_its_kommune(site: Site) -> None:
    forget_what_was_due(site)
    unit = defer_examination(site, "molde")

    with working(site) as process:
        wait_until(lambda: states(site, unit) == [("succeeded", 1, None)], process)


def test_of_a_job_that_fails_the_class_of_the_error_is_kept(site: Site) -> None:
    forget_what_was_due(site)
    ask(site, "update kommune set status = 'avsluttet' where slug = 'rauma'")
    unit = defer_examination(site, "rauma")

    with working(site) as process:
        wait_until(lambda: states(site, unit) == [("todo", 1, "Conflict")], process)


def test_a_worker_told_to_stop_ends_well(site: Site) -> None:
    with working(site, SAKARK_METRICS_PORT=str(port := free_port())) as process:
        wait_until(lambda: answers(port), process)
        process.send_signal(signal.SIGTERM)

        assert process.wait(20) == 0


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/metrics").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def test_the_application_role_reaches_the_queue_and_the_operator_does_not(site: Site) -> None:
    rights = ask(
        site,
        "select has_table_privilege('sakark_app', 'jobs.procrastinate_jobs', 'insert'),"
        " has_schema_privilege('sakark_drift', 'jobs', 'usage')",
    )[0]

    assert tuple(rights) == (True, False)
