"""Arkivskaper: the body whose work made the archive."""

from sqlalchemy.orm import Mapped

from sakark_api.noark.attribute import attribute
from sakark_api.noark.model import Arkivenhet, searchable
from sakark_api.noark.resource import Package, Resource, Work
from sakark_api.texts import text

__all__ = ["Arkivskaper", "arkivskaper"]


class Arkivskaper(Arkivenhet):
    """Organisasjonen eller personen som har skapt arkivet gjennom sin virksomhet."""

    __tablename__ = "arkivskaper"

    arkivskaper_id: Mapped[str] = attribute("M006", required=True)
    arkivskaper_navn: Mapped[str] = attribute("M023", required=True)
    beskrivelse: Mapped[str | None] = attribute("M021")
    sok: Mapped[str] = searchable("arkivskaper_id", "arkivskaper_navn", "beskrivelse")


arkivskaper = Resource(
    model=Arkivskaper,
    title=text("Arkivskaper"),
    package=Package.ARKIVSTRUKTUR,
    work=Work.ADMINISTRATION,
    top=True,
    example={"arkivskaperID": "921221967", "arkivskaperNavn": "Molde kommune"},
)
