"""Large XML as a stream of units: what is seen, what is not, and what is refused."""

import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sakark_api.deponering.kontroll.dokumentfiler import Dokumentfiler, Lest, Referanse
from sakark_api.deponering.kontroll.fingeravtrykk import Fingeravtrykk
from sakark_api.deponering.kontroll.regel import Sted
from sakark_api.deponering.lesing import Enhet, read_units
from sakark_api.deponering.pakke import open_pakke
from sakark_api.errors import Unreadable


def units_of(xml: str, *kinds: str) -> list[Enhet]:
    found: list[Enhet] = []
    read_units(io.BytesIO(xml.encode()), found.append, kinds=kinds)
    return found


def empties_of(xml: str) -> list[str]:
    found: list[str] = []
    read_units(
        io.BytesIO(xml.encode()),
        lambda _: None,
        on_empty=lambda name, line, _: found.append(f"{name}:{line}"),
    )
    return found


def test_children_come_before_their_parents() -> None:
    found = units_of("<a><b><c>1</c></b><d>2</d></a>")

    assert [unit.kind for unit in found] == ["b", "a"]
    assert found[0].parent is found[1]
    assert found[1].children == {"b": 1}


def test_a_field_that_is_repeated_keeps_all_its_values() -> None:
    [unit] = units_of("<a><b>1</b><b>2</b><b>3</b></a>")

    assert unit.get("b") == "1"
    assert unit.every("b") == ["1", "2", "3"]


def test_the_type_is_read_as_it_is_written() -> None:
    xml = (
        '<a xmlns:xsi="x"><b xsi:type="saksmappe"><c>1</c></b><b type="other"><c>1</c></b>'
        '<b xsi:type="n5:saksmappe"><c>1</c></b></a>'
    )

    assert [unit.type for unit in units_of(xml)] == ["saksmappe", "b", "n5:saksmappe", "a"]


def test_the_nearest_systemid_is_that_of_the_unit_or_of_one_above() -> None:
    part, mappe = units_of("<mappe><systemID>7</systemID><part><navn>Kari</navn></part></mappe>")

    assert part.system_id == mappe.system_id == "7"
    assert part.above("mappe") is mappe


def test_an_element_without_content_is_told_of_and_one_that_closes_itself_is_not() -> None:
    xml = "<a>\n<b></b><c/><d> </d><e>\n</e><a/><f>1</f></a>"

    assert empties_of(xml) == ["b:2", "d:2", "e:2"]


@pytest.mark.parametrize("inner", ["<b></b>", "<b ></b >", "<b></b\n>"])
def test_an_end_with_room_in_it_is_an_end(inner: str) -> None:
    assert empties_of(f"<a>{inner}</a>") == ["b:1"]


def test_one_that_closes_itself_is_told_from_a_longer_name_after_it() -> None:
    assert empties_of("<mapper><mappe/></mapper>") == []


def test_an_empty_unit_of_a_known_kind_is_a_unit() -> None:
    xml = "<a><skjerming></skjerming><skjerming/><x></x></a>"

    found = units_of(xml, "skjerming")

    assert [unit.kind for unit in found] == ["skjerming", "a"]
    assert found[1].get("x") == ""


def test_lines_beyond_65_535_have_their_numbers() -> None:
    unit = units_of("<a>" + "\n" * 70_000 + "<b><c>1</c></b></a>")[0]

    assert unit.line == 70_001


@pytest.mark.parametrize(
    "xml",
    [
        '<!DOCTYPE a [<!ENTITY b "c">]><a><b>&b;</b></a>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd"><a/>',
        "<a>" * 300 + "</a>" * 300,
        f"<a><b>{'x' * 17_000_000}</b></a>",
        "<a>" + "<b>1</b>" * 700_000 + "</a>",
        "<a><b></a>",
        "",
        "<a>&#0;</a>",
    ],
    ids=["entity", "external", "deep", "long", "many", "crossed", "nothing", "illegal"],
)
def test_hostile_xml_is_refused(xml: str) -> None:
    with pytest.raises(Unreadable):
        units_of(xml)


def test_what_units_that_have_ended_held_is_not_held_against_others() -> None:
    xml = "<a>" + f"<b><c>{'x' * 1_000_000}</c></b>" * 70 + "</a>"

    assert len(units_of(xml)) == 71


def test_a_file_in_pieces_is_read_as_one() -> None:
    xml = "<a>" + "<b><c>æøå</c></b>" * 20_000 + "</a>"

    found = units_of(xml)

    assert len(found) == 20_001
    assert {unit.get("c") for unit in found[:-1]} == {"æøå"}


def test_what_has_been_seen_and_what_came_twice_is_known() -> None:
    marks = Fingeravtrykk()
    for number in [*range(3000), 7, 8, 8]:
        marks.add(f"id-{number}")

    marks.seal()

    assert all(f"id-{number}" in marks for number in range(3000))
    assert "id-3000" not in marks
    assert marks.twice == 2
    assert [n for n in range(3000) if marks.came_twice(f"id-{n}")] == [7, 8]


@pytest.mark.parametrize(
    "name", ["../ute.pdf", "/etc/hostname", "dokumenter/lenke.pdf", "lenket/1.pdf", "a\0b", "borte"]
)
def test_no_path_leads_out_of_a_package(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "pakke"
    (folder / "dokumenter").mkdir(parents=True)
    (folder / "arkivstruktur.xml").write_text("<arkiv/>")
    (tmp_path / "ute.pdf").write_text("ute")
    (folder / "dokumenter" / "lenke.pdf").symlink_to(tmp_path / "ute.pdf")
    (folder / "lenket").symlink_to(tmp_path)

    assert open_pakke(folder).file(name) is None


def test_a_file_is_read_once_however_often_it_is_referred_to(tmp_path: Path) -> None:
    (tmp_path / "dokumenter").mkdir()
    (tmp_path / "arkivstruktur.xml").write_text("<arkiv/>")
    file = tmp_path / "dokumenter" / "1.pdf"
    file.write_text("1")
    found: list[Lest | None] = []
    with ThreadPoolExecutor(1) as pool:
        filer = Dokumentfiler(open_pakke(tmp_path), pool, lambda _, read: found.append(read))
        filer.refer(Referanse("dokumenter/1.pdf", None, Sted("")))
        pool.submit(file.unlink).result()
        filer.refer(Referanse("dokumenter\\1.pdf", None, Sted("")))
        filer.finish()

    assert found == [Lest(hashlib.sha256(b"1").hexdigest(), 1)] * 2
    assert filer.referred.came_twice("dokumenter/1.pdf")


def test_a_name_that_no_file_can_have_is_of_no_file(tmp_path: Path) -> None:
    (tmp_path / "dokumenter").mkdir()
    (tmp_path / "arkivstruktur.xml").write_text("<arkiv/>")
    found: list[Lest | None] = []
    with ThreadPoolExecutor(1) as pool:
        filer = Dokumentfiler(open_pakke(tmp_path), pool, lambda _, read: found.append(read))
        filer.refer(Referanse(f"dokumenter/{'1' * 5000}.pdf", None, Sted("")))
        filer.finish()

    assert found == [None]


def test_a_backslash_is_a_slash(tmp_path: Path) -> None:
    (tmp_path / "dokumenter" / "2023").mkdir(parents=True)
    (tmp_path / "arkivstruktur.xml").write_text("<arkiv/>")
    (tmp_path / "dokumenter" / "2023" / "1.pdf").write_text("1")

    found = open_pakke(tmp_path).document("dokumenter\\2023\\1.pdf")

    assert found == tmp_path / "dokumenter" / "2023" / "1.pdf"
