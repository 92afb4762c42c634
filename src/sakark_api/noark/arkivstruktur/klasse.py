"""Klasse: one class of a klassifikasjonssystem, in any number of levels."""

from uuid import UUID

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.orm import Mapped, aliased

from sakark_api.noark.admin.tilgang import tilgang_to
from sakark_api.noark.arkivstruktur.arkivdel import Arkivdel
from sakark_api.noark.arkivstruktur.felles import (
    Avgrenset,
    Gradert,
    Kassabel,
    LukkesVedDato,
    Skjermet,
)
from sakark_api.noark.arkivstruktur.klassifikasjonssystem import (
    Klassifikasjonssystem,
    klassifikasjonssystem,
)
from sakark_api.noark.attribute import Mutability, attribute
from sakark_api.noark.model import Arkivenhet, indexed, reference, refers, searchable
from sakark_api.noark.resource import Change, ChildColumn, Package, Parent, Resource, Work
from sakark_api.noark.rules.avslutning import give_closer
from sakark_api.noark.rules.hindring import conflict_over
from sakark_api.noark.rules.skjerming import inherit_skjerming
from sakark_api.texts import text

__all__ = ["Klasse", "klasse", "refuse_closed_above"]


class Klasse(LukkesVedDato, Skjermet, Kassabel, Gradert, Avgrenset, Arkivenhet):
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


def refuse_closed_above(change: Change, parent: Klasse | Klassifikasjonssystem) -> None:
    """Take nothing new below what is closed itself, or above it (C2.4.5)."""
    closed = _closed_klasse(change, parent) if isinstance(parent, Klasse) else parent
    if closed is None:
        assert isinstance(parent, Klasse)  # noqa: S101  a system is its own answer
        closed = change.get(Klassifikasjonssystem, parent.klassifikasjonssystem_ref)
    if closed is not None and closed.avsluttet_dato is not None:
        raise conflict_over(
            closed,
            "",  # its title and its klasseID may be screened
            lambda _: text(
                "Klassen, en klasse over den eller klassifikasjonssystemet er avsluttet. Velg en"
                " klasse som er i bruk."
            ),
        )


def _closed_klasse(change: Change, unit: Klasse) -> Klasse | None:
    """Find a closed klasse among one and those above it."""
    above = (
        select(Klasse.system_id, Klasse.overklasse_ref)
        .where(Klasse.system_id == unit.system_id)
        .cte(recursive=True)
    )
    next_above = aliased(Klasse)
    above = above.union_all(
        select(next_above.system_id, next_above.overklasse_ref).join(
            above, next_above.system_id == above.c.overklasse_ref
        )
    )
    closed = select(Klasse).where(
        Klasse.system_id.in_(select(above.c.system_id)), Klasse.avsluttet_dato.is_not(None)
    )
    return change.session.scalars(closed.limit(1)).first()


def refuse_below_closed(change: Change, unit: Klasse) -> None:
    """Put no klasse below what is closed, nor into the plan of periods that all are over (C2.4.5).

    A plan that no arkivdel uses yet is still being made.
    """
    if not isinstance(change.parent, Klasse | Klassifikasjonssystem):
        return
    refuse_closed_above(change, change.parent)
    ordered = Arkivdel.klassifikasjonssystem_ref == unit.klassifikasjonssystem_ref
    periods = change.session.scalars(select(Arkivdel).where(ordered)).all()
    if periods and all(one.avsluttet_dato is not None for one in periods):
        raise conflict_over(
            periods[0],
            f"«{periods[0].tittel}»",
            lambda name: text(
                "Arkivdelen {tittel} er avsluttet, og planen får ikke nye klasser.", tittel=name
            ),
        )


klasse = Resource(
    model=Klasse,
    title=text("Klasse"),
    package=Package.ARKIVSTRUKTUR,
    work=Work.ARCHIVE,
    category="K",
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
    on_create=[give_system, refuse_below_closed, inherit_skjerming, give_closer],
    on_change=[give_closer],
    on_move=[carry_system, refuse_below_closed],
    guards=[tilgang_to(Klasse, "K")],
    example={"klasseID": "L42", "tittel": "Byggetillatelser"},
)
