"""The changes of a log in the order in which they were written, some thousand at a time.

They are in a file that is thrown away in the end: whoever reads a log twice knows before the first
unit is written that all of it can be read.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from sakark_api.innlesing.mellomlager import Lest

__all__ = ["CHANGE", "Endringer"]

CHANGE: Final = "endring"
_PAGE: Final = 2000
_LENGTH: Final = 8
"""The bytes in front of a page that say how long it is."""


class Endringer:
    """The changes of one log; the first is number 2, as its element is the second of the file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._page: list[tuple[Any, ...]] = []
        self._last = 1
        path.touch()

    def add(self, one: Lest) -> None:
        self._last += 1
        self._page.append((self._last, one.linje, one.felt, one.grupper))
        if len(self._page) == _PAGE:
            self.flush()

    def flush(self) -> None:
        """Write what has been added."""
        written = msgspec.msgpack.encode(self._page)
        with self._path.open("ab") as file:
            file.write(len(written).to_bytes(_LENGTH))
            file.write(written)
        self._page = []

    def pages(self) -> Iterator[list[Lest]]:
        """Give all changes, page by page."""
        with self._path.open("rb") as file:
            while length := file.read(_LENGTH):
                page = msgspec.msgpack.decode(file.read(int.from_bytes(length)))
                if page:
                    yield [
                        Lest(nr, None, CHANGE, CHANGE, linje, felt, grupper)
                        for nr, linje, felt, grupper in page
                    ]
