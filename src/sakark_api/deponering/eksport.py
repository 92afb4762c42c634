"""Making a deposit of a kommune's archive: a folder that is there when it is whole, and not before.

All is written in a folder beside it, which is renamed at the end. What was copied there stays when
a try is cut off, and the next one goes on from it.
"""

import asyncio
import fcntl
import hashlib
import json
import os
import shutil
from collections import ChainMap
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from errno import EACCES, EDQUOT, EFBIG, EIO, ENOSPC, EPERM, EROFS
from functools import partial
from pathlib import Path
from typing import Any, Final, TextIO
from uuid import UUID

from sqlalchemy import Date, and_, cast, func, select

from sakark_api.db.snapshot import Snapshot, snapshot
from sakark_api.deponering.addml import Opplysninger, addml
from sakark_api.deponering.arkivstruktur import COUNTED, write_arkivstruktur
from sakark_api.deponering.dokumenter import Copied, copy_documents, first_of
from sakark_api.deponering.element import rows_of
from sakark_api.deponering.endringslogg import write_endringslogg
from sakark_api.deponering.fremdrift import Fremdrift, count_what_comes
from sakark_api.deponering.hindringer import find_obstacles
from sakark_api.deponering.journaler import JOURNALS, Journalhode, journalhode, write_journal
from sakark_api.deponering.skjema import OF_DEPOSIT, read_schemas
from sakark_api.deponering.utelatt import left_out
from sakark_api.deponering.utvalg import Utvalg
from sakark_api.deponering.xmlfil import Written, XmlFile, xml_file
from sakark_api.errors import Blocked, Conflict, Invalid, NotFound
from sakark_api.noark.arkivstruktur.arkiv import arkiv
from sakark_api.noark.arkivstruktur.arkivdel import arkivdel
from sakark_api.noark.arkivstruktur.arkivskaper import arkivskaper
from sakark_api.noark.model import Base
from sakark_api.rest.tenant import TENANT, same_kommune
from sakark_api.settings import Settings
from sakark_api.storage import Documents
from sakark_api.tenancy.kommune import Kommune
from sakark_api.texts import Text, text

__all__ = ["Bestilling", "Resultat", "eksporter", "unfinished"]

_DESCRIPTION: Final = "arkivuttrekk.xml"
_CONTENT: Final = "innhold"
_ORDER: Final = "bestilling.json"
_OWN: Final = 0o700
"""Mode of the folders: the deposit keeps it when it gets its name."""
_OF_DISK: Final = frozenset({EACCES, EDQUOT, EFBIG, EIO, ENOSPC, EPERM, EROFS})
"""What the disk says when it does not take what is written."""
_LIMITS: Final = {
    "timezone": "Europe/Oslo",
    # Which units are in a deposit is kept in memory, and not looked up for each line of the log.
    "work_mem": "48MB",
    # A plan is used once: to compile it takes longer than it saves.
    "jit": "off",
}

Tell = Callable[[Text], None]
"""Takes what is being done, as it begins."""
Files = dict[str, Written]
"""What was written, by the names of the files."""
Moment = Callable[[], AbstractAsyncContextManager[Snapshot]]
"""Opens another connection that sees the same moment."""


@dataclass(frozen=True)
class Bestilling:
    """What a deposit is asked to be of: these arkivdeler, or every closed one; a period, or all."""

    arkivdeler: Sequence[UUID] = ()
    fra: date | None = None
    til: date | None = None
    produksjonsformat: bool = False


@dataclass(frozen=True)
class Resultat:
    """What a deposit came to."""

    mapper: int
    registreringer: int
    endringer: int
    journalposter: int
    copied: Copied
    stripped: int


async def eksporter(
    settings: Settings,
    kommune: Kommune,
    documents: Documents,
    bestilling: Bestilling,
    target: Path,
    tell: Tell,
    fremdrift: Fremdrift | None = None,
) -> Resultat:
    """Make the deposit that is asked for, in a folder that does not exist yet.

    How far it has come is written in `fremdrift`, where somebody asks. Raises `Invalid` without
    schemas or of no period, `Blocked` with all that stands in the way, and `Conflict` where the
    folder is there already, cannot be written to, or has another try under way.
    """
    if bestilling.fra and bestilling.til and bestilling.til < bestilling.fra:
        raise Invalid(text("Perioden slutter før den begynner. Bytt om --fra og --til."))
    schemas = read_schemas(settings.schemas_dir, OF_DEPOSIT)
    with _plain_errors(target), _workplace(target, kommune, bestilling) as content:
        moment = partial(_moment, settings, kommune)
        async with moment() as taken:
            utvalg = await _utvalg(taken, bestilling, tell)
            tell(text("Ser etter hindringer"))
            obstacles = await find_obstacles(taken, utvalg)
            if obstacles:
                raise Blocked(obstacles, text("Uttrekket kan ikke lages ennå."))
            far = fremdrift or Fremdrift()
            if fremdrift is not None:
                await count_what_comes(taken, utvalg, fremdrift)
            async for said in left_out(taken, utvalg):
                far.utelatt.append(said)
                tell(said)
            head = await journalhode(taken, utvalg)  # none without journalposter (6.4.29)
            again = partial(moment, await taken.shared())
            files, copied = await _at_once(
                _copy_documents(again, utvalg, documents, content, tell, far.kopiert),
                _write_structure(taken, again, utvalg, content, tell, far),
                _write_log(again, utvalg, content, tell),
                *(
                    _write_journal(again, utvalg, name, head, content, tell)
                    for name in JOURNALS
                    if head is not None
                ),
            )
            known = await _describe(taken, utvalg, files, schemas, copied)
        _finish(content, target, schemas, addml(known))
    return _result(known.files, copied)


def _moment(
    settings: Settings, kommune: Kommune, shared: str | None = None
) -> AbstractAsyncContextManager[Snapshot]:
    """Open a connection that sees the kommune's rows as they are now, or were to another one."""
    values = {TENANT: kommune.id, "reach_uncleared": None}
    return snapshot(settings, kommune.id, "sakark export", values, shared, **_LIMITS)


async def _at_once(
    copied: Coroutine[Any, Any, Copied], *written: Coroutine[Any, Any, Files]
) -> tuple[Files, Copied]:
    """Do the parts beside each other: most of the work is the database's."""
    try:
        async with asyncio.TaskGroup() as group:
            documents = group.create_task(copied)
            files = [group.create_task(one) for one in written]
    except ExceptionGroup as found:
        raise first_of(found) from found
    return dict(ChainMap(*(one.result() for one in files))), documents.result()


def _result(files: Mapping[str, Written], copied: Copied) -> Resultat:
    structure, log = files["arkivstruktur"], files["endringslogg"]
    journal = files.get("loependeJournal", Written())
    return Resultat(
        structure.counts["mappe"],
        structure.counts["registrering"],
        log.counts["endring"],
        journal.counts["journalregistrering"],
        copied,
        sum(one.stripped for one in files.values()),
    )


@contextmanager
def _plain_errors(target: Path) -> Iterator[None]:
    """Say in words that the disk takes no more; what was copied stays for the next try."""
    try:
        yield
    except OSError as error:
        if error.errno not in _OF_DISK:
            raise
        raise Conflict(
            text(
                "Uttrekket kan ikke skrives til {mappe}: {grunn}. Se til at det er plass og"
                " skriverett der, og kjør kommandoen på nytt.",
                mappe=target.parent,
                grunn=error.strerror,
            )
        ) from error


@contextmanager
def _workplace(target: Path, kommune: Kommune, bestilling: Bestilling) -> Iterator[Path]:
    """Give the folder that the deposit is made in; an earlier try of the same is gone on with."""
    if target.exists():
        raise Conflict(text("{mappe} finnes fra før. Velg en annen mappe.", mappe=target))
    work = unfinished(target)
    content = work / _CONTENT
    _make_own(work)
    _make_own(content)
    with (work / _ORDER).open("a+", encoding="utf-8") as order:
        try:
            fcntl.flock(order, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(
                text("Et annet uttrekk skrives til {mappe} nå. Vent til det er ferdig.", mappe=work)
            ) from None
        _refuse_other_order(order, _as_text(kommune, bestilling), work)
        try:
            yield content
        finally:
            # It has its name by now, or never came to be: what is left is of no use.
            if not content.exists() or not any(content.iterdir()):
                shutil.rmtree(work)


def unfinished(target: Path) -> Path:
    """Name the folder where a deposit is on its way, and a try that was cut off has left it."""
    return target.with_name(f"{target.name}.uferdig")


def _make_own(folder: Path) -> None:
    """Have a folder that nobody else can look into: what is screened is readable in a deposit."""
    folder.mkdir(parents=True, exist_ok=True, mode=_OWN)
    folder.chmod(_OWN)


def _refuse_other_order(order: TextIO, wanted: str, work: Path) -> None:
    """Go on with no try that was of something else: what it copied is not what is wanted."""
    order.seek(0)
    begun = order.read()
    if begun and begun != wanted:
        raise Conflict(
            text("{mappe} er begynnelsen på et annet uttrekk. Slett den først.", mappe=work)
        )
    if not begun:
        order.write(wanted)
        order.flush()


def _as_text(kommune: Kommune, bestilling: Bestilling) -> str:
    return json.dumps({"kommune": kommune.slug, **asdict(bestilling)}, default=str)


async def _utvalg(taken: Snapshot, bestilling: Bestilling, tell: Tell) -> Utvalg:
    """Find the arkivdeler that are asked for, or every closed one."""
    rows = rows_of(arkivdel)
    known = await taken.all(
        select(rows.c.system_id, rows.c.tittel, rows.c.avsluttet_dato)
        .where(same_kommune(rows))
        .order_by(rows.c.arkivperiode_start_dato, rows.c.system_id)
    )
    for wanted in bestilling.arkivdeler:
        if all(wanted != one["system_id"] for one in known):
            raise NotFound(text("Arkivdelen {id} finnes ikke.", id=wanted))
    chosen = [
        one
        for one in known
        if one["system_id"] in bestilling.arkivdeler
        or (not bestilling.arkivdeler and one["avsluttet_dato"] is not None)
    ]
    if not chosen:
        raise Conflict(text("Ingen arkivdel er avsluttet. Avslutt den som skal deponeres."))
    for one in chosen:
        tell(text("Tar med arkivdelen «{tittel}»", tittel=one["tittel"]))
    return Utvalg(
        [one["system_id"] for one in chosen],
        bestilling.fra,
        bestilling.til,
        bestilling.produksjonsformat,
    )


async def _copy_documents(
    again: Moment, utvalg: Utvalg, documents: Documents, content: Path, tell: Tell, copied: Copied
) -> Copied:
    async with again() as taken:
        return await copy_documents(taken, utvalg, documents, content, tell, copied)


async def _write_structure(
    above: Snapshot, again: Moment, utvalg: Utvalg, content: Path, tell: Tell, far: Fremdrift
) -> Files:
    with _telling(content, "arkivstruktur", tell, COUNTED) as file:
        far.skrevet = file.written
        async with again() as registreringer:
            await write_arkivstruktur(above, registreringer, utvalg, file)
    return {"arkivstruktur": file.written}


async def _write_log(again: Moment, utvalg: Utvalg, content: Path, tell: Tell) -> Files:
    with _telling(content, "endringslogg", tell) as file:
        async with again() as taken:
            await write_endringslogg(taken, utvalg, file)
    return {"endringslogg": file.written}


async def _write_journal(
    again: Moment, utvalg: Utvalg, name: str, head: Journalhode, content: Path, tell: Tell
) -> Files:
    with _telling(content, name, tell) as file:
        async with again() as taken:
            await write_journal(taken, utvalg, name, head, file)
    return {name: file.written}


def _telling(
    content: Path, name: str, tell: Tell, counted: Sequence[str] = ()
) -> AbstractContextManager[XmlFile]:
    tell(text("Skriver {fil}", fil=f"{name}.xml"))
    return xml_file(content / f"{name}.xml", counted)


async def _describe(
    taken: Snapshot,
    utvalg: Utvalg,
    files: Files,
    schemas: dict[str, bytes],
    copied: Copied,
) -> Opplysninger:
    """Gather what arkivuttrekk.xml tells; counts are of what was written."""
    rows, parts, above = rows_of(arkiv), rows_of(arkivdel), utvalg.arkiver
    starts, ends = cast(parts.c.arkivperiode_start_dato, Date()), parts.c.arkivperiode_slutt_dato
    ((first, last),) = await taken.all(
        select(
            func.min(starts), func.max(cast(func.coalesce(ends, parts.c.avsluttet_dato), Date()))
        ).where(same_kommune(parts), utvalg.has_arkivdel(parts))
    )
    ((title,),) = await taken.all(
        select(rows.c.tittel)
        .join(above, above.c.system_id == rows.c.system_id)
        .where(same_kommune(rows), above.c.overarkiv_ref.is_(None))
    )
    makers, pairs = rows_of(arkivskaper), Base.metadata.tables["arkivskaper_arkiv"].alias()
    named = await taken.all(
        select(makers.c.arkivskaper_navn)
        .join(pairs, and_(same_kommune(pairs), pairs.c.arkivskaper_ref == makers.c.system_id))
        .join(above, above.c.system_id == pairs.c.arkiv_ref)
        .where(same_kommune(makers))
        .distinct()
        .order_by(makers.c.arkivskaper_navn)
    )
    return Opplysninger(
        arkivskapere=[one["arkivskaper_navn"] for one in named],
        arkiv=title,
        first=utvalg.fra or first,
        last=utvalg.til or last,
        skarpt=utvalg.fra is None and utvalg.til is None,
        files=files,
        schemas={name: hashlib.sha256(data).hexdigest() for name, data in schemas.items()},
        dokumentfiler=copied.files,
    )


def _finish(content: Path, target: Path, schemas: dict[str, bytes], description: bytes) -> None:
    """Give the deposit its name, when all of it is on the disk."""
    for name, data in schemas.items():
        (content / name).write_bytes(data)
    (content / _DESCRIPTION).write_bytes(description)
    os.sync()
    content.rename(target)
