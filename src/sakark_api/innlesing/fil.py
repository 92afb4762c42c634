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

from sakark_api.errors import Conflict
from sakark_api.innlesing.avvik import Avvik
from sakark_api.innlesing.filreferanse import Filreferanse, media_type
from sakark_api.noark.arkivstruktur.dokumentobjekt import SHA256
from sakark_api.storage import Documents
from sakark_api.storage.documents import PIECE, to_end, write_small

__all__ = ["Filer"]

_AT_ONCE: Final = 4
_IN_ONE: Final = 50
"""How many files are taken in one step, where they are small."""
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

        async def some(page: Sequence[Filreferanse]) -> list[Avvik]:
            async with gate:
                return await self._store(page)

        pages = [references[one : one + _IN_ONE] for one in range(0, len(references), _IN_ONE)]
        found = await asyncio.gather(*map(some, pages))
        return [fault for faults in found for fault in faults]

    async def _store(self, page: Sequence[Filreferanse]) -> list[Avvik]:
        """Store some files: those that are small in one step."""
        found = await to_end(self._begun, page)
        faults: list[Avvik] = []
        for told, one in zip(page, found, strict=True):
            if one is None:
                faults.append(self._fault("I53" if leads_out(told.sti) else "I50", told, told.sti))
                continue
            seen = one if isinstance(one, _Sett) else await self._put(one, told)
            self._tell(told, seen)
            faults += [self._fault(kode, told, value) for kode, value in _compare(told, seen)]
        return faults

    def _begun(self, page: Sequence[Filreferanse]) -> "list[_Sett | Path | None]":
        """Find files, and take those that take one step; blocks."""
        found = [self._finn(told.sti) for told in page]
        return [
            None if path is None else self._taken(path, self._key(told)) or path
            for told, path in zip(page, found, strict=True)
        ]

    def _taken(self, path: Path, key: str) -> _Sett | None:
        """Read a file or store it; None when it is large, or something is under its key."""
        if self._documents is None:
            return _hashed(path)
        if (body := _small(path)) is None or (writing := self._documents.writing(key)) is None:
            return None
        try:
            stored = write_small(writing, key, body)
        except Conflict:
            return None
        return _Sett(stored.size, stored.sha256)

    def _key(self, told: Filreferanse) -> str:
        own = told.rad["system_id"].hex
        return f"{self._prefix}/{own[:2]}/{own}"

    def _tell(self, told: Filreferanse, seen: _Sett) -> None:
        """Count a file, and say of its row where it is."""
        self.antall += 1
        self.byte += seen.size
        if self._documents is None:
            return
        told.rad.update(
            lagringsnoekkel=self._key(told),
            sjekksum=seen.sha256,
            sjekksum_algoritme=SHA256,
            filstoerrelse=seen.size,
            mime_type=media_type(told.sti),
        )

    def _fault(self, kode: str, told: Filreferanse, value: str) -> Avvik:
        return Avvik(kode, self._fil, told.linje, told.sted, value, told.rad["system_id"])

    async def _put(self, path: Path, told: Filreferanse) -> _Sett:
        """Store a file, unless it is there."""
        assert self._documents is not None  # noqa: S101  without a storage, all are taken
        key = self._key(told)
        try:
            stored = await self._documents.put(key, _bytes_of(path))
        except Conflict:
            return await self._found(key, path)
        return _Sett(stored.size, stored.sha256)

    async def _found(self, key: str, path: Path) -> _Sett:
        """Take what an import that was cut off has stored, if it is the file."""
        assert self._documents is not None  # noqa: S101  asked of a storage only
        digest, size = hashlib.sha256(), 0
        async with aclosing(self._documents.get(key)) as pieces:
            async for piece in pieces:
                digest.update(piece)
                size += len(piece)
        seen = await to_end(_hashed, path)
        if (size, digest.hexdigest()) == (seen.size, seen.sha256):
            return seen
        await self._documents.delete(key)
        stored = await self._documents.put(key, _bytes_of(path))
        return _Sett(stored.size, stored.sha256)


def _hashed(path: Path) -> _Sett:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return _Sett(file.tell(), digest.hexdigest())


def _small(path: Path) -> bytes | None:
    return path.read_bytes() if path.stat().st_size <= PIECE else None


async def _bytes_of(path: Path) -> AsyncIterator[bytes]:
    """Give the bytes of a file; most are small, and are read in one step."""
    whole = await to_end(_small, path)
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
