"""Two kommuner on their way to become one, and what has been renamed so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from sqlalchemy import ColumnElement, FromClause, Select, Table, column, select, table, true
from sqlalchemy.orm import Session

from sakark_api.flytting.tabeller import columns_of, rows_in
from sakark_api.tenancy.kommune import KommuneRow
from sakark_api.texts import Text, text

__all__ = ["KOLLISJONER", "Alt", "Andel", "Kommuneside", "Rapport", "Sammen", "side_of", "there"]

FIELD: Final = "vnd-sammenslaatt-v1:"
"""What the names of the fields begin with that say what a unit was called in its own kommune."""
KOLLISJONER: Final[Mapping[str, Text]] = {
    "bruker": text("Samme innloggingstjeneste, subject og navn er samme bruker."),
    "kode lik": text("Samme kode med samme navn er samme kode."),
    "kode": text("Koden fikk kommunenummeret foran."),
    "kodenavn": text("Kodenavnet fikk kommunens navn bak."),
    "felt": text("Eget felt med samme navn og type er samme felt."),
    "rett": text("Retter til alle enheter gjelder slik de var i kommunen som består."),
    "enhet": text("Enhetens navn fikk kommunens navn bak."),
    "mappeid": text("MappeID fikk kommunenummeret foran."),
    "registreringsid": text("RegistreringsID fikk kommunenummeret foran."),
    "journalnummer": text("Journalposten fikk det neste ledige nummeret i året."),
}
"""What may collide, and the rule that solves it."""


@dataclass(frozen=True)
class Kommuneside:
    """One of the two kommuner."""

    id: int
    slug: str
    navn: str
    nummer: str


def side_of(row: KommuneRow) -> Kommuneside:
    return Kommuneside(row.id, row.slug, row.navn, row.kommunenummer)


class Andel(Protocol):
    """What of a kommune goes to the other."""

    def goes(self, one: Table, rows: FromClause) -> ColumnElement[bool]:
        """Say that a row of a table goes along."""
        ...

    def leaves(self, one: Table, rows: FromClause) -> ColumnElement[bool]:
        """Say that a row that goes along is no more where it was."""
        ...

    def prepare(self, sammen: "Sammen", one: Table, waiting: Table) -> None:
        """Do to the rows that wait what is to be done before the rules."""
        ...


class Alt:
    """All that a kommune has goes to the other."""

    def goes(self, one: Table, rows: FromClause) -> ColumnElement[bool]:
        del one, rows
        return true()

    leaves = goes

    def prepare(self, sammen: "Sammen", one: Table, waiting: Table) -> None:
        """Nothing is to be done."""


@dataclass
class Sammen:
    """Two that become one: what has been renamed so far, and what that has led to.

    `felt` is what the names of the fields begin with that say what a unit was called before.
    """

    session: Session
    fra: Kommuneside
    til: Kommuneside
    andel: Andel = field(default_factory=Alt)
    felt: str = FIELD
    koder: list[tuple[str, str, str]] = field(default_factory=list)
    endret: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """What collided, by kind: as it was called, and what it is called now."""
    egne_felt: set[str] = field(default_factory=set)

    def note(self, slag: str, fra: object, til: object) -> None:
        self.endret.setdefault(slag, []).append((str(fra), str(til)))

    def going(self, one: Table) -> Select[Any]:
        """Select the rows of a table that go along."""
        found = rows_in(one, self.fra.id)
        return found.where(self.andel.goes(one, found.get_final_froms()[0]))

    def rows(self, statement: Any) -> list[Any]:  # noqa: ANN401  SQLAlchemy's
        return list(self.session.execute(statement).all())


@dataclass
class Rapport:
    """What it came to: rows of each table, and what collided with how it was solved.

    Where arkivdeler were moved, `kopier` are those of the rows that are copies, and `plan` what
    becomes of each table's rows, and why.
    """

    fra: str
    til: str
    tabeller: dict[str, int] = field(default_factory=dict)
    kollisjoner: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    kopier: dict[str, int] = field(default_factory=dict)
    plan: Mapping[str, tuple[str, Text]] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        return {
            "fra": self.fra,
            "til": self.til,
            "rader": self.tabeller,
            "kopier": self.kopier,
            "plan": {
                name: {"hva": what, "hvorfor": str(why)} for name, (what, why) in self.plan.items()
            },
            "kollisjoner": [
                {
                    "slag": slag,
                    "regel": str(KOLLISJONER[slag]),
                    "antall": len(pairs),
                    "endret": [{"var": old, "er": new} for old, new in pairs],
                }
                for slag, pairs in self.kollisjoner.items()
            ],
        }


def there(one: Table, sammen: Sammen) -> Any:  # noqa: ANN401  a subquery
    """Give the rows of the kommune that goes on."""
    rows = table(one.name, *map(column, columns_of(one)))
    return select(rows).where(rows.c.tenant_id == sammen.til.id).subquery("der")
