"""The controls of dokumentbeskrivelser and dokumentobjekter, as they are described."""

from collections.abc import Sequence
from typing import Final

from sakark_api.deponering.kontroll.regel import Kontroll
from sakark_api.deponering.kontroll.rules import always, by_field, holder, refuse_other
from sakark_api.deponering.lesing import Enhet
from sakark_api.texts import Text, text

__all__ = ["KONTROLLER"]

_FERDIGSTILT = "Dokumentet er ferdigstilt"
_PHYSICAL = ("fysisk medium", "fysisk arkiv")


def _without_document(beskrivelse: Enhet) -> str | None:
    if beskrivelse.has("dokumentobjekt"):
        return None
    medium = (beskrivelse.get("dokumentmedium") or "").lower()
    return None if medium in _PHYSICAL else "dokumentbeskrivelse"


def _refuse_other_extension(objekt: Enhet) -> Text | None:
    """Refuse a format that is not the file's extension, in whichever case (N5.29)."""
    written, reference = objekt.get("format"), objekt.get("referanseDokumentfil")
    if written is None or reference is None:
        return None
    _, dot, extension = reference.replace("\\", "/").rpartition("/")[2].rpartition(".")
    if dot and extension.lower() == written.lower():
        return None
    return text(
        "Formatet «{format}» er ikke filendelsen til {fil}. Skriv endelsen i format, og formatets"
        " navn i formatDetaljer.",
        format=written,
        fil=reference,
    )


KONTROLLER: Final[Sequence[Kontroll]] = (
    Kontroll(23, text("Antall dokumentbeskrivelser"), ["dokumentbeskrivelse"], counts=holder),
    Kontroll(
        24,
        text("Dokumentbeskrivelser uten dokumentobjekt"),
        ["dokumentbeskrivelse"],
        counts=_without_document,
        remark=always(text("Dokumentet har ingen fil. Se om den mangler.")),
        awaits=True,
    ),
    Kontroll(
        25,
        text("Antall av ulike dokumentstatuser"),
        ["dokumentbeskrivelse"],
        counts=by_field("dokumentstatus"),
        fault=refuse_other(
            "dokumentstatus",
            (_FERDIGSTILT,),
            lambda status: text(
                "Dokumentet har status «{status}». Ferdigstill det.", status=status
            ),
        ),
    ),
    Kontroll(26, text("Antall dokumentobjekter"), ["dokumentobjekt"], counts=holder),
    Kontroll(
        29,
        text("Antall av ulike dokumentformater"),
        ["dokumentobjekt"],
        counts=by_field("format"),
        fault=_refuse_other_extension,
    ),
)
