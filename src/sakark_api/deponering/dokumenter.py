"""The files of a deposit: copied several at a time, and each hashed on the way."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from sqlalchemy import select

from sakark_api.db.snapshot import Snapshot
from sakark_api.deponering.element import rows_of
from sakark_api.deponering.filsti import FOLDER, path_of
from sakark_api.deponering.utvalg import Utvalg
from sakark_api.errors import Conflict, SakarkError
from sakark_api.noark.arkivstruktur.dokumentobjekt import dokumentobjekt
from sakark_api.rest.tenant import same_kommune
from sakark_api.storage.documents import Documents, to_end
from sakark_api.tenancy.verification import File
from sakark_api.texts import Text, text

__all__ = ["Copied", "copy_documents", "first_of"]

_AT_ONCE: Final = 4
_WAITING: Final = 100
_TOLD_EVERY: Final = 1000


@dataclass
class Copied:
    """How far the copying has come: files and bytes, and how many were there from before."""

    files: int = 0
    size: int = 0
    kept: int = 0


async def copy_documents(
    taken: Snapshot,
    utvalg: Utvalg,
    documents: Documents,
    root: Path,
    tell: Callable[[Text], None],
    copied: Copied,
) -> Copied:
    """Copy every file of a deposit into `root`, but for those that are there and whole.

    What an earlier try left there and is of no use now is removed. Raises `Conflict` over a file
    that is not as the archive says, and `NotFound` over one that is gone.
    """
    waiting: asyncio.Queue[tuple[File, str] | None] = asyncio.Queue(_WAITING)
    folder = root / FOLDER
    goes_on = await to_end(folder.exists)
    begun = await to_end(_begin, folder)

    async def work() -> None:
        while (found := await waiting.get()) is not None:
            file, path = found
            await _bring(documents, file, root / path, copied, goes_on=goes_on)
            if copied.files % _TOLD_EVERY == 0:
                tell(text("{antall} filer er kopiert", antall=copied.files))

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(work())
            async for each in _files(taken, utvalg):
                await waiting.put(each)
            for _ in range(_AT_ONCE):
                await waiting.put(None)
    except ExceptionGroup as found:
        raise first_of(found) from found
    await to_end(_remove_others, folder, begun)
    return copied


def first_of(group: ExceptionGroup[Exception]) -> Exception:
    """Give the first error of several at once: one says what to do.

    What else there is came of one task being stopped in the middle by another.
    """
    told = group.subgroup((SakarkError, OSError))
    found = (told or group).exceptions[0]
    return first_of(found) if isinstance(found, ExceptionGroup) else found


async def _files(taken: Snapshot, utvalg: Utvalg) -> AsyncIterator[tuple[File, str]]:
    """Give each file to copy, and where it goes."""
    rows = rows_of(dokumentobjekt)
    files = select(
        rows.c.system_id,
        rows.c.lagringsnoekkel,
        rows.c.filstoerrelse,
        rows.c.sjekksum,
        path_of(rows),
    ).where(same_kommune(rows), utvalg.has_dokumentobjekt(rows))
    async for system_id, key, size, sha256, path in taken.rows(files):
        yield File(system_id, key, size, sha256.lower()), path


async def _bring(
    documents: Documents, file: File, target: Path, copied: Copied, *, goes_on: bool
) -> None:
    """Have a file where it is to be, copied unless it is there."""
    if goes_on and await to_end(_is_whole, target, file):
        copied.kept += 1
    else:
        await _copy(documents, file, _Copy(target))
    copied.files += 1
    copied.size += file.size


async def _copy(documents: Documents, file: File, copy: "_Copy") -> None:
    """Copy a file; a small one, as most are, is read in one step and written in another."""
    last, left = b"", file.size
    try:
        async with aclosing(documents.get(file.key)) as pieces:
            async for piece in pieces:
                if last:
                    await to_end(copy.write, last)
                last = piece
                left -= len(piece)
                if left <= 0:
                    break  # without asking for an end that is known
        await to_end(copy.finish, last, file)
    finally:
        copy.close()


class _Copy:
    """One file on its way into the deposit: it has its name when it is whole."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._unfinished = target.with_name(f".{target.name}")
        self._file: BinaryIO | None = None
        self._sha256 = hashlib.sha256()

    def write(self, piece: bytes) -> None:
        if self._file is None:
            self._file = _opened(self._unfinished)
        self._file.write(piece)
        self._sha256.update(piece)

    def finish(self, last: bytes, file: File) -> None:
        """Write the last of it, and give the file its name if it is as the archive says."""
        self.write(last)
        self.close()
        if self._sha256.hexdigest() != file.sha256:
            self._unfinished.unlink()
            raise Conflict(
                text(
                    "Filen til dokumentobjektet {id} er ikke som da den kom. Kjør `sakark verify`"
                    " og hent den fra sikkerhetskopien.",
                    id=file.system_id,
                )
            )
        self._unfinished.replace(self._target)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def _opened(path: Path) -> BinaryIO:
    """Open a file to write; its folder is made for the first that comes to it."""
    try:
        return path.open("wb")
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("wb")


def _is_whole(target: Path, file: File) -> bool:
    """Tell whether a file is there from before, with the right bytes; then mark it as of use."""
    if not target.is_file() or target.stat().st_size != file.size:
        return False
    with target.open("rb") as opened:
        if hashlib.file_digest(opened, "sha256").hexdigest() != file.sha256:
            return False
    os.utime(target)
    return True


def _begin(folder: Path) -> int:
    """Make the folder, and give the time by the clock of its file system."""
    folder.mkdir(exist_ok=True)
    mark = folder / ".begynt"
    mark.touch()
    try:
        return mark.stat().st_mtime_ns
    finally:
        mark.unlink()


def _remove_others(folder: Path, begun: int) -> None:
    """Remove what an earlier try left and this one had no use of (N5.33)."""
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place, name)
            if path.stat().st_mtime_ns < begun:
                path.unlink()
