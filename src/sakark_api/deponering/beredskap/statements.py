"""What is read of readiness: what was counted, and the units that a check holds for now."""

from dataclasses import replace
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Text,
    and_,
    bindparam,
    cast,
    false,
    func,
    literal_column,
    null,
    select,
    true,
)
from sqlalchemy.types import BigInteger, Uuid

from sakark_api.db.reader import Statement
from sakark_api.deponering.element import rows_of
from sakark_api.deponering.sjekker.sjekk import Sjekk
from sakark_api.deponering.utvalg import Utvalg
from sakark_api.noark.arkivstruktur.arkivdel import arkivdel
from sakark_api.noark.arkivstruktur.dokumentbeskrivelse import dokumentbeskrivelse
from sakark_api.noark.arkivstruktur.dokumentobjekt import dokumentobjekt
from sakark_api.noark.model import has_kinds, table_of
from sakark_api.rest.family import Family
from sakark_api.rest.queries import Queries
from sakark_api.rest.screening import is_screened
from sakark_api.rest.tenant import same_kommune
from sakark_api.tenancy.beredskap import Beredskap

__all__ = ["arkivdel_seen", "summary", "worklist"]

_KINDS_OF_CALLERS: Final = 8
"""Those with and without clearance, and with and without limits to what they reach; and tests."""

_SOME_ARKIVDEL: Final = [UUID(int=0)]
"""What stands in statements for the arkivdel that is asked for."""


@lru_cache(maxsize=_KINDS_OF_CALLERS)
def summary(queries: Queries) -> Statement:
    """Give the arkivdeler that the caller sees, each with what was counted of every kind."""
    family = queries.family(arkivdel)
    rows, counts = family.table.alias("part"), table_of(Beredskap).alias("counts")
    counted = and_(same_kommune(counts), counts.c.arkivdel_ref == rows.c.system_id)
    shown = ("ressurs", "enheter", "med_feil", "uferdige", "sjekker", "talt_dato")
    statement = (
        select(
            rows.c.system_id,
            family.shown("tittel", rows),
            rows.c.avsluttet_dato.is_(None).label("aktiv"),
            is_screened(family.root, rows).label("skjermet"),
            *(counts.c[name] for name in shown),
        )
        .select_from(rows.outerjoin(counts, counted))
        .where(*family.of_kind(arkivdel, rows))
        .order_by(rows.c.arkivperiode_start_dato, rows.c.system_id)
    )
    return Statement.compile(statement)


@lru_cache(maxsize=_KINDS_OF_CALLERS)
def arkivdel_seen(queries: Queries) -> Statement:
    """Tell whether an arkivdel that the caller sees is open; values: id."""
    family = queries.family(arkivdel)
    rows = family.table.alias("part")
    statement = select(rows.c.avsluttet_dato.is_(None).label("aktiv")).where(
        *family.of_kind(arkivdel, rows), rows.c.system_id == bindparam("id", type_=Uuid())
    )
    return Statement.compile(statement, looks_up=True)


def worklist(queries: Queries, sjekk: Sjekk, part: UUID, *, is_open: bool) -> Statement:
    """Find a page of the units of an arkivdel that a check holds for now, with how many there are.

    Those at fault come before those that are not done yet. Values: top, skip.
    """
    found = _worklist(queries, sjekk, is_open=is_open)
    asked = {
        name: [part] if held == _SOME_ARKIVDEL else held for name, held in found.constants.items()
    }
    return replace(found, constants=asked)


@lru_cache(maxsize=512)
def _worklist(queries: Queries, sjekk: Sjekk, *, is_open: bool) -> Statement:
    """Compile the statement once for all arkivdeler: that takes a tenth of a second."""
    family = queries.family(sjekk.resource)
    rows, utvalg = family.table.alias("unit"), Utvalg(_SOME_ARKIVDEL)
    waits = sjekk.awaits(rows) if is_open and sjekk.awaits is not None else false()
    found = (
        select(
            rows.c.system_id,
            _kind_of(family, rows).label("type"),
            _title(queries, family, rows).label("tittel"),
            _number(rows).label("identifikator"),
            rows.c.opprettet_dato.label("dato"),
            func.coalesce(waits, false()).label("uferdig"),
            is_screened(family.root, rows).label("skjermet"),
        )
        .where(
            *family.of_kind(family.root, rows),
            sjekk.units(rows, utvalg),
            sjekk.condition(rows, utvalg),
        )
        .cte("found")
    )
    order = (found.c.uferdig, found.c.dato, found.c.system_id)
    page = (
        select(found)
        .order_by(*order)
        .limit(bindparam("top", type_=Integer()))
        .offset(bindparam("skip", type_=BigInteger()))
        .subquery("page")
    )
    count = select(func.count().label("antall")).select_from(found).subquery("counted")
    statement = (
        select(count.c.antall, page)
        .select_from(count.outerjoin(page, true()))
        .order_by(*(page.c[one.name] for one in order))
    )
    return Statement.compile(statement)


def _kind_of(family: Family, rows: FromClause) -> ColumnElement[Any]:
    if has_kinds(family.table):
        held: ColumnElement[Any] = rows.c.type
        return held
    return literal_column(f"'{family.root.name}'", Text())


def _title(queries: Queries, family: Family, rows: FromClause) -> ColumnElement[Any]:
    """Give what the caller may know that a unit is called; a file is called as its document is."""
    if family.root is not dokumentobjekt:
        return family.shown("tittel", rows)
    documents = queries.family(dokumentbeskrivelse)
    document = rows_of(dokumentbeskrivelse)
    return (
        select(documents.shown("tittel", document))
        .where(
            *documents.of_kind(dokumentbeskrivelse, document),
            document.c.system_id == rows.c.dokumentbeskrivelse_ref,
        )
        .correlate_except(document)
        .scalar_subquery()
    )


def _number(rows: FromClause) -> ColumnElement[Any]:
    """Give the number that people know a unit by."""
    for name in ("mappe_id", "registrerings_id", "klasse_id"):
        if name in rows.c:
            return cast(rows.c[name], Text())
    return cast(null(), Text())
