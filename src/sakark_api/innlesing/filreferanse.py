"""What a dokumentobjekt says of its file: of which format it is, and where it should be."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from sakark_api.deponering.filsti import EXTENSIONS
from sakark_api.innlesing.kode import Koder
from sakark_api.innlesing.mellomlager import Lest
from sakark_api.innlesing.rad import Meld, Row
from sakark_api.noark.metadata.kodeliste import FORMAT

__all__ = ["Filreferanse", "file_of", "give_format", "media_type"]

_UNKNOWN: Final = "application/octet-stream"
_MEDIA_TYPES: Final[Mapping[str, str]] = {
    **{end: kind for kind, end in reversed(list(EXTENSIONS.items()))},
    "tiff": "image/tiff",
    "jpeg": "image/jpeg",
    "htm": "text/html",
}


@dataclass(frozen=True)
class Filreferanse:
    """A file that a row is to have: where it should be, and what is said of it."""

    rad: Row
    sti: str
    linje: int
    sted: str
    sjekksum: str | None
    algoritme: str | None
    stoerrelse: str | None


def give_format(unit: Lest, row: Row, koder: Koder, meld: Meld) -> None:
    """Find what a file is by what was said of its format, or keep the words (M701, M702).

    That it is called after the end of its file's name, is no more than the name says.
    """
    told, details = unit.first("format"), unit.first("formatDetaljer")
    end = (unit.first("referanseDokumentfil") or "").rpartition(".")[2]
    if told is not None and told.casefold() == end.casefold():
        told = None
    row["format_detaljer"] = details
    puid, _, rest = (details or "").partition(" ")
    known = koder.find(FORMAT.name, puid) if puid else None
    if known is not None and known["kode"] == puid:
        row["format"] = known
        row["format_detaljer"] = rest.removeprefix(known.get("kodenavn", "")).strip() or None
        if told is not None:
            meld("I33", "format", told)
        return
    found = koder.find(FORMAT.name, told) if told else None
    row["format"] = found or koder.default(FORMAT.name, "av/0")
    if found is None and told is not None:
        row["format_detaljer"] = details or told
        if details is not None:
            meld("I33", "format", told)


def file_of(unit: Lest, row: Row, meld: Meld) -> Filreferanse | None:
    """Give the file that a row is to have; None where none is named."""
    told = unit.first("referanseDokumentfil")
    row["filnavn"] = (told or "").replace("\\", "/").rpartition("/")[2] or None
    _give_told(unit, row, meld)
    if told is None:
        if row.get("sjekksum") is not None:
            meld("I50", "referanseDokumentfil", None)
        return None
    return Filreferanse(
        row,
        told,
        unit.linje,
        f"dokumentobjekt[{row['system_id']}]",
        row.get("sjekksum"),
        row.get("sjekksum_algoritme"),
        unit.first("filstoerrelse"),
    )


def _give_told(unit: Lest, row: Row, meld: Meld) -> None:
    """Call a file what a message calls it, and take its word for what it is if its name agrees."""
    called, kind = unit.first("filnavn"), unit.first("mimeType")
    if called is not None:
        if row["filnavn"] not in (None, called):
            meld("I33", "referanseDokumentfil", unit.first("referanseDokumentfil"))
        row["filnavn"] = called
    if kind is not None and kind.strip() == media_type(row["filnavn"] or ""):
        row["mime_type"] = kind.strip()
    elif kind is not None:
        meld("I33", "mimeType", kind)


def media_type(path: str) -> str:
    """Tell the media type of a file by the end of its name."""
    end = PurePosixPath(path.replace("\\", "/")).suffix.lstrip(".").lower()
    return _MEDIA_TYPES.get(end, _UNKNOWN)
