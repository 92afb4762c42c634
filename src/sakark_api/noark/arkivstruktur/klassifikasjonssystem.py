"""Klassifikasjonssystem: the plan that the units of an arkivdel are ordered by."""

from sqlalchemy.orm import Mapped

from sakark_api.noark.arkivstruktur.arkivdel import arkivdel
from sakark_api.noark.arkivstruktur.felles import LukkesVedDato
from sakark_api.noark.attribute import Mutability, attribute, code
from sakark_api.noark.metadata.kodeliste import KLASSIFIKASJONSTYPE
from sakark_api.noark.model import Arkivenhet, pair_table, searchable
from sakark_api.noark.resource import JoinTable, Package, Parent, ParentColumn, Resource, Work
from sakark_api.noark.rules.avslutning import give_closer
from sakark_api.noark.values import Kode
from sakark_api.texts import text

__all__ = ["Klassifikasjonssystem", "klassifikasjonssystem", "secondary_systems"]


class Klassifikasjonssystem(LukkesVedDato, Arkivenhet):
    """Systemet arkivet er ordnet etter, for eksempel K-kodene."""

    __tablename__ = "klassifikasjonssystem"

    klassifikasjonstype: Mapped[Kode | None] = code(KLASSIFIKASJONSTYPE, "M086")
    tittel: Mapped[str] = attribute("M020", required=True, change=Mutability.UNTIL_CLOSED)
    beskrivelse: Mapped[str | None] = attribute("M021")
    sok: Mapped[str] = searchable("tittel", "beskrivelse")


secondary_systems = pair_table(
    "sekundaerklassifikasjonssystem",
    primaer_ref="klassifikasjonssystem",
    sekundaer_ref="klassifikasjonssystem",
)

klassifikasjonssystem = Resource(
    model=Klassifikasjonssystem,
    title=text("Klassifikasjonssystem"),
    package=Package.ARKIVSTRUKTUR,
    work=Work.ADMINISTRATION,
    parents=[
        Parent(arkivdel, ParentColumn("klassifikasjonssystem_ref")),
        Parent(
            None,
            JoinTable(secondary_systems, "primaer_ref", "sekundaer_ref"),
            role=None,
            list_role="sekundaerklassifikasjonssystem",
            ny="sekundaerklassifikasjonssystem",
        ),
    ],
    locked_by="avsluttet_dato",
    on_create=[give_closer],
    on_change=[give_closer],
    example={"tittel": "K-koder", "klassifikasjonstype": {"kode": "KK"}},
)
