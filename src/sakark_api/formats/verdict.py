"""What can be done with a file that came in, and why."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sakark_api.formats.clamd import virus_in
from sakark_api.formats.epost import is_overfull
from sakark_api.formats.identify import Identification, identify
from sakark_api.formats.package import has_macros, is_bomb, is_locked
from sakark_api.formats.pdfa import INSIDE, check_pdfa
from sakark_api.formats.policy import Format, Handling, contradicts, format_of, is_mail
from sakark_api.formats.sandbox import sandbox
from sakark_api.settings import Settings
from sakark_api.texts import Text, text

__all__ = ["Examination", "Verdict", "examine"]

_MOST_RULES = 10


class Verdict(StrEnum):
    """What a file is to the archive; the gravest that fits."""

    ARKIVFORMAT = "arkivformat"
    KONVERTERES = "konverteres"
    BEHOLDES = "beholdes"
    UKJENT = "ukjent"
    PASSORD = "passord"
    MAKROER = "makroer"
    BOMBE = "bombe"
    FEILMERKET = "feilmerket"
    FALSK_PDFA = "falsk_pdfa"
    VIRUS = "virus"
    TOM = "tom"

    @property
    def text(self) -> Text:
        """Say what it means, and what to do next."""
        return _TEXTS[self]


_TEXTS: Mapping[Verdict, Text] = {
    Verdict.ARKIVFORMAT: text("Filen er i et godkjent arkivformat; ingenting trenger å gjøres."),
    Verdict.KONVERTERES: text("Filen blir konvertert til PDF/A; originalen beholdes ved siden av."),
    Verdict.BEHOLDES: text(
        "Filens format kan ikke konverteres her; lag en utgave i et arkivformat og last den opp."
    ),
    Verdict.UKJENT: text(
        "Filens format er ukjent; finn ut hva den er, og last opp en utgave i et arkivformat."
    ),
    Verdict.PASSORD: text("Filen er låst med passord; fjern passordet, og last opp filen på nytt."),
    Verdict.MAKROER: text(
        "Filen har makroer; lagre den uten makroer, og last opp den utgaven som arkivformat."
    ),
    Verdict.BOMBE: text(
        "Filen pakker seg ut til mye mer enn den kan være; den blir ikke åpnet. Spør avsenderen."
    ),
    Verdict.FEILMERKET: text(
        "Filen er noe annet enn navnet eller typen sier; kontroller den, og rett navnet eller"
        " typen."
    ),
    Verdict.FALSK_PDFA: text(
        "Filen sier at den er PDF/A, men er det ikke; lag den på nytt, og last opp den nye."
    ),
    Verdict.VIRUS: text(
        "Filen har skadelig innhold; den må ikke åpnes. Varsle sikkerhetsansvarlig."
    ),
    Verdict.TOM: text("Filen er tom; last opp filen på nytt."),
}


@dataclass(frozen=True)
class Examination:
    """What was found about a file; `reasons` are the gravest first."""

    identification: Identification
    verdict: Verdict
    reasons: tuple[Text, ...]


_HANDLED: Mapping[Handling, Verdict] = {
    Handling.ARKIVFORMAT: Verdict.ARKIVFORMAT,
    Handling.KONVERTERES: Verdict.KONVERTERES,
    Handling.BEHOLDES: Verdict.BEHOLDES,
}


def examine(
    path: Path, *, filename: str | None, declared_mime: str | None, settings: Settings
) -> Examination:
    """Find out what a file is and what is to be done with it, without changing it.

    Bad content is a verdict, never an error. Raises `ToolMissing` or `ToolFailed` when a tool of
    ours that the verdict hangs on is not there or does not work.
    """
    if path.stat().st_size == 0:
        return _judged(_NOTHING, [(Verdict.TOM, Verdict.TOM.text)])
    virus = virus_in(path, settings)
    identification = identify(path, filename)
    if virus is not None:
        name = text("clamd fant {virus}.", virus=virus)
        return _judged(identification, [(Verdict.VIRUS, name)])
    found = format_of(identification.puid)
    objections = [
        *_before_opening(path, settings),
        *(_mislabelled(found, declared_mime, filename) if found else _UNKNOWN),
    ]
    if found is not None and not objections:
        objections = [*_inside(path, identification, found, settings)]
    if found is not None and not objections:
        handled = _HANDLED[found.handling]
        objections = [(handled, handled.text)]
    return _judged(identification, objections)


Objection = tuple[Verdict, Text]

_NOTHING = Identification(None, "", "", None, "", "")
_UNKNOWN: Sequence[Objection] = ((Verdict.UKJENT, Verdict.UKJENT.text),)


def _judged(identification: Identification, found: Sequence[Objection]) -> Examination:
    """Let the first and gravest decide, and tell of them all."""
    return Examination(identification, found[0][0], tuple(reason for _, reason in found))


def _before_opening(path: Path, settings: Settings) -> Iterator[Objection]:
    if is_bomb(path, settings.unpack_limit):
        yield Verdict.BOMBE, Verdict.BOMBE.text
        return
    if is_locked(path):
        yield Verdict.PASSORD, Verdict.PASSORD.text
    if has_macros(path):
        yield Verdict.MAKROER, Verdict.MAKROER.text


def _mislabelled(
    found: Format, declared_mime: str | None, filename: str | None
) -> Iterator[Objection]:
    said = contradicts(found, declared_mime, filename)
    if said is not None:
        yield (
            Verdict.FEILMERKET,
            text(
                "Filen er merket som {sagt}, men innholdet er {format}.",
                sagt=said,
                format=found.name,
            ),
        )


def _inside(
    path: Path, identification: Identification, found: Format, settings: Settings
) -> Iterator[Objection]:
    if is_mail(identification.puid) and is_overfull(path, identification, settings.unpack_limit):
        yield (
            Verdict.BOMBE,
            text(
                "E-posten har for mange eller for store vedlegg, eller for mange e-poster inni"
                " hverandre; den blir ikke åpnet. Spør avsenderen."
            ),
        )
    if "application/pdf" not in found.mime:
        return
    if _asks_for_password(path, settings):
        yield Verdict.PASSORD, Verdict.PASSORD.text
        return
    if not found.claims_pdfa:
        return
    check = check_pdfa(path, identification.puid or "", settings)
    if not check.holds:
        yield (
            Verdict.FALSK_PDFA,
            text(
                "Filen sier at den er PDF/A-{utgave}, men bryter reglene {regler} ({verktoey}).",
                utgave=identification.version,
                regler=", ".join(check.faults[:_MOST_RULES]),
                verktoey=check.checker,
            ),
        )


def _asks_for_password(path: Path, settings: Settings) -> bool:
    with sandbox(settings) as box:
        return box.python(INSIDE, "locked", box.take(path, "fil.pdf")) == b"ja"
