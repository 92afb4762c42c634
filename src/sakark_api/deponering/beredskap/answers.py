"""What readiness is answered with, as it is described and as it is written."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from sakark_api.deponering.beredskap.resultat import Resultat, Sjekktall, added_up
from sakark_api.deponering.sjekker.sjekk import Sjekk
from sakark_api.noark.arkivstruktur.arkivdel import arkivdel
from sakark_api.noark.names import to_wire
from sakark_api.noark.values import NORWAY
from sakark_api.rest.links import WORKLIST_REL, Link, Links, render
from sakark_api.tenancy.beredskap import Telt
from sakark_api.texts import text

__all__ = ["BODIES", "check_of", "summary_of", "unit_of", "worklist_of"]

_FROZEN = ConfigDict(frozen=True, alias_generator=to_wire)


class Opptalt(BaseModel):
    """Hvor mange enheter det er, og hvor mange av dem noe er i veien med."""

    model_config = _FROZEN

    score: float | None = Field(
        default=None,
        description=str(text("Andelen enheter uten feil, fra 0 til 1; utelatt før noe er talt")),
    )
    enheter: int = Field(description=str(text("Antall enheter som er talt")))
    med_feil: int = Field(description=str(text("Antall enheter med feil")))
    ikke_ferdig: int = Field(
        description=str(text("Antall enheter som ikke er ferdige ennå, i arkivdeler som er åpne"))
    )
    talt_dato: datetime | None = Field(
        default=None, description=str(text("Når det ble talt; den eldste tellingen av flere"))
    )


class Beredskapssjekk(BaseModel):
    """En sjekk, og hvor mange enheter den slår ut for."""

    model_config = _FROZEN

    sjekk: str = Field(description=str(text("Sjekkens navn")))
    alvor: str = Field(
        description=str(text("feil: hindrer et uttrekk. merknad: noe noen bør se på."))
    )
    beskrivelse: str = Field(description=str(text("Hva som er i veien")))
    raad: str = Field(description=str(text("Hva som skal gjøres")))
    type: str = Field(description=str(text("Hva slags enheter det gjelder")))
    score: float | None = Field(default=None, description=str(text("Andelen enheter uten feilen")))
    enheter: int = Field(description=str(text("Antall enheter av dette slaget")))
    antall: int = Field(description=str(text("Antall enheter som feilen er i")))
    ikke_ferdig: int = Field(description=str(text("Antall enheter som ikke er ferdige ennå")))


class Arkivdelberedskap(Opptalt):
    """Hvor klar en arkivdel er til å deponeres."""

    system_id: UUID = Field(description=str(text("Arkivdelens systemID")))
    tittel: str = Field(description=str(text("Tittelen, slik brukeren får se den")))
    aktiv: bool = Field(description=str(text("Om arkivdelen er åpen ennå")))
    sjekker: Sequence[Beredskapssjekk] = Field(
        description=str(text("Sjekkene som slår ut, de groveste først, med lenke til enhetene"))
    )


class Beredskapssvar(Opptalt):
    """Hvor klart arkivet er til å deponeres."""

    sjekker: Sequence[Beredskapssjekk] = Field(
        description=str(text("Sjekkene som slår ut i noen av arkivdelene"))
    )
    arkivdeler: Sequence[Arkivdelberedskap] = Field(
        description=str(text("Arkivdelene, hver for seg"))
    )


class Arbeidsenhet(BaseModel):
    """En enhet som noe er i veien med."""

    model_config = _FROZEN

    type: str = Field(description=str(text("Hva slags enhet det er")))
    system_id: UUID = Field(description=str(text("Enhetens systemID")))
    tittel: str | None = Field(
        default=None, description=str(text("Tittelen, slik brukeren får se den"))
    )
    identifikator: str | None = Field(
        default=None, description=str(text("Enhetens mappeID, registreringsID eller klasseID"))
    )
    ikke_ferdig: bool = Field(
        description=str(text("Om enheten bare ikke er ferdig ennå, i en åpen arkivdel"))
    )


class Arbeidsliste(BaseModel):
    """Enhetene som en sjekk slår ut for nå."""

    model_config = _FROZEN

    sjekk: str = Field(description=str(text("Sjekkens navn")))
    alvor: str = Field(description=str(text("feil eller merknad")))
    beskrivelse: str = Field(description=str(text("Hva som er i veien")))
    raad: str = Field(description=str(text("Hva som skal gjøres")))
    count: int = Field(description=str(text("Antall enheter som brukeren ser, på alle sider")))
    results: Sequence[Arbeidsenhet] = Field(description=str(text("Enhetene på denne siden")))


BODIES = (Beredskapssvar, Arbeidsliste)
"""What the description of the API tells of."""


def summary_of(
    rows: Iterable[Mapping[str, Any]], base: str, links: Links, language: str
) -> Mapping[str, Any]:
    """Write how ready the arkivdeler of the rows are, in all and each."""
    parts: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        parts.setdefault(row["system_id"], []).append(row)
    counts = [one for each in parts.values() for one in _counts(each)]
    whole = added_up(counts)
    dates = [one["talt_dato"] for each in parts.values() for one in each]
    return {
        **_counted(whole, dates),
        "sjekker": [_tally_of(one, language) for one in whole.sjekker],
        "arkivdeler": [_part_of(each, base, links, language) for each in parts.values()],
    }


def _counts(rows: Iterable[Mapping[str, Any]]) -> list[Telt]:
    return [
        Telt(
            row["ressurs"],
            row["enheter"],
            row["med_feil"],
            row["uferdige"],
            msgspec.json.decode(row["sjekker"], type=dict[str, tuple[int, int]]),
        )
        for row in rows
        if row["ressurs"] is not None
    ]


def _counted(found: Resultat, dates: Iterable[datetime | None]) -> Mapping[str, Any]:
    known = [one for one in dates if one is not None]
    said = {
        "score": found.score,
        "enheter": found.enheter,
        "medFeil": found.med_feil,
        "ikkeFerdig": found.uferdige,
        "taltDato": min(known).astimezone(NORWAY) if known else None,
    }
    return {name: value for name, value in said.items() if value is not None}


def _part_of(
    rows: Sequence[Mapping[str, Any]], base: str, links: Links, language: str
) -> Mapping[str, Any]:
    part = rows[0]
    system_id = part["system_id"]
    found = added_up(_counts(rows))
    return {
        "systemID": system_id,
        "tittel": part["tittel"],
        "aktiv": part["aktiv"],
        **_counted(found, [one["talt_dato"] for one in rows]),
        "sjekker": [
            {**_tally_of(one, language), "_links": _to_list(one.sjekk, system_id, base)}
            for one in found.sjekker
        ],
        "_links": links.to_unit(arkivdel.name, UUID(system_id), base),
    }


def _to_list(sjekk: Sjekk, part: str, base: str) -> msgspec.Raw:
    address = f"{base}beredskap/sjekk/{sjekk.id}/?arkivdel={part}"
    return msgspec.Raw(render([Link("self", address), Link(WORKLIST_REL, address)]))


def _tally_of(one: Sjekktall, language: str) -> Mapping[str, Any]:
    return {
        **check_of(one.sjekk, language),
        "type": one.sjekk.resource.name,
        "score": one.score,
        "enheter": one.enheter,
        "antall": one.antall,
        "ikkeFerdig": one.uferdige,
    }


def check_of(sjekk: Sjekk, language: str) -> Mapping[str, Any]:
    """Write what a check is about."""
    return {
        "sjekk": sjekk.id,
        "alvor": sjekk.alvor,
        "beskrivelse": sjekk.hva.to(language),
        "raad": sjekk.raad.to(language),
    }


def worklist_of(
    sjekk: Sjekk, count: int, units: Sequence[Mapping[str, Any]], language: str
) -> Mapping[str, Any]:
    """Write a page of a list of work."""
    return {**check_of(sjekk, language), "count": count, "results": units}


def unit_of(row: Mapping[str, Any], base: str, links: Links) -> Mapping[str, Any]:
    """Write one unit of a list of work, with links to it."""
    written = {
        "type": row["type"],
        "systemID": row["system_id"],
        "tittel": row["tittel"],
        "identifikator": row["identifikator"],
        "ikkeFerdig": row["uferdig"],
        "_links": links.to_unit(row["type"], UUID(row["system_id"]), base),
    }
    return {name: value for name, value in written.items() if value is not None}
