"""Anybody does anything, in any order; after each step the archive must be what it should be."""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from tests.conftest import REL, Service
from tests.trust import oracle
from tests.trust.picture import ENTRIES, FOLDERS, RULES, Picture, Unit, User
from tests.trust.witness import TEXTS, Line, Witness, changes, line_of

__all__ = ["KOMMUNER", "NTH", "ArchiveMachine", "keeper_of"]

KOMMUNER = ("molde", "rauma")
ROLES = ("administrator", "arkivar", "leder", "saksbehandler", "leser", "ingen")
GROUP = "barnevern"
OF_GROUP = tuple(
    User(role, KOMMUNER[0], f"{role}-{GROUP}", GROUP)
    for role in ("administrator", "leder", "saksbehandler", "leser", "ingen")
)
"""Those who have rights of their own, where the roles' have been taken away."""
SOMEBODY = st.builds(User, st.sampled_from(ROLES), st.sampled_from(KOMMUNER)) | st.sampled_from(
    OF_GROUP
)
WORKERS = st.sampled_from(
    (
        *(User(role, KOMMUNER[0]) for role in ("saksbehandler", "arkivar", "leder")),
        User("saksbehandler", KOMMUNER[0], f"saksbehandler-{GROUP}", GROUP),
    )
)
ANYBODY = WORKERS | WORKERS | WORKERS | SOMEBODY
"""Mostly those who do the casework, so that there is something for the others to try."""
NTH = st.integers(0, 60)

MADE_IN: Mapping[str, frozenset[str]] = {
    "klasse": frozenset({"klasse"}),
    "mappe": frozenset({"arkivdel", "klasse", "mappe"}),
    "saksmappe": frozenset({"arkivdel", "klasse", "mappe"}),
    "registrering": frozenset({"mappe", "saksmappe", "klasse"}),
    "journalpost": frozenset({"saksmappe"}),
    "arkivnotat": frozenset({"saksmappe"}),
    "dokumentbeskrivelse": ENTRIES,
    "partperson": FOLDERS | ENTRIES,
    "korrespondansepartperson": ENTRIES,
    "korrespondansepartintern": ENTRIES,
    "merknad": FOLDERS | ENTRIES | {"dokumentbeskrivelse"},
    "avskrivning": frozenset({"journalpost"}),
    "presedens": frozenset({"saksmappe", "journalpost"}),
}
PARTS = (
    *("dokumentbeskrivelse", "korrespondansepartperson", "partperson"),
    *("merknad", "presedens", "klasse"),
)
MOVED = FOLDERS | ENTRIES
RESTRICTIONS = ("6", "KL")
"""Those that anybody who handles cases sees, until there are rights to one; KL has them always."""
CODES = ("TM1", "TMO", "TRO", "TD", "NPS", "NA", "MT", "TKL", "M")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT")
PDF = b"%PDF-1.4 "

SAKARKIV = frozenset({"saksmappe", "journalpost", "arkivnotat", "avskrivning", "presedens"})


def rel_of(kind: str, before: str = "") -> str:
    package = "sakarkiv" if kind in SAKARKIV else "arkivstruktur"
    return f"{REL}{package}/{before}{kind}/"


class ArchiveMachine(RuleBasedStateMachine):
    """Two kommuner, users of every role, and whatever they come to do with cases."""

    def __init__(self, service: Service, http: httpx.Client) -> None:
        super().__init__()
        self.witness = Witness(http, service)
        self.picture: Picture = self.witness.picture
        self.numbers: dict[tuple[str, str], list[int]] = {}

    @initialize()
    def build(self) -> None:
        """Let each kommune have two arkivdeler, the first ordered by two klasser."""
        for kommune in KOMMUNER:
            self.prepare(kommune)
            client = self.witness.as_user(keeper_of(kommune))
            top = client.follow("arkivstruktur/")
            skaper = client.make(
                top,
                "arkivstruktur/ny-arkivskaper/",
                {"arkivskaperID": "1", "arkivskaperNavn": "Kommunen"},
            )
            arkiv = client.make(skaper, "arkivstruktur/ny-arkiv/", {"tittel": "Arkivet"})
            second = client.make(arkiv, "arkivstruktur/ny-arkivdel/", {"tittel": "Del 2"})
            body = {"tittel": "Del 1", "referanseArvtaker": second["systemID"]}
            deler = [client.make(arkiv, "arkivstruktur/ny-arkivdel/", body), second]
            system = client.make(
                deler[0], "arkivstruktur/ny-klassifikasjonssystem/", {"tittel": "Plan"}
            )
            klasser = [
                client.make(system, "arkivstruktur/ny-klasse/", {"klasseID": id_, "tittel": id_})
                for id_ in ("A", "B")
            ]
            after = Unit(kommune, "arkivdel", None, second, "")
            first = Unit(kommune, "arkivdel", None, deler[0], "", successor=after)
            self.picture.units += [first, after]
            self.picture.units += [
                Unit(kommune, "klasse", None, one, "", ordered=first) for one in klasser
            ]
            self.witness.new_lines(keeper_of(kommune))
        for unit in self.picture.units:
            if unit.kind != "tilgang":
                self.witness.refresh(keeper_of(unit.kommune), unit)
        for kommune in KOMMUNER:
            handler = User("saksbehandler", kommune)
            klasse = next(one for one in self.picture.living("klasse") if one.kommune == kommune)
            self.made(handler, "saksmappe", klasse)
            self.made(handler, "journalpost", self.picture.units[-1])

    def prepare(self, kommune: str) -> None:
        """Let there be somebody in a kommune who sees all, whatever rights are taken away."""

    # What is done.

    @rule(who=ANYBODY, kind=st.sampled_from(("saksmappe", "saksmappe", "mappe")), nth=NTH)
    def open_folder(self, who: User, kind: str, nth: int) -> None:
        self.make(who, kind, nth)

    @rule(
        who=ANYBODY,
        kind=st.sampled_from(("journalpost", "journalpost", "registrering", "arkivnotat")),
        nth=NTH,
        letter=st.sampled_from("IU"),
    )
    def enter(self, who: User, kind: str, nth: int, letter: str) -> None:
        self.make(who, kind, nth, letter)

    @rule(who=ANYBODY, kind=st.sampled_from(PARTS), nth=NTH)
    def add(self, who: User, kind: str, nth: int) -> None:
        self.make(who, kind, nth)

    @rule(who=ANYBODY, nth=NTH)
    def write_off(self, who: User, nth: int) -> None:
        self.make(who, "avskrivning", nth)

    def make(self, who: User, kind: str, nth: int, letter: str = "I") -> None:
        parent = self.some(nth, *MADE_IN[kind], near=who)
        if parent is not None:
            self.made(who, kind, parent, letter)

    def made(self, who: User, kind: str, parent: Unit, letter: str = "I") -> None:
        text = self.witness.new_text()
        body = self.body_of(kind, text, parent, letter)
        answers = self.answer_to(parent) if kind == "avskrivning" else None
        if answers is not None:
            body["referanseAvskrivesAvJournalpost"] = answers.id
        reasons = [*oracle.against_making(who, self.picture, kind, parent)]
        if answers is not None and not oracle.may_know(who, self.picture, answers):
            reasons.append("what is hidden is not there to answer (GUIDE 16)")
        answer = self.witness.send(who, "POST", self.way_to_make(kind, parent), body)
        if not self.judged(f"make {kind}", answer, reasons):
            return
        made = self.born(who, kind, parent, answer, answers=answers)
        made.texts.append(text)
        passed = self.pass_on(parent) if kind in ENTRIES else {}
        self.settle(made, *passed, extra={Line(made.id, "C"), *passed.values()})

    def born(self, who: User, kind: str, parent: Unit, answer: httpx.Response, **more: Any) -> Unit:
        """Put a unit that was made into the picture; who doesn't see it is told where it is."""
        made = Unit(parent.kommune, kind, parent, answer.json(), "", **more)
        if kind in FOLDERS:
            made.arkivdel = oracle.arkivdel_of(parent)
        if kind == "klasse":
            made.ordered = parent.ordered
        self.picture.units.append(made)
        is_shown = not made.shown.keys() <= {"systemID", "_links"}
        if not is_shown:
            self.witness.refresh(keeper_of(parent.kommune), made)
        # Who bars themselves is answered as one who was not barred yet.
        known = oracle.may_know(who, self.picture, made) or (is_shown and kind == "inhabilitet")
        assert is_shown == known, f"made {kind}: {answer.text}"
        return made

    def pass_on(self, place: Unit) -> dict[Unit, Line]:
        """Take the mappe of an overlapping period on to the next one, with all it is part of."""
        before = place.arkivdel
        if before is None or before.kode("arkivdelstatus") != "O" or before.successor is None:
            return {}
        top = [one for one in (place, *place.all_above()) if one.kind in FOLDERS][-1]
        moved = [top, *(one for one in self.picture.below(top) if one.kind in FOLDERS)]
        for one in moved:
            one.left.append(before)
            one.arkivdel = before.successor
            if one.above is before:
                one.above = before.successor
        return {one: Line(one.id, "U", "arkivdel", before.id, before.successor.id) for one in moved}

    @rule(who=ANYBODY, nth=NTH, how=st.sampled_from(("PATCH", "PUT", "stale", "blind")))
    def rename(self, who: User, nth: int, how: str) -> None:
        unit = self.some(nth, *oracle.HIDDEN_BY, near=who)
        if unit is None:
            return
        text, name = self.witness.new_text(), TEXTS.get(unit.kind, "tittel")
        change = {name: text}
        reasons = [*oracle.against_changing(who, self.picture, unit, change)]
        tag = {"If-Match": '"0.x"' if how == "stale" else unit.tag}
        if how in ("stale", "blind"):
            reasons.append("others' changes are not overwritten (TG0-20)")
        if how == "PUT":
            answer = self.witness.send(who, "PUT", unit.address, unit.shown | change, headers=tag)
        else:
            headers = {} if how == "blind" else tag
            answer = self.witness.send(who, "PATCH", unit.address, change, headers=headers)
        if self.judged(f"rename {how}", answer, reasons):
            unit.texts.append(text)
            self.settle(unit)

    @rule(who=ANYBODY, nth=NTH, kode=st.sampled_from("AAAB"))
    def set_case_status(self, who: User, nth: int, kode: str) -> None:
        self.set_status(who, self.some(nth, "saksmappe", near=who), "saksstatus", kode)

    @rule(who=ANYBODY, nth=NTH, kode=st.sampled_from("RFEJAAAUU"))
    def set_journal_status(self, who: User, nth: int, kode: str) -> None:
        self.set_status(who, self.some(nth, "journalpost", near=who), "journalstatus", kode)

    @rule(who=ANYBODY, nth=NTH, kode=st.sampled_from("FFFB"))
    def set_document_status(self, who: User, nth: int, kode: str) -> None:
        unit = self.some(nth, "dokumentbeskrivelse", near=who)
        self.set_status(who, unit, "dokumentstatus", kode)

    @rule(who=ANYBODY, nth=NTH)
    def close_by_date(self, who: User, nth: int) -> None:
        unit = self.some(nth, "mappe", "registrering", "arkivnotat", near=who)
        if unit is not None:
            name = "avsluttetDato" if unit.kind == "mappe" else "arkivertDato"
            self.change(who, unit, {name: datetime.now(UTC).isoformat()})

    @rule(
        who=ANYBODY,
        nth=NTH,
        codes=st.sets(st.sampled_from(CODES), max_size=3),
        restriction=st.sampled_from(RESTRICTIONS),
    )
    def screen(self, who: User, nth: int, codes: set[str], restriction: str) -> None:
        unit = self.some(nth, *FOLDERS, *ENTRIES, "dokumentbeskrivelse", near=who)
        if unit is None:
            return
        screening = {
            "tilgangsrestriksjon": {"kode": restriction},
            "skjermingMetadata": [{"kode": one} for one in sorted(codes)],
        }
        self.change(who, unit, {"skjerming": screening if codes else None})

    @rule(
        who=ANYBODY, nth=NTH, where=NTH, how=st.sampled_from(("$ref", "link")), lost=st.booleans()
    )
    def move(self, who: User, nth: int, where: int, how: str, lost: bool) -> None:
        unit = self.some(nth, *MOVED, near=who)
        if unit is None or unit.above is None:
            return
        kinds = MADE_IN["mappe" if unit.kind in FOLDERS else "registrering"] | {"saksmappe"}
        abroad = lost and where % 5 == 0
        target = self.some(where, *kinds, near=who, abroad=abroad)
        if target is None:
            return
        reasons = [*oracle.against_moving(who, self.picture, unit, target)]
        place = rel_to(unit, target)
        tag = {"If-Match": unit.tag}
        if how == "$ref":
            address = f"{unit.address}{place.rstrip('/').rpartition('/')[2]}/$ref"
            headers = tag | {"Content-Type": "text/uri-list"}
            answer = self.witness.send(who, "PUT", address, content=target.address, headers=headers)
        else:
            patch = {"_links": {place: {"href": target.address}}}
            answer = self.witness.send(who, "PATCH", unit.address, patch, headers=tag)
        if self.judged(f"move by {how}", answer, reasons) and unit.above is not target:
            former, unit.above = unit.above, target
            if unit.kind == "journalpost":
                former.has_held |= unit.statuses
            moved = {
                Line(unit.id, "U", role_in(unit, former), former.id, None),
                Line(unit.id, "U", role_in(unit, target), None, target.id),
                Line(unit.id, "U", role_in(unit, target), former.id, target.id),
            }
            passed = self.pass_on(target) if unit.kind in ENTRIES else {}
            carried = self.carry(unit) if unit.kind in FOLDERS else {}
            self.settle(
                unit,
                former,
                *passed,
                *carried,
                extra=set(passed.values()),
                possible={*moved, *carried.values()},
            )

    def carry(self, mappe: Unit) -> dict[Unit, Line]:
        """Let a moved mappe, and those in it, be in the arkivdel that it was moved to."""
        assert mappe.above is not None
        place = oracle.arkivdel_of(mappe.above)
        carried = {}
        for one in (mappe, *(one for one in self.picture.below(mappe) if one.kind in FOLDERS)):
            if one.arkivdel is not place:
                ids = (unit.id if unit else None for unit in (one.arkivdel, place))
                carried[one] = Line(one.id, "U", "arkivdel", *ids)
                one.arkivdel = place
        return carried

    @rule(who=ANYBODY, nth=NTH)
    def extend(self, who: User, nth: int) -> None:
        unit = self.some(nth, "mappe", "registrering", near=who)
        if unit is None:
            return
        special = "saksmappe" if unit.kind == "mappe" else "journalpost"
        reasons = [*oracle.against_writing(who, self.picture, unit, unit.kind, "endre")]
        if unit.closed or unit.archived:
            reasons.append("what is closed or archived becomes nothing else")
        above = unit.above
        if above is not None and above.closed:
            reasons.append("a closed unit gets nothing more (5.4.7)")
        if special == "journalpost" and above is not None and above.kind != "saksmappe":
            reasons.append("entries of the journal are in cases (C2.5.2)")
        if special == "journalpost":
            reasons.append(oracle.DOUBT)  # what it must have then is in C2.6.3 and C3.2.30
        answer = self.witness.send(who, "PUT", f"{unit.address}utvid-til-{special}/", {})
        if self.judged(f"extend to {special}", answer, reasons):
            former = unit.kind
            unit.kind = special
            before = self.witness.refresh(keeper_of(unit.kommune), unit)
            self.settle(
                unit,
                extra=changes(unit, before) | {Line(unit.id, "U", "type", former, special)},
            )

    @rule(who=ANYBODY, nth=NTH)
    def delete(self, who: User, nth: int) -> None:
        unit = self.some(nth, *MADE_IN, "dokumentobjekt", "kryssreferanse", near=who)
        if unit is not None and unit.above is not None:
            self.remove(who, unit)

    def remove(self, who: User, unit: Unit) -> None:
        reasons = [*oracle.against_deleting(who, self.picture, unit)]
        answer = self.witness.send(who, "DELETE", unit.address)
        if self.judged(f"delete {unit.kind}", answer, reasons):
            name = unit.shown.get("tittel") or unit.shown.get("navn")
            gone = {Line(unit.id, "D", None, name)}
            for one in self.picture.living("kryssreferanse"):
                if one.points_to is unit:
                    gone.add(Line(one.id, "D"))
                    self.picture.bury(one)
            self.picture.bury(unit)
            self.settle(unit.above or unit, extra=gone)

    @rule(who=ANYBODY, nth=NTH, content=st.binary(min_size=1, max_size=40))
    def send_file(self, who: User, nth: int, content: bytes) -> None:
        document = self.some(nth, "dokumentbeskrivelse", near=who)
        if document is None:
            return
        reasons = oracle.against_sending(who, self.picture, document)
        self.receive(who, document, f"{document.address}fil/", PDF + content, reasons)

    @rule(who=ANYBODY, nth=NTH)
    def convert(self, who: User, nth: int) -> None:
        """Keep a document in an archive format too."""
        document = self.some(nth, "dokumentbeskrivelse", near=who)
        if document is None:
            return
        reasons = [*oracle.against_writing(who, self.picture, document, "dokumentobjekt", "ny")]
        body = {"variantformat": {"kode": "A"}, "format": {"kode": "fmt/95"}}
        address = f"{document.address}ny-dokumentobjekt/"
        answer = self.witness.send(who, "POST", address, body)
        if self.judged("make dokumentobjekt", answer, reasons):
            made = self.born(who, "dokumentobjekt", document, answer)
            self.settle(made, extra={Line(made.id, "C")})

    @rule(who=ANYBODY, nth=NTH, where=NTH)
    def refer(self, who: User, nth: int, where: int) -> None:
        unit = self.some(nth, *FOLDERS, *ENTRIES, near=who)
        target = self.some(where, *FOLDERS, *ENTRIES, near=who, abroad=where % 7 == 0)
        if unit is None or target is None:
            return
        reasons = [
            *oracle.against_writing(who, self.picture, unit, unit.kind, "ny"),
            *oracle.against_reading(who, self.picture, target),
        ]
        if target.kommune != unit.kommune:
            reasons.append("nothing refers to another kommune's (TG0-25)")
        known = self.picture.within(unit, "kryssreferanse")
        if target is unit or any(one.points_to is target for one in known):
            reasons.append("one is enough (GUIDE 9)")
        address = f"{unit.address}ny-kryssreferanse/$ref"
        answer = self.witness.send(who, "POST", address, params={"$id": target.address})
        if self.judged("refer", answer, reasons):
            made = self.born(who, "kryssreferanse", unit, answer, points_to=target)
            self.settle(made, target, extra={Line(made.id, "C")})

    # What is looked at.

    @rule(who=SOMEBODY, nth=NTH)
    def read(self, who: User, nth: int) -> None:
        unit = self.some(nth, *MADE_IN, *RULES, "arkivdel", "dokumentobjekt", "kryssreferanse")
        assert unit is not None
        answer = self.witness.read(who, unit)
        if self.judged("read", answer, oracle.against_reading(who, self.picture, unit)):
            name = TEXTS.get(unit.kind, "tittel")
            whole = name not in unit.shown or answer.json()[name] == unit.shown[name]
            told = f"{unit.kind} to {who.name}: {answer.text}"
            assert whole == oracle.sees(who, self.picture, unit), told

    @rule(who=SOMEBODY, nth=NTH, where=st.sampled_from(("GET", "PATCH", "DELETE", "POST")))
    @precondition(lambda self: any(not one.alive for one in self.picture.units))
    def touch_what_is_gone(self, who: User, nth: int, where: str) -> None:
        gone = [one for one in self.picture.units if not one.alive]
        unit = gone[nth % len(gone)]
        address = f"{unit.address}ny-merknad/" if where == "POST" else unit.address
        body = {"GET": None, "DELETE": None}.get(where, {"merknadstekst": "Se"})
        answer = self.witness.send(who, where, address, body, headers={"If-Match": "*"})
        assert answer.status_code in (403, 404, 405), answer.text

    @rule(who=SOMEBODY, nth=NTH, way=st.sampled_from(("filter", "search", "order", "expand")))
    def ask(self, who: User, nth: int, way: str) -> None:
        """Ask for a unit by its text: it is found by those who see that, and by nobody else."""
        unit = self.some(nth, *FOLDERS, *ENTRIES, "dokumentbeskrivelse")
        if unit is None:
            return
        word = unit.texts[-1]
        only = f"systemID eq {unit.id}"
        query = {
            "filter": {"$filter": f"{only} and contains(tittel,'{word}')"},
            "search": {"$filter": only, "$search": f"'{word}'"},
            "order": {"$orderby": "tittel", "$top": "50"},
            "expand": {"$filter": only, "$expand": "merknad"},
        }[way]
        root = self.witness.as_user(who).root
        address = f"{root}{rel_of(unit.kind).removeprefix(REL)}"
        answer = self.witness.send(who, "GET", address, params=query)
        if who.role == "ingen":
            assert answer.status_code == 403
            return
        assert answer.status_code == 200, answer.text
        if way in ("filter", "search"):
            seen = oracle.sees(who, self.picture, unit)
            assert answer.json()["count"] == int(seen), (who.name, answer.text)

    @rule(who=SOMEBODY, nth=NTH)
    def read_log(self, who: User, nth: int) -> None:
        unit = self.some(nth, *FOLDERS, *ENTRIES)
        if unit is None:
            return
        answer = self.witness.send(who, "GET", f"{unit.address}endringslogg/")
        reasons = [*oracle.against_reading(who, self.picture, unit)]
        if not oracle.may_read_log(who):
            reasons.append("the log tells former values")
        self.judged("read log", answer, reasons)

    @rule(who=SOMEBODY, nth=NTH)
    def read_file(self, who: User, nth: int) -> None:
        unit = self.some(nth, "dokumentobjekt")
        if unit is None or unit.file is None or unit.above is None:
            return
        reasons = [*oracle.against_reading(who, self.picture, unit)]
        codes = unit.above.shown.get("skjerming", {}).get("skjermingMetadata", ())
        whole = "M" in {one["kode"] for one in codes}
        if whole and oracle.is_restricted(who, self.picture, unit):
            reasons.append("what is not assessed yet is not shown (M502)")
        answer = self.witness.send(who, "GET", f"{unit.address}fil/")
        if self.judged("read file", answer, reasons):
            assert answer.content == unit.file

    @rule()
    def look_over_everything(self) -> None:
        """Nothing answered is lost, and nothing has changed that nobody changed."""
        for kommune in KOMMUNER:
            keeper = keeper_of(kommune)
            told = self.witness.new_lines(keeper)
            assert told == [], told
            self.look_over_rules(kommune)
            for unit in self.picture.living():
                if unit.kommune == kommune and unit.kind != "tilgang":
                    before = self.witness.refresh(keeper, unit)
                    assert before == unit.shown, f"{unit.kind} has changed by itself"
                    self.keep_what_it_holds(keeper, unit)
        self.keep_numbers()

    def look_over_rules(self, kommune: str) -> None:
        """See that what decides access is as it was left."""

    def teardown(self) -> None:
        if self.picture.units and sys.exception() is None:
            self.look_over_everything()

    # How it is judged.

    def judged(self, act: str, answer: httpx.Response, reasons: Iterator[str] | list[str]) -> bool:
        """Compare an answer with the reasons against it; tell whether it was done."""
        given = list(reasons)
        done = answer.status_code < 400
        event(f"{act}: {'done' if done else 'refused'}")
        request = f"{act}: {answer.request.method} {answer.request.url} {answer.text[:300]}"
        firm = [one for one in given if one != oracle.DOUBT]
        assert not (done and firm), f"{request} was done, though {firm}"
        assert done or given, f"{request} was refused without a reason"
        return done

    def change(self, who: User, unit: Unit, change: Mapping[str, Any]) -> None:
        reasons = oracle.against_changing(who, self.picture, unit, change)
        headers = {"If-Match": unit.tag}
        answer = self.witness.send(who, "PATCH", unit.address, change, headers=headers)
        if self.judged(f"change {next(iter(change))}", answer, reasons):
            self.settle(unit)

    def set_status(self, who: User, unit: Unit | None, name: str, kode: str) -> None:
        if unit is not None and unit.kode(name) != kode:
            self.change(who, unit, {name: {"kode": kode}})

    def receive(
        self, who: User, document: Unit, address: str, content: bytes, reasons: Iterator[str]
    ) -> None:
        headers = {"Content-Type": "application/pdf"}
        answer = self.witness.send(who, "POST", address, content=content, headers=headers)
        if self.judged("send file", answer, reasons):
            made = self.born(who, "dokumentobjekt", document, answer, file=content)
            self.settle(made, extra={Line(made.id, "C")})

    def settle(
        self,
        *touched: Unit,
        extra: frozenset[Line] | set[Line] = frozenset(),
        possible: frozenset[Line] | set[Line] = frozenset(),
    ) -> None:
        """See that the log tells exactly what is shown otherwise than before."""
        keeper = keeper_of(touched[0].kommune)
        expected = set(extra)
        near = dict.fromkeys(
            one
            for unit in touched
            for one in (unit, *unit.all_above(), *self.picture.below(unit))
            if one.alive
        )
        for unit in near:
            before = self.witness.refresh(keeper, unit)
            found = changes(unit, before)
            # A screening that is carried down is a line of the unit that was screened (ADR 0037).
            carried = unit is not touched[0]
            expected |= {one for one in found if not (carried and one.name == "skjerming")}
            self.remember(unit)
        told = {line_of(one) for one in self.witness.new_lines(keeper)}
        told = {normal(one) for one in told} - {normal(one) for one in possible}
        expected = {normal(one) for one in expected}
        assert told == expected, f"only in the log: {told - expected}; not in it: {expected - told}"

    def remember(self, unit: Unit) -> None:
        """Keep the status that an entry has had, and the numbers that were given."""
        if unit.kind == "journalpost":
            unit.statuses.add(unit.kode("journalstatus"))
            if unit.above is not None:
                unit.above.has_held |= unit.statuses
            self.number(unit, f"journal/{unit.shown['journalaar']}", "journalsekvensnummer")
            series = f"post/{unit.above.id if unit.above else ''}"
            self.number(unit, series, "journalpostnummer")
        if unit.kind == "saksmappe":
            self.number(unit, f"sak/{unit.shown['saksaar']}", "sakssekvensnummer")

    def number(self, unit: Unit, series: str, name: str) -> None:
        given = self.numbers.setdefault((unit.kommune, series), [])
        if unit.shown[name] not in given:
            given.append(unit.shown[name])

    def keep_numbers(self) -> None:
        """Numbers are unique, and the series have no holes but what is known to have gone."""
        for (_, series), given in self.numbers.items():
            if not series.startswith("post/"):
                assert given == [*range(given[0], given[0] + len(given))], (series, given)
        for kind, name in (
            ("saksmappe", "mappeID"),
            ("mappe", "mappeID"),
            ("journalpost", "registreringsID"),
            ("journalpost", "journalsekvensnummer"),
        ):
            found = [(one.kommune, one.shown[name]) for one in self.picture.living(kind)]
            assert len(found) == len(set(found)), (name, found)

    def keep_what_it_holds(self, keeper: User, unit: Unit) -> None:
        """The lists of a unit hold what is in it; what it was closed upon is so still."""
        if unit.kind in FOLDERS:
            answer = self.witness.send(keeper, "GET", f"{unit.address}registrering/?$top=1000")
            held = {one["systemID"] for one in answer.json().get("results", ())}
            assert held == {one.id for one in self.picture.within(unit, *ENTRIES)}
        if unit.kind == "dokumentobjekt" and unit.file is not None:
            assert self.witness.send(keeper, "GET", f"{unit.address}fil/").content == unit.file
        if unit.kind == "saksmappe" and unit.closed:
            for entry in self.picture.within(unit, *ENTRIES):
                finished = entry.archived or entry.kode("journalstatus") == "U"
                assert finished, f"a closed case has an open {entry.kind}"
                assert not waits_in_closed(self.picture, entry), "a closed case waits for an answer"

    # What there is to choose from.

    def some(
        self, nth: int, *kinds: str, near: User | None = None, abroad: bool = False
    ) -> Unit | None:
        """Choose a living unit; most often one of the kommune of whoever asks for it."""
        found = self.picture.living(*kinds)
        if near is not None and (abroad or nth % 10):
            found = [one for one in found if (one.kommune == near.kommune) != abroad]
        return found[nth % len(found)] if found else None

    def body_of(self, kind: str, text: str, parent: Unit, letter: str) -> dict[str, Any]:
        came_in = parent.kode("journalposttype") == "I"
        body: dict[str, dict[str, Any]] = {
            "klasse": {"klasseID": text, "tittel": text},
            "journalpost": {"tittel": text, "journalposttype": {"kode": letter}},
            "partperson": {"navn": text},
            "korrespondansepartperson": {
                "navn": text,
                "korrespondanseparttype": {"kode": "EA" if came_in else "EM"},
            },
            "merknad": {"merknadstekst": text},
            "korrespondansepartintern": {"saksbehandler": text},
            "avskrivning": {},
            "presedens": {"tittel": text, "rettskildefaktor": "Praksis"},
        }
        return body.get(kind, {"tittel": text})

    def answer_to(self, entry: Unit) -> Unit | None:
        """Choose what answers a letter: the last that was written in the same case."""
        written = [
            one
            for one in self.picture.living("journalpost")
            if one.above is entry.above and one.kode("journalposttype") == "U"
        ]
        return written[-1] if written else None

    def way_to_make(self, kind: str, parent: Unit) -> str:
        return f"{parent.address}ny-{kind}/"


def keeper_of(kommune: str) -> User:
    return User("administrator", kommune, "arkivverge", "arkivverge")


def waits_in_closed(picture: Picture, entry: Unit) -> bool:
    return oracle.waits(picture, entry)


def role_in(unit: Unit, place: Unit) -> str:
    """Say what a unit calls what it is in."""
    kind = "mappe" if place.kind in FOLDERS else place.kind
    return f"over{kind}" if kind == "mappe" and unit.kind in FOLDERS else kind


def rel_to(unit: Unit, place: Unit) -> str:
    return f"{REL}arkivstruktur/{role_in(unit, place)}/"


def normal(line: Line) -> Line:
    """Write the values of a line so that equal ones are equal: JSON has no order."""
    return Line(line.unit, line.event, line.name, *map(_sorted, (line.before, line.after)))


def _sorted(value: str | None) -> str | None:
    if value is not None and value.startswith("{"):
        return json.dumps(json.loads(value), sort_keys=True)
    if value is not None and _MOMENT.match(value):
        return datetime.fromisoformat(value).astimezone(UTC).isoformat()
    return value
