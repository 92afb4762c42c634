"""JSON without loss: what is read is what is written."""

from decimal import Decimal

import pytest

from sakark_api.noark.exact import read_json, write_json


@pytest.mark.parametrize(
    "written",
    [
        "123456789012345678901234567890123456789",
        "-0.123456789012345678901234567890",
        "1.50",
        "[true,1,null]",
        '{"a":{"b":"å"}}',
    ],
)
def test_what_is_read_is_written_the_same(written: str) -> None:
    assert write_json(read_json(written)) == written


def test_numbers_with_a_point_or_an_exponent_are_decimals() -> None:
    assert read_json("[1.0, 1e2, 1]") == [Decimal("1.0"), Decimal("1E+2"), 1]
    assert list(map(type, read_json("[1.0, 1e2, 1]"))) == [Decimal, Decimal, int]


@pytest.mark.parametrize("written", ["NaN", "[1,]", '"\\ud800"', "", b"\xff", "1" * 5000])
def test_what_is_no_json_is_a_value_error(written: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_json(written)


def test_number_beyond_all_measure_is_an_arithmetic_error() -> None:
    with pytest.raises(ArithmeticError):
        read_json("1e99999999999999999999")
