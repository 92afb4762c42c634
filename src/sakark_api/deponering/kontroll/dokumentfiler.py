"""The documents of a package, read while what refers to them is read."""

import hashlib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from sakark_api.deponering.kontroll.fingeravtrykk import Fingeravtrykk
from sakark_api.deponering.kontroll.regel import Sted
from sakark_api.deponering.pakke import Pakke

__all__ = ["Dokumentfiler", "Lest", "Referanse"]

_UNDER_WAY = 64
"""Files that may be waited for; then the reading of the archive waits for the oldest of them."""


@dataclass(frozen=True)
class Referanse:
    """That a dokumentobjekt names a file, and what it says of it."""

    file: str
    checksum: str | None
    sted: Sted


@dataclass(frozen=True)
class Lest:
    """What a file was found to be: its SHA-256 and its size; None when it is not there."""

    checksum: str
    size: int


class Dokumentfiler:
    """Read the files referred to in threads of their own, and tell of each in the order they came.

    Each file is read as often as it is referred to; that it is referred to twice is rare.
    """

    def __init__(
        self,
        pakke: Pakke,
        pool: ThreadPoolExecutor,
        tell: Callable[[Referanse, Lest | None], None],
    ) -> None:
        self._pakke, self._pool, self._tell = pakke, pool, tell
        self._under_way: deque[tuple[Referanse, Future[Lest | None]]] = deque()
        self.referred = Fingeravtrykk()

    def refer(self, referanse: Referanse) -> None:
        self.referred.add(_plain(referanse.file))
        self._under_way.append((referanse, self._pool.submit(_read, self._pakke, referanse.file)))
        if len(self._under_way) > _UNDER_WAY:
            self._finish_one()

    def finish(self) -> None:
        """Wait for all files; what is referred to is known from then on."""
        while self._under_way:
            self._finish_one()
        self.referred.seal()

    def names(self) -> Iterator[str]:
        """List the files of the folder of documents."""
        return self._pakke.documents()

    def _finish_one(self) -> None:
        referanse, future = self._under_way.popleft()
        self._tell(referanse, future.result())


def _plain(reference: str) -> str:
    return reference.replace("\\", "/")


def _read(pakke: Pakke, reference: str) -> Lest | None:
    path = pakke.document(reference)
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
            return Lest(digest.hexdigest(), file.tell())
    except OSError:
        return None
