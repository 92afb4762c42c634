"""The job that makes a deposit that was ordered, and what looks after those orders.

The deposit is made as `sakark export` makes it, in a folder that is the order's own: a worker that
is stopped goes on from what had come there. What is made goes to storage as one file.
"""

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from sakark_api.db.queue import defer
from sakark_api.deponering.dias.innsending import Innsending
from sakark_api.deponering.dias.mets import Sending
from sakark_api.deponering.dias.opplysninger import read_opplysninger
from sakark_api.deponering.dias.pakking import Sip
from sakark_api.deponering.eksport import Bestilling, eksporter, unfinished
from sakark_api.deponering.fremdrift import Fremdrift
from sakark_api.deponering.skjema import OF_SIP, read_schemas
from sakark_api.deponering.tarfil import gathered, tar_of
from sakark_api.deponering.uttrekk.setninger import kept, kept_obstacles
from sakark_api.errors import Blocked, Conflict, Forbidden, Invalid, NotFound, Unavailable
from sakark_api.jobs.tools import Tools
from sakark_api.settings import Settings
from sakark_api.storage.documents import Stored, to_end
from sakark_api.tenancy.kommune import Kommune
from sakark_api.tenancy.uttrekk import (
    EXPORTING,
    Tilstand,
    expired,
    forget_result,
    lock_order,
    move,
    note_progress,
    under_way,
)
from sakark_api.texts import Text, text

__all__ = ["make_deposit", "tend_deposits"]

log = logging.getLogger(__name__)

T = TypeVar("T")

NOTED_SECONDS: Final = 1
"""How often it is noted how far an order has come, and asked whether it is wanted yet."""
MOST_TRIES: Final = 50
_FOLDER: Final = "uttrekk"
_PACKING: Final = text("Pakker uttrekket til én fil")


@dataclass(frozen=True)
class _Begun:
    """What is ordered, and whether its deposit was made already and is to be packed."""

    bestilling: Bestilling
    dias: Innsending | None
    made: bool


@dataclass(frozen=True)
class _Result:
    """The file that a deposit became, and what goes beside it when it is submitted."""

    stored: Stored
    filnavn: str
    innsending: str | None = None


class _NotWantedError(Exception):
    """The order was stopped while it was being done."""


@dataclass
class _Making:
    """An order while it is being done: by which tools, for whom, in which folder, how far."""

    tools: Tools
    kommune: Kommune
    order: UUID
    folder: Path
    fremdrift: Fremdrift | None = None
    """None where the deposit was made by a worker that was stopped, and is packed by this one."""
    trinn: Text | None = None

    def tell(self, step: Text) -> None:
        self.trinn = step

    @property
    def facts(self) -> dict[str, Any]:
        """How far it has come, as it is kept."""
        now = {
            "trinn": kept(self.trinn) if self.trinn else None,
            "oppdatert_dato": self.tools.clock(),
        }
        far = self.fremdrift
        if far is None:
            return now
        return now | {
            "enheter": far.enheter,
            "av_enheter": far.av_enheter,
            "filer": far.kopiert.files,
            "av_filer": far.av_filer,
            "gradert": far.gradert,
            "utelatt": [kept(one) for one in far.utelatt],
        }

    async def move(self, to: Tilstand, **facts: object) -> bool:
        return await self.do(partial(move, order=self.order, to=to, facts=facts))

    async def do(self, act: Callable[[Session], T]) -> T:
        async with self.tools.writer.transaction(self.kommune.id) as session:
            return await session.run_sync(act)


async def make_deposit(tools: Tools, kommune: int, enhet: UUID) -> None:
    """Make the deposit of an order, or say in it why there is none.

    Raises `Unavailable` where storage or database is away: the order waits, and is tried again.
    """
    there = await tools.kommune(kommune)
    if there is None:
        return
    making = _Making(tools, there, enhet, folder_of(tools.settings, there, enhet))
    begun = await making.do(partial(_begin, order=enhet, now=tools.clock()))
    if begun is None:
        await to_end(_clear, making.folder)
        return
    try:
        result = await _while_wanted(making, _make(making, begun))
    except _NotWantedError:
        await to_end(_clear, making.folder)
    except Unavailable as error:
        await making.move(Tilstand.BESTILT, grunn=kept(error.text))
        raise
    except Blocked as blocked:
        await _fail(making, blocked.opening or blocked.text, kept_obstacles(blocked.obstacles))
    except (Invalid, Conflict, NotFound, Forbidden) as error:
        await _fail(making, error.text, [])
    else:
        await _finish(making, result)


def folder_of(settings: Settings, kommune: Kommune, order: UUID) -> Path:
    """Say where the deposit of an order is made."""
    return _root(settings) / f"{kommune.slug}-{order}"


def _begin(session: Session, order: UUID, now: datetime) -> _Begun | None:
    """Begin an order, or go on with it; None for one that is not to be done."""
    row = lock_order(session, order)
    if row is None:
        return None
    if row.forsoek >= MOST_TRIES:
        why = text(
            "Uttrekket er prøvd {antall} ganger uten å bli ferdig. Meld fra til drift, og bestill"
            " på nytt.",
            antall=row.forsoek,
        )
        move(session, order, Tilstand.FEILET, {"grunn": kept(why), "avsluttet_dato": now})
        return None
    facts = {
        "begynt_dato": row.begynt_dato or now,
        "oppdatert_dato": now,
        "forsoek": row.forsoek + 1,
        "grunn": None,
    }
    if not move(session, order, Tilstand.I_GANG, facts):
        return None
    wanted = Bestilling(tuple(row.arkivdeler), row.fra, row.til, row.produksjonsformat)
    dias = None if row.dias is None else Innsending.model_validate(row.dias)
    return _Begun(wanted, dias, row.trinn == kept(_PACKING))


async def _while_wanted(making: _Making, work: Coroutine[Any, Any, T]) -> T:
    """Do the work, and note how far it is; leave it when the order is stopped."""
    task = asyncio.create_task(work)
    try:
        while not task.done():
            await asyncio.wait({task}, timeout=NOTED_SECONDS)
            if not task.done() and not await _note(making):
                raise _NotWantedError
        return task.result()
    finally:
        while not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=NOTED_SECONDS)


async def _note(making: _Making) -> bool:
    return await making.do(partial(note_progress, order=making.order, facts=making.facts))


async def _make(making: _Making, begun: _Begun) -> _Result:
    """Make the deposit in its folder, unless it is there, and store it as one file."""
    tools, folder = making.tools, making.folder
    if begun.dias is not None:  # not known to be missing when hours are over
        read_schemas(tools.settings.schemas_dir, OF_SIP)
    there = await to_end(folder.exists)
    if there and not begun.made:  # how high it is graded was not kept
        await to_end(_clear, folder)
    if not (there and begun.made):
        making.fremdrift = Fremdrift()
        await _note(making)  # what an earlier try had come to holds no more
        await eksporter(
            *(tools.settings, making.kommune, tools.documents, begun.bestilling, folder),
            *(making.tell, making.fremdrift),
        )
    making.tell(_PACKING)
    await _note(making)
    if begun.dias is None:
        stored = await _store(making, tar_of(folder, folder.name))
        return _Result(stored, f"{folder.name}.tar")
    known = await to_end(read_opplysninger, folder)
    sip = Sip(Sending(making.order, begun.dias, known, tools.clock()), tools.settings.schemas_dir)
    stored = await _store(making, sip.tar())
    beside = sip.description(stored.size, stored.sha256)
    return _Result(stored, f"{making.order}.tar", beside.decode())


async def _store(making: _Making, pieces: Iterator[bytes]) -> Stored:
    unique = uuid4().hex
    key = f"{making.kommune.slug}/{_FOLDER}/{unique[:2]}/{unique}"
    return await making.tools.documents.put(key, _pieces(gathered(pieces)), temporary=True)


async def _pieces(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    while piece := await to_end(next, pieces, b""):
        yield piece


async def _fail(making: _Making, why: Text, obstacles: list[dict[str, Any]]) -> None:
    """Say in the order why it came to nothing, and leave nothing of it."""
    await to_end(_clear, making.folder)
    facts = {**making.facts, "trinn": None, "avsluttet_dato": making.tools.clock()}
    await making.move(Tilstand.FEILET, grunn=kept(why), hindringer=obstacles, **facts)


async def _finish(making: _Making, result: _Result) -> None:
    """Let the order have its file; who stopped it in the last moment gets none."""
    now, stored = making.tools.clock(), result.stored
    facts = {
        "lagringsnoekkel": stored.key,
        "filnavn": result.filnavn,
        "innsending": result.innsending,
        "filstoerrelse": stored.size,
        "sjekksum": stored.sha256,
        "avsluttet_dato": now,
        "oppdatert_dato": now,
        "utloeper_dato": now + timedelta(days=making.tools.settings.export_days),
        "trinn": None,
    }
    if not await making.move(Tilstand.FERDIG, **facts):
        await making.tools.documents.delete(stored.key)
    await to_end(_clear, making.folder)


def _clear(folder: Path) -> None:
    """Take away what there is of a deposit, whole or not."""
    for place in (folder, unfinished(folder)):
        shutil.rmtree(place, ignore_errors=True)


async def tend_deposits(tools: Tools) -> None:
    """Delete files whose days are over, send on what waits, and clear what nobody waits for."""
    there = await to_end(_folders, tools.settings)
    wanted: set[Path] = set()
    for kommune in (await tools.registry.current()).values():
        await _delete_expired(tools, kommune)
        async with tools.writer.transaction(kommune.id) as session:
            waiting = await session.run_sync(under_way)
            for order in waiting:
                await session.run_sync(defer, EXPORTING, order)
        wanted |= {folder_of(tools.settings, kommune, one) for one in waiting}
    for folder in there - wanted - {unfinished(one) for one in wanted}:
        await to_end(partial(shutil.rmtree, folder, ignore_errors=True))
        log.info("Cleared what was left of a deposit that nobody waits for")


async def _delete_expired(tools: Tools, kommune: Kommune) -> None:
    async with tools.writer.transaction(kommune.id) as session:
        found = await session.run_sync(expired, tools.clock())
    for order, key in found:
        if await tools.documents.delete(key):
            async with tools.writer.transaction(kommune.id) as session:
                await session.run_sync(forget_result, order)


def _folders(settings: Settings) -> set[Path]:
    """List the folders of orders, done or on their way: those that are cleared are of these."""
    root = _root(settings)
    return set(root.iterdir()) if root.is_dir() else set()


def _root(settings: Settings) -> Path:
    return settings.export_dir or settings.data_dir / _FOLDER
