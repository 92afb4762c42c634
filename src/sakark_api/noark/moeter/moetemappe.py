"""Moetemappe: one meeting of a committee, between the one before and the one after."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped

from sakark_api.noark.arkivstruktur.arkivdel import arkivdel
from sakark_api.noark.arkivstruktur.klasse import klasse
from sakark_api.noark.arkivstruktur.mappe import Mappe, mappe, number_by_year
from sakark_api.noark.attribute import attribute
from sakark_api.noark.moeter.motstykke import mirror, release
from sakark_api.noark.resource import Change, ChildColumn, Package, Parent, Resource, Work
from sakark_api.texts import text

__all__ = ["Moetemappe", "moetemappe"]


class Moetemappe(Mappe):
    """Et møte i et utvalg."""

    moetenummer: Mapped[str] = attribute("M008", required=True)
    utvalg: Mapped[str] = attribute("M370", required=True)
    moetedato: Mapped[datetime] = attribute("M102", required=True)
    moetested: Mapped[str | None] = attribute("M371")
    # No foreign keys: each is the other's mirror, and two new rows may refer to each other.
    referanse_forrige_moete: Mapped[UUID | None] = attribute("M221")
    referanse_neste_moete: Mapped[UUID | None] = attribute("M222")


def mirror_meetings(change: Change, unit: Moetemappe) -> None:
    """Let the meetings before and after refer back to this one (M221, M222)."""
    mirror(change, unit, "referanse_forrige_moete", "referanse_neste_moete")
    mirror(change, unit, "referanse_neste_moete", "referanse_forrige_moete")


def release_meetings(change: Change, unit: Moetemappe) -> None:
    """Let the meetings before and after stand without this one (M221, M222)."""
    release(change, unit, "referanse_forrige_moete", "referanse_neste_moete")
    release(change, unit, "referanse_neste_moete", "referanse_forrige_moete")


moetemappe = Resource(
    model=Moetemappe,
    title=text("Møtemappe"),
    package=Package.MOETER,
    work=Work.CASEWORK,
    extends=mappe,
    parents=[
        Parent(arkivdel, ChildColumn("arkivdel_ref")),
        Parent(klasse, ChildColumn("klasse_ref")),
        Parent(mappe, ChildColumn("referanse_forelder_mappe")),
    ],
    on_create=[number_by_year, mirror_meetings],
    on_change=[mirror_meetings],
    on_delete=[release_meetings],
    example={
        "tittel": "Møte i kommunestyret 17. desember 2026",
        "moetenummer": "8/2026",
        "utvalg": "Kommunestyret",
        "moetedato": "2026-12-17T10:00:00+01:00",
    },
)
