"""Documents: bytes under a key, the same wherever they are kept."""

import asyncio
import hashlib
import re
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import datetime
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
    "PROBES",
    "Documents",
    "Lock",
    "Reading",
    "Stored",
    "Writing",
    "delete_all",
    "exists_already",
    "is_missing",
    "longest",
    "pages_of_keys",
    "pieces",
    "probe",
    "read",
    "refuse_odd_key",
    "refuse_odd_prefix",
    "to_end",
    "write",
    "write_small",
]

T = TypeVar("T")

PIECE = 512 * 1024
PIECES = 2
"""How many pieces of a document are in memory while it comes in."""
PROBES = "sjekk"
"""What the keys begin with that the storage is tried by; no kommune has such a name."""

# A name with a dot in front is never a document's: `.`, `..` and our own unfinished files.
_SEGMENT = r"[A-Za-z0-9_-][A-Za-z0-9._-]*"
_KEY = re.compile(rf"{_SEGMENT}(/{_SEGMENT})*")
_PREFIX = re.compile(rf"({_SEGMENT}/)*({_SEGMENT})?")
_PAGE = 1000
_LONGEST_KEY = 1024
_LONGEST_SEGMENT = 255


@dataclass(frozen=True)
class Stored:
    """What was stored: its key, its size in bytes and the SHA-256 of them, in lower-case hex."""

    key: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Lock:
    """What keeps bytes in storage that were to be destroyed: until when, or None without an end."""

    until: datetime | None


def longest(locks: Iterable[Lock | None]) -> Lock | None:
    """Give the lock that lasts longest, of those there are: one without an end before others."""
    left = (lock for lock in locks if lock is not None)
    return max(left, key=lambda lock: (lock.until is None, lock.until), default=None)


class Documents(Protocol):
    """Where documents are kept.

    A key is names of ASCII letters, digits, `.`, `_` and `-` with `/` between; no name begins with
    a dot. All raise `Invalid` for another key, and `Unavailable` when the storage does not answer.
    """

    async def put(self, key: str, body: AsyncIterable[bytes], *, temporary: bool = False) -> Stored:
        """Store what `body` gives, in constant memory.

        Nothing is under the key before it is whole, and nothing is left when `body` raises, the
        caller is cancelled or the storage fails. What is `temporary` is to be deleted soon, and
        not locked where others are. Raises `Conflict` when the key is taken.
        """
        ...

    def get(self, key: str, first: int = 0, last: int | None = None) -> AsyncGenerator[bytes, None]:
        """Give the bytes from `first` to and with `last`, at most 1 MiB at a time.

        Ends where the document ends. Raises `NotFound` at the first step; ask for `size` before
        an answer is begun.
        """
        ...

    def reading(self, key: str) -> "Reading | None":
        """Give a document to be read in steps that block, for many small ones in one thread.

        None where bytes come from elsewhere than a disk. Its first step raises `NotFound`.
        """
        ...

    def writing(self, key: str) -> "Writing | None":
        """Give a document to be written in steps that block, for `write_small` in one thread.

        None where bytes go elsewhere than to a disk.
        """
        ...

    async def size(self, key: str) -> int:
        """Give the size in bytes; raises `NotFound`."""
        ...

    async def delete(self, key: str) -> bool:
        """Delete the document, if there is one; tell whether it is gone.

        False is for one that is locked until a day: it stays as it is, for the sweeper to delete.
        """
        ...

    async def destroy(self, key: str) -> Lock | None:
        """Delete the document, if there is one, with every version that the storage keeps of it.

        None when nothing of it is left. What is locked stays as it is until the lock has ended.
        """
        ...

    async def address(
        self, key: str, seconds: int, media_type: str, disposition: str
    ) -> str | None:
        """Give an address where whoever has it may fetch the document for some seconds.

        It is answered with that Content-Type and Content-Disposition. None where there is no way
        but through us.
        """
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


async def pages_of_keys(documents: Documents, prefix: str) -> AsyncIterator[list[str]]:
    """Give the keys that begin with `prefix`, many at a time."""
    page: list[str] = []
    async for key in documents.keys(prefix):
        page.append(key)
        if len(page) == _PAGE:
            yield page
            page = []
    if page:
        yield page


async def delete_all(documents: Documents, prefix: str) -> int:
    """Delete what is stored under a prefix; give how much stays because it is locked."""
    left = 0
    async for key in documents.keys(prefix):
        left += not await documents.delete(key)
    return left


async def pieces(body: AsyncIterable[bytes], size: int) -> AsyncGenerator[bytearray, None]:
    """Give the same bytes in pieces of exactly `size`; the last may be smaller.

    There are two in memory (`PIECES`), in turns: a piece is as it was until the next but one is
    asked for. Fetching new memory costs more than the bytes do.
    """
    piece, other, filled = bytearray(), bytearray(), 0
    async for chunk in body:
        left = memoryview(chunk)
        while filled + len(left) >= size:
            room = size - filled
            _fill(piece, filled, left[:room])
            left = left[room:]
            yield piece
            piece, other, filled = other, piece, 0
        _fill(piece, filled, left)
        filled += len(left)
    if filled:
        del piece[filled:]
        yield piece


def _fill(piece: bytearray, filled: int, chunk: memoryview) -> None:
    """Put bytes after those that a piece is filled with, and copy them once only."""
    if filled == len(piece):
        piece += chunk
        return
    with memoryview(piece) as held:
        held[filled : filled + len(chunk)] = chunk


async def to_end(step: Callable[..., T], *arguments: object) -> T:
    """Run a blocking step in a thread and wait for its end, even when we are cancelled.

    A thread cannot be stopped: who cleans up after it must not begin while it writes.
    """
    return await _end_of(_begun(step, *arguments))


def _begun(step: Callable[..., T], *arguments: object) -> "asyncio.Task[T]":
    """Begin a blocking step in a thread."""
    return asyncio.ensure_future(anyio.to_thread.run_sync(partial(step, *arguments)))


async def _end_of(running: "asyncio.Task[T]") -> T:
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
    """One document on its way in; the steps block.

    They are taken one after another, but for two pieces, which may be written at the same time.
    """

    def begin(self) -> None:
        """Refuse a key that is taken."""
        ...

    def write(self, piece: bytearray, number: int) -> None:
        """Take a piece, the first is number 1, all but the last of one size.

        It has other bytes when this has ended and two more are here.
        """
        ...

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
    """Take a document through its steps, in threads, and undo them unless all went well.

    While a piece is written, the next one comes in, is summed and is begun upon.
    """
    sha256 = hashlib.sha256()
    size = number = 0
    started = perf_counter()
    under_way: list[asyncio.Task[None]] = []

    try:
        await to_end(writing.begin)
        async with aclosing(pieces(body, piece_size)) as whole:
            async for piece in whole:
                size, number = size + len(piece), number + 1
                await to_end(sha256.update, piece)
                under_way.append(_begun(writing.write, piece, number))
                if len(under_way) == PIECES:  # the memory of the one before is filled next
                    await _end_of(under_way.pop(0))
        for last in under_way:
            await _end_of(last)
        await to_end(writing.finish)
    except BaseException:
        for left in under_way:
            with suppress(BaseException):  # what is raised is what came first
                await _end_of(left)
        await to_end(writing.discard)
        raise
    STORAGE_SECONDS.labels("put").observe(perf_counter() - started)
    STORAGE_BYTES.labels("in").inc(size)
    return Stored(key, size, sha256.hexdigest())


def write_small(writing: Writing, key: str, body: bytes) -> Stored:
    """Take a document of one piece through its steps here and now; they block."""
    started = perf_counter()
    try:
        writing.begin()
        writing.write(bytearray(body), 1)
        writing.finish()
    except BaseException:
        writing.discard()
        raise
    STORAGE_SECONDS.labels("put").observe(perf_counter() - started)
    STORAGE_BYTES.labels("in").inc(len(body))
    return Stored(key, len(body), hashlib.sha256(body).hexdigest())


async def read(reading: Reading) -> AsyncGenerator[bytes, None]:
    """Give the pieces; the next one is fetched while the one before it is used."""
    started = perf_counter()
    coming = _begun(reading.read)
    try:
        while piece := await _end_of(coming):
            STORAGE_BYTES.labels("out").inc(len(piece))
            coming = _begun(reading.read)
            yield piece
        STORAGE_SECONDS.labels("get").observe(perf_counter() - started)
    finally:
        with anyio.CancelScope(shield=True):
            await asyncio.wait([coming])
        coming.cancelled() or coming.exception()  # asked for, so that asyncio does not report it
        reading.close()


async def probe(documents: Documents) -> None:
    """Write, read and delete a small document."""
    key = f"{PROBES}/{uuid4().hex}"

    async def body() -> AsyncIterator[bytes]:
        yield key.encode()

    await documents.put(key, body(), temporary=True)
    try:
        async with aclosing(documents.get(key)) as found:
            same = b"".join([piece async for piece in found]) == key.encode()
    finally:
        await documents.delete(key)
    if not same:
        raise StorageUnavailable(
            text("Dokumentlageret ga ikke tilbake det som ble lagret. Kontroller lageret.")
        )
