"""Closing: what a status or a date of closing brings with it."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from sakark_api.errors import Conflict, Forbidden
from sakark_api.noark.model import TenantRow
from sakark_api.noark.names import to_wire
from sakark_api.noark.resource import Change, Rule
from sakark_api.noark.rules.frysing import value_before
from sakark_api.texts import text

__all__ = ["closes_when", "give_closer", "is_closing", "is_reopening"]


class Closable(Protocol):
    avsluttet_dato: datetime | None
    avsluttet_av: str | None
    referanse_avsluttet_av: UUID | None


def closes_when(status: str, kode: str, *, reopens: bool = False) -> Rule:
    """Make the rule that a unit closes when `status` gets this kode (5.2.8, 6.1.6, M602).

    With `reopens`, an archivist may take the status back (6.1.15); else closing is for good.
    """
    wire = to_wire(status)

    def give_closing(change: Change, unit: Closable) -> None:
        current = getattr(unit, status)
        is_closing = current is not None and current.kode == kode
        if unit.avsluttet_av is None and unit.avsluttet_dato is not None and not is_closing:
            raise Conflict(
                text("Enheten avsluttes ved å sette {felt} til {kode}.", felt=wire, kode=kode)
            )
        if unit.avsluttet_av is not None and not is_closing:
            reopen(change, unit, reopens=reopens)
            return
        if is_closing and unit.avsluttet_dato is None:
            unit.avsluttet_dato = change.now
        give_closer(change, unit)

    return give_closing


def reopen(change: Change, unit: Closable, *, reopens: bool) -> None:
    """Take the closing back, where that may be done and by those who may (6.1.15)."""
    if not reopens:
        raise Conflict(text("Enheten er avsluttet og kan ikke gjenåpnes ved å endre status."))
    if not change.archivist:
        raise Forbidden(
            text("Enheten er avsluttet. Be en arkivar eller administrator om å gjenåpne den.")
        )
    unit.avsluttet_dato = unit.avsluttet_av = unit.referanse_avsluttet_av = None


def is_closing(unit: TenantRow) -> bool:
    """Tell whether this very change closes the unit."""
    return value_before(unit, "avsluttet_dato") is None and _closed(unit)


def is_reopening(unit: TenantRow) -> bool:
    """Tell whether this very change reopens the unit."""
    return value_before(unit, "avsluttet_dato") is not None and not _closed(unit)


def _closed(unit: TenantRow) -> bool:
    return getattr(unit, "avsluttet_dato", None) is not None


def give_closer(change: Change, unit: Closable) -> None:
    """Remember who closed a unit that has got its date of closing (M603, M227)."""
    if unit.avsluttet_dato is None or unit.avsluttet_av is not None:
        return
    unit.avsluttet_av = change.actor.navn
    unit.referanse_avsluttet_av = change.actor.system_id
