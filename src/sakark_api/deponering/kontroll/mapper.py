"""The controls of mapper."""

from collections.abc import Sequence
from typing import Final

from sakark_api.deponering.kontroll.regel import Kontroll
from sakark_api.deponering.kontroll.rules import (
    UTGAAR,
    always,
    as_documented,
    by_field,
    refuse_other,
    type_and_level,
    without,
    year,
)
from sakark_api.texts import text

__all__ = ["KONTROLLER"]

_AVSLUTTET = ("Avsluttet", UTGAAR)


KONTROLLER: Final[Sequence[Kontroll]] = (
    Kontroll(
        10,
        text("Antall mapper"),
        ["mappe"],
        counts=type_and_level,
        whole=as_documented(10, "mappe", missing_is_zero=True),
    ),
    Kontroll(11, text("Antall mapper for hvert år"), ["mappe"], counts=year),
    Kontroll(
        14,
        text("Mapper uten registreringer eller undermapper"),
        ["mappe"],
        counts=without("registrering", "mappe"),
        remark=always(text("Mappen er tom. Se om noe mangler.")),
        awaits=True,
    ),
    Kontroll(
        15,
        text("Antall av ulike saksmappestatuser"),
        ["mappe"],
        counts=by_field("saksstatus"),
        fault=refuse_other(
            "saksstatus",
            _AVSLUTTET,
            lambda status: text(
                "Saken har status «{status}». Avslutt den, eller sett den til Utgår.",
                status=status,
            ),
        ),
    ),
)
