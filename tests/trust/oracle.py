"""What the standard says of an archive, in plain words: who may do and see what, and when not.

Nothing here asks our own rules. Each function gives the reasons against something; without a
reason it must succeed, and with one it must not. `DOUBT` is where the standard leaves it to us.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.trust.picture import ENTRIES, FOLDERS, RULES, Picture, Unit, User
from tests.trust.reach import (
    ARCHIVISTS,
    HANDLERS,
    holds,
    is_cleared_for,
    is_given,
    is_kept_from,
    orders_over,
    reaches,
)

__all__ = [
    "DOUBT",
    "against_changing",
    "against_deleting",
    "against_making",
    "against_moving",
    "against_reading",
    "against_sending",
    "against_writing",
    "may_have_known",
    "may_know",
    "may_read_log",
    "sees",
]

DOUBT = "the standard does not say"

Reasons = Iterator[str]

STATUSES = frozenset({"arkivdelstatus", "saksstatus", "journalstatus", "dokumentstatus"})
SENT = frozenset({"E", "J", "A"})
JOURNALLED = SENT | {"U"}

HIDDEN_BY: Mapping[str, frozenset[str]] = {
    "klasse": frozenset({"TKL"}),
    **dict.fromkeys(FOLDERS, frozenset({"TMO"})),
    **dict.fromkeys(ENTRIES, frozenset({"TRO"})),
    "dokumentbeskrivelse": frozenset({"TD"}),
    "merknad": frozenset({"MT"}),
    "partperson": frozenset({"NPS"}),
    "korrespondansepartperson": frozenset({"NA", "NM"}),
    "presedens": frozenset({"TMO", "TRO"}),
}
"""Which codes hide the text of each kind of unit (M502); M hides whatever can be hidden.

TM1 and TR1 leave the first line of a title, and our titles have no other (ADR 0037).
"""

CORRESPONDENTS = frozenset({"korrespondansepartperson", "korrespondansepartintern"})
COMPOSED = frozenset({"merknad", "partperson", "korrespondansepartperson", "presedens"})
"""What is screened by the unit that it is a part of."""
WRITERS: Mapping[str, frozenset[str]] = {
    "arkivdel": frozenset({"administrator"}),
    "klasse": ARCHIVISTS,
    "inhabilitet": ARCHIVISTS | {"leder"},
    "sperring": ARCHIVISTS,
    "bevaringspaalegg": ARCHIVISTS,
    **dict.fromkeys(("tilgang", "bruker", "administrativenhet"), frozenset({"administrator"})),
}
"""Which roles write each kind of unit, where not all do who handle cases."""


# Who may see.


def sees(who: User, picture: Picture, unit: Unit) -> bool:
    """Tell whether somebody may see the text of a unit: title, name or remark."""
    return may_know(who, picture, unit) and not screened(who, picture, unit)


def may_know(who: User, picture: Picture, unit: Unit) -> bool:
    """Tell whether somebody may know that a unit is there."""
    reads = HANDLERS if unit.kind in RULES or unit.holder is None else HANDLERS | {"leser"}
    return who.kommune == unit.kommune and who.role in reads and reaches(who, picture, unit, "les")


def may_have_known(who: User, picture: Picture, unit: Unit) -> bool:
    """Tell whether rights gave somebody a deleted unit where it was, whatever its grading."""
    holder = unit.holder
    return who.kommune == unit.kommune and (
        holder is None
        or (is_given(who, picture, holder, "les") and not is_kept_from(who, picture, holder))
    )


def screened(who: User, picture: Picture, unit: Unit) -> bool:
    """Tell whether a text is hidden from somebody who is not cleared (M500-M505, GUIDE 14.8)."""
    holder = unit.above if unit.kind in COMPOSED else unit
    screening = holder.shown.get("skjerming") if holder else None
    if screening is None or is_cleared_for(who, picture, restriction_of(screening)):
        return False
    codes = {one["kode"] for one in screening["skjermingMetadata"]}
    return bool(codes & {*HIDDEN_BY.get(unit.kind, ()), "M"})


def is_restricted(who: User, picture: Picture, unit: Unit) -> bool:
    """Tell whether a unit, or what it is a part of, is screened from somebody at all."""
    screening = unit.holder.shown.get("skjerming") if unit.holder else None
    return bool(screening) and not is_cleared_for(who, picture, restriction_of(screening))


def restriction_of(screening: Any) -> str:
    return str(screening["tilgangsrestriksjon"]["kode"])


def may_read_log(who: User) -> bool:
    """Tell who is shown former values: those who lead and those who keep the archive."""
    return who.role in ARCHIVISTS | {"leder"}


def against_reading(who: User, picture: Picture, unit: Unit) -> Reasons:
    if who.kommune != unit.kommune:
        yield "another kommune has no such unit (TG0-25)"
    if who.role == "ingen":
        yield "nobody reads without a role (C4.5.1)"
    if not unit.alive:
        yield "it was deleted"
    if not may_know(who, picture, unit):
        yield "what no right gives is not there (GUIDE 16)"


def against_writing(who: User, picture: Picture, unit: Unit, kind: str, action: str) -> Reasons:
    """Say why somebody may not make a unit of a kind in another, or change or delete it."""
    yield from against_reading(who, picture, unit)
    if who.role not in WRITERS.get(kind, HANDLERS):
        yield "the role does not write such units (C4.5.1)"
    if not reaches(who, picture, unit, action):
        yield f"no right gives {action} here (GUIDE 16)" if unit.points_to is None else DOUBT
    if is_restricted(who, picture, unit):
        yield "it is screened from them" if unit.kind in HIDDEN_BY else DOUBT


# What the state of a unit forbids.


def is_sent(entry: Unit) -> bool:
    """Tell whether who an entry is from and to is settled (C3.2.23, C3.2.24)."""
    came_in = entry.kode("journalposttype") == "I"
    return entry.kode("journalstatus") in ({"A"} if came_in else SENT)


def against_making(who: User, picture: Picture, kind: str, parent: Unit) -> Reasons:
    yield from against_writing(who, picture, parent, kind, "ny")
    yield from against_period(kind, parent)
    if kind in ENTRIES | FOLDERS and parent.closed:
        yield "a closed unit gets nothing more (5.4.7)"
    if kind == "klasse" and parent.closed:
        yield "a closed klasse gets no klasser (C2.4.5)"
    if parent.kind == "klasse" and kind not in RULES and mixes(picture, kind, parent):
        yield "a klasse holds one kind of units (C2.4.4)"
    if kind == "dokumentbeskrivelse" and parent.archived:
        yield "an archived entry gets no documents (C3.2.17)"
    if kind == "dokumentbeskrivelse" and parent.folder is not None and parent.folder.closed:
        yield DOUBT
    if kind in CORRESPONDENTS and is_sent(parent):
        yield "whom a sent entry is to is settled (C3.2.24)"
    if kind == "avskrivning" and parent.kode("journalposttype") != "I":
        yield "only what came in waits for an answer (GUIDE 14.7)"


def against_period(kind: str, place: Unit) -> Reasons:
    """Say why the period of an arkivdel, by its status, keeps something out of a place."""
    arkivdel = arkivdel_of(place)
    status = arkivdel.kode("arkivdelstatus") if arkivdel else "A"
    if status == "A" or kind not in ENTRIES | FOLDERS | {"klasse"}:
        return
    if kind == "klasse":
        if status == "P":
            yield "the plan of a period that is over gets no klasser (C2.4.5)"
        return
    if status == "P" or kind in FOLDERS or place.kind not in FOLDERS:
        yield "the period takes nothing new (5.11.4, 5.11.6)"
        return
    successor = arkivdel.successor if arkivdel else None
    if successor is None or successor.kode("arkivdelstatus") != "A":
        yield "no period follows that takes the mappe (5.11.5)"


def arkivdel_of(place: Unit) -> Unit | None:
    """Find the arkivdel that what is put in a place belongs to."""
    if place.kind in FOLDERS:
        return place.arkivdel
    return place if place.kind == "arkivdel" else place.ordered


def mixes(picture: Picture, kind: str, klasse: Unit) -> bool:
    families = (frozenset({"klasse"}), FOLDERS, ENTRIES)
    mine = next(one for one in families if kind in one)
    return any(
        one.kind not in mine for one in picture.within(klasse, *frozenset().union(*families))
    )


def against_changing(who: User, picture: Picture, unit: Unit, change: Mapping[str, Any]) -> Reasons:
    yield from against_writing(who, picture, unit, unit.kind, "endre")
    for name, value in change.items():
        if value == unit.shown.get(name):
            continue
        if name in ("referanseAdministrativEnhet", "referanseSaksansvarlig") and unit.closed:
            yield "who is responsible for a closed case stays so (6.1.13)"
        if name == "gradering":
            yield DOUBT  # who may change a grading that is there is not said
        if name in ("tittel", "navn"):
            yield from against_renaming(unit)
        if name in ("avsluttetDato", "arkivertDato") and name in unit.shown:
            yield "the date is set once (M602, M604)"
        if name in STATUSES:
            yield from against_status(who, picture, unit, name, value["kode"])


def against_status(who: User, picture: Picture, unit: Unit, name: str, wanted: str) -> Reasons:
    if name == "arkivdelstatus":
        yield from against_period_status(picture, unit, wanted)
    if name == "saksstatus":
        yield from against_reopening(who, unit, wanted)
        yield from against_case_status(picture, unit, wanted)
    if name == "journalstatus":
        yield from against_journal_status(who, picture, unit, wanted)
    if name == "dokumentstatus":
        yield from against_document_status(who, unit, wanted)


def against_renaming(unit: Unit) -> Reasons:
    if unit.kind in FOLDERS | {"klasse"} and unit.closed:
        yield "the title of a closed unit stays (6.1.2)"
    if unit.kind in ENTRIES and unit.archived:
        yield "the title of an archived entry stays (C3.2.14)"
    if unit.kode("journalposttype") == "U" and unit.kode("journalstatus") in SENT:
        yield "the title of what was sent stays (C3.2.24)"
    if unit.kind in CORRESPONDENTS and unit.above and is_sent(unit.above):
        yield "whom a sent entry is to is settled (C3.2.24)"


def against_reopening(who: User, case: Unit, wanted: str) -> Reasons:
    if not case.closed or wanted == "A":
        return
    if who.role not in ARCHIVISTS:
        yield "archivists reopen (6.1.15)"
    if case.arkivdel and case.arkivdel.closed:
        yield "the cases of a closed period stay closed (5.11.6)"
    if any(one.closed for one in case.all_above()):
        yield "a closed unit holds nothing open (5.4.7)"


def against_case_status(picture: Picture, case: Unit, wanted: str) -> Reasons:
    if case.closed or wanted != "A":
        return
    if any(not one.closed for one in picture.within(case, *FOLDERS)):
        yield "mapper in it are open (ADR 0038)"
    if not has_klasse(case):
        yield "a case without primary klasse stays open (6.1.7)"
    for entry in picture.within(case, *ENTRIES):
        if not entry.archived and entry.kode("journalstatus") != "U":
            yield "entries are not archived (6.1.8)"
        if waits(picture, entry):
            yield "entries are not written off (6.1.12)"
        if any(not kept(picture, one) for one in picture.within(entry, "dokumentbeskrivelse")):
            yield "documents are in no archive format (6.1.11)"


def against_period_status(picture: Picture, arkivdel: Unit, wanted: str) -> Reasons:
    if arkivdel.closed:
        yield "a period that is over stays so (5.2.8)"
    if wanted != "P" or arkivdel.closed:
        return
    before = [one for one in picture.living("arkivdel") if one.successor is arkivdel]
    waiting = [arkivdel, *(one for one in before if one.kode("arkivdelstatus") == "O")]
    if any(one.arkivdel in waiting and not one.closed for one in picture.living(*FOLDERS)):
        yield "mapper of the period are open (5.11.6, 5.11.7)"


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
    taken_back = (now in SENT and wanted not in JOURNALLED) or (now == "U" and wanted != "U")
    if taken_back and who.role not in ARCHIVISTS:
        yield "archivists take a journalled or void status back (C3.2.22)"
    if entry.folder is not None and entry.folder.closed and (now == "U" or wanted not in "AU"):
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
    yield from against_writing(who, picture, unit, unit.kind, "endre")
    yield from against_writing(who, picture, target, unit.kind, "ny")
    if target.kommune != unit.kommune or not target.alive:
        yield "there is no such place here (GUIDE 9)"
    if unit.above is not target:
        yield from against_leaving(who, picture, unit, target)
        yield from against_entering(picture, unit, target)


def against_leaving(who: User, picture: Picture, unit: Unit, target: Unit) -> Reasons:
    locked = [one for one in (unit, unit.above) if one and (one.closed or one.archived)]
    if locked and who.role not in ARCHIVISTS:
        yield "archivists move what is closed or archived (C3.2.40)"
    if orders_over(picture, *(unit.whole.keys() - {unit, *target.whole})):
        yield "nothing is moved out from under an order to keep it (arkivlova 13)"
    if any(other.above is not target for other in tied_by_answers(picture, unit)):
        yield "it answers, or is answered by, what would be left (C3.2.39)"


def against_entering(picture: Picture, unit: Unit, target: Unit) -> Reasons:
    yield from against_period(unit.kind, target)
    if target.closed:
        yield "a closed unit gets nothing more (5.4.7)"
    if unit.kind in {"journalpost", "arkivnotat"} and target.kind != "saksmappe":
        yield "entries of the journal are in cases (C2.5.2)"
    if target is unit or unit in target.all_above():
        yield "nothing is in itself (GUIDE 8)"
    if target.kind == "klasse" and mixes(picture, unit.kind, target):
        yield "a klasse holds one kind of units (C2.4.4)"


def tied_by_answers(picture: Picture, entry: Unit) -> Iterator[Unit]:
    for one in picture.living("avskrivning"):
        if one.answers is entry and one.above is not None:
            yield one.above
        if one.above is entry and one.answers is not None:
            yield one.answers


def against_deleting(who: User, picture: Picture, unit: Unit) -> Reasons:
    yield from against_writing(who, picture, unit, unit.kind, "slett")
    if unit.kind in RULES:
        if unit.kind == "bevaringspaalegg" and holds(unit.shown):
            yield "an order that holds is ended first"
        return
    yield from against_losing(unit)
    yield from against_ending(picture, unit)
    if picture.within(unit, *ENTRIES, *FOLDERS, "klasse", "dokumentbeskrivelse", "dokumentobjekt"):
        yield "what holds others is not deleted (GUIDE 11)"
    if any(one.answers is unit for one in picture.living("avskrivning")):
        yield "it is the answer to another entry (M215)"
    if unit.kind == "dokumentobjekt" and is_settled(unit):
        alone = len(picture.within(unit.above, "dokumentobjekt")) == 1 if unit.above else False
        yield "of a settled document, the last version is kept (5.13.17)" if alone else DOUBT


def against_ending(picture: Picture, unit: Unit) -> Reasons:
    """Say which orders to keep there are over a unit, or over what goes with it."""
    if orders_over(picture, *unit.whole):
        yield "an order to keep it holds (arkivlova 13)"
    pointing = [one for one in picture.living("kryssreferanse") if one.points_to is unit]
    if any(orders_over(picture, *one.whole) for one in pointing):
        yield "what refers to it is kept by an order (arkivlova 13)"
    chain = [unit, *unit.all_above()]
    passed = [place for one in chain for place in (*one.left, one.ordered) if place is not None]
    if orders_over(picture, *passed):
        yield DOUBT


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
    if above and unit.kind in CORRESPONDENTS and is_sent(above):
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


def against_sending(who: User, picture: Picture, document: Unit) -> Reasons:
    yield from against_writing(who, picture, document, "dokumentobjekt", "ny")
    if document.kode("dokumentstatus") == "F":
        yield "a finished document gets no new version (C3.2.31)"
    if document.folder is not None and document.folder.closed:
        yield DOUBT
