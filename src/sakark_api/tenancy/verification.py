"""Whether storage holds the bytes that the rows tell of: after a restore, and now and then."""

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, and_, select

from sakark_api.errors import NotFound
from sakark_api.noark.arkivstruktur.dokumentobjekt import Dokumentobjekt
from sakark_api.noark.bevaring.dokumentkontroll import Dokumentkontroll, Kontrolltype
from sakark_api.noark.bevaring.kassasjonslinje import Kassasjonslinje
from sakark_api.storage.documents import Documents, pages_of_keys, to_end
from sakark_api.tenancy.forhaandsvisning import Forhaandsvisning
from sakark_api.tenancy.kommune import Kommune
from sakark_api.tenancy.loesfil import named
from sakark_api.tenancy.session import Writer

__all__ = [
    "Fault",
    "File",
    "count_strays",
    "fault_of",
    "is_kept",
    "least_lately_read",
    "pages_of_files",
    "verify",
]

PAGE = 1000
BEFORE_ALL = UUID(int=0)
# What has a key has a size and a checksum too: they are set together.
_SAID: Any = select(
    Dokumentobjekt.system_id,
    Dokumentobjekt.lagringsnoekkel,
    Dokumentobjekt.filstoerrelse,
    Dokumentobjekt.sjekksum,
)
_FILES: Final[Select[Any]] = _SAID.where(Dokumentobjekt.lagringsnoekkel.is_not(None))
_PREVIEWS: Final[Any] = select(
    Forhaandsvisning.enhet,
    Forhaandsvisning.lagringsnoekkel,
    Forhaandsvisning.filstoerrelse,
    Forhaandsvisning.sjekksum,
)


class Fault(StrEnum):
    """What may be wrong with a file."""

    MISSING = "mangler"
    SIZE = "feil størrelse"
    CHECKSUM = "feil sjekksum"
    RETURNED = "kassert, men finnes"
    """It was destroyed by a disposal: somebody has put it back, as from a back-up."""


@dataclass(frozen=True)
class File:
    """What a row says of the file of a dokumentobjekt, or of the picture of that."""

    system_id: UUID
    key: str
    size: int
    sha256: str


async def verify(
    writer: Writer, tenant_id: int, documents: Documents, *, read: bool
) -> AsyncIterator[tuple[File, Fault | None]]:
    """Give every file of a kommune, each with what is wrong with it.

    With `read` all bytes are read and summed; without, storage is only asked for their number.
    Of what has been disposed of, only what is there again is given.
    Raises `Unavailable` when the storage does not answer.
    """
    async for files in pages_of_files(writer, tenant_id):
        for file in files:
            fault = await fault_of(documents, file, read=read)
            # Somebody may have deleted it while we looked.
            if fault is None or await is_kept(writer, tenant_id, file):
                yield file, fault
    async for file in _destroyed(writer, tenant_id):
        if await fault_of(documents, file, read=False) is not Fault.MISSING:
            yield file, Fault.RETURNED


async def _destroyed(writer: Writer, tenant_id: int) -> AsyncIterator[File]:
    """Give what disposals have destroyed, by the lines that tell of it."""
    line, after = Kassasjonslinje, BEFORE_ALL
    while True:
        found = select(line.system_id, line.noekler).where(
            line.destruert_dato.is_not(None), line.system_id > after
        )
        async with writer.transaction(tenant_id) as session:
            rows = (await session.execute(found.order_by(line.system_id).limit(PAGE))).all()
        if not rows:
            return
        for system_id, keys in rows:
            for key in keys or ():
                yield File(system_id, key, 0, "")
        after = rows[-1][0]


async def pages_of_files(
    writer: Writer, tenant_id: int, within: Select[Any] | None = None
) -> AsyncIterator[list[File]]:
    """Give what the rows of a kommune say of their files, many at a time; pictures come last.

    `within` selects the systemIDs of the dokumentobjekter, if not all are asked for.
    """
    for every, unit in ((_FILES, Dokumentobjekt.system_id), (_PREVIEWS, Forhaandsvisning.enhet)):
        after, said = BEFORE_ALL, every if within is None else every.where(unit.in_(within))
        while files := await _page(writer, tenant_id, said.where(unit > after).order_by(unit)):
            yield files
            after = files[-1].system_id


async def count_strays(writer: Writer, kommune: Kommune, documents: Documents) -> int:
    """Count the files of a kommune that no row names; some are on their way to one."""
    count = 0
    async for keys in pages_of_keys(documents, f"{kommune.slug}/"):
        async with writer.transaction(kommune.id) as session:
            count += len(set(keys) - await session.run_sync(named, keys))
    return count


async def least_lately_read(writer: Writer, tenant_id: int) -> list[File]:
    """Give a page of a kommune's files: those never read again first, then the longest ago."""
    read = and_(
        Dokumentkontroll.tenant_id == tenant_id,
        Dokumentkontroll.dokumentobjekt_ref == Dokumentobjekt.system_id,
        Dokumentkontroll.kontrolltype == Kontrolltype.SJEKKSUM,
        Dokumentkontroll.gjeldende,
    )
    never = _FILES.where(~select(Dokumentkontroll.system_id).where(read).exists())
    longest = _FILES.join(Dokumentkontroll, read).order_by(Dokumentkontroll.kontrollert_dato)
    async with writer.transaction(tenant_id) as session:
        rows = (await session.execute(never.limit(PAGE))).all()
        return [File(*row) for row in rows or await session.execute(longest.limit(PAGE))]


async def _page(writer: Writer, tenant_id: int, said: Select[Any]) -> list[File]:
    async with writer.transaction(tenant_id) as session:
        return [File(*row) for row in await session.execute(said.limit(PAGE))]


async def is_kept(writer: Writer, tenant_id: int, file: File) -> bool:
    """Tell whether a row still names a file: it may have been deleted, or disposed of."""
    named = (
        select(Dokumentobjekt.system_id).where(Dokumentobjekt.lagringsnoekkel == file.key),
        select(Forhaandsvisning.enhet).where(
            Forhaandsvisning.tenant_id == tenant_id, Forhaandsvisning.lagringsnoekkel == file.key
        ),
    )
    async with writer.transaction(tenant_id) as session:
        return any([await session.scalar(one) is not None for one in named])


async def fault_of(
    documents: Documents, file: File, *, read: bool, take: Callable[[bytes], object] | None = None
) -> Fault | None:
    """Tell what is wrong with a file; `take` is given its bytes on the way, in a thread.

    Raises `Unavailable` when the storage does not answer.
    """
    try:
        if await documents.size(file.key) != file.size:
            return Fault.SIZE
        if read and await _sha256(documents, file.key, take) != file.sha256:
            return Fault.CHECKSUM
    except NotFound:
        return Fault.MISSING
    return None


async def _sha256(documents: Documents, key: str, take: Callable[[bytes], object] | None) -> str:
    sha256 = hashlib.sha256()
    async with aclosing(documents.get(key)) as pieces:
        async for piece in pieces:
            sha256.update(piece)
            if take is not None:
                await to_end(take, piece)
    return sha256.hexdigest()
