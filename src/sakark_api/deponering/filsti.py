"""Where the files of a deposit are in it, and what their names say that they are."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import ColumnElement, FromClause, Text, case, cast, func

from sakark_api.deponering.element import markup

__all__ = ["FOLDER", "extension", "path_of"]

FOLDER: Final = "dokumenter"

EXTENSIONS: Final[Mapping[str, str]] = {
    "application/pdf": "pdf",
    "application/xml": "xml",
    "text/xml": "xml",
    "text/plain": "txt",
    "text/html": "html",
    "text/csv": "csv",
    "image/tiff": "tif",
    "image/jpeg": "jpg",
    "image/png": "png",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/flac": "flac",
    "video/mpeg": "mpg",
    "video/mp4": "mp4",
    "text/vnd.sosi": "sos",
    "application/gml+xml": "gml",
    "application/warc": "warc",
}
"""How files are called by their media types; others keep what they were called when they came."""

_UNKNOWN: Final = "bin"
_LETTERS_IN_FOLDER: Final = 3
"""Four thousand folders: a million files are 250 in each."""


def extension(rows: FromClause) -> ColumnElement[str]:
    """Give the end of a dokumentobjekt's file name, which also is its format in a deposit."""
    known = {markup(kind): markup(end) for kind, end in EXTENSIONS.items()}
    own = func.lower(func.substring(rows.c.filnavn, markup("[.]([A-Za-z0-9]{1,8})$")))
    named: ColumnElement[str] = case(
        known, value=rows.c.mime_type, else_=func.coalesce(own, markup(_UNKNOWN))
    )
    return named


def path_of(rows: FromClause) -> ColumnElement[str]:
    """Give the path of a dokumentobjekt's file, from the root of the deposit."""
    name = cast(rows.c.system_id, Text())
    folder = func.left(name, _LETTERS_IN_FOLDER)
    return func.concat(
        markup(f"{FOLDER}/"), folder, markup("/"), name, markup("."), extension(rows), type_=Text()
    )
