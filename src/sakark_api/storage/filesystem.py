"""Documents in a folder: for development, and for one machine with a disk it trusts."""

import errno
import os
import time
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from sakark_api.errors import SakarkError, StorageUnavailable
from sakark_api.storage.documents import (
    PIECE,
    Reading,
    Stored,
    Writing,
    exists_already,
    is_missing,
    probe,
    read,
    refuse_odd_key,
    refuse_odd_prefix,
    to_end,
    write,
)
from sakark_api.texts import text

__all__ = ["FilesystemDocuments"]

# On the same file system, so that a link makes a document of it; no key can have such a name.
UNFINISHED = ".uferdig"
WITHOUT_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS)
FORGOTTEN_SECONDS = 2 * 24 * 60 * 60


class FilesystemDocuments:
    """`Documents` in `folder`, which is made when it is missing; `/` in a key is a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        with _plain_errors():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self._folder / UNFINISHED).mkdir(mode=0o700, exist_ok=True)
            _remove_forgotten(self._folder / UNFINISHED)

    async def put(self, key: str, body: AsyncIterable[bytes], *, temporary: bool = False) -> Stored:
        del temporary  # a folder locks nothing
        return await write(self.writing(key), key, body, PIECE)

    def get(self, key: str, first: int = 0, last: int | None = None) -> AsyncGenerator[bytes, None]:
        return read(_Reading(key, self._path(key), first, last))

    def reading(self, key: str) -> Reading:
        return _Reading(key, self._path(key), 0, None)

    def writing(self, key: str) -> Writing:
        return _Writing(self._folder, key, self._path(key))

    async def size(self, key: str) -> int:
        return await to_end(_size, key, self._path(key))

    async def delete(self, key: str) -> bool:
        await to_end(_delete, self._folder, self._path(key))
        return True

    async def destroy(self, key: str) -> None:
        await self.delete(key)

    async def address(self, key: str, seconds: int, media_type: str, disposition: str) -> None:
        """Give none: a folder answers no clients."""

    async def keys(self, prefix: str) -> AsyncIterator[str]:
        refuse_odd_prefix(prefix)
        folders = [prefix.rpartition("/")[0]]
        while folders:
            folder = folders.pop()
            for entry in await to_end(_entries, self._folder / folder):
                key = f"{folder}/{entry.name}" if folder else entry.name
                if entry.is_dir(follow_symlinks=False):
                    if f"{key}/".startswith(prefix):
                        folders.append(key)
                elif key.startswith(prefix):
                    yield key

    async def check(self) -> None:
        await probe(self)

    async def close(self) -> None:
        """Hold nothing open between calls."""

    def _path(self, key: str) -> Path:
        refuse_odd_key(key)
        return self._folder / key


class _Writing:
    def __init__(self, folder: Path, key: str, target: Path) -> None:
        self._folder = folder
        self._key = key
        self._target = target
        self._unfinished = folder / UNFINISHED / uuid4().hex
        self._linked = False

    def begin(self) -> None:
        if os.path.lexists(self._target):
            raise exists_already(self._key)
        with _plain_errors():
            self._unfinished.touch(mode=0o600, exist_ok=False)

    def write(self, piece: bytearray, number: int) -> None:
        with _plain_errors(), self._unfinished.open("r+b", buffering=0) as file:
            file.seek((number - 1) * PIECE)
            left = memoryview(piece)
            while left:
                left = left[file.write(left) :]

    def finish(self) -> None:
        with _plain_errors():
            with self._unfinished.open("rb") as file:
                os.fsync(file.fileno())
            self._link()
            self._linked = True
            self._unfinished.unlink(missing_ok=True)
            _sync_folder(self._target.parent)

    def discard(self) -> None:
        with suppress(OSError):
            self._unfinished.unlink(missing_ok=True)
        with suppress(SakarkError):
            if self._linked:
                _delete(self._folder, self._target)

    def _link(self) -> None:
        while True:
            _make_folder(self._target.parent)
            try:
                _link(self._unfinished, self._target)
            except FileExistsError:
                raise exists_already(self._key) from None
            except FileNotFoundError:
                if not self._unfinished.exists():
                    raise
                continue  # a delete took the empty folder away
            return


class _Reading:
    def __init__(self, key: str, path: Path, first: int, last: int | None) -> None:
        self._key = key
        self._path = path
        self._next = first
        self._last = last
        self._file: BinaryIO | None = None

    def read(self) -> bytes:
        with _plain_errors():
            if self._file is None:
                self._file = self._open()
            wanted = PIECE if self._last is None else min(PIECE, self._last - self._next + 1)
            piece = self._file.read(max(wanted, 0))
        self._next += len(piece)
        return piece

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _open(self) -> BinaryIO:
        try:
            file = self._path.open("rb", buffering=0)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise is_missing(self._key) from None
        file.seek(self._next)
        return file


def _size(key: str, path: Path) -> int:
    with _plain_errors():
        if not path.is_file():
            raise is_missing(key)
        return path.stat().st_size


def _delete(folder: Path, path: Path) -> None:
    """Delete a document and the folders that it leaves empty."""
    with _plain_errors():
        try:
            path.unlink()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return
        _sync_folder(path.parent)
        for parent in path.relative_to(folder).parents[:-1]:
            try:
                (folder / parent).rmdir()
            except OSError:
                return


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with _plain_errors():
        try:
            with os.scandir(folder) as entries:
                return [entry for entry in entries if not entry.name.startswith(".")]
        except (FileNotFoundError, NotADirectoryError):
            return []


def _link(file: Path, target: Path) -> None:
    """Give a file its name, unless the name is taken."""
    try:
        target.hardlink_to(file)
    except OSError as error:
        if error.errno not in WITHOUT_LINKS:
            raise
        # Two at once could both come here; there is no better on such a file system.
        if os.path.lexists(target):
            raise FileExistsError from None
        file.rename(target)


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    # A delete may take the empty folder, or its parent, away in between; the link tells.
    with suppress(FileNotFoundError, FileExistsError):
        folder.mkdir(mode=0o700, exist_ok=True)
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    """Make names outlive a power cut, not only the bytes they are names of."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:  # deleted since
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_forgotten(folder: Path) -> None:
    """Remove what processes that were killed never finished; no upload takes this long."""
    for path in folder.iterdir():
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > FORGOTTEN_SECONDS:
                path.unlink()


@contextmanager
def _plain_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageUnavailable(
            text(
                "Dokumentlageret på disk svikter: {reason}. Kontroller plass og rettigheter.",
                reason=error.strerror,
            )
        ) from error
