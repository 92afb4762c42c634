"""Gyldighet: the time in which something holds, from gyldigFra until gyldigTil."""

from datetime import datetime
from typing import Protocol

from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy.orm import InstrumentedAttribute

from sakark_api.errors import Invalid
from sakark_api.noark.resource import Change
from sakark_api.texts import text

__all__ = ["Gyldig", "holds", "holds_in_sql", "refuse_no_period"]


class Gyldig(Protocol):
    gyldig_fra: datetime | None
    gyldig_til: datetime | None


def holds(unit: Gyldig, now: datetime) -> bool:
    """Tell whether the unit holds now; without a time it has always begun, or never ends."""
    return (unit.gyldig_fra is None or unit.gyldig_fra <= now) and (
        unit.gyldig_til is None or now < unit.gyldig_til
    )


def holds_in_sql(
    since: InstrumentedAttribute[datetime | None],
    until: InstrumentedAttribute[datetime | None],
    now: datetime,
) -> ColumnElement[bool]:
    """Say in SQL that a unit holds now."""
    return and_(or_(since.is_(None), since <= now), or_(until.is_(None), until > now))


def refuse_no_period(change: Change, unit: Gyldig) -> None:
    """Refuse what ends before it begins (C4.5.30)."""
    del change
    if unit.gyldig_fra and unit.gyldig_til and unit.gyldig_til <= unit.gyldig_fra:
        raise Invalid(text("gyldigTil må være etter gyldigFra."))
