"""Files as municipalities get them, made by the programs that people make them with.

LibreOffice writes all of a kind in one go, from sheets and letters that are each different.
"""

import random
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import islice
from pathlib import Path

from fpdf import FPDF
from PIL import Image, ImageDraw
from tests.formats import made
from tests.jobs.mails import mail

__all__ = ["KINDS", "Kind", "Paper", "make_papers"]

WORDS = (
    *("søknad", "dispensasjon", "arealplan", "fritidsbolig", "fjorden", "nabovarsel", "gebyr"),
    *("vedtak", "klage", "barnehage", "skole", "helse", "tilskudd", "vei", "vann", "avløp"),
    *("om", "for", "ved", "fra", "referat", "møte", "innkalling", "ærfugl", "øy", "å"),
)
OFFICE_SECONDS = 600
_FODT = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document'
    ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    ' xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"'
    ' office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.{kind}">'
    "<office:body><office:{kind}>{content}</office:{kind}></office:body></office:document>"
)


@dataclass(frozen=True)
class Kind:
    """Files of one kind: how they end, what a client says they are, and how many of a thousand."""

    ending: str
    mime: str
    share: int


@dataclass(frozen=True)
class Paper:
    """One file, of which kind it is, and the name it is sent under."""

    kind: str
    path: Path
    name: str
    mime: str


_OOXML = "application/vnd.openxmlformats-officedocument"
_ODF = "application/vnd.oasis.opendocument"
KINDS: Mapping[str, Kind] = {
    "docx": Kind("docx", f"{_OOXML}.wordprocessingml.document", 170),
    "odt": Kind("odt", f"{_ODF}.text", 80),
    "doc": Kind("doc", "application/msword", 60),
    "rtf": Kind("rtf", "application/rtf", 40),
    "html": Kind("html", "text/html", 40),
    "xlsx": Kind("xlsx", f"{_OOXML}.spreadsheetml.sheet", 80),
    "ods": Kind("ods", f"{_ODF}.spreadsheet", 40),
    "xls": Kind("xls", "application/vnd.ms-excel", 30),
    "pptx": Kind("pptx", f"{_OOXML}.presentationml.presentation", 40),
    "odp": Kind("odp", f"{_ODF}.presentation", 20),
    "pdf": Kind("pdf", "application/pdf", 100),
    "pdfa": Kind("pdf", "application/pdf", 50),
    "png": Kind("png", "image/png", 40),
    "jpg": Kind("jpg", "image/jpeg", 40),
    "tif": Kind("tif", "image/tiff", 15),
    "gif": Kind("gif", "image/gif", 10),
    "txt": Kind("txt", "text/plain", 40),
    "eml": Kind("eml", "message/rfc822", 30),
    "msg": Kind("msg", "application/vnd.ms-outlook", 5),
    "wav": Kind("wav", "audio/wav", 5),
    "zip": Kind("zip", "application/zip", 10),
    "låst docx": Kind("docx", f"{_OOXML}.wordprocessingml.document", 10),
    "låst pdf": Kind("pdf", "application/pdf", 10),
    "docm": Kind("docm", "application/vnd.ms-word.document.macroenabled.12", 10),
    "bombe": Kind("docx", f"{_OOXML}.wordprocessingml.document", 2),
    "falsk pdfa": Kind("pdf", "application/pdf", 8),
    "feilmerket": Kind("pdf", "application/pdf", 10),
    "ukjent": Kind("bin", "application/octet-stream", 5),
}
_WRITER, _CALC, _IMPRESS = (
    ("docx", "odt", "doc", "rtf", "html", "pdfa"),
    ("xlsx", "ods", "xls"),
    ("pptx", "odp"),
)
_ONE_BY_ONE: Mapping[str, Callable[[Path], Path]] = {
    "msg": made.msg,
    "wav": made.wav,
    "zip": made.package,
    "låst docx": made.locked_docx,
    "låst pdf": made.locked_pdf,
    "docm": made.docm,
    "bombe": made.bomb,
    "falsk pdfa": made.false_pdfa,
    "feilmerket": made.docx,
    "ukjent": made.junk,
}


def make_papers(folder: Path, files: int, chance: random.Random) -> list[Paper]:
    """Make so many files in all, at least one of each kind, in an order by chance."""
    counts = {name: max(1, round(kind.share * files / 1000)) for name, kind in KINDS.items()}
    papers = [
        Paper(name, path, f"{path.stem}.{KINDS[name].ending}", KINDS[name].mime)
        for name, count in counts.items()
        for path in _made(name, count, folder / name.replace(" ", "-"), chance)
    ]
    chance.shuffle(papers)
    return papers


def _made(name: str, count: int, folder: Path, chance: random.Random) -> Sequence[Path]:
    folder.mkdir()
    paths = [
        folder / f"{name.rsplit(maxsplit=1)[-1]}{n}.{KINDS[name].ending}" for n in range(count)
    ]
    if name in (*_WRITER, *_CALC, *_IMPRESS):
        return _by_office(name, count, folder, chance)
    if name in _ONE_BY_ONE:
        return [_ONE_BY_ONE[name](path) for path in paths]
    for path in paths:
        _by_hand(name, path, chance)
    return paths


def _by_hand(name: str, path: Path, chance: random.Random) -> None:
    if name == "pdf":
        path.write_bytes(_letter(chance))
    elif name == "txt":
        path.write_text("\n".join(_sentences(chance, 40)), encoding="utf-8")
    elif name == "eml":
        path.write_bytes(mail({"plan.pdf": _letter(chance)}, words=_sentence(chance)))
    else:
        image = Image.new("RGB", (1240, 877), "white")
        ImageDraw.Draw(image).text((50, 100), _sentence(chance), "black", font_size=40)
        image.save(path)


def _letter(chance: random.Random) -> bytes:
    letter = FPDF()
    for _ in range(chance.randrange(1, 5)):
        letter.add_page()
        letter.set_font("helvetica", size=12)
        letter.multi_cell(0, 8, "\n".join(_sentences(chance, 20)))
    return bytes(letter.output())


def _sentences(chance: random.Random, count: int) -> list[str]:
    return [_sentence(chance) for _ in range(count)]


def _sentence(chance: random.Random) -> str:
    return " ".join(chance.choices(WORDS, k=chance.randrange(4, 14))).capitalize() + "."


def _by_office(name: str, count: int, folder: Path, chance: random.Random) -> Sequence[Path]:
    """Let LibreOffice write a number of files in one process."""
    sources = folder / "kilder"
    sources.mkdir()
    write = _sheet if name in _CALC else _slides if name in _IMPRESS else _text
    for number in range(count):
        write(sources / f"{name}{number}", chance)
    ending = KINDS[name].ending
    options = ':writer_pdf_Export:{"SelectPdfVersion":{"type":"long","value":"2"}}'
    subprocess.run(
        [
            *("soffice", "--headless", "--norestore"),
            f"-env:UserInstallation=file://{folder}/profil",
            *("--convert-to", f"{ending}{options if name == 'pdfa' else ''}"),
            *("--outdir", str(folder)),
            *(str(path) for path in sorted(sources.iterdir())),
        ],
        check=True,
        capture_output=True,
        timeout=OFFICE_SECONDS,
    )
    shutil.rmtree(folder / "profil")
    made_there = sorted(folder.glob(f"*.{ending}"))
    return list(islice(made_there, count))


def _text(path: Path, chance: random.Random) -> None:
    lines = _sentences(chance, chance.randrange(5, 120))
    content = "".join(f"<text:p>{escape(line)}</text:p>" for line in lines)
    path.with_suffix(".fodt").write_text(_FODT.format(kind="text", content=content), "utf-8")


def _sheet(path: Path, chance: random.Random) -> None:
    rows = [
        f"{_sentence(chance)};{chance.randrange(10**6)}" for _ in range(chance.randrange(5, 200))
    ]
    path.with_suffix(".csv").write_text("\n".join(rows), "utf-8")


def _slides(path: Path, chance: random.Random) -> None:
    pages = "".join(
        "<draw:page><draw:frame><draw:text-box><text:p>"
        f"{escape(line)}</text:p></draw:text-box></draw:frame></draw:page>"
        for line in _sentences(chance, chance.randrange(1, 8))
    )
    path.with_suffix(".fodp").write_text(_FODT.format(kind="presentation", content=pages), "utf-8")
