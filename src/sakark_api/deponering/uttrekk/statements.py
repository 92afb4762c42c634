"""What is read of orders of deposits, and of the arkivdeler that are ordered."""

from functools import cache, lru_cache
from typing import Final

from sqlalchemy import ARRAY, Integer, bindparam, func, select, true
from sqlalchemy.types import BigInteger, Uuid

from sakark_api.db.reader import Statement
from sakark_api.noark.arkivstruktur.arkivdel import arkivdel
from sakark_api.noark.model import table_of
from sakark_api.rest.queries import Queries
from sakark_api.rest.tenant import same_kommune
from sakark_api.tenancy.uttrekk import Uttrekk

__all__ = ["one_order", "orders", "parts_seen"]

_KINDS_OF_CALLERS: Final = 8
"""Those with and without clearance, and with and without limits to what they reach; and tests."""


@cache
def one_order() -> Statement:
    """Give an order; values: id."""
    rows = table_of(Uttrekk).alias("uttrekk")
    asked = rows.c.id == bindparam("id", type_=Uuid())
    return Statement.compile(select(rows).where(same_kommune(rows), asked), looks_up=True)


@cache
def orders() -> Statement:
    """Give a page of the orders, the newest first, with how many there are; values: top, skip."""
    rows = table_of(Uttrekk).alias("uttrekk")
    ours = select(rows).where(same_kommune(rows)).cte("ours")
    count = select(func.count().label("antall")).select_from(ours).subquery("counted")
    order = (ours.c.bestilt_dato.desc(), ours.c.id)
    page = (
        select(ours)
        .order_by(*order)
        .limit(bindparam("top", type_=Integer()))
        .offset(bindparam("skip", type_=BigInteger()))
        .subquery("page")
    )
    statement = (
        select(count.c.antall, page)
        .select_from(count.outerjoin(page, true()))
        .order_by(page.c.bestilt_dato.desc(), page.c.id)
    )
    return Statement.compile(statement)


@lru_cache(maxsize=_KINDS_OF_CALLERS)
def parts_seen(queries: Queries) -> Statement:
    """Give which of some arkivdeler the caller sees, or of all that are closed; values: ids."""
    family = queries.family(arkivdel)
    rows = family.table.alias("part")
    ids = bindparam("ids", type_=ARRAY(Uuid()))
    wanted = rows.c.system_id == func.any(ids)
    every = func.cardinality(ids) == 0
    statement = (
        select(rows.c.system_id)
        .where(
            *family.of_kind(arkivdel, rows),
            wanted | (every & rows.c.avsluttet_dato.is_not(None)),
        )
        .order_by(rows.c.arkivperiode_start_dato, rows.c.system_id)
    )
    return Statement.compile(statement)
