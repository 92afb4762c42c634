"""Kassasjonsbevis: what was destroyed, on whose decision and by what right."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from sakark_api.noark.values import (
    NORWAY,
    Ref,
    Tekst,
    Tidspunkt,
    Value,
    field,
    required_field,
)
from sakark_api.texts import text

__all__ = ["Destruertfil", "Kassasjonsbevis", "Utelatt", "bevistekst", "sum_of_files"]


class Utelatt(Value):
    """Hvor mange dokumenter som ikke ble tatt med, av én grunn."""

    grunn: Tekst = required_field(None, text("Grunnen, som linjene har den i utelatt"))
    antall: int = required_field(None, text("Hvor mange dokumenter den gjelder"))
    melding: Tekst = required_field(None, text("Hva grunnen betyr, og hva som skal gjøres"))


class Destruertfil(Value):
    """En fil som er kassert: hvilken, og hva den var."""

    referanse_dokumentobjekt: Ref = required_field(
        None, text("Dokumentobjektet som hadde filen, ved systemID")
    )
    sjekksum: Tekst = required_field("M705")
    sjekksum_algoritme: Tekst = required_field("M706")
    filstoerrelse: int = required_field("M707")


class Kassasjonsbevis(Value):
    """Beviset for at dokumentene på en kassasjonsliste er kassert."""

    arkivdel: Tekst = required_field(None, text("Arkivdelens tittel"))
    til_dato: Tidspunkt = required_field(
        None, text("Listen hadde det som skulle kasseres senest da")
    )
    hjemmel: tuple[Tekst, ...] = required_field(
        None, text("Kassasjonshjemlene på det som er kassert")
    )
    laget_av: Tekst = required_field(None, text("Den som laget listen"))
    laget_dato: Tidspunkt = required_field(None, text("Når listen ble laget"))
    sendt_av: Tekst = required_field(None, text("Den som sendte listen til godkjenning"))
    godkjent_av: Tekst = required_field(None, text("Den som godkjente listen"))
    godkjent_dato: Tidspunkt = required_field(None, text("Når listen ble godkjent"))
    utfoert_dato: Tidspunkt = required_field(None, text("Når de siste bytene var borte"))
    antall_dokumenter: int = required_field(None, text("Hvor mange dokumenter som er kassert"))
    antall_filer: int = required_field(None, text("Hvor mange filer de hadde"))
    antall_byte: int = required_field(None, text("Hvor mange byte filene hadde"))
    utelatt: tuple[Utelatt, ...] = field(None, text("Det som ikke ble kassert"), default=())
    sjekksum: Tekst = required_field(
        None,
        text(
            "SHA-256 av en linje for hver fil: dokumentobjekt, sjekksum og størrelse med mellomrom"
            " mellom, i stigende rekkefølge etter dokumentobjekt"
        ),
    )


def sum_of_files(files: Iterable[Destruertfil]) -> str:
    """Sum up what was destroyed, so that no line of it can be changed afterwards."""
    lines = sorted(
        f"{one.referanse_dokumentobjekt} {one.sjekksum} {one.filstoerrelse}\n" for one in files
    )
    return sha256("".join(lines).encode()).hexdigest()


_HEAD: Final = text("KASSASJONSBEVIS")


def bevistekst(bevis: Kassasjonsbevis, kommune: str, maalform: str) -> str:
    """Write a certificate as a page that can be printed and signed, in the kommune's language."""
    day = "%d.%m.%Y %H:%M"
    lines = [
        _HEAD,
        text("Kommune: {navn}", navn=kommune),
        text("Arkivdel: {tittel}", tittel=bevis.arkivdel),
        text("Skulle kasseres senest: {dato}", dato=f"{bevis.til_dato.astimezone(NORWAY):{day}}"),
        text("Hjemmel: {hjemmel}", hjemmel="; ".join(bevis.hjemmel) or "–"),
        text(
            "Laget av {navn} {dato}",
            navn=bevis.laget_av,
            dato=f"{bevis.laget_dato.astimezone(NORWAY):{day}}",
        ),
        text("Sendt til godkjenning av {navn}", navn=bevis.sendt_av),
        text(
            "Godkjent av {navn} {dato}",
            navn=bevis.godkjent_av,
            dato=f"{bevis.godkjent_dato.astimezone(NORWAY):{day}}",
        ),
        text("Utført {dato}", dato=f"{bevis.utfoert_dato.astimezone(NORWAY):{day}}"),
        text(
            "Kassert: {dokumenter} dokumenter, {filer} filer, {byte} byte",
            dokumenter=bevis.antall_dokumenter,
            filer=bevis.antall_filer,
            byte=bevis.antall_byte,
        ),
        *(
            text("Ikke kassert: {antall} ({grunn})", antall=one.antall, grunn=one.grunn)
            for one in bevis.utelatt
        ),
        text("Sjekksum av det som er kassert (SHA-256): {sum}", sum=bevis.sjekksum),
    ]
    return "\n".join(line.to(maalform) for line in lines)
