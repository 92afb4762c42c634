"""Moetedeltaker: who took part in a meeting, and as what."""

from uuid import UUID

from sqlalchemy.orm import Mapped

from sakark_api.noark.attribute import attribute, code
from sakark_api.noark.metadata.kodeliste import MOETEDELTAKERFUNKSJON
from sakark_api.noark.model import TenantRow, partitioned, reference, refers, searchable
from sakark_api.noark.moeter.moetemappe import moetemappe
from sakark_api.noark.resource import ChildColumn, Package, Parent, Resource, Work
from sakark_api.noark.values import Kode
from sakark_api.texts import text

__all__ = ["Moetedeltaker", "moetedeltaker"]


class Moetedeltaker(TenantRow):
    """En deltaker i et møte."""

    __tablename__ = "moetedeltaker"
    __table_args__ = partitioned(*refers("mappe_ref", "mappe", owned=True))

    mappe_ref: Mapped[UUID] = reference(required=True)
    moetedeltaker_navn: Mapped[str] = attribute("M372", required=True)
    moetedeltaker_funksjon: Mapped[Kode | None] = code(MOETEDELTAKERFUNKSJON, "M373")
    sok: Mapped[str] = searchable("moetedeltaker_navn")


moetedeltaker = Resource(
    model=Moetedeltaker,
    title=text("Møtedeltaker"),
    package=Package.MOETER,
    work=Work.CASEWORK,
    parents=[Parent(moetemappe, ChildColumn("mappe_ref"), owned=True)],
    listed=False,
    order_by=["moetedeltaker_navn", "system_id"],
    screened={"M": ["moetedeltaker_navn"]},
    example={"moetedeltakerNavn": "Kari Nordmann", "moetedeltakerFunksjon": {"kode": "ML"}},
)
