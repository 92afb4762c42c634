"""What a message refers to, among the units that a kommune had before the message came.

What the import of it has made itself is left out, as `tenancy/innlesing.py` has it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Text, and_, cast, or_, select
from sqlalchemy.orm import Session

from sakark_api.noark.arkivstruktur.arkivdel import Arkivdel
from sakark_api.noark.arkivstruktur.klasse import Klasse
from sakark_api.noark.arkivstruktur.klassifikasjonssystem import Klassifikasjonssystem
from sakark_api.noark.arkivstruktur.mappe import Mappe
from sakark_api.noark.arkivstruktur.registrering import Registrering
from sakark_api.noark.model import Base, table_of

__all__ = [
    "FAGSYSTEM",
    "NOEKKEL",
    "Noekkel",
    "find_arkivdeler",
    "find_klasser",
    "find_unit",
    "has_number",
    "kinds_in",
    "names_of_mapper",
]

FAGSYSTEM: Final = "vnd-innlest-v1:fagsystem"
NOEKKEL: Final = "vnd-innlest-v1:noekkel"
"""The kommune's own fields for what a unit is called in the system that it came from."""
_LARGEST: Final = 2**31 - 1


@dataclass(frozen=True)
class Noekkel:
    """One way of naming a unit: by which of its names, and what that is."""

    art: str
    deler: Sequence[str]


Condition = Callable[[Sequence[str]], ColumnElement[bool] | None]
"""Says which rows are called that; None for what none can be called."""


def find_unit(
    session: Session, innlesing: UUID, slag: str, keys: Sequence[Noekkel]
) -> tuple[UUID, Noekkel] | None:
    """Find a mappe or a registrering by the first of its names that leads to one."""
    model, by = _KINDS[slag]
    for one in keys:
        said = by[one.art](one.deler) if one.art in by else None
        if said is None:
            continue
        found = session.scalars(
            select(model.system_id)
            .where(
                model.tenant_id == session.info["tenant_id"],
                model.referanse_opprettet_av != innlesing,
                said,
            )
            .order_by(model.opprettet_dato, model.system_id)
            .limit(1)
        ).first()
        if found is not None:
            return found, one
    return None


def _by_id(column: Any) -> Condition:  # noqa: ANN401  an attribute of any model
    def said(parts: Sequence[str]) -> ColumnElement[bool] | None:
        try:
            found: ColumnElement[bool] = column == UUID(parts[0])
        except ValueError:
            return None
        return found

    return said


def _by_name(column: Any) -> Condition:  # noqa: ANN401
    return lambda parts: column == parts[0]


def _by_numbers(*columns: Any) -> Condition:  # noqa: ANN401
    def said(parts: Sequence[str]) -> ColumnElement[bool] | None:
        if not all(one.isascii() and one.isdecimal() for one in parts):
            return None
        numbers = [int(one) for one in parts]
        if max(numbers) > _LARGEST:
            return None
        return and_(*(one == number for one, number in zip(columns, numbers, strict=True)))

    return said


def _by_key(column: Any) -> Condition:  # noqa: ANN401
    return lambda parts: column.contains({FAGSYSTEM: parts[0], NOEKKEL: parts[1]})


_CASE: Final = table_of(Mappe).c
_ENTRY: Final = table_of(Registrering).c
_KINDS: Final[Mapping[str, tuple[Any, Mapping[str, Condition]]]] = {
    "mappe": (
        Mappe,
        {
            "systemID": _by_id(Mappe.system_id),
            "mappeID": _by_name(Mappe.mappe_id),
            "saksaar": _by_numbers(_CASE.saksaar, _CASE.sakssekvensnummer),
            "referanseEksternNoekkel": _by_key(Mappe.virksomhetsspesifikke_metadata),
        },
    ),
    "registrering": (
        Registrering,
        {
            "systemID": _by_id(Registrering.system_id),
            "registreringsID": _by_name(Registrering.registrerings_id),
            "journalaar": _by_numbers(_ENTRY.journalaar, _ENTRY.journalsekvensnummer),
            "referanseEksternNoekkel": _by_key(Registrering.virksomhetsspesifikke_metadata),
        },
    ),
}
"""How units of each kind may be named."""


def find_arkivdeler(session: Session, names: Sequence[str]) -> list[UUID]:
    """Find arkivdeler by systemID or title, in the order in which they were made."""
    found = (
        select(Arkivdel.system_id)
        .where(
            Arkivdel.tenant_id == session.info["tenant_id"],
            or_(
                cast(Arkivdel.system_id, Text).in_([one.lower() for one in names]),
                Arkivdel.tittel.in_(names),
            ),
        )
        .order_by(Arkivdel.opprettet_dato, Arkivdel.system_id)
    )
    return list(session.scalars(found))


def find_klasser(
    session: Session, primary: UUID | None, klasse: str, system: str | None
) -> list[tuple[UUID, UUID]]:
    """Find klasser by klasseID or systemID, in a klassifikasjonssystem or those that go with it.

    Gives each with its system, those of the primary system first. A system is named by systemID or
    title.
    """
    pairs = Base.metadata.tables["sekundaerklassifikasjonssystem"].c
    number = session.info["tenant_id"]
    beside = select(pairs.sekundaer_ref).where(
        pairs.tenant_id == number, pairs.primaer_ref == primary
    )
    found = (
        select(Klasse.system_id, Klasse.klassifikasjonssystem_ref)
        .join(
            Klassifikasjonssystem,
            and_(
                Klassifikasjonssystem.tenant_id == Klasse.tenant_id,
                Klassifikasjonssystem.system_id == Klasse.klassifikasjonssystem_ref,
            ),
        )
        .where(
            Klasse.tenant_id == number,
            or_(Klasse.klasse_id == klasse, cast(Klasse.system_id, Text) == klasse.lower()),
            or_(
                Klassifikasjonssystem.system_id == primary,
                Klassifikasjonssystem.system_id.in_(beside),
            ),
        )
        .order_by(Klassifikasjonssystem.system_id != primary, Klasse.system_id)
    )
    if system is not None:
        named = cast(Klassifikasjonssystem.system_id, Text) == system.lower()
        found = found.where(or_(named, Klassifikasjonssystem.tittel == system))
    return [(row[0], row[1]) for row in session.execute(found)]


def kinds_in(session: Session, klasse: UUID) -> set[str]:
    """Tell which kinds of units are right in a klasse (C2.4.4)."""
    number = session.info["tenant_id"]
    held: dict[str, tuple[Any, Any]] = {
        "klasse": (Klasse, Klasse.overklasse_ref),
        "mappe": (Mappe, Mappe.klasse_ref),
        "registrering": (Registrering, Registrering.klasse_ref),
    }
    return {
        slag
        for slag, (model, column) in held.items()
        if session.scalar(
            select(select(1).where(model.tenant_id == number, column == klasse).exists())
        )
    }


def has_number(session: Session, innlesing: UUID, mappe: UUID, number: int) -> bool:
    """Tell whether an entry of a mappe has a number in it already (M015)."""
    found = select(1).where(
        _ENTRY.tenant_id == session.info["tenant_id"],
        _ENTRY.mappe_ref == mappe,
        _ENTRY.journalpostnummer == number,
        _ENTRY.referanse_opprettet_av != innlesing,
    )
    return bool(session.scalar(select(found.exists())))


def names_of_mapper(session: Session, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Give the mappeID of mapper."""
    found = select(Mappe.system_id, Mappe.mappe_id).where(
        Mappe.tenant_id == session.info["tenant_id"], Mappe.system_id.in_(ids)
    )
    return {row[0]: row[1] for row in session.execute(found)}
