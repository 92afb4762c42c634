"""How far a public journal has come, when entries wait some working days."""

from datetime import date

import pytest

from sakark_api.journal.virkedager import is_working_day, published_until

FRIDAY, SATURDAY, MONDAY, TUESDAY = (date(2026, 11, day) for day in (20, 21, 23, 24))


@pytest.mark.parametrize(
    ("today", "waits", "last"),
    [
        (MONDAY, 0, MONDAY),
        (SATURDAY, 0, SATURDAY),
        (MONDAY, 1, date(2026, 11, 22)),
        (TUESDAY, 1, MONDAY),
        (SATURDAY, 1, date(2026, 11, 19)),
        (MONDAY, 2, date(2026, 11, 19)),
        # Easter 2026: Thursday 2 April to Monday 6 April.
        (date(2026, 4, 7), 1, date(2026, 4, 6)),
        (date(2026, 4, 7), 2, date(2026, 3, 31)),
        (date(2027, 1, 4), 2, date(2026, 12, 30)),
    ],
)
def test_entries_are_public_when_so_many_working_days_have_begun(
    today: date, waits: int, last: date
) -> None:
    assert published_until(today, waits) == last


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 1, 1),
        date(2026, 4, 2),
        date(2026, 4, 6),
        date(2026, 5, 1),
        date(2026, 5, 14),
        date(2026, 5, 25),
        date(2027, 5, 17),
        date(2026, 12, 25),
        SATURDAY,
    ],
)
def test_holidays_are_no_working_days(day: date) -> None:
    assert not is_working_day(day)


def test_other_days_are() -> None:
    assert all(is_working_day(day) for day in (FRIDAY, MONDAY, date(2026, 4, 1)))
