"""Klasse: one class of a klassifikasjonssystem, in any number of levels."""

from uuid import UUID

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.orm import Mapped

from sakark_api.noark.admin.tilgang import tilgang_to
from sakark_api.noark.arkivstruktur.felles import Gradert, Kassabel, LukkesVedDato, Skjermet
from sakark_api.noark.arkivstruktur.klassifikasjonssystem import (
    Klassifikasjonssystem,
    klassifikasjonssystem,
)
from sakark_api.noark.attribute import Mutability, attribute
from sakark_api.noark.model import Arkivenhet, indexed, reference, refers, searchable
from sakark_api.noark.resource import Change, ChildColumn, Package, Parent, Resource, Work
from sakark_api.noark.rules.avslutning import give_closer
from sakark_api.texts import text

__all__ = ["Klasse", "klasse"]


class Klasse(LukkesVedDato, Skjermet, Kassabel, Gradert, Arkivenhet):
    """En klasse i klassifikasjonssystemet."""

    __tablename__ = "klasse"
    __table_args__ = (
        *refers("klassifikasjonssystem_ref", "klassifikasjonssystem"),
        *refers("overklasse_ref", "klasse"),
        UniqueConstraint("tenant_id", "klassifikasjonssystem_ref", "klasse_id"),
    )

    klassifikasjonssystem_ref: Mapped[UUID] = reference(required=True)
    overklasse_ref: Mapped[UUID | None] = reference()
    klasse_id: Mapped[str] = attribute("M002", required=True, change=Mutability.NEVER)
    tittel: Mapped[str] = attribute("M020", required=True, change=Mutability.UNTIL_CLOSED)
    beskrivelse: Mapped[str | None] = attribute("M021")
    noekkelord: Mapped[list[str] | None] = attribute("M022")
    sok: Mapped[str] = searchable("klasse_id", "tittel", "beskrivelse")


indexed(Klasse, "klasse_id")


def give_system(change: Change, unit: Klasse) -> None:
    """Let a class below another belong to the same system."""
    if isinstance(change.parent, Klasse):
        unit.klassifikasjonssystem_ref = change.parent.klassifikasjonssystem_ref


def carry_system(change: Change, unit: Klasse) -> None:
    """Let a moved class and those below it belong to the system it is in now."""
    give_system(change, unit)
    if isinstance(change.parent, Klassifikasjonssystem):
        unit.overklasse_ref = None
    level = [unit.system_id]
    while level:
        below = change.session.scalars(select(Klasse).where(Klasse.overklasse_ref.in_(level))).all()
        for one in below:
            one.klassifikasjonssystem_ref = unit.klassifikasjonssystem_ref
        level = [one.system_id for one in below]


klasse = Resource(
    model=Klasse,
    title=text("Klasse"),
    package=Package.ARKIVSTRUKTUR,
    work=Work.ARCHIVE,
    parents=[
        Parent(klassifikasjonssystem, ChildColumn("klassifikasjonssystem_ref")),
        Parent(None, ChildColumn("overklasse_ref"), role="overklasse", list_role="underklasse"),
    ],
    locked_by="avsluttet_dato",
    order_by=["klasse_id", "system_id"],
    screened={
        "KID": ["klasse_id"],
        "TKL": ["tittel"],
        "M": ["beskrivelse", "noekkelord"],
    },
    on_create=[give_system, give_closer],
    on_change=[give_closer],
    on_move=[carry_system],
    guards=[tilgang_to(Klasse, "K")],
    example={"klasseID": "L42", "tittel": "Byggetillatelser"},
)
