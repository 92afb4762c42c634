"""What a file is, by its bytes, and what may be said of it."""

import zipfile
from pathlib import Path

import pytest
from fpdf import FPDF

from sakark_api.formats import Verdict, examine, identify
from sakark_api.formats.policy import Handling, format_of, formats
from sakark_api.noark.arkivstruktur.dokumentobjekt import GODKJENTE_ARKIVFORMATER
from sakark_api.settings import Settings

SETTINGS = Settings()


def pdf(path: Path) -> Path:
    letter = FPDF()
    letter.add_page()
    letter.set_font("helvetica", size=14)
    letter.cell(text="Søknad om carport")
    letter.output(str(path))
    return path


def test_content_tells_the_format_whatever_the_name_is(tmp_path: Path) -> None:
    file = pdf(tmp_path / "fil")

    found = identify(file, None)

    assert found.puid == "fmt/17"
    assert found.mime == "application/pdf"
    assert "byte match" in found.basis


def test_a_name_alone_tells_nothing(tmp_path: Path) -> None:
    file = tmp_path / "fil"
    file.write_bytes(bytes(range(256)) * 4)

    assert identify(file, "liste.csv").puid is None


def test_a_name_decides_between_formats_of_plain_text(tmp_path: Path) -> None:
    file = tmp_path / "fil"
    file.write_text("navn;beløp\nKari;100\n", encoding="utf-8")

    assert identify(file, None).puid == "x-fmt/111"
    assert identify(file, "liste.csv").puid == "x-fmt/18"


def test_a_name_with_odd_signs_reaches_no_other_file(tmp_path: Path) -> None:
    file = pdf(tmp_path / "fil")

    assert identify(file, "../../etc/passwd.p/df\0").puid == "fmt/17"


SAID = [
    ("brev.pdf", "application/pdf", Verdict.KONVERTERES),
    ("brev.PDF", "application/pdf; charset=binary", Verdict.KONVERTERES),
    ("brev", "application/octet-stream", Verdict.KONVERTERES),
    ("sak 2026.123", None, Verdict.KONVERTERES),
    ("brev.docx", None, Verdict.FEILMERKET),
    ("brev.pdf", "image/png", Verdict.FEILMERKET),
]


@pytest.mark.parametrize(("filename", "mime", "verdict"), SAID)
def test_what_is_said_of_a_file_is_compared_with_its_content(
    filename: str, mime: str | None, verdict: Verdict, tmp_path: Path
) -> None:
    file = pdf(tmp_path / "fil")

    found = examine(file, filename=filename, declared_mime=mime, settings=SETTINGS)

    assert found.verdict is verdict


def test_nothing_is_no_document(tmp_path: Path) -> None:
    file = tmp_path / "fil"
    file.touch()

    found = examine(file, filename="brev.pdf", declared_mime=None, settings=SETTINGS)

    assert found.verdict is Verdict.TOM


def test_a_program_renamed_to_a_letter_is_found_out(tmp_path: Path) -> None:
    file = tmp_path / "fil"
    with zipfile.ZipFile(file, "w") as package:
        package.writestr("a.txt", "tekst")

    found = examine(file, filename="brev.docx", declared_mime=None, settings=SETTINGS)

    assert found.verdict is Verdict.FEILMERKET
    assert [str(reason) for reason in found.reasons] == [
        "Filen er merket som .docx, men innholdet er ZIP."
    ]


def test_each_format_is_in_the_policy_once() -> None:
    puids = [puid for one in formats() for puid in one.puids]

    assert len(puids) == len(set(puids))


def test_every_format_to_be_converted_has_something_that_converts_it() -> None:
    assert all((it.tool is not None) == (it.handling is Handling.KONVERTERES) for it in formats())


def test_every_approved_format_has_its_place_in_the_regulation() -> None:
    assert all(it.source for it in formats() if it.handling is Handling.ARKIVFORMAT)


def test_what_the_policy_does_not_have_is_unknown() -> None:
    assert format_of(None) is None
    assert format_of("fmt/0") is None


def test_what_the_policy_approves_is_what_cases_close_and_deposits_come_with() -> None:
    approved = {
        puid for one in formats() if one.handling is Handling.ARKIVFORMAT for puid in one.puids
    }

    assert approved | {"av/1"} == GODKJENTE_ARKIVFORMATER
    assert "fmt/18" not in approved
