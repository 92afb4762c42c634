"""Working days in Norway: how far a public journal has come, when entries wait some of them."""

from datetime import date, timedelta
from functools import cache

from dateutil.easter import easter

__all__ = ["is_working_day", "published_until"]

_DAY = timedelta(1)
_FIXED = ((1, 1), (5, 1), (5, 17), (12, 25), (12, 26))
_FROM_EASTER = (-3, -2, 0, 1, 39, 49, 50)
"""Maundy Thursday, Good Friday, Easter and the day after, Ascension, Whitsun and the day after."""
_SATURDAY = 5


def published_until(today: date, waits: int) -> date:
    """Give the last day whose entries are public: `waits` working days have begun since then."""
    day, left = today, waits
    while left:
        left -= is_working_day(day)
        day -= _DAY
    return day


def is_working_day(day: date) -> bool:
    """Tell whether a day is neither of a weekend nor a holiday."""
    return day.weekday() < _SATURDAY and day not in _holidays(day.year)


@cache
def _holidays(year: int) -> frozenset[date]:
    moving = (easter(year) + timedelta(one) for one in _FROM_EASTER)
    return frozenset([*(date(year, *one) for one in _FIXED), *moving])
