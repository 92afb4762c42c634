"""Registrering: one record; journal entries (journalpost) extend it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint, func, or_, select
from sqlalchemy import column as sql_column
from sqlalchemy.orm import Mapped, mapped_column

from sakark_api.errors import Conflict
from sakark_api.noark.admin.tilgang import tilgang_to
from sakark_api.noark.arkivstruktur.arkivdel import (
    OVERLAPPING,
    Arkivdel,
    arkivdel,
    refuse_new_in,
)
from sakark_api.noark.arkivstruktur.felles import Avgrenset, Gradert, Kassabel, Skjermet
from sakark_api.noark.arkivstruktur.klasse import Klasse, klasse, refuse_closed_above
from sakark_api.noark.arkivstruktur.mappe import (
    Mappe,
    all_below,
    arkivdeler_over,
    mappe,
    move_to_successor,
    only_arkivdel,
)
from sakark_api.noark.attribute import Mutability, SetBy, attribute, code
from sakark_api.noark.logging.endringslogg import log_changed, log_line
from sakark_api.noark.metadata.kodeliste import DOKUMENTMEDIUM
from sakark_api.noark.metadata.utvidbar import Utvidbar
from sakark_api.noark.model import (
    Arkivenhet,
    TenantRow,
    ordered_by,
    partitioned,
    reference,
    refers,
    searchable,
)
from sakark_api.noark.resource import Change, ChildColumn, Guard, Package, Parent, Resource, Work
from sakark_api.noark.rules.arv import MEDIUM, give_from
from sakark_api.noark.rules.frysing import value_before
from sakark_api.noark.rules.hindring import conflict_over
from sakark_api.noark.rules.kassasjon import date_disposal, give_kassasjon
from sakark_api.noark.rules.numre import next_numbers
from sakark_api.noark.rules.opphav import give_last_change
from sakark_api.noark.rules.skjerming import give_skjerming
from sakark_api.noark.values import NORWAY, Kode
from sakark_api.texts import text

__all__ = [
    "Registrering",
    "closing_of",
    "followed",
    "give_archiver",
    "next_id_in_mappe",
    "number_in_mappe",
    "registrering",
    "series_in_mappe",
]


class Registrering(Kassabel, Skjermet, Gradert, Utvidbar, Avgrenset, Arkivenhet):
    """En registrering av noe som er gjort eller dokumentert."""

    __tablename__ = "registrering"
    __table_args__ = partitioned(
        *refers("mappe_ref", "mappe"),
        *refers("arkivdel_ref", "arkivdel"),
        *refers("klasse_ref", "klasse"),
        *refers("referanse_arkivdel", "arkivdel"),
        UniqueConstraint("tenant_id", "registrerings_id"),
        CheckConstraint(
            func.num_nonnulls(
                sql_column("mappe_ref"), sql_column("arkivdel_ref"), sql_column("klasse_ref")
            )
            == 1,
            name="one_parent",
        ),
    )

    type: Mapped[str] = mapped_column()
    mappe_ref: Mapped[UUID | None] = reference()
    arkivdel_ref: Mapped[UUID | None] = reference()
    klasse_ref: Mapped[UUID | None] = reference()
    arkivert_dato: Mapped[datetime | None] = attribute(
        "M604", set_by=SetBy.CLIENT_OR_CORE, change=Mutability.ONCE
    )
    arkivert_av: Mapped[str | None] = attribute("M605", set_by=SetBy.CORE)
    referanse_arkivert_av: Mapped[UUID | None] = attribute("M228", set_by=SetBy.CORE)
    referanse_arkivdel: Mapped[UUID | None] = attribute(
        "M208", set_by=SetBy.CLIENT_OR_CORE, change=Mutability.UNTIL_ARCHIVED
    )
    registrerings_id: Mapped[str] = attribute("M004", set_by=SetBy.CORE, always=True)
    tittel: Mapped[str] = attribute("M020", required=True, change=Mutability.UNTIL_ARCHIVED)
    offentlig_tittel: Mapped[str | None] = attribute("M025")
    beskrivelse: Mapped[str | None] = attribute("M021")
    noekkelord: Mapped[list[str] | None] = attribute("M022")
    forfatter: Mapped[list[str] | None] = attribute("M024")
    dokumentmedium: Mapped[Kode] = code(
        DOKUMENTMEDIUM, "M300", default="E", change=Mutability.UNTIL_ARCHIVED
    )
    oppbevaringssted: Mapped[list[str] | None] = attribute("M301")
    sok: Mapped[str] = searchable("registrerings_id", "tittel", "offentlig_tittel", "beskrivelse")


ordered_by(Registrering, "opprettet_dato")


def enter_period(change: Change, unit: Registrering) -> None:
    """Take a registrering into the arkivdel of its period; old mapper move on (5.11.4, 5.11.5)."""
    del unit
    parent = change.parent
    if isinstance(parent, Klasse):
        refuse_closed_above(change, parent)
    if isinstance(parent, Arkivdel):
        refuse_new_in(parent.system_id, parent.arkivdelstatus)
    if not isinstance(parent, Mappe) or parent.arkivdelstatus is None:
        return
    if parent.arkivdelstatus.kode == OVERLAPPING:
        left = parent.effektiv_arkivdel
        _carry(change, move_to_successor(change, parent), left)
        return
    refuse_new_in(parent.effektiv_arkivdel, parent.arkivdelstatus)


def refuse_mixed_klasse(change: Change, unit: Klasse | Mappe | Registrering) -> None:
    """Let a klasse hold one kind: klasser, mapper or registreringer (C2.4.4, GUIDE 14.1)."""
    if not isinstance(change.parent, Klasse):
        return
    above = change.parent.system_id
    others = (
        select(held.system_id).where(tie == above).exists()
        for held, tie in (
            (Klasse, Klasse.overklasse_ref),
            (Mappe, Mappe.klasse_ref),
            (Registrering, Registrering.klasse_ref),
        )
        if not isinstance(unit, held)
    )
    if change.session.scalar(select(or_(*others))):
        raise Conflict(
            text(
                "En klasse har enten underklasser, mapper eller registreringer. Velg en annen"
                " klasse."
            )
        )


def give_arkivdel(change: Change, unit: Registrering) -> None:
    """Let a registrering belong to the arkivdel that it is in, unless another is given (M208)."""
    inside = arkivdel_of(change, change.parent)
    if unit.referanse_arkivdel is None:
        unit.referanse_arkivdel = inside


def refuse_passed_arkivdel(change: Change, unit: Registrering) -> None:
    """Let no registrering be told to follow an arkivdel that takes nothing new (5.2.19, M208)."""
    told = unit.referanse_arkivdel
    if told is None or told == value_before(unit, "referanse_arkivdel"):
        return
    named = change.get(Arkivdel, told)
    if named is not None:
        refuse_new_in(named.system_id, named.arkivdelstatus)


def refuse_deletion_in_closed(change: Change, unit: Registrering) -> None:
    """Keep what is in a closed mappe (6.1.17)."""
    found = change.get(Mappe, unit.mappe_ref) if unit.mappe_ref else None
    if found is not None and found.avsluttet_dato is not None:
        raise conflict_over(
            found,
            found.mappe_id,
            lambda name: text(
                "Mappen {mappe} er avsluttet, og det som er i den kan ikke slettes.", mappe=name
            ),
        )


def inherit_medium(change: Change, unit: Registrering) -> None:
    """Take over the form of its documents from the arkivdel it belongs to (GUIDE 14.1)."""
    give_from(followed(change, unit.referanse_arkivdel, change.parent), unit, MEDIUM)


def arkivdel_of(change: Change, parent: TenantRow | None) -> UUID | None:
    """Give the arkivdel that a parent is in; refuse a klasse whose arkivdel takes nothing new."""
    if isinstance(parent, Klasse):
        found = only_arkivdel(change, parent)
        return found.system_id if found else None
    if isinstance(parent, Mappe):
        return parent.effektiv_arkivdel
    return parent.system_id if isinstance(parent, Arkivdel) else None


def inherit_decisions(change: Change, unit: Registrering) -> None:
    """Take over disposal and screening, also from the arkivdel that a registrering belongs to.

    It comes before what the registrering is in, as a rule of its own does (GUIDE 14.1); but on
    screening a klasse is nearer than the arkivdel over it.
    """
    parent = change.parent
    told = followed(change, unit.referanse_arkivdel, parent)
    give_kassasjon(change, unit, told, parent)
    nearest = (parent, told) if isinstance(parent, Klasse) else (told, parent)
    give_skjerming(change, unit, *nearest)


def followed(change: Change, told: UUID | None, parent: TenantRow | None) -> Arkivdel | None:
    """Give the arkivdel that a registrering belongs to, unless its parent is or follows that."""
    above = None if isinstance(parent, Klasse) else arkivdel_of(change, parent)
    if told is None or told == above:
        return None
    return change.get(Arkivdel, told)


def follow_arkivdel(change: Change, unit: Registrering) -> None:
    """Let a moved registrering belong to its new arkivdel, unless it was told another (M208)."""
    former = change.former
    left: set[UUID | None] = (
        {None, *(one.system_id for one in arkivdeler_over(change, former))}
        if isinstance(former, Klasse)
        else {arkivdel_of(change, former)}
    )
    inside = arkivdel_of(change, change.parent)
    if unit.referanse_arkivdel in left:
        unit.referanse_arkivdel = inside


def carry_entries(change: Change, unit: Mappe) -> None:
    """Let what is in a moved mappe belong to its new arkivdel, unless told another (M208)."""
    left = value_before(unit, "effektiv_arkivdel")
    _carry(change, [unit, *all_below(change, unit)], left)


def _carry(change: Change, mapper: Sequence[Mappe], left: UUID | None) -> None:
    entries = select(Registrering).where(
        Registrering.mappe_ref.in_([one.system_id for one in mapper]),
        Registrering.referanse_arkivdel == left,
    )
    # What passes on is not written yet: those who keep it from being lost see where it was.
    with change.session.no_autoflush:
        found = change.session.scalars(entries.with_for_update()).all()
    for one in found:
        one.referanse_arkivdel = mapper[0].effektiv_arkivdel
        log_changed(change, one)
        give_last_change(change, one)


def closing_of(change: Change, mappe_ref: UUID | None) -> datetime | None:
    """Give when the mappe that a registrering is in was closed."""
    found = change.get(Mappe, mappe_ref) if mappe_ref else None
    return found.avsluttet_dato if found else None


def give_disposal_date(change: Change, unit: Registrering) -> None:
    """Date the disposal from when the mappe is closed (M452; GUIDE 14.9)."""
    if unit.kassasjon is None:
        return
    was, now = value_before(unit, "mappe_ref"), unit.mappe_ref
    date_disposal(unit, closing_of(change, now), closing_of(change, was))


def give_moved_disposal_date(change: Change, unit: Registrering) -> None:
    """Date the disposal from the closing of the mappe that the unit was moved to (M452)."""
    before = unit.kassasjon
    give_disposal_date(change, unit)
    if unit.kassasjon != before:
        log_line(change, unit, "kassasjon", before, unit.kassasjon)


def series_in_mappe(parent: Mappe) -> str:
    """Name the series that numbers the registreringer of one mappe."""
    return f"registrering/{parent.system_id}"


def give_archiver(change: Change, unit: Registrering) -> None:
    """Remember who archived a registrering that has got its date of archiving (M604, M605)."""
    if unit.arkivert_dato is None or unit.arkivert_av is not None:
        return
    unit.arkivert_av = change.actor.navn
    unit.referanse_arkivert_av = change.actor.system_id


def next_id_in_mappe(change: Change, parent: Mappe) -> str:
    """Give the next registreringsID of a mappe (M004)."""
    (number,) = next_numbers(change.session, [series_in_mappe(parent)])
    return f"{parent.mappe_id}-{number}"


def give_registrerings_id(change: Change, unit: Registrering) -> None:
    """Number a registrering of no special kind (M004)."""
    if unit.type == "registrering":
        number_in_mappe(change, unit)


def number_in_mappe(change: Change, unit: Registrering) -> None:
    """Number a registrering that is not numbered by a journal (M004)."""
    if isinstance(change.parent, Mappe):
        unit.registrerings_id = next_id_in_mappe(change, change.parent)
        return
    year = change.now.astimezone(NORWAY).year
    (number,) = next_numbers(change.session, [f"registrering/{year}"])
    unit.registrerings_id = f"R{year}/{number}"


registrering = Resource(
    model=Registrering,
    title=text("Registrering"),
    package=Package.ARKIVSTRUKTUR,
    work=Work.CASEWORK,
    category="R",
    parents=[
        Parent(mappe, ChildColumn("mappe_ref"), needed=True),
        Parent(arkivdel, ChildColumn("arkivdel_ref"), needed=True),
        Parent(klasse, ChildColumn("klasse_ref"), needed=True),
    ],
    locked_by="arkivert_dato",
    inherits=["dokumentmedium", "oppbevaringssted"],
    screened={
        "TR1": ["tittel"],
        "TRO": ["tittel"],
        "M": ["beskrivelse", "noekkelord", "forfatter", "virksomhetsspesifikke_metadata"],
    },
    public={"tittel": "offentlig_tittel"},
    on_place=[enter_period, refuse_passed_arkivdel, give_arkivdel, inherit_medium],
    on_create=[
        refuse_mixed_klasse,
        inherit_decisions,
        give_archiver,
        give_registrerings_id,
    ],
    on_change=[refuse_passed_arkivdel, give_archiver, give_disposal_date],
    on_move=[
        enter_period,
        refuse_mixed_klasse,
        follow_arkivdel,
        give_registrerings_id,
        give_moved_disposal_date,
    ],
    on_delete=[refuse_deletion_in_closed],
    guards=[
        Guard(klasse, on_create=[refuse_mixed_klasse], on_move=[refuse_mixed_klasse]),
        Guard(mappe, on_create=[refuse_mixed_klasse], on_move=[refuse_mixed_klasse, carry_entries]),
        tilgang_to(Registrering, "R"),
    ],
    example={"tittel": "Befaring av Fjordvegen 12"},
)
