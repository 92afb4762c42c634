"""Options: contracted parts of the service, each with the periods that a kommune has had it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sakark_api.errors import Conflict, Invalid, NotFound
from sakark_api.texts import text

__all__ = [
    "Options",
    "Period",
    "end",
    "names_in_force",
    "read_options",
    "with_period",
    "write_options",
]

_NAME = re.compile(r"[a-zæøå][a-zæøå0-9-]{1,40}")


@dataclass(frozen=True, order=True)
class Period:
    """Days from `fra` to and with `til`; without `til` until further notice."""

    fra: date
    til: date | None = None

    def overlaps(self, first: date, last: date | None) -> bool:
        return (last is None or self.fra <= last) and (self.til is None or first <= self.til)


Options = Mapping[str, Sequence[Period]]


def read_options(kept: Mapping[str, Any]) -> Options:
    """Read the registry's column: periods by the option's name, as [fra, til] or [fra, null]."""
    return {
        name: [
            Period(date.fromisoformat(fra), til and date.fromisoformat(til)) for fra, til in periods
        ]
        for name, periods in kept.items()
    }


def write_options(options: Options) -> dict[str, Any]:
    return {
        name: [[one.fra.isoformat(), one.til and one.til.isoformat()] for one in periods]
        for name, periods in options.items()
    }


def with_period(periods: Sequence[Period], new: Period) -> list[Period]:
    """Add a period; one that began the same day is replaced, another may not overlap it."""
    if new.til is not None and new.til < new.fra:
        raise Invalid(text("Perioden kan ikke slutte før den begynner."))
    others = [one for one in periods if one.fra != new.fra]
    for one in others:
        if one.overlaps(new.fra, new.til):
            raise Conflict(
                text(
                    "Perioden overlapper en fra {fra} til {til}. Avslutt den først.",
                    fra=one.fra,
                    til=one.til or text("videre"),
                )
            )
    return sorted([*others, new], key=lambda one: one.fra)


def end(periods: Sequence[Period], last_day: date) -> list[Period]:
    """End an option after `last_day`: what was before stays, what is not begun goes."""
    if not any(one.overlaps(last_day, None) for one in periods):
        raise NotFound(text("Kommunen har ikke denne opsjonen nå."))
    return [
        Period(one.fra, min(one.til or last_day, last_day))
        for one in periods
        if one.fra <= last_day
    ]


def names_in_force(options: Options, first: date, last: date) -> list[str]:
    """List the options that a kommune has had on any day from `first` to and with `last`."""
    return sorted(
        name
        for name, periods in options.items()
        if any(one.overlaps(first, last) for one in periods)
    )


def refuse_odd_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise Invalid(
            text("Opsjonens navn må være små bokstaver, tall og bindestrek: {navn}", navn=name)
        )
