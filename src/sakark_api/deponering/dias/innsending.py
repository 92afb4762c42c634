"""What a submission tells that no archive knows of itself: who submits what, to whom, and why."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from sakark_api.rest.schema import Body
from sakark_api.texts import text

__all__ = ["Aktoer", "Innsending"]


def _printable(value: str) -> str:
    """Refuse what XML cannot hold, and more lines than one."""
    if not value.isprintable():
        raise ValueError(value)
    return value


Line = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_printable)]


class Aktoer(Body):
    """En virksomhet, og hvem som kan kontaktes der."""

    navn: Line = Field(description=str(text("Virksomhetens navn")))
    kontaktperson: Line | None = Field(
        default=None, description=str(text("Navnet på kontaktpersonen"))
    )
    adresse: Line | None = Field(default=None, description=str(text("Adressen")))
    telefon: Line | None = Field(default=None, description=str(text("Telefonnummeret")))
    epost: Line | None = Field(default=None, description=str(text("E-postadressen")))


class Innsending(Body):
    """Opplysninger om en innsending til depot, i en DIAS-pakke (SIP)."""

    mottaker: Line = Field(description=str(text("Arkivet som tar imot")))
    avtale: Line = Field(description=str(text("Nummeret på avtalen om avlevering")))
    merkelapp: Line | None = Field(default=None, description=str(text("Hva pakken kalles")))
    leveransebeskrivelse: Line | None = Field(
        default=None, description=str(text("Beskrivelsen av leveransen"))
    )
    leveransetype: Line | None = Field(default=None, description=str(text("Slaget leveranse")))
    prosjekt: Line | None = Field(default=None, description=str(text("Prosjektets navn")))
    pakkenummer: Line | None = Field(default=None, description=str(text("Pakkens nummer")))
    referansekode: Line | None = Field(default=None, description=str(text("Referansekoden")))
    status: Literal["NEW", "SUPPLEMENT", "REPLACEMENT", "TEST", "VERSION", "OTHER"] = Field(
        default="NEW", description=str(text("Om pakken er ny, et tillegg eller noe annet"))
    )
    arkivskaper: Annotated[Sequence[Aktoer], Field(max_length=100)] = Field(
        default=(),
        description=str(text("Arkivskaperne; uten noen blir det dem som står i uttrekket")),
    )
    avleverer: Aktoer | None = Field(
        default=None, description=str(text("Den som avleverer; ellers arkivskaperen"))
    )
    produsent: Aktoer | None = Field(
        default=None, description=str(text("Den som laget uttrekket; ellers arkivskaperen"))
    )
    eier: Annotated[Sequence[Aktoer], Field(max_length=100)] = Field(
        default=(), description=str(text("Eierne; ellers arkivskaperen"))
    )
    skaper: Aktoer | None = Field(
        default=None, description=str(text("Den som pakket; ellers arkivskaperen"))
    )
