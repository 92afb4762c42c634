"""Kassasjon: how a decision on disposal comes down to a unit, and when it is due."""

from datetime import datetime
from typing import Any, Final, Protocol

from sakark_api.noark.resource import Change
from sakark_api.noark.rules.frysing import value_before
from sakark_api.noark.values import years_after
from sakark_api.noark.verdier import Kassasjon

__all__ = [
    "WITHOUT_INHERITANCE",
    "date_disposal",
    "decides_the_same",
    "give_kassasjon",
    "inherit_kassasjon",
    "is_dated_by_hand",
    "undated",
]

WITHOUT_INHERITANCE: Final = "uten-arv-av-kassasjon"
"""The option of a kommune that decides on disposal unit by unit (5.10.16)."""


class Kassabel(Protocol):
    kassasjon: Kassasjon | None


def give_kassasjon(change: Change, unit: Kassabel, *sources: object) -> None:
    """Copy the decision of the first source that has one, where none is given (5.10.9, 5.10.16)."""
    if unit.kassasjon is not None or WITHOUT_INHERITANCE in change.options:
        return
    decided = (getattr(source, "kassasjon", None) for source in sources)
    unit.kassasjon = next(filter(None, decided), None)


def inherit_kassasjon(change: Change, unit: Kassabel) -> None:
    """Take over what is decided for the unit above, where nothing is given (5.10.9)."""
    give_kassasjon(change, unit, change.parent)


def date_disposal(unit: Any, closed: datetime | None, before: datetime | None) -> None:
    """Date a unit's disposal from a closing, where it is not dated by hand (M452; GUIDE 14.9).

    `closed` is when what the unit belongs to was closed, and `before` what that was before this
    change: a date that came of it, and of the years that were decided then, is given anew.
    """
    value: Kassasjon | None = unit.kassasjon
    if value is None or value.bevaringstid is None:
        return
    date = value.kassasjonsdato
    if date is not None and date == _due(value_before(unit, "kassasjon") or value, before):
        date = None
    date = date or _due(value, closed)
    if date != value.kassasjonsdato:
        unit.kassasjon = value.model_copy(update={"kassasjonsdato": date})


def undated(value: Kassasjon | None) -> Kassasjon | None:
    """Give a decision without the date that follows from its years and a closing."""
    if value is None or value.bevaringstid is None:
        return value
    return value.model_copy(update={"kassasjonsdato": None})


def decides_the_same(one: Kassasjon | None, other: Kassasjon | None) -> bool:
    """Tell whether two units are decided of alike, though they may be due at different times."""
    return undated(one) == undated(other)


def is_dated_by_hand(
    value: Kassasjon | None, above: Kassasjon | None, closed: datetime | None
) -> bool:
    """Tell whether a decision's date comes neither from a closing nor from above."""
    if value is None or value.bevaringstid is None:
        return False
    given = above.kassasjonsdato if above else None
    return value.kassasjonsdato not in {None, given, _due(value, closed)}


def _due(value: Kassasjon, closed: datetime | None) -> datetime | None:
    if closed is None or value.bevaringstid is None:
        return None
    return years_after(closed, value.bevaringstid)
