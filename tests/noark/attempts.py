"""Attempts: what somebody tries to do to a unit, by every route of the API and without it."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID, uuid4

import httpx
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from tests.conftest import Client, Service

from sakark_api.db.reader import APPLICATION_ROLE
from sakark_api.errors import Blocked, Conflict, Forbidden, Invalid, SakarkError
from sakark_api.noark.catalog import CATALOG
from sakark_api.noark.resource import Actor, Change, Resource, StoredFile
from sakark_api.noark.structure import Relation
from sakark_api.rest.commands import Commands
from sakark_api.rest.schema import Schemas, parse_values
from sakark_api.rest.ties import End
from sakark_api.tenancy.kommune import load_registry
from sakark_api.tenancy.session import Writer, application_engine

__all__ = ["Attempt", "Extend", "Give", "Make", "Move", "Remove", "Set", "Tie", "Untie", "Within"]

Unit = Mapping[str, Any]
STATUS: Mapping[type[SakarkError], int] = {Invalid: 400, Forbidden: 403, Conflict: 409}


class Attempt(Protocol):
    """One thing that is tried: each route of the API to it, and the command behind them."""

    def over_http(self, client: Client) -> Iterator[httpx.Response]: ...

    def in_session(self, commands: Commands, change: Change) -> None: ...


def end_of(client: Client, unit: Unit) -> End:
    """Read the resource and the systemID off a unit's address."""
    name, system_id = client.link(unit, "self").rstrip("/").split("/")[-2:]
    return End(CATALOG.by_name[name], UUID(system_id))


def place_of(unit: Unit) -> End:
    """The same of a unit alone."""
    name, system_id = str(unit["_links"]["self"]["href"]).rstrip("/").split("/")[-2:]
    return End(CATALOG.by_name[name], UUID(system_id))


def relation_of(resource: Resource[Any], role: str) -> Relation:
    return next(one for one in CATALOG.relations(resource) if one.role == role)


def any_version(_: int) -> None:
    """Any version of the unit will do."""


@dataclass(frozen=True)
class Make:
    """Make a unit of a kind under an owner."""

    owner: Unit
    kind: str
    body: Mapping[str, Any]

    def over_http(self, client: Client) -> Iterator[httpx.Response]:
        yield client.post(f"{client.link(self.owner, 'self')}ny-{self.kind}/", self.body)

    def in_session(self, commands: Commands, change: Change) -> None:
        owner, made = place_of(self.owner), CATALOG.by_name[self.kind]
        offer = next(one for one in CATALOG.offers(owner.resource) if one.made is made)
        body = parse_values(SCHEMAS.making(made), self.body)
        commands.make(change, made, body, (owner.resource, owner.system_id), offer)


@dataclass(frozen=True)
class Set:
    """Change attributes of a unit: by PUT of the whole, and by PATCH."""

    unit: Unit
    members: Mapping[str, Any]

    def over_http(self, client: Client) -> Iterator[httpx.Response]:
        here = client.link(self.unit, "self")
        whole = {**client.get(here).json(), **self.members}
        kept = {name: value for name, value in whole.items() if value is not None}
        yield client.put(here, kept, headers={"If-Match": client.etag(self.unit)})
        yield client.patch(here, self.members, headers={"If-Match": client.etag(self.unit)})

    def in_session(self, commands: Commands, change: Change) -> None:
        here = place_of(self.unit)
        commands.merge(change, here.resource, here.system_id, self.members, any_version)


@dataclass(frozen=True)
class Remove:
    """Delete a unit."""

    unit: Unit

    def over_http(self, client: Client) -> Iterator[httpx.Response]:
        yield client.delete(client.link(self.unit, "self"))

    def in_session(self, commands: Commands, change: Change) -> None:
        here = place_of(self.unit)
        commands.delete(change, here.resource, here.system_id, any_version)


@dataclass(frozen=True)
class Move:
    """Put a unit in another place: by `$ref`, and by a link of the unit itself."""

    unit: Unit
    role: str
    target: Unit

    def over_http(self, client: Client) -> Iterator[httpx.Response]:
        here, there = client.link(self.unit, "self"), client.link(self.target, "self")
        rel = relation_of(place_of(self.unit).resource, self.role).rel
        link = {"_links": {rel: {"href": there}}}
        yield client.patch(here, link, headers={"If-Match": client.etag(self.unit)})
        yield client.request("PUT", f"{here}{self.role}/$ref", content=there)

    def in_session(self, commands: Commands, change: Change) -> None:
        here = place_of(self.unit)
        relation = relation_of(here.resource, self.role)
        commands.ties.replace(change, relation, here, place_of(self.target))


@dataclass(frozen=True)
class Tie:
    """Tie a unit to an owner besides those it has."""

    owner: Unit
    role: str
    target: Unit

    def over_http(self, client: Client) -> Iterator[httpx.Response]:
        here, there = client.link(self.owner, "self"), client.link(self.target, "self")
        yield client.request("POST", f"{here}{self.role}/$ref", params={"$id": there})

    def in_session(self, commands: Commands, change: Change) -> None:
        here = place_of(self.owner)
        relation = relation_of(here.resource, self.role)
        commands.ties.add(change, relation, here, place_of(self.target))


@dataclass(frozen=True)
class Untie:
    """Take a unit away from an owner."""

    owner: Unit
    role: str
    target: Unit

    def over_http(self, client: Client) -> Iterator[httpx.Response]:
        here, there = client.link(self.owner, "self"), client.link(self.target, "self")
        yield client.request("DELETE", f"{here}{self.role}/$ref", params={"$id": there})

    def in_session(self, commands: Commands, change: Change) -> None:
        here = place_of(self.owner)
        relation = relation_of(here.resource, self.role)
        commands.ties.remove(change, relation, here, place_of(self.target))


@dataclass(frozen=True)
class Extend:
    """Let a unit become one of a more special kind."""

    unit: Unit
    kind: str
    body: Mapping[str, Any]

    def over_http(self, client: Client) -> Iterator[httpx.Response]:
        here = f"{client.link(self.unit, 'self')}utvid-til-{self.kind}/"
        yield client.put(here, self.body, headers={"If-Match": client.etag(self.unit)})

    def in_session(self, commands: Commands, change: Change) -> None:
        special = CATALOG.by_name[self.kind]
        body = parse_values(SCHEMAS.making(special), {"tittel": "Enheten", **self.body})
        commands.extend(change, special, place_of(self.unit).system_id, body, any_version)


@dataclass(frozen=True)
class Give:
    """Send a file to a unit: whole, and as the beginning of one in chunks."""

    unit: Unit

    def over_http(self, client: Client) -> Iterator[httpx.Response]:
        here = f"{client.link(self.unit, 'self')}fil/"
        announced = {"X-Upload-Content-Type": "text/plain", "X-Upload-Content-Length": "3"}
        yield client.request("POST", here, headers={"Content-Length": "0", **announced})
        yield client.request("POST", here, content=b"abc", headers={"Content-Type": "text/plain"})

    def in_session(self, commands: Commands, change: Change) -> None:
        here = place_of(self.unit)
        door = CATALOG.takes_files(here.resource)
        assert door is not None
        file = StoredFile(uuid4().hex, 3, "0" * 64, "text/plain", None)
        commands.receive_file(change, here.resource, here.system_id, door, file)


SCHEMAS = Schemas(CATALOG)
COMMANDS = Commands(CATALOG, SCHEMAS)


class Undone(Exception):
    """Ends a transaction that is not to be kept."""


class Within:
    """Transactions of Molde that leave nothing behind, one after another in one thread."""

    def __init__(self, runner: asyncio.Runner, writer: Writer, tenant: int) -> None:
        self._runner, self._writer, self._tenant = runner, writer, tenant

    @classmethod
    @contextmanager
    def molde(cls, service: Service) -> Iterator["Within"]:
        with asyncio.Runner() as runner:
            engine = application_engine(service.settings, APPLICATION_ROLE, pool_size=1)

            async def find() -> int:
                async with AsyncSession(engine) as session:
                    return (await load_registry(session))["molde"].id

            yield cls(runner, Writer(engine), runner.run(find()))
            runner.run(engine.dispose())

    def tried(self, attempt: Attempt, *, archivist: bool) -> SakarkError | None:
        """Do it by its command alone; give the refusal, if there is one."""
        refusals: list[SakarkError] = []

        def work(session: Session) -> None:
            change = Change(
                session=session,
                actor=Actor(uuid4(), "Prøve"),
                now=datetime.now(UTC),
                kodeverk=session.info["kodeverk"],
                archivist=archivist,
            )
            try:
                attempt.in_session(COMMANDS, change)
                session.flush()
            except SakarkError as refusal:
                refusals.append(refusal)

        self._runner.run(self._undone(work))
        return refusals[0] if refusals else None

    async def _undone(self, work: Callable[[Session], None]) -> None:
        try:
            async with self._writer.transaction(self._tenant) as session:
                await session.run_sync(work)
                raise Undone  # noqa: TRY301  it is what the transaction is to see
        except Undone:
            return


def named_by(refusal: SakarkError) -> set[str]:
    """Give the systemIDs of what a refusal says stands in the way."""
    obstacles = refusal.obstacles if isinstance(refusal, Blocked) else ()
    return {str(unit.system_id) for one in obstacles for unit in one.units}


def shown_by(answer: httpx.Response) -> list[Unit]:
    """Give the units that an answer says stand in the way."""
    return [unit for one in answer.json()["feil"].get("hindringer", ()) for unit in one["enheter"]]
