"""What is deposited, read in and deposited again, is the same archive but for what must differ."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest
from lxml import etree
from tests.conftest import Client, Service
from tests.deponering.conftest import SHARED, Arkiv, build, export_with
from tests.innlesing.conftest import Mottaker, new_kommune

FILES = ("arkivstruktur", "endringslogg", "loependeJournal", "offentligJournal")
_OF_OWN_FILE = re.compile(rb"<referanseDokumentfil>[^<]*</referanseDokumentfil>")
"""A document of two entries is two documents afterwards, and each has a file of its own."""


@pytest.fixture(scope="module")
def tur(
    http: httpx.Client, service: Service, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path, Any, Mottaker]:
    """An archive as it was deposited, and as it is deposited by the kommune that read it in."""
    if not SHARED.is_dir():
        pytest.skip(f"The official schemas are not in {SHARED}: nothing to make deposits with.")
    first, second = (tmp_path_factory.mktemp("rundtur") / name for name in ("ut", "igjen"))
    arkiv = build(Arkiv(Client(http, service, "administrator@vestnes", "vestnes")))
    export_with(service.settings, SHARED, first, arkiv.arkivdel)
    other = new_kommune(service.settings, "rundtur")
    found = other.take(first)
    export_with(service.settings, SHARED, second, arkiv.arkivdel, kommune=other.slug)
    return first, second, found, other


def changes(path: Path) -> Counter[bytes]:
    """Count the changes of a log: those of one moment are in no order."""
    return Counter(etree.tostring(one) for one in etree.parse(path).iter("{*}endring"))


Tur = tuple[Path, Path, Any, Mottaker]


def test_the_structure_is_the_same_but_for_where_files_are(tur: Tur) -> None:
    texts = [(folder / "arkivstruktur.xml").read_bytes() for folder in tur[:2]]

    first, second = (_OF_OWN_FILE.sub(b"", one) for one in texts)

    assert first == second


@pytest.mark.parametrize("name", ["loependeJournal", "offentligJournal"])
def test_journals_are_the_same_byte_for_byte(tur: Tur, name: str) -> None:
    first, second = ((folder / f"{name}.xml").read_bytes() for folder in tur[:2])

    assert first == second


def test_the_log_tells_the_same_changes(tur: Tur) -> None:
    first, second = (changes(folder / "endringslogg.xml") for folder in tur[:2])

    assert first
    assert first == second


def test_files_have_the_same_content(tur: Tur) -> None:
    first, second = (
        {path.read_bytes() for path in (folder / "dokumenter").rglob("*.pdf")} for folder in tur[:2]
    )

    assert first == second


def test_nothing_of_our_own_is_a_fault(tur: Tur) -> None:
    assert tur[2].data["avvik"] == []
    assert not tur[2].differs
