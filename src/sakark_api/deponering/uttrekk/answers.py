"""What orders of deposits are answered with, as it is described and as it is written."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from sakark_api.deponering.dias.innsending import Innsending
from sakark_api.deponering.uttrekk.asked import NyttUttrekk
from sakark_api.deponering.uttrekk.setninger import told
from sakark_api.errors import Obstacle
from sakark_api.noark.names import to_wire
from sakark_api.noark.values import NORWAY
from sakark_api.rest.links import EXPORT_FILE_REL, EXPORT_REL, SUBMISSION_REL, Link, Links, render
from sakark_api.rest.problems import shown_obstacle
from sakark_api.tenancy.uttrekk import Tilstand
from sakark_api.texts import text

__all__ = ["BODIES", "address_of", "order_of"]

_FROZEN = ConfigDict(frozen=True, alias_generator=to_wire)


class Uttrekksfremdrift(BaseModel):
    """Hvor langt et uttrekk er kommet."""

    model_config = _FROZEN

    trinn: str | None = Field(default=None, description=str(text("Hva som gjøres nå")))
    enheter: int = Field(description=str(text("Mapper og registreringer som er skrevet")))
    av_enheter: int = Field(description=str(text("Mapper og registreringer i alt")))
    filer: int = Field(description=str(text("Filer som er kopiert")))
    av_filer: int = Field(description=str(text("Filer i alt")))


class Uttrekksresultat(BaseModel):
    """Filen som et uttrekk ble til."""

    model_config = _FROZEN

    filnavn: str = Field(description=str(text("Hva filen heter")))
    filstoerrelse: int = Field(description=str(text("Filens størrelse i byte")))
    sjekksum: str = Field(description=str(text("Filens sjekksum")))
    sjekksum_algoritme: str = Field(description=str(text("Algoritmen: SHA-256")))
    utloeper_dato: datetime = Field(description=str(text("Når filen slettes her")))


class Uttrekkshindring(BaseModel):
    """Noe som står i veien for et uttrekk."""

    model_config = _FROZEN

    beskrivelse: str = Field(description=str(text("Hva som står i veien, og hva som skal gjøres")))
    antall: int = Field(description=str(text("Hvor mange enheter det er")))
    enheter: Sequence[Mapping[str, Any]] = Field(
        description=str(text("De første av dem, med lenker"))
    )


class Uttrekksbestilling(BaseModel):
    """En bestilling av et arkivuttrekk, og hvor langt den er kommet."""

    model_config = _FROZEN

    system_id: UUID = Field(description=str(text("Bestillingens systemID")))
    tilstand: Tilstand = Field(description=str(text("Hvor bestillingen er på veien")))
    arkivdel: Sequence[UUID] = Field(description=str(text("Arkivdelene, ved systemID")))
    fra: date | None = Field(default=None, description=str(text("Første dag av perioden")))
    til: date | None = Field(default=None, description=str(text("Siste dag av perioden")))
    produksjonsformat: bool = Field(
        description=str(text("Om dokumenter uten arkivformat er med som de er"))
    )
    dias: Innsending | None = Field(
        default=None, description=str(text("Opplysningene som uttrekket pakkes for innsending med"))
    )
    bestilt_dato: datetime = Field(description=str(text("Når det ble bestilt")))
    bestilt_av: str = Field(description=str(text("Hvem som bestilte")))
    referanse_bestilt_av: UUID = Field(description=str(text("Brukeren som bestilte, ved systemID")))
    begynt_dato: datetime | None = Field(
        default=None, description=str(text("Når arbeidet begynte første gang"))
    )
    oppdatert_dato: datetime | None = Field(
        default=None, description=str(text("Når fremdriften sist ble notert"))
    )
    avsluttet_dato: datetime | None = Field(
        default=None, description=str(text("Når arbeidet tok slutt"))
    )
    fremdrift: Uttrekksfremdrift = Field(description=str(text("Hvor langt det er kommet")))
    grunn: str | None = Field(
        default=None, description=str(text("Hvorfor det venter eller ble til ingenting"))
    )
    hindringer: Sequence[Uttrekkshindring] = Field(
        default=(), description=str(text("Det som står i veien, grunn for grunn"))
    )
    utelatt: Sequence[str] = Field(
        default=(), description=str(text("Det som uttrekket ikke har plass til"))
    )
    resultat: Uttrekksresultat | None = Field(
        default=None, description=str(text("Filen, så lenge den finnes"))
    )


class Uttrekksliste(BaseModel):
    """Bestillingene av arkivuttrekk, de nyeste først."""

    model_config = _FROZEN

    count: int = Field(description=str(text("Antall bestillinger i alt")))
    results: Sequence[Uttrekksbestilling] = Field(
        description=str(text("Bestillingene på denne siden"))
    )


BODIES = (Uttrekksliste, Uttrekksbestilling, NyttUttrekk)
"""What the description of the API tells of."""

_TIMES = ("bestilt_dato", "begynt_dato", "oppdatert_dato", "avsluttet_dato")


def order_of(
    row: Mapping[str, Any], obstacles: Sequence[Obstacle], links: Links, base: str, language: str
) -> Mapping[str, Any]:
    """Write an order; `obstacles` are what the reader sees of what stands in the way."""
    grunn, trinn = _sentence(row["grunn"], language), _sentence(row["trinn"], language)
    said = {
        "systemID": row["id"],
        "tilstand": row["tilstand"],
        "arkivdel": row["arkivdeler"],
        "fra": row["fra"],
        "til": row["til"],
        "produksjonsformat": row["produksjonsformat"],
        "dias": None if row["dias"] is None else msgspec.json.decode(row["dias"]),
        "bestiltAv": row["bestilt_av"],
        "referanseBestiltAv": row["referanse_bestilt_av"],
        **{to_wire(name): _time(row[name]) for name in _TIMES},
        "fremdrift": _progress(row, trinn),
        "grunn": grunn,
        "hindringer": [shown_obstacle(links, base, one, language) for one in obstacles] or None,
        "utelatt": [told(one).to(language) for one in msgspec.json.decode(row["utelatt"])] or None,
        "resultat": _result(row),
        "_links": msgspec.Raw(render(_links(row, base))),
    }
    return {name: value for name, value in said.items() if value is not None}


def address_of(base: str, order: object) -> str:
    """Say where an order is."""
    return f"{base}uttrekk/bestilling/{order}/"


def _sentence(data: str | None, language: str) -> str | None:
    return None if data is None else told(msgspec.json.decode(data)).to(language)


def _time(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(NORWAY)


def _progress(row: Mapping[str, Any], step: str | None) -> Mapping[str, Any]:
    counts = {to_wire(name): row[name] for name in ("enheter", "av_enheter", "filer", "av_filer")}
    return {**({} if step is None else {"trinn": step}), **counts}


def _result(row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if row["lagringsnoekkel"] is None:
        return None
    return {
        "filnavn": row["filnavn"],
        "filstoerrelse": row["filstoerrelse"],
        "sjekksum": row["sjekksum"],
        "sjekksumAlgoritme": "SHA-256",
        "utloeperDato": _time(row["utloeper_dato"]),
    }


def _links(row: Mapping[str, Any], base: str) -> list[Link]:
    address = address_of(base, row["id"])
    found = [Link("self", address), Link(EXPORT_REL, f"{base}uttrekk/")]
    if row["lagringsnoekkel"] is not None:
        found.append(Link(EXPORT_FILE_REL, f"{address}fil/"))
    if row["innsending"] is not None:
        found.append(Link(SUBMISSION_REL, f"{address}innsending/"))
    return found
