"""A package of any size, written a case at a time."""

from collections.abc import Iterator
from pathlib import Path

from tests.deponering.pakker import (
    CLOSED,
    CREATED,
    NAMESPACE,
    XSI,
    dokument,
    fields,
    journalpost,
    made,
    saksmappe,
)

__all__ = ["write_large"]

_ID = 100


def write_large(folder: Path, cases: int, entries: int, *, files: bool = True) -> Path:
    """Write an arkiv of cases with entries, each with a document; give the folder."""
    (folder / "dokumenter" / "2023").mkdir(parents=True)
    with (folder / "arkivstruktur.xml").open("w", encoding="utf-8") as out:
        out.write(f'<arkiv xmlns="{NAMESPACE}arkivstruktur" xmlns:xsi="{XSI}">')
        out.write(made(1, tittel="Stort arkiv", arkivstatus="Avsluttet") + CREATED + CLOSED)
        out.write("<arkivskaper>")
        out.write(fields(arkivskaperID="999999999", arkivskaperNavn="Eksempel kommune"))
        out.write("</arkivskaper><arkivdel>")
        out.write(made(2, tittel="Saker", arkivdelstatus="Avsluttet periode") + CREATED + CLOSED)
        for case in range(cases):
            out.write(_case(folder, case, entries, files=files))
            out.write("\n")
        out.write("</arkivdel></arkiv>")
    return folder


def _case(folder: Path, case: int, entries: int, *, files: bool) -> str:
    first = _ID + case * (entries * 3 + 1)
    posts = "".join(_entries(folder, first + 1, case, entries, files=files))
    written = saksmappe(first, posts).replace(
        "<kryssreferanse><referanseTilMappe>00000000-0000-4000-8000-000000000020", ""
    )
    return written.replace("</referanseTilMappe></kryssreferanse>", "").replace(
        "<referanseSekundaerKlassifikasjon>00000000-0000-4000-8000-000000000009"
        "</referanseSekundaerKlassifikasjon>",
        "",
    )


def _entries(folder: Path, first: int, case: int, entries: int, *, files: bool) -> Iterator[str]:
    for place in range(entries):
        number = case * entries + place + 1
        path, content = f"dokumenter/2023/{number}.pdf", f"%PDF-1.4 {number}".encode()
        if files:
            (folder / path).write_bytes(content)
        paper = dokument(first + place * 3 + 1, path, content)
        yield journalpost(first + place * 3, "2023-01-10", number, paper)
