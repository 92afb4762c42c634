"""A picture of a document's first page."""

from pathlib import Path

from sakark_api.formats.convert import make_pdf
from sakark_api.formats.identify import Identification
from sakark_api.formats.pdfa import INSIDE
from sakark_api.formats.policy import format_of
from sakark_api.formats.sandbox import ToolFailed, sandbox
from sakark_api.settings import Settings

__all__ = ["preview_of"]

_PICTURE = "side.png"


def preview_of(path: Path, identification: Identification, out: Path, settings: Settings) -> bool:
    """Write the first page as PNG, 800 pixels wide; tell whether there is one to show.

    Raises `ToolMissing`, `ToolFailed` or `Unconvertible` as `convert` does.
    """
    kind = format_of(identification.puid)
    if kind is None:
        return False
    with sandbox(settings) as box:
        try:
            if "application/pdf" in kind.mime:
                box.python(INSIDE, "preview", box.take(path, "inn.pdf"), _PICTURE)
            elif any(mime.startswith("image/") for mime in kind.mime):
                box.python(INSIDE, "thumbnail", box.take(path, "bilde"), _PICTURE)
            elif kind.tool is not None:
                make_pdf(path, identification, box)
                box.python(INSIDE, "preview", "ut.pdf", _PICTURE)
            else:
                return False
        except ToolFailed as error:
            if error.tool == INSIDE and error.ended:
                return False
            raise
        return box.give(_PICTURE, out)
