"""What a search answers with, as it is described and as it is written."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from sakark_api.noark.arkivstruktur.dokumentobjekt import dokumentobjekt
from sakark_api.noark.names import to_wire
from sakark_api.noark.structure import Catalog
from sakark_api.rest.links import Link, render
from sakark_api.search.asked import FACETS
from sakark_api.search.sources import KINDS
from sakark_api.search.statements import MARKS
from sakark_api.texts import text

__all__ = ["BODIES", "facets_of", "hit_of", "kinds_of_hits"]

_FROZEN = ConfigDict(frozen=True, alias_generator=to_wire)


class Utdrag(BaseModel):
    """Et stykke av teksten i en fil. Vis det som tekst, aldri som HTML."""

    model_config = _FROZEN

    tekst: str = Field(description=str(text("Teksten, slik den står i filen")))
    treff: bool = Field(description=str(text("Om stykket er noe av det som det ble søkt etter")))


class Soeketreff(BaseModel):
    """Et treff: en mappe, en registrering eller et dokument."""

    model_config = _FROZEN

    type: str = Field(description=str(text("Hva slags enhet det er")))
    system_id: UUID = Field(description=str(text("Enhetens systemID")))
    tittel: str = Field(description=str(text("Tittelen, slik brukeren får se den")))
    identifikator: str | None = Field(
        default=None, description=str(text("Enhetens mappeID eller registreringsID"))
    )
    dato: datetime = Field(
        description=str(text("Når enheten, eller filen som ordene står i, ble opprettet"))
    )
    utdrag: Sequence[Utdrag] | None = Field(
        default=None, description=str(text("Ordene rundt treffet i filen, stykke for stykke"))
    )


class Fasettverdi(BaseModel):
    """En verdi som treffene kan begrenses til."""

    model_config = _FROZEN

    verdi: str = Field(description=str(text("Verdien, slik parameteren tar den")))
    navn: str = Field(description=str(text("Verdiens navn for mennesker")))
    antall: int = Field(description=str(text("Antall treff med verdien")))


class Fasetter(BaseModel):
    """Treffene talt opp, etter det som de kan begrenses til."""

    model_config = _FROZEN

    type: Sequence[Fasettverdi] = Field(description=str(text("Etter hva slags enhet det er")))
    enhet: Sequence[Fasettverdi] = Field(description=str(text("Etter sakens administrative enhet")))
    aar: Sequence[Fasettverdi] = Field(description=str(text("Etter året i datoen")))
    status: Sequence[Fasettverdi] = Field(description=str(text("Etter status")))


class Soekesvar(BaseModel):
    """Treffene i et søk, de beste først."""

    model_config = _FROZEN

    count: int = Field(description=str(text("Antall treff som er talt og kan vises")))
    har_flere: bool = Field(
        description=str(
            text("Om så mange er funnet at bare de nyeste er talt. Bruk flere ord, eller et år.")
        )
    )
    fasetter: Fasetter
    results: Sequence[Soeketreff] = Field(description=str(text("Treffene på denne siden")))


class Soekeforslag(BaseModel):
    """Forslag til hvordan et søk kan skrives ferdig."""

    model_config = _FROZEN

    ord: Sequence[str] = Field(description=str(text("Ord som begynner slik, de vanligste først")))
    titler: Sequence[str] = Field(description=str(text("Titler med et slikt ord, de nyeste først")))


BODIES = (Soekesvar, Soekeforslag)
"""What the description of the API tells of."""


def kinds_of_hits(catalog: Catalog) -> Sequence[str]:
    """Name what a hit may be."""
    return [kind.name for one in KINDS for kind in catalog.kinds_of(one)]


def facets_of(catalog: Catalog, counted: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the counts of each facet, with a name for people on each value."""
    named: dict[str, Any] = {name: counted[name] for name in FACETS}
    named["type"] = [
        {**one, "navn": str(catalog.by_name[one["verdi"]].title)} for one in counted["type"]
    ]
    return named


def hit_of(catalog: Catalog, found: Mapping[str, Any], base: str) -> Mapping[str, Any]:
    """Write a hit, with links to the unit and to the file that the words are in."""
    kind = catalog.by_name[found["type"]]
    address = f"{base}{kind.package}/{kind.name}/{found['system_id']}/"
    links = [Link("self", address), Link(kind.rel, address)]
    if found["objekt"] is not None:
        file = f"{base}{dokumentobjekt.package}/{dokumentobjekt.name}/{found['objekt']}/"
        links.append(Link(dokumentobjekt.rel, file))
    written = {
        "type": found["type"],
        "systemID": found["system_id"],
        "tittel": found["tittel"],
        "identifikator": found["identifikator"],
        "dato": found["dato"],
        "utdrag": list(_pieces(found["utdrag"])) if found["utdrag"] else None,
    }
    there = {name: value for name, value in written.items() if value is not None}
    return {**there, "_links": msgspec.Raw(render(links))}


def _pieces(passage: str) -> Iterator[Mapping[str, Any]]:
    """Take a passage apart, in what was found and what stands around it."""
    begin, end = MARKS
    before, *found = passage.split(begin)
    if before:
        yield {"tekst": before, "treff": False}
    for one in found:
        word, _, after = one.partition(end)
        yield {"tekst": word, "treff": True}
        if after:
            yield {"tekst": after, "treff": False}
