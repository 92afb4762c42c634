"""One check: which units it is of, what is wrong with them, and what is to be done about it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, true

from sakark_api.deponering.alvor import Alvor
from sakark_api.deponering.utvalg import Utvalg
from sakark_api.noark.resource import Resource
from sakark_api.texts import Text, text

__all__ = ["Condition", "Sjekk", "always", "every"]

Condition = Callable[[FromClause, Utvalg], ColumnElement[bool]]
"""Says something of the rows of a resource, of which some are in a deposit."""


@dataclass(frozen=True)
class Sjekk:
    """A condition on units, with what it means: `hva` is wrong with them, `raad` is what to do.

    A *feil* stands in the way of a deposit; a *merknad* is what a person should look at. `awaits`
    says of which units it is none until the arkivdel is closed: their work is not done yet.
    `within` says which units are looked at, where that is not those in the deposit.
    """

    id: str
    resource: Resource[Any]
    hva: Text
    raad: Text
    condition: Condition
    alvor: Alvor = Alvor.FEIL
    awaits: Callable[[FromClause], ColumnElement[bool]] | None = None
    within: Condition | None = None

    def units(self, rows: FromClause, utvalg: Utvalg) -> ColumnElement[bool]:
        """Say which units are looked at."""
        if self.within is not None:
            return self.within(rows, utvalg)
        return utvalg.conditions()[self.resource](rows)

    def says(self, names: object) -> Text:
        """Make the sentence of what stands in the way, from the names of that."""
        return text("{hva}: {enheter}. {raad}", hva=self.hva, enheter=names, raad=self.raad)


def always(_: FromClause) -> ColumnElement[bool]:
    """Say it of every unit."""
    return true()


def every(_: FromClause, __: Utvalg) -> ColumnElement[bool]:
    """Say it of every unit that is looked at."""
    return true()
