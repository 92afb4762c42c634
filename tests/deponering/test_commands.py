"""`sakark deposit check` and `sakark schemas fetch`, as people and machines run them."""

import hashlib
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.deponering.pakker import SHARED, Utkast, el, fields
from typer.testing import CliRunner, Result

from sakark_api.cli import app
from sakark_api.deponering.skjema import SKJEMAER, Skjema, fetch, is_official, skjema_path, wrong_in
from sakark_api.errors import SchemasUnavailable


def sakark(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


def with_open_case(folder: Path) -> Path:
    utkast = Utkast()
    utkast.change("arkivstruktur", ">Avsluttet</saksstatus>", ">Åpen</saksstatus>")
    return utkast.write(folder)


def test_a_good_package_ends_with_0(tmp_path: Path) -> None:
    done = sakark("deposit", "check", Utkast().write(tmp_path))

    assert done.exit_code == 0
    assert "Ingen feil i 54 kontroller" in done.stdout.splitlines()[-1]


def test_faults_come_first_and_end_with_1(tmp_path: Path) -> None:
    done = sakark("deposit", "check", with_open_case(tmp_path))

    lines = done.stdout.splitlines()
    assert done.exit_code == 1
    assert lines[0] == "Feil: N5.15 Antall av ulike saksmappestatuser"
    assert lines[1].startswith("  arkivstruktur.xml, linje 3, 00000000-")
    assert lines[1].endswith("Saken har status «Åpen». Avslutt den, eller sett den til Utgår.")
    assert lines[-1] == "1 feil i N5.15. Rett dem, og kontroller på nytt."


def test_what_cannot_be_checked_ends_with_2(tmp_path: Path) -> None:
    done = sakark("deposit", "check", tmp_path)

    assert done.exit_code == 2
    assert "er ikke et arkivuttrekk" in done.stderr


def test_an_archive_that_cannot_be_read_ends_with_2(tmp_path: Path) -> None:
    utkast = Utkast()
    utkast.change("arkivstruktur", "</arkivskaperNavn>", "</navn>")

    done = sakark("deposit", "check", utkast.write(tmp_path))

    assert done.exit_code == 2
    assert "N5.16 Antall registreringer: ikke utført" in done.stdout


def test_more_faults_than_are_shown_are_counted(tmp_path: Path) -> None:
    utkast = Utkast()
    empties = el("merknad", *["<merknadstekst></merknadstekst>"] * 101, fields(merknadstype="x"))
    utkast.change("arkivstruktur", "<saksaar>", f"{empties}<saksaar>")

    done = sakark("deposit", "check", utkast.write(tmp_path))

    assert "  … og 1 til." in done.stdout.splitlines()


def test_the_report_is_written_as_data_and_as_a_page(tmp_path: Path) -> None:
    folder = with_open_case(tmp_path / "<pakke>")
    data, page = tmp_path / "r.json", tmp_path / "r.html"

    sakark("deposit", "check", folder, "--json", data, "--html", page)

    report = json.loads(data.read_text())
    found = next(one for one in report["kontroller"] if one["id"] == "N5.15")
    assert (report["feil"], len(report["kontroller"])) == (1, 54)
    assert found["tall"] == {"Åpen": 1, "Avsluttet": 1}
    assert found["funn"][0]["fil"] == "arkivstruktur.xml"
    assert "&lt;pakke&gt;" in page.read_text()
    assert "<pakke>" not in page.read_text()
    assert "Feil: N5.15" in page.read_text()


def test_names_that_are_no_text_or_steer_a_terminal_are_shown_escaped(tmp_path: Path) -> None:
    folder = Utkast().write(tmp_path / os.fsdecode(b"pakke\xe9"))
    (folder / "dokumenter" / os.fsdecode(b"r\xe9d\x1b[2J.pdf")).write_bytes(b"1")
    data, page = tmp_path / "r.json", tmp_path / "r.html"

    done = sakark("deposit", "check", folder, "--json", data, "--html", page)

    report = json.loads(data.read_text())
    found = next(one for one in report["kontroller"] if one["id"] == "N5.33")
    name = r"dokumenter/r\udce9d\x1b[2J.pdf"
    assert done.exit_code == 1
    assert found["funn"][0]["fil"] == name
    assert report["pakke"].endswith(r"pakke\udce9")
    assert all(name in shown for shown in (done.stdout, page.read_text()))
    assert all(line.isprintable() for line in done.stdout.splitlines())


def test_a_folder_that_is_no_package_is_named_escaped(tmp_path: Path) -> None:
    done = sakark("deposit", "check", tmp_path / os.fsdecode(b"\xe9\x1b[2J"))

    assert done.exit_code == 2
    assert r"\udce9\x1b[2J er ikke et arkivuttrekk" in done.stderr


CONTENTS = {"noark5/v5.0/a.xsd": b"<a/>\r\n", "addml/8.3/addml.xsd": b"<b/>\n"}
OURS = [Skjema(path, "", hashlib.sha256(content).hexdigest()) for path, content in CONTENTS.items()]


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder of schemas, as a mirror of the official ones would be."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""


@pytest.fixture
def utgitt(tmp_path: Path) -> Path:
    """A folder with two schemas of our own."""
    folder = tmp_path / "utgitt"
    for path, content in CONTENTS.items():
        (folder / path).parent.mkdir(parents=True)
        (folder / path).write_bytes(content)
    return folder


@pytest.fixture
def mirror(utgitt: Path) -> Iterator[str]:
    with served(utgitt) as address:
        yield address


def test_schemas_are_fetched_once(mirror: str, tmp_path: Path) -> None:
    first = list(fetch(tmp_path / "her", mirror, OURS))
    second = list(fetch(tmp_path / "her", mirror, OURS))

    assert first == OURS
    assert second == []
    assert skjema_path(tmp_path / "her", "5.0", "a.xsd").read_bytes() == b"<a/>\r\n"
    assert skjema_path(tmp_path / "her", "5.0", "addml.xsd").read_bytes() == b"<b/>\n"


def test_a_schema_whose_line_ends_were_changed_is_put_right(
    utgitt: Path, mirror: str, tmp_path: Path
) -> None:
    (utgitt / "noark5/v5.0/a.xsd").write_bytes(b"<a/>\n")

    list(fetch(tmp_path / "her", mirror, OURS))

    assert (tmp_path / "her" / "noark5/v5.0/a.xsd").read_bytes() == b"<a/>\r\n"


def test_another_schema_is_refused_and_not_written(
    utgitt: Path, mirror: str, tmp_path: Path
) -> None:
    (utgitt / "noark5/v5.0/a.xsd").write_bytes(b"<c/>\r\n")

    with pytest.raises(SchemasUnavailable, match="er et annet skjema"):
        list(fetch(tmp_path / "her", mirror, OURS))

    assert not (tmp_path / "her" / "noark5/v5.0/a.xsd").exists()


def test_a_schema_that_is_not_there_is_told_of(utgitt: Path, mirror: str, tmp_path: Path) -> None:
    (utgitt / "addml/8.3/addml.xsd").unlink()

    with pytest.raises(SchemasUnavailable, match="kan ikke hentes"):
        list(fetch(tmp_path / "her", mirror, OURS))


def test_a_schema_that_was_changed_is_fetched_anew(mirror: str, tmp_path: Path) -> None:
    list(fetch(tmp_path / "her", mirror, OURS))
    (tmp_path / "her" / "noark5/v5.0/a.xsd").write_bytes(b"<a>endret</a>")

    [(changed, what)] = wrong_in(tmp_path / "her", OURS)
    [anew] = fetch(tmp_path / "her", mirror, OURS)

    assert changed == anew
    assert "er endret" in str(what)


@pytest.mark.skipif(not SHARED.exists(), reason="the official schemas are not here (../shared)")
def test_all_official_schemas_are_fetched_by_the_command(tmp_path: Path) -> None:
    with served(SHARED / "schemas") as address:
        done = sakark("schemas", "fetch", "--to", tmp_path, "--fra", address)

    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) == len(SKJEMAER) + 1
    assert list(wrong_in(tmp_path)) == []


def test_schemas_need_a_folder() -> None:
    done = sakark("schemas", "fetch")

    assert done.exit_code == 1


def test_the_official_schemas_are_pinned() -> None:
    assert len({one.path for one in SKJEMAER}) == len({one.sha256 for one in SKJEMAER}) == 21
    assert all(one.source.startswith("https://") for one in SKJEMAER)
    assert not is_official("arkivstruktur.xsd", b"<x/>")
