"""Arkiv: the top of the structure; may hold further arkiv (underarkiv)."""

from uuid import UUID

from sqlalchemy.orm import Mapped

from sakark_api.noark.arkivstruktur.arkivskaper import arkivskaper
from sakark_api.noark.arkivstruktur.felles import Avsluttbar
from sakark_api.noark.attribute import Mutability, attribute, code
from sakark_api.noark.metadata.kodeliste import ARKIVSTATUS, DOKUMENTMEDIUM
from sakark_api.noark.model import Arkivenhet, join_table, reference, refers, searchable
from sakark_api.noark.resource import ChildColumn, JoinTable, Package, Parent, Resource, Work
from sakark_api.noark.rules.avslutning import ClosesWhen
from sakark_api.noark.values import Kode
from sakark_api.texts import text

__all__ = ["Arkiv", "arkiv"]


class Arkiv(Avsluttbar, Arkivenhet):
    """Øverste nivå i arkivstrukturen."""

    __tablename__ = "arkiv"
    __table_args__ = refers("overarkiv_ref", "arkiv")

    overarkiv_ref: Mapped[UUID | None] = reference()
    tittel: Mapped[str] = attribute("M020", required=True, change=Mutability.UNTIL_CLOSED)
    beskrivelse: Mapped[str | None] = attribute("M021")
    arkivstatus: Mapped[Kode] = code(ARKIVSTATUS, "M050", default="O")
    dokumentmedium: Mapped[Kode] = code(DOKUMENTMEDIUM, "M300", default="E")
    oppbevaringssted: Mapped[list[str] | None] = attribute("M301")
    sok: Mapped[str] = searchable("tittel", "beskrivelse")


close_by_status = ClosesWhen("arkivstatus", "A")

arkiv = Resource(
    model=Arkiv,
    title=text("Arkiv"),
    package=Package.ARKIVSTRUKTUR,
    work=Work.ADMINISTRATION,
    parents=[
        Parent(None, ChildColumn("overarkiv_ref"), role="overarkiv", list_role="underarkiv"),
        Parent(
            arkivskaper,
            JoinTable(join_table("arkivskaper", "arkiv"), "arkivskaper_ref", "arkiv_ref"),
            mutual=True,
            needed=True,
        ),
    ],
    top=True,
    locked_by="avsluttet_dato",
    inherits=["dokumentmedium", "oppbevaringssted"],
    on_create=[close_by_status],
    on_change=[close_by_status],
    example={"tittel": "Molde kommune sakarkiv"},
)
