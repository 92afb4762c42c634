"""The controls of what units carry with them: parter, skjerming and the like (N5.35-N5.46)."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from sakark_api.deponering.kontroll.innhold import Innhold
from sakark_api.deponering.kontroll.regel import (
    Alvor,
    Funn,
    Kontroll,
    Shown,
    Sted,
    Telling,
)
from sakark_api.deponering.kontroll.rules import holder
from sakark_api.deponering.lesing import Enhet
from sakark_api.texts import Text, text

__all__ = ["KONTROLLER"]

_FLAGS = {"true": True, "false": False}
_KASSERT = ("arkivdel", "dokumentbeskrivelse")
_WITH_PRESEDENS = ("saksmappe", "journalpost")


def _part(part: Enhet) -> str:
    return f"{part.kind}/{holder(part)}"


def _of_version(telling: Telling, innhold: Innhold) -> Shown:
    """Show sakspart or part: the name was changed with version 5.0 (N5.35)."""
    wanted = "part/" if innhold.pakke.version == "5.0" else "sakspart/"
    return [(label, count) for label, count in telling.items() if label.startswith(wanted)]


def _of_type(presedens: Enhet) -> str | None:
    """Count presedenser of units whose type is written as the validator wants it."""
    kind = presedens.parent.type if presedens.parent else ""
    return kind if kind in _WITH_PRESEDENS else None


def _konvertering(konvertering: Enhet) -> str:
    return " → ".join(
        konvertering.get(name) or "?" for name in ("konvertertFraFormat", "konvertertTilFormat")
    )


def _utfoert(kassasjon: Enhet) -> str | None:
    return holder(kassasjon) if holder(kassasjon) in _KASSERT else None


def _as_said(number: int, flag: str, none: Text, some: Text) -> Callable[[Innhold], Iterator[Funn]]:
    """Hold what was found against what arkivuttrekk.xml says there is (N5.42, N5.44, N5.45)."""

    def whole(innhold: Innhold) -> Iterator[Funn]:
        written = innhold.pakke.uttrekk.opplysninger.get(flag)
        said = False if written is None else _FLAGS.get(written.strip().lower())
        found = innhold.telling(number).total > 0
        sted = Sted(innhold.pakke.description)
        if said is None:
            yield Funn(
                Alvor.FEIL,
                text("{navn} er «{verdi}»; skriv true eller false.", navn=flag, verdi=written),
                sted,
            )
        elif said is not found:
            yield Funn(Alvor.FEIL, _put_right(none if said else some), sted)

    return whole


def _put_right(wrong: Text) -> Text:
    return text("{hva} Rett arkivuttrekk.xml, eller lag uttrekket på nytt.", hva=wrong)


KONTROLLER: Final[Sequence[Kontroll]] = (
    Kontroll(35, text("Antall parter"), ["part", "sakspart"], counts=_part, shows=_of_version),
    Kontroll(36, text("Antall merknader"), ["merknad"], counts=holder),
    Kontroll(37, text("Antall kryssreferanser"), ["kryssreferanse"], counts=holder),
    Kontroll(38, text("Antall presedenser"), ["presedens"], counts=_of_type),
    Kontroll(
        39,
        text("Antall korrespondanseparter"),
        ["korrespondansepart"],
        counts=lambda part: part.get("korrespondanseparttype") or "",
    ),
    Kontroll(
        40,
        text("Antall avskrivninger"),
        ["avskrivning"],
        counts=lambda avskrivning: avskrivning.get("avskrivningsmaate") or "",
    ),
    Kontroll(41, text("Antall dokumentflyter"), ["dokumentflyt"], counts=holder),
    Kontroll(
        42,
        text("Antall skjerminger"),
        ["skjerming"],
        counts=holder,
        whole=_as_said(
            42,
            "inneholderSkjermetInformasjon",
            text("Uttrekket skal ha skjermet informasjon, men ingenting er skjermet."),
            text("Uttrekket skal ikke ha skjermet informasjon, men noe er skjermet."),
        ),
    ),
    Kontroll(
        43,
        text("Antall graderinger"),
        ["gradering"],
        counts=lambda gradering: gradering.get("grad") or gradering.get("gradering") or "",
    ),
    Kontroll(
        44,
        text("Antall kassasjonsvedtak"),
        ["kassasjon"],
        counts=holder,
        whole=_as_said(
            44,
            "inneholderDokumenterSomSkalKasseres",
            text("Uttrekket skal ha dokumenter som skal kasseres, men der er ingen vedtak."),
            text(
                "Uttrekket skal ikke ha dokumenter som skal kasseres, men der er vedtak. Også"
                " «Bevares» er et vedtak."
            ),
        ),
    ),
    Kontroll(
        45,
        text("Antall utførte kassasjoner"),
        ["utfoertKassasjon"],
        counts=_utfoert,
        whole=_as_said(
            45,
            "omfatterDokumenterSomErKassert",
            text("Uttrekket skal omfatte kasserte dokumenter, men ingenting er kassert."),
            text("Uttrekket skal ikke omfatte kasserte dokumenter, men noe er kassert."),
        ),
    ),
    Kontroll(46, text("Antall konverterte dokumenter"), ["konvertering"], counts=_konvertering),
)
