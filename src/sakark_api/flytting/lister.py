"""Which units leave a kommune, and which another gets copies of: listed in temporary tables."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Executable,
    FromClause,
    MetaData,
    Select,
    SmallInteger,
    Table,
    delete,
    exists,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateTable
from sqlalchemy.types import Uuid

from sakark_api.tenancy.tables import METADATA

__all__ = ["FLYTTES", "KOPIERES", "Lister", "is_in"]

FLYTTES = Table(
    "flyttes",
    MetaData(),
    Column("system_id", Uuid(), primary_key=True),
    Column("gradert", SmallInteger),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DROP",
)
"""Units that leave, each with how it is graded, or what it is part of."""
KOPIERES = Table(
    "kopieres",
    MetaData(),
    Column("system_id", Uuid(), primary_key=True),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DROP",
)
"""Units that stay, and that the other kommune gets copies of."""


def is_in(column: ColumnElement[Any], *ids: Table) -> ColumnElement[bool]:
    """Say that a column names a unit that is listed: looked up, for the lists may be long."""
    return or_(*(_listed(column, one.alias()) for one in ids))


def _listed(column: ColumnElement[Any], ids: FromClause) -> ColumnElement[bool]:
    return exists().where(ids.c.system_id == column).correlate_except(ids)


@dataclass(frozen=True)
class Lister:
    """The lists of what leaves one kommune, which the session sees."""

    session: Session
    fra: int

    def begin(self) -> None:
        for one in (FLYTTES, KOPIERES):
            self.session.execute(CreateTable(one))

    def rows(self, name: str) -> FromClause:
        """Give the kommune's rows of a table."""
        one = METADATA.tables[name]
        return select(one).where(one.c.tenant_id == self.fra).subquery()

    def all(self, found: Executable) -> list[Any]:
        return list(self.session.execute(found).all())

    def move(self, found: Select[Any]) -> None:
        """Let units leave: each with how it is graded."""
        put_in = insert(FLYTTES).from_select(["system_id", "gradert"], found)
        self.session.execute(put_in.on_conflict_do_nothing())

    def leave(self, ids: Iterable[UUID]) -> None:
        rows = [{"system_id": one} for one in ids]
        if rows:
            self.session.execute(insert(FLYTTES).on_conflict_do_nothing(), rows)
            self.session.execute(delete(KOPIERES).where(is_in(KOPIERES.c.system_id, FLYTTES)))

    def copy(self, ids: Iterable[UUID]) -> None:
        rows = [{"system_id": one} for one in ids]
        if rows:
            self.session.execute(insert(KOPIERES).on_conflict_do_nothing(), rows)

    def copy_too(self, found: Select[Any]) -> None:
        """Let units be copied, if they do not leave."""
        wanted = found.subquery()
        (unit,) = wanted.c
        new = select(unit).distinct().where(unit.is_not(None), ~is_in(unit, FLYTTES))
        put_in = insert(KOPIERES).from_select(["system_id"], new)
        self.session.execute(put_in.on_conflict_do_nothing())
