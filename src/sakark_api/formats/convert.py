"""Make PDF/A of a document, and prove that it is."""

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sakark_api.formats.epost import as_page, take_apart
from sakark_api.formats.identify import Identification, identify
from sakark_api.formats.machine import version_of
from sakark_api.formats.pdfa import INSIDE, Check, check_pdfa
from sakark_api.formats.policy import Maker, format_of, is_mail
from sakark_api.formats.sandbox import WORK_FOLDER, Box, ToolFailed, sandbox
from sakark_api.settings import Settings
from sakark_api.texts import Text, joined, text

__all__ = ["Conversion", "Unconvertible", "convert", "make_pdf"]

_HTML = ("fmt/96", "fmt/97", "fmt/98", "fmt/99", "fmt/100", "fmt/102", "fmt/103", "fmt/471")
_RESULT = "ut.pdf"
_MOST_NAMED = 20


@dataclass(frozen=True)
class Conversion:
    """What was made: its PRONOM id, by which program, and what is to be told of it."""

    puid: str
    tool: str
    version: str
    comment: Text


class Unconvertible(Exception):
    """A document that no program of ours makes PDF/A of; `why` says so in a sentence."""

    def __init__(self, why: Text) -> None:
        super().__init__(str(why))
        self.why = why


def convert(
    path: Path, identification: Identification, out: Path, settings: Settings
) -> Conversion:
    """Write a document as PDF/A-2b to `out`, which is there only when it is valid.

    Raises `Unconvertible` when the document can't be, `ToolMissing` or `ToolFailed` when it is our
    own programs that fail.
    """
    with tempfile.TemporaryDirectory(prefix=WORK_FOLDER) as ours:
        made = Path(ours) / _RESULT
        with sandbox(settings) as box:
            tool = make_pdf(path, identification, box)
            if not box.give(_RESULT, made):
                raise Unconvertible(_damaged(tool))
        found = identify(made, _RESULT)
        check = _checked(made, found, tool, settings)
        shutil.copyfile(made, out)
    comment = text(
        "PDF/A-{utgave}, validert med {verktoey}.", utgave=found.version, verktoey=check.checker
    )
    told = joined([comment, *_left_out(path, identification)], " ")
    return Conversion(found.puid or "", tool, version_of(tool, settings) or "", told)


def _left_out(path: Path, identification: Identification) -> Sequence[Text]:
    """Say what of an e-mail is not in its PDF, and where that is."""
    if not is_mail(identification.puid):
        return ()
    names = [one.filename or "?" for one in take_apart(path, identification).attachments]
    if not names:
        return ()
    sentence = text(
        "E-postens {antall} vedlegg er ikke med i PDF-en. De er i originalen, og blir egne"
        " dokumenter i samme registrering: {navn}.",
        antall=len(names),
        navn=", ".join(names[:_MOST_NAMED]) + (" …" if len(names) > _MOST_NAMED else ""),
    )
    return (sentence,)


def _checked(made: Path, found: Identification, tool: str, settings: Settings) -> Check:
    """Validate what was made; raises `Unconvertible` when it is not PDF/A after all."""
    kind = format_of(found.puid)
    check = check_pdfa(made, found.puid or "", settings)
    if kind is not None and kind.claims_pdfa and check.holds:
        return check
    raise Unconvertible(
        text(
            "Det {verktoey} laget, er ikke gyldig PDF/A ({feil}). Lag PDF/A i programmet"
            " dokumentet er skrevet i, og last den opp.",
            verktoey=tool,
            feil=", ".join(check.faults),
        )
    )


def make_pdf(path: Path, identification: Identification, box: Box) -> str:
    """Write a document as `ut.pdf` in a box, and give the program that did it."""
    kind = format_of(identification.puid)
    if kind is None or kind.tool is None:
        raise Unconvertible(
            text("Ingen av programmene her lager PDF/A av {format}.", format=identification.name)
        )
    tool = _MAKERS[kind.tool](path, identification, box)
    if not (box.folder / _RESULT).is_file():
        raise Unconvertible(_damaged(tool))
    return tool


def _by_office(part: str) -> Callable[[Path, Identification, Box], str]:
    def make(path: Path, identification: Identification, box: Box) -> str:
        _office(box, box.take(path, "ut.dokument"), part, html=identification.puid in _HTML)
        return "soffice"

    return make


def _office(box: Box, name: str, part: str, *, html: bool = False) -> None:
    """Let LibreOffice export PDF/A-2b, tagged for those who listen to it (WCAG, PDF/UA).

    Comments make it no PDF/A, and a person is asked; those of a web page are for no reader.
    """
    options = (
        '{"SelectPdfVersion":{"type":"long","value":"2"},'
        f'"ExportNotes":{{"type":"boolean","value":"{str(not html).lower()}"}},'
        '"UseTaggedPDF":{"type":"boolean","value":"true"}}'
    )
    box.run(
        "soffice",
        "--headless",
        "--norestore",
        f"-env:UserInstallation=file://{box.folder}/hjem/office",
        *(["--infilter=HTML (StarWriter)"] if html else []),
        "--convert-to",
        f"pdf:{part}_pdf_Export:{options}",
        name,
    )


_COLOURS = """%!
[/_objdef {profil} /type /stream /OBJ pdfmark
[{profil} << /N 3 >> /PUT pdfmark
[{profil} (srgb.icc) (r) file /PUT pdfmark
[/_objdef {hensikt} /type /dict /OBJ pdfmark
[{hensikt} << /Type /OutputIntent /S /GTS_PDFA1 /DestOutputProfile {profil}
  /OutputConditionIdentifier (sRGB) >> /PUT pdfmark
[{Catalog} << /OutputIntents [ {hensikt} ] >> /PUT pdfmark
"""
"""Tells Ghostscript which colours PDF/A has: those of the profile beside it."""


def _by_ghostscript(path: Path, _identification: Identification, box: Box) -> str:
    """Write a PDF anew with its fonts inside, and without what PDF/A may not have."""
    box.python(INSIDE, "profile", "srgb.icc")
    (box.folder / "farger.ps").write_text(_COLOURS, encoding="ascii")
    try:
        box.run(
            "gs",
            *("-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-sDEVICE=pdfwrite"),
            *("-dPDFA=2", "-dPDFACompatibilityPolicy=1", "-sColorConversionStrategy=RGB"),
            *("--permit-file-read=srgb.icc", f"-sOutputFile={_RESULT}"),
            *("farger.ps", box.take(path, "inn.pdf")),
        )
    except ToolFailed as error:
        if not error.ended:
            raise
        raise Unconvertible(_damaged("Ghostscript")) from error
    return "gs"


def _by_image(path: Path, _identification: Identification, box: Box) -> str:
    try:
        box.python(INSIDE, "picture-page", box.take(path, "bilde"), _RESULT)
    except ToolFailed as error:
        if not error.ended:
            raise
        raise Unconvertible(_damaged("fpdf2")) from error
    return "fpdf2"


def _by_mail(path: Path, identification: Identification, box: Box) -> str:
    """Write the heads and the body; what is attached is documents of its own."""
    page = as_page(take_apart(path, identification))
    (box.folder / "ut.html").write_text(page, encoding="utf-8", errors="replace")
    _office(box, "ut.html", "writer", html=True)
    return "soffice"


def _damaged(tool: str) -> Text:
    return text(
        "{verktoey} klarte ikke å åpne dokumentet. Kontroller at det ikke er skadet.",
        verktoey=tool,
    )


_MAKERS: Mapping[Maker, Callable[[Path, Identification, Box], str]] = {
    Maker.WRITER: _by_office("writer"),
    Maker.CALC: _by_office("calc"),
    Maker.IMPRESS: _by_office("impress"),
    Maker.GHOSTSCRIPT: _by_ghostscript,
    Maker.BILDE: _by_image,
    Maker.EPOST: _by_mail,
}
