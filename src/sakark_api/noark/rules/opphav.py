"""Origin: who made a unit and who changed it last (M600, M601, M682, M683)."""

from sakark_api.noark.model import Arkivenhet, Opprettet, TenantRow
from sakark_api.noark.resource import Change

__all__ = ["give_last_change", "give_origin"]


def give_origin(change: Change, unit: TenantRow) -> None:
    """Remember who made the unit and when (M600, M601, M225)."""
    if not isinstance(unit, Opprettet):
        return
    unit.opprettet_dato = change.now
    unit.opprettet_av = change.actor.navn
    unit.referanse_opprettet_av = change.actor.system_id


def give_last_change(change: Change, unit: TenantRow) -> None:
    """Remember who changed the unit last and when (M682, M683, M230)."""
    if not isinstance(unit, Arkivenhet):
        return
    unit.endret_dato = change.now
    unit.endret_av = change.actor.navn
    unit.referanse_endret_av = change.actor.system_id
