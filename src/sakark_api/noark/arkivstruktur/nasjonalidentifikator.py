"""Nasjonalidentifikator: what a mappe or a registrering is about, by its number in a register."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, func
from sqlalchemy import column as sql_column
from sqlalchemy.orm import Mapped, mapped_column

from sakark_api.errors import Invalid
from sakark_api.noark.arkivstruktur.mappe import mappe
from sakark_api.noark.arkivstruktur.registrering import registrering
from sakark_api.noark.attribute import Mutability, attribute, code
from sakark_api.noark.metadata.kodeliste import KOORDINATSYSTEM, LAND
from sakark_api.noark.model import TenantRow, partitioned, reference, refers, searchable
from sakark_api.noark.resource import Change, ChildColumn, Package, Parent, Resource, Work
from sakark_api.noark.rules.sifre import (
    has_digits,
    is_d_nummer,
    is_foedselsnummer,
    is_organisasjonsnummer,
)
from sakark_api.noark.values import Kode
from sakark_api.texts import text

__all__ = [
    "Bygning",
    "DNummer",
    "Enhetsidentifikator",
    "Foedselsnummer",
    "Matrikkel",
    "Nasjonalidentifikator",
    "Personidentifikator",
    "Plan",
    "Posisjon",
    "bygning",
    "dnummer",
    "enhetsidentifikator",
    "foedselsnummer",
    "matrikkel",
    "nasjonalidentifikator",
    "personidentifikator",
    "plan",
    "posisjon",
]

KOMMUNENUMMER_DIGITS, FYLKESNUMMER_DIGITS = 4, 2


class Nasjonalidentifikator(TenantRow):
    """En identifikasjon i et nasjonalt register."""

    __tablename__ = "nasjonalidentifikator"
    __table_args__ = partitioned(
        *refers("mappe_ref", "mappe", owned=True),
        *refers("registrering_ref", "registrering", owned=True),
        CheckConstraint(
            func.num_nonnulls(sql_column("mappe_ref"), sql_column("registrering_ref")) == 1,
            name="one_owner",
        ),
    )

    type: Mapped[str] = mapped_column()
    mappe_ref: Mapped[UUID | None] = reference()
    registrering_ref: Mapped[UUID | None] = reference()
    # Numbers of persons are not among the words: searches stand in addresses.
    sok: Mapped[str] = searchable("planidentifikasjon", "kommunenummer", "organisasjonsnummer")


class Bygning(Nasjonalidentifikator):
    """En bygning i matrikkelen."""

    bygningsnummer: Mapped[int] = attribute("M035", required=True)
    endringsloepenummer: Mapped[int | None] = attribute("M036")


class Matrikkel(Nasjonalidentifikator):
    """En eiendom i matrikkelen."""

    kommunenummer: Mapped[str] = attribute("M030", required=True)
    gaardsnummer: Mapped[int] = attribute("M031", required=True)
    bruksnummer: Mapped[int] = attribute("M032", required=True)
    festenummer: Mapped[int | None] = attribute("M033")
    seksjonsnummer: Mapped[int | None] = attribute("M034")


class Plan(Nasjonalidentifikator):
    """En arealplan, hos kommunen, fylket eller landet som har vedtatt den."""

    kommunenummer: Mapped[str | None] = attribute("M030")
    fylkesnummer: Mapped[str | None] = attribute("M037")
    landkode: Mapped[Kode | None] = code(LAND, "M038")
    planidentifikasjon: Mapped[str] = attribute("M039", required=True)


class Posisjon(Nasjonalidentifikator):
    """Et sted, ved koordinater."""

    koordinatsystem: Mapped[Kode] = code(KOORDINATSYSTEM, "M043", required=True)
    x: Mapped[Decimal] = attribute("M040", required=True)
    y: Mapped[Decimal] = attribute("M041", required=True)
    z: Mapped[Decimal | None] = attribute("M042")


class Enhetsidentifikator(Nasjonalidentifikator):
    """En organisasjon i Enhetsregisteret."""

    organisasjonsnummer: Mapped[str] = attribute(
        None, description=text("Organisasjonsnummer, ni siffer"), required=True
    )


class Personidentifikator(Nasjonalidentifikator):
    """En person i Folkeregisteret.

    A person's number is never changed, so that no log ever holds one: make another instead.
    """


class Foedselsnummer(Personidentifikator):
    """En person med fødselsnummer."""

    foedselsnummer: Mapped[str] = attribute(
        None,
        description=text("Fødselsnummer, elleve siffer"),
        required=True,
        change=Mutability.NEVER,
    )


class DNummer(Personidentifikator):
    """En person med d-nummer."""

    d_nummer: Mapped[str] = attribute(
        None, description=text("D-nummer, elleve siffer"), required=True, change=Mutability.NEVER
    )


def refuse_odd_kommune(change: Change, unit: Matrikkel | Plan) -> None:
    """Want four digits of a kommune (M030)."""
    del change
    if unit.kommunenummer is not None and not has_digits(unit.kommunenummer, KOMMUNENUMMER_DIGITS):
        raise Invalid(text("Kommunenummeret må ha fire siffer."))


def refuse_odd_owner(change: Change, unit: Plan) -> None:
    """Let a plan have one owner at most, and a fylke two digits (M037)."""
    del change
    if unit.fylkesnummer is not None and not has_digits(unit.fylkesnummer, FYLKESNUMMER_DIGITS):
        raise Invalid(text("Fylkesnummeret må ha to siffer."))
    owners = (unit.kommunenummer, unit.fylkesnummer, unit.landkode)
    if sum(owner is not None for owner in owners) > 1:
        raise Invalid(text("Oppgi høyst ett av kommunenummer, fylkesnummer og landkode."))


def refuse_odd_organisation(change: Change, unit: Enhetsidentifikator) -> None:
    """Want an organisation number that can be right."""
    del change
    if not is_organisasjonsnummer(unit.organisasjonsnummer):
        raise Invalid(text("Organisasjonsnummeret er ikke gyldig."))


def refuse_odd_foedselsnummer(change: Change, unit: Foedselsnummer) -> None:
    """Want a birth number that can be right; the answer does not repeat it."""
    del change
    if not is_foedselsnummer(unit.foedselsnummer):
        raise Invalid(text("Fødselsnummeret er ikke gyldig."))


def refuse_odd_d_nummer(change: Change, unit: DNummer) -> None:
    """Want a d-number that can be right; the answer does not repeat it."""
    del change
    if not is_d_nummer(unit.d_nummer):
        raise Invalid(text("D-nummeret er ikke gyldig."))


_OWNERS = [
    Parent(mappe, ChildColumn("mappe_ref"), owned=True),
    Parent(registrering, ChildColumn("registrering_ref"), owned=True),
]

_PERSONNUMRE = ("foedselsnummer", "d_nummer")

nasjonalidentifikator = Resource(
    model=Nasjonalidentifikator,
    title=text("Nasjonal identifikator"),
    package=Package.ARKIVSTRUKTUR,
    work=Work.CASEWORK,
    parents=_OWNERS,
    listed=False,
    abstract=True,
    # Where the names of people are screened, so are their numbers; the rest may tell of them too.
    screened={
        "NPS": _PERSONNUMRE,
        "NA": _PERSONNUMRE,
        "NM": _PERSONNUMRE,
        "M": [
            "organisasjonsnummer",
            "bygningsnummer",
            "endringsloepenummer",
            "gaardsnummer",
            "bruksnummer",
            "festenummer",
            "seksjonsnummer",
            "planidentifikasjon",
            "x",
            "y",
            "z",
        ],
    },
)
bygning = Resource(
    model=Bygning,
    title=text("Bygning"),
    package=Package.ARKIVSTRUKTUR,
    work=Work.CASEWORK,
    extends=nasjonalidentifikator,
    parents=_OWNERS,
    listed=False,
    own_list=True,
    example={"bygningsnummer": 80466985},
)
matrikkel = Resource(
    model=Matrikkel,
    title=text("Matrikkelenhet"),
    package=Package.ARKIVSTRUKTUR,
    work=Work.CASEWORK,
    extends=nasjonalidentifikator,
    parents=_OWNERS,
    listed=False,
    own_list=True,
    on_create=[refuse_odd_kommune],
    on_change=[refuse_odd_kommune],
    example={"kommunenummer": "1506", "gaardsnummer": 24, "bruksnummer": 118},
)
plan = Resource(
    model=Plan,
    title=text("Arealplan"),
    package=Package.ARKIVSTRUKTUR,
    work=Work.CASEWORK,
    extends=nasjonalidentifikator,
    parents=_OWNERS,
    listed=False,
    own_list=True,
    on_create=[refuse_odd_kommune, refuse_odd_owner],
    on_change=[refuse_odd_kommune, refuse_odd_owner],
    example={"kommunenummer": "1506", "planidentifikasjon": "202604"},
)
posisjon = Resource(
    model=Posisjon,
    title=text("Posisjon"),
    package=Package.ARKIVSTRUKTUR,
    work=Work.CASEWORK,
    extends=nasjonalidentifikator,
    parents=_OWNERS,
    listed=False,
    own_list=True,
    example={"koordinatsystem": {"kode": "EPSG:4326"}, "x": 7.159, "y": 62.737},
)
enhetsidentifikator = Resource(
    model=Enhetsidentifikator,
    title=text("Organisasjonens identifikator"),
    package=Package.ARKIVSTRUKTUR,
    work=Work.CASEWORK,
    extends=nasjonalidentifikator,
    parents=_OWNERS,
    listed=False,
    own_list=True,
    on_create=[refuse_odd_organisation],
    on_change=[refuse_odd_organisation],
    example={"organisasjonsnummer": "312345609"},
)
personidentifikator = Resource(
    model=Personidentifikator,
    title=text("Personens identifikator"),
    package=Package.ARKIVSTRUKTUR,
    work=Work.CASEWORK,
    extends=nasjonalidentifikator,
    listed=False,
    abstract=True,
)
foedselsnummer = Resource(
    model=Foedselsnummer,
    title=text("Fødselsnummer"),
    package=Package.ARKIVSTRUKTUR,
    work=Work.CASEWORK,
    extends=personidentifikator,
    parents=_OWNERS,
    listed=False,
    own_list=True,
    on_create=[refuse_odd_foedselsnummer],
    example={"foedselsnummer": "01817000173"},
)
dnummer = Resource(
    model=DNummer,
    title=text("D-nummer"),
    package=Package.ARKIVSTRUKTUR,
    work=Work.CASEWORK,
    extends=personidentifikator,
    parents=_OWNERS,
    listed=False,
    own_list=True,
    on_create=[refuse_odd_d_nummer],
    example={"dNummer": "41817000086"},
)
