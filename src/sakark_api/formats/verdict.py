"""What can be done with a file that came in, and why."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sakark_api.formats.identify import Identification, identify
from sakark_api.formats.policy import Format, Handling, contradicts, format_of
from sakark_api.settings import Settings
from sakark_api.texts import Text, text

__all__ = ["Examination", "Verdict", "examine"]


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
    """What was found about a file; `reasons` are sentences in bokmål, the gravest first."""

    identification: Identification
    verdict: Verdict
    reasons: tuple[str, ...]


_HANDLED: Mapping[Handling, Verdict] = {
    Handling.ARKIVFORMAT: Verdict.ARKIVFORMAT,
    Handling.KONVERTERES: Verdict.KONVERTERES,
    Handling.BEHOLDES: Verdict.BEHOLDES,
}


def examine(
    path: Path, *, filename: str | None, declared_mime: str | None, settings: Settings  # noqa: ARG001
) -> Examination:
    """Find out what a file is and what is to be done with it, without changing it.

    Bad content is a verdict, never an error. Raises `ToolMissing` or `ToolFailed` when a tool of
    ours that the verdict hangs on is not there or does not work.
    """
    if path.stat().st_size == 0:
        return Examination(_NOTHING, Verdict.TOM, (str(Verdict.TOM.text),))
    identification = identify(path, filename)
    found = format_of(identification.puid)
    if found is None:
        return Examination(identification, Verdict.UKJENT, (str(Verdict.UKJENT.text),))
    grave = next(_objections(found, declared_mime, filename), None)
    if grave is not None:
        return Examination(identification, grave[0], (str(grave[1]),))
    handled = _HANDLED[found.handling]
    return Examination(identification, handled, (str(handled.text),))


_NOTHING = Identification(None, "", "", None, "", "")


def _objections(
    found: Format, declared_mime: str | None, filename: str | None
) -> Iterator[tuple[Verdict, Text]]:
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
