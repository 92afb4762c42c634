"""Rows on their way from one kommune to another: made to fit, put in, counted and summed."""

from typing import Any
from uuid import uuid4

from sqlalchemy import (
    FromClause,
    Numeric,
    Select,
    SmallInteger,
    Table,
    and_,
    cast,
    delete,
    exists,
    func,
    insert,
    select,
)
from sqlalchemy import Text as TextType
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateTable, DropTable

from sakark_api.errors import Conflict
from sakark_api.flytting.ankomst import rest
from sakark_api.flytting.notater import Notes
from sakark_api.flytting.regler import adapt
from sakark_api.flytting.sammen import Sammen
from sakark_api.flytting.tabeller import arriving, columns_of, keys_of, own_keys, rows_in, taken
from sakark_api.noark.arkivstruktur.registrering import Registrering
from sakark_api.noark.metadata.virksomhetsspesifikkemetadata import VirksomhetsspesifikkeMetadata
from sakark_api.noark.model import table_of
from sakark_api.noark.rules.numre import Teller
from sakark_api.tenancy.administration import see_as
from sakark_api.tenancy.partitions import partitioned_tables
from sakark_api.texts import text

__all__ = ["count_renumbered", "define_fields", "empty", "in_order", "move"]


def in_order() -> list[Table]:
    """List the tables that rows are moved of; what others name first: who they are, and codes."""
    first = {"bruker", "kodeverdi", "virksomhetsspesifikkemetadata"}
    return sorted(taken(), key=lambda each: each.name not in first)


def move(sammen: Sammen, notes: Notes, one: Table) -> int:
    """Let the rows of a table be the other kommune's; give how many."""
    session, fra, til = sammen.session, sammen.fra.id, sammen.til.id
    waiting, rows = arriving(one, til)
    session.execute(CreateTable(waiting))
    see_as(session, fra)
    session.execute(insert(waiting).from_select(columns_of(one), sammen.going(one)))
    see_as(session, til)
    if session.scalar(select(exists().select_from(waiting))):
        sammen.andel.prepare(sammen, one, waiting)
        adapt(sammen, one, waiting)
    count, summed = session.execute(_figures(one, waiting, til)).one()
    if one.name == Teller.__tablename__:
        go_on_counting(session, rows)
    elif count:
        before = _count(session, one, til)
        _put_in(sammen, notes, one, waiting, rows)
        there = _with_keys_of(one, til, waiting)
        come = session.execute(_figures(one, there, til)).one()
        if _count(session, one, til) != before + count or tuple(come) != (count, summed):
            raise Conflict(text("Radene i {tabell} ble ikke de samme. Meld fra.", tabell=one.name))
        if one in partitioned_tables():
            notes.add(one.name, waiting, count)
    session.execute(DropTable(waiting))
    return int(count)


def _count(session: Session, one: Table, tenant_id: int) -> int:
    counted = select(func.count()).select_from(rows_in(one, tenant_id).subquery())
    return int(session.scalar(counted) or 0)


def _figures(one: Table, rows: FromClause, til: int) -> Select[Any]:
    """Count rows and sum them up, in whatever order they are."""
    number = cast(til, SmallInteger)
    values = (number if name == "tenant_id" else rows.c[name] for name in columns_of(one))
    whole = cast(func.row(*values), TextType)
    summed = func.sum(cast(func.hashtextextended(whole, 0), Numeric))
    return select(func.count(), func.coalesce(summed, 0)).select_from(rows)


def _with_keys_of(one: Table, tenant_id: int, waiting: Table) -> FromClause:
    """Give the rows of a kommune that have the keys of those that waited."""
    rows = rows_in(one, tenant_id).subquery("her")
    same = and_(*(rows.c[key] == waiting.c[key] for key in own_keys(one)))
    return select(*rows.c).select_from(rows.join(waiting, same)).subquery("kommet")


def _put_in(sammen: Sammen, notes: Notes, one: Table, waiting: Table, rows: Select[Any]) -> None:
    """Put rows in; those above others first, for what triggers work out of them.

    The triggers of a large table rest: no other kommune waits for its partition. Those of a small
    one do their work, since to let them rest would hold every kommune up.
    """
    session, large = sammen.session, one in partitioned_tables()
    if "omfang" in waiting.c:
        rows = rows.order_by(func.cardinality(waiting.c.omfang))
    if large:
        session.execute(rest(notes.tenant_id, one, resting=True))
    try:
        session.execute(insert(one).from_select(keys_of(one), rows))
    except IntegrityError:
        raise Conflict(
            text("Begge kommunene har en rad med samme nøkkel i {tabell}.", tabell=one.name)
        ) from None
    if large:
        session.execute(rest(notes.tenant_id, one, resting=False))


def go_on_counting(session: Session, rows: Select[Any]) -> None:
    """Let each series go on after the highest number that either kommune has given."""
    put_in = insert_or(Teller).from_select(columns_of(table_of(Teller)), rows)
    session.execute(
        put_in.on_conflict_do_update(
            index_elements=[Teller.tenant_id, Teller.serie],
            set_={"verdi": func.greatest(Teller.verdi, put_in.excluded.verdi)},
        )
    )


def count_renumbered(session: Session, tenant_id: int) -> None:
    """Let the journals go on after the numbers that entries were given as they came (M014)."""
    entries = table_of(Registrering).c
    numbered: list[Any] = [
        func.concat("journal/", entries.journalaar),
        cast(tenant_id, SmallInteger),
        func.max(entries.journalsekvensnummer),
    ]
    ours = select(*numbered).where(
        entries.tenant_id == tenant_id,
        entries.journalaar.is_not(None),
        entries.journalsekvensnummer.is_not(None),
    )
    go_on_counting(session, ours.group_by(entries.journalaar))


def empty(sammen: Sammen, notes: Notes, one: Table) -> int:
    """Delete from a table what is the other kommune's now; give how many rows."""
    session, fra, large = sammen.session, sammen.fra.id, one in partitioned_tables()
    leaving = and_(one.c.tenant_id == fra, sammen.andel.leaves(one, one))
    count = session.scalar(select(func.count()).select_from(one).where(leaving)) or 0
    if count and large:
        keys = select(*one.primary_key).where(leaving).subquery("her")
        notes.add(one.name, keys, count)
        session.execute(rest(fra, one, resting=True))
    if count:
        session.execute(delete(one).where(leaving))
    if large:
        session.execute(rest(fra, one, resting=False))
    return count


def define_fields(sammen: Sammen, maalform: str) -> None:
    """Define the fields that say what units were called, where they are not defined yet."""
    rows = table_of(VirksomhetsspesifikkeMetadata)
    known = set(
        sammen.session.scalars(select(rows.c.navn).where(rows.c.tenant_id == sammen.til.id))
    )
    for navn in sorted(sammen.egne_felt - known):
        sammen.session.execute(
            insert(rows).values(
                tenant_id=sammen.til.id,
                system_id=uuid4(),
                version=1,
                navn=navn,
                type="string",
                beskrivelse=text("Hva enheten het i kommunen den kom fra.").to(maalform),
            )
        )
