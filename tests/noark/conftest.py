"""A client in a world of its own, what it changes, and entries to change."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from tests.conftest import Client, Service, World, build_world

from sakark_api.db.reader import APPLICATION_ROLE
from sakark_api.noark.resource import Actor, Change
from sakark_api.tenancy.kommune import load_registry
from sakark_api.tenancy.session import Writer, application_engine

Patch = Callable[..., httpx.Response]


@pytest.fixture
def client(world: World) -> Client:
    return world.client


@pytest.fixture
def patch(client: Client) -> Patch:
    """Change a unit as it is now, as the administrator or as another."""

    def patch(unit: Any, by: Client = client, **members: Any) -> httpx.Response:
        tag = {"If-Match": by.etag(unit)}
        return by.patch(client.link(unit, "self"), members, headers=tag)

    return patch


OptionWorld = Callable[[str], World]


@pytest.fixture
def world_with(http: httpx.Client, service: Service) -> OptionWorld:
    """Give a world in a kommune that has an option, from now on."""

    def world_with(option: str) -> World:
        answer = http.put(
            f"{service.url}/drift/kommuner/rauma/opsjoner/{option}/",
            json={"fra": "2020-01-01"},
            headers={"Authorization": f"Bearer {service.token('drift@sakark')}"},
        )
        assert answer.is_success, answer.text
        return build_world(Client(http, service, "administrator@rauma", "rauma"))

    return world_with


def new_case(world: World) -> Any:
    return world.client.make(world.klasse, "sakarkiv/ny-saksmappe/", {"tittel": "Sak"})


def part(navn: str, role: str) -> dict[str, Any]:
    return {"navn": navn, "korrespondanseparttype": {"kode": role}}


def entry(world: World, case: Any, kind: str = "I", **given: Any) -> Any:
    """Make an entry of a kind, from or to somebody."""
    body = {
        "tittel": "Post",
        "journalposttype": {"kode": kind},
        "korrespondansepartperson": [part("Ola", "EA" if kind == "I" else "EM")],
        **given,
    }
    return world.client.make(case, "sakarkiv/ny-journalpost/", body)


def document(world: World, post: Any, *formats: str, **given: Any) -> Any:
    """Make a finished document with a dokumentobjekt in each format; fmt/95 is the archive's."""
    client = world.client
    body = {"tittel": "Dokument", "dokumentstatus": {"kode": "F"}, **given}
    made = client.make(post, "arkivstruktur/ny-dokumentbeskrivelse/", body)
    for kode in formats:
        variant = {"kode": "A" if kode == "fmt/95" else "O"}
        body = {"variantformat": variant, "format": {"kode": kode}}
        client.make(made, "arkivstruktur/ny-dokumentobjekt/", body)
    return made


InSession = Callable[[Callable[[Change], None]], None]


@pytest.fixture
def in_session(service: Service) -> InSession:
    """Run rules in a transaction of Molde, as an archivist of its own; what is done is kept."""

    def in_session(work: Callable[[Change], None]) -> None:
        asyncio.run(_in_transaction(service, work))

    return in_session


async def _in_transaction(service: Service, work: Callable[[Change], None]) -> None:
    engine = application_engine(service.settings, APPLICATION_ROLE, pool_size=1)
    try:
        async with AsyncSession(engine) as session:
            kommune = (await load_registry(session))["molde"]
        async with Writer(engine).transaction(kommune.id) as session:
            await session.run_sync(lambda sync: work(_change(sync)))
    finally:
        await engine.dispose()


def _change(session: Session) -> Change:
    return Change(
        session=session,
        actor=Actor(uuid4(), "Prøve"),
        now=datetime.now(UTC),
        kodeverk=session.info["kodeverk"],
    )
