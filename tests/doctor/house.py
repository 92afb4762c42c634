"""A whole set-up with nothing wrong: database, identity provider, storage; and ways to break it."""

import asyncio
import json
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import boto3
from botocore.exceptions import ClientError
from moto.core.authorization import enable_iam_authentication
from pydantic import SecretStr
from sqlalchemy.engine import make_url
from tests.access.provider import DISCOVERY, Handler, Provider, Server, public, rsa_key
from tests.conftest import free_port
from tests.doctor.pooler import pooler

from sakark_api.db.embedded import EmbeddedServer
from sakark_api.settings import Settings

__all__ = ["BUCKET", "Breaking", "House"]

BUCKET = "sakark-dokumenter"
FOREIGNER = "hemmelig-fremmed"
"""The password of a role that has nothing to do here."""


@dataclass(frozen=True)
class House:
    """The set-up: its settings, and the handles that tests break it by."""

    settings: Settings
    server: EmbeddedServer
    superuser_url: str
    provider: Provider
    http: Server
    s3_endpoint: str

    def ask(self, *statements: str, database: str = "sakark") -> list[asyncpg.Record]:
        """Run statements as the superuser, one by one; give the rows of the last."""
        return asyncio.run(self._ask(statements, database))

    async def _ask(self, statements: tuple[str, ...], database: str) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.superuser_url, database=database)
        try:
            rows: list[asyncpg.Record] = []
            for statement in statements:
                rows = await connection.fetch(statement)
            return rows
        finally:
            await connection.close()

    def to_database(self, name: str) -> str:
        return f"{self.server.app_url.rpartition('/')[0]}/{name}"

    def as_role(self, user: str, password: str) -> str:
        place = self.server.app_url.rpartition("@")[2]
        return f"postgresql://{user}:{password}@{place}"

    def secrets(self) -> list[str]:
        """Give every password there is."""
        folder = Path(str(self.settings.data_dir)).parent / "postgres"
        passwords: dict[str, str] = json.loads((folder / "passwords.json").read_text())
        return [*passwords.values(), FOREIGNER]


Changes = Mapping[str, Any]
Breaking = Callable[[House], AbstractContextManager[Changes]]
"""Breaks the house for as long as a block lasts, and gives the settings that are others then."""


def given(**changes: Any) -> Breaking:
    """Set settings."""
    return given_by(lambda _: changes)


def given_by(make: Callable[[House], Changes]) -> Breaking:
    """Set settings that depend on the house."""

    @contextmanager
    def breaking(house: House) -> Iterator[Changes]:
        yield make(house)

    return breaking


def sql(breaks: str, mends: str) -> Breaking:
    """Change something in the database, and back."""

    @contextmanager
    def breaking(house: House) -> Iterator[Changes]:
        house.ask(*breaks.split(";"))
        try:
            yield {}
        finally:
            house.ask(*mends.split(";"))

    return breaking


def reloaded(breaks: str, mends: str) -> Breaking:
    """Change the configuration of the server, and back."""

    @contextmanager
    def breaking(house: House) -> Iterator[Changes]:
        reload(house, breaks)
        try:
            yield {}
        finally:
            reload(house, mends)

    return breaking


def reload(house: House, statement: str) -> None:
    loaded = "select pg_conf_load_time()"
    before = house.ask(loaded)
    house.ask(statement, "select pg_reload_conf()")
    while house.ask(loaded) == before:
        time.sleep(0.02)


def other_database(made: str, *changed: str) -> Breaking:
    """Point to another database, without tables."""

    @contextmanager
    def breaking(house: House) -> Iterator[Changes]:
        house.ask(f"create database annen {made} template template0")
        try:
            house.ask(*changed, database="annen")
            yield {"database_url": house.to_database("annen")}
        finally:
            house.ask("drop database annen")

    return breaking


@contextmanager
def a_stranger(house: House) -> Iterator[Changes]:
    """Log in as somebody who may not act as the application."""
    house.ask(f"create role fremmed login password '{FOREIGNER}'")
    try:
        yield {"database_url": house.as_role("fremmed", FOREIGNER)}
    finally:
        house.ask("drop role fremmed")


@contextmanager
def only_encrypted(house: House) -> Iterator[Changes]:
    """Let the server demand encryption of everybody but the superuser."""
    file = house.server.data / "pg_hba.conf"
    rules = file.read_text()
    file.write_text(
        f"host all postgres 127.0.0.1/32 scram-sha-256\n{rules.replace('host', 'hostssl')}"
    )
    reload(house, "select 1")
    try:
        yield {}
    finally:
        file.write_text(rules)
        reload(house, "select 1")


@contextmanager
def silence(house: House) -> Iterator[Changes]:
    """Point to a port that takes calls and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        url = f"postgresql://sakark_app:{house.secrets()[0]}@127.0.0.1:{port}/sakark"
        yield {"database_url": url, "database_connect_seconds": 0.3}


@contextmanager
def pooled(house: House) -> Iterator[Changes]:
    """Put a transaction pooler between us and the database."""
    url = make_url(house.server.app_url)
    with pooler(str(url.host), int(url.port or 0)) as port:
        yield {"database_url": url.set(port=port).render_as_string(hide_password=False)}


def nobody_there(house: House) -> Changes:
    url = f"postgresql://sakark_app:{house.secrets()[0]}@127.0.0.1:{free_port()}/sakark"
    return {"database_url": url}


def silent_storage(**changes: Any) -> Breaking:
    """Keep the documents where calls are taken and never answered."""

    @contextmanager
    def breaking(house: House) -> Iterator[Changes]:
        with (
            socket.create_server(("127.0.0.1", 0)) as listener,
            bucket(s3_endpoint=f"http://127.0.0.1:{listener.getsockname()[1]}")(house) as settings,
        ):
            yield {**settings, **changes}

    return breaking


def provider(change: Callable[[Provider], None]) -> Breaking:
    """Let the identity provider answer otherwise."""

    @contextmanager
    def breaking(house: House) -> Iterator[Changes]:
        answers = dict(house.provider.answers)
        change(house.provider)
        try:
            yield {}
        finally:
            house.provider.answers = answers

    return breaking


def call_it_otherwise(provider: Provider) -> None:
    provider.answer(DISCOVERY, {"issuer": provider.url + "/", "jwks_uri": f"{provider.url}/jwks"})


def tell_of_no_keys(provider: Provider) -> None:
    provider.answer(DISCOVERY, {"issuer": provider.url})


def weaken(provider: Provider) -> None:
    provider.publish(public(rsa_key(1024), "first"))


def greet(provider: Provider) -> None:
    provider.answers[DISCOVERY] = (200, b"<html>Velkommen</html>")


class LateHandler(Handler):
    """A handler whose clock is ten minutes late."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string((timestamp or time.time()) - 600)


@contextmanager
def late_provider(house: House) -> Iterator[Changes]:
    house.http.RequestHandlerClass = LateHandler
    try:
        yield {}
    finally:
        house.http.RequestHandlerClass = Handler


def issuer(value: str) -> Breaking:
    """Let the registry name another identity provider; `value` is SQL."""

    @contextmanager
    def breaking(house: House) -> Iterator[Changes]:
        house.ask(f"update kommune_issuer set issuer = {value}")
        try:
            yield {}
        finally:
            house.ask(f"update kommune_issuer set issuer = '{house.provider.url}'")

    return breaking


@contextmanager
def occupied_folder(house: House) -> Iterator[Changes]:
    """Put a file where the folder of the documents should be."""
    folder = house.settings.data_dir.parent / "opptatt"
    folder.mkdir(exist_ok=True)
    (folder / "dokumenter").touch()
    yield {"data_dir": folder}


def bucket(*, actions: str | None = "s3:*", **changes: Any) -> Breaking:
    """Keep the documents in a bucket, with a key for these actions; None: no key is asked for."""

    @contextmanager
    def breaking(house: House) -> Iterator[Changes]:
        key = new_key(house, actions or "s3:*")
        settings = {
            "s3_endpoint": house.s3_endpoint,
            "s3_bucket": BUCKET,
            "s3_access_key": key["AccessKeyId"],
            "s3_secret_key": SecretStr(key["SecretAccessKey"]),
            **changes,
        }
        if actions is None:
            yield settings
            return
        with enable_iam_authentication():
            yield settings

    return breaking


def buckets(*owners: str) -> Breaking:
    """Keep the documents of each kommune in a bucket of its own, of which there are these."""

    @contextmanager
    def breaking(house: House) -> Iterator[Changes]:
        with closing(aws(house, "s3")) as s3:
            for owner in ("felles", "molde", "rauma"):
                change = s3.create_bucket if owner in owners else s3.delete_bucket
                with suppress(ClientError):  # there or gone already
                    change(Bucket=f"egen-{owner}")
        with bucket(s3_bucket="egen-{kommune}")(house) as settings:
            yield settings

    return breaking


def new_key(house: House, actions: str) -> Any:
    """Make the bucket, and a user who may do these things in it."""
    with closing(aws(house, "s3")) as s3, closing(aws(house, "iam")) as iam:
        s3.create_bucket(Bucket=BUCKET)
        name = f"bruker{free_port()}"
        iam.create_user(UserName=name)
        statement = {"Effect": "Allow", "Action": actions.split(), "Resource": "*"}
        iam.put_user_policy(
            UserName=name,
            PolicyName="rett",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        )
        return iam.create_access_key(UserName=name)["AccessKey"]


def aws(house: House, service: Any) -> Any:
    return boto3.session.Session().client(
        service,
        endpoint_url=house.s3_endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
