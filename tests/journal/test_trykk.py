"""A journal that is printed: PDF/A that a person reads, in the language of the kommune."""

import shutil
import subprocess
from collections.abc import Sequence
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import pypdfium2
import pytest

from sakark_api.journal.trykk import Ordre, pdf_of
from sakark_api.texts import text

VERAPDF = shutil.which("verapdf")
ENTRY = {
    "systemID": "1",
    "registreringsID": "2026/12-3",
    "journalaar": 2026,
    "journalsekvensnummer": 44,
    "journalpostnummer": 3,
    "journalposttype": {"kode": "I", "kodenavn": "Inngående dokument"},
    "journaldato": "2026-11-27",
    "dokumentetsDato": "2026-11-20",
    "offentligTittel": "Søknad frå Ŋilá om garasje",
    "saksmappe": {
        "saksaar": 2026,
        "sakssekvensnummer": 12,
        "mappeID": "2026/12",
        "offentligTittel": "Garasje",
        "administrativEnhet": "Plan",
        "saksansvarlig": "Ola",
    },
    "korrespondansepart": [
        {"korrespondanseparttype": {"kode": "EA"}, "korrespondansepartNavn": "Kari"},
        {"korrespondanseparttype": {"kode": "IM"}, "korrespondansepartNavn": "Plan"},
        {"korrespondanseparttype": {"kode": "EK"}, "korrespondansepartNavn": "Naboen"},
    ],
    "avskrivning": {
        "avskrivningsmaate": {"kode": "TE", "kodenavn": "Tatt til etterretning"},
        "avskrivningsdato": "2026-11-28",
    },
}


def order(*entries: Any, **given: Any) -> Ordre:
    told = {
        "kommune": "Vestnes kommune",
        "maalform": "nb",
        "fra": date(2026, 11, 20),
        "til": date(2026, 11, 27),
        "offentlig": True,
        "poster": entries,
        **given,
    }
    return msgspec.convert(msgspec.json.decode(msgspec.json.encode(told)), Ordre)


def pages_of(pdf: bytes) -> Sequence[str]:
    document = pypdfium2.PdfDocument(BytesIO(pdf))
    pages = [page.get_textpage().get_text_range() for page in document]
    document.close()
    return [" ".join(one.split()) for one in pages]


def test_a_page_says_whose_journal_it_is_and_what_is_entered() -> None:
    (page,) = pages_of(pdf_of(order(ENTRY)))

    for told in (
        "Offentlig journal Vestnes kommune 20.11.2026 til 27.11.2026",
        "2026/12-3 Inngående dokument Søknad frå Ŋilá om garasje",
        "27.11.2026 (44/2026)",
        "20.11.2026",
        "Fra Kari",
        "Til Plan",
        "Kopi til Naboen",
        "28.11.2026 Tatt til etterretning",
        "Ola, Plan",
        "Side 1 av 1",
    ):
        assert told in page


def test_it_is_in_the_language_of_the_kommune() -> None:
    (page,) = pages_of(pdf_of(order(ENTRY, maalform="nn")))

    assert page.startswith(str(text("Offentlig journal").to("nn")))


def test_an_entry_is_on_one_page_and_each_page_has_its_number() -> None:
    long = {**ENTRY, "offentligTittel": "Søknad om garasje ved vegen " * 12 + "slutt"}

    pages = pages_of(pdf_of(order(*[long] * 12)))

    assert len(pages) > 1
    assert all(page.count("2026/12-3") == page.count("slutt") for page in pages)
    assert pages[1].startswith("Vestnes kommune – Offentlig journal, 20.11.2026 til 27.11.2026")
    assert pages[1].endswith(f"Side 2 av {len(pages)}")


def test_a_word_longer_than_a_line_is_broken() -> None:
    (page,) = pages_of(pdf_of(order({**ENTRY, "offentligTittel": "x" * 300})))

    assert page.replace(" ", "").count("x") >= 300


@pytest.mark.skipif(VERAPDF is None, reason="veraPDF is not on this machine")
def test_it_is_pdfa_2u(tmp_path: Path) -> None:
    assert VERAPDF is not None
    (tmp_path / "journal.pdf").write_bytes(pdf_of(order(*[ENTRY] * 9)))

    judged = subprocess.run(
        [VERAPDF, "-f", "2u", tmp_path / "journal.pdf"], capture_output=True, text=True, check=False
    )

    assert 'isCompliant="true"' in judged.stdout
