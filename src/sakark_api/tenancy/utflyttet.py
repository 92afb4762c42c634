"""Units that have gone to another kommune of the installation: their addresses show there."""

from typing import Final
from uuid import UUID

from sqlalchemy import (
    FromClause,
    Select,
    SmallInteger,
    Text,
    bindparam,
    cast,
    delete,
    insert,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from sakark_api.noark.model import Base

__all__ = ["HIDDEN", "Utflyttet", "forget_left", "forget_whom", "note_left", "whereto"]

HIDDEN: Final = 2**15 - 1
"""A grading that nobody is cleared for: of what was kept from some, nobody is told where it is."""


class Utflyttet(Base):
    """A unit that is another kommune's now, the slug of that, and how high it was graded."""

    __tablename__ = "utflyttet"

    tenant_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    enhet: Mapped[UUID] = mapped_column(primary_key=True)
    til: Mapped[str]
    gradert: Mapped[int | None] = mapped_column(SmallInteger)


def note_left(session: Session, fra: int, units: FromClause, til: str) -> None:
    """Note that units of `fra` are another kommune's: `units` has `system_id` and `gradert`."""
    forget_left(session, fra, units)
    names = ["tenant_id", "enhet", "til", "gradert"]
    gone = select(cast(fra, SmallInteger), units.c.system_id, literal(til, Text()), units.c.gradert)
    session.execute(insert(Utflyttet).from_select(names, gone))


def forget_left(session: Session, tenant_id: int, units: FromClause) -> None:
    """Forget where units were that have been elsewhere: they are known better now."""
    known = Utflyttet.enhet.in_(select(units.c.system_id))
    session.execute(delete(Utflyttet).where(Utflyttet.tenant_id == tenant_id, known))


def forget_whom(session: Session, tenant_id: int, til: str) -> None:
    """Forget what went to another kommune: all that one has is here now."""
    gone = delete(Utflyttet).where(Utflyttet.tenant_id == tenant_id, Utflyttet.til == til)
    session.execute(gone)


def whereto() -> Select[str]:
    """Select where the unit `id` of the kommune `tenant` is, if `reach_clearance` opens it."""
    clearance = bindparam("reach_clearance", type_=SmallInteger())
    return select(Utflyttet.til).where(
        Utflyttet.tenant_id == bindparam("tenant", type_=SmallInteger()),
        Utflyttet.enhet == bindparam("id", type_=Utflyttet.enhet.type),
        or_(Utflyttet.gradert.is_(None), Utflyttet.gradert <= clearance),
    )
