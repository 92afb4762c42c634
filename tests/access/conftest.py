"""Keys are made once; every test has a provider, a client and a clock of its own."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from jose.backends.base import Key
from tests.access.provider import Clock, Provider, ec_key, rsa_key, start

from sakark_api.access.caller import Role
from sakark_api.access.oidc import Bindings, IssuerBinding, Verifier


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def first_key() -> Key:
    return rsa_key()


@pytest.fixture(scope="session")
def other_key() -> Key:
    return rsa_key()


@pytest.fixture(scope="session")
def curve_key() -> Key:
    return ec_key()


@pytest.fixture
def provider(first_key: Key) -> Iterator[Provider]:
    server, thread = start(first_key)
    yield server.provider
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as client:
        yield client


@pytest.fixture
def clock() -> Clock:
    return Clock(1000)


@pytest.fixture
def verifier(client: httpx.AsyncClient) -> Verifier:
    return Verifier(client)


@pytest.fixture
def molde(provider: Provider) -> IssuerBinding:
    return IssuerBinding(
        tenant_id=1,
        kommune="molde",
        kommunenummer=("1506", "1502"),
        organisasjonsnummer="921221967",
        issuer=provider.issuer,
        audience="sakark",
        kommune_claim="kommune",
        role_claim="roles",
        role_values={"sb": Role.SAKSBEHANDLER, "ark": Role.ARKIVAR},
    )


@pytest.fixture
def bindings(molde: IssuerBinding) -> Bindings:
    return Bindings([molde])
