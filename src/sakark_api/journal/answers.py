"""What a journal answers with, as it is described."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from sakark_api.noark.names import to_wire
from sakark_api.texts import text

__all__ = ["BODIES"]

_FROZEN = ConfigDict(frozen=True, alias_generator=to_wire)


class Journalkode(BaseModel):
    """En kode, med navnet den har."""

    model_config = _FROZEN

    kode: str = Field(description=str(text("Koden")))
    kodenavn: str | None = Field(default=None, description=str(text("Kodens navn")))


class Journalavskrivning(BaseModel):
    """Hvordan journalposten først ble avskrevet."""

    model_config = _FROZEN

    avskrivningsdato: date | None = Field(
        default=None, description=str(text("Når journalposten ble avskrevet"))
    )
    avskrivningsmaate: Journalkode = Field(description=str(text("Måten den ble avskrevet på")))


class Journalklasse(BaseModel):
    """Klassen som saken hører til."""

    model_config = _FROZEN

    klasse_id: str = Field(description=str(text("Klassens kode")))
    tittel: str = Field(description=str(text("Klassens tittel")))


class Journalsak(BaseModel):
    """Saken som journalposten er i. Stjerner står for det som ikke vises."""

    model_config = _FROZEN

    system_id: UUID = Field(description=str(text("Sakens systemID")))
    mappe_id: str = Field(description=str(text("Saksnummeret")))
    saksaar: int = Field(description=str(text("Året saken ble opprettet")))
    sakssekvensnummer: int = Field(description=str(text("Sakens nummer i året")))
    tittel: str | None = Field(
        default=None, description=str(text("Sakens tittel; bare i løpende journal"))
    )
    offentlig_tittel: str | None = Field(
        default=None, description=str(text("Sakens offentlige tittel"))
    )
    administrativ_enhet: str | None = Field(
        default=None, description=str(text("Enheten som har ansvaret for saken"))
    )
    saksansvarlig: str = Field(description=str(text("Den som har ansvaret for saken")))


class Journalpart(BaseModel):
    """En avsender eller mottaker."""

    model_config = _FROZEN

    korrespondanseparttype: Journalkode = Field(description=str(text("Rollen")))
    korrespondansepart_navn: str = Field(description=str(text("Navnet, eller stjerner")))


class Journalinnfoering(BaseModel):
    """En journalpost i journalen. Stjerner står for det som ikke vises."""

    model_config = _FROZEN

    system_id: UUID = Field(description=str(text("Journalpostens systemID")))
    registrerings_id: str = Field(description=str(text("Saks- og dokumentnummer")))
    journalaar: int = Field(description=str(text("Året i journalnummeret")))
    journalsekvensnummer: int = Field(description=str(text("Journalpostens nummer i året")))
    journalpostnummer: int = Field(description=str(text("Journalpostens nummer i saken")))
    journalposttype: Journalkode = Field(description=str(text("Hva slags journalpost det er")))
    journalstatus: Journalkode | None = Field(
        default=None, description=str(text("Hvor langt den er kommet; bare i løpende journal"))
    )
    tittel: str | None = Field(
        default=None, description=str(text("Tittelen; bare i løpende journal"))
    )
    offentlig_tittel: str | None = Field(default=None, description=str(text("Offentlig tittel")))
    journaldato: date = Field(description=str(text("Dagen journalposten er ført på")))
    dokumentets_dato: date | None = Field(
        default=None, description=str(text("Datoen på dokumentet"))
    )
    avskrivning: Journalavskrivning | None = Field(
        default=None, description=str(text("Den første avskrivningen"))
    )
    antall_vedlegg: int | None = Field(
        default=None, description=str(text("Antall vedlegg; bare i løpende journal"))
    )
    journalenhet: str | None = Field(
        default=None, description=str(text("Journalenheten; bare i løpende journal"))
    )
    tilgangsrestriksjon: Journalkode | None = Field(
        default=None, description=str(text("Hvorfor noe ikke er offentlig"))
    )
    skjermingshjemmel: str | None = Field(
        default=None, description=str(text("Hjemmelen for at noe ikke er offentlig"))
    )
    grad: Journalkode | None = Field(default=None, description=str(text("Graderingen")))
    klasse: Journalklasse | None = Field(
        default=None, description=str(text("Klassen, når den vises"))
    )
    saksmappe: Journalsak = Field(description=str(text("Saken")))
    korrespondansepart: Sequence[Journalpart] = Field(
        description=str(text("Avsendere og mottakere"))
    )


class Journal(BaseModel):
    """Journalposter i en periode, etter journalnummer."""

    model_config = _FROZEN

    count: int = Field(description=str(text("Antall journalposter på alle sider")))
    fra: date = Field(description=str(text("Første journaldato")))
    til: date = Field(description=str(text("Siste journaldato som er med")))
    results: Sequence[Journalinnfoering] = Field(
        description=str(text("Journalpostene på denne siden"))
    )


BODIES = (Journal,)
"""What the description of the API tells of."""
