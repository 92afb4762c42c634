"""The share of a kommune that goes to another: which rows are in it, table by table."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Table,
    and_,
    cast,
    delete,
    exists,
    false,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
    type_coerce,
    update,
)
from sqlalchemy import Text as TextType
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import Uuid

from sakark_api.flytting.bytter import BYTTER
from sakark_api.flytting.delplan import PLAN, Slag
from sakark_api.flytting.lister import FLYTTES, KOPIERES, is_in
from sakark_api.flytting.sammen import Sammen, there
from sakark_api.flytting.tabeller import own_keys
from sakark_api.tenancy.segl import LOG
from sakark_api.texts import text

__all__ = ["Andel"]


@dataclass
class Andel:
    """Some arkivdeler with all that is in them, and what of the rest both kommuner need.

    `koder` are codes by list, and `felter` names of the kommune's own fields, that units use.
    """

    maalform: str
    koder: Collection[tuple[str, str]] = field(default_factory=list)
    felter: Collection[str] = field(default_factory=list)

    def goes(self, one: Table, rows: FromClause) -> ColumnElement[bool]:
        if PLAN[one.name].slag is not Slag.DELES:
            return self.leaves(one, rows)
        match one.name:
            case "kodeverdi":
                return tuple_(rows.c.liste, rows.c.kode).in_(self.koder)
            case "virksomhetsspesifikkemetadata":
                return rows.c.navn.in_(self.felter)
            case "endringslogg":
                return is_in(rows.c.referanse_arkivenhet, FLYTTES)
        return and_(*(is_in(rows.c[key], FLYTTES, KOPIERES) for key in _keys(one)))

    def leaves(self, one: Table, rows: FromClause) -> ColumnElement[bool]:
        part = PLAN[one.name]
        if part.slag is Slag.BLIR or one.name in (LOG, "kodeverdi"):
            return false()
        if one.name == "teller":
            named = select(cast(FLYTTES.c.system_id, TextType))
            return func.split_part(rows.c.serie, "/", 2).in_(named)
        if part.slag is Slag.DELES:
            return or_(*(is_in(rows.c[key], FLYTTES) for key in _keys(one)))
        if "system_id" in rows.c:
            return is_in(rows.c.system_id, FLYTTES)
        return or_(*(is_in(rows.c[name], FLYTTES) for name in part.eiere))

    def prepare(self, sammen: Sammen, one: Table, waiting: Table) -> None:
        """Leave out copies that are there already, and take from the others what gives access."""
        if PLAN[one.name].slag is not Slag.DELES:
            return
        session, here = sammen.session, waiting.c
        if _keys(one) == ["system_id"]:
            others = there(one, sammen)
            come = and_(BYTTER.c.gammel == here.system_id, others.c.system_id == BYTTER.c.ny)
            session.execute(delete(waiting).where(exists().where(come)))
        changed = self._changes(sammen, one, waiting)
        if changed:
            copied = here.system_id.in_(select(KOPIERES.c.system_id))
            session.execute(update(waiting).where(copied).values(changed))

    def _changes(self, sammen: Sammen, one: Table, waiting: Table) -> dict[str, Any]:
        """Say how a copy differs from what it is a copy of."""
        here = waiting.c
        match one.name:
            case "bruker":
                access = {"klarering": null(), "klarering_gyldig_til": null()}
                return {**access, **_with_origin(sammen, waiting)}
            case "administrativenhet":
                above = here.referanse_overordnet_enhet
                kept = select(KOPIERES.c.system_id).where(KOPIERES.c.system_id == above)
                return {above.name: kept.scalar_subquery(), **_with_origin(sammen, waiting)}
            case "arkiv" | "klassifikasjonssystem":
                said = text(
                    "Kopi fra {navn} ({nummer}), der den er {enhet}.",
                    navn=sammen.fra.navn,
                    nummer=sammen.fra.nummer,
                    enhet="%s",
                ).to(self.maalform)
                told = func.format(said, here.system_id)
                return {"beskrivelse": func.concat_ws(" ", here.beskrivelse, told)}
        return {}


def _keys(one: Table) -> list[str]:
    """Name the columns that hold the systemIDs by which a row is known."""
    return [key for key in own_keys(one) if isinstance(one.c[key].type, Uuid)]


def _with_origin(sammen: Sammen, waiting: Table) -> dict[str, ColumnElement[Any]]:
    """Say of a copy which unit of which kommune it is of, and nothing more of its own fields."""
    enhet, nummer = f"{sammen.felt}systemid", f"{sammen.felt}kommunenummer"
    sammen.egne_felt |= {enhet, nummer}
    said = func.jsonb_build_object(
        literal(enhet, TextType()),
        cast(waiting.c.system_id, TextType),
        literal(nummer, TextType()),
        literal(sammen.fra.nummer, TextType()),
    )
    return {"virksomhetsspesifikke_metadata": type_coerce(said, JSONB)}
