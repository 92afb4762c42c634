"""Moeteregistrering: one document of a meeting, such as the summons or a case for decision."""

from uuid import UUID

from sqlalchemy import ARRAY
from sqlalchemy.orm import Mapped
from sqlalchemy.types import Uuid

from sakark_api.noark.arkivstruktur.registrering import (
    Registrering,
    number_in_mappe,
    registrering,
)
from sakark_api.noark.attribute import attribute, code
from sakark_api.noark.metadata.kodeliste import (
    MOETEREGISTRERINGSSTATUS,
    MOETEREGISTRERINGSTYPE,
    MOETESAKSTYPE,
)
from sakark_api.noark.moeter.moetemappe import moetemappe
from sakark_api.noark.moeter.motstykke import mirror, release
from sakark_api.noark.resource import Change, ChildColumn, Package, Parent, Resource, Work
from sakark_api.noark.values import Kode
from sakark_api.texts import text

__all__ = ["Moeteregistrering", "moeteregistrering"]


class Moeteregistrering(Registrering):
    """Et dokument i et møte."""

    moeteregistreringstype: Mapped[Kode] = code(MOETEREGISTRERINGSTYPE, "M085", required=True)
    moetesakstype: Mapped[Kode | None] = code(MOETESAKSTYPE, "M088")
    moeteregistreringsstatus: Mapped[Kode | None] = code(MOETEREGISTRERINGSSTATUS, "M055")
    administrativ_enhet: Mapped[str] = attribute("M305", required=True)
    saksbehandler: Mapped[str] = attribute("M307", required=True)
    referanse_til_moeteregistrering: Mapped[list[UUID] | None] = attribute(
        "M223", type_=ARRAY(Uuid())
    )
    referanse_fra_moeteregistrering: Mapped[list[UUID] | None] = attribute(
        "M224", type_=ARRAY(Uuid())
    )


def mirror_references(change: Change, unit: Moeteregistrering) -> None:
    """Let what is referred to show it, and the other way round (M223, M224)."""
    mirror(change, unit, "referanse_til_moeteregistrering", "referanse_fra_moeteregistrering")
    mirror(change, unit, "referanse_fra_moeteregistrering", "referanse_til_moeteregistrering")


def release_references(change: Change, unit: Moeteregistrering) -> None:
    """Let nothing refer to what is deleted (M223, M224)."""
    release(change, unit, "referanse_til_moeteregistrering", "referanse_fra_moeteregistrering")
    release(change, unit, "referanse_fra_moeteregistrering", "referanse_til_moeteregistrering")


moeteregistrering = Resource(
    model=Moeteregistrering,
    title=text("Møteregistrering"),
    package=Package.MOETER,
    work=Work.CASEWORK,
    extends=registrering,
    parents=[Parent(moetemappe, ChildColumn("mappe_ref"))],
    on_create=[number_in_mappe, mirror_references],
    on_change=[mirror_references],
    on_move=[number_in_mappe],
    on_delete=[release_references],
    example={
        "tittel": "Innkalling til møte i kommunestyret",
        "moeteregistreringstype": {"kode": "MI"},
        "administrativEnhet": "Politisk sekretariat",
        "saksbehandler": "Kari Nordmann",
    },
)
