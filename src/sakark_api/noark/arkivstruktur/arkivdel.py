"""Arkivdel: a part of an arkiv, such as one archive period."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import inspect, literal, select
from sqlalchemy.orm import Mapped

from sakark_api.errors import Blocked, Conflict, Invalid, Obstacle, Standing
from sakark_api.noark.admin.tilgang import tilgang_to
from sakark_api.noark.arkivstruktur.arkiv import Arkiv, arkiv
from sakark_api.noark.arkivstruktur.felles import (
    Avgrenset,
    Avsluttbar,
    Gradert,
    Kassabel,
    Skjermet,
    Slettbar,
)
from sakark_api.noark.attribute import Mutability, SetBy, attribute, code
from sakark_api.noark.logging.endringslogg import log_changed
from sakark_api.noark.metadata.kodeliste import ARKIVDELSTATUS, DOKUMENTMEDIUM
from sakark_api.noark.model import Arkivenhet, reference, refers, searchable
from sakark_api.noark.resource import Change, ChildColumn, Guard, Package, Parent, Resource, Work
from sakark_api.noark.rules.avslutning import ClosesWhen, is_closing
from sakark_api.noark.rules.hindring import conflict_over, refuse_found
from sakark_api.noark.rules.opphav import give_last_change
from sakark_api.noark.values import Kode
from sakark_api.texts import Text, text

__all__ = ["AKTIV", "OVERLAPPING", "PERIODE_AVSLUTTET", "Arkivdel", "arkivdel", "refuse_new_in"]


class Arkivdel(Avsluttbar, Kassabel, Slettbar, Skjermet, Gradert, Avgrenset, Arkivenhet):
    """En del av arkivet, for eksempel én arkivperiode."""

    __tablename__ = "arkivdel"
    __table_args__ = (
        *refers("arkiv_ref", "arkiv"),
        *refers("klassifikasjonssystem_ref", "klassifikasjonssystem", loose=True),
        *refers("referanse_forloeper", "arkivdel"),
        *refers("referanse_arvtaker", "arkivdel"),
    )

    arkiv_ref: Mapped[UUID] = reference(required=True)
    klassifikasjonssystem_ref: Mapped[UUID | None] = reference()
    tittel: Mapped[str] = attribute("M020", required=True, change=Mutability.UNTIL_CLOSED)
    beskrivelse: Mapped[str | None] = attribute("M021")
    arkivdelstatus: Mapped[Kode] = code(ARKIVDELSTATUS, "M051", default="A")
    dokumentmedium: Mapped[Kode] = code(DOKUMENTMEDIUM, "M300", default="E")
    oppbevaringssted: Mapped[list[str] | None] = attribute("M301")
    arkivperiode_start_dato: Mapped[datetime] = attribute(
        "M107", set_by=SetBy.CLIENT_OR_CORE, change=Mutability.UNTIL_CLOSED, always=True
    )
    arkivperiode_slutt_dato: Mapped[datetime | None] = attribute(
        "M108", set_by=SetBy.CLIENT_OR_CORE, change=Mutability.UNTIL_CLOSED
    )
    referanse_forloeper: Mapped[UUID | None] = attribute("M202")
    referanse_arvtaker: Mapped[UUID | None] = attribute("M203")
    sok: Mapped[str] = searchable("tittel", "beskrivelse")


AKTIV, OVERLAPPING, PERIODE_AVSLUTTET = "A", "O", "P"
TAKES_NOTHING_NEW = frozenset({OVERLAPPING, PERIODE_AVSLUTTET})

close_by_status = ClosesWhen("arkivdelstatus", PERIODE_AVSLUTTET)


def refuse_above_underarkiv(change: Change, unit: Arkivdel) -> None:
    """Keep arkivdeler at the lowest level of arkiv (GUIDE 14.1)."""
    below = select(Arkiv.system_id).where(Arkiv.overarkiv_ref == unit.arkiv_ref).limit(1)
    if change.session.scalar(below) is not None:
        raise Conflict(text("Arkivet har underarkiv. Opprett arkivdelen i et av dem."))


def refuse_above_arkivdeler(change: Change, unit: Arkiv) -> None:
    """Put no arkiv beside the arkivdeler of another: they stay at the lowest level (GUIDE 14.1)."""
    if unit.overarkiv_ref is None:
        return
    beside = select(Arkivdel.system_id).where(Arkivdel.arkiv_ref == unit.overarkiv_ref).limit(1)
    if change.session.scalar(beside) is not None:
        raise Conflict(text("Arkivet har arkivdeler og kan ikke få underarkiv."))


def refuse_closing_over_open(change: Change, unit: Arkiv) -> None:
    """Close no arkiv that still has open arkivdeler or underarkiv (5.2.4, 5.2.8)."""
    if not is_closing(unit):
        return
    for kind, model, above in (
        ("arkivdel", Arkivdel, Arkivdel.arkiv_ref),
        ("arkiv", Arkiv, Arkiv.overarkiv_ref),
    ):
        refuse_found(
            change,
            select(literal(kind), model.system_id, model.tittel)
            .where(above == unit.system_id, model.avsluttet_dato.is_(None))
            .order_by(model.tittel),
            lambda names: text(
                "Arkivet kan ikke avsluttes ennå. Avslutt det som er under det først: {enheter}.",
                enheter=names,
            ),
        )


def refuse_new_in(unit: UUID | None, status: Kode | None) -> None:
    """Take nothing new into an arkivdel whose period is over or overlaps (5.11.4, 5.11.6)."""
    if unit is None or status is None or status.kode not in TAKES_NOTHING_NEW:
        return
    raise Blocked([Obstacle(_takes_nothing, [Standing("arkivdel", unit)], 1)])


def _takes_nothing(_: object) -> Text:
    return text(
        "Arkivdelen er i overlappingsperiode eller avsluttet, og tar ikke imot noe nytt."
        " Bruk arkivdelen som følger den."
    )


def give_period(change: Change, unit: Arkivdel) -> None:
    """Let the period begin when the arkivdel is made, and end when it closes (5.2.21, 5.2.22)."""
    if unit.arkivperiode_start_dato is None:
        unit.arkivperiode_start_dato = change.now
    if unit.avsluttet_dato is not None and unit.arkivperiode_slutt_dato is None:
        unit.arkivperiode_slutt_dato = unit.avsluttet_dato


_NEIGHBOURS = {
    "referanse_forloeper": "referanse_arvtaker",
    "referanse_arvtaker": "referanse_forloeper",
}


def mirror_neighbours(change: Change, unit: Arkivdel) -> None:
    """Let a predecessor and its successor name each other (5.11.2)."""
    named = {
        theirs: history
        for mine, theirs in _NEIGHBOURS.items()
        if (history := inspect(unit).attrs[mine].history).has_changes()
    }
    if named:
        # A neighbour can name a new unit only when that is there.
        change.session.add(unit)
        change.session.flush()
    for theirs, history in named.items():
        for former in filter(None, history.deleted or ()):
            _name(change, former, theirs, unit.system_id, None)
        for present in filter(None, history.added or ()):
            _name(change, present, theirs, None, unit.system_id)


def _name(
    change: Change, neighbour: UUID, attribute: str, before: UUID | None, after: UUID | None
) -> None:
    """Let a neighbour name another unit than before; refuse one that names somebody else."""
    other = change.get(Arkivdel, neighbour)
    if other is None:
        raise Invalid(text("Arkivdelen det vises til finnes ikke. Rett referansen."))
    named: UUID | None = getattr(other, attribute)
    if named == after:
        return
    if named != before:
        raise conflict_over(
            other,
            f"«{other.tittel}»",
            lambda name: text("Arkivdelen {tittel} har en annen nabo fra før.", tittel=name),
        )
    setattr(other, attribute, after)
    log_changed(change, other)
    give_last_change(change, other)


arkivdel = Resource(
    model=Arkivdel,
    title=text("Arkivdel"),
    package=Package.ARKIVSTRUKTUR,
    work=Work.ADMINISTRATION,
    category="A",
    parents=[
        Parent(arkiv, ChildColumn("arkiv_ref")),
        *(
            Parent(None, ChildColumn(column), role=role, list_role=None, ny=None)
            for column, role in (
                ("referanse_forloeper", "forrigearkivdel"),
                ("referanse_arvtaker", "nestearkivdel"),
            )
        ),
    ],
    locked_by="avsluttet_dato",
    inherits=["dokumentmedium", "oppbevaringssted"],
    on_create=[refuse_above_underarkiv, close_by_status, give_period, mirror_neighbours],
    on_change=[close_by_status, give_period],
    on_move=[refuse_above_underarkiv, mirror_neighbours],
    guards=[
        Guard(
            arkiv,
            on_create=[refuse_above_arkivdeler],
            on_change=[refuse_closing_over_open],
            on_move=[refuse_above_arkivdeler],
        ),
        tilgang_to(Arkivdel, "A"),
    ],
    example={"tittel": "Sakarkiv 2026–", "arkivdelstatus": {"kode": "A"}},
)
