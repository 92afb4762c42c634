"""A good deposit has no faults, and each fault in one is caught by the control of its number."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.deponering.pakker import (
    FILES,
    FIRST,
    KASSASJON,
    MERKNAD,
    NAMESPACE,
    SECOND,
    SHARED,
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

from sakark_api.deponering.kontroll import KONTROLLER, Alvor, Rapport, check
from sakark_api.deponering.lesing import Enhet
from sakark_api.errors import Invalid

Change = Callable[[Utkast], None]
Break = Callable[[Path], object]

PACKAGES = SHARED / "packages"


def faulty(rapport: Rapport) -> set[int]:
    return {kontroll.number for kontroll in rapport.faulty}


def remarked(rapport: Rapport) -> set[int]:
    found = rapport.innhold.utfall.items()
    return {number for number, utfall in found if Alvor.MERKNAD in utfall.number}


def sentences(rapport: Rapport, number: int) -> str:
    return "\n".join(str(funn.text) for funn in rapport.innhold.utfall[number].funn)


def test_there_are_the_54_numbers_of_the_validator() -> None:
    numbers = [kontroll.number for kontroll in KONTROLLER]

    assert numbers == [n for n in range(1, 65) if n not in (31, 49, 50, *range(52, 59))]


def test_a_good_package_has_no_faults(tmp_path: Path) -> None:
    rapport = check(Utkast().write(tmp_path), None)

    assert faulty(rapport) == set()
    assert rapport.undone == []


@pytest.mark.skipif(not SHARED.exists(), reason="the official schemas are not here (../shared)")
def test_a_good_package_with_official_schemas_has_neither_faults_nor_remarks(
    tmp_path: Path,
) -> None:
    rapport = check(Utkast().write(tmp_path, official=True), None)

    assert faulty(rapport) == set()
    assert remarked(rapport) == set()


def test_what_is_counted_is_what_there_is(tmp_path: Path) -> None:
    innhold = check(Utkast().write(tmp_path), None).innhold

    shown = {
        one.number: dict(one.shows(innhold.telling(one.number), innhold)) for one in KONTROLLER
    }
    assert shown[8] == {f"{system_id(5)}/1": 1, f"{system_id(5)}/2": 2, f"{system_id(10)}/1": 1}
    assert shown[9] == {}
    assert shown[10] == {"saksmappe/1": 2}
    assert shown[13] == {"11": 1, "12": 1}
    assert shown[16] == {"journalpost": 3}
    assert shown[35] == {"part/mappe": 2, "part/registrering": 3}
    assert shown[38] == {"journalpost": 1, "saksmappe": 1}
    assert shown[43] == {"Fortrolig": 3}
    assert shown[46] == {"docx → pdf": 1}
    assert shown[61] == {"": 1}
    assert [str(label) for label in shown[60]] == ["første", "siste"]


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
DOCTYPE = '<!DOCTYPE arkiv [<!ENTITY fil SYSTEM "file:///etc/hostname">]>'
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
LAST_MAPPE = "</mappe></klasse></klasse></klassifikasjonssystem>"
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


def test_a_finding_says_where_it_is_and_what_to_do(tmp_path: Path) -> None:
    utkast = Utkast()
    utkast.change("arkivstruktur", ">Arkivert<", ">Journalført<")
    utkast.change("arkivstruktur", "<registrering", "\n\n<registrering")

    [funn] = check(utkast.write(tmp_path), None).innhold.utfall[22].funn

    assert (funn.sted.file, funn.sted.line) == ("arkivstruktur.xml", 5)
    assert funn.sted.system_id == system_id(30)
    assert "«Journalført». Arkiver den" in str(funn.text)


def test_a_breach_of_a_schema_has_its_line(tmp_path: Path) -> None:
    utkast = Utkast()
    utkast.change("arkivstruktur", "<saksaar>2023<", "\n<saksaar>\ni fjor<")

    [funn] = check(utkast.write(tmp_path), None).innhold.utfall[3].funn[:1]

    assert funn.sted.line == 5
    assert "saksaar" in str(funn.text)


def test_a_rule_holds_for_a_unit_that_was_never_xml() -> None:
    rules = {one.number: one.fault for one in KONTROLLER if one.fault}
    sak = Enhet("mappe", "saksmappe", 0, None)
    sak.add("saksstatus", "Under behandling")

    faults = {number for number, rule in rules.items() if rule(sak) is not None}

    assert faults == {15}


def test_a_thousand_faults_are_counted_and_a_hundred_kept(tmp_path: Path) -> None:
    utkast = Utkast()
    many = "".join(saksmappe(n, "").replace(">Avsluttet</s", ">Åpen</s") for n in range(1000, 2000))
    utkast.change("arkivstruktur", LAST_MAPPE, LAST_MAPPE.replace("</mappe>", f"</mappe>{many}"))

    utfall = check(utkast.write(tmp_path), None).innhold.utfall[15]

    assert utfall.faults == 1000
    assert len(utfall.funn) == 100


def test_every_unit_with_a_repeated_systemid_is_named(tmp_path: Path) -> None:
    utkast = Utkast()
    utkast.change("arkivstruktur", system_id(41), system_id(31))

    found = check(utkast.write(tmp_path), None).innhold.utfall[47].funn

    assert [funn.sted.system_id for funn in found] == [system_id(31), system_id(31)]


def test_content_is_not_judged_when_the_archive_cannot_be_read(tmp_path: Path) -> None:
    utkast = Utkast()
    utkast.change("arkivstruktur", "</arkivskaperNavn>", "</navn>")

    rapport = check(utkast.write(tmp_path), None)

    assert {4, 16, 33, 47, 59, 61, 62} <= {kontroll.number for kontroll in rapport.undone}
    assert {1, 2, 3, 28}.isdisjoint(kontroll.number for kontroll in rapport.undone)


def test_what_lies_in_a_dias_package_is_found(tmp_path: Path) -> None:
    (tmp_path / "content").mkdir()
    Utkast().write(tmp_path / "content")

    assert faulty(check(tmp_path, None)) == set()


def test_a_schema_that_is_missing_is_taken_from_the_official_ones(tmp_path: Path) -> None:
    folder = Utkast().write(tmp_path / "pakke")
    schemas = tmp_path / "noark5" / "v5.0"
    schemas.mkdir(parents=True)
    (folder / "endringslogg.xsd").rename(schemas / "endringslogg.xsd")

    rapport = check(folder, tmp_path)

    assert faulty(rapport) == {1, 2}


@pytest.mark.parametrize("content", ["<addml", f"{DOCTYPE}<arkiv/>", "a" * 17_000_000])
def test_an_unreadable_description_stops_everything(content: str, tmp_path: Path) -> None:
    (Utkast().write(tmp_path) / "arkivuttrekk.xml").write_text(content, encoding="utf-8")

    with pytest.raises(Invalid, match=r"arkivuttrekk\.xml kan ikke leses"):
        check(tmp_path, None)


def test_a_folder_that_is_no_package_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="er ikke et arkivuttrekk"):
        check(tmp_path, None)


@pytest.mark.skipif(not PACKAGES.exists(), reason="the packages are not here (../shared)")
@pytest.mark.parametrize(
    ("package", "expected"),
    [
        ("synt-v5.0-komplett", set()),
        ("kdrs-uttrekk1-v3.1", {2, 3, 29, 30, 32, 33, 47}),
        ("arkade-version5_0", {3, 22, 45, 59, 60, 61, 62}),
        ("enkel-v5", {1, 10, 16, 22, 28, 29, 42, 44, 48, 59, 60, 61, 62}),
    ],
)
def test_real_packages_have_the_faults_that_are_known(package: str, expected: set[int]) -> None:
    rapport = check(PACKAGES / package, None)

    assert faulty(rapport) == expected


def test_the_catalogue_names_each_fault_that_is_tried() -> None:
    tried = set().union(*(expected for _, expected in (*FAULTS.values(), *BREAKS.values())))

    can_fail = {1, 2, 3, 10, 12, 15, 16, 17, 19, 22, 25, 27, 28, 29, 30, 32, 33}
    assert tried == can_fail | {42, 44, 45, 47, 48, 51, 59, 60, 61, 62, 63}
    assert len(FAULTS) + len(BREAKS) >= 40
