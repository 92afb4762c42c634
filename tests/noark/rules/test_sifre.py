"""Numbers that carry their own proof: which can be right, and which can not."""

import pytest

from sakark_api.noark.rules.sifre import (
    has_digits,
    is_d_nummer,
    is_foedselsnummer,
    is_organisasjonsnummer,
)


@pytest.mark.parametrize("number", ["974760673", "312345609"])
def test_number_of_an_organisation_has_a_right_check_digit(number: str) -> None:
    assert is_organisasjonsnummer(number)


@pytest.mark.parametrize(
    "number", ["", "974760674", "97476067", "9747606730", "174760673", "97476067a", "９74760673"]
)
def test_what_is_no_number_of_an_organisation_is_told(number: str) -> None:
    assert not is_organisasjonsnummer(number)


def test_number_of_a_person_has_a_date_and_right_check_digits() -> None:
    assert is_foedselsnummer("01817000173")


@pytest.mark.parametrize("number", ["", "01817000174", "0181700017", "41817000086", "00000000000"])
def test_what_is_no_number_of_a_person_is_told(number: str) -> None:
    assert not is_foedselsnummer(number)


def test_d_nummer_has_forty_added_to_the_day() -> None:
    assert is_d_nummer("41817000086")


@pytest.mark.parametrize("number", [None, "", "01817000173", "41817000087"])
def test_what_is_no_d_nummer_is_told(number: str | None) -> None:
    assert not is_d_nummer(number)


@pytest.mark.parametrize(
    ("number", "right"), [("1506", True), ("506", False), ("15O6", False), ("１506", False)]
)
def test_digits_are_counted(number: str, *, right: bool) -> None:
    assert has_digits(number, 4) is right
