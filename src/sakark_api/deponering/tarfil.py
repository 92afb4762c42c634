"""Tar files written as a stream: files go through in pieces, and each is hashed on the way."""

import hashlib
import os
import tarfile
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sakark_api.errors import Conflict
from sakark_api.texts import text

__all__ = ["END", "Innhold", "Medlem", "data", "file", "files_in", "folder", "gathered", "tar_of"]

_PIECE: Final = 1024 * 1024
_FILE, _FOLDER = 0o600, 0o700
"""Only the owner may look into what is unpacked: what is screened is readable there."""

END: Final = bytes(tarfile.RECORDSIZE)
"""What a tar file ends with: at least two blocks of nothing."""


@dataclass(frozen=True)
class Innhold:
    """A file as it went into a tar file: its path there, its size, its SHA-256 and its time."""

    path: str
    size: int
    sha256: str
    time: datetime


Medlem = Generator[bytes, None, Innhold]
"""Gives the bytes of one file with its head, and says at the end what they were."""


def file(name: str, path: Path) -> Medlem:
    """Put a file of the disk in; raises `Conflict` for one that shrinks, or with an odd name."""
    if not name.isprintable():
        raise Conflict(
            text(
                "Filnavnet {fil} har tegn som ikke kan pakkes. Gi filen et annet navn.",
                fil=ascii(name),
            )
        )
    with path.open("rb") as opened:
        found = os.fstat(opened.fileno())
        left, sha256 = found.st_size, hashlib.sha256()
        yield _head(name, found.st_size, found.st_mtime)
        while left:
            piece = opened.read(min(_PIECE, left))
            if not piece:
                raise Conflict(
                    text("{fil} ble endret mens den ble pakket. Pakk på nytt.", fil=name)
                )
            left -= len(piece)
            sha256.update(piece)
            yield piece
    yield _padding(found.st_size)
    when = datetime.fromtimestamp(found.st_mtime, UTC)
    return Innhold(name, found.st_size, sha256.hexdigest(), when)


def data(name: str, content: bytes, time: datetime) -> Medlem:
    """Put a small file in that is on no disk."""
    yield _head(name, len(content), time.timestamp()) + content + _padding(len(content))
    return Innhold(name, len(content), hashlib.sha256(content).hexdigest(), time)


def folder(name: str, time: datetime) -> bytes:
    """Put a folder in, for one that may be empty."""
    return _head(name, 0, time.timestamp(), tarfile.DIRTYPE)


def files_in(root: Path) -> Iterator[tuple[str, Path]]:
    """List the files in a folder and in those below, by their paths; links are none."""
    with os.scandir(root) as entries:
        found = sorted(entries, key=lambda one: one.name)
    for entry in found:
        if entry.is_dir(follow_symlinks=False):
            yield from ((f"{entry.name}/{name}", path) for name, path in files_in(Path(entry.path)))
        elif entry.is_file(follow_symlinks=False):
            yield entry.name, Path(entry.path)


def tar_of(root: Path, name: str) -> Iterator[bytes]:
    """Give a folder as a tar file, where it has a name of its own."""
    for path, found in files_in(root):
        yield from file(f"{name}/{path}", found)
    yield END


def gathered(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Give the same bytes in pieces of some size: most files are small."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= _PIECE:
            yield b"".join(waiting)
            waiting.clear()
            size = 0
    if waiting:
        yield b"".join(waiting)


def _head(name: str, size: int, time: float, kind: bytes = tarfile.REGTYPE) -> bytes:
    """Write the head of a member; names of more than 100 bytes as GNU tar does."""
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.type = size, int(time), kind
    member.mode = _FOLDER if kind == tarfile.DIRTYPE else _FILE
    return member.tobuf(tarfile.GNU_FORMAT, "utf-8", "strict")


def _padding(size: int) -> bytes:
    return bytes(-size % tarfile.BLOCKSIZE)
