"""Reading the postal register's file, as it is published and as it should not be."""

import pytest

from sakark_api.errors import Invalid
from sakark_api.noark.metadata.postregister import FEWEST, read_register

REST = "".join(f"{number:04}\tPLASSEN\t1506\tMOLDE\tG\r\n" for number in range(7000, 7000 + FEWEST))
START = (
    "0001\tOSLO\t0301\tOSLO\tP\r\n0010\tOSLO\t0301\tOSLO\tB\r\n6300\tÅNDALSNES\t1539\tRAUMA\tB\r\n"
)


@pytest.mark.parametrize("encoding", ["windows-1252", "iso-8859-1", "utf-8", "utf-8-sig"])
def test_register_is_read_whatever_its_encoding(encoding: str) -> None:
    found = read_register((START + REST).encode(encoding))

    assert len(found) == FEWEST + 3
    assert found["0001"] == found["0010"] == "OSLO"
    assert found["6300"] == "ÅNDALSNES"


@pytest.mark.parametrize("tail", ["", "\n", "\r\n \r\n", "6413\tMOLDE\t1506\tMOLDE\tG"])
def test_end_of_the_file_may_be_as_it_likes(tail: str) -> None:
    found = read_register((REST + tail).encode())

    assert len(found) == FEWEST + tail.count("MOLDE\tG")


@pytest.mark.parametrize(
    "line",
    [
        "Postnummer\tPoststed\tKommunenummer\tKommunenavn\tKategori",
        "641\tMOLDE\t1506\tMOLDE\tG",
        "6413\t \t1506\tMOLDE\tG",
        "6413\tMOLDE\t156\tMOLDE\tG",
        "6413\tMOLDE\t1506\tMOLDE\t",
        "6413\tMOLDE\t1506\tMOLDE\tGATE",
        "6413\tMOLDE\t1506\tMOLDE",
        "6413;MOLDE;1506;MOLDE;G",
        "٦٤١٣\tMOLDE\t1506\tMOLDE\tG",
        "<html>",
    ],
)
def test_line_that_is_not_of_the_register_is_named(line: str) -> None:
    with pytest.raises(Invalid, match="Linje 3 "):
        read_register(f"0001\tOSLO\t0301\tOSLO\tP\n\n{line}\n{REST}".encode())


def test_number_that_is_there_twice_is_named() -> None:
    with pytest.raises(Invalid, match=r"Linje 4: postnummer 0001 "):
        read_register((START + "0001\tOSLO\t0301\tOSLO\tP\r\n" + REST).encode())


@pytest.mark.parametrize("data", [b"", START.encode(), REST[: len(REST) // 2].encode()[:-30]])
def test_half_a_register_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid):
        read_register(data)


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(Invalid, match="Windows-1252"):
        read_register(b"\x81\x8d\x8f\n")
