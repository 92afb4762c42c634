"""The words of a document, for search."""

from collections.abc import Callable
from pathlib import Path

from sakark_api.formats.charset import decoded
from sakark_api.formats.convert import make_pdf
from sakark_api.formats.epost import take_apart
from sakark_api.formats.identify import Identification
from sakark_api.formats.pdfa import INSIDE
from sakark_api.formats.policy import Format, format_of
from sakark_api.formats.sandbox import Box, found, sandbox
from sakark_api.settings import Settings

__all__ = ["text_of"]

_MOST_PAGES_SEEN = 20
_LANGUAGES = "nor+eng"
_IMAGES = ("TIFF", "JPEG", "PNG")


def text_of(path: Path, identification: Identification, settings: Settings) -> str:
    """Give a document's words with single spaces, at most `SAKARK_TEXT_LIMIT` characters.

    Pictures of text are read with tesseract where it is. A format without words gives none.
    Raises `ToolMissing`, `ToolFailed` or `Unconvertible` as `convert` does.
    """
    kind = format_of(identification.puid)
    if kind is None:
        return ""
    with sandbox(settings) as box:
        raw = _reader(kind)(path, identification, box)
    return " ".join(raw.split())[: settings.text_limit]


def _reader(kind: Format) -> Callable[[Path, Identification, Box], str]:
    if "application/pdf" in kind.mime:
        return _of_pdf
    if kind.name in ("Ren tekst", "XML"):
        return _of_text
    if kind.name == "HTML":
        return _of_web
    if kind.name in _IMAGES:
        return _of_image
    if kind.tool == "epost":
        return _of_mail
    return _of_office if kind.tool in ("writer", "calc", "impress") else _of_nothing


def _of_pdf(path: Path, _identification: Identification, box: Box) -> str:
    return _words(box, box.take(path, "inn.pdf"))


def _of_office(path: Path, identification: Identification, box: Box) -> str:
    make_pdf(path, identification, box)
    return _words(box, "ut.pdf")


def _words(box: Box, name: str) -> str:
    words = box.python(INSIDE, "words", name, str(box.settings.text_limit)).decode()
    if words.strip() or found("tesseract", box.settings) is None:
        return words
    count = int(box.python(INSIDE, "pictures", name, str(_MOST_PAGES_SEEN)))
    return "\n".join(_seen(box, f"side{number}.png") for number in range(count))


def _seen(box: Box, name: str) -> str:
    return box.run("tesseract", name, "stdout", "-l", _LANGUAGES).decode("utf-8", "replace")


def _of_image(path: Path, _identification: Identification, box: Box) -> str:
    if found("tesseract", box.settings) is None:
        return ""
    return _seen(box, box.take(path, "bilde"))


def _of_text(path: Path, _identification: Identification, box: Box) -> str:
    with path.open("rb") as file:
        return decoded(file.read(4 * box.settings.text_limit))


def _of_web(path: Path, _identification: Identification, box: Box) -> str:
    return box.python(INSIDE, "web-words", box.take(path, "side.html")).decode()


def _of_mail(path: Path, identification: Identification, box: Box) -> str:
    mail = take_apart(path, identification)
    words = mail.body
    if not words and mail.html:
        (box.folder / "side.html").write_text(mail.html, "utf-8", errors="replace")
        words = box.python(INSIDE, "web-words", "side.html").decode()
    return "\n".join([*mail.headers.values(), words])


def _of_nothing(_path: Path, _identification: Identification, _box: Box) -> str:
    return ""
