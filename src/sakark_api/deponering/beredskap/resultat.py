"""What was counted, added up: how much of an archive could be deposited as it is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import floor
from typing import Final

from sakark_api.deponering.alvor import Alvor
from sakark_api.deponering.sjekker.katalog import SJEKKER
from sakark_api.deponering.sjekker.sjekk import Sjekk
from sakark_api.tenancy.beredskap import Telt

__all__ = ["Resultat", "Sjekktall", "added_up"]

_STEPS: Final = 10_000
"""Scores have four decimals, and are rounded down: all is not well until it is."""


@dataclass(frozen=True)
class Sjekktall:
    """In how many units a check holds: at fault, and not done yet, of all there are."""

    sjekk: Sjekk
    antall: int
    uferdige: int
    enheter: int

    @property
    def score(self) -> float | None:
        return _share(self.antall, self.enheter)


@dataclass(frozen=True)
class Resultat:
    """How many units there are, and in how many something stands in the way of a deposit."""

    enheter: int
    med_feil: int
    uferdige: int
    sjekker: Sequence[Sjekktall]

    @property
    def score(self) -> float | None:
        """The share of units that nothing stands in the way of; None where there are no units."""
        return _share(self.med_feil, self.enheter)


def added_up(counts: Iterable[Telt]) -> Resultat:
    """Add up what was counted, of several kinds of units and several arkivdeler."""
    listed = list(counts)
    of_kind: dict[str, int] = {}
    held: dict[str, tuple[int, int]] = {}
    for one in listed:
        of_kind[one.ressurs] = of_kind.get(one.ressurs, 0) + one.enheter
        for name, (feil, uferdige) in one.sjekker.items():
            before = held.get(name, (0, 0))
            held[name] = (before[0] + feil, before[1] + uferdige)
    return Resultat(
        sum(of_kind.values()),
        sum(one.med_feil for one in listed),
        sum(one.uferdige for one in listed),
        _in_order(held, of_kind),
    )


def _in_order(
    held: Mapping[str, tuple[int, int]], of_kind: Mapping[str, int]
) -> Sequence[Sjekktall]:
    """Put what stands in the way first, and of that what holds for most units."""
    found = [
        Sjekktall(sjekk, *held[name], of_kind[sjekk.resource.name])
        for name, sjekk in SJEKKER.items()
        if name in held  # a check of another version of the program is not known here
    ]
    return sorted(found, key=lambda one: (one.sjekk.alvor is not Alvor.FEIL, -one.antall))


def _share(faults: int, total: int) -> float | None:
    return floor(_STEPS * (total - faults) / total) / _STEPS if total else None
