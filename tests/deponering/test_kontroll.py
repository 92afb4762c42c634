"""The controls of a deposit: what they count, where they find things, and what stops them."""

from pathlib import Path

import pytest
from tests.deponering.funn import faulty, remarked
from tests.deponering.pakker import (
    DOCTYPE,
    LAST_MAPPE,
    SHARED,
    Utkast,
    saksmappe,
    system_id,
)

from sakark_api.deponering.kontroll import KONTROLLER, check
from sakark_api.deponering.lesing import Enhet
from sakark_api.errors import Invalid

PACKAGES = SHARED / "packages"


def test_there_are_the_54_numbers_of_the_validator() -> None:
    numbers = [kontroll.number for kontroll in KONTROLLER]

    assert numbers == [n for n in range(1, 65) if n not in (31, 49, 50, *range(52, 59))]


def test_a_good_package_has_no_faults(tmp_path: Path) -> None:
    rapport = check(Utkast().write(tmp_path), None)

    assert faulty(rapport) == set()
    assert rapport.undone == []


@pytest.mark.skipif(not SHARED.exists(), reason="the official schemas are not here (../shared)")
def test_a_good_package_with_official_schemas_has_neither_faults_nor_remarks(
    tmp_path: Path,
) -> None:
    rapport = check(Utkast().write(tmp_path, official=True), None)

    assert faulty(rapport) == set()
    assert remarked(rapport) == set()


def test_what_is_counted_is_what_there_is(tmp_path: Path) -> None:
    innhold = check(Utkast().write(tmp_path), None).innhold

    shown = {
        one.number: dict(one.shows(innhold.telling(one.number), innhold)) for one in KONTROLLER
    }
    assert shown[8] == {f"{system_id(5)}/1": 1, f"{system_id(5)}/2": 2, f"{system_id(10)}/1": 1}
    assert shown[9] == {}
    assert shown[10] == {"saksmappe/1": 2}
    assert shown[13] == {"11": 1, "12": 1}
    assert shown[16] == {"journalpost": 3}
    assert shown[35] == {"part/mappe": 2, "part/registrering": 3}
    assert shown[38] == {"journalpost": 1, "saksmappe": 1}
    assert shown[43] == {"Fortrolig": 3}
    assert shown[46] == {"docx → pdf": 1}
    assert shown[28] == {"fil": 3}
    assert shown[61] == {"endring": 1}
    assert [str(label) for label in shown[60]] == ["første", "siste"]


def test_a_finding_says_where_it_is_and_what_to_do(tmp_path: Path) -> None:
    utkast = Utkast()
    utkast.change("arkivstruktur", ">Arkivert<", ">Journalført<")
    utkast.change("arkivstruktur", "<registrering", "\n\n<registrering")

    [funn] = check(utkast.write(tmp_path), None).innhold.utfall[22].funn

    assert (funn.sted.file, funn.sted.line) == ("arkivstruktur.xml", 5)
    assert funn.sted.system_id == system_id(30)
    assert "«Journalført». Arkiver den" in str(funn.text)


def test_a_breach_of_a_schema_has_its_line(tmp_path: Path) -> None:
    utkast = Utkast()
    utkast.change("arkivstruktur", "<saksaar>2023<", "\n<saksaar>\ni fjor<")

    [funn] = check(utkast.write(tmp_path), None).innhold.utfall[3].funn[:1]

    assert funn.sted.line == 5
    assert "saksaar" in str(funn.text)


def test_a_rule_holds_for_a_unit_that_was_never_xml() -> None:
    rules = {one.number: one.fault for one in KONTROLLER if one.fault}
    sak = Enhet("mappe", "saksmappe", 0, None)
    sak.add("saksstatus", "Under behandling")

    faults = {number for number, rule in rules.items() if rule(sak) is not None}

    assert faults == {15}


def test_a_thousand_faults_are_counted_and_a_hundred_kept(tmp_path: Path) -> None:
    utkast = Utkast()
    many = "".join(saksmappe(n, "").replace(">Avsluttet</s", ">Åpen</s") for n in range(1000, 2000))
    utkast.change("arkivstruktur", LAST_MAPPE, LAST_MAPPE.replace("</mappe>", f"</mappe>{many}"))

    utfall = check(utkast.write(tmp_path), None).innhold.utfall[15]

    assert utfall.faults == 1000
    assert len(utfall.funn) == 100


def test_every_unit_with_a_repeated_systemid_is_named(tmp_path: Path) -> None:
    utkast = Utkast()
    utkast.change("arkivstruktur", system_id(41), system_id(31))

    found = check(utkast.write(tmp_path), None).innhold.utfall[47].funn

    assert [funn.sted.system_id for funn in found] == [system_id(31), system_id(31)]


def test_content_is_not_judged_when_the_archive_cannot_be_read(tmp_path: Path) -> None:
    utkast = Utkast()
    utkast.change("arkivstruktur", "</arkivskaperNavn>", "</navn>")

    rapport = check(utkast.write(tmp_path), None)

    assert {4, 16, 33, 47, 59, 61, 62} <= {kontroll.number for kontroll in rapport.undone}
    assert {1, 2, 3, 28}.isdisjoint(kontroll.number for kontroll in rapport.undone)


def test_what_lies_in_a_dias_package_is_found(tmp_path: Path) -> None:
    (tmp_path / "content").mkdir()
    Utkast().write(tmp_path / "content")

    assert faulty(check(tmp_path, None)) == set()


def test_a_schema_that_is_missing_is_taken_from_the_official_ones(tmp_path: Path) -> None:
    folder = Utkast().write(tmp_path / "pakke")
    schemas = tmp_path / "noark5" / "v5.0"
    schemas.mkdir(parents=True)
    (folder / "endringslogg.xsd").rename(schemas / "endringslogg.xsd")

    rapport = check(folder, tmp_path)

    assert faulty(rapport) == {1, 2}


@pytest.mark.parametrize("content", ["<addml", f"{DOCTYPE}<arkiv/>", "a" * 17_000_000])
def test_an_unreadable_description_stops_everything(content: str, tmp_path: Path) -> None:
    (Utkast().write(tmp_path) / "arkivuttrekk.xml").write_text(content, encoding="utf-8")

    with pytest.raises(Invalid, match=r"arkivuttrekk\.xml kan ikke leses"):
        check(tmp_path, None)


def test_a_folder_that_is_no_package_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="er ikke et arkivuttrekk"):
        check(tmp_path, None)


@pytest.mark.skipif(not PACKAGES.exists(), reason="the packages are not here (../shared)")
@pytest.mark.parametrize(
    ("package", "expected"),
    [
        ("synt-v5.0-komplett", set()),
        ("kdrs-uttrekk1-v3.1", {2, 3, 29, 30, 32, 33, 47}),
        ("arkade-version5_0", {3, 22, 45, 59, 60, 61, 62}),
        ("enkel-v5", {1, 10, 16, 22, 28, 29, 42, 44, 48, 59, 60, 61, 62}),
    ],
)
def test_real_packages_have_the_faults_that_are_known(package: str, expected: set[int]) -> None:
    rapport = check(PACKAGES / package, None)

    assert faulty(rapport) == expected
