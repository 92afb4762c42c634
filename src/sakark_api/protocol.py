"""HTTP as uvicorn speaks it, but for heads of requests that do not come to an end.

uvicorn keeps all that has come of a head, however long and however slowly; a few connections would
take a process's memory, and a few hundred its sockets.
"""

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

__all__ = ["LARGEST_HEAD", "PatientOnlySoLong"]

LARGEST_HEAD: Final = 65_536
_CLOSED: Final = b"\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large" + _CLOSED
_TOO_SLOW: Final = b"HTTP/1.1 408 Request Timeout" + _CLOSED


class PatientOnlySoLong(HttpToolsProtocol):
    """Ends a connection whose request's head takes more than `head_seconds` or too many bytes."""

    head_seconds = 30.0
    _in_head = False
    _head = 0
    _giving_up: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as theirs
        super().connection_made(transport)
        self._begin_to_wait()

    def data_received(self, data: bytes) -> None:
        went_on = self._in_head
        super().data_received(data)
        if not self._in_head:
            return
        # The first piece may hold the end of another request's body; its size is bounded as it is.
        self._head = self._head + len(data) if went_on else 0
        if self._head > LARGEST_HEAD:
            self._give_up(_TOO_LARGE)
        elif self._giving_up is None:
            self._begin_to_wait()

    def on_message_begin(self) -> None:
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._end_to_wait()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Hand on a piece of a body as it came, where uvicorn would copy it twice."""
        if not self.cycle.body:
            self.cycle.body = b""  # type: ignore[assignment]  # bytes and bytes are no new bytes
        super().on_body(body)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_to_wait()
        super().connection_lost(exc)

    def _begin_to_wait(self) -> None:
        self._giving_up = self.loop.call_later(self.head_seconds, self._give_up, _TOO_SLOW)

    def _end_to_wait(self) -> None:
        if self._giving_up is not None:
            self._giving_up.cancel()
            self._giving_up = None

    def _give_up(self, answer: bytes) -> None:
        self._end_to_wait()
        if not self.transport.is_closing():
            self.transport.write(answer)
            self.transport.close()
