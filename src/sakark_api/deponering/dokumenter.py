"""The files of a deposit: copied several at a time, and each hashed on the way."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Callable, Sequence
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
from sakark_api.storage.documents import PIECE, Documents, Reading, to_end
from sakark_api.tenancy.verification import File
from sakark_api.texts import Text, text

__all__ = ["Copied", "copy_documents", "first_of"]

_AT_ONCE: Final = 4
_IN_ONE: Final = 50
"""Files that one step in a thread copies: of small files the step costs more than the copy."""
_WAITING: Final = 4
_TOLD_EVERY: Final = 1000


@dataclass(frozen=True)
class _Wanted:
    """A file of the archive, and where it goes."""

    file: File
    target: str


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
    waiting: asyncio.Queue[Sequence[_Wanted]] = asyncio.Queue(_WAITING)
    folder = root / FOLDER
    goes_on = await to_end(folder.exists)
    begun = await to_end(_begin, folder)

    async def work() -> None:
        while some := await waiting.get():
            await _bring(documents, some, copied, goes_on=goes_on)
            before = copied.files - len(some)  # as it was a moment ago: others count as well
            if copied.files // _TOLD_EVERY > before // _TOLD_EVERY:
                tell(text("{antall} filer er kopiert", antall=copied.files))

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(work())
            async for some in _files(taken, utvalg, str(root)):
                await waiting.put(some)
            for _ in range(_AT_ONCE):
                await waiting.put([])
    except ExceptionGroup as found:
        raise first_of(found) from found
    if goes_on:
        await to_end(_remove_others, folder, begun)
    return copied


def first_of(group: ExceptionGroup[Exception]) -> Exception:
    """Give the first error of several at once: one says what to do.

    What else there is came of one task being stopped in the middle by another.
    """
    told = group.subgroup((SakarkError, OSError))
    found = (told or group).exceptions[0]
    return first_of(found) if isinstance(found, ExceptionGroup) else found


async def _files(taken: Snapshot, utvalg: Utvalg, root: str) -> AsyncIterator[Sequence["_Wanted"]]:
    """Give the files to copy, some at a time."""
    rows = rows_of(dokumentobjekt)
    files = select(
        rows.c.system_id,
        rows.c.lagringsnoekkel,
        rows.c.filstoerrelse,
        rows.c.sjekksum,
        path_of(rows),
    ).where(same_kommune(rows), utvalg.has_dokumentobjekt(rows))
    some: list[_Wanted] = []
    async for system_id, key, size, sha256, path in taken.rows(files):
        some.append(_Wanted(File(system_id, key, size, sha256.lower()), f"{root}/{path}"))
        if len(some) == _IN_ONE:
            yield some
            some = []
    if some:
        yield some


async def _bring(
    documents: Documents, some: Sequence["_Wanted"], copied: Copied, *, goes_on: bool
) -> None:
    """Have files where they are to be, copied unless they are there."""
    small, large = list[tuple[_Wanted, Reading]](), list[_Wanted]()
    for one in some:
        reading = documents.reading(one.file.key) if one.file.size < PIECE else None
        if reading is None:
            large.append(one)
        else:
            small.append((one, reading))
    copied.kept += await to_end(_copy_small, small, goes_on)
    for one in large:
        if goes_on and await to_end(_is_whole, one.target, one.file):
            copied.kept += 1
        else:
            await _copy(documents, one.file, _Copy(one.target))
    copied.files += len(some)
    copied.size += sum(one.file.size for one in some)


def _copy_small(small: Sequence[tuple["_Wanted", Reading]], goes_on: bool) -> int:  # noqa: FBT001  by to_end
    """Copy files of one piece each in one step; give how many were there."""
    kept = 0
    for one, reading in small:
        if goes_on and _is_whole(one.target, one.file):
            kept += 1
        else:
            _copy_whole(reading, one)
    return kept


def _copy_whole(reading: Reading, wanted: "_Wanted") -> None:
    """Copy what is summed before it is written: half of it is found by the next try."""
    try:
        piece = reading.read()
    finally:
        reading.close()
    if hashlib.sha256(piece).hexdigest() != wanted.file.sha256:
        raise _is_another(wanted.file)
    with _opened(wanted.target) as file:
        file.write(piece)


async def _copy(documents: Documents, file: File, copy: "_Copy") -> None:
    """Copy a file piece by piece: the next is read while the one before it is written."""
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

    def __init__(self, target: str) -> None:
        folder, _, name = target.rpartition("/")
        self._target = target
        self._unfinished = f"{folder}/.{name}"
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
            Path(self._unfinished).unlink()
            raise _is_another(file)
        Path(self._unfinished).rename(self._target)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def _is_another(file: File) -> Conflict:
    return Conflict(
        text(
            "Filen til dokumentobjektet {id} er ikke som da den kom. Kjør `sakark verify`"
            " og hent den fra sikkerhetskopien.",
            id=file.system_id,
        )
    )


def _opened(target: str) -> BinaryIO:
    """Open a file to write; its folder is made for the first that comes to it."""
    path = Path(target)
    try:
        return path.open("wb")
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("wb")


def _is_whole(target: str, file: File) -> bool:
    """Tell whether a file is there from before, with the right bytes; then mark it as of use."""
    path = Path(target)
    if not path.is_file() or path.stat().st_size != file.size:
        return False
    with path.open("rb") as opened:
        if hashlib.file_digest(opened, "sha256").hexdigest() != file.sha256:
            return False
    os.utime(path)
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
