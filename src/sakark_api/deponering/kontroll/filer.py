"""The controls of the documents' files (N5.28, N5.30-N5.34, N5.64)."""

from collections.abc import Iterator, Sequence
from typing import Final

from sakark_api.deponering.kontroll.dokumentfiler import Lest, Referanse
from sakark_api.deponering.kontroll.innhold import Innhold
from sakark_api.deponering.kontroll.regel import Alvor, Funn, Kontroll, Sted
from sakark_api.deponering.lesing import Enhet
from sakark_api.texts import Text, text

__all__ = ["KONTROLLER", "judge_file"]


def _refer(objekt: Enhet, innhold: Innhold) -> None:
    sted = Sted.of(objekt)
    file = objekt.get("referanseDokumentfil")
    if file:
        innhold.filer.refer(Referanse(file, objekt.get("sjekksum"), sted))
    else:
        innhold.fault(30, text("Dokumentobjektet viser ikke til noen fil. Oppgi den."), sted)


def judge_file(innhold: Innhold, referanse: Referanse, found: Lest | None) -> None:
    """Hold a file against what is said of it, always by SHA-256 (N5.30, N5.32, N5.64)."""
    if found is None:
        missing = text(
            "Filen {fil} finnes ikke i dokumentmappen. Legg den dit, eller rett referansen.",
            fil=referanse.file,
        )
        innhold.fault(30, missing, referanse.sted)
        innhold.fault(32, missing, referanse.sted)
        return
    innhold.telling(30).add("SHA-256")
    if (referanse.checksum or "").lower() != found.checksum:
        innhold.fault(30, _other_checksum(referanse), referanse.sted)
    if found.size == 0:
        innhold.telling(64).add("fil")
        empty = text("Filen {fil} er tom. Se om innholdet mangler.", fil=referanse.file)
        innhold.remark(64, empty, referanse.sted)


def _other_checksum(referanse: Referanse) -> Text:
    return text(
        "Filen {fil} har en annen SHA-256 enn den som er oppgitt. Finn den rette filen, eller rett"
        " sjekksummen.",
        fil=referanse.file,
    )


def _as_many_as_said(innhold: Innhold) -> Iterator[Funn]:
    """Hold the number of files, those without reference too, against what is said (N5.28)."""
    folders = innhold.pakke.dokumentmapper
    if not folders:
        missing = text("Dokumentmappen mangler. Legg dokumentene i mappen dokumenter.")
        yield Funn(Alvor.FEIL, missing, Sted("dokumenter"))
    if len(folders) > 1:
        yield Funn(
            Alvor.MERKNAD,
            text(
                "Det er flere dokumentmapper: {mapper}. Bare den første blir lest; ha én.",
                mapper=", ".join(folders),
            ),
            Sted(folders[1]),
        )
    found = sum(1 for _ in innhold.filer.names())
    innhold.telling(28)["fil"] = found
    if folders and not found:
        empty = text("Dokumentmappen er tom. Legg dokumentene der.")
        yield Funn(Alvor.FEIL, empty, Sted(folders[0]))
    yield from _number_said(innhold, found)


def _number_said(innhold: Innhold, found: int) -> Iterator[Funn]:
    said = (innhold.pakke.uttrekk.opplysninger.get("antallDokumentfiler") or "").strip()
    if said.isdecimal() and int(said) == found:
        return
    yield Funn(
        Alvor.FEIL,
        text(
            "arkivuttrekk.xml oppgir «{oppgitt}» som antall dokumentfiler, men det er {funnet}. Se"
            " om noen mangler, eller om fremmede filer er kommet med.",
            oppgitt=said,
            funnet=found,
        ),
        Sted(innhold.pakke.description),
    )


def _without_reference(innhold: Innhold) -> Iterator[Funn]:
    for name in innhold.filer.names():
        if name not in innhold.filer.referred:
            innhold.telling(33).add("fil")
            yield Funn(
                Alvor.FEIL,
                text("Ingen dokumentobjekt viser til filen. Fjern den, eller rett referansen."),
                Sted(name),
            )


def _with_several(innhold: Innhold) -> Iterator[Funn]:
    if not innhold.filer.referred.twice:
        return
    for name in innhold.filer.names():
        if innhold.filer.referred.came_twice(name):
            innhold.telling(34).add("fil")
            yield Funn(
                Alvor.MERKNAD,
                text("Flere dokumentobjekter viser til filen. Se om det er meningen."),
                Sted(name),
            )


KONTROLLER: Final[Sequence[Kontroll]] = (
    Kontroll(28, text("Antall dokumentfiler"), whole=_as_many_as_said),
    Kontroll(30, text("Dokumentfilenes sjekksummer"), ["dokumentobjekt"], observe=_refer),
    Kontroll(32, text("Dokumentfiler som det er vist til")),
    Kontroll(33, text("Dokumentfiler uten referanse"), whole=_without_reference),
    Kontroll(34, text("Dokumentfiler med flere referanser"), whole=_with_several),
    Kontroll(64, text("Tomme dokumentfiler")),
)
