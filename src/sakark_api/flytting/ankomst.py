"""Arriving: a kommune put together from a folder, unseen until all of it is proven to be here.

First its row in the registry, with what it is on its way from; then each table in a transaction of
its own, then the files. Whoever goes on skips what is in. Only when rows, files and the chain are
what they were is it opened, with a line of the log that tells of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import Select, Table, cast, func, insert, select, true, update
from sqlalchemy import Text as TextType
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateTable
from sqlalchemy.types import SmallInteger

from sakark_api.db.snapshot import snapshot
from sakark_api.errors import Conflict, Invalid
from sakark_api.flytting.filer import bring
from sakark_api.flytting.pakke import Manifest, Pakke, Tabell
from sakark_api.flytting.tabeller import arriving, keys_of, rows_as_written, taken
from sakark_api.flytting.utreise import faults_of, summed_copy
from sakark_api.noark.arkivstruktur.arkiv import Arkiv
from sakark_api.noark.arkivstruktur.dokumentobjekt import Dokumentobjekt
from sakark_api.noark.logging.endringslogg import ENDRET, Hendelseslogg
from sakark_api.noark.metadata.kodeliste import HENDELSETYPE
from sakark_api.noark.model import table_of
from sakark_api.noark.values import Kode
from sakark_api.settings import Settings
from sakark_api.storage.documents import Documents
from sakark_api.tenancy.administration import refuse_registration, register_kommune, see_as
from sakark_api.tenancy.driftslogg import Actor, log_drift
from sakark_api.tenancy.forhaandsvisning import Forhaandsvisning
from sakark_api.tenancy.kommune import IssuerRow, KommuneRow
from sakark_api.tenancy.operator import in_transaction, until_free
from sakark_api.tenancy.segl import written_plainly
from sakark_api.tenancy.verification import Fault, fault_of
from sakark_api.texts import Text, text

__all__ = [
    "GIVEN_UP",
    "LOCK_WAIT",
    "Arriving",
    "arrive",
    "rehearse",
    "rest",
    "tell_log",
    "tell_log_of",
]

GIVEN_UP: Final = "gitt_opp"
"""What `kommune.flytting` says of a kommune that is being removed again."""

_EVERY: Final = 100
LOCK_WAIT: Final = "300ms"
"""Shorter than PostgreSQL waits before it looks for deadlocks: it is the operator who gives way."""
_NOBODY: Final = UUID(int=0)


@dataclass(frozen=True)
class Arriving:
    """What arriving takes: the database as its owner, the storage, who does it, whom to tell."""

    settings: Settings
    engine: AsyncEngine
    documents: Documents
    who: Actor
    tell: Callable[[Text], None]


async def arrive(
    arriving_: Arriving, pakke: Pakke, manifest: Manifest, seen_as: str, slug: str
) -> None:
    """Put a kommune together from a package, under a name of its own here, and open it.

    `seen_as` is the SHA-256 of the manifest. Raises `Conflict` when the name or the numbers are
    taken, and `Invalid` when what has come in is not what the package says; then nobody sees it.
    """
    tenant_id, come = await in_transaction(
        arriving_.engine, lambda session: _begin(session, manifest, seen_as, slug)
    )
    for one, said in zip(taken(), manifest.tabeller, strict=True):
        if one.name not in come:
            arriving_.tell(text("Leser inn {tabell}", tabell=one.name))
            take_in = partial(_take_in, arriving_.engine, pakke, tenant_id, one, said)
            await until_free(take_in)
    await _bring_files(arriving_, pakke, manifest, slug)
    await _refuse_unlike(arriving_, manifest, tenant_id)
    await in_transaction(
        arriving_.engine, lambda session: _open(session, arriving_.who, manifest, tenant_id, slug)
    )


def _begin(
    session: Session, manifest: Manifest, seen_as: str, slug: str
) -> tuple[int, Sequence[str]]:
    """Make the kommune, or find one that this package was on its way to; say what is in."""
    row = _on_its_way(session, seen_as, slug)
    if row is not None and row.flytting is not None:
        return row.id, row.flytting["tabeller"]
    row = register_kommune(
        session,
        slug,
        **_facts(manifest),
        seglopphav=manifest.seglopphav,
        flytting={"pakke": seen_as, "tabeller": []},
    )
    session.add_all(IssuerRow(kommune_id=row.id, **one) for one in manifest.kommune.innlogging)
    return row.id, ()


def _facts(manifest: Manifest) -> dict[str, Any]:
    return manifest.kommune.model_dump(exclude={"slug", "nummer", "innlogging"})


def _on_its_way(session: Session, seen_as: str, slug: str) -> KommuneRow | None:
    """Find the kommune of a name, which only this package may be on its way to."""
    row = session.scalar(select(KommuneRow).where(KommuneRow.slug == slug))
    if row is None:
        return None
    if row.flytting is None:
        raise Conflict(
            text("Kommunen {slug} er her fra før. Velg et annet navn med --som.", slug=slug)
        )
    if GIVEN_UP in row.flytting:
        raise Conflict(
            text(
                "Kommunen {slug} er gitt opp. Fullfør det først: sakark kommune gi-opp {slug}",
                slug=slug,
            )
        )
    if row.flytting["pakke"] != seen_as:
        raise Conflict(
            text("Kommunen {slug} er på vei inn fra en annen pakke. Bruk den.", slug=slug)
        )
    return row


async def _take_in(
    engine: AsyncEngine, pakke: Pakke, tenant_id: int, one: Table, said: Tabell
) -> None:
    """Take in the rows of one table, as they were: its triggers rest meanwhile."""
    waiting, rows = arriving(one, tenant_id)
    async with engine.begin() as connection:
        await _set(connection, "app.tenant_id", str(tenant_id))
        await _set(connection, "lock_timeout", LOCK_WAIT)
        await connection.execute(CreateTable(waiting))
        driver: Any = (await connection.get_raw_connection()).driver_connection
        await driver.copy_to_table(
            waiting.name,
            source=pakke.rader(one.name),
            columns=said.kolonner,
            format="csv",
            header=True,
            encoding="utf-8",
        )
        await connection.execute(rest(tenant_id, one, resting=True))
        done = await connection.execute(insert(one).from_select(keys_of(one), rows))
        await connection.execute(rest(tenant_id, one, resting=False))
        if done.rowcount != said.rader:
            raise Invalid(text("{tabell} har ikke alle radene.", tabell=one.name))
        noted = await connection.execute(_with_table(tenant_id, one.name))
        if noted.rowcount != 1:
            raise Conflict(text("Kommunen er gitt opp av noen andre mens den var på vei inn."))


async def _set(connection: AsyncConnection, name: str, value: str) -> None:
    await connection.execute(select(func.set_config(name, value, true())))


def rest(tenant_id: int, one: Table, *, resting: bool) -> Select[Any]:
    """Let the triggers of what a kommune has in a table rest, or work again."""
    return select(func.sakark_rest_triggers(cast(tenant_id, SmallInteger), one.name, resting))


def _with_table(tenant_id: int, name: str) -> Any:  # noqa: ANN401  an update
    """Note that a table is in, in the transaction that takes it in."""
    known = KommuneRow.flytting["tabeller"]
    come = func.jsonb_set(
        KommuneRow.flytting, array(["tabeller"]), known.concat(func.to_jsonb(cast(name, TextType)))
    )
    going_on = (KommuneRow.id == tenant_id, ~KommuneRow.flytting.has_key(GIVEN_UP))
    return update(KommuneRow).where(*going_on).values(flytting=come)


async def _bring_files(arriving_: Arriving, pakke: Pakke, manifest: Manifest, slug: str) -> None:
    """Put the files into storage; those the package says were at fault already are left out."""
    left_out = {one.noekkel for one in manifest.feil}
    count = 0
    async for copied in bring(arriving_.documents, pakke, manifest.kommune.slug, slug, left_out):
        fault = copied.source or copied.target
        if fault is not None:
            raise _damaged(copied.file.key, fault)
        count += 1
        if count % _EVERY == 0:
            arriving_.tell(text("{filer} filer", filer=count))


async def _refuse_unlike(arriving_: Arriving, manifest: Manifest, tenant_id: int) -> None:
    """Refuse to open a kommune whose rows or chain are not what they were."""
    async with snapshot(arriving_.settings, tenant_id, "sakark kommune import") as seen:
        await seen.all(written_plainly())
        for one, said in zip(taken(), manifest.tabeller, strict=True):
            arriving_.tell(text("Sammenligner {tabell}", tabell=one.name))
            rows = rows_as_written(one, tenant_id, manifest.kommune.nummer)
            if await summed_copy(seen, rows) != said.sha256:
                raise Invalid(text("Radene i {tabell} er ikke som i pakken.", tabell=one.name))
        found = await faults_of(seen, tenant_id, manifest.segl, arriving_.tell)
    if found != manifest.funn:
        raise Invalid(text("Loggens bevis er et annet her enn der kommunen kom fra."))


def _open(session: Session, who: Actor, manifest: Manifest, tenant_id: int, slug: str) -> None:
    """Let the kommune be seen, and tell of it in its log and the operator's."""
    see_as(session, tenant_id)
    _rename_files(session, tenant_id, manifest.kommune.slug, slug)
    tell_log(
        session,
        tenant_id,
        who,
        text(
            "Kommunen er flyttet hit. Den het {slug}, og siste segl var nummer {segl}.",
            slug=manifest.kommune.slug,
            segl=manifest.segl.segl,
        ),
    )
    row = session.get_one(KommuneRow, tenant_id)
    row.flytting = None
    row.kodeverk_version += 1
    row.rettigheter_version += 1
    facts = {
        "fra": manifest.kommune.slug,
        "laget": manifest.laget.isoformat(),
        "segl": manifest.segl.segl,
        "feil": len(manifest.feil),
    }
    log_drift(session, who, "kommune flyttet hit", slug, facts)


def _rename_files(session: Session, tenant_id: int, fra: str, til: str) -> None:
    """Let rows name their files as they are called here: they are under the kommune's name."""
    if fra == til:
        return
    for model in (Dokumentobjekt, Forhaandsvisning):
        rows = table_of(model)
        key = rows.c.lagringsnoekkel
        renamed = func.concat(f"{til}/", func.substr(key, len(fra) + 2))
        session.execute(
            update(rows)
            .where(rows.c.tenant_id == tenant_id, key.startswith(f"{fra}/", autoescape=True))
            .values(lagringsnoekkel=renamed)
        )


def tell_log(session: Session, tenant_id: int, who: Actor, said: Text) -> list[UUID]:
    """Tell in the log of each arkiv what the operator did, in the language of the kommune.

    Gives the lines.
    """
    ids = session.scalars(select(Arkiv.system_id).where(Arkiv.tenant_id == tenant_id)).all()
    return tell_log_of(session, tenant_id, who, said, "arkiv", ids)


def tell_log_of(
    session: Session,
    tenant_id: int,
    who: Actor,
    said: Text,
    gjelder: str,
    ids: Sequence[UUID],
) -> list[UUID]:
    """Tell in the log of each of some units of a kind what the operator did; give the lines."""
    maalform = session.get_one(KommuneRow, tenant_id).maalform
    lines: list[dict[str, Any]] = [
        {
            "tenant_id": tenant_id,
            "system_id": uuid4(),
            "version": 1,
            "referanse_arkivenhet": system_id,
            "gjelder": gjelder,
            "kode": ENDRET,
            "hendelsetype": Kode(kode=ENDRET, kodenavn=dict(HENDELSETYPE.values)[ENDRET]),
            "beskrivelse": said.to(maalform),
            "hendelse_dato": who.now,
            "endret_dato": who.now,
            "endret_av": who.navn,
            "referanse_endret_av": _NOBODY,
        }
        for system_id in ids
    ]
    if lines:
        session.connection().execute(table_of(Hendelseslogg).insert(), lines)
    return [one["system_id"] for one in lines]


async def rehearse(
    engine: AsyncEngine, pakke: Pakke, manifest: Manifest, seen_as: str, slug: str
) -> None:
    """See whether a package would come in, and write nothing: raises what stands in the way."""
    left_out = {one.noekkel for one in manifest.feil}
    kept = pakke.documents()
    for file in pakke.files():
        fault = None if file.key in left_out else await fault_of(kept, file, read=True)
        if fault is not None:
            raise _damaged(file.key, fault)

    def look(session: Session) -> None:
        if _on_its_way(session, seen_as, slug) is None:
            refuse_registration(session, slug, _facts(manifest))

    async with AsyncSession(engine) as session:
        await session.run_sync(look)


def _damaged(key: str, fault: Fault) -> Invalid:
    return Invalid(
        text("Filen {fil}: {feil}. Hent pakken på nytt, og kjør igjen.", fil=key, feil=fault.value)
    )
