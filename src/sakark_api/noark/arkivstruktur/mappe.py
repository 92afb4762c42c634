"""Mappe: a folder of registreringer; case folders (saksmappe) extend it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint, func, select
from sqlalchemy import column as sql_column
from sqlalchemy.orm import Mapped, mapped_column

from sakark_api.noark.admin.tilgang import tilgang_to
from sakark_api.noark.arkivstruktur.arkivdel import (
    AKTIV,
    OVERLAPPING,
    Arkivdel,
    arkivdel,
    refuse_new_in,
)
from sakark_api.noark.arkivstruktur.felles import (
    Avgrenset,
    Gradert,
    Kassabel,
    LukkesVedDato,
    Skjermet,
)
from sakark_api.noark.arkivstruktur.klasse import Klasse, klasse, refuse_closed_above
from sakark_api.noark.attribute import Mutability, SetBy, attribute, code
from sakark_api.noark.logging.endringslogg import log_line
from sakark_api.noark.metadata.kodeliste import DOKUMENTMEDIUM
from sakark_api.noark.metadata.utvidbar import Utvidbar
from sakark_api.noark.model import (
    Arkivenhet,
    ordered_by,
    partitioned,
    reference,
    refers,
    searchable,
    shows,
)
from sakark_api.noark.resource import (
    Change,
    ChildColumn,
    Guard,
    Package,
    Parent,
    Resource,
    Work,
)
from sakark_api.noark.rules.arv import MEDIUM, give_from
from sakark_api.noark.rules.avslutning import give_closer, is_closing
from sakark_api.noark.rules.hindring import Units, conflict_over, refuse_found
from sakark_api.noark.rules.kassasjon import give_kassasjon
from sakark_api.noark.rules.numre import next_numbers
from sakark_api.noark.rules.opphav import give_last_change
from sakark_api.noark.rules.skjerming import give_skjerming, says_the_same
from sakark_api.noark.values import NORWAY, Kode
from sakark_api.texts import text

__all__ = [
    "Mappe",
    "all_below",
    "arkivdeler_over",
    "mappe",
    "move_to_successor",
    "number_by_year",
    "only_arkivdel",
    "open_mapper",
    "outermost",
]


class Mappe(LukkesVedDato, Kassabel, Skjermet, Gradert, Utvidbar, Avgrenset, Arkivenhet):
    """En mappe med registreringer."""

    __tablename__ = "mappe"
    __table_args__ = partitioned(
        *refers("arkivdel_ref", "arkivdel"),
        *refers("klasse_ref", "klasse"),
        *refers("referanse_forelder_mappe", "mappe"),
        *refers("effektiv_arkivdel", "arkivdel"),
        UniqueConstraint("tenant_id", "mappe_id"),
        CheckConstraint(
            func.num_nonnulls(
                sql_column("arkivdel_ref"),
                sql_column("klasse_ref"),
                sql_column("referanse_forelder_mappe"),
            )
            == 1,
            name="one_parent",
        ),
    )

    type: Mapped[str] = mapped_column()
    arkivdel_ref: Mapped[UUID | None] = reference()
    klasse_ref: Mapped[UUID | None] = reference()
    effektiv_arkivdel: Mapped[UUID | None] = reference()
    """The arkivdel that the mappe is in, also when it hangs on a klasse or in another mappe."""
    mappe_id: Mapped[str] = attribute("M003", set_by=SetBy.CORE, always=True)
    tittel: Mapped[str] = attribute("M020", required=True, change=Mutability.UNTIL_CLOSED)
    offentlig_tittel: Mapped[str | None] = attribute("M025")
    beskrivelse: Mapped[str | None] = attribute("M021")
    noekkelord: Mapped[list[str] | None] = attribute("M022")
    dokumentmedium: Mapped[Kode] = code(
        DOKUMENTMEDIUM, "M300", default="E", change=Mutability.UNTIL_CLOSED
    )
    oppbevaringssted: Mapped[list[str] | None] = attribute("M301")
    referanse_forelder_mappe: Mapped[UUID | None] = attribute("M229", set_by=SetBy.CORE)
    if TYPE_CHECKING:  # `shows` gives it, below
        arkivdelstatus: Mapped[Kode | None]
    sok: Mapped[str] = searchable("mappe_id", "tittel", "offentlig_tittel", "beskrivelse")


shows(Mappe, "arkivdelstatus", Arkivdel, by="effektiv_arkivdel")


ordered_by(Mappe, "opprettet_dato")


def give_arkivdel(change: Change, unit: Mappe) -> None:
    """Put the mappe into an arkivdel that takes new ones, whatever it hangs on (5.2.19, 5.11.4)."""
    parent = change.parent
    if isinstance(parent, Arkivdel):
        refuse_new_in(parent.system_id, parent.arkivdelstatus)
        unit.effektiv_arkivdel = parent.system_id
    elif isinstance(parent, Mappe):
        refuse_new_in(parent.effektiv_arkivdel, parent.arkivdelstatus)
        unit.effektiv_arkivdel = parent.effektiv_arkivdel
    elif isinstance(parent, Klasse):
        refuse_closed_above(change, parent)
        found = only_arkivdel(change, parent)
        unit.effektiv_arkivdel = found.system_id if found else None
        give_from(found, unit, MEDIUM)


def inherit_decisions(change: Change, unit: Mappe) -> None:
    """Take over disposal and screening, also from the arkivdel of a mappe on a klasse.

    On disposal the arkivdel comes before the klasse (5.10.10), on screening the nearest does.
    """
    above = unit.effektiv_arkivdel if isinstance(change.parent, Klasse) else None
    found = change.get(Arkivdel, above) if above else None
    give_kassasjon(change, unit, found, change.parent)
    give_skjerming(change, unit, change.parent, found)


def arkivdeler_over(change: Change, parent: Klasse) -> Sequence[Arkivdel]:
    """List the arkivdeler that are ordered by the klasse's system."""
    ordered = Arkivdel.klassifikasjonssystem_ref == parent.klassifikasjonssystem_ref
    return change.session.scalars(select(Arkivdel).where(ordered)).all()


def only_arkivdel(change: Change, parent: Klasse) -> Arkivdel | None:
    """Find the one arkivdel over a klasse that takes what is new; None of several."""
    found = arkivdeler_over(change, parent)
    active = [one for one in found if one.arkivdelstatus.kode == AKTIV]
    if found and not active:
        refuse_new_in(found[0].system_id, found[0].arkivdelstatus)
    return active[0] if len(active) == 1 else None


def move_to_successor(change: Change, unit: Mappe) -> list[Mappe]:
    """Move a mappe to the arkivdel after its own, with all it is a part of (5.11.5).

    Gives the mapper that were moved.
    """
    assert unit.effektiv_arkivdel is not None  # noqa: S101  it is that arkivdel which overlaps
    before = change.get(Arkivdel, unit.effektiv_arkivdel)
    arvtaker = before.referanse_arvtaker if before else None
    after = change.get(Arkivdel, arvtaker) if arvtaker else None
    if after is None:
        assert before is not None  # noqa: S101  a foreign key says so
        raise conflict_over(
            before,
            "",
            lambda _: text(
                "Arkivdelen er i overlappingsperiode uten arvtaker. Sett referanseArvtaker."
            ),
        )
    refuse_new_in(after.system_id, after.arkivdelstatus)
    left = unit.effektiv_arkivdel
    top = outermost(change, unit)
    keep_screening(change, top, after)
    whole = [top, *all_below(change, top)]
    for one in whole:
        log_line(change, one, "arkivdel", left, after.system_id)
        give_last_change(change, one)
        one.effektiv_arkivdel = after.system_id
        if one.arkivdel_ref is not None:
            one.arkivdel_ref = after.system_id
    return whole


def keep_screening(change: Change, unit: Mappe, after: Arkivdel) -> None:
    """Let a mappe that passes on stay screened as it was, whatever the next arkivdel is (6.6.26).

    It is its own from now on, so that no change of what is above takes it away.
    """
    ordered = change.get(Klasse, unit.klasse_ref) if unit.klasse_ref else None
    above = (ordered.skjerming if ordered else None) or after.skjerming
    if unit.skjerming is not None and not says_the_same(unit.skjerming, above):
        unit.skjerming_egen = True


def outermost(change: Change, unit: Mappe) -> Mappe:
    """Give the mappe that a mappe is in and that is in no other; itself where it is that."""
    top = unit
    while top.referanse_forelder_mappe is not None and (
        above := change.get(Mappe, top.referanse_forelder_mappe)
    ):
        top = above
    return top


def all_below(change: Change, unit: Mappe) -> list[Mappe]:
    """List the mapper in a mappe, at every level; what has been changed is not written yet."""
    whole, level = list[Mappe](), [unit]
    with change.session.no_autoflush:
        while level:
            ids = [one.system_id for one in level]
            below = select(Mappe).where(Mappe.referanse_forelder_mappe.in_(ids))
            level = list(change.session.scalars(below))
            whole += level
    return whole


def refuse_closing_over_open(change: Change, unit: Arkivdel) -> None:
    """Close no arkivdel that still has open mapper (5.11.6, 5.11.7)."""
    if not is_closing(unit):
        return
    refuse_found(
        change,
        open_mapper().where(Mappe.effektiv_arkivdel == unit.system_id),
        lambda names: text(
            "Arkivdelen har åpne mapper og kan ikke avsluttes. Avslutt eller flytt dem først:"
            " {mapper}.",
            mapper=names,
        ),
    )
    before = change.get(Arkivdel, unit.referanse_forloeper) if unit.referanse_forloeper else None
    if before is None or before.arkivdelstatus.kode != OVERLAPPING:
        return
    refuse_found(
        change,
        open_mapper().where(Mappe.effektiv_arkivdel == before.system_id),
        lambda names: text(
            "Arkivdelen foran er i overlappingsperiode og har åpne mapper som skal hit. Avslutt"
            " eller flytt dem først: {mapper}.",
            mapper=names,
        ),
    )


def open_mapper() -> Units:
    """Select the mapper that are open, as what stands in the way."""
    named = select(Mappe.type, Mappe.system_id, Mappe.mappe_id)
    return named.where(Mappe.avsluttet_dato.is_(None)).order_by(Mappe.mappe_id)


def refuse_closing_over_open_below(change: Change, unit: Mappe) -> None:
    """Close no mappe that has open mapper in it: what is closed takes nothing (5.4.7, 6.1.8)."""
    if not is_closing(unit):
        return
    refuse_found(
        change,
        open_mapper().where(Mappe.referanse_forelder_mappe == unit.system_id),
        lambda names: text(
            "Mappen har åpne undermapper og kan ikke avsluttes. Avslutt dem først: {mapper}.",
            mapper=names,
        ),
    )


def carry_below(change: Change, unit: Mappe) -> None:
    """Let the mapper in a moved mappe be in its new arkivdel too."""
    give_arkivdel(change, unit)
    for one in all_below(change, unit):
        if one.effektiv_arkivdel != unit.effektiv_arkivdel:
            log_line(change, one, "arkivdel", one.effektiv_arkivdel, unit.effektiv_arkivdel)
            give_last_change(change, one)
            one.effektiv_arkivdel = unit.effektiv_arkivdel


def give_mappe_id(change: Change, unit: Mappe) -> None:
    """Number a mappe of no special kind (M003)."""
    if unit.type == "mappe":
        number_by_year(change, unit)


def number_by_year(change: Change, unit: Mappe) -> None:
    """Number a mappe that is no case, in the series of such (M003)."""
    year = change.now.astimezone(NORWAY).year
    (number,) = next_numbers(change.session, [f"mappe/{year}"])
    unit.mappe_id = f"M{year}/{number}"


mappe = Resource(
    model=Mappe,
    title=text("Mappe"),
    package=Package.ARKIVSTRUKTUR,
    work=Work.CASEWORK,
    category="M",
    parents=[
        Parent(arkivdel, ChildColumn("arkivdel_ref"), needed=True),
        Parent(klasse, ChildColumn("klasse_ref"), needed=True),
        Parent(
            None,
            ChildColumn("referanse_forelder_mappe"),
            needed=True,
            role="overmappe",
            list_role="undermappe",
        ),
    ],
    locked_by="avsluttet_dato",
    inherits=["dokumentmedium", "oppbevaringssted"],
    screened={
        "TM1": ["tittel"],
        "TMO": ["tittel"],
        "M": ["beskrivelse", "noekkelord", "virksomhetsspesifikke_metadata"],
    },
    public={"tittel": "offentlig_tittel"},
    on_place=[give_arkivdel],
    on_create=[inherit_decisions, give_closer, give_mappe_id],
    on_change=[give_closer, refuse_closing_over_open_below],
    on_move=[carry_below],
    guards=[Guard(arkivdel, on_change=[refuse_closing_over_open]), tilgang_to(Mappe, "M")],
    example={"tittel": "Tilsynsrapporter 2026"},
)
