"""Documents copied from one storage to another, each verified on its way; nothing is deleted.

The service may go on meanwhile. What was copied before is skipped, so that it can be begun again
after whatever stopped it, and once more after the service has been told of its new storage.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final, TypeVar

from sakark_api.errors import Conflict, NotFound
from sakark_api.storage.documents import Documents
from sakark_api.tenancy.loesfil import passing_keys
from sakark_api.tenancy.session import Writer
from sakark_api.tenancy.verification import Fault, File, fault_of, is_kept, pages_of_files

__all__ = ["Copied", "Copying", "copy_file", "copy_files", "copy_parts", "some_at_once"]

AT_ONCE: Final = 4
"""Files under way at the same time: most are small, and wait for the network."""

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Copying:
    """From where to where, and whether what is there already is read or only measured."""

    source: Documents
    target: Documents
    read: bool


@dataclass(frozen=True)
class Copied:
    """What became of a file: copied now, there before, or at fault in one of the two places."""

    file: File
    copied: bool = False
    source: Fault | None = None
    target: Fault | None = None


class _DiffersError(Exception):
    """The source's bytes are not those that the row tells of."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


async def copy_files(writer: Writer, tenant_id: int, copying: Copying) -> AsyncIterator[Copied]:
    """Copy what the rows of a kommune name; raises `Unavailable` when a storage does not answer.

    A file that is in the target and is another than the row says, is left as it is and told of.
    """
    async for files in pages_of_files(writer, tenant_id):
        async for one in some_at_once(files, lambda file: copy_file(copying, file)):
            at_fault = one.source is not None or one.target is not None
            if not at_fault or await is_kept(writer, tenant_id, one.file):
                yield one


async def copy_parts(writer: Writer, tenant_id: int, copying: Copying) -> int:
    """Copy what has come of files in chunks, and deposits that were ordered; give how many."""
    async with writer.transaction(tenant_id) as session:
        keys = await session.run_sync(passing_keys)
    return sum([one async for one in some_at_once(keys, lambda key: _copy_part(copying, key))])


async def copy_file(copying: Copying, file: File, key: str | None = None) -> Copied:
    """Copy one file, under another key if one is given; see `copy_files`."""
    kept = replace(file, key=key or file.key)
    found = await fault_of(copying.target, kept, read=copying.read)
    if found is not Fault.MISSING:
        return Copied(file, target=found)
    try:
        await copying.target.put(kept.key, _verified(copying.source, file))
    except NotFound:
        return Copied(file, source=Fault.MISSING)
    except _DiffersError as error:
        return Copied(file, source=error.fault)
    except Conflict:  # somebody else was quicker
        return Copied(file)
    return Copied(file, copied=True)


async def _verified(source: Documents, file: File) -> AsyncIterator[bytes]:
    """Give a file's bytes; raise at their end, before they are kept, when they are others."""
    sha256, size = hashlib.sha256(), 0
    async with aclosing(source.get(file.key)) as pieces:
        async for piece in pieces:
            sha256.update(piece)
            size += len(piece)
            yield piece
    if size != file.size:
        raise _DiffersError(Fault.SIZE)
    if sha256.hexdigest() != file.sha256:
        raise _DiffersError(Fault.CHECKSUM)


async def _copy_part(copying: Copying, key: str) -> bool:
    try:
        size = await copying.source.size(key)
        await copying.target.put(key, copying.source.get(key, 0, size - 1), temporary=True)
    except (NotFound, Conflict):  # it is finished meanwhile, or there already
        return False
    return True


async def some_at_once(things: Iterable[T], work: Callable[[T], Awaitable[R]]) -> AsyncIterator[R]:
    """Do the same with all, some at a time; raise what one of them did when the others are done."""
    for some in _batches(things):
        results = await asyncio.gather(*map(work, some), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
            yield result


def _batches(things: Iterable[T]) -> Iterator[Sequence[T]]:
    left = iter(things)
    while some := list(islice(left, AT_ONCE)):
        yield some
