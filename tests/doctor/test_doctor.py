"""Set-ups broken for real, one thing at a time: the doctor names that thing, and nothing else."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.doctor import house as broken
from tests.doctor.house import Breaking, House, bucket, given, given_by, sql

from sakark_api.db import migrate
from sakark_api.doctor import server
from sakark_api.doctor.examination import examine
from sakark_api.doctor.report import Finding, Status, as_json, as_lines, has_failed

PORT = 8000
SAKARK = str(Path(sys.executable).with_name("sakark"))


def examined(house: House, changes: Mapping[str, object], ahead: float = 0) -> list[Finding]:
    settings = house.settings.model_copy(update=dict(changes))
    return asyncio.run(examine(settings, PORT, lambda: time.time() + ahead))


def other_than(findings: list[Finding], status: Status) -> list[tuple[str, str]]:
    """Give what went otherwise, but for the programs: those are as this machine has them."""
    return [
        (one.id, one.sentence) for one in findings if one.status != status and one.id != "tools"
    ]


def with_status(findings: list[Finding], status: Status) -> list[tuple[str, str]]:
    return [(one.id, one.sentence) for one in findings if one.status == status]


HEALTHY: list[tuple[str, Breaking]] = [
    ("documents in a folder", given()),
    ("documents in a bucket", bucket()),
    ("documents encrypted in a bucket", bucket(s3_encryption="AES256")),
    ("a bucket for each kommune", broken.buckets("felles", "molde", "rauma")),
    ("metrics on a port of their own", given(metrics_port=9464)),
    ("a public address on this machine", given(public_url="http://localhost:8000")),
]


@pytest.mark.parametrize(("name", "changing"), HEALTHY, ids=[name for name, _ in HEALTHY])
def test_nothing_is_wrong_with_a_healthy_set_up(
    house: House, name: str, changing: Breaking
) -> None:
    with changing(house) as changes:
        findings = examined(house, changes)

    assert other_than(findings, Status.OK) == [], name


BROKEN: list[tuple[str, Breaking, str, str]] = [
    ("no database address", given(database_url=None), "database-address", "er ikke satt"),
    (
        "unknown host",
        given(database_url="postgresql://a:b@vert.invalid/sakark"),
        "database-connection",
        "Verten vert.invalid i SAKARK_DATABASE_URL finnes ikke",
    ),
    ("refused port", given_by(broken.nobody_there), "database-connection", "Ingen database svarer"),
    ("silent port", broken.silence, "database-connection", "svarer ikke innen 0.3 sekunder"),
    (
        "wrong password",
        given_by(lambda house: {"database_url": house.as_role("sakark_app", "feil-hemmelig")}),
        "database-connection",
        "avviser brukeren sakark_app eller passordet",
    ),
    (
        "missing database",
        given_by(lambda house: {"database_url": house.to_database("borte")}),
        "database-connection",
        "Databasen borte finnes ikke",
    ),
    (
        "unreadable address",
        given(database_url="postgresql://sakark_app:hem@lig@127.0.0.1:9/sakark"),
        "database-connection",
        "kan ikke leses som en adresse",
    ),
    (
        "unreadable port",
        given(database_url="postgresql://sakark_app:hem/me@lig/sakark"),
        "database-connection",
        "kan ikke leses som en adresse",
    ),
    (
        "encryption demanded of us",
        broken.only_encrypted,
        "database-connection",
        "slipper ikke inn sakark_app herfra på denne måten",
    ),
    (
        "encryption demanded by us",
        given_by(lambda house: {"database_url": house.server.app_url + "?sslmode=require"}),
        "database-connection",
        "tilbyr ikke kryptering",
    ),
    (
        "a pooler in between",
        broken.pooled,
        "database-pooler",
        "deler forbindelser mellom transaksjoner",
    ),
    (
        "another encoding",
        broken.other_database("encoding 'LATIN1' locale_provider libc locale 'C'"),
        "database-encoding",
        "lagrer tegn som LATIN1",
    ),
    (
        "no Norwegian",
        broken.other_database("", "drop text search configuration pg_catalog.norwegian"),
        "database-norwegian",
        "mangler søk i norske ord",
    ),
    (
        "not durable: server",
        broken.reloaded("alter system set fsync = off", "alter system reset fsync"),
        "database-durability",
        "fsync er slått av",
    ),
    (
        "not durable: database",
        sql(
            "alter database sakark set synchronous_commit = off",
            "alter database sakark reset synchronous_commit",
        ),
        "database-durability",
        "synchronous_commit er slått av",
    ),
    ("too many connections", given(database_pool_size=200), "database-capacity", "kan trenge 410"),
    (
        "superuser",
        given_by(lambda house: {"database_url": house.superuser_url}),
        "database-rights",
        "postgres, som er superbruker",
    ),
    (
        "past row security",
        sql("alter role sakark_app bypassrls", "alter role sakark_app nobypassrls"),
        "database-rights",
        "sakark_app, som slipper forbi skillet",
    ),
    (
        "owner",
        given_by(lambda house: {"database_url": house.server.owner_url}),
        "database-rights",
        "sakark_owner, som eier tabeller",
    ),
    (
        "may become the owner",
        sql("grant sakark_owner to sakark_app", "revoke sakark_owner from sakark_app"),
        "database-rights",
        "sakark_owner, som eier tabeller",
    ),
    (
        "a worker without its queue",
        sql(
            "revoke update on jobs.procrastinate_jobs from sakark_app;"
            "revoke execute on function sakark_defer(text, uuid) from sakark_app",
            "grant update on jobs.procrastinate_jobs to sakark_app;"
            "grant execute on function sakark_defer(text, uuid) to sakark_app",
        ),
        "queue",
        "i køen (jobs.procrastinate_jobs, sakark_defer(text, uuid))",
    ),
    ("a stranger", broken.a_stranger, "database-role", "får ikke opptre som rollen sakark_app"),
    ("no tables", broken.other_database("owner sakark_owner"), "schema", "Databasen er tom"),
    (
        "newer schema",
        sql(
            "update alembic_version set version_num = '2999_01_01_ukjent'",
            f"update alembic_version set version_num = '{migrate.newest()}'",
        ),
        "schema",
        "nyere enn programmet",
    ),
    (
        "older schema",
        sql(
            "update alembic_version set version_num = '2026_11_22_foundation'",
            f"update alembic_version set version_num = '{migrate.newest()}'",
        ),
        "schema",
        "eldre enn programmet; kjør «sakark db upgrade»",
    ),
    (
        "schema of before the program could read its version",
        sql(
            "revoke select on alembic_version from sakark_app",
            "grant select on alembic_version to sakark_app",
        ),
        "schema",
        "eldre enn programmet; kjør «sakark db upgrade»",
    ),
    (
        "row security off",
        sql(
            "alter table mappe disable row level security",
            "alter table mappe enable row level security",
        ),
        "row-security",
        "skiller ikke kommunene i mappe;",
    ),
    (
        "row security not forced",
        sql(
            "alter table arkiv no force row level security",
            "alter table arkiv force row level security",
        ),
        "row-security",
        "skiller ikke kommunene i arkiv;",
    ),
    (
        "a policy that lets everybody through",
        sql("create policy alle on klasse using (true)", "drop policy alle on klasse"),
        "row-security",
        "skiller ikke kommunene i klasse;",
    ),
    (
        "a right too few",
        sql("revoke insert on mappe from sakark_app", "grant insert on mappe to sakark_app"),
        "table-rights",
        "mangler retter på mappe;",
    ),
    (
        "a right too many",
        sql(
            "grant delete on endringslogg to sakark_app",
            "revoke delete on endringslogg from sakark_app",
        ),
        "table-rights",
        "kan endre eller tømme endringslogg, som skal stå",
    ),
    (
        "a right past the parent",
        sql("grant select on mappe_k1 to sakark_app", "revoke select on mappe_k1 from sakark_app"),
        "partition-rights",
        "når mappe_k1 utenom skillet",
    ),
    (
        "a partition too few",
        sql(
            "alter table endringslogg detach partition endringslogg_k2",
            "alter table endringslogg attach partition endringslogg_k2 for values in (2)",
        ),
        "partitions",
        "Tabelldelen endringslogg_k2 mangler",
    ),
    (
        "owner's password wrong",
        given_by(lambda house: {"database_owner_url": house.as_role("sakark_owner", "feil")}),
        "owner-connection",
        "avviser brukeren sakark_owner",
    ),
    (
        "owner who owns nothing",
        given_by(lambda house: {"database_owner_url": house.server.app_url}),
        "owner-rights",
        "SAKARK_DATABASE_OWNER_URL eier ikke alle tabellene",
    ),
    (
        "operator who owns the tables",
        given_by(lambda house: {"database_operator_url": house.server.owner_url}),
        "operator-rights",
        "sakark_owner, som eier tabeller",
    ),
    (
        "operator not let in",
        given_by(lambda house: {"database_operator_url": house.to_database("borte")}),
        "operator-connection",
        "rett SAKARK_DATABASE_OPERATOR_URL",
    ),
    (
        "provider that is not there",
        broken.issuer("'http://127.0.0.1:9'"),
        "issuer",
        "http://127.0.0.1:9 svarer ikke på",
    ),
    ("provider that fails", broken.provider(lambda one: one.fail()), "issuer", "(503)"),
    ("provider without JSON", broken.provider(broken.greet), "issuer", "svarer ikke som den skal"),
    ("provider of another name", broken.provider(broken.call_it_otherwise), "issuer", "kaller seg"),
    ("provider without keys", broken.provider(broken.tell_of_no_keys), "issuer", "hvor nøklene er"),
    ("provider with weak keys", broken.provider(broken.weaken), "issuer", "gir ingen nøkler"),
    (
        "provider in plain http",
        broken.issuer("'http://login.example.no'"),
        "issuer",
        "http://login.example.no hentes ukryptert",
    ),
    (
        "operator's provider not there",
        given(operator_issuer="http://127.0.0.1:9/drift"),
        "issuer",
        "http://127.0.0.1:9/drift svarer ikke",
    ),
    ("provider of another time", broken.late_provider, "clock", "sekunder fra hverandre"),
    ("no folder", given(data_dir=Path("/finnes/ikke")), "storage", "Mappen /finnes/ikke finnes"),
    ("closed folder", broken.occupied_folder, "storage", "Dokumenter kan ikke lagres i"),
    ("full disk", given(bulk_limit=10**18), "storage-space", "har ikke plass til en fil"),
    ("missing bucket", bucket(s3_bucket="borte"), "storage", "ingen bøtte som heter borte"),
    ("wrong keys", bucket(s3_access_key="AKIAFEIL"), "storage", "godtar ikke nøklene"),
    (
        "no right to delete",
        bucket(actions="s3:ListBucket s3:GetObject s3:PutObject"),
        "storage",
        "får ikke slette dokumenter i bøtta",
    ),
    (
        "no right to write",
        bucket(actions="s3:ListBucket s3:GetObject"),
        "storage",
        "får ikke lagre dokumenter i bøtta",
    ),
    (
        "no object storage",
        bucket(s3_endpoint="http://127.0.0.1:9"),
        "storage",
        "Dokumentlageret svarer ikke",
    ),
    (
        "silent object storage",
        broken.silent_storage(s3_read_seconds=0.2),
        "storage",
        "Dokumentlageret svarer ikke",
    ),
    (
        "a kommune without its bucket",
        broken.buckets("felles", "molde"),
        "storage",
        "ingen bøtte som heter egen-rauma",
    ),
    (
        "lock that the bucket does not have",
        bucket(s3_lock="GOVERNANCE"),
        "storage-keeping",
        "følger ikke SAKARK_S3_LOCK;",
    ),
    ("open bucket", bucket(actions=None), "storage-private", "Hvem som helst kan lese"),
    ("one port for two", given(metrics_port=PORT), "metrics-port", "begge 8000"),
]


@pytest.mark.parametrize(
    ("breaking", "check", "part"), [one[1:] for one in BROKEN], ids=[one[0] for one in BROKEN]
)
def test_what_is_broken_is_named_in_one_sentence(
    house: House, breaking: Breaking, check: str, part: str
) -> None:
    with breaking(house) as changes:
        findings = examined(house, changes)

    failures = with_status(findings, Status.FAILURE)
    assert [one for one, _ in failures] == [check], failures
    assert part in failures[0][1]
    assert "\n" not in failures[0][1]
    assert has_failed(findings)
    assert not [one for one in house.secrets() if one in as_lines(findings) + as_json(findings)]


WARNED: list[tuple[str, Breaking, str, str]] = [
    (
        "the owner's address",
        given_by(lambda house: {"database_owner_url": house.server.owner_url}),
        "owner-address",
        "la den stå utenfor miljøet",
    ),
    ("no public address", given(public_url=None), "public-url", "er ikke satt"),
    ("a plain address", given(public_url="http://arkiv.no"), "public-url", "går ukryptert"),
    (
        "a kommune nobody can log in to",
        sql(
            "create table unna as select * from kommune_issuer where kommune_id = 1;"
            "delete from kommune_issuer where kommune_id = 1",
            "insert into kommune_issuer select * from unna; drop table unna",
        ),
        "kommuner",
        "Kommunen molde er i bruk",
    ),
    ("soon full", given(upload_limit=10**18), "storage-space", "er snart full"),
]


@pytest.mark.parametrize(
    ("breaking", "check", "part"), [one[1:] for one in WARNED], ids=[one[0] for one in WARNED]
)
def test_what_is_unwise_is_warned_about(
    house: House, breaking: Breaking, check: str, part: str
) -> None:
    with breaking(house) as changes:
        findings = examined(house, changes)

    found = other_than(findings, Status.OK)
    assert [one for one, _ in found] == [check], found
    assert part in found[0][1]
    assert not has_failed(findings)


@pytest.mark.parametrize(
    ("ahead", "status"), [(-60, Status.FAILURE), (15, Status.WARNING), (2, Status.OK)]
)
def test_our_own_clock_is_compared(house: House, ahead: float, status: Status) -> None:
    findings = examined(house, {}, ahead)

    assert [one.status for one in findings if one.id == "clock"] == [status]
    assert {one.id for one in findings if one.status != Status.OK} <= {"clock"}


def test_every_table_is_looked_at(house: House) -> None:
    """By the command alone, which has loaded less than these tests have."""
    tables = house.ask(
        "select relname from pg_class where relnamespace = 'public'::regnamespace"
        " and relkind in ('r', 'p') and not relispartition and relname <> 'alembic_version'"
    )
    program = "from sakark_api.tenancy.tables import own_tables; print(*own_tables())"

    looked_at = subprocess.check_output([sys.executable, "-c", program], text=True)

    assert set(looked_at.split()) == {row["relname"] for row in tables}


def test_a_database_that_is_too_old_is_named(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "OLDEST", 99)

    findings = examined(house, {})

    failures = with_status(findings, Status.FAILURE)
    assert [one for one, _ in failures] == ["database-version"]
    assert "oppgrader til 99 eller nyere" in failures[0][1]


def test_a_provider_that_kommuner_share_is_asked_once(house: House) -> None:
    house.provider.asked.clear()

    findings = examined(house, {})

    assert [one.id for one in findings].count("issuer") == 1
    assert set(house.provider.asked.values()) == {1}


def run(
    house: House, *options: str, limit: str = ":", **changed: str
) -> "subprocess.CompletedProcess[str]":
    """Run the command with the settings of the house in its environment, under a shell's limit."""
    settings = house.settings
    own = {name: value for name, value in os.environ.items() if not name.startswith("SAKARK_")}
    return subprocess.run(
        ["/bin/sh", "-c", f'{limit}; exec "$@"', "sh", SAKARK, "doctor", *options],
        env={
            **own,
            "SAKARK_DATABASE_URL": str(settings.database_url),
            "SAKARK_DATA_DIR": str(settings.data_dir),
            "SAKARK_PUBLIC_URL": str(settings.public_url),
            "SAKARK_BULK_LIMIT": "1000",
            "SAKARK_UPLOAD_LIMIT": "1000",
            **changed,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_ends_with_0_when_nothing_is_wrong(house: House) -> None:
    done = run(house)

    assert {line[:9].strip() for line in done.stdout.splitlines()} == {"OK"}
    assert (done.returncode, done.stderr) == (0, "")


def test_the_command_ends_with_1_and_keeps_passwords_to_itself(house: House) -> None:
    done = run(house, SAKARK_DATABASE_URL=house.as_role("sakark_app", "feil-hemmelig"))

    failures = [line for line in done.stdout.splitlines() if line.startswith("FEIL")]
    assert failures == [
        "FEIL     Databasen avviser brukeren sakark_app eller passordet; rett SAKARK_DATABASE_URL."
    ]
    assert (done.returncode, done.stderr) == (1, "")
    assert "hemmelig" not in done.stdout


def test_the_command_names_a_machine_without_temporary_files(house: House) -> None:
    with bucket()(house) as changes:
        done = run(
            house,
            limit="ulimit -f 0",
            SAKARK_S3_ENDPOINT=changes["s3_endpoint"],
            SAKARK_S3_BUCKET=changes["s3_bucket"],
            SAKARK_S3_ACCESS_KEY=changes["s3_access_key"],
            SAKARK_S3_SECRET_KEY=changes["s3_secret_key"].get_secret_value(),
        )

    failures = [line for line in done.stdout.splitlines() if line.startswith("FEIL")]
    assert len(failures) == 1
    assert "Ingen mappe for midlertidige filer er skrivbar" in failures[0]
    assert changes["s3_secret_key"].get_secret_value() not in done.stdout
    assert done.returncode == 1


def test_the_command_gives_json(house: House) -> None:
    done = run(house, "--json", SAKARK_DATABASE_URL=house.superuser_url)

    found = json.loads(done.stdout)
    assert [one["id"] for one in found if one["status"] == "FEIL"] == ["database-rights"]
    assert {frozenset(one) for one in found} == {frozenset({"id", "status", "sentence"})}
    assert done.returncode == 1


def test_wrong_settings_are_told_before_anything_else(house: House) -> None:
    done = run(
        house,
        "--json",
        SAKARK_DATABASE_ULR="postgresql://a:hemmelig@b/c",
        SAKARK_PUBLIC_URL="https://bruker:hem/melig@arkiv.no/",
    )

    found = json.loads(done.stdout)
    assert [(one["id"], one["status"]) for one in found] == [("settings", "FEIL")] * 2
    assert "Mente du SAKARK_DATABASE_URL?" in found[0]["sentence"]
    assert "hemmelig" not in done.stdout
    assert "melig" not in found[1]["sentence"]
    assert done.returncode == 1
