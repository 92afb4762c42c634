"""A load client that costs little: httpx takes longer over a request than the service does.

On two cores a heavy client would take the processor from the server and from PostgreSQL, and what
we measured would be the client. This one knows HTTP/1.1 as far as our own answers use it: a
Content-Length or no body, connections kept alive, one request at a time on each.
"""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle

from bench.operation import Operation

__all__ = ["CONNECTIONS", "Load", "exchange", "run_load"]

CONNECTIONS = 8
PATIENCE_SECONDS = 30
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
_NO_BODY = (204, 304)


@dataclass
class Load:
    """What came of a load: seconds per request, and how many answers had which status."""

    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)


class Connection(asyncio.Protocol):
    """Sends the next request when the answer to the last one is whole."""

    def __init__(self, requests: Iterator[bytes], load: Load, until: float) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._requests = requests
        self._load = load
        self._until = until
        self._answer = bytearray()
        self._whole = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # TCP
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        self._whole = self._whole or _length_of(self._answer)
        if not self._whole or len(self._answer) < self._whole:
            return
        now = time.perf_counter()
        self._load.latencies.append(now - self._sent)
        self._load.statuses[_status_of(self._answer)] += 1
        if now < self._until:
            self._send()
            return
        self.done.set_result(None)
        self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("The server closed the connection"))

    def _send(self) -> None:
        self._answer.clear()
        self._whole = 0
        self._sent = time.perf_counter()
        self._transport.write(next(self._requests))


def _status_of(answer: bytearray) -> int:
    return int(answer[9:12])


def _length_of(answer: bytearray) -> int:
    """Give the length of a whole answer; 0 while its head is not here yet."""
    end = answer.find(b"\r\n\r\n") + 4
    if end < 4:
        return 0
    found = _LENGTH.search(answer, 0, end)
    if found is None and _status_of(answer) not in _NO_BODY:
        raise ValueError(f"An answer without length: {answer[:end]!r}")
    return end + (int(found[1]) if found else 0)


async def run_load(operation: Operation, seconds: float) -> Load:
    """Do an operation over and over on every connection, for as long as told."""
    load = Load()
    requests = cycle(operation.requests)
    until = time.perf_counter() + seconds
    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(
            lambda: Connection(requests, load, until), "127.0.0.1", operation.port
        )
        for _ in range(CONNECTIONS)
    ]
    async with asyncio.timeout(seconds + PATIENCE_SECONDS):
        await asyncio.gather(*(connection.done for _, connection in made))
    return load


async def exchange(operation: Operation) -> None:
    """Do an operation once; ValueError when the answer is another than it should be."""
    load = Load()
    _, connection = await asyncio.get_running_loop().create_connection(
        lambda: Connection(iter(operation.requests), load, 0), "127.0.0.1", operation.port
    )
    await connection.done
    if operation.status not in load.statuses:
        raise ValueError(f"{operation.name}: {load.statuses}")
