"""The page on conformance is what the code and the tests say, and has no empty row."""

from tests.conformance.page import PAGE, page
from tests.conformance.proof import needless_deviations, unknown, unproven
from tests.conformance.standing import PENDING


def test_the_page_on_conformance_is_the_generated_one() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make conformance`"


def test_every_requirement_has_a_test_or_a_reason() -> None:
    assert unproven() == []


def test_nothing_on_the_page_is_pending() -> None:
    assert [line for line in page().splitlines() if PENDING in line] == []


def test_no_deviation_is_kept_of_what_is_proven() -> None:
    assert needless_deviations() == []


def test_tests_name_requirements_that_there_are() -> None:
    assert unknown() == []
