"""A message comes in as an extraction does: once, whole, and every fault of it told."""

import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from lxml import etree
from sqlalchemy import select
from sqlalchemy.orm import Session
from tests.conftest import Service
from tests.deponering.conftest import SHARED, export_with, texts_of
from tests.deponering.pakker import (
    CLOSED,
    CREATED,
    DOCTYPE,
    Utkast,
    el,
    fields,
    klasse,
    made,
    system,
    system_id,
)
from tests.formats.made import spoilt_zip
from tests.innlesing.conftest import Mottaker, new_kommune
from tests.innlesing.meldinger import (
    ARKIVDEL,
    FILES,
    KORRESPONDANSEPART,
    KVITTERING,
    MOMENT,
    OPPRETT,
    SKJERMING,
    Melding,
    arkivnotat,
    av_standarden,
    avsluttet,
    dokument,
    forelder,
    journalpost,
    key,
    kode,
    moetemappe,
    moetesak,
    sak_og_journalpost,
    saksmappe,
)
from tests.innlesing.regnskap import held, missing_of_message
from tests.innlesing.test_innlesing import command, count, faults, killed_midway
from tests.tenancy.processes import environment

from sakark_api.deponering.kontroll import check
from sakark_api.errors import Conflict, Invalid, Unreadable
from sakark_api.innlesing.rapport import write_report
from sakark_api.noark.arkivstruktur.arkivdel import Arkivdel
from sakark_api.noark.arkivstruktur.dokumentobjekt import Dokumentobjekt
from sakark_api.noark.arkivstruktur.klasse import Klasse
from sakark_api.noark.arkivstruktur.korrespondansepart import Korrespondansepart
from sakark_api.noark.arkivstruktur.mappe import Mappe
from sakark_api.noark.arkivstruktur.nasjonalidentifikator import Nasjonalidentifikator
from sakark_api.noark.arkivstruktur.registrering import Registrering
from sakark_api.noark.model import Base
from sakark_api.noark.rules.numre import Teller
from sakark_api.noark.sakarkiv.avskrivning import Avskrivning
from sakark_api.noark.sakarkiv.journalpost import Journalpost
from sakark_api.noark.sakarkiv.saksmappe import Saksmappe


@pytest.fixture(scope="module")
def kommune(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Mottaker:
    """A kommune with an active arkivdel and its klasser, in which a case and an entry have come."""
    found = new_kommune(service.settings, "melding")
    found.take(Utkast().write(tmp_path_factory.mktemp("pakke")), aktiv=True)
    return found


@pytest.fixture(scope="module")
def kommet(kommune: Mottaker, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A case and an entry in it that have come, and what was told of them."""
    folder = sak_og_journalpost("kom").write(tmp_path_factory.mktemp("melding"))
    return kommune.take(folder)


def case_of(session: Session, noekkel: str) -> Saksmappe:
    """Find a case by its key in the system that it is from."""
    own = Saksmappe.virksomhetsspesifikke_metadata.contains({"vnd-innlest-v1:noekkel": noekkel})
    return session.scalars(select(Saksmappe).where(own)).one()


def entries_of(session: Session, noekkel: str) -> list[Journalpost]:
    inside = Journalpost.mappe_ref == case_of(session, noekkel).system_id
    return list(session.scalars(select(Journalpost).where(inside).order_by(Journalpost.tittel)))


MELDINGER: dict[str, Melding] = {
    "sak og journalpost": sak_og_journalpost("alt"),
    "møte": Melding(
        moetemappe() + moetesak(forelder(key("moete-1", prefix="m:"))),
        {"fil-3.pdf": FILES["fil-3.pdf"]},
    ),
    "notat": Melding(arkivnotat(forelder(el("m:mappeID", "2023/20")))),
    "standarden": av_standarden("1"),
}


@pytest.mark.parametrize("name", MELDINGER)
def test_every_value_of_a_message_is_in_the_kommune_afterwards(
    kommune: Mottaker, tmp_path: Path, name: str
) -> None:
    folder = MELDINGER[name].write(tmp_path / "melding")
    before = kommune.see(held)

    found = kommune.take(folder, arkivdel=ARKIVDEL)

    assert missing_of_message(folder / "arkivmelding.xml", before, kommune.see(held)) == []
    assert not found.differs
    assert found.faults == 2 * (name == "sak og journalpost")  # what is screened, is not told


@pytest.mark.parametrize("name", [name for name in MELDINGER if name != "standarden"])
def test_the_messages_of_these_tests_are_those_of_fiks_arkiv(name: str) -> None:
    if not OPPRETT.is_file():
        pytest.skip(f"The official schemas are not in {OPPRETT.parent}: nothing to judge by.")
    schema = etree.XMLSchema(etree.parse(OPPRETT))

    schema.assertValid(etree.fromstring(MELDINGER[name].xml.encode()))


def test_numbers_that_a_message_has_not_are_the_next_of_the_series(
    kommune: Mottaker, kommet: Any
) -> None:
    del kommet

    def read(session: Session) -> Any:
        case, (entry,) = case_of(session, "sak-kom"), entries_of(session, "sak-kom")
        series = {row.serie: row.verdi for row in session.scalars(select(Teller))}
        return case, entry, series

    case, entry, series = kommune.see(read)

    assert case.saksaar == 2024
    assert case.mappe_id == f"2024/{case.sakssekvensnummer}"
    assert series["sak/2024"] >= case.sakssekvensnummer >= 1
    assert (entry.journalaar, entry.journalpostnummer) == (2024, 1)
    assert series["journal/2024"] >= entry.journalsekvensnummer >= 1
    assert entry.registrerings_id == f"{case.mappe_id}-1"


def test_numbers_that_a_message_has_are_kept_and_the_series_go_on_after_them(
    kommune: Mottaker, tmp_path: Path
) -> None:
    own = fields(saksaar="2019", sakssekvensnummer="40")
    first = Melding(saksmappe(noekkel="sak-nr", numbers=own))
    second = Melding(saksmappe(noekkel="sak-nr2", numbers=fields(saksaar="2019")))

    kommune.take(first.write(tmp_path / "en"))
    kommune.take(second.write(tmp_path / "to"))

    named = kommune.see(lambda s: [case_of(s, one).mappe_id for one in ("sak-nr", "sak-nr2")])
    assert named == ["2019/40", "2019/41"]


def test_a_number_that_is_taken_is_kept_beside_the_one_that_is_given(
    kommune: Mottaker, tmp_path: Path
) -> None:
    own = fields(saksaar="2023", sakssekvensnummer="20")

    found = kommune.take(Melding(saksmappe(noekkel="sak-opp", numbers=own)).write(tmp_path))

    case = kommune.see(lambda s: case_of(s, "sak-opp"))
    kept = case.virksomhetsspesifikke_metadata
    assert faults(found)["I13"] == 1
    assert case.mappe_id != "2023/20"
    assert kept["vnd-innlest-v1:sakssekvensnummer"] == "20"


def test_a_case_hangs_on_its_klasse_and_is_ordered_by_the_other_too(
    kommune: Mottaker, kommet: Any
) -> None:
    del kommet

    def read(session: Session) -> Any:
        case = case_of(session, "sak-kom")
        pairs = Base.metadata.tables["klasse_mappe"].c
        beside = select(Klasse.klasse_id).where(
            Klasse.system_id == pairs.klasse_ref, pairs.mappe_ref == case.system_id
        )
        held_by = select(Klasse.klasse_id).where(Klasse.system_id == case.klasse_ref)
        return session.scalar(held_by), list(session.scalars(beside)), case.effektiv_arkivdel

    on, beside, inside = kommune.see(read)

    assert (on, beside) == ("11", ["A"])
    assert inside is not None


def test_parties_are_who_the_message_says_that_they_are(kommune: Mottaker, kommet: Any) -> None:
    del kommet

    def read(session: Session) -> Any:
        (entry,) = entries_of(session, "sak-kom")
        inside = Korrespondansepart.registrering_ref == entry.system_id
        kinds = {one.type for one in session.scalars(select(Korrespondansepart).where(inside))}
        written_off = Avskrivning.journalpost_ref == entry.system_id
        return kinds, len(session.scalars(select(Avskrivning).where(written_off)).all())

    assert kommune.see(read) == ({"korrespondansepartperson", "korrespondansepartintern"}, 1)


def test_numbers_of_national_registers_are_units_of_their_case(
    kommune: Mottaker, kommet: Any
) -> None:
    del kommet

    def read(session: Session) -> Any:
        own = Nasjonalidentifikator.mappe_ref == case_of(session, "sak-kom").system_id
        return {one.type for one in session.scalars(select(Nasjonalidentifikator).where(own))}

    assert kommune.see(read) == {"bygning", "matrikkel", "plan", "posisjon"}


def test_an_entry_goes_into_a_case_that_the_kommune_has(kommune: Mottaker, tmp_path: Path) -> None:
    kommune.take(sak_og_journalpost("vei").write(tmp_path / "sak"))
    case = kommune.see(lambda s: case_of(s, "sak-vei"))
    number = el(
        "m:saksnummer",
        fields(**{"m:saksaar": "2024", "m:sakssekvensnummer": str(case.sakssekvensnummer)}),
    )
    ways = {
        "systemID": el("m:systemID", str(case.system_id)),
        "mappeID": el("m:mappeID", case.mappe_id),
        "saksnummer": number,
        "nøkkel": key("sak-vei", prefix="m:"),
    }

    for way, said in ways.items():
        post = journalpost(parent=forelder(said), noekkel=f"jp-{way}", dokumenter="")
        kommune.take(Melding(post).write(tmp_path / way))

    numbers = kommune.see(lambda s: [one.journalpostnummer for one in entries_of(s, "sak-vei")])
    assert sorted(numbers) == [1, 2, 3, 4, 5]


def test_a_case_that_the_kommune_has_is_used_as_it_is(kommune: Mottaker, tmp_path: Path) -> None:
    kommune.take(sak_og_journalpost("finnes").write(tmp_path / "en"))
    again = sak_og_journalpost("finnes").change("Garasje i Fjordvegen 12", "Et annet navn")
    again.change(key("jp-finnes"), key("jp-ny"))
    before = kommune.see(held)

    found = kommune.take(again.write(tmp_path / "to"))

    def read(session: Session) -> Any:
        return case_of(session, "sak-finnes").tittel, len(entries_of(session, "sak-finnes"))

    after = kommune.see(held)
    assert kommune.see(read) == ("Garasje i Fjordvegen 12", 2)
    assert faults(found)["I14"] > 1
    assert missing_of_message(tmp_path / "to" / "arkivmelding.xml", before, after) == []
    assert not found.differs


def test_a_message_that_is_there_is_not_read_in_again(
    kommune: Mottaker, kommet: Any, tmp_path: Path
) -> None:
    before = kommune.see(held)

    again = kommune.take(sak_og_journalpost("kom").write(tmp_path))

    assert again.data["fra_foer"]
    assert again.data["antall"] == kommet.data["antall"]
    assert kommune.see(held) == before


def test_another_message_with_the_same_id_is_refused(kommune: Mottaker, tmp_path: Path) -> None:
    kommune.take(av_standarden("2").write(tmp_path / "en"), arkivdel=ARKIVDEL)
    other = av_standarden("2").change("Startlån", "Noe annet")
    before = kommune.see(count)

    with pytest.raises(Conflict, match="melding-2"):
        kommune.take(other.write(tmp_path / "to"), arkivdel=ARKIVDEL)

    assert kommune.see(count) == before


def test_a_dry_run_tells_the_same_and_writes_nothing(kommune: Mottaker, tmp_path: Path) -> None:
    folder = sak_og_journalpost("toerr").write(tmp_path)
    before = kommune.see(held)

    dry = kommune.take(folder, dry_run=True)

    assert kommune.see(held) == before
    assert faults(dry) == faults(kommune.take(folder))


def test_a_zip_file_is_read_as_the_folder_that_it_is(kommune: Mottaker, tmp_path: Path) -> None:
    path = sak_og_journalpost("zip").pack(tmp_path / "melding.zip")

    def without_file(session: Session) -> int:
        lost = Dokumentobjekt.lagringsnoekkel.is_(None)
        return len(session.scalars(select(Dokumentobjekt.system_id).where(lost)).all())

    before = kommune.see(without_file)

    found = kommune.take(path)

    assert found.data["filer"] == 2
    assert kommune.see(without_file) == before


TWICE = "<journaldato>2024-01-01</journaldato>"

FAULTY: list[tuple[str, Callable[[Melding], object]]] = [
    ("I50", lambda one: one.files.pop("fil-1.pdf")),
    ("I51", lambda one: one.files.update({"fil-1.pdf": b"%PDF-1.4 noe annet"})),
    ("I52", lambda one: one.files.update({"fil-1.pdf": b"%PDF-1.4 noe mye lengre enn det var"})),
    ("I53", lambda one: one.change(">fil-1.pdf<", ">../../etc/passwd<")),
    ("I53", lambda one: one.change(">fil-1.pdf<", ">/etc/passwd<")),
    ("I54", lambda one: one.files.update({"uventet.pdf": b"%PDF-1.4 uventet"})),
    ("I05", lambda one: setattr(one, "antall", "7")),
    ("I20", lambda one: one.change(kode("flytStatus", "G", "Godkjent"), el("flytStatus", "Lest"))),
    ("I31", lambda one: one.change(f"<mottattDato>{MOMENT}", "<mottattDato>i går")),
    ("I31", lambda one: one.change("<journaldato>2024-05-03", "<journaldato>2024-02-31")),
    ("I30", lambda one: one.change("<tittel>Søknad om garasje</tittel>", "")),
    ("I32", lambda one: one.change("<journaldato>", f"{TWICE}<journaldato>")),
    ("I33", lambda one: one.change("<journaldato>", "<ukjent>1</ukjent><journaldato>")),
    ("I37", lambda one: one.change(' xsi:type="saksmappe"', ' xsi:type="noe"')),
    ("I39", lambda one: one.change("<x>395123.5</x>", "<x>vest</x>")),
    ("I39", lambda one: one.change("<personid>01817000173", "<personid>01817000174")),
    ("I40", lambda one: one.change("<m:mappeID>2023/20<", "<m:mappeID>2023/9999<")),
    ("I42", lambda one: one.change("<m:noekkel>sak-", "<m:noekkel>borte-")),
    ("I43", lambda one: one.change(f"<m:beskrivelse>{ARKIVDEL}<", "<m:beskrivelse>En annen<")),
    ("I44", lambda one: one.change("<klasseID>11<", "<klasseID>99<")),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(FAULTY)))
def test_each_fault_is_told_with_its_place_and_the_rest_comes_in(
    kommune: Mottaker, tmp_path: Path, number: int
) -> None:
    code, fault = FAULTY[number]
    melding = sak_og_journalpost(f"feil{number}")
    fault(melding)
    entries = kommune.see(count)

    found = kommune.take(melding.write(tmp_path), arkivdel=ARKIVDEL)

    (told,) = (one for one in found.data["avvik"] if one["kode"] == code)
    assert told["steder"][0]["sted"]
    assert told["galt"]
    assert told["gjort"]
    assert kommune.see(count) == entries + 1


def test_an_entry_whose_case_is_unknown_lies_in_the_arkivdel(
    kommune: Mottaker, tmp_path: Path
) -> None:
    lost = journalpost(parent=forelder(el("m:mappeID", "1999/1")), noekkel="jp-borte")

    kommune.take(Melding(lost).write(tmp_path), arkivdel=ARKIVDEL)

    own = Journalpost.virksomhetsspesifikke_metadata.contains(
        {"vnd-innlest-v1:noekkel": "jp-borte"}
    )
    entry = kommune.see(lambda s: s.scalars(select(Journalpost).where(own)).one())
    assert entry.mappe_ref is None
    assert entry.arkivdel_ref is not None
    assert entry.registrerings_id.startswith("R")


def test_a_part_that_is_screened_screens_what_it_is_of(kommune: Mottaker, tmp_path: Path) -> None:
    shown = "<erPersonnavn>true</erPersonnavn>"
    hidden = KORRESPONDANSEPART.replace(shown, f"<erSkjermet>true</erSkjermet>{shown}")
    case = saksmappe(noekkel="sak-del", skjult="")
    parent = forelder(key("sak-del", prefix="m:"))
    post = journalpost(parent=parent, noekkel="jp-del", parter=hidden, skjult="", dokumenter="")

    found = kommune.take(Melding(case + post).write(tmp_path))

    (entry,) = kommune.see(lambda s: entries_of(s, "sak-del"))
    assert faults(found)["I23"] == 1
    assert entry.skjerming is not None
    assert {one.kode for one in entry.skjerming.skjerming_metadata} == {"M"}


def test_what_is_in_a_screened_case_is_screened_too(kommune: Mottaker, tmp_path: Path) -> None:
    case = saksmappe(noekkel="sak-skjult", skjult=SKJERMING)
    parent = forelder(key("sak-skjult", prefix="m:"))
    kommune.take(Melding(case).write(tmp_path / "en"))
    post = journalpost(parent=parent, noekkel="jp-skjult", skjult="", dokumenter="")

    kommune.take(Melding(post).write(tmp_path / "to"))

    (entry,) = kommune.see(lambda s: entries_of(s, "sak-skjult"))
    assert entry.skjerming is not None
    assert entry.skjerming.skjermingshjemmel == "Offl. § 13"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda one: setattr(one, "navnerom", "urn:noe:annet"), "urn:noe:annet"),
        (lambda one: setattr(one, "rot", "arkiv"), "arkiv"),
    ],
)
def test_what_is_no_message_that_we_know_is_refused(
    kommune: Mottaker, tmp_path: Path, change: Callable[[Melding], object], sentence: str
) -> None:
    melding = sak_og_journalpost("ukjent")
    change(melding)
    before = kommune.see(count)

    with pytest.raises(Invalid, match=sentence):
        kommune.take(melding.write(tmp_path))

    assert kommune.see(count) == before


def test_a_message_that_says_no_arkivdel_is_refused_before_anything_is_written(
    kommune: Mottaker, tmp_path: Path
) -> None:
    before = kommune.see(count)

    with pytest.raises(Invalid, match="--arkivdel"):
        kommune.take(av_standarden("3").write(tmp_path))

    assert kommune.see(count) == before


BOMB = (
    '<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)


@pytest.mark.parametrize(
    ("xml", "sentence"),
    [
        (lambda one: setattr(one, "foran", DOCTYPE), "DOCTYPE"),
        (lambda one: setattr(one, "foran", BOMB), "DOCTYPE"),
        (lambda one: one.change("</mappe>", ""), "XML"),
        (lambda one: setattr(one, "innhold", "<mappe>" * 5000), "dypt"),
        (lambda one: one.change("<tittel>", f"<tittel>{'x' * (17 * 1024 * 1024)}"), "lengre"),
    ],
)
def test_xml_that_is_broken_or_hostile_is_refused_before_anything_is_written(
    kommune: Mottaker, tmp_path: Path, xml: Callable[[Melding], object], sentence: str
) -> None:
    melding = sak_og_journalpost("ond")
    xml(melding)
    before = kommune.see(count)

    with pytest.raises(Unreadable, match=sentence):
        kommune.take(melding.write(tmp_path))

    assert kommune.see(count) == before


@pytest.mark.parametrize("name", ["../ut.pdf", "/ut.pdf", "c:/ut.pdf", "a/../../ut.pdf"])
def test_a_zip_file_that_leads_out_of_itself_is_refused(
    kommune: Mottaker, tmp_path: Path, name: str
) -> None:
    path = sak_og_journalpost("ut").pack(tmp_path / "melding.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, b"ut")

    with pytest.raises(Invalid, match="fører ut"):
        kommune.take(path)

    assert [one.name for one in tmp_path.iterdir()] == ["melding.zip"]


def test_a_zip_file_that_is_far_larger_than_it_looks_is_refused(
    kommune: Mottaker, tmp_path: Path
) -> None:
    path = sak_og_journalpost("bombe").pack(tmp_path / "melding.zip")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("stor.pdf", bytes(80 * 1024 * 1024))

    with pytest.raises(Invalid, match="altfor"):
        kommune.take(path)


def test_what_is_no_zip_file_is_refused(kommune: Mottaker, tmp_path: Path) -> None:
    path = tmp_path / "melding.zip"
    path.write_bytes(b"PK\x03\x04 nei")

    with pytest.raises(Invalid, match="pakkes ut"):
        kommune.take(path)


def test_a_zip_file_that_is_damaged_is_refused(kommune: Mottaker, tmp_path: Path) -> None:
    path = spoilt_zip(tmp_path / "melding.zip", "arkivmelding.xml", "<arkivmelding/>" * 1000)

    with pytest.raises(Invalid, match="pakkes ut"):
        kommune.take(path)


@pytest.fixture(scope="module")
def gammel(kommune: Mottaker, tmp_path_factory: pytest.TempPathFactory) -> UUID:
    """A closed arkivdel with its klasser, and nothing in it."""
    part = el(
        "arkivdel",
        made(102, tittel="Gamle saker", arkivdelstatus="Avsluttet periode"),
        CREATED,
        CLOSED,
        system(105, klasse(106, "11")),
        system(110, klasse(109, "A")),
    )
    maker = el("arkivskaper", fields(arkivskaperID="999999999", arkivskaperNavn="Gammel kommune"))
    head = made(101, tittel="Eldre arkiv", arkivstatus="Avsluttet") + CREATED + CLOSED
    utkast = Utkast(files={})
    utkast.xml["arkivstruktur"] = head + maker + part
    utkast.change("endringslogg", system_id(20), system_id(102))
    utkast.change("endringslogg", "saksansvarlig", "tittel")
    kommune.take(utkast.write(tmp_path_factory.mktemp("gammel")))
    period: UUID = kommune.see(
        lambda s: s.scalars(
            select(Arkivdel.system_id).where(Arkivdel.tittel == "Gamle saker")
        ).one()
    )
    return period


def test_a_closed_arkivdel_keeps_the_numbers_and_its_deposit_passes_every_control(
    kommune: Mottaker, gammel: UUID, tmp_path: Path
) -> None:
    if not SHARED.is_dir():
        pytest.skip(f"The official schemas are not in {SHARED}: nothing to make deposits with.")
    melding = avsluttet("gammel").change("Nøkkel 5", "Nøkkel 105")

    found = kommune.take(melding.write(tmp_path / "melding"))

    def read(session: Session) -> Any:
        case, (entry,) = case_of(session, "sak-gammel"), entries_of(session, "sak-gammel")
        period = session.scalars(select(Arkivdel).where(Arkivdel.system_id == gammel)).one()
        return case.mappe_id, entry.journalsekvensnummer, entry.journalpostnummer, period

    *numbers, period = kommune.see(read)
    part, target = {"systemID": str(gammel)}, tmp_path / "uttrekk"
    export_with(kommune.settings, SHARED, target, part, kommune=kommune.slug)
    assert not found.differs
    assert numbers == ["2014/31", 77, 4]
    assert period.arkivdelstatus.kode == "P"
    assert not check(target, None).faulty
    assert texts_of(target / "arkivstruktur.xml", "mappeID") == ["2014/31"]


def receipt_of(found: Any, folder: Path) -> etree._Element:
    """Write the report of an import and read the receipt beside it; it is as its schema has it."""
    (path,) = (one for one in write_report(found, folder) if one.suffix == ".xml")
    receipt = etree.parse(path).getroot()
    if not KVITTERING.is_file():
        pytest.skip(f"The official schemas are not in {KVITTERING.parent}: nothing to judge by.")
    etree.XMLSchema(etree.parse(KVITTERING)).assertValid(receipt)
    return receipt


def test_the_receipt_tells_what_units_are_called_here(
    kommune: Mottaker, kommet: Any, tmp_path: Path
) -> None:
    case = kommune.see(lambda s: case_of(s, "sak-kom"))

    receipt = receipt_of(kommet, tmp_path)

    told = [one.text for one in receipt.findall(".//{*}mappeID")]
    papers = receipt.findall(".//{*}dokumentbeskrivelseKvittering")
    assert told == [case.mappe_id]
    assert receipt.findtext("{*}mappeKvittering/{*}systemID") == str(case.system_id)
    assert len(papers) == 2
    assert [one.text for one in receipt.findall(".//{*}opprettetEllerEksisterende")] == [
        "Opprettet",
        "Opprettet",
    ]


def test_the_receipt_tells_of_a_case_that_was_there(kommune: Mottaker, tmp_path: Path) -> None:
    kommune.take(sak_og_journalpost("kvitt").write(tmp_path / "en"))
    again = sak_og_journalpost("kvitt").change(key("jp-kvitt"), key("jp-kvitt2"))

    found = kommune.take(again.write(tmp_path / "to"))

    states = receipt_of(found, tmp_path / "rapport").findall(".//{*}opprettetEllerEksisterende")
    assert [one.text for one in states] == ["Eksisterende", "Opprettet"]


def test_the_same_message_again_gets_the_same_receipt(
    kommune: Mottaker, kommet: Any, tmp_path: Path
) -> None:
    again = kommune.take(sak_og_journalpost("kom").write(tmp_path))

    assert again.receipt == kommet.receipt is not None


def large(cases: int) -> Melding:
    """Write a message of the standard, which has room for many cases."""
    number = iter(range(cases))
    innhold = "".join(
        saksmappe(noekkel=f"sak-stor{one}", skjult="")
        + journalpost(
            parent=forelder(key(f"sak-stor{one}", prefix="m:")),
            noekkel=f"jp-stor{one}",
            dokumenter=dokument(1, f"fil-{one}.pdf", f"%PDF-1.4 {one}".encode()),
        )
        for one in number
    )
    return Melding(innhold, {f"fil-{one}.pdf": f"%PDF-1.4 {one}".encode() for one in range(cases)})


def test_an_import_that_is_killed_is_gone_on_with_and_becomes_the_same(
    service: Service, tmp_path: Path
) -> None:
    first = Utkast().write(tmp_path / "pakke")
    killed, whole = (new_kommune(service.settings, name) for name in ("drept", "helt"))
    for one in (killed, whole):
        one.take(first, aktiv=True)
    folder = large(200).write(tmp_path / "stor")
    env = environment(service)
    half = killed_midway(killed, folder, env, before=3)

    again = subprocess.run(command(folder, killed.slug), env=env, capture_output=True, check=False)
    found = whole.take(folder)

    assert 3 < half < 203
    assert again.returncode == 0, again.stderr.decode()
    assert "Går videre" in again.stderr.decode()
    assert not found.differs
    assert killed.see(named) == whole.see(named)


def named(session: Session) -> Any:
    """Give what cases and entries are called."""
    cases = select(Mappe.system_id, Mappe.mappe_id).order_by(Mappe.system_id)
    entries = select(Registrering.system_id, Registrering.registrerings_id)
    return (
        session.execute(cases).all(),
        session.execute(entries.order_by(Registrering.system_id)).all(),
    )


def test_a_code_that_is_called_something_else_here_keeps_both_names(
    kommune: Mottaker, tmp_path: Path
) -> None:
    other = kode("journalstatus", "J", "Journalført av arkivet")
    melding = sak_og_journalpost("kode").change(kode("journalstatus", "J", "Journalført"), other)

    found = kommune.take(melding.write(tmp_path))

    (entry,) = kommune.see(lambda s: entries_of(s, "sak-kode"))
    (told,) = (one for one in found.data["avvik"] if one["kode"] == "I33")
    assert entry.journalstatus.kodenavn == "Journalført"
    assert "Journalført av arkivet" in [one["verdi"] for one in told["steder"]]
