"""Sandboxes: kommuner with invented content, made in seconds and thrown away again."""

import random
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import cycle, islice
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Session

from sakark_api.drift.seeding import (
    Case,
    Seeder,
    make_case,
    make_structure,
    make_units,
    store_letters,
)
from sakark_api.errors import Conflict, NotFound, Unavailable
from sakark_api.noark.model import TenantRow
from sakark_api.noark.resource import Actor, Change, StoredFile
from sakark_api.noark.structure import Catalog
from sakark_api.storage.documents import Documents, delete_all
from sakark_api.tenancy import driftslogg
from sakark_api.tenancy.administration import SANDBOX, add_kommune, find_kommune
from sakark_api.tenancy.driftslogg import log_drift
from sakark_api.tenancy.kommune import KommuneRow, Status, issuers_of
from sakark_api.tenancy.operator import in_transaction
from sakark_api.tenancy.partitions import throw_away
from sakark_api.tenancy.session import Writer
from sakark_api.texts import text

__all__ = [
    "Sandkasse",
    "Tools",
    "Wanted",
    "list_sandboxes",
    "make_sandbox",
    "sweep_sandboxes",
    "throw_away_sandbox",
]

NUMBERS: Final = range(9901, 9999)
"""Numbers of four digits in a county that there is none of."""
_LOCK: Final = 0x73616E64
_BATCH: Final = 20

_QUALITIES: Final = ("Blid", "Rask", "Stille", "Grønn", "Modig", "Lur", "Rund", "Varm", "Snill")
_THINGS: Final = ("Bølge", "Rognebær", "Paraply", "Tranebær", "Fjellvåk", "Kaffekopp", "Brygge")
_FIRMS: Final = ("Prøvebygg AS", "Eksempel Eiendom AS", "Fiktiv Entreprenør AS")
_MATTERS: Final = (
    ("Søknad om garasje, Prøvevegen {n}", "L42", "Søknad om tillatelse til tiltak"),
    ("Reguleringsplan for Eksempeløra {n}", "L12", "Merknad til planforslag"),
    ("Opptak til Liksom barnehage, plass {n}", "A10", "Søknad om barnehageplass"),
    ("Tilsetting i stilling {n}", "221", "Søknad på stilling"),
    ("Krav om innsyn nr. {n}", "033", "Krav om innsyn"),
    ("Brøyting av Prøvevegen {n}", "Q10", "Klage på brøyting"),
)


@dataclass(frozen=True)
class Tools:
    """What making and throwing away takes: the registry, the new kommune's rows, its files."""

    engine: AsyncEngine
    writer: Writer
    documents: Documents
    catalog: Catalog


@dataclass(frozen=True)
class Wanted:
    """A sandbox as it is asked for: for whom, how many cases, and for how many days."""

    kommune: str
    saker: int = 20
    dager: int = 14
    maalform: str | None = None


@dataclass(frozen=True)
class Sandkasse:
    """A sandbox, and the kommune whose users may log in to it."""

    slug: str
    navn: str
    kommunenummer: str
    kommune: str
    status: str
    maalform: str
    utloeper: datetime


def list_sandboxes(session: Session) -> list[Sandkasse]:
    """List the sandboxes, the first to expire first."""
    source = KommuneRow.__table__.alias("source")
    rows = session.execute(
        select(KommuneRow, source.c.slug)
        .join(source, source.c.id == KommuneRow.sandkasse_for)
        .order_by(KommuneRow.utloeper, KommuneRow.slug)
    )
    return [_seen(row, kommune) for row, kommune in rows]


def _seen(row: KommuneRow, kommune: str) -> Sandkasse:
    assert row.utloeper is not None  # noqa: S101  the database demands it of a sandbox
    return Sandkasse(
        row.slug, row.navn, row.kommunenummer, kommune, row.status, row.maalform, row.utloeper
    )


async def make_sandbox(tools: Tools, who: driftslogg.Actor, wanted: Wanted) -> Sandkasse:
    """Make a sandbox and fill it; nobody comes in before it is whole, and a half one is removed."""
    slug = f"{SANDBOX}{secrets.token_hex(4)}"
    tenant_id = await in_transaction(
        tools.engine, partial(_register, slug=slug, who=who, wanted=wanted)
    )
    try:
        await _fill(tools, slug, tenant_id, wanted.saker, who.now)
        return await in_transaction(tools.engine, partial(_open, slug=slug))
    except BaseException:
        await _remove_half(tools, who, slug)
        raise


async def _remove_half(tools: Tools, who: driftslogg.Actor, slug: str) -> None:
    """Remove what was not finished; somebody else may have thrown the rest away meanwhile."""
    try:
        await in_transaction(tools.engine, partial(_throw_away, slug=slug, who=who))
    except NotFound:
        pass
    finally:
        await delete_all(tools.documents, f"{slug}/")


def _register(session: Session, slug: str, who: driftslogg.Actor, wanted: Wanted) -> int:
    source = find_kommune(session, wanted.kommune)
    if not issuers_of(session, source):
        raise Conflict(
            text(
                "{kommune} mangler en innloggingstjeneste. Da kan ingen logge inn i en sandkasse.",
                kommune=source.slug,
            )
        )
    row = add_kommune(
        session,
        slug,
        navn=f"Sandkasse for {source.navn}",
        kommunenummer=_free_number(session),
        maalform=wanted.maalform or source.maalform,
        status=Status.FORBEREDELSE,
        sandkasse_for=source.id,
        utloeper=who.now + timedelta(days=wanted.dager),
    )
    facts = {"for": source.slug, "saker": wanted.saker, "dager": wanted.dager}
    log_drift(session, who, "sandkasse laget", slug, facts)
    return row.id


def _free_number(session: Session) -> str:
    """Find a number that no kommune has; one at a time does this."""
    session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    taken = set(session.scalars(select(KommuneRow.kommunenummer)))
    taken.update(session.scalars(select(func.unnest(KommuneRow.tidligere_kommunenummer))))
    free = next((str(number) for number in NUMBERS if str(number) not in taken), None)
    if free is None:
        raise Conflict(text("Det er for mange sandkasser. Kast en først."))
    return free


def _open(session: Session, slug: str) -> Sandkasse:
    row, kommune = _find(session, slug)
    row.status = Status.DRIFT
    return _seen(row, kommune)


def _find(session: Session, slug: str, *, to_go: bool = False) -> tuple[KommuneRow, str]:
    wanted = select(KommuneRow).where(
        KommuneRow.slug == slug, KommuneRow.sandkasse_for.is_not(None)
    )
    row = session.scalar(wanted.with_for_update() if to_go else wanted)
    if row is None:
        raise NotFound(text("Sandkassen {slug} finnes ikke.", slug=slug))
    source = session.get_one(KommuneRow, row.sandkasse_for)
    return row, source.slug


@dataclass(frozen=True)
class _Ground:
    """What the cases of a sandbox stand on."""

    actor: Actor
    enhet: tuple[UUID, str]
    classes: Mapping[str, TenantRow]


async def _fill(tools: Tools, slug: str, tenant_id: int, count: int, now: datetime) -> None:
    """Fill a sandbox: the structure first, then the cases, some in each transaction."""
    navn = f"Sandkasse {slug.removeprefix(SANDBOX)}"
    async with tools.writer.transaction(tenant_id) as session:
        ground = await session.run_sync(
            partial(_make_ground, catalog=tools.catalog, now=now, navn=navn)
        )
    cases = invent_cases(slug, count, now)
    for begin in range(0, count, _BATCH):
        batch = cases[begin : begin + _BATCH]
        files = await store_letters(tools.documents, f"{slug}/{now.year}", batch, navn)
        letters = list(zip(batch, files, strict=True))
        async with tools.writer.transaction(tenant_id) as session:
            await session.run_sync(
                partial(_make_cases, catalog=tools.catalog, now=now, ground=ground, letters=letters)
            )


def _make_ground(session: Session, catalog: Catalog, now: datetime, navn: str) -> _Ground:
    seeder = _seeder(session, catalog, Actor(uuid4(), "Syntetiske data"), now)
    bruker = seeder.make("bruker", {"brukerNavn": seeder.change.actor.navn})
    actor = Actor(bruker.system_id, seeder.change.actor.navn)
    seeder.change = replace(seeder.change, actor=actor)
    units = make_units(seeder)
    return _Ground(actor, units[0], make_structure(seeder, "0", navn))


def _make_cases(
    session: Session,
    catalog: Catalog,
    now: datetime,
    ground: _Ground,
    letters: Sequence[tuple[Case, StoredFile]],
) -> None:
    seeder = _seeder(session, catalog, ground.actor, now)
    for case, file in letters:
        sak = make_case(seeder, ground.classes[case.kode], ground.enhet, case, file)
        seeder.make("partperson", {"navn": case.avsender, "partRolle": {"kode": "KLI"}}, sak)


def _seeder(session: Session, catalog: Catalog, actor: Actor, now: datetime) -> Seeder:
    kodeverk = session.info["kodeverk"]
    return Seeder(catalog, Change(session=session, actor=actor, now=now, kodeverk=kodeverk))


def invent_cases(slug: str, count: int, now: datetime) -> list[Case]:
    """Invent cases: the same ones for the same slug."""
    chance = random.Random(slug)  # noqa: S311  invented content, no secret
    senders = [f"{quality} {thing}" for quality in _QUALITIES for thing in _THINGS] + [*_FIRMS]
    return [
        Case(
            tittel=tittel.format(n=number),
            kode=kode,
            brev=brev,
            avsender=chance.choice(senders),
            dag=now - timedelta(days=chance.randrange(1, 300)),
        )
        for number, (tittel, kode, brev) in enumerate(islice(cycle(_MATTERS), count), start=1)
    ]


async def throw_away_sandbox(tools: Tools, who: driftslogg.Actor, slug: str) -> bool:
    """Shut a sandbox, and throw it away: its files, rows, partitions and place in the registry.

    Gives False when others held the tables for so long that the last of it is left to the sweep.
    Files go first, so that what fails can be asked for again, and last, for what came meanwhile.
    """
    await in_transaction(tools.engine, partial(_shut, slug=slug, now=who.now))
    await delete_all(tools.documents, f"{slug}/")
    try:
        await in_transaction(tools.engine, partial(_throw_away, slug=slug, who=who))
    except Unavailable:
        return False
    await delete_all(tools.documents, f"{slug}/")
    return True


def _shut(session: Session, slug: str, now: datetime) -> None:
    row, _ = _find(session, slug, to_go=True)
    if row.utloeper is None or row.utloeper > now:
        row.utloeper = now


def _throw_away(session: Session, slug: str, who: driftslogg.Actor) -> None:
    row, kommune = _find(session, slug, to_go=True)
    log_drift(session, who, "sandkasse kastet", slug, {"for": kommune})
    session.flush()
    throw_away(session, row.id)


async def sweep_sandboxes(tools: Tools, who: driftslogg.Actor) -> list[str]:
    """Throw the expired sandboxes away; give their slugs. For a job that runs now and then."""
    found = await in_transaction(tools.engine, list_sandboxes)
    expired = [one.slug for one in found if one.utloeper <= who.now]
    return [slug for slug in expired if await throw_away_sandbox(tools, who, slug)]
