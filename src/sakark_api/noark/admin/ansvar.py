"""Who is responsible: units and persons on cases and correspondents, by name and reference."""

from typing import Any

from sakark_api.errors import Invalid
from sakark_api.noark.admin.administrativenhet import AdministrativEnhet
from sakark_api.noark.admin.bruker import Bruker
from sakark_api.noark.resource import Change
from sakark_api.texts import text

__all__ = ["name_enhet", "name_person"]


def name_enhet(change: Change, unit: Any) -> None:
    """Name the administrative unit where only a reference is given (M305)."""
    if unit.referanse_administrativ_enhet is None or unit.administrativ_enhet is not None:
        return
    found = change.get(AdministrativEnhet, unit.referanse_administrativ_enhet)
    if found is None:
        raise Invalid(text("Den administrative enheten finnes ikke. Se admin/administrativenhet/."))
    unit.administrativ_enhet = found.administrativ_enhet_navn


def name_person(change: Change, unit: Any, name: str) -> None:
    """Name the user that `referanse_<name>` refers to, where only the reference is given (M306)."""
    reference = getattr(unit, f"referanse_{name}")
    if reference is None or getattr(unit, name) is not None:
        return
    found = change.get(Bruker, reference)
    if found is None:
        raise Invalid(text("Brukeren finnes ikke. Se admin/bruker/."))
    setattr(unit, name, found.bruker_navn)
