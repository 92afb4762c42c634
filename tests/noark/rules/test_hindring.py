"""Refusals name what the reader sees of what stands in the way, and count the rest."""

from uuid import uuid4

import pytest

from sakark_api.errors import SHOWN, Blocked, Obstacle, Standing
from sakark_api.noark.arkivstruktur.mappe import Mappe
from sakark_api.noark.rules.hindring import conflict_over
from sakark_api.texts import Text, text

UNITS = [Standing("mappe", uuid4(), f"M{number}") for number in range(1, 15)]
TEN = "M1, M2, M3, M4, M5, M6, M7, M8, M9, M10"


def says(names: object) -> Text:
    return text("Åpne: {mapper}.", mapper=names)


@pytest.mark.parametrize(
    ("count", "seen", "sentence"),
    [
        (1, UNITS, "Åpne: M1."),
        (2, UNITS, "Åpne: M1, M2."),
        (SHOWN, UNITS, f"Åpne: {TEN}."),
        (14, UNITS, f"Åpne: {TEN} og 4 til."),
        (1, [], "Åpne: 1 som du ikke har tilgang til."),
        (3, [], "Åpne: 3 som du ikke har tilgang til."),
        (3, UNITS[1:], "Åpne: M2, M3 og 1 til som du ikke har tilgang til."),
        (3, UNITS[:1], "Åpne: M1 og 2 til som du ikke har tilgang til."),
        (14, UNITS[12:], "Åpne: M13, M14 og 12 til som du ikke har tilgang til."),
        (14, UNITS[:12], f"Åpne: {TEN} og 4 til."),
        (14, UNITS[:10], f"Åpne: {TEN} og 4 til som du ikke har tilgang til."),
        (120, UNITS, f"Åpne: {TEN} og 110 til."),
    ],
)
def test_units_out_of_sight_are_counted_and_not_named(
    count: int, seen: list[Standing], sentence: str
) -> None:
    refusal = Blocked([Obstacle(says, UNITS[:count], count)])

    told = refusal.to_reader(seen)

    assert str(told) == str(told.text) == str(told.obstacles[0].reason) == sentence
    assert told.obstacles[0].count == count
    assert set(told.obstacles[0].named) <= set(seen)


def test_one_unit_out_of_sight_is_told_of_as_one() -> None:
    case = Mappe(system_id=uuid4())
    refusal = conflict_over(case, "2026/7", lambda name: text("Saken {sak} er lukket.", sak=name))

    told = refusal.to_reader([])

    assert str(refusal) == "Saken 2026/7 er lukket."
    assert str(told) == "Saken du ikke har tilgang til er lukket."
    assert told.units == frozenset()


def test_what_comes_before_the_reasons_stays() -> None:
    refusal = Blocked([Obstacle(says, UNITS[:1], 1), Obstacle(says, [], 0)], text("Vent."))

    assert str(refusal.to_reader([])).startswith("Vent. Åpne: 1 som")
