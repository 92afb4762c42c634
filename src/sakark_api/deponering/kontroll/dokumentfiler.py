"""The documents of a package, read while what refers to them is read."""

import hashlib
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from sakark_api.deponering.kontroll.fingeravtrykk import Fingeravtrykk
from sakark_api.deponering.kontroll.regel import Sted
from sakark_api.deponering.pakke import Pakke

__all__ = ["Dokumentfiler", "Lest", "Referanse"]

_UNDER_WAY = 64
"""Files that may be waited for; then the reading of the archive waits for the oldest of them."""
_REMEMBERED = 4096
"""Files whose digest is known still; of these the one asked for longest ago is forgotten first."""


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

    A file that is referred to again is not read again, unless it was long ago. Files are remembered
    by Python's hash of their names, as in `Fingeravtrykk`: names can be long.
    """

    def __init__(
        self,
        pakke: Pakke,
        pool: ThreadPoolExecutor,
        tell: Callable[[Referanse, Lest | None], None],
    ) -> None:
        self._pakke, self._pool, self._tell = pakke, pool, tell
        self._under_way: deque[tuple[Referanse, Future[Lest | None]]] = deque()
        self._known: OrderedDict[int, Future[Lest | None]] = OrderedDict()
        self.referred = Fingeravtrykk()

    def refer(self, referanse: Referanse) -> None:
        name = _plain(referanse.file)
        self.referred.add(name)
        self._under_way.append((referanse, self._reading(name)))
        if len(self._under_way) > _UNDER_WAY:
            self._finish_one()

    def _reading(self, name: str) -> Future[Lest | None]:
        mark = hash(name)
        if mark not in self._known:
            self._known[mark] = self._pool.submit(_read, self._pakke, name)
        self._known.move_to_end(mark)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return self._known[mark]

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
    try:
        path = pakke.document(reference)
        if path is None:
            return None
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
            return Lest(digest.hexdigest(), file.tell())
    except OSError:
        return None
