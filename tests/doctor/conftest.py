"""The healthy set-up, on a PostgreSQL of its own that keeps what it answers."""

import json
from collections.abc import Iterator

import pytest
from moto.server import ThreadedMotoServer
from sqlalchemy.orm import Session
from tests.access.provider import rsa_key, start
from tests.doctor.house import House
from tests.tenancy.conftest import Owner

from sakark_api.db import embedded, migrate
from sakark_api.settings import Settings
from sakark_api.tenancy.administration import add_kommune
from sakark_api.tenancy.issuers import set_issuer


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    place = tmp_path_factory.mktemp("doctor")
    (place / "data").mkdir()
    key = rsa_key()
    http, thread = start(key)
    s3 = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    s3.start()
    host, port = s3.get_host_and_port()
    with embedded.embedded(place / "postgres") as server:
        owner = Owner(server.owner_url, server.app_url)
        owner.connected(migrate.upgrade)
        owner.in_session(lambda session: register(session, http.provider.url))
        passwords = json.loads((place / "postgres" / "passwords.json").read_text())
        settings = Settings(
            database_url=server.app_url,
            data_dir=place / "data",
            public_url="https://arkiv.example.no",
            bulk_limit=1_000,
            upload_limit=1_000,
        )
        yield House(
            settings=settings,
            server=server,
            superuser_url=server.app_url.replace("sakark_app", "postgres").replace(
                passwords["sakark_app"], passwords["postgres"]
            ),
            provider=http.provider,
            http=http,
            s3_endpoint=f"http://{host}:{port}",
        )
    s3.stop()
    http.shutdown()
    thread.join()
    http.server_close()
    embedded.remove(place / "postgres")


def register(session: Session, issuer: str) -> None:
    """Let two kommuner share a provider."""
    for slug, number in (("molde", "1506"), ("rauma", "1539")):
        add_kommune(session, slug, navn=slug.title(), kommunenummer=number, status="drift")
        set_issuer(
            session,
            slug,
            issuer,
            audience="sakark",
            kommune_claim="kommune",
            role_claim="roles",
            role_values={},
        )
