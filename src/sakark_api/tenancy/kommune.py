"""The registry of municipalities: who they are, in which state, and whose tokens they accept."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Connection,
    ForeignKey,
    Identity,
    SmallInteger,
    Text,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import Mapped, Session, mapped_column

from sakark_api.access.policy import Status
from sakark_api.noark.model import Base
from sakark_api.noark.values import NORWAY
from sakark_api.tenancy.opsjoner import Options, names_in_force, read_options

__all__ = [
    "IssuerEntry",
    "IssuerRow",
    "Kommune",
    "KommuneRow",
    "Registry",
    "Status",
    "issuers_of",
    "load_registry",
]

log = logging.getLogger(__name__)

FRESH_SECONDS = 5.0
RETRY_SECONDS = 1.0


class KommuneRow(Base):
    """One kommune: a tenant of the service. The registry itself belongs to no tenant."""

    __tablename__ = "kommune"
    __table_args__ = (
        CheckConstraint("(sandkasse_for IS NULL) = (utloeper IS NULL)", name="sandkasse_utloeper"),
        CheckConstraint("offentlig_journal BETWEEN 0 AND 30", name="offentlig_journal"),
    )

    id: Mapped[int] = mapped_column(SmallInteger, Identity(), primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    navn: Mapped[str]
    kommunenummer: Mapped[str] = mapped_column(unique=True)
    tidligere_kommunenummer: Mapped[list[str]] = mapped_column(ARRAY(Text()))
    organisasjonsnummer: Mapped[str | None] = mapped_column(unique=True)
    status: Mapped[str] = mapped_column(default=Status.FORBEREDELSE)
    maalform: Mapped[str] = mapped_column(default="nb")
    options: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    kodeverk_version: Mapped[int] = mapped_column(default=1)
    """Grows whenever a code list of the kommune changes, so that processes read it anew."""
    rettigheter_version: Mapped[int] = mapped_column(default=1, server_default="1")
    """Grows whenever something that access depends on changes; a trigger sees to it."""
    sandkasse_for: Mapped[int | None] = mapped_column(SmallInteger, ForeignKey("kommune.id"))
    """The kommune whose logins a sandbox accepts; only sandboxes have one, and an expiry."""
    utloeper: Mapped[datetime | None]
    offentlig_journal: Mapped[int | None] = mapped_column(SmallInteger)
    """Working days until an entry is in the public journal; without it there is no such journal."""
    seglopphav: Mapped[list[Any]] = mapped_column(JSONB, server_default="[]")
    """The stretches of its chain that were sealed elsewhere; see `tenancy/strekning.py`."""
    flytting: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """How far it has come on its way in; until it is here, nobody is served and nothing is done."""
    flyttet_til: Mapped[str | None]
    """The root of its addresses where it is now, when it has left."""


class IssuerRow(Base):
    """That a kommune accepts tokens of one identity provider, and how to read them."""

    __tablename__ = "kommune_issuer"

    kommune_id: Mapped[int] = mapped_column(
        SmallInteger, ForeignKey("kommune.id", ondelete="CASCADE"), primary_key=True
    )
    issuer: Mapped[str] = mapped_column(primary_key=True)
    discovery_url: Mapped[str | None]
    jwks_uri: Mapped[str | None]
    audience: Mapped[str]
    kommune_claim: Mapped[str]
    role_claim: Mapped[str]
    role_values: Mapped[dict[str, str]] = mapped_column(JSONB)


def issuers_of(session: Session, kommune: KommuneRow) -> Sequence[IssuerRow]:
    """List the identity providers whose tokens a kommune accepts."""
    rows = select(IssuerRow).where(IssuerRow.kommune_id == kommune.id)
    return session.scalars(rows.order_by(IssuerRow.issuer)).all()


@dataclass(frozen=True)
class IssuerEntry:
    """What `kommune_issuer` says of one provider."""

    issuer: str
    discovery_url: str | None
    jwks_uri: str | None
    audience: str
    kommune_claim: str
    role_claim: str
    role_values: Mapping[str, str]


@dataclass(frozen=True)
class Kommune:
    """A kommune as requests see it."""

    id: int
    slug: str
    navn: str
    kommunenummer: str
    tidligere_kommunenummer: tuple[str, ...]
    organisasjonsnummer: str | None
    status: Status
    maalform: str
    issuers: tuple[IssuerEntry, ...]
    sandkasse_for: "Kommune | None" = None
    """The kommune that a sandbox has its issuers and the names in its tokens from."""
    utloeper: datetime | None = None
    options: Options = field(default_factory=dict, hash=False)
    rettigheter_version: int = 1
    offentlig_journal: int | None = None
    flyttet_til: str | None = None
    """Where it is now: the root of its addresses there, with a slash at the end."""

    def options_on(self, now: datetime) -> frozenset[str]:
        """Name the options in force on a day in Norway; a sandbox has those of its kommune."""
        today = now.astimezone(NORWAY).date()
        return frozenset(names_in_force((self.sandkasse_for or self).options, today, today))

    @property
    def publishes_journal(self) -> bool:
        """Whether everybody may read the journal: not before the kommune is in use, nor a trial."""
        return self.offentlig_journal is not None and self.status in (
            Status.DRIFT,
            Status.AVSLUTTET,
        )

    def is_shut(self, now: datetime) -> bool:
        """Tell whether nobody comes in: a sandbox that is not filled yet, or has expired."""
        if self.utloeper is None:
            return False
        return self.status is Status.FORBEREDELSE or self.utloeper <= now


Snapshot = Mapping[str, Kommune]


async def load_registry(session: AsyncSession) -> Snapshot:
    """Read every kommune that is here, by slug: what is on its way in is not."""
    issuers: dict[int, list[IssuerEntry]] = {}
    for row in await session.scalars(select(IssuerRow).order_by(IssuerRow.issuer)):
        entry = IssuerEntry(
            row.issuer,
            row.discovery_url,
            row.jwks_uri,
            row.audience,
            row.kommune_claim,
            row.role_claim,
            row.role_values,
        )
        issuers.setdefault(row.kommune_id, []).append(entry)
    here = select(KommuneRow).where(KommuneRow.flytting.is_(None))
    rows = list(await session.scalars(here.order_by(KommuneRow.slug)))
    kommuner = {one.id: _seen(one, issuers.get(one.id, [])) for one in rows}
    for one in rows:
        if one.sandkasse_for is not None:
            source = kommuner[one.sandkasse_for]
            kommuner[one.id] = replace(
                kommuner[one.id], sandkasse_for=source, issuers=source.issuers
            )
    return {one.slug: kommuner[one.id] for one in rows}


def _seen(row: KommuneRow, issuers: list[IssuerEntry]) -> Kommune:
    return Kommune(
        id=row.id,
        slug=row.slug,
        navn=row.navn,
        kommunenummer=row.kommunenummer,
        tidligere_kommunenummer=tuple(row.tidligere_kommunenummer),
        organisasjonsnummer=row.organisasjonsnummer,
        status=Status(row.status),
        maalform=row.maalform,
        issuers=tuple(issuers),
        utloeper=row.utloeper,
        options=read_options(row.options),
        rettigheter_version=row.rettigheter_version,
        offentlig_journal=row.offentlig_journal,
        flyttet_til=row.flyttet_til,
    )


class Registry:
    """The registry as this process knows it: never older than a few seconds.

    While there is no database to read it from, what was read last holds.
    `snapshot` is a new object exactly when something has changed.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        check: Callable[[Connection], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Read by `engine`; `check` may refuse the database before anything is read from it."""
        self._engine = engine
        self._check = check
        self._clock = clock
        self._lock = asyncio.Lock()
        self._tried_at = float("-inf")
        self._known = False
        self.snapshot: Snapshot = {}

    async def current(self) -> Snapshot:
        """Give every kommune by slug."""
        await self._read(FRESH_SECONDS)
        return self.snapshot

    async def find(self, slug: str) -> Kommune | None:
        """Give the kommune of that slug; one just added is found within a second."""
        found = (await self.current()).get(slug)
        if found is None:
            await self._read(RETRY_SECONDS)
            found = self.snapshot.get(slug)
        return found

    def forget(self) -> None:
        """Read the registry anew before it is used again: this process has changed it."""
        self._tried_at = float("-inf")

    async def _read(self, older_than: float) -> None:
        """Read the registry, unless that was tried lately or somebody is about it already."""
        if self._clock() - self._tried_at <= older_than or (self._known and self._lock.locked()):
            return
        async with self._lock:
            if self._clock() - self._tried_at <= older_than:
                return
            try:
                async with AsyncSession(self._engine) as session:
                    if self._check is not None and not self._known:
                        await (await session.connection()).run_sync(self._check)
                    snapshot = await load_registry(session)
            except (DBAPIError, PoolTimeoutError, OSError) as error:
                if not self._known:
                    raise
                log.warning("The registry of kommuner was not read: %s", type(error).__name__)
            else:
                self._known = True
                if snapshot != self.snapshot:
                    self.snapshot = snapshot
            self._tried_at = self._clock()
