"""What the standard says of an archive, in plain words: who may do and see what, and when not.

Nothing here asks our own rules. Each function gives the reasons against something; without a
reason it must succeed, and with one it must not. `DOUBT` is where the standard leaves it to us.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.trust.picture import ENTRIES, FOLDERS, Picture, Unit, User

__all__ = [
    "DOUBT",
    "against_changing",
    "against_deleting",
    "against_making",
    "against_moving",
    "against_reading",
    "against_sending",
    "may_know",
    "may_read_log",
    "sees",
]

DOUBT = "the standard does not say"

Reasons = Iterator[str]

ARCHIVISTS = frozenset({"arkivar", "administrator"})
HANDLERS = ARCHIVISTS | {"saksbehandler", "leder"}
SENT = frozenset({"E", "J", "A"})
JOURNALLED = SENT | {"U"}

HIDDEN_BY: Mapping[str, frozenset[str]] = {
    "klasse": frozenset({"TKL"}),
    **dict.fromkeys(FOLDERS, frozenset({"TM1", "TMO"})),
    **dict.fromkeys(ENTRIES, frozenset({"TR1", "TRO"})),
    "dokumentbeskrivelse": frozenset({"TD"}),
    "merknad": frozenset({"MT"}),
    "partperson": frozenset({"NPS"}),
    "korrespondansepartperson": frozenset({"NA", "NM"}),
}
"""Which codes hide the text of each kind of unit (M502); M hides whatever can be hidden."""

COMPOSED = frozenset({"merknad", "partperson", "korrespondansepartperson"})
"""What is screened by the unit that it is a part of."""


# Who may see.


def sees(who: User, unit: Unit) -> bool:
    """Tell whether somebody may see the text of a unit: title, name or remark."""
    return not any(hides(who, unit) for hides in (of_another_kommune, without_role, screened))


def may_know(who: User, unit: Unit) -> bool:
    """Tell whether somebody may know that a unit is there."""
    return not any(hides(who, unit) for hides in (of_another_kommune, without_role))


def of_another_kommune(who: User, unit: Unit) -> bool:
    return who.kommune != unit.kommune


def without_role(who: User, unit: Unit) -> bool:
    del unit
    return who.role == "ingen"


def screened(who: User, unit: Unit) -> bool:
    """Tell whether a text is hidden from somebody who only reads (M500-M505, GUIDE 14.8)."""
    holder = unit.above if unit.kind in COMPOSED else unit
    if who.role in HANDLERS or holder is None:
        return False
    screening = holder.shown.get("skjerming") or {}
    codes = {one["kode"] for one in screening.get("skjermingMetadata", ())}
    return bool(codes & {*HIDDEN_BY.get(unit.kind, ()), "M"})


def may_read_log(who: User) -> bool:
    """Tell who is shown former values: those who lead and those who keep the archive."""
    return who.role in ARCHIVISTS | {"leder"}


def against_reading(who: User, unit: Unit) -> Reasons:
    if who.kommune != unit.kommune:
        yield "another kommune has no such unit (TG0-25)"
    if who.role == "ingen":
        yield "nobody reads without a role (C4.5.1)"
    if not unit.alive:
        yield "it was deleted"


def against_writing(who: User, unit: Unit, kind: str) -> Reasons:
    yield from against_reading(who, unit)
    if who.role not in (ARCHIVISTS if kind == "klasse" else HANDLERS):
        yield "the role does not write such units (C4.5.1)"


# What the state of a unit forbids.


def is_sent(entry: Unit) -> bool:
    """Tell whether who an entry is from and to is settled (C3.2.23, C3.2.24)."""
    came_in = entry.kode("journalposttype") == "I"
    return entry.kode("journalstatus") in ({"A"} if came_in else SENT)


def against_making(who: User, picture: Picture, kind: str, parent: Unit) -> Reasons:
    yield from against_writing(who, parent, kind)
    if kind in ENTRIES | FOLDERS and parent.closed:
        yield "a closed unit gets nothing more (5.4.7)"
    if kind == "klasse" and parent.closed:
        yield "a closed klasse gets no klasser (C2.4.5)"
    if parent.kind == "klasse" and mixes(picture, kind, parent):
        yield "a klasse holds one kind of units (C2.4.4)"
    if kind == "dokumentbeskrivelse" and parent.archived:
        yield "an archived entry gets no documents (C3.2.17)"
    if kind == "dokumentbeskrivelse" and parent.folder is not None and parent.folder.closed:
        yield DOUBT
    if kind == "korrespondansepartperson" and is_sent(parent):
        yield "whom a sent entry is to is settled (C3.2.24)"
    if kind == "avskrivning" and parent.kode("journalposttype") != "I":
        yield "only what came in waits for an answer (GUIDE 14.7)"


def mixes(picture: Picture, kind: str, klasse: Unit) -> bool:
    families = (frozenset({"klasse"}), FOLDERS, ENTRIES)
    mine = next(one for one in families if kind in one)
    return any(
        one.kind not in mine for one in picture.within(klasse, *frozenset().union(*families))
    )


def against_changing(who: User, picture: Picture, unit: Unit, change: Mapping[str, Any]) -> Reasons:
    yield from against_writing(who, unit, unit.kind)
    for name, value in change.items():
        if value == unit.shown.get(name):
            continue
        if name in ("tittel", "navn"):
            yield from against_renaming(unit)
        if name in ("avsluttetDato", "arkivertDato") and name in unit.shown:
            yield "the date is set once (M602, M604)"
        if name == "saksstatus":
            yield from against_case_status(who, picture, unit, value["kode"])
        if name == "journalstatus":
            yield from against_journal_status(who, picture, unit, value["kode"])
        if name == "dokumentstatus":
            yield from against_document_status(who, unit, value["kode"])


def against_renaming(unit: Unit) -> Reasons:
    if unit.kind in FOLDERS | {"klasse"} and unit.closed:
        yield "the title of a closed unit stays (6.1.2)"
    if unit.kind in ENTRIES and unit.archived:
        yield "the title of an archived entry stays (C3.2.14)"
    if unit.kode("journalposttype") == "U" and unit.kode("journalstatus") in SENT:
        yield "the title of what was sent stays (C3.2.24)"
    if unit.kind == "korrespondansepartperson" and unit.above and is_sent(unit.above):
        yield "whom a sent entry is to is settled (C3.2.24)"


def against_case_status(who: User, picture: Picture, case: Unit, wanted: str) -> Reasons:
    if case.closed and wanted != "A" and who.role not in ARCHIVISTS:
        yield "archivists reopen (6.1.15)"
    if case.closed or wanted != "A":
        return
    if not has_klasse(case):
        yield "a case without primary klasse stays open (6.1.7)"
    for entry in picture.within(case, *ENTRIES):
        if not entry.archived and entry.kode("journalstatus") != "U":
            yield "entries are not archived (6.1.8)"
        if waits(picture, entry):
            yield "entries are not written off (6.1.12)"
        if any(not kept(picture, one) for one in picture.within(entry, "dokumentbeskrivelse")):
            yield "documents are in no archive format (6.1.11)"


def has_klasse(case: Unit) -> bool:
    above = case.above
    while above is not None and above.kind in FOLDERS:
        above = above.above
    return above is not None and above.kind == "klasse"


def waits(picture: Picture, entry: Unit) -> bool:
    return (
        entry.kode("journalposttype") == "I"
        and entry.kode("journalstatus") != "U"
        and not picture.within(entry, "avskrivning")
    )


def kept(picture: Picture, document: Unit) -> bool:
    """Tell whether a document has no files, or one in an archive format."""
    files = picture.within(document, "dokumentobjekt")
    return not files or any(one.kode("variantformat") == "A" for one in files)


def against_journal_status(who: User, picture: Picture, entry: Unit, wanted: str) -> Reasons:
    now, came_in = entry.kode("journalstatus"), entry.kode("journalposttype") == "I"
    if now == "A":
        yield "what is archived stays archived (C3.2.18)"
    if now in SENT and wanted not in JOURNALLED and who.role not in ARCHIVISTS:
        yield "archivists take a journalled status back (C3.2.22)"
    if entry.folder is not None and entry.folder.closed and wanted not in {"A", "U"}:
        yield DOUBT
    roles = {
        one.kode("korrespondanseparttype")
        for one in picture.within(entry, "korrespondansepartperson")
    }
    if wanted in SENT | {"F"} and ("EA" if came_in else "EM") not in roles:
        yield "an entry has sender or recipient (C2.6.3)"
    documents = picture.within(entry, "dokumentbeskrivelse")
    unfinished = any(one.kode("dokumentstatus") != "F" for one in documents)
    if unfinished and wanted in (SENT - {"J"} if came_in else SENT):
        yield "documents are not finished (C3.2.30)"


def against_document_status(who: User, document: Unit, wanted: str) -> Reasons:
    if wanted == "F":
        return
    if who.role not in ARCHIVISTS:
        yield "a finished document stays so (C3.2.32)"
    if document.entry is not None and (document.entry.statuses & SENT or document.entry.archived):
        yield DOUBT


def against_moving(who: User, picture: Picture, unit: Unit, target: Unit) -> Reasons:
    yield from against_writing(who, unit, unit.kind)
    if target.kommune != unit.kommune or not target.alive:
        yield "there is no such place here (GUIDE 9)"
    if unit.above is target:
        return
    locked = [one for one in (unit, unit.above) if one and (one.closed or one.archived)]
    if locked and who.role not in ARCHIVISTS:
        yield "archivists move what is closed or archived (C3.2.40)"
    if target.closed:
        yield "a closed unit gets nothing more (5.4.7)"
    if unit.kind in {"journalpost", "arkivnotat"} and target.kind != "saksmappe":
        yield "entries of the journal are in cases (C2.5.2)"
    if target is unit or unit in target.all_above():
        yield "nothing is in itself (GUIDE 8)"
    if target.kind == "klasse" and mixes(picture, unit.kind, target):
        yield "a klasse holds one kind of units (C2.4.4)"
    if any(other.above is not target for other in tied_by_answers(picture, unit)):
        yield "it answers, or is answered by, what would be left (C3.2.39)"


def tied_by_answers(picture: Picture, entry: Unit) -> Iterator[Unit]:
    for one in picture.living("avskrivning"):
        if one.answers is entry and one.above is not None:
            yield one.above
        if one.above is entry and one.answers is not None:
            yield one.answers


def against_deleting(who: User, picture: Picture, unit: Unit) -> Reasons:
    yield from against_writing(who, unit, unit.kind)
    yield from against_losing(unit)
    if picture.within(unit, *ENTRIES, *FOLDERS, "klasse", "dokumentbeskrivelse", "dokumentobjekt"):
        yield "what holds others is not deleted (GUIDE 11)"
    if any(one.answers is unit for one in picture.living("avskrivning")):
        yield "it is the answer to another entry (M215)"
    if unit.kind == "dokumentobjekt" and is_settled(unit):
        alone = len(picture.within(unit.above, "dokumentobjekt")) == 1 if unit.above else False
        yield "of a settled document, the last version is kept (5.13.17)" if alone else DOUBT


def against_losing(unit: Unit) -> Reasons:
    """Say why a unit is kept for its own sake, or for that of what it is a part of (14.5)."""
    above, case = unit.above, unit.folder
    if unit.closed:
        yield "a closed unit is kept (6.1.17)"
    if unit.archived:
        yield "an archived entry is kept (C3.2.16)"
    if unit.statuses & JOURNALLED:
        yield "what was ever journalled is kept (C3.2.19)"
    if unit.has_held & SENT:
        yield "a case that has held what was journalled is kept (6.1.18)"
    if above and unit.kind == "dokumentbeskrivelse" and was_entered(above):
        yield "documents of what was journalled are kept (C3.2.16, C3.2.19)"
    if above and unit.kind == "korrespondansepartperson" and is_sent(above):
        yield "whom a sent entry is to is settled (C3.2.24)"
    if case and unit.kind == "avskrivning" and case.closed:
        yield "a case was closed upon it (6.1.12)"


def was_entered(entry: Unit) -> bool:
    return entry.archived or bool(entry.statuses & JOURNALLED)


def is_settled(file: Unit) -> bool:
    """Tell whether a file is of a document that is finished or was journalled."""
    document, entry = file.above, file.entry
    finished = document is not None and document.kode("dokumentstatus") == "F"
    return finished or (entry is not None and was_entered(entry))


def against_sending(who: User, document: Unit) -> Reasons:
    yield from against_writing(who, document, "dokumentobjekt")
    if document.kode("dokumentstatus") == "F":
        yield "a finished document gets no new version (C3.2.31)"
    if document.folder is not None and document.folder.closed:
        yield DOUBT
