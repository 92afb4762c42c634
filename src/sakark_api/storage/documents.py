"""Documents: bytes under a key, the same wherever they are kept."""

import asyncio
import hashlib
import re
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Protocol, TypeVar
from uuid import uuid4

import anyio
import anyio.to_thread

from sakark_api.errors import Conflict, Invalid, NotFound, StorageUnavailable
from sakark_api.observe.metrics import STORAGE_BYTES, STORAGE_SECONDS
from sakark_api.texts import text

__all__ = [
    "PIECE",
    "Documents",
    "Reading",
    "Stored",
    "Writing",
    "exists_already",
    "is_missing",
    "pieces",
    "probe",
    "read",
    "refuse_odd_key",
    "refuse_odd_prefix",
    "to_end",
    "write",
]

T = TypeVar("T")

PIECE = 1024 * 1024

# A name with a dot in front is never a document's: `.`, `..` and our own unfinished files.
_SEGMENT = r"[A-Za-z0-9_-][A-Za-z0-9._-]*"
_KEY = re.compile(rf"{_SEGMENT}(/{_SEGMENT})*")
_PREFIX = re.compile(rf"({_SEGMENT}/)*({_SEGMENT})?")
_LONGEST_KEY = 1024
_LONGEST_SEGMENT = 255


@dataclass(frozen=True)
class Stored:
    """What was stored: its key, its size in bytes and the SHA-256 of them, in lower-case hex."""

    key: str
    size: int
    sha256: str


class Documents(Protocol):
    """Where documents are kept.

    A key is names of ASCII letters, digits, `.`, `_` and `-` with `/` between; no name begins with
    a dot. All raise `Invalid` for another key, and `Unavailable` when the storage does not answer.
    """

    async def put(self, key: str, body: AsyncIterable[bytes]) -> Stored:
        """Store what `body` gives, in constant memory.

        Nothing is under the key before it is whole, and nothing is left when `body` raises, the
        caller is cancelled or the storage fails. Raises `Conflict` when the key is taken.
        """
        ...

    def get(self, key: str, first: int = 0, last: int | None = None) -> AsyncGenerator[bytes, None]:
        """Give the bytes from `first` to and with `last`, at most 1 MiB at a time.

        Ends where the document ends. Raises `NotFound` at the first step; ask for `size` before
        an answer is begun.
        """
        ...

    async def size(self, key: str) -> int:
        """Give the size in bytes; raises `NotFound`."""
        ...

    async def delete(self, key: str) -> None:
        """Delete the document, if there is one."""
        ...

    def keys(self, prefix: str) -> AsyncIterator[str]:
        """Give the keys that begin with `prefix`, in no order; deleting them on the way is fine."""
        ...

    async def check(self) -> None:
        """Write, read and delete a small document; raises `Unavailable`."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...


def refuse_odd_key(key: str) -> None:
    """Refuse a key that could reach outside the storage or that some storage does not take."""
    too_long = len(key) > _LONGEST_KEY or any(len(it) > _LONGEST_SEGMENT for it in key.split("/"))
    if too_long or not _KEY.fullmatch(key):
        raise Invalid(text("Ugyldig nøkkel for et dokument: {key}.", key=repr(key)))


def refuse_odd_prefix(prefix: str) -> None:
    """Refuse what no key can begin with."""
    if not _PREFIX.fullmatch(prefix):
        raise Invalid(text("Ugyldig begynnelse på en nøkkel: {prefix}.", prefix=repr(prefix)))


def exists_already(key: str) -> Conflict:
    return Conflict(text("Det er alt lagret et dokument under {key}. Bruk en ny nøkkel.", key=key))


def is_missing(key: str) -> NotFound:
    return NotFound(text("Dokumentet {key} finnes ikke i lageret. Meld fra til drift.", key=key))


async def pieces(body: AsyncIterable[bytes], size: int) -> AsyncGenerator[bytearray, None]:
    """Give the same bytes in pieces of exactly `size`, none copied; the last may be smaller."""
    piece = bytearray()
    async for chunk in body:
        left = memoryview(chunk)
        while len(piece) + len(left) >= size:
            room = size - len(piece)
            piece += left[:room]
            left = left[room:]
            yield piece
            piece = bytearray()
        piece += left
    if piece:
        yield piece


async def to_end(step: Callable[..., T], *arguments: object) -> T:
    """Run a blocking step in a thread and wait for its end, even when we are cancelled.

    A thread cannot be stopped: who cleans up after it must not begin while it writes.
    """
    running = asyncio.ensure_future(anyio.to_thread.run_sync(partial(step, *arguments)))
    cancelled: asyncio.CancelledError | None = None
    with anyio.CancelScope(shield=True):
        while not running.done():
            try:
                await asyncio.wait([running])
            except asyncio.CancelledError as error:
                cancelled = error
    if cancelled is not None:
        running.exception()  # asked for, so that asyncio does not report it as never looked at
        raise cancelled
    return running.result()


class Writing(Protocol):
    """One document on its way in; the steps block, and are taken one after another."""

    def begin(self) -> None:
        """Refuse a key that is taken."""
        ...

    def write(self, piece: bytearray) -> None: ...

    def finish(self) -> None:
        """Make the document visible under its key."""
        ...

    def discard(self) -> None:
        """Leave nothing, however far it came."""
        ...


class Reading(Protocol):
    """One document on its way out."""

    def read(self) -> bytes:
        """Give the next piece; nothing when there is no more. Blocks."""
        ...

    def close(self) -> None: ...


async def write(writing: Writing, key: str, body: AsyncIterable[bytes], piece_size: int) -> Stored:
    """Take a document through its steps, in threads, and undo them unless all went well."""
    sha256 = hashlib.sha256()
    size = 0
    started = perf_counter()

    def take(piece: bytearray) -> None:
        sha256.update(piece)
        writing.write(piece)

    try:
        await to_end(writing.begin)
        async with aclosing(pieces(body, piece_size)) as whole:
            async for piece in whole:
                size += len(piece)
                await to_end(take, piece)
                del piece  # the next one is being put together meanwhile
        await to_end(writing.finish)
    except BaseException:
        await to_end(writing.discard)
        raise
    STORAGE_SECONDS.labels("put").observe(perf_counter() - started)
    STORAGE_BYTES.labels("in").inc(size)
    return Stored(key, size, sha256.hexdigest())


async def read(reading: Reading) -> AsyncGenerator[bytes, None]:
    started = perf_counter()
    try:
        while piece := await to_end(reading.read):
            STORAGE_BYTES.labels("out").inc(len(piece))
            yield piece
        STORAGE_SECONDS.labels("get").observe(perf_counter() - started)
    finally:
        reading.close()


async def probe(documents: Documents) -> None:
    """Write, read and delete a small document."""
    key = f"sjekk/{uuid4().hex}"

    async def body() -> AsyncIterator[bytes]:
        yield key.encode()

    await documents.put(key, body())
    try:
        async with aclosing(documents.get(key)) as found:
            same = b"".join([piece async for piece in found]) == key.encode()
    finally:
        await documents.delete(key)
    if not same:
        raise StorageUnavailable(
            text("Dokumentlageret ga ikke tilbake det som ble lagret. Kontroller lageret.")
        )
