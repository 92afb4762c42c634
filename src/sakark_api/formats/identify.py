"""What a file is: its PRONOM id, by the signature in its bytes."""

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sakark_api.formats.sandbox import WORK_FOLDER

__all__ = ["PLAIN_TEXT", "Identification", "identify"]

PLAIN_TEXT = "x-fmt/111"
_UNKNOWN = "UNKNOWN"
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,12}")
_NAME_ONLY = "match on extension only"


@dataclass(frozen=True)
class Identification:
    """What a file was found to be; without `puid` nothing known was found.

    `basis` says which bytes tell it, and `warning` what is doubtful, both in the words of the
    tool; `mime` is the type that PRONOM has for the format.
    """

    puid: str | None
    name: str
    version: str
    mime: str | None
    basis: str
    warning: str


def identify(path: Path, filename: str | None) -> Identification:
    """Identify a file by its content; its name decides between formats of the same bytes."""
    content = _scan(path, "")
    suffix = Path(filename or "").suffix
    if not _SUFFIX.fullmatch(suffix):
        return content
    named = _scan(path, suffix.lower())
    if named.puid is None or (content.puid is None and _NAME_ONLY in named.warning):
        return content
    return named


def _scan(path: Path, suffix: str) -> Identification:
    """Look at a file as if its name ended in `suffix`; loads the signatures, some 90 MB, once."""
    import pygfried

    with tempfile.TemporaryDirectory(prefix=WORK_FOLDER) as folder:
        link = Path(folder) / f"fil{suffix}"
        link.symlink_to(path.absolute())
        found = pygfried.identify(str(link), detailed=True)
    return _first(found["files"][0])


def _first(file: Mapping[str, Any]) -> Identification:
    match = file["matches"][0]
    known = match["id"] != _UNKNOWN
    return Identification(
        puid=match["id"] if known else None,
        name=match.get("format", ""),
        version=match.get("version", ""),
        mime=match.get("mime") or None,
        basis=match.get("basis", ""),
        warning=match.get("warning", ""),
    )
