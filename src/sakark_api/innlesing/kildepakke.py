"""What is read in, whichever kind it is of: where its XML and its files are, and what is wrong."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sakark_api.innlesing.avvik import Avvik
from sakark_api.innlesing.mellomlager import Mellomlager
from sakark_api.innlesing.ordbok import Ordbok

__all__ = ["Kildepakke", "digest_of"]


@dataclass(frozen=True)
class Kildepakke:
    """An extraction or a message, on disk."""

    navn: str
    fil: str
    """The name of its XML, which faults are told of."""
    struktur: Path
    logg: Path | None
    ordbok: Ordbok
    versjon: str
    fingeravtrykk: str
    """The SHA-256 of all that is read: the same comes in once."""
    finn: Callable[[str], Path | None]
    """Finds a document by its `referanseDokumentfil`."""
    feil: Callable[[Mellomlager], Iterator[Avvik]]
    """Lists what is wrong with it as a whole."""
    er_melding: bool = False
    kvitteres: bool = False
    """Whether there is a receipt for messages of its kind."""


def digest_of(path: Path) -> str:
    """Give the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
