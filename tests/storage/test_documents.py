"""What every storage of documents promises."""

import asyncio
import hashlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import aclosing
from typing import Any

import anyio
import pytest
from tests.storage.places import Place, stream

from sakark_api.errors import Conflict, Invalid, NotFound
from sakark_api.storage import open_documents
from sakark_api.storage.documents import Documents, Stored
from sakark_api.storage.s3 import PART

KEY = "molde/2026/ab/abcdef.bin"
MIB = 1024 * 1024


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(coroutine)


def put(documents: Documents, content: bytes, key: str = KEY) -> Stored:
    chunks = (content[at : at + 65_537] for at in range(0, len(content), 65_537))
    stored: Stored = run(documents.put(key, stream(chunks)))
    return stored


def get(documents: Documents, key: str = KEY, first: int = 0, last: int | None = None) -> bytes:
    async def whole() -> bytes:
        async with aclosing(documents.get(key, first, last)) as body:
            return b"".join([piece async for piece in body])

    content: bytes = run(whole())
    return content


def keys(documents: Documents, prefix: str = "") -> list[str]:
    async def all_of_them() -> list[str]:
        return sorted([key async for key in documents.keys(prefix)])

    found: list[str] = run(all_of_them())
    return found


@pytest.mark.parametrize("size", [0, 1, PART - 1, PART, PART + 1, 20 * MIB])
def test_what_is_put_is_what_is_got(place: Place, size: int) -> None:
    content = os.urandom(size)

    stored = put(place.documents, content)

    assert stored == Stored(KEY, size, hashlib.sha256(content).hexdigest())
    assert get(place.documents) == content
    assert run(place.documents.size(KEY)) == size
    assert place.leftovers() == []


@pytest.mark.parametrize("size", [0, 1, 3 * PART])
def test_one_chunk_may_be_of_any_size(place: Place, size: int) -> None:
    content = os.urandom(size)

    run(place.documents.put(KEY, stream([content])))

    assert get(place.documents) == content


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (0, 0),
        (0, 99),
        (10, 19),
        (50, None),
        (99, 99),
        (99, None),
        (90, 200),
        (100, None),
        (100, 200),
        (500, None),
        (20, 10),
    ],
)
def test_range_is_inclusive_and_ends_with_the_document(
    place: Place, first: int, last: int | None
) -> None:
    content = bytes(range(100))
    put(place.documents, content)

    got = get(place.documents, first=first, last=last)

    assert got == content[first : None if last is None else last + 1]


def test_range_across_pieces(place: Place) -> None:
    content = os.urandom(3 * MIB)
    put(place.documents, content)

    got = get(place.documents, first=MIB - 7, last=2 * MIB + 7)

    assert got == content[MIB - 7 : 2 * MIB + 8]


def test_pieces_are_of_moderate_size(place: Place) -> None:
    put(place.documents, os.urandom(3 * MIB))

    async def sizes() -> list[int]:
        async with aclosing(place.documents.get(KEY)) as body:
            return [len(piece) async for piece in body]

    assert max(run(sizes())) <= MIB


def test_reader_may_leave_early(place: Place) -> None:
    put(place.documents, os.urandom(3 * MIB))

    async def begin() -> int:
        async with aclosing(place.documents.get(KEY)) as body:
            return len(await anext(body))

    assert run(begin()) > 0
    assert len(get(place.documents)) == 3 * MIB


def test_missing_document_is_not_found(place: Place) -> None:
    with pytest.raises(NotFound):
        get(place.documents)
    with pytest.raises(NotFound):
        get(place.documents, first=1, last=2)
    with pytest.raises(NotFound):
        run(place.documents.size(KEY))


def test_folder_of_documents_is_no_document(place: Place) -> None:
    put(place.documents, b"x")

    with pytest.raises(NotFound):
        get(place.documents, key="molde/2026")
    with pytest.raises(NotFound):
        run(place.documents.size("molde/2026"))
    run(place.documents.delete("molde/2026"))

    assert get(place.documents) == b"x"


def test_deleted_document_is_gone_and_may_be_deleted_again(place: Place) -> None:
    put(place.documents, b"x")

    run(place.documents.delete(KEY))
    run(place.documents.delete(KEY))

    assert keys(place.documents) == []
    with pytest.raises(NotFound):
        get(place.documents)


def test_destroyed_document_is_gone_and_its_neighbours_stay(place: Place) -> None:
    put(place.documents, b"x")
    run(place.documents.put(f"{KEY}2", stream([b"another"])))

    answers = [run(place.documents.destroy(KEY)) for _ in range(2)]

    assert answers == [None, None]
    assert run(place.documents.size(f"{KEY}2")) == 7
    with pytest.raises(NotFound):
        run(place.documents.size(KEY))


def test_key_of_a_deleted_document_is_free(place: Place) -> None:
    put(place.documents, b"x")
    run(place.documents.delete(KEY))

    put(place.documents, b"y")

    assert get(place.documents) == b"y"


@pytest.mark.parametrize("size", [1, PART + 1])
def test_document_is_never_overwritten(place: Place, size: int) -> None:
    put(place.documents, b"first")

    with pytest.raises(Conflict):
        put(place.documents, os.urandom(size))

    assert get(place.documents) == b"first"
    assert place.leftovers() == []


def test_of_two_at_once_one_is_refused(place: Place) -> None:
    contents = [b"a", b"b"]

    async def both() -> list[Any]:
        puts = [place.documents.put(KEY, stream([content])) for content in contents]
        return await asyncio.gather(*puts, return_exceptions=True)

    results = run(both())
    winner = next(at for at, result in enumerate(results) if isinstance(result, Stored))

    assert isinstance(results[1 - winner], Conflict)
    assert get(place.documents) == contents[winner]
    assert place.leftovers() == []


def test_nothing_is_visible_before_it_is_whole(place: Place) -> None:
    seen = []

    async def body() -> AsyncIterator[bytes]:
        yield b"x" * (PART + 1)
        seen.extend([key async for key in place.documents.keys("")])
        yield b"x"

    run(place.documents.put(KEY, body()))

    assert seen == []
    assert keys(place.documents) == [KEY]


@pytest.mark.parametrize("size", [0, 1, 2 * PART + 1])
def test_body_that_raises_leaves_nothing(place: Place, size: int) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"x" * size
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        run(place.documents.put(KEY, body()))

    assert keys(place.documents) == []
    assert place.leftovers() == []


async def _cancel_task(work: Coroutine[Any, Any, Any], begun: asyncio.Event) -> None:
    task = asyncio.create_task(work)
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def _cancel_scope(work: Coroutine[Any, Any, Any], begun: asyncio.Event) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(lambda: work)
        await begun.wait()
        group.cancel_scope.cancel()


@pytest.mark.parametrize("cancel", [_cancel_task, _cancel_scope])
@pytest.mark.parametrize("size", [0, 1, 2 * PART + 1])
def test_cancelled_put_leaves_nothing(
    place: Place, size: int, cancel: Callable[..., Coroutine[Any, Any, None]]
) -> None:
    async def cancelled() -> None:
        begun = asyncio.Event()

        async def body() -> AsyncIterator[bytes]:
            yield b"x" * size
            begun.set()
            await asyncio.sleep(60)

        await cancel(place.documents.put(KEY, body()), begun)

    run(cancelled())

    assert keys(place.documents) == []
    assert place.leftovers() == []


@pytest.mark.parametrize("size", [1, 2 * PART + 1])
@pytest.mark.parametrize("delay", [0.0, 0.0005, 0.002, 0.005, 0.01, 0.03])
def test_put_cancelled_at_any_step_is_whole_or_absent(
    place: Place, size: int, delay: float
) -> None:
    async def cancelled() -> bool:
        task = asyncio.create_task(place.documents.put(KEY, stream([b"x" * size])))
        await asyncio.sleep(delay)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    expected = [] if run(cancelled()) else [KEY]

    assert keys(place.documents) == expected
    assert place.leftovers() == []


ODD_KEYS = [
    "",
    "/molde/a",
    "molde/",
    "molde//a",
    "molde/../oslo/a",
    "..",
    ".",
    "molde/.skjult",
    "molde/./a",
    "molde/å",
    "molde/a b",
    "molde\\a",
    "molde/a\n",
    "molde/a\x00",
    "molde/" + "a" * 256,
    "a/" * 600 + "a",
]


@pytest.mark.parametrize("key", ODD_KEYS)
def test_odd_key_is_refused(place: Place, key: str) -> None:
    with pytest.raises(Invalid):
        put(place.documents, b"x", key)
    with pytest.raises(Invalid):
        get(place.documents, key)
    with pytest.raises(Invalid):
        run(place.documents.size(key))
    with pytest.raises(Invalid):
        run(place.documents.delete(key))


@pytest.mark.parametrize("prefix", ["/", "../", "molde/../", "molde/.", "molde//", "å"])
def test_odd_prefix_is_refused(place: Place, prefix: str) -> None:
    with pytest.raises(Invalid):
        keys(place.documents, prefix)


KEYS = [
    "molde/2025/ab/1.bin",
    "molde/2026/ab/2.bin",
    "molde/2026/ac/3.bin",
    "molde/opplasting/u/000000000000",
    "moldeby/2026/4.bin",
]


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("", KEYS),
        ("molde/", KEYS[:4]),
        ("molde", KEYS),
        ("molde/202", KEYS[:3]),
        ("molde/2026/a", KEYS[1:3]),
        ("molde/2026/ab/", KEYS[1:2]),
        ("molde/2026/ab/2.bin", KEYS[1:2]),
        ("oslo/", []),
        ("molde/2026/ab/2.bin/", []),
    ],
)
def test_keys_are_found_by_how_they_begin(place: Place, prefix: str, expected: list[str]) -> None:
    [put(place.documents, b"", key) for key in KEYS]

    assert keys(place.documents, prefix) == expected


def test_keys_may_be_deleted_while_they_are_given(place: Place) -> None:
    [put(place.documents, b"", key) for key in KEYS]

    async def sweep() -> None:
        async for key in place.documents.keys("molde/"):
            await place.documents.delete(key)

    run(sweep())

    assert keys(place.documents) == KEYS[4:]


def test_check_leaves_nothing(place: Place) -> None:
    run(place.documents.check())

    assert keys(place.documents) == []


def test_settings_open_the_same_storage(place: Place) -> None:
    put(place.documents, b"x")
    documents = open_documents(place.settings)

    found = get(documents)
    run(documents.close())

    assert type(documents) is type(place.documents)
    assert found == b"x"


STREAM_200_MB = """
import asyncio, hashlib, sys
from sakark_api.settings import Settings
from sakark_api.storage import open_documents

async def body():
    for _ in range(200):
        yield bytes(1_000_000)

async def main():
    documents = open_documents(Settings())
    stored = await documents.put("molde/stor.bin", body())
    size = 0
    async for piece in documents.get("molde/stor.bin"):
        size += len(piece)
    await documents.close()
    peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print(stored.size, size, peak.split()[1])

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_stays_small_whatever_the_size(place: Place) -> None:
    secret = place.settings.s3_secret_key
    given = {
        "SAKARK_DATA_DIR": str(place.settings.data_dir),
        "SAKARK_S3_ENDPOINT": place.settings.s3_endpoint,
        "SAKARK_S3_BUCKET": place.settings.s3_bucket,
        "SAKARK_S3_ACCESS_KEY": place.settings.s3_access_key,
        "SAKARK_S3_SECRET_KEY": secret and secret.get_secret_value(),
    }

    done = subprocess.run(
        [sys.executable, "-c", STREAM_200_MB],
        env={**os.environ, **{name: value for name, value in given.items() if value}},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    stored, got, peak_kib = map(int, done.stdout.split())

    assert (stored, got) == (200_000_000, 200_000_000)
    assert peak_kib < 150 * 1024
