"""Real files of every kind, made by the tools that people make them with, or byte by byte."""

import io
import wave
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pikepdf
from fpdf import FPDF
from fpdf.enums import DocumentCompliance
from msoffcrypto.format.ooxml import OOXMLFile
from PIL import Image, ImageDraw
from tests.formats.outlook import write_message

WORDS = "Søknad om carport i Storgata 1"

_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_APPLICATION = "application/vnd.openxmlformats-officedocument"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def _related(target: str, kind: str) -> str:
    return (
        f'{_HEAD}<Relationships xmlns="{_RELS}"><Relationship Id="rId1" Type="{_OFFICE}/{kind}"'
        f' Target="{target}"/></Relationships>'
    )


def _typed(part: str, kind: str) -> str:
    return (
        f'{_HEAD}<Types xmlns="{_TYPES}"><Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/>'
        f'<Override PartName="{part}" ContentType="{kind}"/></Types>'
    )


def docx(path: Path, **more: bytes) -> Path:
    """Make a letter of Word; `more` are further parts of the package, by name."""
    kind = f"{_APPLICATION}.wordprocessingml.document.main+xml"
    document = (
        f'{_HEAD}<w:document xmlns:w="{_WORD}"><w:body><w:p><w:r><w:t>{WORDS}</w:t></w:r></w:p>'
        "</w:body></w:document>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", _typed("/word/document.xml", kind))
        package.writestr("_rels/.rels", _related("word/document.xml", "officeDocument"))
        package.writestr("word/document.xml", document)
        for name, content in more.items():
            package.writestr(f"word/{name}.bin", content)
    return path


def xlsx(path: Path) -> Path:
    kind = f"{_APPLICATION}.spreadsheetml.sheet.main+xml"
    book = (
        f'{_HEAD}<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="Ark" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    sheet = (
        f'{_HEAD}<worksheet xmlns="{_SHEET}"><sheetData><row r="1"><c r="A1" t="inlineStr">'
        f"<is><t>{WORDS}</t></is></c></row></sheetData></worksheet>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", _typed("/xl/workbook.xml", kind))
        package.writestr("_rels/.rels", _related("xl/workbook.xml", "officeDocument"))
        package.writestr("xl/workbook.xml", book)
        package.writestr(
            "xl/_rels/workbook.xml.rels", _related("worksheets/sheet1.xml", "worksheet")
        )
        package.writestr("xl/worksheets/sheet1.xml", sheet)
    return path


def locked_docx(path: Path) -> Path:
    with docx(path.with_suffix(".open")).open("rb") as file, path.open("wb") as out:
        OOXMLFile(file).encrypt("hemmelig", out)
    return path


def docm(path: Path) -> Path:
    return docx(path, vbaProject=b"\xcc\x61\xff\xff" + bytes(100))


def bomb(path: Path) -> Path:
    """Make a letter of Word with 100 MB of nothing in it, folded to a thousandth."""
    return docx(path, media=bytes(100 * 1024 * 1024))


def locked_zip(path: Path) -> Path:
    """Make a package whose file says that it is encrypted; zipfile itself can't encrypt."""
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("hemmelig.txt", WORDS)
    raw = bytearray(path.read_bytes())
    raw[6] |= 1
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(raw)
    return path


def spoilt_zip(path: Path, name: str, content: str) -> Path:
    """Make a package whose file can be found, and not be unpacked."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(name, content)
    raw = bytearray(path.read_bytes())
    begin = raw.index(name.encode()) + len(name)
    raw[begin : begin + 4] = b"\xff\xff\xff\xff"
    path.write_bytes(raw)
    return path


def rtf(path: Path) -> Path:
    path.write_bytes(rb"{\rtf1\ansi\deff0 S\'f8knad om carport i Storgata 1\par}")
    return path


def html(path: Path) -> Path:
    page = f"<html><head><title>Brev</title></head><body><p>{WORDS}</p></body></html>"
    path.write_text(page, encoding="utf-8")
    return path


def txt(path: Path) -> Path:
    path.write_bytes(f"{WORDS}\r\n".encode("latin-1") * 20)
    return path


def pdf(path: Path) -> Path:
    """Make a PDF whose font is not in it."""
    letter = FPDF()
    letter.add_page()
    letter.set_font("helvetica", size=14)
    letter.cell(text=WORDS)
    letter.output(str(path))
    return path


def locked_pdf(path: Path) -> Path:
    with pikepdf.open(pdf(path.with_suffix(".open"))) as letter:
        letter.save(path, encryption=pikepdf.Encryption(user="hemmelig", owner="eier"))
    return path


def closed_pdf(path: Path) -> Path:
    """Make a PDF that opens for everybody, but may not be changed."""
    with pikepdf.open(pdf(path.with_suffix(".open"))) as letter:
        letter.save(path, encryption=pikepdf.Encryption(user="", owner="eier"))
    return path


def false_pdfa(path: Path) -> Path:
    """Make a PDF that says it is PDF/A-2b, but does not say what its colours mean."""
    page = FPDF(enforce_compliance=DocumentCompliance.PDFA_2B)
    page.add_page()
    page.image(picture(), 10, 10, 50)
    page.output(str(path.with_suffix(".open")))
    with pikepdf.open(path.with_suffix(".open")) as document:
        del document.Root.OutputIntents
        document.save(path, compress_streams=False)
    return path


def scanned_pdf(path: Path) -> Path:
    """Make a PDF of a picture of words."""
    letter = FPDF()
    letter.add_page()
    letter.image(picture("Carport i Storgata"), 10, 10, 150)
    letter.output(str(path))
    return path


def picture(words: str = "") -> Image.Image:
    image = Image.new("RGB", (900, 300), "white")
    ImageDraw.Draw(image).text((50, 100), words, "black", font_size=70)
    return image


def image(path: Path) -> Path:
    """Make a picture of the kind that the name says."""
    picture("Carport").save(path)
    return path


def eml(path: Path) -> Path:
    mail = EmailMessage()
    mail["From"] = "Kari Nordmann <kari@example.no>"
    mail["To"] = "post@molde.example.no"
    mail["Subject"] = WORDS
    mail["Date"] = "Mon, 01 Jun 2026 10:00:00 +0200"
    mail["Message-ID"] = "<1@example.no>"
    mail.set_content("Hei, her er søknaden.")
    mail.add_alternative("<p>Hei, her er <b>søknaden</b>.</p>", subtype="html")
    mail.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="plan.pdf")
    path.write_bytes(bytes(mail))
    return path


def msg(path: Path) -> Path:
    """Make a message of Outlook's: its class, subject, body, and its sender's name and address."""
    texts = {
        0x001A: "IPM.Note",
        0x0037: WORDS,
        0x1000: "Hei, her er søknaden.",
        0x0C1A: "Kari Nordmann",
        0x0C1F: "kari@example.no",
    }
    return write_message(path, texts, {"plan.pdf": b"%PDF-1.4"})


def wav(path: Path) -> Path:
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(16000))
    return path


def package(path: Path) -> Path:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("a.txt", WORDS)
    path.write_bytes(inner.getvalue())
    return path


def junk(path: Path) -> Path:
    path.write_bytes(bytes(range(256)) * 8)
    return path


def nothing(path: Path) -> Path:
    path.touch()
    return path
