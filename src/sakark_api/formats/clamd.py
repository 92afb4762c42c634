"""Ask clamd whether a file has a virus, over its socket.

The clients on PyPI are GPL; what we need of the protocol (INSTREAM) is this.
"""

import re
import socket
import struct
from contextlib import closing
from pathlib import Path

from sakark_api.formats.sandbox import ToolFailed
from sakark_api.settings import Settings
from sakark_api.texts import text

__all__ = ["clamd_version", "virus_in"]

_PIECE = 256 * 1024
_FOUND = re.compile(r"stream: (.+) FOUND")
_WAIT_SECONDS = 60.0
_MOST_ANSWER = 4096


def virus_in(path: Path, settings: Settings) -> str | None:
    """Give the name of the virus in a file, or nothing; nothing too when no clamd is set.

    Raises `ToolFailed` when clamd does not answer, or would not look at the whole file.
    """
    if settings.clamd_address is None:
        return None
    answer = _asked(settings.clamd_address, b"zINSTREAM\0", path)
    virus = _FOUND.fullmatch(answer)
    if virus is not None:
        return virus[1]
    if answer == "stream: OK":
        return None
    raise ToolFailed("clamd", text("så ikke på hele filen; øk StreamMaxLength i clamd.conf."))


def clamd_version(settings: Settings) -> str | None:
    """Give the version of clamd and its signatures; nothing when it does not answer."""
    if settings.clamd_address is None:
        return None
    try:
        return _asked(settings.clamd_address, b"zVERSION\0", None)
    except ToolFailed:
        return None


def _asked(address: str, command: bytes, path: Path | None) -> str:
    try:
        with closing(_connected(address)) as connection:
            connection.sendall(command)
            if path is not None:
                _send(connection, path)
            return _answer(connection)
    except OSError as error:
        raise ToolFailed("clamd", text("svarer ikke på {adresse}.", adresse=address)) from error


def _connected(address: str) -> socket.socket:
    kind, _, place = address.partition(":")
    if kind == "unix":
        return _unix(place)
    host, _, port = place.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), _WAIT_SECONDS)


def _unix(place: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(_WAIT_SECONDS)
    try:
        connection.connect(place)
    except OSError:
        connection.close()
        raise
    return connection


def _send(connection: socket.socket, path: Path) -> None:
    """Send a file in pieces, each with its size in front; clamd may hang up when it is too big."""
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                connection.sendall(struct.pack("!I", len(piece)) + piece)
        connection.sendall(struct.pack("!I", 0))
    except (BrokenPipeError, ConnectionResetError):
        return  # what it answered tells why


def _answer(connection: socket.socket) -> str:
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < _MOST_ANSWER:
        piece = connection.recv(_MOST_ANSWER)
        if not piece:
            break
        answer += piece
    return answer.rstrip(b"\0").decode("utf-8", "replace").strip()
