"""What is done with each format, read from the table `policy.toml`."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from pathlib import Path

__all__ = [
    "Format",
    "Handling",
    "Maker",
    "approved_puids",
    "contradicts",
    "format_of",
    "formats",
    "is_mail",
]

_ANYTHING = ("application/octet-stream", "binary/octet-stream", "application/x-download", "")
"""What a program says of a file when it does not know its type."""


class Handling(StrEnum):
    ARKIVFORMAT = "arkivformat"
    KONVERTERES = "konverteres"
    BEHOLDES = "beholdes"


class Maker(StrEnum):
    """What makes PDF/A of a format."""

    WRITER = "writer"
    CALC = "calc"
    IMPRESS = "impress"
    GHOSTSCRIPT = "ghostscript"
    BILDE = "bilde"
    EPOST = "epost"


@dataclass(frozen=True)
class Format:
    """One table of `policy.toml`: formats that are handled alike, and what may name them."""

    name: str
    handling: Handling
    puids: frozenset[str]
    mime: frozenset[str]
    extensions: frozenset[str]
    tool: Maker | None = None
    source: str = ""
    claims_pdfa: bool = False


@cache
def formats() -> Sequence[Format]:
    table = (resources.files("sakark_api.formats") / "policy.toml").read_text(encoding="utf-8")
    return tuple(
        Format(
            name=one["name"],
            handling=Handling(one["handling"]),
            puids=frozenset(one["puids"]),
            mime=frozenset(one["mime"]),
            extensions=frozenset(one["extensions"]),
            tool=Maker(one["tool"]) if "tool" in one else None,
            source=one.get("source", ""),
            claims_pdfa=one.get("claims_pdfa", False),
        )
        for one in tomllib.loads(table)["format"]
    )


def format_of(puid: str | None) -> Format | None:
    """Give what the table has for a PRONOM id; nothing for a format it does not know."""
    return next((one for one in formats() if puid in one.puids), None)


def approved_puids() -> frozenset[str]:
    """Give the PRONOM ids of all that is approved for deposit as it is."""
    return frozenset[str]().union(
        *(one.puids for one in formats() if one.handling is Handling.ARKIVFORMAT)
    )


def is_mail(puid: str | None) -> bool:
    """Tell whether a PRONOM id is of e-mail, which is taken apart."""
    found = format_of(puid)
    return found is not None and found.tool is Maker.EPOST


def contradicts(found: Format, declared_mime: str | None, filename: str | None) -> str | None:
    """Give what was said of a file that its content contradicts: a media type, or an extension.

    Only a type or extension that the table knows, and has for other formats only, contradicts.
    """
    mime = (declared_mime or "").partition(";")[0].strip().lower()
    if (
        mime not in _ANYTHING
        and mime not in found.mime
        and any(mime in it.mime for it in formats())
    ):
        return mime
    extension = Path(filename or "").suffix.removeprefix(".").lower()
    if extension not in found.extensions and any(extension in it.extensions for it in formats()):
        return f".{extension}"
    return None
