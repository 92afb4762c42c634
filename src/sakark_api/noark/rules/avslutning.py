"""Closing: what a status or a date of closing brings with it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sakark_api.errors import Conflict, Forbidden
from sakark_api.noark.model import TenantRow
from sakark_api.noark.names import to_wire
from sakark_api.noark.resource import Change
from sakark_api.noark.rules.frysing import value_before
from sakark_api.texts import text

__all__ = ["ClosesWhen", "give_closer", "is_closing", "is_reopening"]


class Closable(Protocol):
    avsluttet_dato: datetime | None
    avsluttet_av: str | None
    referanse_avsluttet_av: UUID | None


@dataclass(frozen=True)
class ClosesWhen:
    """The rule that a unit closes when `status` gets this kode (5.2.8, 6.1.6, M602).

    With `reopens`, an archivist may take the status back (6.1.15); else closing is for good.
    """

    status: str
    kode: str
    reopens: bool = False

    def __call__(self, change: Change, unit: Any) -> None:
        current = getattr(unit, self.status)
        is_closed = current is not None and current.kode == self.kode
        if is_closed:
            unit.avsluttet_dato = unit.avsluttet_dato or change.now
            give_closer(change, unit)
        elif value_before(unit, "avsluttet_dato") is not None:
            reopen(change, unit, reopens=self.reopens)
        elif unit.avsluttet_dato is not None:
            raise Conflict(
                text(
                    "Enheten avsluttes ved å sette {felt} til {kode}.",
                    felt=to_wire(self.status),
                    kode=self.kode,
                )
            )


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
