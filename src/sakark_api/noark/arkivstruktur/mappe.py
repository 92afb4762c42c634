"""Mappe: a folder of registreringer; case folders (saksmappe) extend it."""

from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint, func, select, update
from sqlalchemy import column as sql_column
from sqlalchemy.orm import Mapped, mapped_column

from sakark_api.noark.arkivstruktur.arkivdel import Arkivdel, arkivdel
from sakark_api.noark.arkivstruktur.felles import Gradert, Kassabel, LukkesVedDato, Skjermet
from sakark_api.noark.arkivstruktur.klasse import Klasse, klasse
from sakark_api.noark.attribute import Mutability, SetBy, attribute, code
from sakark_api.noark.metadata.kodeliste import DOKUMENTMEDIUM
from sakark_api.noark.metadata.utvidbar import Utvidbar
from sakark_api.noark.model import Arkivenhet, partitioned, reference, refers, searchable
from sakark_api.noark.resource import Change, ChildColumn, Package, Parent, Resource, Work
from sakark_api.noark.rules.avslutning import give_closer
from sakark_api.noark.rules.numre import next_numbers
from sakark_api.noark.values import NORWAY, Kode
from sakark_api.texts import text

__all__ = ["Mappe", "mappe", "number_by_year"]


class Mappe(LukkesVedDato, Kassabel, Skjermet, Gradert, Utvidbar, Arkivenhet):
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
    sok: Mapped[str] = searchable("mappe_id", "tittel", "offentlig_tittel", "beskrivelse")


def give_arkivdel(change: Change, unit: Mappe) -> None:
    """Remember which arkivdel the mappe is in, whatever it hangs on."""
    parent = change.parent
    if isinstance(parent, Arkivdel):
        unit.effektiv_arkivdel = parent.system_id
    elif isinstance(parent, Mappe):
        unit.effektiv_arkivdel = parent.effektiv_arkivdel
    elif isinstance(parent, Klasse):
        unit.effektiv_arkivdel = _only_arkivdel(change, parent)


def _only_arkivdel(change: Change, parent: Klasse) -> UUID | None:
    """Find the one arkivdel that is ordered by the klasse's system; none when it serves several."""
    found = change.session.scalars(
        select(Arkivdel.system_id)
        .where(Arkivdel.klassifikasjonssystem_ref == parent.klassifikasjonssystem_ref)
        .limit(2)
    ).all()
    return found[0] if len(found) == 1 else None


def carry_contents(change: Change, unit: Mappe) -> None:
    """Let what is in a moved mappe be in its arkivdel too (M208)."""
    before = unit.effektiv_arkivdel
    unit.effektiv_arkivdel = None
    give_arkivdel(change, unit)
    if unit.effektiv_arkivdel == before:
        return
    moved = level = [unit.system_id]
    while level:
        below = change.session.scalars(
            select(Mappe).where(Mappe.referanse_forelder_mappe.in_(level))
        ).all()
        for one in below:
            one.effektiv_arkivdel = unit.effektiv_arkivdel
        level = [one.system_id for one in below]
        moved = [*moved, *level]
    # Registreringer are declared after mapper, so they are found by their table.
    inside = Mappe.metadata.tables["registrering"]
    change.session.execute(
        update(inside)
        .where(inside.c.mappe_ref.in_(moved), inside.c.referanse_arkivdel == before)
        .values(referanse_arkivdel=unit.effektiv_arkivdel, version=inside.c.version + 1)
    )


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
    on_create=[give_arkivdel, give_closer, give_mappe_id],
    on_change=[give_closer],
    on_move=[carry_contents],
    example={"tittel": "Tilsynsrapporter 2026"},
)
