"""Access is given and taken meanwhile: rights, clearance, bars, blockings, orders and periods."""

import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import rule
from tests.conftest import Service
from tests.trust import oracle
from tests.trust.machine import (
    ANYBODY,
    GROUP,
    KOMMUNER,
    NTH,
    OF_GROUP,
    RESTRICTIONS,
    ROLES,
    SOMEBODY,
    ArchiveMachine,
    keeper_of,
)
from tests.trust.picture import CATEGORY, ENTRIES, FOLDERS, RULES, Unit, User
from tests.trust.reach import HANDLERS, bruker_of, reaches
from tests.trust.witness import Line

from sakark_api.dev.identity import demo_users

__all__ = ["GovernedMachine"]

HERE = KOMMUNER[0]
"""The kommune whose rights change."""
ACTIONS = ("les", "ny", "endre", "slett")
NARROWING = ("egenEnhet", "gyldigFra", "gyldigTil")
KEEPERS = st.sampled_from((*[keeper_of(HERE)] * 3, User("administrator", HERE)))
ARCHIVISTS = st.sampled_from((keeper_of(HERE), User("arkivar", HERE)))
GRADES = ("B", "F", "K", "SF", "H", "SH", "")
LAID_ON: Mapping[str, frozenset[str]] = {
    "inhabilitet": FOLDERS,
    "sperring": FOLDERS | ENTRIES,
    "bevaringspaalegg": FOLDERS | ENTRIES | {"arkivdel", "klasse"},
}
LISTS: Mapping[str, frozenset[str]] = {
    "arkivstruktur/arkivdel/": frozenset({"arkivdel"}),
    "arkivstruktur/klasse/": frozenset({"klasse"}),
    "arkivstruktur/mappe/": FOLDERS,
    "sakarkiv/saksmappe/": frozenset({"saksmappe"}),
    "arkivstruktur/registrering/": ENTRIES,
    "sakarkiv/journalpost/": frozenset({"journalpost"}),
    "arkivstruktur/dokumentbeskrivelse/": frozenset({"dokumentbeskrivelse"}),
    "arkivstruktur/dokumentobjekt/": frozenset({"dokumentobjekt"}),
}
ALL: Mapping[str, bool] = dict.fromkeys(ACTIONS, True)
CASEWORKERS = [User(role, HERE) for role in ROLES if role != "ingen"]
_MOMENT = 0.4


def at(**shift: float) -> str:
    return (datetime.now(UTC) + timedelta(**shift)).isoformat()


class GovernedMachine(ArchiveMachine):
    """An archive whose access changes while it is used."""

    def __init__(self, service: Service, http: httpx.Client) -> None:
        super().__init__(service, http)
        self.standard: dict[str, Mapping[str, Any]] = {}
        """The rights there were, by systemID."""

    def prepare(self, kommune: str) -> None:
        """Give a keeper rights and clearance for all; know the rights and users there are."""
        admin, keeper = User("administrator", kommune), keeper_of(kommune)
        for one in self.listed(admin, "admin/tilgang/"):
            self.standard[one["systemID"]] = one
            self.picture.units.append(Unit(kommune, "tilgang", None, one, ""))
        for category in "AKMRD":
            self.given(admin, rolle=keeper.group, tilgangskategori={"kode": category}, **ALL)
        self.given(admin, **clearance_right(keeper.group, "KL"))
        everybody = (keeper, *(CASEWORKERS if kommune == HERE else ()), *OF_GROUP)
        names = {one.username: one.name for one in demo_users()}
        for who in everybody:
            if who.kommune == kommune and who.role != "ingen":
                client = self.witness.as_user(who)
                assert client.get(client.root).status_code == 200
                name = names.get(who.name, who.name)
                found = self.listed(admin, "admin/bruker/", f"brukerNavn eq '{name}'")
                bruker = Unit(kommune, "bruker", None, found[-1], "", texts=[who.name])
                self.picture.units.append(bruker)
        self.clear(keeper, "SH")
        for name in ("Helse", "Legevakt", "Teknisk"):
            client = self.witness.as_user(admin)
            body = {"administrativEnhetNavn": name, "administrativEnhetsstatus": "Aktiv"}
            made = client.make(client.follow("admin/"), "admin/ny-administrativenhet/", body)
            self.picture.units.append(Unit(kommune, "administrativenhet", None, made, ""))

    def listed(self, who: User, address: str, filter_: str = "") -> list[dict[str, Any]]:
        query = {"$filter": filter_} if filter_ else {}
        return self.witness.all_of(who, f"{self.witness.as_user(who).root}{address}", query)

    def given(self, who: User, **right: Any) -> Unit:
        """Give a right, whoever it is for."""
        client = self.witness.as_user(who)
        body = dict.fromkeys(ACTIONS, False) | right
        made = client.make(client.follow("admin/"), "admin/ny-tilgang/", body)
        unit = Unit(who.kommune, "tilgang", None, made, "")
        self.picture.units.append(unit)
        return unit

    def clear(self, who: User, kode: str, until: str | None = None) -> None:
        bruker = bruker_of(who, self.picture)
        assert bruker is not None
        change = {"klarering": {"kode": kode} if kode else None, "klareringGyldigTil": until}
        self.patched(keeper_of(who.kommune), bruker, change)

    def patched(self, who: User, unit: Unit, change: Mapping[str, Any]) -> httpx.Response:
        """Change what is about access; it is the newest version that is meant."""
        headers = {"If-Match": "*"}
        answer: httpx.Response = self.witness.send(
            who, "PATCH", unit.address, change, headers=headers
        )
        return answer

    # Rights.

    @rule(
        who=KEEPERS,
        rolle=st.sampled_from((GROUP, GROUP, "saksbehandler", "leder", "leser", "arkivar")),
        category=st.sampled_from("AKMMRRD"),
        nth=NTH,
        actions=st.sets(st.sampled_from(ACTIONS), min_size=1),
        how=st.sampled_from(("all", "unit", "unit", "near", "unit near", "later", "code")),
        restriction=st.sampled_from(RESTRICTIONS),
    )
    def give_right(
        self,
        who: User,
        rolle: str,
        category: str,
        nth: int,
        actions: set[str],
        how: str,
        restriction: str,
    ) -> None:
        kinds = [kind for kind, kode in CATEGORY.items() if kode == category]
        unit = self.some(nth, *kinds, near=who) if "unit" in how else None
        if unit is not None and unit.kommune != who.kommune:
            return
        right: dict[str, Any] = {
            "rolle": rolle,
            "tilgangskategori": {"kode": category},
            **dict.fromkeys(actions, True),
            **({"referanseArkivenhet": unit.id} if unit else {}),
            **({"egenEnhet": True} if "near" in how else {}),
            **({"gyldigFra": at(days=1)} if how == "later" else {}),
        }
        if how == "code":
            right = clearance_right(rolle, restriction)
            self.log_of(self.given(who, **clearance_right(keeper_of(HERE).group, restriction)))
        self.log_of(self.given(who, **right))

    def log_of(self, made: Unit) -> None:
        self.settle(made, extra={Line(made.id, "C")})

    @rule(
        nth=NTH,
        how=st.sampled_from(("end", "open", "open", "near", "whole", *ACTIONS)),
        who=ANYBODY | KEEPERS | KEEPERS,
    )
    def change_right(self, who: User, nth: int, how: str) -> None:
        right = self.some_right(nth)
        if right is None:
            return
        changes: Mapping[str, Mapping[str, Any]] = {
            "end": {"gyldigTil": at(days=-1), "gyldigFra": None},
            "open": {"gyldigFra": None, "gyldigTil": None, "egenEnhet": None, **ALL},
            "near": {"egenEnhet": True},
            "whole": {"egenEnhet": None},
            **{one: {one: not right.shown[one]} for one in ACTIONS},
        }
        change = changes[how]
        reasons = [*oracle.against_writing(who, self.picture, right, "tilgang", "endre")]
        if self.judged("change right", self.patched(who, right, change), reasons):
            self.settle(right)

    @rule(nth=NTH)
    def let_a_right_lapse(self, nth: int) -> None:
        """Let a right end while somebody uses it, without anything being changed then."""
        right = self.some_right(nth)
        if right is None or right.shown["rolle"] not in {*ROLES, GROUP}:
            return
        end = at(seconds=_MOMENT)
        self.patched(keeper_of(HERE), right, {"gyldigFra": None, "gyldigTil": end})
        self.settle(right)
        users = [
            one
            for one in (*CASEWORKERS, *OF_GROUP)
            if right.shown["rolle"] in one.groups and one.role != "ingen"
        ]
        self.count_what_is_seen(users[nth % len(users)])
        time.sleep(_MOMENT)
        self.count_what_is_seen(users[nth % len(users)])

    @rule(nth=NTH)
    def take_right_away(self, nth: int) -> None:
        right = self.some_right(nth)
        if right is None or right.id in self.standard:
            return
        keeper = keeper_of(HERE)
        answer = self.witness.send(keeper, "DELETE", right.address)
        assert answer.status_code == 204, answer.text
        self.picture.bury(right)
        self.settle(right, extra={Line(right.id, "D")})

    def some_right(self, nth: int) -> Unit | None:
        """Choose a right that is not the keeper's own."""
        found = [
            one
            for one in self.picture.rules(HERE, "tilgang")
            if one.shown["rolle"] != keeper_of(HERE).group
        ]
        return found[nth % len(found)] if found else None

    # Who somebody is.

    @rule(
        nth=NTH,
        kode=st.sampled_from(("K", "SF", "H", "SH", "")),
        period=st.sampled_from((None, None, -1, 1)),
    )
    def clear_somebody(self, nth: int, kode: str, period: int | None) -> None:
        people = [one for one in (*CASEWORKERS, *OF_GROUP) if bruker_of(one, self.picture)]
        who = people[nth % len(people)]
        bruker = bruker_of(who, self.picture)
        assert bruker is not None
        self.clear(who, kode, at(days=period) if period and kode else None)
        self.settle(bruker)

    @rule(nth=NTH, where=NTH)
    def join(self, nth: int, where: int) -> None:
        """Let a bruker join an administrativ enhet, or leave it."""
        enheter = [*self.picture.rules(HERE, "administrativenhet")]
        brukere = [*self.picture.rules(HERE, "bruker")]
        enhet, bruker = enheter[where % len(enheter)], brukere[nth % len(brukere)]
        self.tie(enhet, bruker, leave=bruker in enhet.members)
        ends = (enhet.id, None) if bruker in enhet.members else (None, enhet.id)
        enhet.members ^= {bruker}
        self.settle(bruker, extra={Line(bruker.id, "U", "administrativenhet", *ends)})

    def tie(self, enhet: Unit, bruker: Unit, *, leave: bool) -> None:
        address = f"{enhet.address}bruker/$ref"
        method, query = "DELETE" if leave else "POST", {"$id": bruker.address}
        answer = self.witness.send(keeper_of(enhet.kommune), method, address, params=query)
        assert answer.status_code == 204, answer.text

    @rule(nth=NTH, where=NTH)
    def reorganise(self, nth: int, where: int) -> None:
        enheter = [*self.picture.rules(HERE, "administrativenhet")]
        enhet, above = enheter[nth % len(enheter)], enheter[where % len(enheter)]
        change = {"referanseOverordnetEnhet": None if above is enhet else above.id}
        self.patched(keeper_of(HERE), enhet, change)
        self.settle(enhet)

    @rule(who=ANYBODY, nth=NTH, where=NTH, to=st.sampled_from(("enhet", "person")))
    def hand_over(self, who: User, nth: int, where: int, to: str) -> None:
        case = self.some(nth, "saksmappe", near=who)
        if case is None:
            return
        kind, name = {
            "enhet": ("administrativenhet", "referanseAdministrativEnhet"),
            "person": ("bruker", "referanseSaksansvarlig"),
        }[to]
        found = [*self.picture.rules(case.kommune, kind)]
        self.change(who, case, {name: found[where % len(found)].id})

    @rule(who=ANYBODY, nth=NTH, where=NTH, to=st.sampled_from(("enhet", "person")))
    def send_inside(self, who: User, nth: int, where: int, to: str) -> None:
        """Name who is to answer an entry, so that it is theirs to see."""
        entry = self.some(nth, *ENTRIES, near=who)
        if entry is None:
            return
        kind, name = {
            "enhet": ("administrativenhet", "referanseAdministrativEnhet"),
            "person": ("bruker", "referanseSaksbehandler"),
        }[to]
        found = [*self.picture.rules(entry.kommune, kind)]
        self.lay(who, "korrespondansepartintern", entry, {name: found[where % len(found)].id})

    # What is laid on units.

    @rule(
        who=ANYBODY,
        nth=NTH,
        kode=st.sampled_from(GRADES),
    )
    def grade(self, who: User, nth: int, kode: str) -> None:
        unit = self.some(nth, *FOLDERS, *ENTRIES, "dokumentbeskrivelse", near=who)
        if unit is not None:
            grading = {"graderingskode": {"kode": kode}} if kode else None
            self.change(who, unit, {"gradering": grading})

    @rule(who=ANYBODY | ARCHIVISTS, nth=NTH, where=NTH, period=st.sampled_from((0, 0, -1, 1)))
    def bar(self, who: User, nth: int, where: int, period: int) -> None:
        unit = self.some(nth, *LAID_ON["inhabilitet"], near=who)
        brukere = [
            one for one in self.picture.rules(HERE, "bruker") if one.texts != [keeper_of(HERE).name]
        ]
        if unit is not None and unit.kommune == HERE:
            body = {"referanseBruker": brukere[where % len(brukere)].id, **lasting(period)}
            self.lay(who, "inhabilitet", unit, body)

    @rule(
        who=ANYBODY | ARCHIVISTS,
        nth=NTH,
        kind=st.sampled_from(("sperring", "bevaringspaalegg")),
        period=st.sampled_from((0, 0, -1, 1)),
    )
    def block_or_keep(self, who: User, nth: int, kind: str, period: int) -> None:
        unit = self.some(nth, *LAID_ON[kind], near=who)
        if unit is not None:
            self.lay(who, kind, unit, {"hjemmel": "Arkivlova § 13", **lasting(period)})

    def lay(self, who: User, kind: str, unit: Unit, body: Mapping[str, Any]) -> None:
        reasons = [*oracle.against_making(who, self.picture, kind, unit)]
        answer = self.witness.send(who, "POST", f"{unit.address}ny-{kind}/", body)
        if self.judged(f"make {kind}", answer, reasons):
            made = self.born(who, kind, unit, answer)
            self.settle(made, extra={Line(made.id, "C")})

    @rule(
        who=ANYBODY | ARCHIVISTS | ARCHIVISTS,
        nth=NTH,
        how=st.sampled_from(("end", "end", "open", "delete")),
    )
    def lift(self, who: User, nth: int, how: str) -> None:
        unit = self.some(nth, *RULES, near=who)
        if unit is None or unit.above is None:
            return
        if how == "delete":
            self.remove(who, unit)
            return
        until = at(days=-1) if how == "end" else None
        reasons = [*oracle.against_writing(who, self.picture, unit, unit.kind, "endre")]
        answer = self.patched(who, unit, {"gyldigFra": None, "gyldigTil": until})
        if self.judged(f"lift {unit.kind}", answer, reasons):
            self.settle(unit)

    @rule(who=KEEPERS | ANYBODY, nth=NTH, kode=st.sampled_from("AOOP"))
    def set_period(self, who: User, nth: int, kode: str) -> None:
        arkivdel = self.some(nth, "arkivdel", near=who)
        if arkivdel is not None and arkivdel.kode("arkivdelstatus") != kode:
            self.change(who, arkivdel, {"arkivdelstatus": {"kode": kode}})

    # What is looked at.

    @rule(who=SOMEBODY)
    def look_around(self, who: User) -> None:
        if who.role == "ingen":
            return
        self.count_what_is_seen(who)
        self.look_inside(who)
        self.read_the_whole_log(who)

    def count_what_is_seen(self, who: User) -> None:
        """Every list has what somebody may know of, and counts no more."""
        for address, kinds in LISTS.items():
            found = self.listed(who, address, f"opprettetDato ge {self.witness.born}")
            ids = {one["systemID"] for one in found}
            self.compare(who, address, ids, self.picture.living(*kinds))

    def look_inside(self, who: User) -> None:
        """What is expanded, and asked about by what is inside, is what somebody may know of."""
        only = f"opprettetDato ge {self.witness.born}"
        root = self.witness.as_user(who).root
        query = {"$filter": only, "$expand": "registrering", "$top": "50", "$orderby": "systemID"}
        answer = self.witness.send(who, "GET", f"{root}arkivstruktur/mappe/", params=query)
        for one in answer.json().get("results", ()):
            mappe = self.picture.by_id(one["systemID"])
            assert mappe is not None
            inside = {entry["systemID"] for entry in one.get("registrering", ())}
            self.compare(who, "expanded", inside, self.picture.within(mappe, *ENTRIES))
        entered = self.listed(
            who, "arkivstruktur/mappe/", f"{only} and registrering/any(r: r/{only})"
        )
        holding = [
            one
            for one in self.picture.living(*FOLDERS)
            if any(
                oracle.may_know(who, self.picture, entry)
                for entry in self.picture.within(one, *ENTRIES)
            )
        ]
        self.compare(who, "with entries", {one["systemID"] for one in entered}, holding)

    def read_the_whole_log(self, who: User) -> None:
        """The log tells of what somebody may know of, and of nothing else in the archive."""
        if not oracle.may_read_log(who):
            return
        told = {
            one["systemID"]: one["referanseArkivenhet"]
            for one in self.listed(
                who, "loggingogsporing/hendelseslogg/", f"endretDato ge {self.witness.born}"
            )
        }
        for line, about in self.witness.told.items():
            unit = self.picture.by_id(about)
            if unit is None or unit.kommune != who.kommune or unit.holder is None:
                continue
            where = f"the log to {who.name} of a {unit.kind} {unit.id}"
            if unit.alive:
                assert (line in told) == oracle.may_know(who, self.picture, unit), where
            elif line in told:
                assert oracle.may_have_known(who, self.picture, unit), f"{where}, deleted"

    def compare(self, who: User, where: str, found: set[str], units: Iterable[Unit]) -> None:
        known = {one for one in units if oracle.may_know(who, self.picture, one)}
        ids = {one.id for one in known}
        missing = [one.kind for one in known if one.id not in found]
        assert found == ids, f"{where} to {who.name}: too many {found - ids}, missing {missing}"

    @rule(who=SOMEBODY, nth=NTH)
    def ask_what_may_be_done(self, who: User, nth: int) -> None:
        unit = self.some(nth, *CATEGORY)
        assert unit is not None
        answer = self.witness.send(who, "GET", f"{unit.address}tilgang/")
        if not self.judged("ask", answer, oracle.against_reading(who, self.picture, unit)):
            return
        writes = who.role in oracle.WRITERS.get(unit.kind, HANDLERS)
        is_whole = not oracle.is_restricted(who, self.picture, unit)
        is_open = not unit.closed and not unit.archived
        may = {one: is_whole and reaches(who, self.picture, unit, one) for one in ACTIONS}
        expected = {
            "les": True,
            "ny": may["ny"] and is_open and who.role in HANDLERS,
            "endre": may["endre"] and writes,
            "slett": may["slett"] and is_open and writes,
        }
        told = {one: answer.json()[one] for one in ACTIONS}
        assert told == expected, f"{unit.kind} to {who.name}: {told}, not {expected}"

    def look_over_rules(self, kommune: str) -> None:
        """No right has changed that nobody changed."""
        found = {one["systemID"]: one for one in self.listed(keeper_of(kommune), "admin/tilgang/")}
        known = {one.id: one.shown for one in self.picture.rules(kommune, "tilgang")}
        assert found == known

    def teardown(self) -> None:
        try:
            super().teardown()
        finally:
            self.restore()

    def restore(self) -> None:
        """Let rights, clearance and units be as others left them."""
        for kommune in KOMMUNER:
            admin = User("administrator", kommune)
            for one in self.listed(admin, "admin/tilgang/"):
                right = Unit(kommune, "tilgang", None, one, "")
                before = self.standard.get(right.id)
                if before is None:
                    self.witness.send(admin, "DELETE", right.address)
                elif before != one:
                    written = {name: before.get(name) for name in (*ACTIONS, *NARROWING)}
                    self.patched(admin, right, written)
        for bruker in self.picture.living("bruker"):
            if "klarering" in bruker.shown:
                self.patched(User("administrator", bruker.kommune), bruker, {"klarering": None})
        for enhet in self.picture.living("administrativenhet"):
            for bruker in enhet.members:
                self.tie(enhet, bruker, leave=True)


def clearance_right(rolle: str, restriction: str) -> dict[str, Any]:
    """Describe the right to see what is screened by a code."""
    return {
        "rolle": rolle,
        "tilgangskategori": {"kode": "M"},
        "tilgangsrestriksjon": {"kode": restriction},
        "les": True,
    }


def lasting(period: int) -> dict[str, str]:
    """Describe a period: now and on, ended, or not begun."""
    return {-1: {"gyldigTil": at(days=-1)}, 0: {}, 1: {"gyldigFra": at(days=1)}}[period]
