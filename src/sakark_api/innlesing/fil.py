"""Documents of an extraction on their way into storage: read once, hashed, compared with the XML.

A document's key is made of the import and the unit. Whoever was cut off between the bytes and the
row finds them there, and compares them with those of the extraction before a row names them.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

import anyio
import anyio.to_thread

from sakark_api.errors import Conflict
from sakark_api.innlesing.avvik import Avvik
from sakark_api.innlesing.filreferanse import Filreferanse, media_type
from sakark_api.noark.arkivstruktur.dokumentobjekt import SHA256
from sakark_api.storage import Documents
from sakark_api.storage.documents import PIECE

__all__ = ["Filer"]

_AT_ONCE: Final = 4
_SHA256: Final = ("sha256", "sha-256")


@dataclass(frozen=True)
class _Sett:
    size: int
    sha256: str


class Filer:
    """Stores the files that rows are to have; without a storage, they are only read."""

    def __init__(
        self,
        finn: Callable[[str], Path | None],
        fil: str,
        documents: Documents | None,
        prefix: str,
    ) -> None:
        self._finn, self._fil, self._documents, self._prefix = finn, fil, documents, prefix
        self.antall = 0
        self.byte = 0

    async def store(self, references: Sequence[Filreferanse]) -> list[Avvik]:
        """Store files and say of the rows where they are; give what was wrong with them."""
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(reference: Filreferanse) -> list[Avvik]:
            async with gate:
                return await self._store(reference)

        found = await asyncio.gather(*map(one, references))
        return [fault for faults in found for fault in faults]

    async def _store(self, told: Filreferanse) -> list[Avvik]:
        path = self._finn(told.sti)
        if path is None:
            return [self._fault("I53" if leads_out(told.sti) else "I50", told, told.sti)]
        seen = await self._put(path, f"{self._prefix}/{told.rad['system_id'].hex[:2]}", told)
        self.antall += 1
        self.byte += seen.size
        return [self._fault(kode, told, value) for kode, value in _compare(told, seen)]

    def _fault(self, kode: str, told: Filreferanse, value: str) -> Avvik:
        return Avvik(kode, self._fil, told.linje, told.sted, value, told.rad["system_id"])

    async def _put(self, path: Path, folder: str, told: Filreferanse) -> _Sett:
        if self._documents is None:
            return await _hash(path)
        key = f"{folder}/{told.rad['system_id'].hex}"
        try:
            stored = await self._documents.put(key, _bytes_of(path))
            seen = _Sett(stored.size, stored.sha256)
        except Conflict:
            seen = await self._found(key, path)
        told.rad.update(
            lagringsnoekkel=key,
            sjekksum=seen.sha256,
            sjekksum_algoritme=SHA256,
            filstoerrelse=seen.size,
            mime_type=media_type(told.sti),
        )
        return seen

    async def _found(self, key: str, path: Path) -> _Sett:
        """Take what an import that was cut off has stored, if it is the file."""
        assert self._documents is not None  # noqa: S101  asked of a storage only
        digest, size = hashlib.sha256(), 0
        async with aclosing(self._documents.get(key)) as pieces:
            async for piece in pieces:
                digest.update(piece)
                size += len(piece)
        seen = await _hash(path)
        if (size, digest.hexdigest()) == (seen.size, seen.sha256):
            return seen
        await self._documents.delete(key)
        stored = await self._documents.put(key, _bytes_of(path))
        return _Sett(stored.size, stored.sha256)


async def _hash(path: Path) -> _Sett:
    return await anyio.to_thread.run_sync(_hashed, path)


def _hashed(path: Path) -> _Sett:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return _Sett(file.tell(), digest.hexdigest())


def _small(path: Path) -> bytes | None:
    return path.read_bytes() if path.stat().st_size <= PIECE else None


async def _bytes_of(path: Path) -> AsyncIterator[bytes]:
    """Give the bytes of a file; most are small, and are read in one step."""
    whole = await anyio.to_thread.run_sync(_small, path)
    if whole is not None:
        yield whole
        return
    async with await anyio.open_file(path, "rb") as file:
        while piece := await file.read(PIECE):
            yield piece


def _compare(told: Filreferanse, seen: _Sett) -> Iterator[tuple[str, str]]:
    algorithm = (told.algoritme or SHA256).strip().lower()
    if told.sjekksum is not None and (
        algorithm not in _SHA256 or told.sjekksum.strip().lower() != seen.sha256
    ):
        yield "I51", f"{told.algoritme}: {told.sjekksum}"
    size = (told.stoerrelse or "").strip()
    if size and size != str(seen.size):
        yield "I52", size


def leads_out(path: str) -> bool:
    """Tell whether a path leads out of the package."""
    named = PurePosixPath(path.replace("\\", "/"))
    return named.is_absolute() or ".." in named.parts or ":" in named.parts[0]
