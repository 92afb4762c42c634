"""Kryssreferanse: that a klasse, mappe or registrering refers to another."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint, func, select
from sqlalchemy import column as sql_column
from sqlalchemy.orm import Mapped

from sakark_api.errors import Invalid
from sakark_api.noark.arkivstruktur.klasse import klasse
from sakark_api.noark.arkivstruktur.mappe import mappe
from sakark_api.noark.arkivstruktur.registrering import registrering
from sakark_api.noark.logging.endringslogg import log_deleted
from sakark_api.noark.model import Arkivenhet, TenantRow, partitioned, reference, refers
from sakark_api.noark.resource import (
    Change,
    ChildColumn,
    Guard,
    Package,
    Parent,
    Resource,
    Work,
)
from sakark_api.texts import text

__all__ = ["Kryssreferanse", "kryssreferanse", "leading_to"]

_ENDS: Final[Mapping[str, Resource[Any]]] = {
    "klasse": klasse,
    "mappe": mappe,
    "registrering": registrering,
}


class Kryssreferanse(Arkivenhet):
    """En henvisning fra en klasse, mappe eller registrering til en annen."""

    __tablename__ = "kryssreferanse"
    __table_args__ = partitioned(
        *(
            one
            for way, name in product(("fra", "til"), _ENDS)
            for one in refers(f"{way}_{name}_ref", name, owned=True)
        ),
        *(
            CheckConstraint(
                func.num_nonnulls(*(sql_column(f"{way}_{name}_ref") for name in _ENDS)) == 1,
                name=f"one_{way}",
            )
            for way in ("fra", "til")
        ),
        # Two units are tied this way at most once (GUIDE 9).
        UniqueConstraint(
            "tenant_id",
            *(f"{way}_{name}_ref" for way, name in product(("fra", "til"), _ENDS)),
            name="uq_kryssreferanse_ends",
            postgresql_nulls_not_distinct=True,
        ),
    )

    fra_klasse_ref: Mapped[UUID | None] = reference()
    fra_mappe_ref: Mapped[UUID | None] = reference()
    fra_registrering_ref: Mapped[UUID | None] = reference()
    til_klasse_ref: Mapped[UUID | None] = reference()
    til_mappe_ref: Mapped[UUID | None] = reference()
    til_registrering_ref: Mapped[UUID | None] = reference()


def refuse_duplicate(change: Change, unit: Kryssreferanse) -> None:
    """Refuse a second one between the same two units (GUIDE 9)."""
    ends = [f"{way}_{name}_ref" for way, name in product(("fra", "til"), _ENDS)]
    alike = select(Kryssreferanse.system_id).where(
        *(getattr(Kryssreferanse, end).is_not_distinct_from(getattr(unit, end)) for end in ends)
    )
    with change.session.no_autoflush:
        others = set(change.session.scalars(alike)) - {unit.system_id}
    if others:
        raise Invalid(text("Det er allerede en kryssreferanse mellom disse to. Bruk den."))


def leading_to(change: Change, unit: TenantRow) -> Iterator[Kryssreferanse]:
    """List what refers to a klasse, mappe or registrering; nothing refers to others."""
    name = next((name for name, end in _ENDS.items() if isinstance(unit, end.model)), None)
    if name is not None:
        leads_here = getattr(Kryssreferanse, f"til_{name}_ref") == unit.system_id
        yield from change.session.scalars(select(Kryssreferanse).where(leads_here))


def delete_those_to(change: Change, unit: TenantRow) -> None:
    """Let what refers to a deleted unit go with it, and be logged as gone."""
    for one in leading_to(change, unit):
        log_deleted(change, one)
        change.session.delete(one)


kryssreferanse = Resource(
    model=Kryssreferanse,
    title=text("Kryssreferanse"),
    package=Package.ARKIVSTRUKTUR,
    work=Work.CASEWORK,
    parents=[
        *(Parent(end, ChildColumn(f"fra_{name}_ref"), owned=True) for name, end in _ENDS.items()),
        *(
            Parent(end, ChildColumn(f"til_{name}_ref"), needed=True, list_role=None, ny=None)
            for name, end in _ENDS.items()
        ),
    ],
    listed=False,
    by_reference=True,
    on_create=[refuse_duplicate],
    on_move=[refuse_duplicate],
    guards=[Guard(end, on_gone=[delete_those_to]) for end in _ENDS.values()],
)
