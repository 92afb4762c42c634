"""Files of XML as they are written: hashed and counted on the way, in constant memory."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

__all__ = ["DECLARATION", "Written", "XmlFile", "xml_file"]

_AT_A_TIME: Final = 1_000_000
DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
# XML 1.0 has no way to write these. The database keeps no NUL and no lone surrogates.
_CONTROLS: Final = bytes(one for one in range(0x20) if one not in b"\t\n\r")
_NO_CHARACTERS: Final = ("\ufffe".encode(), "\uffff".encode())
_THEIR_FIRST: Final = b"\xef"


@dataclass
class Written:
    """What was written: the SHA-256 of the bytes, and how many there are of the counted elements.

    `stripped` is how many characters had no place in XML.
    """

    sha256: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    stripped: int = 0


class XmlFile:
    """A file that whole fragments of XML are written to."""

    def __init__(self, file: BinaryIO, counted: Sequence[str]) -> None:
        self._file = file
        self._counted = {name: f"</{name}>".encode() for name in counted}
        self._waiting: list[str] = []
        self._size = 0
        self._sha256 = hashlib.sha256()
        self.written = Written()

    def write(self, fragment: str) -> None:
        """Write whole tags and texts: the ends of what is counted are looked for in them."""
        self._waiting.append(fragment)
        self._size += len(fragment)
        if self._size >= _AT_A_TIME:
            self.flush()

    def take(self, data: bytes) -> None:
        """Write the same as bytes, after what was written before."""
        if self._waiting:
            self.flush()
        legal = self._legal(data)
        for name, end in self._counted.items():
            self.written.counts[name] += legal.count(end)
        self._sha256.update(legal)
        self._file.write(legal)

    def flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        self._size = 0
        self.take("".join(waiting).encode())

    def finish(self) -> Written:
        self.flush()
        self.written.sha256 = self._sha256.hexdigest()
        return self.written

    def _legal(self, data: bytes) -> bytes:
        """Leave out what XML cannot hold, and write so that readers see the same line ends."""
        kept = data.translate(None, _CONTROLS)
        self.written.stripped += len(data) - len(kept)
        for one in _NO_CHARACTERS if _THEIR_FIRST in kept else ():
            self.written.stripped += kept.count(one)
            kept = kept.replace(one, b"")
        return kept.replace(b"\r", b"&#13;")


@contextmanager
def xml_file(path: Path, counted: Sequence[str] = ()) -> Iterator[XmlFile]:
    """Write a file of XML; the block is over before `written` says all."""
    with path.open("wb") as file:
        made = XmlFile(file, counted)
        made.write(DECLARATION)
        yield made
        made.finish()
