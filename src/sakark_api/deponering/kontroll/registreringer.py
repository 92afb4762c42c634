"""The controls of registreringer."""

from collections.abc import Sequence
from typing import Final

from sakark_api.deponering.kontroll.regel import Kontroll
from sakark_api.deponering.kontroll.rules import (
    UTGAAR,
    always,
    as_documented,
    by_field,
    day_of,
    first_and_last,
    refuse_other,
    type_of,
    without,
    year,
)
from sakark_api.deponering.lesing import Enhet
from sakark_api.texts import Text, text

__all__ = ["KONTROLLER"]

_ARKIVERT = ("Arkivert", UTGAAR)


def _journalposttype(registrering: Enhet) -> str | None:
    return registrering.get("journalposttype") if registrering.type == "journalpost" else None


def _refuse_empty_type(registrering: Enhet) -> Text | None:
    if _journalposttype(registrering) != "":
        return None
    return text("Journalposten har ingen journalposttype. Sett den.")


def _refuse_bad_date(registrering: Enhet) -> Text | None:
    written = registrering.get("opprettetDato")
    if written is None or day_of(written):
        return None
    return text("opprettetDato «{dato}» er ingen dato. Rett den.", dato=written)


KONTROLLER: Final[Sequence[Kontroll]] = (
    Kontroll(
        16,
        text("Antall registreringer"),
        ["registrering"],
        counts=type_of,
        whole=as_documented(16, "registrering", missing_is_zero=False),
    ),
    Kontroll(
        17,
        text("Antall av ulike journalposttyper"),
        ["registrering"],
        counts=_journalposttype,
        fault=_refuse_empty_type,
    ),
    Kontroll(18, text("Antall registreringer for hvert år"), ["registrering"], counts=year),
    Kontroll(
        21,
        text("Registreringer uten dokumentbeskrivelse"),
        ["registrering"],
        counts=without("dokumentbeskrivelse"),
        remark=always(text("Registreringen har ingen dokumentbeskrivelse. Se om noe mangler.")),
        awaits=True,
    ),
    Kontroll(
        22,
        text("Antall av ulike journalstatuser"),
        ["registrering"],
        counts=by_field("journalstatus"),
        fault=refuse_other(
            "journalstatus",
            _ARKIVERT,
            lambda status: text(
                "Journalposten har status «{status}». Arkiver den, eller sett den til Utgår.",
                status=status,
            ),
        ),
    ),
    Kontroll(
        27,
        text("Datoer for første og siste registrering"),
        ["registrering"],
        counts=lambda registrering: day_of(registrering.get("opprettetDato")),
        fault=_refuse_bad_date,
        shows=first_and_last,
    ),
)
