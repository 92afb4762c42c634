"""What cases and entries are called where the other kommune has one that is called the same.

What a unit was called before is kept on it, as a field of the kommune's own, which is searched like
others.
"""

from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Table,
    cast,
    column,
    exists,
    func,
    literal,
    select,
    table,
    type_coerce,
    update,
)
from sqlalchemy import Text as TextType
from sqlalchemy.dialects.postgresql import JSONB

from sakark_api.flytting.sammen import Sammen, there

__all__ = ["name_cases", "name_entries"]


def name_cases(sammen: Sammen, one: Table, waiting: Table) -> None:
    _put_number_in_front(sammen, one, waiting, "mappe_id", "mappeid")


def name_entries(sammen: Sammen, one: Table, waiting: Table) -> None:
    _put_number_in_front(sammen, one, waiting, "registrerings_id", "registreringsid")
    _number_entries(sammen, one, waiting)


def _put_number_in_front(sammen: Sammen, one: Table, waiting: Table, name: str, slag: str) -> None:
    """Put the kommunenummer in front of names that the other kommune has too, and keep the old."""
    others, here = there(one, sammen), waiting.c
    taken = exists(select(literal(1)).select_from(others).where(others.c[name] == here[name]))
    new = func.concat(f"{sammen.fra.nummer}-", here[name])
    for old, called in sammen.rows(select(here[name], new).where(taken).order_by(here[name])):
        sammen.note(slag, old, called)
    if slag not in sammen.endret:
        return
    kept = _with_field(sammen, waiting, slag, here[name])
    sammen.session.execute(update(waiting).where(taken).values({name: new, _OWN: kept}))


_OWN: Final = "virksomhetsspesifikke_metadata"


def _with_field(
    sammen: Sammen, waiting: Table, slag: str, value: ColumnElement[Any]
) -> ColumnElement[Any]:
    """Give a unit's own fields with what it was called, and in which kommune."""
    called, nummer = f"{sammen.felt}{slag}", f"{sammen.felt}kommunenummer"
    sammen.egne_felt |= {called, nummer}
    own = func.coalesce(type_coerce(waiting.c[_OWN], JSONB), cast(literal("{}", TextType()), JSONB))
    said = func.jsonb_build_object(called, cast(value, TextType), nummer, sammen.fra.nummer)
    return own.op("||")(said)


def _number_entries(sammen: Sammen, one: Table, waiting: Table) -> None:
    """Give entries whose number in the journal is taken the next that neither kommune has used."""
    others, here = there(one, sammen), waiting.c
    aar, nummer = "journalaar", "journalsekvensnummer"
    taken = exists(
        select(literal(1))
        .select_from(others)
        .where(others.c[aar] == here[aar], others.c[nummer] == here[nummer])
    )
    highest = func.greatest(
        select(func.max(others.c[nummer])).where(others.c[aar] == here[aar]).scalar_subquery(),
        _highest(waiting, here[aar]),
        _given(sammen, here[aar]),
    )
    place = func.row_number().over(partition_by=here[aar], order_by=here[nummer])
    new = select(
        here.system_id,
        func.concat(here[aar], "/", here[nummer]).label("het"),
        (highest + place).label("nytt"),
        func.concat(here[aar], "/", highest + place).label("heter"),
    ).where(taken)
    found = new.subquery("nye")
    for old, called in sammen.rows(select(found.c.het, found.c.heter).order_by(found.c.heter)):
        sammen.note("journalnummer", old, called)
    if "journalnummer" not in sammen.endret:
        return
    kept = _with_field(sammen, waiting, "journalnummer", found.c.het)
    sammen.session.execute(
        update(waiting)
        .where(waiting.c.system_id == found.c.system_id)
        .values({nummer: found.c.nytt, _OWN: kept})
    )


def _highest(waiting: Table, aar: ColumnElement[Any]) -> ColumnElement[Any]:
    """Give the highest number of a year among those that wait."""
    other = waiting.alias("andre")
    return (
        select(func.max(other.c.journalsekvensnummer))
        .where(other.c.journalaar == aar)
        .scalar_subquery()
    )


def _given(sammen: Sammen, aar: ColumnElement[Any]) -> ColumnElement[Any]:
    """Give the last number that the kommune that goes on has given in a year."""
    teller = table("teller", column("tenant_id"), column("serie"), column("verdi"))
    serie = func.concat("journal/", aar)
    return (
        select(teller.c.verdi)
        .where(teller.c.tenant_id == sammen.til.id, teller.c.serie == serie)
        .scalar_subquery()
    )
