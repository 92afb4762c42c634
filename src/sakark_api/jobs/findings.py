"""What an examination comes to for the archive: what is written of a file, and of its copy."""

from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from sakark_api.formats import (
    Conversion,
    Examination,
    ToolFailed,
    ToolMissing,
    Verdict,
    is_mail,
)
from sakark_api.jobs.reading import Said
from sakark_api.noark.bevaring.arkivformat import Format
from sakark_api.noark.bevaring.dokumentkontroll import Found, Kontrolltype
from sakark_api.noark.resource import StoredFile
from sakark_api.texts import Text, text

__all__ = [
    "Made",
    "Outcome",
    "as_it_is",
    "converted",
    "failed",
    "left_to_a_person",
    "refused",
    "with_copy",
]

_CONVERTED: Final = text("Filen er konvertert til PDF/A; originalen er beholdt ved siden av.")
_REFUSED: Final = text(
    "Filen ble ikke konvertert, for arkivet tar ikke imot den nå. Gjør det som står under funn, og"
    " last opp en utgave i et arkivformat."
)


@dataclass(frozen=True)
class Made:
    """The archive format that was made of a file: how, and where its bytes are."""

    conversion: Conversion
    stored: StoredFile


@dataclass(frozen=True)
class Outcome:
    """What is to be written of a file."""

    found: Found
    format: Format | None
    made: Made | None = None
    said: Said | None = None
    preview: StoredFile | None = None
    mail: bool = False
    """Whether it is an e-mail that is to be taken apart."""

    @property
    def stored(self) -> tuple[StoredFile, ...]:
        """What was made of the file and is in storage, and no row names yet."""
        copy = self.made.stored if self.made else None
        return tuple(one for one in (copy, self.preview) if one is not None)


def as_it_is(looked: Examination) -> Outcome:
    """Take an examination's word for it."""
    one = looked.identification
    found = Found(
        Kontrolltype.FORMAT,
        str(looked.verdict),
        looked.verdict.text,
        looked.verdict is not Verdict.ARKIVFORMAT,
        looked.reasons,
        puid=one.puid,
        formatnavn=one.name,
        formatversjon=one.version,
    )
    known = Format(one.puid, one.name, one.version, one.mime) if one.puid else None
    apart = looked.verdict is Verdict.KONVERTERES and is_mail(one.puid)
    return Outcome(found, known, mail=apart)


def left_to_a_person(outcome: Outcome, why: Text) -> Outcome:
    """Say that nothing here makes an archive format of the file, and why."""
    verdict = Verdict.BEHOLDES
    found = replace(outcome.found, resultat=str(verdict), melding=verdict.text, funn=(why,))
    return replace(outcome, found=found)


def converted(outcome: Outcome, copy: UUID) -> Outcome:
    """Say that the file's archive format is there already."""
    found = replace(
        outcome.found,
        resultat="konvertert",
        melding=_CONVERTED,
        krever_handling=False,
        funn=(),
        referanse_arkivformat=copy,
    )
    return replace(outcome, found=found)


def with_copy(outcome: Outcome, made: Made) -> Outcome:
    """Say that an archive format was made, which is to be put beside the file."""
    tool = f"{made.conversion.tool} {made.conversion.version}".strip()
    return replace(outcome, found=replace(outcome.found, verktoey=tool), made=made)


def refused(outcome: Outcome, why: Text) -> Outcome:
    """Say that the archive does not take what was made, by which rule."""
    found = replace(outcome.found, resultat="avvist", melding=_REFUSED, funn=(why,))
    return replace(outcome, found=found, made=None)


def failed(error: ToolMissing | ToolFailed) -> Found:
    """Say that a program of ours is not there, or did not do its work."""
    resultat = "verktoey_mangler" if isinstance(error, ToolMissing) else "verktoey_feilet"
    return Found(
        Kontrolltype.FORMAT, resultat, error.text, krever_handling=True, verktoey=error.tool
    )
