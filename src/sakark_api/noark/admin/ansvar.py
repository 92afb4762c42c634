"""Who is responsible: units and persons on cases and correspondents, by name and reference."""

from typing import Any

from sqlalchemy import inspect

from sakark_api.errors import Invalid
from sakark_api.noark.admin.administrativenhet import AdministrativEnhet
from sakark_api.noark.admin.bruker import Bruker
from sakark_api.noark.resource import Change
from sakark_api.texts import text

__all__ = ["name_enhet", "name_person"]


def name_enhet(change: Change, unit: Any) -> None:
    """Name the administrative unit that is referred to, where no name is given (M305)."""
    if not _lacks_name(unit, "administrativ_enhet"):
        return
    found = change.get(AdministrativEnhet, unit.referanse_administrativ_enhet)
    if found is None:
        raise Invalid(text("Den administrative enheten finnes ikke. Se admin/administrativenhet/."))
    unit.administrativ_enhet = found.administrativ_enhet_navn


def name_person(change: Change, unit: Any, name: str) -> None:
    """Name the user that `referanse_<name>` refers to, where no name is given (M306)."""
    if not _lacks_name(unit, name):
        return
    found = change.get(Bruker, getattr(unit, f"referanse_{name}"))
    if found is None:
        raise Invalid(text("Brukeren finnes ikke. Se admin/bruker/."))
    setattr(unit, name, found.bruker_navn)


def _lacks_name(unit: Any, name: str) -> bool:
    """Tell whether a name is to be taken from its reference; forget that of another name.

    Name and reference are of the same one, also when only one of them is changed.
    """
    reference = f"referanse_{name}"
    renamed, referred = _is_given(unit, name), _is_given(unit, reference)
    if renamed and not referred and getattr(unit, reference) is not None:
        setattr(unit, reference, None)
    if getattr(unit, reference) is None:
        return False
    return getattr(unit, name) is None or (referred and not renamed)


def _is_given(unit: Any, name: str) -> bool:
    return bool(inspect(unit).attrs[name].history.has_changes())
