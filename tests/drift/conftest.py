"""A service and a database of the operator's tests' own: they add kommuner and end them."""

import asyncio
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from tests.conftest import Service, free_port, run_service
from tests.prepared import copy
from tests.tenancy.processes import command, environment

from sakark_api.db import embedded
from sakark_api.dev.identity import AUDIENCE, User, issue_token
from sakark_api.settings import Settings

NUMBERS = iter(range(1000, 1500))


@pytest.fixture(scope="session")
def database(prepared: Path) -> Iterator[embedded.EmbeddedServer]:
    folder = Path(tempfile.mkdtemp(prefix="sakark-test-"))
    copy(prepared, folder, "postgres")
    with embedded.embedded(folder / "postgres", durable=False) as server:
        yield server
    embedded.remove(folder / "postgres")
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def service(
    database: embedded.EmbeddedServer, prepared: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    port, data_dir = free_port(), tmp_path_factory.mktemp("data")
    copy(prepared, data_dir, "dokumenter")
    settings = Settings(
        database_url=database.app_url,
        database_owner_url=database.owner_url,
        database_operator_url=database.operator_url,
        operator_issuer=f"http://127.0.0.1:{port}/identity",
        data_dir=data_dir,
        database_pool_size=4,
        rate_refused=0,
    )
    yield from run_service(settings, port)


class Operator:
    """A client of the addresses under /drift/, with the operator's token or another's."""

    def __init__(self, http: httpx.Client, service: Service, token: str | None) -> None:
        self.http = http
        self.service = service
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def request(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        headers = {**self.headers, **kwargs.pop("headers", {})}
        return self.http.request(
            method, f"{self.service.url}/drift/{path}", headers=headers, **kwargs
        )

    def get(self, path: str, **kwargs: Any) -> httpx.Response:
        return self.request("GET", path, **kwargs)

    def post(self, path: str, body: object) -> httpx.Response:
        return self.request("POST", path, json=body)

    def put(self, path: str, body: object) -> httpx.Response:
        return self.request("PUT", path, json=body)

    def patch(self, path: str, body: object) -> httpx.Response:
        return self.request("PATCH", path, json=body)

    def delete(self, path: str) -> httpx.Response:
        return self.request("DELETE", path)

    def logged(self) -> Any:
        """Give the newest line of the log."""
        return self.get("logg/", params={"top": 1}).json()["results"][0]


@pytest.fixture(scope="module")
def operator(http: httpx.Client, service: Service) -> Operator:
    return Operator(http, service, service.token("drift@sakark"))


@pytest.fixture(scope="module")
def new_kommune(operator: Operator) -> Callable[[], str]:
    """Add kommuner of one's own, in preparation and without anybody to log in; give the slugs."""

    def add() -> str:
        number = next(NUMBERS)
        slug = f"ny{number}"
        answer = operator.post(
            "kommuner/", {"slug": slug, "navn": f"Ny {number}", "kommunenummer": str(number)}
        )
        assert answer.status_code == 201, answer.text
        return slug

    return add


@pytest.fixture(scope="module")
def new_ready(operator: Operator, new_kommune: Callable[[], str]) -> Callable[[], str]:
    """Add kommuner in preparation that have all that operation takes; give the slugs."""

    def add() -> str:
        slug = new_kommune()
        number = f"9000{slug.removeprefix('ny')}0"[:9]
        assert operator.patch(f"kommuner/{slug}/", {"organisasjonsnummer": number}).is_success
        logins = {"innlogging": [login(operator.service)]}
        assert operator.put(f"kommuner/{slug}/innlogging/", logins).is_success
        return slug

    return add


@pytest.fixture
def ready(new_ready: Callable[[], str]) -> str:
    """A kommune of the test's own, in preparation, that has all that operation takes."""
    return new_ready()


@pytest.fixture(scope="module")
def shared(new_ready: Callable[[], str]) -> str:
    """The same for tests that bring it into the state they need: to make one takes a second."""
    return new_ready()


def login(service: Service, **changes: object) -> dict[str, object]:
    """Write how the service's own issuer is used, as it is sent."""
    roles = ("administrator", "arkivar", "leder", "saksbehandler", "leser")
    return {
        "issuer": service.issuer,
        "audience": AUDIENCE,
        "role_values": {role: role for role in roles},
        **changes,
    }


def token_of(service: Service, kommune: str, role: str, *, person: bool = True) -> str:
    """Issue a token for somebody of any kommune, with any role."""
    user = User(f"{role}@{kommune}", "Prøve Person", kommune, role, "demo", person)
    return issue_token(user, service.issuer, service.settings.data_dir / "identity")


class Sql:
    """Statements as one of the database's roles, each in a transaction of its own."""

    def __init__(self, url: str) -> None:
        self._url = url

    def run(self, statement: str, *values: Any, tenant: int | None = None) -> list[asyncpg.Record]:
        return asyncio.run(self._run(statement, values, tenant))

    async def _run(
        self, statement: str, values: Sequence[Any], tenant: int | None
    ) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self._url)
        try:
            if tenant is not None:
                await connection.execute(
                    "select set_config('app.tenant_id', $1, false)", str(tenant)
                )
            return list(await connection.fetch(statement, *values))
        finally:
            await connection.close()


@pytest.fixture
def owner(database: embedded.EmbeddedServer, service: Service) -> Sql:
    del service
    return Sql(database.owner_url)


@pytest.fixture
def drift_role(database: embedded.EmbeddedServer, service: Service) -> Sql:
    del service
    return Sql(database.operator_url)


@pytest.fixture
def tenants(owner: Sql) -> dict[str, int]:
    return {row["slug"]: row["id"] for row in owner.run("select id, slug from kommune")}


@pytest.fixture
def sakark(service: Service) -> Any:
    """Run a command on the service's database."""

    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        return command(environment(service), *words)

    return run
