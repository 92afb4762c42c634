"""Tilgang: what a role may do with which units (GUIDE 16).

What no Tilgang gives is not given, and none gives more than `access/policy.py` lets the role do.
Each has its period, and the change log has their history (C4.5.29, C4.5.30).
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped

from sakark_api.errors import Invalid
from sakark_api.noark.attribute import attribute, code
from sakark_api.noark.metadata.kodeliste import TILGANGSKATEGORI, TILGANGSRESTRIKSJON
from sakark_api.noark.model import TenantRow, searchable
from sakark_api.noark.resource import Change, Guard, Package, Resource, Work
from sakark_api.noark.rules.gyldighet import refuse_no_period
from sakark_api.noark.values import Kode
from sakark_api.texts import text

__all__ = ["Tilgang", "tilgang", "tilgang_to"]


class Tilgang(TenantRow):
    """En rolles rett til å lese, opprette, endre eller slette."""

    __tablename__ = "tilgang"

    rolle: Mapped[str] = attribute(
        None, description=text("Rollen, som i tokenets roller"), required=True
    )
    tilgangskategori: Mapped[Kode] = code(TILGANGSKATEGORI, None, required=True)
    referanse_arkivenhet: Mapped[UUID | None] = attribute(
        "M680", description=text("Enheten retten gjelder, ved systemID; uten den alle i kategorien")
    )
    tilgangsrestriksjon: Mapped[Kode | None] = code(TILGANGSRESTRIKSJON, "M500")
    les: Mapped[bool] = attribute(None, description=text("Om rollen kan lese"), required=True)
    ny: Mapped[bool] = attribute(None, description=text("Om rollen kan opprette"), required=True)
    endre: Mapped[bool] = attribute(None, description=text("Om rollen kan endre"), required=True)
    slett: Mapped[bool] = attribute(None, description=text("Om rollen kan slette"), required=True)
    egen_enhet: Mapped[bool | None] = attribute(
        None,
        description=text(
            "Om retten bare gjelder det brukeren selv, brukerens enheter og enhetene under dem"
            " har ansvaret for"
        ),
    )
    gyldig_fra: Mapped[datetime | None] = attribute(
        None, description=text("Når retten begynner å gjelde; uten den med en gang")
    )
    gyldig_til: Mapped[datetime | None] = attribute(
        None, description=text("Når retten slutter å gjelde; uten den inntil videre")
    )
    sok: Mapped[str] = searchable("rolle")


tilgang = Resource(
    model=Tilgang,
    title=text("Tilgang"),
    package=Package.ADMIN,
    work=Work.USERS,
    top=True,
    aliases=["rettighet"],
    order_by=["rolle", "system_id"],
    on_create=[refuse_no_period],
    on_change=[refuse_no_period],
    example={
        "rolle": "saksbehandler",
        "tilgangskategori": {"kode": "M"},
        "les": True,
        "ny": True,
        "endre": True,
        "slett": False,
    },
)


def tilgang_to(model: type[TenantRow], kategori: str) -> Guard:
    """Give the guard that lets rights to one unit of a category name only what there is (6.6.9)."""

    def refuse_unknown_unit(change: Change, unit: Tilgang) -> None:
        if unit.referanse_arkivenhet is None or unit.tilgangskategori.kode != kategori:
            return
        if change.get(model, unit.referanse_arkivenhet) is None:
            raise Invalid(
                text(
                    "Ingen enhet i kategorien {kategori} har denne systemID-en."
                    " Rett referanseArkivenhet, eller utelat den.",
                    kategori=unit.tilgangskategori.kodenavn or kategori,
                )
            )

    return Guard(tilgang, on_create=[refuse_unknown_unit], on_change=[refuse_unknown_unit])
