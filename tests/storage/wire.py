"""A wire between a client and a server, that can be cut and mended."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

__all__ = ["Wire", "wired"]

PIECE = 65_536


class Wire:
    """Passes bytes on both ways, until it is cut or has passed as many as it may one way."""

    def __init__(self, server: str) -> None:
        there = urlsplit(server)
        self._there = (str(there.hostname), int(there.port or 0))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._links: set[socket.socket] = set()
        self._left: float = float("inf")
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def cut_after(self, count: int) -> None:
        """Cut it when so many bytes more have passed, one way or the other."""
        self._left = count

    def cut(self) -> None:
        self._left = 0
        for link in list(self._links):
            with suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self._left = float("inf")

    def serve(self) -> None:
        """Take calls until it is closed."""
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                if self._left <= 0:
                    near.close()
                    continue
                far = socket.create_connection(self._there)
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=(one, other), daemon=True).start()

    def close(self) -> None:
        self.cut()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        self._links.add(one)
        with suppress(OSError), one:
            while piece := one.recv(PIECE):
                self._left -= len(piece)
                if self._left <= 0:
                    self.cut()
                    break
                other.sendall(piece)
            with suppress(OSError):
                other.shutdown(socket.SHUT_RDWR)
        self._links.discard(one)


@contextmanager
def wired(server: str) -> Iterator[Wire]:
    """Lay a wire to a server while the block lasts."""
    wire = Wire(server)
    serving = threading.Thread(target=wire.serve)
    serving.start()
    try:
        yield wire
    finally:
        wire.close()
        serving.join()
