"""Usage: who has been active in which month, and how many that makes for the bill."""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, SmallInteger, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from sakark_api.errors import Invalid
from sakark_api.noark.model import Base
from sakark_api.noark.values import NORWAY
from sakark_api.tenancy.kommune import KommuneRow
from sakark_api.tenancy.opsjoner import names_in_force, read_options
from sakark_api.texts import text

__all__ = ["Bruk", "BrukRow", "Slag", "count_use", "month_of", "record_use"]

_LONGEST = 120


class Slag(StrEnum):
    PERSON = "person"
    SYSTEM = "system"


class BrukRow(Base):
    """That a user of a kommune was active in a month, which is written by its first day."""

    __tablename__ = "bruk"
    __table_args__ = (CheckConstraint("slag IN ('person', 'system')", name="slag"),)

    tenant_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    maaned: Mapped[date] = mapped_column(primary_key=True)
    bruker_ref: Mapped[UUID] = mapped_column(primary_key=True)
    slag: Mapped[str]


@dataclass(frozen=True)
class Bruk:
    """What one kommune is billed for in one month."""

    kommune: str
    navn: str
    kommunenummer: str
    maaned: date
    personer: int
    systemer: int
    opsjoner: Sequence[str]

    @property
    def aktive(self) -> int:
        return self.personer + self.systemer


def month_of(moment: datetime) -> date:
    """Give the first day of the month that a moment is in, in Norway."""
    return moment.astimezone(NORWAY).date().replace(day=1)


def record_use(session: Session, bruker_ref: UUID, slag: Slag, month: date) -> None:
    """Remember that a user of the session's kommune was active in a month."""
    session.execute(
        insert(BrukRow)
        .values(tenant_id=session.info["tenant_id"], maaned=month, bruker_ref=bruker_ref, slag=slag)
        .on_conflict_do_nothing()
    )


def count_use(session: Session, first: date, last: date, slug: str | None = None) -> list[Bruk]:
    """Count active users for each kommune and month from `first` to and with `last`.

    Months are written by their first day. Sandboxes are left out: nobody pays for them.
    """
    refuse_odd_span(first, last)
    kommuner = select(KommuneRow).where(KommuneRow.sandkasse_for.is_(None))
    if slug is not None:
        kommuner = kommuner.where(KommuneRow.slug == slug)
    counted = _counted(session, first, last)
    return [
        Bruk(
            kommune=row.slug,
            navn=row.navn,
            kommunenummer=row.kommunenummer,
            maaned=month,
            personer=counted.get((row.id, month, Slag.PERSON), 0),
            systemer=counted.get((row.id, month, Slag.SYSTEM), 0),
            opsjoner=names_in_force(read_options(row.options), month, _last_day(month)),
        )
        for row in session.scalars(kommuner.order_by(KommuneRow.slug))
        for month in _months(first, last)
    ]


def refuse_odd_span(first: date, last: date) -> None:
    """Refuse months in the wrong order, and more of them than anybody bills for."""
    if last < first:
        raise Invalid(text("Den første måneden kan ikke være etter den siste."))
    if sum(1 for _ in _months(first, last)) > _LONGEST:
        raise Invalid(text("Be om høyst {antall} måneder om gangen.", antall=_LONGEST))


def _counted(session: Session, first: date, last: date) -> dict[tuple[int, date, str], int]:
    of = (BrukRow.tenant_id, BrukRow.maaned, BrukRow.slag)
    rows = session.execute(
        select(*of, func.count()).where(BrukRow.maaned.between(first, last)).group_by(*of)
    )
    return {(tenant_id, month, slag): count for tenant_id, month, slag, count in rows}


def _months(first: date, last: date) -> Iterator[date]:
    month = first
    while month <= last:
        yield month
        month = _last_day(month) + timedelta(days=1)


def _last_day(month: date) -> date:
    return month.replace(day=monthrange(month.year, month.month)[1])
