"""The controls of the journals and the change log (N5.59-N5.62)."""

from collections.abc import Iterator, Sequence
from typing import Final

from sakark_api.deponering.kontroll.innhold import Innhold, Journal
from sakark_api.deponering.kontroll.regel import Alvor, Funn, Kontroll, Sted, Telling
from sakark_api.deponering.kontroll.rules import day_of, first_and_last
from sakark_api.deponering.lesing import Enhet, read_units
from sakark_api.deponering.pakke import (
    ENDRINGSLOGG,
    LOEPENDE_JOURNAL,
    OFFENTLIG_JOURNAL,
    Pakke,
)
from sakark_api.errors import Unreadable
from sakark_api.texts import Text, text

__all__ = ["JOURNALER", "KONTROLLER", "read_journal"]

JOURNALER: Final = (LOEPENDE_JOURNAL, OFFENTLIG_JOURNAL)


def read_journal(pakke: Pakke, name: str) -> Journal | None:
    """Read what a journal says of itself, and count its journalposter; None when that fails."""
    path = pakke.file(name)
    if path is None:
        return None
    kinds = Telling()
    heads: list[Enhet] = []

    def note(unit: Enhet) -> None:
        kinds.add(unit.kind)
        if unit.kind == "journalhode":
            heads.append(unit)

    try:
        with path.open("rb") as file:
            read_units(file, note)
    except Unreadable:
        return None
    return _journal(heads[0], kinds.get("journalregistrering", 0)) if heads else None


def _journal(head: Enhet, found: int) -> Journal | None:
    """Give what the head says; None when its number or its days are none."""
    antall = (head.get("antallJournalposter") or "").strip()
    start, slutt = day_of(head.get("journalStartDato")), day_of(head.get("journalSluttDato"))
    if not antall.isdecimal() or start is None or slutt is None:
        return None
    return Journal(int(antall), start, slutt, found)


def _unreadable(innhold: Innhold) -> Iterator[Funn]:
    for name in JOURNALER:
        if name not in innhold.journaler:
            yield Funn(
                Alvor.FEIL,
                text(
                    "Antall journalposter eller datoer kan ikke leses i journalen. Lag den, også"
                    " når arkivet er uten journalposter."
                ),
                Sted(name),
            )


def _numbers_agree(innhold: Innhold) -> Iterator[Funn]:
    """Hold the journals' numbers against each other, and the archive's when sharp (N5.59)."""
    yield from _said_of_period(innhold)
    yield from _unreadable(innhold)
    numbers = {journal.antall for journal in innhold.journaler.values()}
    for name, journal in innhold.journaler.items():
        if journal.found != journal.antall:
            yield Funn(
                Alvor.MERKNAD,
                text(
                    "Journalhodet sier {oppgitt} journalposter, men journalen har {funnet}. Lag"
                    " den på nytt.",
                    oppgitt=journal.antall,
                    funnet=journal.found,
                ),
                Sted(name),
            )
    if len(numbers) > 1:
        yield _fault(text("Journalene har ulikt antall journalposter. Lag begge på nytt."))
    found = innhold.telling(59).total
    if innhold.pakke.uttrekk.is_sharp and numbers - {found}:
        yield _fault(
            text(
                "Skillet er skarpt, men journalene har et annet antall journalposter enn"
                " arkivstrukturen, som har {funnet}. Lag dem på nytt, eller skriv mykt.",
                funnet=found,
            )
        )


def _said_of_period(innhold: Innhold) -> Iterator[Funn]:
    sted = Sted(innhold.pakke.description)
    skiller = innhold.pakke.uttrekk.skiller
    if skiller is None:
        yield Funn(Alvor.FEIL, _NO_PERIOD, sted)
        return
    for skille in skiller:
        if skille not in ("skarpt", "mykt"):
            yield Funn(
                Alvor.MERKNAD,
                text(
                    "Skillet er «{skille}», og regnes som mykt. Skriv skarpt eller mykt.",
                    skille=skille or "",
                ),
                sted,
            )


def _dates_agree(innhold: Innhold) -> Iterator[Funn]:
    """Hold the journals' days against each other, and the archive's when sharp (N5.60)."""
    if innhold.pakke.uttrekk.skiller is None:
        yield Funn(Alvor.FEIL, _NO_PERIOD, Sted(innhold.pakke.description))
    yield from _unreadable(innhold)
    days = innhold.telling(60)
    if not days:
        yield _fault(text("Ingen journalpost har en journaldato. Sett den."))
        return
    spans = {(journal.start, journal.slutt) for journal in innhold.journaler.values()}
    if len(spans) > 1:
        yield _fault(text("Journalene har ulik første eller siste dato. Lag begge på nytt."))
    found = (min(days), max(days))
    if innhold.pakke.uttrekk.is_sharp and spans - {found}:
        yield _fault(
            text(
                "Skillet er skarpt, men journalene har andre datoer enn arkivstrukturen, som går"
                " fra {foerste} til {siste}. Lag dem på nytt, eller skriv mykt.",
                foerste=found[0],
                siste=found[1],
            )
        )


def _fault(message: Text) -> Funn:
    return Funn(Alvor.FEIL, message, Sted(LOEPENDE_JOURNAL))


def _log_is_there(innhold: Innhold) -> Iterator[Funn]:
    if innhold.pakke.file(ENDRINGSLOGG) is None:
        yield Funn(Alvor.FEIL, text("Endringsloggen mangler. Lag den."), Sted(ENDRINGSLOGG))


def _log_refers_inside(innhold: Innhold) -> Sequence[Funn]:
    """Count the changes, and refuse those of units that are not in the archive (N5.61, N5.62)."""
    path = innhold.pakke.file(ENDRINGSLOGG)
    if path is None:
        return (Funn(Alvor.FEIL, text("Endringsloggen mangler. Lag den."), Sted(ENDRINGSLOGG)),)

    def note(unit: Enhet) -> None:
        if unit.kind != "endring":
            return
        innhold.telling(61).add("endring")
        reference = unit.get("referanseArkivenhet")
        if reference is not None and reference not in innhold.system_ids:
            innhold.fault(62, _outside(reference), Sted(ENDRINGSLOGG, unit.line, reference))

    try:
        with path.open("rb") as file:
            read_units(file, note)
    except Unreadable as error:
        return (Funn(Alvor.FEIL, error.text, Sted(ENDRINGSLOGG, error.line)),)
    return ()


def _outside(reference: str) -> Text:
    return text(
        "Endringen gjelder {referanse}, som ikke er i uttrekket. Utelat den.", referanse=reference
    )


def _journalpost(registrering: Enhet) -> str | None:
    """Count journalposter whose type is written as the validator wants it."""
    return "journalpost" if registrering.type == "journalpost" else None


_NO_PERIOD: Final = text(
    "arkivuttrekk.xml sier ikke hvordan perioden er skilt ut, og validatoren stopper. Sett"
    " inngaaendeSkille og utgaaendeSkille under periode."
)

KONTROLLER: Final[Sequence[Kontroll]] = (
    Kontroll(
        59,
        text("Antall journalposter"),
        ["registrering"],
        counts=_journalpost,
        whole=_numbers_agree,
    ),
    Kontroll(
        60,
        text("Start- og sluttdatoer"),
        ["registrering"],
        counts=lambda registrering: day_of(registrering.get("journaldato")),
        whole=_dates_agree,
        shows=first_and_last,
    ),
    Kontroll(61, text("Antall loggførte endringer"), whole=_log_is_there),
    Kontroll(62, text("Endringsloggens referanser"), whole=_log_refers_inside),
)
