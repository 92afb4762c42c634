"""Units that are called something else where they come: what names the old one names the new."""

from typing import Any

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    MetaData,
    Select,
    Table,
    case,
    cast,
    column,
    exists,
    func,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateTable
from sqlalchemy.types import Uuid

__all__ = ["BYTTER", "begin_exchange", "copy_of", "exchange", "point_anew"]

BYTTER = Table(
    "bytter",
    MetaData(),
    Column("gammel", Uuid(), primary_key=True),
    Column("ny", Uuid(), nullable=False),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DROP",
)
"""systemIDs that change: one row for each, until the transaction ends."""


def begin_exchange(session: Session) -> None:
    """Make the table, which statements look much up in: that looks dear, and would be compiled."""
    session.execute(select(func.set_config("jit", "off", true())))
    session.execute(CreateTable(BYTTER))


def exchange(session: Session, pairs: Select[Any]) -> None:
    """Let old systemIDs be new ones from now on; what was said of them before holds no more."""
    put_in = insert(BYTTER).from_select(["gammel", "ny"], pairs)
    session.execute(
        put_in.on_conflict_do_update(
            index_elements=[BYTTER.c.gammel], set_={"ny": put_in.excluded.ny}
        )
    )


def copy_of(unit: ColumnElement[Any], slug: str) -> ColumnElement[Any]:
    """Give the systemID of a unit's copy in another kommune: the same each time."""
    return cast(func.md5(func.concat(slug, unit)), Uuid())


def point_anew(session: Session, waiting: Table) -> None:
    """Let the rows that wait name the new systemIDs, also as their own."""
    changed: dict[str, Any] = {}
    found: list[ColumnElement[bool]] = []
    for each in waiting.c:
        if isinstance(each.type, Uuid):
            new = select(BYTTER.c.ny).where(BYTTER.c.gammel == each)
            changed[each.name] = func.coalesce(new.scalar_subquery(), each)
            found.append(exists(new))
        elif isinstance(each.type, ARRAY) and isinstance(each.type.item_type, Uuid):
            changed[each.name] = case((_has_old(each), _renewed(each)), else_=each)
            found.append(_has_old(each))
    if found:
        session.execute(update(waiting).where(or_(*found)).values(changed))


def _has_old(ids: ColumnElement[Any]) -> ColumnElement[bool]:
    held = _held(ids)
    return exists(select(BYTTER.c.ny).select_from(held).where(BYTTER.c.gammel == held.c.id))


def _renewed(ids: ColumnElement[Any]) -> ColumnElement[Any]:
    """Give a list with the new systemIDs, in the order that the database keeps such lists."""
    held = _held(ids)
    new = func.coalesce(BYTTER.c.ny, held.c.id)
    return (
        select(func.array_agg(new.distinct()))
        .select_from(held.outerjoin(BYTTER, BYTTER.c.gammel == held.c.id))
        .scalar_subquery()
    )


def _held(ids: ColumnElement[Any]) -> Any:  # noqa: ANN401  SQLAlchemy's
    return func.unnest(ids).table_valued(column("id", Uuid()), name="holdt").render_derived()
