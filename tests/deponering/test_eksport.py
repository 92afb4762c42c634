"""A deposit of an archive: valid, whole, in order, and no more than it is to be."""

import hashlib
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from lxml import etree
from tests.conftest import TILGANGSSTYRING, Client, Service, World
from tests.deponering.conftest import DECIDED, KOMMUNE, PDF, SECRET, SENDER, Arkiv, Export, texts_of
from tests.noark.conftest import part

OLD, NEW = "2020-06-01T12:00:00+02:00", "2021-06-01T12:00:00+02:00"
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
FILES = ("arkivstruktur", "endringslogg", "loependeJournal", "offentligJournal", "arkivuttrekk")


def grade(arkiv: Arkiv, case: Any) -> None:
    arkiv.change(arkiv.client.refreshed(case), gradering={"graderingskode": {"kode": "F"}})


def block(arkiv: Arkiv, case: Any) -> None:
    body = {"hjemmel": "Personvernforordningen artikkel 17"}
    arkiv.client.make(case, f"{TILGANGSSTYRING}ny-sperring/", body)


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_valid_by_the_schema_beside_it(deposit: Path, name: str) -> None:
    own = "addml" if name == "arkivuttrekk" else name
    schema = etree.XMLSchema(etree.parse(deposit / f"{own}.xsd"))

    schema.assertValid(etree.parse(deposit / f"{name}.xml"))


def test_schemas_are_the_official_ones_byte_for_byte(deposit: Path, schemas: Path) -> None:
    official = {
        path.name: path.read_bytes()
        for folder in ("noark5/v5.0", "addml/8.3")
        for path in (schemas / folder).glob("*.xsd")
    }

    assert {path.name: path.read_bytes() for path in deposit.glob("*.xsd")} == official


def test_the_description_says_what_was_written(deposit: Path) -> None:
    tree = etree.parse(deposit / "arkivuttrekk.xml")
    told = {
        (one.getparent().getparent().getparent().getparent().get("name"), one[0].text): int(
            one.findtext("{*}properties/{*}property[@name='value']/{*}value")
        )
        for one in tree.iterfind(".//{*}property[@name='numberOfOccurrences']")
    }

    assert told == {
        (file, name): len(texts_of(deposit / f"{file}.xml", name)) for file, name in told
    }
    assert len(told) == 5


def test_checksums_in_the_description_are_those_of_the_files(deposit: Path) -> None:
    tree = etree.parse(deposit / "arkivuttrekk.xml")
    told = {
        (
            one.findtext("{*}properties/{*}property[@name='name']/{*}value"),
            one.findtext(".//{*}property[@name='checksum']//{*}property[@name='value']/{*}value"),
        )
        for one in tree.iterfind(".//{*}property[@name='file']")
    }

    names = {name for name, _ in told}
    assert told == {
        (name, hashlib.sha256((deposit / name).read_bytes()).hexdigest()) for name in names
    }
    assert len(names) == 9


def test_every_document_is_where_it_is_said_to_be_and_no_other(deposit: Path) -> None:
    told = set(texts_of(deposit / "arkivstruktur.xml", "referanseDokumentfil"))

    files = {
        path.relative_to(deposit).as_posix(): path
        for path in (deposit / "dokumenter").rglob("*")
        if path.is_file()
    }

    assert set(files) == told
    assert {path.read_bytes() for path in files.values()} == {PDF}
    assert set(texts_of(deposit / "arkivstruktur.xml", "sjekksum")) == {
        hashlib.sha256(PDF).hexdigest()
    }


def test_only_archive_formats_come_where_there_are_any(deposit: Path) -> None:
    assert set(texts_of(deposit / "arkivstruktur.xml", "variantformat")) == {"Arkivformat"}


def test_a_document_of_two_entries_has_a_system_id_in_each(deposit: Path) -> None:
    ids = texts_of(deposit / "arkivstruktur.xml", "systemID")
    files = Counter(texts_of(deposit / "arkivstruktur.xml", "referanseDokumentfil"))

    assert len(ids) == len(set(ids))
    assert sorted(files.values()) == [1, 2]


def test_what_is_changed_is_told_of_units_that_are_there(deposit: Path) -> None:
    ids = set(texts_of(deposit / "arkivstruktur.xml", "systemID"))

    changed = texts_of(deposit / "endringslogg.xml", "referanseArkivenhet")

    assert changed
    assert set(changed) <= ids


def test_what_is_changed_of_a_part_is_told_of_the_unit_it_is_of(
    http: httpx.Client, service: Service, export: Export, tmp_path: Path
) -> None:
    arkiv = Arkiv(Client(http, service, f"administrator@{KOMMUNE}", KOMMUNE))
    case = arkiv.case(administrativEnhet="Plan")
    party = arkiv.client.make(case, "arkivstruktur/ny-partperson/", {"navn": "Kari"})
    arkiv.change(party, navn="Kari Nordmann")
    arkiv.archived(arkiv.entry("X", "R", case))
    arkiv.close(case, arkiv.arkivdel)

    export(tmp_path / "ut", arkiv.arkivdel)

    changes = etree.parse(tmp_path / "ut" / "endringslogg.xml").iter("{*}endring")
    (own,) = (one for one in changes if one.findtext("{*}nyVerdi") == "Kari Nordmann")
    assert own.findtext("{*}referanseArkivenhet") == case["systemID"]


def test_codes_in_the_log_are_told_by_what_they_are_called(deposit: Path) -> None:
    told = texts_of(deposit / "endringslogg.xml", "nyVerdi")

    assert "Avsluttet periode" in told
    assert not [one for one in told if one.startswith('{"kode"')]


def test_texts_are_as_they_were_written(deposit: Path) -> None:
    titles = texts_of(deposit / "arkivstruktur.xml", "tittel")

    assert "Garasje <i> hagen & naustet" in titles
    assert texts_of(deposit / "arkivstruktur.xml", "merknadstekst") == ["Ring\r\nsøkeren i dag"]


def test_what_was_void_is_archived_when_its_case_was_closed(deposit: Path) -> None:
    tree = etree.parse(deposit / "arkivstruktur.xml")
    (case,) = tree.iter("{*}mappe")
    (void,) = (
        one for one in case.iterfind("{*}registrering") if one.findtext("{*}tittel") == "Feilført"
    )

    assert void.get(XSI_TYPE) == "journalpost"
    assert void.findtext("{*}arkivertDato") == case.findtext("{*}avsluttetDato")


def test_both_journals_have_the_same_entries_in_the_order_of_their_numbers(deposit: Path) -> None:
    running, public = (
        list(
            zip(
                texts_of(deposit / f"{name}.xml", "journalaar"),
                map(int, texts_of(deposit / f"{name}.xml", "journalsekvensnummer")),
                strict=True,
            )
        )
        for name in ("loependeJournal", "offentligJournal")
    )

    assert running == public == sorted(running)
    assert texts_of(deposit / "loependeJournal.xml", "antallJournalposter") == [str(len(running))]


def test_what_is_screened_is_not_in_the_public_journal(deposit: Path) -> None:
    public = (deposit / "offentligJournal.xml").read_text(encoding="utf-8")
    running = (deposit / "loependeJournal.xml").read_text(encoding="utf-8")

    assert SECRET in running
    assert SENDER in running
    assert "Hemmeligsen" not in public
    assert texts_of(deposit / "offentligJournal.xml", "korrespondansepartNavn").count("Ola") == 2
    assert "Svar på varsel" in public


def test_a_deposit_itself_is_not_screened_and_says_what_is(deposit: Path) -> None:
    assert SECRET in texts_of(deposit / "arkivstruktur.xml", "tittel")
    assert "Offl. § 13" in texts_of(deposit / "arkivstruktur.xml", "skjermingshjemmel")


def test_what_was_closed_in_a_period_is_deposited(
    http: httpx.Client, service: Service, export: Export, tmp_path: Path
) -> None:
    arkiv = Arkiv(Client(http, service, f"administrator@{KOMMUNE}", KOMMUNE))
    old, new = (arkiv.new_mappe(arkiv.klasse) for _ in range(2))
    within = arkiv.new_mappe(arkiv.new_mappe(old))
    overmappe = arkiv.client.get(f"{arkiv.client.link(within, 'self')}overmappe/").json()
    for mappe, day in ((within, OLD), (overmappe, NEW), (old, OLD), (new, NEW)):
        arkiv.change(arkiv.client.refreshed(mappe), avsluttetDato=day)
    arkiv.close(arkiv.arkivdel)

    export(tmp_path / "ut", arkiv.arkivdel, fra=date(2020, 1, 1), til=date(2020, 12, 31))

    assert texts_of(tmp_path / "ut" / "arkivstruktur.xml", "mappeID") == [
        one["mappeID"] for one in (old, overmappe, within)
    ]
    assert not (tmp_path / "ut" / "loependeJournal.xml").exists()


def test_a_system_of_two_arkivdeler_comes_in_each_with_its_own_ids(
    http: httpx.Client, service: Service, export: Export, tmp_path: Path
) -> None:
    arkiv = Arkiv(Client(http, service, f"administrator@{KOMMUNE}", KOMMUNE))
    parts = [arkiv.arkivdel, arkiv.new_arkivdel()]
    arkiv.made(arkiv.klasse, "klasse", klasseID="L421")
    arkiv.orders(parts[1])
    arkiv.close(*parts)

    export(tmp_path / "ut", *parts)

    file = tmp_path / "ut" / "arkivstruktur.xml"
    ids = texts_of(file, "systemID")
    assert texts_of(file, "klasseID") == ["L42", "L421"] * 2
    assert len(ids) == len(set(ids)) == 9


@pytest.mark.parametrize("hides", [grade, block])
def test_what_is_graded_or_blocked_has_no_words_in_the_public_journal(
    http: httpx.Client,
    service: Service,
    export: Export,
    tmp_path: Path,
    hides: Callable[[Arkiv, Any], None],
) -> None:
    arkiv = Arkiv(Client(http, service, f"administrator@{KOMMUNE}", KOMMUNE))
    case = arkiv.case(
        administrativEnhet="Barnevern",
        saksansvarlig=SENDER,
        tittel=SECRET,
        offentligTittel="Om S. Hemmeligsen",
    )
    post = arkiv.entry(
        "X",
        "R",
        case,
        offentligTittel="Til S. Hemmeligsen",
        dokumentetsDato=OLD,
        korrespondansepartperson=[part(SENDER, "IA")],
    )
    arkiv.archived(post)
    arkiv.close(case, arkiv.arkivdel)
    hides(arkiv, case)

    export(tmp_path / "ut", arkiv.arkivdel)

    file = tmp_path / "ut" / "offentligJournal.xml"
    tree = etree.parse(file)
    etree.XMLSchema(etree.parse(file.with_suffix(".xsd"))).assertValid(tree)
    assert "Hemmeligsen" not in file.read_text(encoding="utf-8")
    for name in ("administrativEnhet", "saksansvarlig", "korrespondansepartNavn"):
        assert texts_of(file, name) == ["*****"]
    assert texts_of(file, "offentligTittel") == ["*****", "*****"]
    assert not [*tree.iter("{*}klasse", "{*}dokumentetsDato")]
    assert texts_of(file, "journalsekvensnummer") == [str(post["journalsekvensnummer"])]


def test_a_plan_that_is_in_use_has_no_date_and_is_left_out(
    http: httpx.Client, service: Service, export: Export, tmp_path: Path
) -> None:
    arkiv = Arkiv(Client(http, service, f"administrator@{KOMMUNE}", KOMMUNE))
    arkiv.change(arkiv.klasse, kassasjon=DECIDED)
    mappe = arkiv.new_mappe(arkiv.klasse)
    arkiv.change(mappe, avsluttetDato=OLD)
    arkiv.close(arkiv.arkivdel)

    export(tmp_path / "ut", arkiv.arkivdel)

    tree = etree.parse(tmp_path / "ut" / "arkivstruktur.xml")
    assert [one.getparent().tag.split("}")[1] for one in tree.iter("{*}kassasjon")] == ["mappe"]


def test_an_arkiv_ends_with_the_last_arkivdel_of_the_deposit(
    http: httpx.Client, service: Service, export: Export, tmp_path: Path
) -> None:
    arkiv = Arkiv(Client(http, service, f"administrator@{KOMMUNE}", KOMMUNE))
    later = arkiv.new_arkivdel()
    arkiv.change(arkiv.new_mappe(), avsluttetDato=OLD)
    arkiv.close(arkiv.arkivdel, later)

    export(tmp_path / "ut", arkiv.arkivdel)

    root, part = texts_of(tmp_path / "ut" / "arkivstruktur.xml", "avsluttetDato")[:2]
    assert root == part


def test_nothing_of_another_kommune_is_in_a_deposit(world: World, deposit: Path) -> None:
    theirs = world.client.get(world.client.link(world.arkivskaper, "self")).json()
    others = world.client.get(f"{world.client.root}arkivstruktur/mappe/").json()["results"]

    written = "".join(path.read_text(encoding="utf-8") for path in deposit.glob("*.xml"))

    assert others
    assert not [one for one in (theirs, *others) if one["systemID"] in written]


def test_units_of_every_kind_have_their_places(
    http: httpx.Client, service: Service, export: Export, tmp_path: Path
) -> None:
    arkiv = Arkiv(Client(http, service, f"administrator@{KOMMUNE}", KOMMUNE))
    moete, mappe = arkiv.moetemappe, arkiv.mappe
    assert arkiv.moetedeltaker
    assert arkiv.moeteregistrering
    entry = arkiv.made(mappe, "registrering", noekkelord=["å & ø", "<æ>"], forfatter=["Ola"])
    for one in (entry, arkiv.moeteregistrering):
        arkiv.change(one, arkivertDato=OLD)
    for one in (moete, mappe):
        arkiv.change(arkiv.client.refreshed(one), avsluttetDato=OLD)
    arkiv.close(arkiv.arkivdel)

    export(tmp_path / "ut", arkiv.arkivdel)

    tree = etree.parse(tmp_path / "ut" / "arkivstruktur.xml")
    etree.XMLSchema(etree.parse(tmp_path / "ut" / "arkivstruktur.xsd")).assertValid(tree)
    kinds = [
        one.get(XSI_TYPE) for name in ("mappe", "registrering") for one in tree.iter(f"{{*}}{name}")
    ]
    assert sorted(map(str, kinds)) == ["None", "None", "moetemappe", "moeteregistrering"]
    assert [one.text for one in tree.iter("{*}noekkelord")] == ["å & ø", "<æ>"]
    assert [one.text for one in tree.iter("{*}moetedeltakerNavn")] == ["Kari"]
