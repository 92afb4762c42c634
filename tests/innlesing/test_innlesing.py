"""An import: once, whole, gone on with, and into one kommune only."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from tests.conftest import LogIn, Service
from tests.deponering.pakker import DOCTYPE, FILES, SKJERMING, Utkast, system_id
from tests.innlesing.conftest import Mottaker, new_kommune
from tests.innlesing.regnskap import held
from tests.innlesing.stor import write_large
from tests.proof.conftest import Archive
from tests.tenancy.processes import environment

from sakark_api.errors import Invalid, Unreadable
from sakark_api.innlesing.avstemming import Avstemming
from sakark_api.innlesing.rapport import write_report
from sakark_api.noark.arkivstruktur.arkivdel import Arkivdel
from sakark_api.noark.arkivstruktur.dokumentobjekt import Dokumentobjekt
from sakark_api.noark.arkivstruktur.mappe import Mappe
from sakark_api.noark.arkivstruktur.registrering import Registrering
from sakark_api.noark.model import table_of
from sakark_api.noark.rules.numre import Teller

FIRST_DOCUMENT = next(iter(FILES))


@pytest.fixture(scope="module")
def kommune(service: Service) -> Mottaker:
    return new_kommune(service.settings, "innlest")


@pytest.fixture(scope="module")
def pakke(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Utkast().write(tmp_path_factory.mktemp("pakke"))


@pytest.fixture(scope="module")
def lest(kommune: Mottaker, pakke: Path) -> Avstemming:
    return kommune.take(pakke)


def changed(folder: Path, change: Callable[[Utkast], object]) -> Path:
    """Write a package of its own, with something changed."""
    utkast = Utkast()
    utkast.change("arkivstruktur", "<tittel>Sakarkiv</tittel>", f"<tittel>{folder}</tittel>")
    change(utkast)
    return utkast.write(folder)


def faults(found: Avstemming) -> dict[str, int]:
    return {one["kode"]: one["antall"] for one in found.data["avvik"]}


def count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Registrering)) or 0


def test_an_extraction_that_is_there_is_not_read_in_again(
    kommune: Mottaker, pakke: Path, lest: Avstemming
) -> None:
    before = kommune.see(held)

    again = kommune.take(pakke)

    assert again.data["fra_foer"]
    assert again.data["antall"] == lest.data["antall"]
    assert kommune.see(held) == before


def test_a_dry_run_tells_the_same_and_writes_nothing(
    kommune: Mottaker, lest: Avstemming, tmp_path: Path
) -> None:
    del lest
    folder = changed(tmp_path / "pakke", lambda _: None)
    before, files = kommune.see(held), set((kommune.settings.data_dir / "dokumenter").rglob("*"))

    dry = kommune.take(folder, dry_run=True)

    assert kommune.see(held) == before
    assert set((kommune.settings.data_dir / "dokumenter").rglob("*")) == files
    assert faults(dry) == faults(kommune.take(folder))


def test_ids_dates_and_names_are_those_of_the_extraction(service: Service, pakke: Path) -> None:
    kommune = new_kommune(service.settings, "navn")
    kommune.take(pakke)

    def read(session: Session) -> Any:
        rows = table_of(Registrering).c
        found = select(rows.opprettet_av, rows.journalsekvensnummer, rows.arkivert_dato).where(
            rows.registrerings_id == "2023/1-1"
        )
        return session.execute(found).one()

    author, number, archived = kommune.see(read)

    assert (author, number) == ("Ola Arkivar", 1)
    assert archived.isoformat() == "2023-01-10T14:00:00+00:00"


def test_an_arkivdel_is_closed_unless_it_is_to_be_active(
    kommune: Mottaker, lest: Avstemming, tmp_path: Path
) -> None:
    del lest
    folder = changed(tmp_path / "pakke", lambda _: None)

    kommune.take(folder, aktiv=True)

    found = kommune.see(lambda s: [one.arkivdelstatus.kode for one in s.scalars(select(Arkivdel))])
    assert set(found) == {"A", "P"}


def test_numbers_go_on_after_those_that_came(kommune: Mottaker, lest: Avstemming) -> None:
    del lest
    found = dict(kommune.see(lambda s: s.execute(select(Teller.serie, Teller.verdi)).all()))

    assert found["journal/2023"] >= 3
    assert found["sak/2023"] >= 21


def test_what_is_screened_in_no_known_way_is_screened_altogether(
    kommune: Mottaker, lest: Avstemming
) -> None:
    unknown = SKJERMING.count("skjermingMetadata") // 2
    found = kommune.see(
        lambda s: [one.skjerming for one in s.scalars(select(Registrering)) if one.skjerming]
    )

    hidden = {kode.kode for one in found for kode in one.skjerming_metadata}
    assert faults(lest)["I21"] == 3 * unknown
    assert "M" in hidden


def test_what_is_in_something_screened_is_screened_too(kommune: Mottaker, tmp_path: Path) -> None:
    def screen(utkast: Utkast) -> None:
        utkast.change("arkivstruktur", SKJERMING, "", 3)
        head = "<kassasjon>"
        utkast.change("arkivstruktur", head, SKJERMING + head)

    kommune.take(changed(tmp_path / "pakke", screen))

    def newest(session: Session) -> Any:
        case = session.scalars(
            select(Mappe).where(Mappe.skjerming_egen).order_by(Mappe.endret_dato)
        ).first()
        assert case is not None
        inside = select(Registrering).where(Registrering.mappe_ref == case.system_id)
        return case.skjerming, [one.skjerming for one in session.scalars(inside)]

    own, inherited = kommune.see(newest)
    assert inherited
    assert all(one == own for one in inherited)


def test_a_unit_whose_names_are_taken_gets_others_and_keeps_the_old(
    kommune: Mottaker, lest: Avstemming, tmp_path: Path
) -> None:
    del lest
    found = kommune.take(changed(tmp_path / "pakke", lambda _: None))

    def old(session: Session) -> Any:
        cases = session.scalars(select(Mappe)).all()
        return [one.virksomhetsspesifikke_metadata for one in cases]

    kept = [one for one in kommune.see(old) if one]
    assert faults(found)["I11"] > 10
    assert faults(found)["I13"] > 3
    assert {"vnd-innlest-v1:systemid", "vnd-innlest-v1:mappeid"} <= set(kept[0])


LOOSE = (
    "</dokumentbeskrivelse><dokumentobjekt><versjonsnummer>1</versjonsnummer>"
    "<variantformat>Arkivformat</variantformat></dokumentobjekt>"
)
"""A file right under its registrering, as in versions 3.1 and 4.0."""

FAULTY: list[tuple[str, Callable[[Utkast], object]]] = [
    ("I50", lambda one: one.files.pop(FIRST_DOCUMENT)),
    ("I51", lambda one: one.files.update({FIRST_DOCUMENT: b"%PDF-1.4 ny"})),
    ("I52", lambda one: one.files.update({FIRST_DOCUMENT: b"%PDF-1.4 mye lengre"})),
    ("I53", lambda one: one.change("arkivstruktur", FIRST_DOCUMENT, "dokumenter/../../etc/passwd")),
    ("I53", lambda one: one.change("arkivstruktur", FIRST_DOCUMENT, "/etc/passwd")),
    ("I31", lambda one: one.change("arkivstruktur", "2023-01-10T15:00:00+01:00", "i går")),
    (
        "I33",
        lambda one: one.change("arkivstruktur", "<tittel>Brev", "<ukjent>1</ukjent><tittel>Br"),
    ),
    ("I35", lambda one: one.change("arkivstruktur", "<merknad>", "<nytt><a>1</a></nytt><merknad>")),
    ("I37", lambda one: one.change("arkivstruktur", ' xsi:type="saksmappe"', "")),
    ("I37", lambda one: one.change("arkivstruktur", '"saksmappe"', '"journalpost"')),
    ("I38", lambda one: one.change("arkivstruktur", "</dokumentbeskrivelse>", LOOSE)),
    ("I40", lambda one: one.change("arkivstruktur", f"TilMappe>{system_id(20)}", "TilMappe>borte")),
    ("I70", lambda one: one.change("endringslogg", system_id(20), system_id(999))),
    ("I03", lambda one: one.describe("<value>2</value>", "<value>7</value>")),
]


@pytest.mark.parametrize(("kode", "fault"), FAULTY)
def test_each_fault_is_told_with_its_place_and_the_rest_comes_in(
    kommune: Mottaker, tmp_path: Path, kode: str, fault: Callable[[Utkast], object]
) -> None:
    before = kommune.see(count)

    found = kommune.take(changed(tmp_path / "pakke", fault))

    (told,) = (one for one in found.data["avvik"] if one["kode"] == kode)
    assert told["steder"][0]["sted"]
    assert told["galt"]
    assert told["gjort"]
    assert kommune.see(count) == before + 3


def test_a_file_out_of_the_package_is_not_touched(kommune: Mottaker, tmp_path: Path) -> None:
    def lead_out(utkast: Utkast) -> None:
        utkast.change("arkivstruktur", FIRST_DOCUMENT, "dokumenter/../../hemmelig.pdf")

    (tmp_path / "hemmelig.pdf").write_bytes(b"hemmelig")

    kommune.take(changed(tmp_path / "pakke", lead_out))

    def named(session: Session) -> Any:
        files = select(Dokumentobjekt).where(Dokumentobjekt.filnavn == "hemmelig.pdf")
        return [one.lagringsnoekkel for one in session.scalars(files)]

    assert kommune.see(named) == [None]


def test_a_doctype_is_refused_before_anything_is_written(kommune: Mottaker, tmp_path: Path) -> None:
    utkast = Utkast(heads={"arkivstruktur": DOCTYPE})
    before = kommune.see(held)

    with pytest.raises(Unreadable, match="DOCTYPE"):
        kommune.take(utkast.write(tmp_path))

    assert kommune.see(held) == before


def test_elements_too_deep_in_each_other_are_refused(kommune: Mottaker, tmp_path: Path) -> None:
    def deepen(utkast: Utkast) -> None:
        utkast.xml["arkivstruktur"] += "<x>" * 5000 + "1" + "</x>" * 5000

    with pytest.raises(Unreadable):
        kommune.take(changed(tmp_path, deepen))


def test_a_folder_without_a_structure_is_no_extraction(kommune: Mottaker, tmp_path: Path) -> None:
    (tmp_path / "arkivuttrekk.xml").write_text("<addml/>")

    with pytest.raises(Invalid, match=r"arkivstruktur\.xml"):
        kommune.take(tmp_path)


def test_no_other_kommune_is_touched(kommune: Mottaker, service: Service, tmp_path: Path) -> None:
    other = Mottaker(service.settings, "rauma")
    before = other.see(held)

    kommune.take(changed(tmp_path / "pakke", lambda _: None))

    assert other.see(held) == before


def test_what_is_read_in_is_sealed_and_proven(
    service: Service, postgres: Path, pakke: Path
) -> None:
    other = new_kommune(service.settings, "bevist")
    archive = Archive(service, postgres, other.slug)

    other.take(pakke, aktiv=True)

    archive.seal()
    assert archive.prove() == set()


def test_what_is_read_in_is_served_as_what_was_made_here(log_in: LogIn, packages: Path) -> None:
    client = log_in("administrator@vestnes")
    Mottaker(client.service.settings, "vestnes").take(packages / "arkade-version5_0")

    found = client.get(
        f"{client.root}sakarkiv/journalpost/",
        params={"$filter": "registreringsID eq 'mappe1/jrnpst-2'"},
    )

    assert found.status_code == 200, found.text
    (entry,) = found.json()["results"]
    assert entry["journalaar"] == 1864
    for name in ("journaldato", "dokumentetsDato"):
        assert re.fullmatch(r"186[34]-\d\d-\d\dT00:00:\d\d\+00:\d\d", entry[name]), entry[name]


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        self.tags.add(tag)


def test_the_report_escapes_what_is_of_others_and_fetches_nothing(
    kommune: Mottaker, tmp_path: Path
) -> None:
    def attack(utkast: Utkast) -> None:
        utkast.change("arkivstruktur", ">Søker<", ">&lt;script&gt;alert(1)&lt;/script&gt;<")

    found = kommune.take(changed(tmp_path / "pakke", attack))

    as_json, as_html = write_report(found, tmp_path / "rapport")

    page = _Page()
    page.feed(as_html.read_text(encoding="utf-8"))
    assert "&lt;script&gt;" in as_html.read_text(encoding="utf-8")
    assert page.tags.isdisjoint({"script", "img", "link", "iframe"})
    assert json.loads(as_json.read_text(encoding="utf-8"))["antall"] == found.data["antall"]
    assert as_html.stat().st_mode & 0o077 == 0


def command(folder: Path, kommune: str, *more: str) -> list[str]:
    sakark = str(Path(sys.executable).with_name("sakark"))
    return [sakark, "import", "--kommune", kommune, *more, str(folder)]


def killed_midway(one: Mottaker, folder: Path, env: Mapping[str, str], before: int) -> int:
    """Kill an import when more entries are there than before; give how many."""
    process = subprocess.Popen(
        command(folder, one.slug), env=env, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    try:
        while one.see(count) == before and process.poll() is None:
            time.sleep(0.1)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    found: int = one.see(count)
    return found


def test_an_import_that_is_killed_is_gone_on_with_and_becomes_the_same(
    service: Service, tmp_path: Path
) -> None:
    folder = write_large(tmp_path / "stor", cases=40, entries=10)
    killed, whole = (new_kommune(service.settings, name) for name in ("drept", "helt"))
    env = environment(service)
    half = killed_midway(killed, folder, env, before=0)

    again = subprocess.run(command(folder, killed.slug), env=env, capture_output=True, check=False)
    found = whole.take(folder)

    assert 0 < half < 400
    assert again.returncode == 0, again.stderr.decode()
    assert "Går videre" in again.stderr.decode()
    assert not found.differs
    assert _names(killed) == _names(whole)


def _names(one: Mottaker) -> Any:
    """Give what entries are called and what is said of them, but for what differs by kommune."""
    rows = table_of(Registrering).c
    columns = (rows.system_id, rows.registrerings_id, rows.journalsekvensnummer, rows.skjerming)
    return one.see(lambda s: s.execute(select(*columns).order_by(rows.system_id)).all())


def test_the_command_says_what_came_and_ends_well(
    kommune: Mottaker, service: Service, tmp_path: Path
) -> None:
    folder = changed(tmp_path / "pakke", lambda _: None)
    words = command(folder, kommune.slug, "--dry-run", "--report", str(tmp_path / "rapport"))

    done = subprocess.run(words, env=environment(service), capture_output=True, check=False)

    assert done.returncode == 0, done.stderr.decode()
    assert "prøvekjøring" in done.stdout.decode()
    assert (tmp_path / "rapport" / "avstemming.html").exists()
