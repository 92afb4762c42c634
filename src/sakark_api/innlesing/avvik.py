"""What was wrong with an extraction, where, and what was done about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from sakark_api.texts import Text, text

__all__ = ["AVVIK", "Avvik", "Avvikstype", "Grad"]


class Grad(StrEnum):
    """How bad it is."""

    FEIL = "feil"
    """Against the standard, or something is missing."""
    MERKNAD = "merknad"
    """Allowed, but kept here in another form."""


@dataclass(frozen=True)
class Avvikstype:
    """One kind of fault: its degree, what was wrong, and what was done."""

    grad: Grad
    galt: Text
    gjort: Text


@dataclass(frozen=True)
class Avvik:
    """One fault: where in the source it was, what stood there, and of which unit it is here."""

    kode: str
    fil: str
    linje: int
    sted: str
    verdi: str | None = None
    enhet: UUID | None = None


def _feil(galt: Text, gjort: Text) -> Avvikstype:
    return Avvikstype(Grad.FEIL, galt, gjort)


def _merknad(galt: Text, gjort: Text) -> Avvikstype:
    return Avvikstype(Grad.MERKNAD, galt, gjort)


_KEPT: Final = text("Verdien er tatt vare på i innlesingens eget register.")
_DEFAULT: Final = text("Feltet har fått standardens utgangsverdi.")

AVVIK: Final[Mapping[str, Avvikstype]] = {
    "I01": _feil(text("Filen mangler, eller er ikke til å lese."), text("Den er ikke lest inn.")),
    "I02": _feil(
        text("Filens sjekksum er ikke den arkivuttrekk.xml oppgir."),
        text("Den er lest inn likevel."),
    ),
    "I03": _feil(
        text("Antallet er et annet enn det arkivuttrekk.xml oppgir."),
        text("Det som finnes, er lest inn."),
    ),
    "I04": _feil(
        text("arkivuttrekk.xml mangler, eller oppgir en versjon som ikke finnes."),
        text("Uttrekket er lest som den nærmeste versjonen som finnes."),
    ),
    "I05": _feil(
        text("Antall filer er et annet enn meldingen oppgir."),
        text("Det som finnes, er lest inn."),
    ),
    "I10": _merknad(
        text("systemID er ikke en UUID."),
        text("Enheten har fått en UUID utledet av den, og den gamle er tatt vare på."),
    ),
    "I11": _feil(
        text("systemID er i bruk av en annen enhet."),
        text("Enheten har fått en ny, utledet av uttrekket, og den gamle er tatt vare på."),
    ),
    "I12": _feil(
        text("Enheten mangler systemID."), text("Den har fått en, utledet av hvor den står.")
    ),
    "I13": _feil(
        text("Nummeret er i bruk av en annen enhet i kommunen."),
        text("Enheten har fått et nytt, og det gamle er tatt vare på."),
    ),
    "I14": _merknad(
        text("Kommunen har enheten fra før."),
        text(
            "Den er brukt som den er. Det meldingen sier om den, er tatt vare på i innlesingens"
            " eget register."
        ),
    ),
    "I20": _merknad(
        text("Koden er ikke i kommunens kodeliste."),
        text("Den er lagt til som utgått kode, så teksten er beholdt."),
    ),
    "I21": _feil(
        text("Skjermingen sier ikke med en kjent kode hva som skjermes."),
        text("Alt som kan skjermes på enheten, er skjermet."),
    ),
    "I22": _feil(
        text("Gradering, skjerming, kassasjon eller signatur mangler noe den må ha."), _KEPT
    ),
    "I23": _feil(
        text("En del av enheten er skjermet, men enheten sier ikke hvordan den er det."),
        text("Alt som kan skjermes på enheten, er skjermet til noen har vurdert det."),
    ),
    "I30": _feil(text("Et felt som må være der, mangler."), _DEFAULT),
    "I31": _feil(
        text("Verdien er ikke av feltets type."),
        text("Feltet er tomt her, og verdien er tatt vare på i innlesingens eget register."),
    ),
    "I32": _feil(text("Feltet er der flere ganger enn det kan være."), _KEPT),
    "I33": _merknad(text("Elementet har ikke noe felt her."), _KEPT),
    "I34": _feil(text("Elementet er tomt."), text("Det er lest som om det ikke var der.")),
    "I35": _merknad(
        text("Enheten er av et slag som ikke finnes her."),
        text("Feltene er tatt vare på i innlesingens eget register."),
    ),
    "I36": _feil(
        text("Enheten er ikke på et sted den kan være."),
        text("Feltene er tatt vare på i innlesingens eget register."),
    ),
    "I37": _feil(text("Enheten sier ikke med xsi:type hva den er."), text("Feltene viser det.")),
    "I38": _merknad(
        text("Dokumentobjektet lå rett under registreringen."),
        text("Det har fått en dokumentbeskrivelse med registreringens tittel."),
    ),
    "I39": _feil(text("Identifikatoren mangler noe den må ha, eller er ikke gyldig."), _KEPT),
    "I40": _feil(text("Referansen viser til en enhet som ikke finnes her."), _KEPT),
    "I41": _merknad(
        text("Referansen viser til en enhet ved noe annet enn systemID."),
        text("Enheten er funnet ved det."),
    ),
    "I42": _feil(
        text("Mappen som meldingen viser til, finnes verken i den eller i kommunen."),
        text("Enheten er lagt rett i arkivdelen. Flytt den til mappen den hører til i."),
    ),
    "I43": _feil(
        text("Kommunen har ingen arkivdel, eller flere, med det navnet."),
        text("Enheten er lagt i arkivdelen som er oppgitt for innlesingen."),
    ),
    "I44": _feil(
        text("Klassen finnes ikke i arkivdelens klassifikasjonssystemer, eller kan ikke ta imot."),
        text("Enheten er ikke ordnet etter den, og det som sto, er tatt vare på."),
    ),
    "I50": _feil(
        text("Dokumentfilen finnes ikke i pakken."),
        text("Dokumentobjektet er lest inn uten fil."),
    ),
    "I51": _feil(
        text("Dokumentfilens sjekksum er ikke den som er oppgitt."),
        text("Filen er lest inn som den er, med den sjekksummen den har."),
    ),
    "I52": _feil(
        text("Dokumentfilens størrelse er ikke den som er oppgitt."),
        text("Filen er lest inn som den er, med den størrelsen den har."),
    ),
    "I53": _feil(
        text("Stien til dokumentfilen fører ut av pakken."),
        text("Filen er ikke rørt, og dokumentobjektet er lest inn uten fil."),
    ),
    "I54": _feil(
        text("Filen følger med meldingen, men ingenting i den viser til filen."),
        text("Den er ikke lest inn."),
    ),
    "I60": _merknad(
        text("Arkivdelen var ikke avsluttet."), text("Den er avsluttet her, som bestilt.")
    ),
    "I61": _merknad(
        text("Arkivet eller arkivdelen var avsluttet."), text("Den er aktiv her, som bestilt.")
    ),
    "I70": _feil(
        text("Endringen er av en enhet som ikke er i arkivstruktur.xml."),
        text("Den er tatt vare på i innlesingens eget register."),
    ),
}
"""Every kind of fault, by its number: first figure is what it is about."""
