"""Attributes that several units of arkivstruktur share, declared once."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, SmallInteger, Uuid, false
from sqlalchemy.orm import Mapped, mapped_column

from sakark_api.noark.attribute import Mutability, SetBy, ValueType, attribute
from sakark_api.noark.verdier import (
    ElektroniskSignatur,
    Enhetsidentifikator,
    EnkelAdresse,
    Gradering,
    Kassasjon,
    Kontaktinformasjon,
    Personidentifikator,
    Skjerming,
    Sletting,
    UtfoertKassasjon,
)
from sakark_api.texts import text

__all__ = [
    "ADRESSER",
    "OPPLYSNINGER",
    "Avgrenset",
    "Avsluttbar",
    "Enhetsopplysninger",
    "Gradert",
    "Kassabel",
    "LukkesVedDato",
    "Personopplysninger",
    "Rangert",
    "Signert",
    "Skjermet",
    "Slettbar",
]


class Avsluttbar:
    """Can be closed: when and by whom."""

    avsluttet_dato: Mapped[datetime | None] = attribute("M602", set_by=SetBy.CORE)
    avsluttet_av: Mapped[str | None] = attribute("M603", set_by=SetBy.CORE)
    referanse_avsluttet_av: Mapped[UUID | None] = attribute("M227", set_by=SetBy.CORE)


class LukkesVedDato:
    """Is closed by giving the date (GUIDE 14.2); the core remembers by whom."""

    avsluttet_dato: Mapped[datetime | None] = attribute(
        "M602", set_by=SetBy.CLIENT_OR_CORE, change=Mutability.ONCE
    )
    avsluttet_av: Mapped[str | None] = attribute("M603", set_by=SetBy.CORE)
    referanse_avsluttet_av: Mapped[UUID | None] = attribute("M227", set_by=SetBy.CORE)


class Kassabel:
    """Can be disposed of."""

    kassasjon: Mapped[Kassasjon | None] = attribute(
        None, description=text("Vedtak om bevaring eller kassasjon"), type_=ValueType(Kassasjon)
    )


class Slettbar:
    """Can have had its content disposed of or deleted."""

    utfoert_kassasjon: Mapped[UtfoertKassasjon | None] = attribute(
        None,
        description=text("Opplysning om utført kassasjon"),
        type_=ValueType(UtfoertKassasjon),
    )
    sletting: Mapped[Sletting | None] = attribute(
        None, description=text("Opplysning om utført sletting"), type_=ValueType(Sletting)
    )


class Skjermet:
    """Can hold what is exempt from public access."""

    skjerming: Mapped[Skjerming | None] = attribute(
        None, description=text("Skjerming av enheten"), type_=ValueType(Skjerming)
    )
    skjerming_egen: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether the screening, or that there is none, is said of this unit and not taken over."""


class Gradert:
    """Can be graded by the security instructions."""

    gradering: Mapped[Gradering | None] = attribute(
        None, description=text("Gradering av enheten"), type_=ValueType(Gradering)
    )


class Rangert:
    """Tells how high it is graded. The database keeps it, whoever writes (`access_facts`)."""

    gradert: Mapped[int | None] = mapped_column(SmallInteger, deferred=True)
    """The highest rank of a grading on it, or on what it is in (`rules/gradering.py`)."""


class Avgrenset(Rangert):
    """Tells where it is and whom it is near to, so that access to it is decided by its row alone.

    The database keeps these, also of what is below (migration `access_facts`).
    """

    omfang: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid()), deferred=True)
    """The unit itself and all that it is in."""
    naer: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid()), deferred=True)
    """The administrative units and users who are responsible for it, or for what it is in."""


class Signert:
    """Can carry an electronic signature."""

    elektronisk_signatur: Mapped[ElektroniskSignatur | None] = attribute(
        None,
        description=text("Elektronisk signatur"),
        type_=ValueType(ElektroniskSignatur),
    )


OPPLYSNINGER: Final = (
    "navn",
    "personidentifikator",
    "enhetsidentifikator",
    "postadresse",
    "bostedsadresse",
    "forretningsadresse",
    "kontaktinformasjon",
    "kontaktperson",
    "virksomhetsspesifikke_metadata",
)
"""What tells, or may tell, who a person or an organisation is that is a party or correspondent."""

ADRESSER: Final = (
    "postadresse",
    "bostedsadresse",
    "forretningsadresse",
    "kontaktinformasjon",
    "kontaktperson",
)
"""What tells where somebody is, or how they are reached."""


class Personopplysninger:
    """What is known of a person who is a party or a correspondent."""

    personidentifikator: Mapped[list[Personidentifikator] | None] = attribute(
        None,
        description=text("Personens fødselsnummer eller d-nummer"),
        private=True,
        type_=ValueType(Personidentifikator, many=True),
        inlined=True,
    )
    navn: Mapped[str] = attribute(None, description=text("Personens navn"), required=True)
    postadresse: Mapped[EnkelAdresse | None] = attribute("M406", type_=ValueType(EnkelAdresse))
    bostedsadresse: Mapped[EnkelAdresse | None] = attribute(
        None, description=text("Bostedsadresse"), type_=ValueType(EnkelAdresse)
    )
    kontaktinformasjon: Mapped[Kontaktinformasjon | None] = attribute(
        None,
        description=text("E-post og telefon"),
        type_=ValueType(Kontaktinformasjon),
    )


class Enhetsopplysninger:
    """What is known of an organisation that is a party or a correspondent."""

    enhetsidentifikator: Mapped[Enhetsidentifikator | None] = attribute(
        None,
        description=text("Organisasjonens nummer"),
        type_=ValueType(Enhetsidentifikator),
        inlined=True,
    )
    navn: Mapped[str] = attribute(None, description=text("Organisasjonens navn"), required=True)
    forretningsadresse: Mapped[EnkelAdresse | None] = attribute(
        None, description=text("Forretningsadresse"), type_=ValueType(EnkelAdresse)
    )
    postadresse: Mapped[EnkelAdresse | None] = attribute("M406", type_=ValueType(EnkelAdresse))
    kontaktinformasjon: Mapped[Kontaktinformasjon | None] = attribute(
        None,
        description=text("E-post og telefon"),
        type_=ValueType(Kontaktinformasjon),
    )
    kontaktperson: Mapped[str | None] = attribute("M412")
