"""A small transaction pooler: whoever speaks next gets the server process that was used last."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

__all__ = ["pooler"]

SSL_REQUEST = 80877103
IDLE = b"Z\0\0\0\5I"
"""ReadyForQuery, with no transaction open."""
ANSWERED = {b"S": b"Z", b"Q": b"Z", b"H": b"TnE"}
"""The client's messages that are answered at once, and what ends the answer.

Sync and Query end with ReadyForQuery; a Flush, which asyncpg sends after it has described a
statement, with the columns, with there being none, or with an error.
"""


class Side:
    """One end of a conversation in PostgreSQL's protocol (version 3)."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._stream = connection.makefile("rb")

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def start(self) -> bytes:
        """Read a startup message, which has no type."""
        length = self._read(4)
        return length + self._read(struct.unpack("!i", length)[0] - 4)

    def message(self) -> bytes:
        kind = self._read(1)
        length = self._read(4)
        return kind + length + self._read(struct.unpack("!i", length)[0] - 4)

    def close(self) -> None:
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._stream.close()
        self._connection.close()

    def _read(self, count: int) -> bytes:
        found = self._stream.read(count)
        if len(found) < count:
            raise EOFError
        return found


class Pooler:
    """Logs each client in on a server process of its own, and then shares them all."""

    def __init__(self, server: tuple[str, int]) -> None:
        self._server = server
        self._idle: list[Side] = []
        self._turn = threading.Lock()

    def serve(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def close(self) -> None:
        for backend in self._idle:
            backend.close()

    def _serve(self, connection: socket.socket) -> None:
        client = Side(connection)
        with suppress(EOFError, OSError):
            self._log_in(client)
            while True:
                self._transaction(client)
        client.close()

    def _log_in(self, client: Side) -> None:
        start = client.start()
        if struct.unpack("!i", start[4:8])[0] == SSL_REQUEST:
            client.send(b"N")
            start = client.start()
        backend = Side(socket.create_connection(self._server))
        backend.send(start)
        while (answer := backend.message())[:1] != b"Z":
            client.send(answer)
            if answer[:1] == b"R" and struct.unpack("!i", answer[5:9])[0] in (10, 11):
                backend.send(client.message())
        with self._turn:
            self._idle.append(backend)
        client.send(answer)

    def _transaction(self, client: Side) -> None:
        said = client.message()
        with self._turn:
            backend = self._idle.pop()
            try:
                while _exchange(said, client, backend) != IDLE:
                    said = client.message()
            finally:
                self._idle.append(backend)


def _exchange(said: bytes, client: Side, backend: Side) -> bytes:
    """Pass on a message, and its answer if one comes now; give what ended the answer."""
    kind = said[:1]
    if kind == b"X":
        raise EOFError
    backend.send(said)
    answer = b""
    while kind in ANSWERED and (not answer or answer[:1] not in ANSWERED[kind]):
        answer = backend.message()
        client.send(answer)
    return answer


@contextmanager
def pooler(host: str, port: int) -> Iterator[int]:
    """Run a pooler in front of a server; give its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        between = Pooler((host, port))
        thread = threading.Thread(target=between.serve, args=(listener,))
        thread.start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            between.close()
