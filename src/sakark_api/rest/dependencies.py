"""What a request brings with it: its kommune, its caller, and the services that answer it."""

import re
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any, Final
from uuid import UUID

import httpx
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from starlette.requests import Request

from sakark_api.access.allowance import Allowance
from sakark_api.access.caller import Caller, Role
from sakark_api.access.keys import Issuer, OutageError, fetch_object
from sakark_api.access.oidc import Bindings, IssuerBinding, Verifier
from sakark_api.access.policy import Action, Status, Work, admits, allows, may
from sakark_api.access.reach import Reach, Rights, reach_of
from sakark_api.db.reader import Reader
from sakark_api.errors import (
    Blocked,
    Forbidden,
    Invalid,
    NotFound,
    Standing,
    Unauthenticated,
)
from sakark_api.noark.resource import Actor, Change
from sakark_api.noark.rules.gradering import AUTHORISED
from sakark_api.noark.structure import Catalog
from sakark_api.observe.told import told
from sakark_api.rest.commands import Commands
from sakark_api.rest.door import host_of
from sakark_api.rest.fetching import SIGHT, Sight
from sakark_api.rest.links import Links
from sakark_api.rest.queries import Queries
from sakark_api.rest.schema import Schemas
from sakark_api.settings import Settings
from sakark_api.storage.documents import Documents
from sakark_api.tenancy.bruk import Slag, month_of, record_use
from sakark_api.tenancy.kommune import IssuerEntry, Kommune, Registry, Snapshot
from sakark_api.tenancy.session import Writer
from sakark_api.texts import text

__all__ = [
    "WELL_KNOWN",
    "Context",
    "FindActor",
    "LoadRights",
    "Services",
    "base_of",
    "bearer_token",
    "bind_issuers",
    "enter",
    "id_of",
    "kommune_of",
    "public_url",
    "read_body",
    "shown_name",
]

_HOST: Final = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_SCHEME: Final = "bearer "
_DRAINED: Final = 64 * 2**20
_UUID_LENGTH: Final = 36

FindActor = Callable[[Session, str, str, str, datetime], Actor]
"""Gives the user of an issuer, by subject and name; made at the first login."""

LoadRights = Callable[[Session], Rights]
"""Reads the rights of a session's kommune."""


class Services:
    """Everything that lives as long as the process, made once in `app.py` and passed along."""

    def __init__(
        self,
        settings: Settings,
        catalog: Catalog,
        reader: Reader,
        writer: Writer,
        registry: Registry,
        verifier: Verifier,
        documents: Documents,
        find_actor: FindActor,
        load_rights: LoadRights,
        http: httpx.AsyncClient,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.settings = settings
        self.catalog = catalog
        self.reader = reader
        self.writer = writer
        self.registry = registry
        self.verifier = verifier
        self.documents = documents
        self.clock = clock
        self.callers = Allowance("caller", settings.rate_caller)
        self.schemas = Schemas(catalog)
        self._queries: dict[tuple[bool, bool], Queries] = {}
        self.links = Links(catalog)
        self.commands = Commands(catalog, self.schemas)
        self._http = http
        self._documents_of_issuers: dict[str, tuple[datetime, bytes]] = {}
        self._find_actor = find_actor
        self._load_rights = load_rights
        self._actors: dict[tuple[Caller, date], Actor] = {}
        self._reaches: dict[tuple[Caller, UUID], tuple[Rights, Reach]] = {}
        self._bound: tuple[Snapshot, Bindings] = ({}, Bindings([]))

    @property
    def bindings(self) -> Bindings:
        """The issuers of all kommuner; a new object exactly when the registry has changed."""
        if self._bound[0] is not self.registry.snapshot:
            self._bound = (self.registry.snapshot, bind_issuers(self.registry.snapshot))
        return self._bound[1]

    def queries(self, *, cleared: bool, whole: bool) -> Queries:
        """Give the statements for callers of a kind: see `Queries`."""
        found = self._queries.get((cleared, whole))
        if found is None:
            found = Queries(self.catalog, cleared=cleared, whole=whole)
            self._queries[cleared, whole] = found
        return found

    async def reach_of(self, kommune: Kommune, caller: Caller, actor: Actor) -> Reach:
        """Say how far a caller reaches; worked out anew when rights change, begin or end."""
        rights = await self.writer.rights(
            kommune.id, kommune.rettigheter_version, self._load_rights
        )
        now = self.clock()
        key = (caller, actor.system_id)
        known = self._reaches.get(key)
        if known is not None and known[0] is rights:
            until = known[1].until
            if until is None or now < until:
                return known[1]
        authorised = AUTHORISED if may(caller.roles, Action.READ, Work.SCREENED) else 0
        names = {*caller.roles, *caller.groups}
        unblocked = may(caller.roles, Action.CHANGE, Work.RETENTION)
        reach = reach_of(rights, names, actor.system_id, authorised, now, unblocked=unblocked)
        if len(self._reaches) >= _REMEMBERED_ACTORS:
            self._reaches.clear()
        self._reaches[key] = (rights, reach)
        return reach

    async def discover(self, issuer: IssuerEntry) -> bytes | None:
        """Fetch the discovery document of an identity provider; None when it does not answer."""
        address = issuer.discovery_url or f"{issuer.issuer.rstrip('/')}/{WELL_KNOWN}"
        known = self._documents_of_issuers.get(address)
        if known is not None and self.clock() - known[0] < _FRESH:
            return known[1]
        try:
            document = await fetch_object(self._http, address)
        except OutageError:
            document = {}
        if document.get("issuer") != issuer.issuer:  # nor hand on what some other server says
            return known[1] if known is not None else None
        content: bytes = msgspec.json.encode(document)
        self._documents_of_issuers[address] = (self.clock(), content)
        return content

    async def actor_of(self, caller: Caller, *, counted: bool) -> Actor:
        """Give the bruker behind a caller, made at the first login and remembered after that.

        The first time in a month it is written down that the bruker was active, if it counts.
        """
        now = self.clock()
        month = month_of(now)
        known = self._actors.get((caller, month))
        if known is not None:
            return known
        async with self.writer.transaction(caller.tenant_id) as session:
            actor = await session.run_sync(
                self._find_actor,
                caller.issuer,
                caller.subject,
                shown_name(caller.subject, caller.name),
                now,
            )
            if counted and caller.roles:
                slag = Slag.PERSON if caller.person else Slag.SYSTEM
                await session.run_sync(record_use, actor.system_id, slag, month)
        if len(self._actors) >= _REMEMBERED_ACTORS:
            self._actors.clear()
        self._actors[caller, month] = actor
        return actor


def shown_name(subject: str, name: str) -> str:
    """Give a name as it can be kept and shown; refuse a subject that can't be kept."""
    if not subject.isprintable():
        raise Unauthenticated(text("Tokenets sub har tegn som ikke kan brukes."))
    shown = "".join(filter(str.isprintable, name)).strip()
    return shown[:_LONGEST_NAME] or subject


_LONGEST_NAME = 200
_REMEMBERED_ACTORS = 10_000
_FRESH = timedelta(minutes=5)
WELL_KNOWN: Final = ".well-known/openid-configuration"


def bind_issuers(snapshot: Snapshot) -> Bindings:
    """Say which tokens each kommune accepts, from the registry."""
    issuers: dict[tuple[str, str | None, str | None], Issuer] = {}
    return Bindings(
        _binding(
            kommune,
            entry,
            issuers.setdefault(
                (entry.issuer, entry.discovery_url, entry.jwks_uri),
                Issuer(entry.issuer, entry.discovery_url, entry.jwks_uri),
            ),
        )
        for kommune in snapshot.values()
        for entry in kommune.issuers
    )


def _binding(kommune: Kommune, entry: IssuerEntry, issuer: Issuer) -> IssuerBinding:
    """Bind a kommune to an issuer; a sandbox takes the tokens of the kommune it is for."""
    named = kommune.sandkasse_for or kommune
    return IssuerBinding(
        tenant_id=kommune.id,
        kommune=kommune.slug,
        kommunenummer=(named.kommunenummer, *named.tidligere_kommunenummer),
        organisasjonsnummer=named.organisasjonsnummer,
        issuer=issuer,
        audience=entry.audience,
        kommune_claim=entry.kommune_claim,
        role_claim=entry.role_claim,
        # A role there is not gives nothing, wherever it was written.
        role_values={
            value: Role(role) for value, role in entry.role_values.items() if role in set(Role)
        },
        sandkasse_for=kommune.sandkasse_for.slug if kommune.sandkasse_for else None,
    )


@dataclass(frozen=True)
class Context:
    """One authenticated request to one kommune."""

    services: Services
    kommune: Kommune
    caller: Caller
    actor: Actor
    reach: Reach
    base: str
    """Address of the kommune's root, with a slash at the end."""

    @cached_property
    def rights(self) -> frozenset[str]:
        """What decides all that the caller may do here."""
        return frozenset({*self.caller.roles, self.kommune.status})

    @cached_property
    def cleared(self) -> bool:
        """Whether the caller sees what is screened."""
        return self.reach.uncleared is not None and not self.reach.uncleared

    @cached_property
    def queries(self) -> Queries:
        """The statements that show what the caller may see."""
        return self.services.queries(cleared=self.cleared, whole=self.is_whole)

    @cached_property
    def is_whole(self) -> bool:
        """Whether rights leave nothing out of what the caller's roles give."""
        return self.reach.is_whole(
            one for one in Action if may(self.caller.roles, one, Work.CASEWORK)
        )

    def values(self, **asked: Any) -> dict[str, Any]:
        """Give the values of a statement: what is asked, in which kommune and how far."""
        return {"tenant": self.kommune.id, **self.reach.values, **asked}

    def may(self, action: str, work: str) -> bool:
        wanted = Action(action)
        return allows(self.kommune.status, wanted) and may(self.caller.roles, wanted, work)

    def demand(self, action: str, work: str) -> None:
        """Refuse what the kommune's state or the caller's roles do not give."""
        if not allows(self.kommune.status, Action(action)):
            raise Forbidden(text("Kommunen er avsluttet her. Arkivet kan leses, men ikke endres."))
        if not self.may(action, work):
            raise Forbidden(text("Rollen din gir ikke adgang til dette. Spør arkivansvarlig."))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Begin to write, if the kommune still lets the caller: the body may have been long.

        Raises `Forbidden` when the kommune has come to a state that does not.
        """
        now = await self.services.registry.find(self.kommune.slug)
        open_still = now is not None and (
            admits(now.status, self.caller.roles) and allows(now.status, Action.CHANGE)
        )
        if not open_still:
            raise Forbidden(text("Kommunen er i en annen tilstand nå. Prøv igjen."))
        try:
            async with self.services.writer.transaction(self.kommune.id) as session:
                session.info[SIGHT] = Sight(
                    self.queries.reaching, self.reach.values, cleared=self.cleared
                )
                yield session
        except Blocked as refusal:
            raise refusal.to_reader(await self.seen(refusal.units)) from None

    async def seen(self, units: Collection[Standing]) -> Collection[Standing]:
        """Tell which of some units the caller sees: rules know of all that there are."""
        seen: list[Standing] = []
        for name in {one.resource for one in units}:
            # Not by its kind: that may be what the refused change would have made of it.
            resource = self.services.catalog.by_name[name].root
            asked = [one for one in units if one.resource == name]
            if not self.may(Action.READ, resource.work):
                continue
            rows = await self.services.reader.fetch(
                self.kommune.id,
                self.queries.seen(resource),
                self.values(ids=[one.system_id for one in asked]),
            )
            found = {str(row[0]) for row in rows}
            seen += [one for one in asked if str(one.system_id) in found]
        return seen

    def change(self, session: Session) -> Change:
        """Say who writes when, for the rules."""
        return Change(
            session=session,
            actor=self.actor,
            now=self.services.clock(),
            kodeverk=session.info["kodeverk"],
            first_version=self.services.settings.first_version,
            archivist=self.may(Action.CHANGE, Work.ARCHIVE),
            person=self.caller.person,
            options=self.kommune.options_on(self.services.clock()),
            maalform=self.kommune.maalform,
        )


async def kommune_of(request: Request) -> Kommune:
    """Find the kommune in the address; NotFound for one that is not in the registry."""
    services: Services = request.app.state.services
    kommune = await services.registry.find(request.path_params["kommune"])
    if kommune is None or kommune.is_shut(services.clock()):
        raise NotFound(text("Kommunen finnes ikke. Se /kommuner/."))
    request.state.maalform = kommune.maalform
    current = told()
    current.kommune, current.standing = kommune.slug, kommune.status
    return kommune


async def enter(request: Request) -> Context:
    """Let a request in: kommune, token, caller (401 without a token, 404 with a foreign one)."""
    services: Services = request.app.state.services
    kommune = await kommune_of(request)
    caller = await services.verifier.caller(
        bearer_token(request), kommune.slug, services.bindings, host_of(request.scope)
    )
    services.callers.admit((caller.tenant_id, caller.issuer, caller.subject))
    if not admits(kommune.status, caller.roles):
        raise Forbidden(
            text("Kommunen er under forberedelse. Bare administrator og arkivar slipper inn nå.")
        )
    actor = await services.actor_of(caller, counted=kommune.status != Status.AVSLUTTET)
    told().user = str(actor.system_id)
    reach = await services.reach_of(kommune, caller, actor)
    request.state.base = base_of(request, kommune)
    return Context(services, kommune, caller, actor, reach, request.state.base)


def bearer_token(request: Request) -> str:
    """Give the token of a request; Unauthenticated when it has none."""
    header = request.headers.get("authorization", "")
    if header[: len(_SCHEME)].lower() != _SCHEME:
        raise Unauthenticated(text("Send tilgangstoken som Authorization: Bearer …"))
    return header[len(_SCHEME) :].strip()


def base_of(request: Request, kommune: Kommune) -> str:
    """Give the address of a kommune's root, as clients see it."""
    return f"{public_url(request)}/{kommune.slug}/api/"


def public_url(request: Request) -> str:
    """Give the address of the service, as clients see it; no slash at the end."""
    public: str | None = request.app.state.services.settings.public_url
    if public is None:
        scheme = request.scope["scheme"]
        host = request.headers.get("host") or "localhost"
        if not _HOST.fullmatch(host):
            raise Invalid(text("Host er ikke et gyldig navn."))
        public = f"{scheme}://{host}{request.scope.get('root_path', '')}"
    return public


def id_of(request: Request) -> UUID:
    """Read the systemID in the address; what is none cannot exist."""
    written = request.path_params["system_id"]
    if len(written) == _UUID_LENGTH:
        try:
            return UUID(written)
        except ValueError:
            pass
    raise NotFound(text("Enheten finnes ikke."))


async def read_body(request: Request, limit: int) -> bytes:
    """Read a body of at most `limit` bytes; the rest of a longer one is thrown away unread."""
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size <= limit:
            pieces.append(piece)
        elif size > _DRAINED:
            break
    if size > limit:
        raise Invalid(text("Innholdet er større enn {grense} byte. Send mindre.", grense=limit))
    return b"".join(pieces)
