"""Sixty-odd ways to break a good deposit: each is caught by its number, and by no other."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.deponering.funn import faulty, remarked
from tests.deponering.pakker import (
    DOCTYPE,
    FILES,
    FIRST,
    KASSASJON,
    LAST_MAPPE,
    MERKNAD,
    NAMESPACE,
    SECOND,
    SKJERMING,
    UTFOERT,
    Utkast,
    dokument,
    el,
    fields,
    journalpost,
    made,
    occurrences,
    prop,
    saksmappe,
    system_id,
)

from sakark_api.deponering.kontroll import check

Change = Callable[[Utkast], None]
Break = Callable[[Path], object]


def structure(old: str, new: str, count: int = 1) -> Change:
    return lambda utkast: utkast.change("arkivstruktur", old, new, count)


def log(old: str, new: str) -> Change:
    return lambda utkast: utkast.change("endringslogg", old, new)


def journals(old: str, new: str) -> Change:
    def change(utkast: Utkast) -> None:
        utkast.change("loependeJournal", old, new)
        utkast.change("offentligJournal", old, new)

    return change


def one_journal(old: str, new: str) -> Change:
    return lambda utkast: utkast.change("offentligJournal", old, new)


def described(old: str, new: str) -> Change:
    return lambda utkast: utkast.describe(old, new)


def rewritten(pattern: str, new: str) -> Change:
    """Change arkivuttrekk.xml by a pattern, in the first place where it fits."""
    return lambda utkast: utkast.descriptions.append(
        lambda text: re.sub(pattern, new, text, count=1, flags=re.DOTALL)
    )


def head(name: str, written: str) -> Change:
    return lambda utkast: utkast.heads.update({name: written})


def both(*changes: Change) -> Change:
    def change(utkast: Utkast) -> None:
        for one in changes:
            one(utkast)

    return change


def flag(name: str, value: str) -> Change:
    return described(prop(name, "true"), prop(name, value))


def reference(path: str) -> Change:
    return structure(f"<referanseDokumentfil>{FIRST}<", f"<referanseDokumentfil>{path}<")


def kept(path: str, content: bytes) -> Change:
    return lambda utkast: utkast.files.update({path: content})


REGISTRERT = "<opprettetDato>2023-01-10T09:00:00+01:00</opprettetDato>"
IN_KLASSE_1 = f"<klasse><systemID>{system_id(7)}</systemID>"
LOOSE = el(
    "registrering",
    made(80, opprettetDato="2023-01-10T09:00:00+01:00", opprettetAv="Ola"),
    fields(arkivertDato="2023-01-10T15:00:00+01:00", arkivertAv="Ola"),
)
LAUGHS = '<!DOCTYPE endringslogg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
PERIOD = r'<property name="periode">.*?(?=<property name="inneholder)'
INFORMATION = '<properties><property name="info"><properties><property name="type">'
NO_CHECKSUM = r'<property name="value"><value>[0-9a-f]{64}</value>'
OTHERS_FIRST = r'(<dataObject name="arkivstruktur">.*?</dataObject>)(<dataObject.*?</dataObject>)'
NO_CATALOGUE = r'<property name="schema"><properties>.*?(?=<property name="info">)'
PREFIXED_TYPE = f'xmlns:t="{NAMESPACE}arkivstruktur" xsi:type="t:journalpost"'
PREFIXED = f'<n5:mappe xmlns:n5="{NAMESPACE}arkivstruktur" '

FAULTS: dict[str, tuple[Change, set[int]]] = {
    "a year that is no number": (structure("<saksaar>2023<", "<saksaar>i fjor<"), {3}),
    "an archive that is not well formed": (structure("</arkivskaperNavn>", "</navn>"), {3}),
    "an archive with a DOCTYPE": (head("arkivstruktur", DOCTYPE), {3}),
    "a log that is not well formed": (log("</endretAv>", "</av>"), {3, 62}),
    "a log with entities": (head("endringslogg", LAUGHS), {62}),
    "a journal that is not well formed": (one_journal("</journalSluttDato>", "</d>"), {3, 59, 60}),
    "another version": (described("<value>5.0<", "<value>5.5<"), {3}),
    "a schema that is not listed": (
        rewritten(NO_CATALOGUE, ""),
        {3},
    ),
    "an unknown file": (described(">endringslogg.xml<", ">endringer.xml<"), {1, 2}),
    "a file documented twice": (
        described(">offentligJournal.xml<", ">loependeJournal.xml<"),
        {1, 3},
    ),
    "a checksum by MD5": (described(">SHA-256<", ">MD5<"), {2}),
    "no checksum": (rewritten(NO_CHECKSUM, '<property name="value">'), {2}),
    "one mappe more than there is": (
        described(occurrences("mappe", 2), occurrences("mappe", 3)),
        {10},
    ),
    "no number of mapper": (described(occurrences("mappe", 2), ""), {10}),
    "one registrering fewer than there is": (
        described(occurrences("registrering", 3), occurrences("registrering", 2)),
        {16},
    ),
    "no number of registreringer": (described(occurrences("registrering", 3), ""), {16}),
    "the archive after another file": (
        rewritten(OTHERS_FIRST, r"\2\1"),
        {10, 16},
    ),
    "mapper with a prefix": (
        both(
            structure("<mappe ", PREFIXED, -1),
            structure("</mappe>", "</n5:mappe>", -1),
            described(occurrences("mappe", 0), occurrences("mappe", 2)),
        ),
        {10},
    ),
    "a mappe beside a klasse": (structure(IN_KLASSE_1, saksmappe(90, "") + IN_KLASSE_1), {12}),
    "a registrering beside a klasse": (structure(IN_KLASSE_1, LOOSE + IN_KLASSE_1), {19}),
    "a case that is open": (
        structure("Avsluttet</saksstatus>", "Under behandling</saksstatus>"),
        {15},
    ),
    "a journalpost without type": (
        structure("Inngående dokument</journalp", " </journalp"),
        {17, 63},
    ),
    "a journalpost that is not archived": (structure(">Arkivert<", ">Journalført<"), {22}),
    "a document that is not finished": (structure("er ferdigstilt<", "er under redigering<"), {25}),
    "a day that is none": (structure(REGISTRERT, el("opprettetDato", "2023-02-30")), {27}),
    "a number of files that is wrong": (
        described(prop("antallDokumentfiler", "3"), prop("antallDokumentfiler", "4")),
        {28},
    ),
    "no number of files": (described(prop("antallDokumentfiler", "3"), ""), {28}),
    "a format that is no extension": (structure("<format>pdf<", "<format>fmt/95<"), {29}),
    "a checksum of a document that is wrong": (
        structure("</sjekksum>", "0</sjekksum>"),
        {30},
    ),
    "a document without reference": (
        structure(f"<referanseDokumentfil>{FIRST}</referanseDokumentfil>", ""),
        {30, 33},
    ),
    "a file name in other case": (reference(FIRST.replace(".pdf", ".PDF")), {30, 32, 33}),
    "a reference out of the package": (reference("dokumenter/../../1.pdf"), {30, 32, 33}),
    "a reference to the whole disk": (reference("/tmp/1.pdf"), {30, 32, 33}),
    "a file that nobody asked for": (kept("dokumenter/Thumbs.db", b"x"), {33}),
    "screened, but not said so": (flag("inneholderSkjermetInformasjon", "false"), {42}),
    "said to be screened, but is not": (structure(SKJERMING, "", -1), {42}),
    "a flag in Norwegian": (flag("inneholderSkjermetInformasjon", "ja"), {42}),
    "to be disposed of, but not said so": (
        flag("inneholderDokumenterSomSkalKasseres", "false"),
        {44},
    ),
    "said to be disposed of, but is not": (structure(KASSASJON, "", -1), {44}),
    "disposed of, but not said so": (flag("omfatterDokumenterSomErKassert", "false"), {45}),
    "said to have been disposed of, but was not": (structure(UTFOERT, ""), {45}),
    "a systemID twice": (structure(system_id(41), system_id(31)), {47}),
    "a reference to no arkivdel": (
        structure(el("referanseArkivdel", system_id(2)), el("referanseArkivdel", system_id(99))),
        {48},
    ),
    "a reference to no klasse": (
        structure(f"{system_id(9)}</referanseSek", f"{system_id(99)}</referanseSek"),
        {51},
    ),
    "one journal with another number": (one_journal(">3</antall", ">2</antall"), {59}),
    "both journals with another number": (journals(">3</antall", ">2</antall"), {59}),
    "a type with a prefix": (
        structure('xsi:type="journalpost"', PREFIXED_TYPE),
        {59},
    ),
    "a number that is written in words": (journals(">3</antall", ">tre</antall"), {59, 60}),
    "one journal with another day": (
        one_journal("2023-03-01</journalS", "2023-04-01</journalS"),
        {60},
    ),
    "both journals with another day": (
        journals("2023-03-01</journalS", "2023-04-01</journalS"),
        {60},
    ),
    "no separation of the period": (rewritten(PERIOD, ""), {59, 60}),
    "a property before the information": (
        described(
            INFORMATION, INFORMATION.replace("<properties>", f"<properties>{prop('x', None)}", 1)
        ),
        {3, 28, 42, 44, 45, 59, 60},
    ),
    "a change of what is not there": (log(system_id(20), system_id(99)), {62}),
    "an element without content": (structure("<merknadstekst>Sett<", "<merknadstekst><"), {63}),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_caught_by_its_number_and_no_other(name: str, tmp_path: Path) -> None:
    utkast = Utkast()
    change, expected = FAULTS[name]
    change(utkast)

    rapport = check(utkast.write(tmp_path), None)

    assert faulty(rapport) == expected


def linked(folder: Path) -> None:
    """Put a document elsewhere, and a link to it where it was."""
    (folder / FIRST).rename(folder / "utenfor.pdf")
    (folder / FIRST).symlink_to(folder / "utenfor.pdf")


def linked_folder(folder: Path) -> None:
    (folder / "dokumenter").rename(folder / "utenfor")
    (folder / "dokumenter").symlink_to(folder / "utenfor")


def emptied(folder: Path) -> None:
    for name in FILES:
        (folder / name).unlink()


BREAKS: dict[str, tuple[Break, set[int]]] = {
    "a schema changed afterwards": (
        lambda folder: (folder / "metadatakatalog.xsd").write_bytes(b" "),
        {2},
    ),
    "a schema missing": (lambda folder: (folder / "endringslogg.xsd").unlink(), {1, 2, 3}),
    "the log missing": (lambda folder: (folder / "endringslogg.xml").unlink(), {1, 2, 3, 61, 62}),
    "a journal missing": (
        lambda folder: (folder / "loependeJournal.xml").unlink(),
        {1, 2, 3, 59, 60},
    ),
    "the archive missing": (lambda folder: (folder / "arkivstruktur.xml").unlink(), {1, 2, 3}),
    "a document missing": (lambda folder: (folder / SECOND).unlink(), {28, 30, 32}),
    "a document changed": (lambda folder: (folder / SECOND).write_bytes(b"x"), {30}),
    "a document behind a link": (linked, {30, 32}),
    "a folder of documents behind a link": (linked_folder, {28, 30, 32}),
    "a file too many": (lambda folder: (folder / "dokumenter/info.csv").write_text("a"), {28, 33}),
    "another name of the folder": (
        lambda folder: (folder / "dokumenter").rename(folder / "Dokumenter"),
        {28, 30, 32},
    ),
    "an empty folder of documents": (emptied, {28, 30, 32}),
    "a schema that is none": (
        lambda folder: (folder / "endringslogg.xsd").write_text("<x/>"),
        {2, 3},
    ),
}


@pytest.mark.parametrize("name", BREAKS)
def test_what_happens_to_a_package_afterwards_is_caught(name: str, tmp_path: Path) -> None:
    broken, expected = BREAKS[name]
    broken(Utkast().write(tmp_path))

    rapport = check(tmp_path, None)

    assert faulty(rapport) == expected


UNSHARP = both(
    described(prop("inngaaendeSkille", "skarpt"), prop("inngaaendeSkille", "skarp")),
    journals(">3</antall", ">2</antall"),
)
EMPTY_POST = journalpost(60, "2023-02-01", 4, "")
UTGAATT = EMPTY_POST.replace(">Arkivert<", ">Utgår<")
BARE = re.sub(r"<dokumentobjekt>.*</dokumentobjekt>", "", dokument(61, FIRST, b""))
SOFT = described(prop("inngaaendeSkille", "skarpt"), prop("inngaaendeSkille", "mykt"))
EMPTY = saksmappe(90, "")
EXPIRED = EMPTY.replace(">Avsluttet</saksstatus>", ">Utgår</saksstatus>")
MAPPE_ENDS = "<saksaar>2023</saksaar><sakssekvensnummer>20<"


def in_mappe(written: str) -> Change:
    return both(SOFT, structure(MAPPE_ENDS, written + MAPPE_ENDS))


def shared_file(utkast: Utkast) -> None:
    """Let two documents have one file."""
    other = dokument(41, FIRST, FILES[FIRST])
    utkast.change("arkivstruktur", dokument(41, SECOND, FILES[SECOND]), other)
    del utkast.files[SECOND]


def empty_file(utkast: Utkast) -> None:
    utkast.files[SECOND] = b""
    utkast.change("arkivstruktur", dokument(41, SECOND, FILES[SECOND]), dokument(41, SECOND, b""))


REMARKS: dict[str, tuple[Change, set[int]]] = {
    "nothing": (lambda _: None, set()),
    "a separation misspelt": (UNSHARP, {59}),
    "journals that have more than the archive": (
        both(SOFT, journals(">3</antall", ">4</antall")),
        {59},
    ),
    "a mappe without anything": (
        structure(LAST_MAPPE, LAST_MAPPE.replace("</mappe>", f"</mappe>{EMPTY}")),
        {14},
    ),
    "an empty mappe that is Utgår": (
        structure(LAST_MAPPE, LAST_MAPPE.replace("</mappe>", f"</mappe>{EXPIRED}")),
        set(),
    ),
    "a journalpost without document": (in_mappe(EMPTY_POST), {21}),
    "a journalpost that is Utgår, without document": (in_mappe(UTGAATT), set()),
    "a document without file": (in_mappe(journalpost(60, "2023-02-01", 4, BARE)), {24}),
    "a document on paper": (
        in_mappe(
            journalpost(60, "2023-02-01", 4, BARE.replace("Elektronisk arkiv", "Fysisk medium"))
        ),
        set(),
    ),
    "a document without file, of what is Utgår": (
        in_mappe(journalpost(60, "2023-02-01", 4, BARE).replace(">Arkivert<", ">Utgår<")),
        set(),
    ),
    "one file of two documents": (shared_file, {34}),
    "a file without content": (empty_file, {64}),
    "a path with a backslash": (reference(FIRST.replace("/", "\\")), set()),
    "an element that closes itself": (structure(MERKNAD, "<merknad/>", -1), set()),
}


@pytest.mark.parametrize("name", REMARKS)
def test_what_the_validator_lets_through_is_at_most_a_remark(name: str, tmp_path: Path) -> None:
    utkast = Utkast()
    change, expected = REMARKS[name]
    change(utkast)

    rapport = check(utkast.write(tmp_path), None)

    assert faulty(rapport) == set()
    assert remarked(rapport) - SCHEMAS == expected


SCHEMAS = {1, 3}
"""The controls that remark upon the schemas of our own."""


def test_the_catalogue_names_each_fault_that_is_tried() -> None:
    tried = set().union(*(expected for _, expected in (*FAULTS.values(), *BREAKS.values())))

    can_fail = {1, 2, 3, 10, 12, 15, 16, 17, 19, 22, 25, 27, 28, 29, 30, 32, 33}
    assert tried == can_fail | {42, 44, 45, 47, 48, 51, 59, 60, 61, 62, 63}
    assert len(FAULTS) + len(BREAKS) >= 40
