"""Real files through real programs: what each is, what is said of it, and what is made of it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image
from tests.formats import made
from tests.jobs.mails import forwarded, labyrinth, mail

from sakark_api.formats import (
    Conversion,
    Examination,
    ToolMissing,
    Unconvertible,
    Verdict,
    convert,
    examine,
    identify,
    preview_of,
    take_apart,
    text_of,
)
from sakark_api.formats.epost import is_overfull
from sakark_api.formats.package import is_locked
from sakark_api.formats.sandbox import found
from sakark_api.settings import Settings

SETTINGS = Settings()
WITHOUT_VERAPDF = Settings(tool_path="/usr/bin:/bin")

HERE = {tool for tool in ("soffice", "gs", "tesseract", "verapdf") if found(tool, SETTINGS)}


def needs(*tools: str) -> pytest.MarkDecorator:
    missing = sorted(set(tools) - HERE)
    return pytest.mark.skipif(bool(missing), reason=f"not on this machine: {', '.join(missing)}")


def looked_at(path: Path, mime: str | None = None, settings: Settings = SETTINGS) -> Examination:
    return examine(path, filename=path.name, declared_mime=mime, settings=settings)


TABLE = [
    (made.docx, "brev.docx", Verdict.KONVERTERES, "fmt/412"),
    (made.docm, "brev.docx", Verdict.MAKROER, "fmt/412"),
    (made.locked_docx, "brev.docx", Verdict.PASSORD, "fmt/494"),
    (made.bomb, "brev.docx", Verdict.BOMBE, "fmt/412"),
    (made.docx, "brev.pdf", Verdict.FEILMERKET, "fmt/412"),
    (made.xlsx, "ark.xlsx", Verdict.KONVERTERES, "fmt/214"),
    (made.rtf, "brev.rtf", Verdict.KONVERTERES, "fmt/45"),
    (made.html, "side.html", Verdict.KONVERTERES, "fmt/96"),
    (made.eml, "post.eml", Verdict.KONVERTERES, "fmt/950"),
    (made.msg, "post.msg", Verdict.KONVERTERES, "x-fmt/430"),
    (made.txt, "brev.txt", Verdict.ARKIVFORMAT, "x-fmt/111"),
    (made.txt, "brev.docx", Verdict.FEILMERKET, "x-fmt/111"),
    (made.pdf, "brev.pdf", Verdict.KONVERTERES, "fmt/17"),
    (made.closed_pdf, "brev.pdf", Verdict.KONVERTERES, "fmt/276"),
    (made.locked_pdf, "brev.pdf", Verdict.PASSORD, "fmt/276"),
    (made.image, "kart.png", Verdict.ARKIVFORMAT, "fmt/11"),
    (made.image, "kart.jpg", Verdict.ARKIVFORMAT, "fmt/43"),
    (made.image, "kart.tif", Verdict.ARKIVFORMAT, "fmt/353"),
    (made.image, "kart.gif", Verdict.KONVERTERES, "fmt/3"),
    (made.image, "kart.webp", Verdict.KONVERTERES, "fmt/566"),
    (made.wav, "moete.wav", Verdict.ARKIVFORMAT, "fmt/141"),
    (made.package, "alt.zip", Verdict.BEHOLDES, "x-fmt/263"),
    (made.locked_zip, "alt.zip", Verdict.PASSORD, "x-fmt/263"),
    (made.junk, "noe.xyz", Verdict.UKJENT, None),
    (made.nothing, "brev.pdf", Verdict.TOM, None),
]


@pytest.mark.parametrize(
    ("make", "name", "verdict", "puid"),
    TABLE,
    ids=[f"{make.__name__}-{name}" for make, name, _, _ in TABLE],
)
def test_every_kind_of_file_has_its_verdict(
    make: Callable[[Path], Path],
    name: str,
    verdict: Verdict,
    puid: str | None,
    tmp_path: Path,
) -> None:
    found = looked_at(make(tmp_path / name))

    assert (found.verdict, found.identification.puid) == (verdict, puid)
    assert all(map(str, found.reasons))


def test_a_package_that_cannot_be_unpacked_asks_for_no_password(tmp_path: Path) -> None:
    path = made.spoilt_zip(tmp_path / "a.odt", "META-INF/manifest.xml", "<manifest/>" * 1000)

    assert not is_locked(path)


@needs("verapdf")
def test_a_false_claim_to_be_pdfa_is_refused_with_the_rules_it_breaks(tmp_path: Path) -> None:
    found = looked_at(made.false_pdfa(tmp_path / "brev.pdf"))

    assert found.verdict is Verdict.FALSK_PDFA
    assert "(veraPDF)" in str(found.reasons[0])
    assert "6.2.4.3-2" in str(found.reasons[0])  # colours of no profile


def test_where_the_other_validator_is_not_sure_verapdf_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(ToolMissing, match="verapdf"):
        looked_at(made.false_pdfa(tmp_path / "brev.pdf"), settings=WITHOUT_VERAPDF)


@dataclass(frozen=True)
class Made:
    """A document, and the PDF/A that was made of it."""

    path: Path
    conversion: Conversion
    out: Path


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Made]:
    """Convert a document the first time it is asked for: LibreOffice takes seconds to start."""
    ready: dict[str, Made] = {}
    folder = tmp_path_factory.mktemp("dokumenter")

    def give(name: str) -> Made:
        if name not in ready:
            path = MAKERS[name](folder / name)
            out = folder / f"{name}.pdf"
            conversion = convert(path, identify(path, name), out, SETTINGS)
            ready[name] = Made(path, conversion, out)
        return ready[name]

    return give


MAKERS = {
    "brev.docx": made.docx,
    "ark.xlsx": made.xlsx,
    "post.eml": made.eml,
    "lukket.pdf": made.closed_pdf,
    "kart.gif": made.image,
}
OFFICE = ["brev.docx", "ark.xlsx", "post.eml"]


@needs("soffice", "verapdf")
@pytest.mark.parametrize("name", OFFICE)
def test_an_office_document_becomes_pdfa_with_its_words(
    name: str, converted: Callable[[str], Made]
) -> None:
    result = converted(name)

    assert result.conversion.puid == "fmt/477"
    assert result.conversion.tool == "soffice"
    assert str(result.conversion.comment).startswith("PDF/A-2b, validert med veraPDF.")
    words = text_of(result.out, identify(result.out, "ut.pdf"), SETTINGS)
    assert made.WORDS in words


@needs("soffice", "verapdf")
def test_of_an_email_the_comment_tells_what_its_pdf_does_not_hold(
    converted: Callable[[str], Made],
) -> None:
    comment = str(converted("post.eml").conversion.comment)

    assert comment == (
        "PDF/A-2b, validert med veraPDF. E-postens 1 vedlegg er ikke med i PDF-en. De er i"
        " originalen, og blir egne dokumenter i samme registrering: plan.pdf."
    )


@needs("soffice", "verapdf")
def test_what_a_web_page_says_to_nobody_does_not_stop_it(tmp_path: Path) -> None:
    path, out = tmp_path / "side.html", tmp_path / "ut.pdf"
    path.write_text(
        f"<html><head><meta name='created' content='00:00:00'></head><body><p>{made.WORDS}"
        "<!-- mal 3 --></p></body></html>",
        encoding="utf-8",
    )

    convert(path, identify(path, path.name), out, SETTINGS)

    assert text_of(out, identify(out, out.name), SETTINGS) == made.WORDS


@needs("gs", "verapdf")
def test_a_pdf_becomes_pdfa_with_its_words(converted: Callable[[str], Made]) -> None:
    result = converted("lukket.pdf")

    assert (result.conversion.puid, result.conversion.tool) == ("fmt/477", "gs")
    assert made.WORDS in text_of(result.out, identify(result.out, "ut.pdf"), SETTINGS)


@needs("gs", "verapdf")
def test_pdfa_that_holds_is_an_archive_format_without_verapdf_too(
    converted: Callable[[str], Made],
) -> None:
    assert looked_at(converted("lukket.pdf").out, settings=WITHOUT_VERAPDF).verdict is (
        Verdict.ARKIVFORMAT
    )


@needs("verapdf")
def test_an_image_becomes_a_page_of_its_own_size(converted: Callable[[str], Made]) -> None:
    result = converted("kart.gif")

    assert (result.conversion.puid, result.conversion.tool) == ("fmt/477", "fpdf2")
    assert pypdfium2.PdfDocument(result.out)[0].get_size() == (900, 300)


@needs("soffice")
def test_a_damaged_document_is_said_to_be_so_and_leaves_nothing(tmp_path: Path) -> None:
    path, out = made.docx(tmp_path / "brev.docx"), tmp_path / "ut.pdf"
    identification = identify(path, path.name)
    path.write_bytes(path.read_bytes()[:300])

    with pytest.raises(Unconvertible, match="skadet"):
        convert(path, identification, out, SETTINGS)

    assert not out.exists()


def test_what_nothing_converts_is_said_to_be_so(tmp_path: Path) -> None:
    path = made.package(tmp_path / "alt.zip")

    with pytest.raises(Unconvertible, match="Ingen av programmene her lager PDF/A av ZIP"):
        convert(path, identify(path, path.name), tmp_path / "ut.pdf", SETTINGS)


def test_a_program_that_is_not_here_is_named(tmp_path: Path) -> None:
    path = made.docx(tmp_path / "brev.docx")
    (tmp_path / "bin").mkdir()
    for program in ("bwrap", "setpriv", "prlimit"):
        (tmp_path / "bin" / program).symlink_to(f"/usr/bin/{program}")
    bare = Settings(tool_path=str(tmp_path / "bin"))

    with pytest.raises(ToolMissing, match="soffice"):
        convert(path, identify(path, path.name), tmp_path / "ut.pdf", bare)


@pytest.mark.parametrize(
    ("make", "name"), [(made.txt, "brev.txt"), (made.html, "side.html"), (made.pdf, "brev.pdf")]
)
def test_words_are_read_whatever_their_character_set(
    make: Callable[[Path], Path], name: str, tmp_path: Path
) -> None:
    path = make(tmp_path / name)

    assert made.WORDS in text_of(path, identify(path, name), SETTINGS)


def test_no_more_words_are_kept_than_is_set(tmp_path: Path) -> None:
    path = made.txt(tmp_path / "brev.txt")

    kept = text_of(path, identify(path, path.name), SETTINGS.model_copy(update={"text_limit": 6}))

    assert kept == "Søknad"


@needs("tesseract")
@pytest.mark.parametrize(
    ("make", "name"), [(made.scanned_pdf, "skannet.pdf"), (made.image, "kart.png")]
)
def test_words_in_pictures_are_read(
    make: Callable[[Path], Path], name: str, tmp_path: Path
) -> None:
    path = make(tmp_path / name)

    assert "Carport" in text_of(path, identify(path, name), SETTINGS)


@pytest.mark.parametrize(
    ("make", "name"), [(made.pdf, "brev.pdf"), (made.image, "kart.tif")], ids=["pdf", "image"]
)
def test_the_first_page_is_shown(make: Callable[[Path], Path], name: str, tmp_path: Path) -> None:
    path, out = make(tmp_path / name), tmp_path / "side.png"

    shown = preview_of(path, identify(path, name), out, SETTINGS)

    with Image.open(out) as picture:
        assert shown
        assert (picture.format, picture.width) == ("PNG", 800)


@pytest.mark.parametrize(
    ("make", "name"), [(made.junk, "noe"), (made.wav, "a.wav"), (made.locked_pdf, "a.pdf")]
)
def test_what_can_not_be_shown_is_not(
    make: Callable[[Path], Path], name: str, tmp_path: Path
) -> None:
    path, out = make(tmp_path / name), tmp_path / "side.png"

    assert not preview_of(path, identify(path, name), out, SETTINGS)
    assert not out.exists()


def test_an_email_comes_apart(tmp_path: Path) -> None:
    path = made.eml(tmp_path / "post.eml")

    mail = take_apart(path, identify(path, path.name))

    assert mail.headers["From"] == "Kari Nordmann <kari@example.no>"
    assert mail.headers["Subject"] == made.WORDS
    assert mail.body.strip() == "Hei, her er søknaden."
    assert "<b>søknaden</b>" in mail.html
    [plan] = mail.attachments
    assert (plan.filename, plan.mime, plan.content) == ("plan.pdf", "application/pdf", b"%PDF-1.4")


def mailed(path: Path, content: bytes) -> Examination:
    path.write_bytes(content)
    return looked_at(path)


@pytest.mark.parametrize(
    ("content", "verdict"),
    [
        (bytes(forwarded(5)), Verdict.KONVERTERES),
        (bytes(forwarded(6)), Verdict.BOMBE),
        (mail({f"{n}.pdf": b"%PDF" for n in range(200)}), Verdict.KONVERTERES),
        (mail({f"{n}.pdf": b"%PDF" for n in range(201)}), Verdict.BOMBE),
        (labyrinth(5000), Verdict.BOMBE),
    ],
    ids=["five deep", "six deep", "200 attached", "201 attached", "too deep to read"],
)
def test_an_email_with_more_inside_than_anyone_sends_is_a_bomb(
    tmp_path: Path, content: bytes, verdict: Verdict
) -> None:
    assert mailed(tmp_path / "post.eml", content).verdict is verdict


def test_an_email_may_not_have_more_attached_than_may_be_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "post.eml"
    path.write_bytes(mail({"stor.pdf": bytes(1_100_000)}))

    small = Settings(unpack_limit=1_048_576)

    assert looked_at(path, settings=small).verdict is Verdict.BOMBE


def test_an_email_that_is_attached_is_named_by_what_it_is_about(tmp_path: Path) -> None:
    path = tmp_path / "post.eml"
    path.write_bytes(bytes(forwarded(1)))

    [inner] = take_apart(path, identify(path, path.name)).attachments

    assert (inner.filename, inner.mime) == ("Lag 0.eml", "message/rfc822")
    assert b"Subject: Lag 0" in inner.content


def test_a_message_of_outlook_comes_apart(tmp_path: Path) -> None:
    path = made.msg(tmp_path / "post.msg")

    mail = take_apart(path, identify(path, path.name))

    assert mail.headers == {"From": '"Kari Nordmann" <kari@example.no>', "Subject": made.WORDS}
    assert mail.body == "Hei, her er søknaden."
    assert [(one.filename, one.content) for one in mail.attachments] == [("plan.pdf", b"%PDF-1.4")]


def test_a_damaged_message_of_outlook_gives_what_it_has(tmp_path: Path) -> None:
    path = made.msg(tmp_path / "post.msg")
    identification = identify(path, path.name)
    path.write_bytes(path.read_bytes()[:700])

    assert take_apart(path, identification).attachments == ()


APPLE = b"""From: a@example.no
Subject: Plan
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary=A

--A
Content-Type: text/plain

Hei
--A
Content-Type: multipart/mixed; boundary=B

--B
Content-Type: text/html

<p>Hei <img src="cid:logo"></p>
--B
Content-Type: application/pdf; name=plan.pdf
Content-Disposition: inline; filename=plan.pdf

%PDF-1.4
--B--
--A--
"""
SIGNED = APPLE.replace(b"multipart/alternative", b"multipart/signed")
BARE = b"From: a@example.no\nSubject: Skannet\nContent-Type: application/pdf; name=plan.pdf\n\n%PDF"


@pytest.mark.parametrize("content", [APPLE, SIGNED, BARE], ids=["apple", "signed", "bare"])
def test_what_is_attached_is_found_however_a_mail_is_put_together(
    content: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "post.eml"
    path.write_bytes(content)

    mail = take_apart(path, identify(path, path.name))

    assert [one.filename for one in mail.attachments] == ["plan.pdf"]


@pytest.mark.parametrize(
    "content",
    [
        b"From: a@example.no\nSubject: x\nTo: " + b"a," * 200_000 + b"\n\nHei",
        b"From: a@example.no\nSubject: x\nDate: x\nTo: x\n" + b"X: y\n" * 60_000 + b"\nHei",
    ],
    ids=["addresses", "heads"],
)
def test_mails_with_endless_heads_are_left_shut(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "post.eml"
    path.write_bytes(content)

    assert is_overfull(path, identify(path, path.name), 10_000_000)


@pytest.mark.parametrize("charset", ["idna", "undefined", "finnes-ikke"])
def test_words_in_no_character_set_are_read_as_they_are(charset: str, tmp_path: Path) -> None:
    path = tmp_path / "post.eml"
    heads = f"From: a@example.no\nSubject: x\nContent-Type: text/plain; charset={charset}\n\n"
    path.write_bytes(f"{heads}Hei..".encode())

    assert "Hei" in take_apart(path, identify(path, path.name)).body
