"""Gradings that end: who may end them, what is said of it, and to whom (C4.5.22, M624–M627)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from tests.conftest import Client, LogIn, Service
from tests.noark.attempts import COMMANDS, Attempt, Move, Tie
from tests.noark.conftest import InSession, in_session
from tests.noark.stage import Stage

__all__ = ["in_session"]

H = {"graderingskode": {"kode": "H"}}
B = {"graderingskode": {"kode": "B"}}


@dataclass
class Readers:
    """An administrator who is cleared for Hemmelig, and an archivist who is cleared for nothing."""

    cleared: Client
    other: Client

    def see(self, unit: Any) -> tuple[bool, bool]:
        """Tell whether the one and the other sees a unit."""
        here = self.other.link(unit, "self")
        codes = [one.get(here).status_code for one in (self.cleared, self.other)]
        return codes[0] == 200, codes[1] == 200

    def lines(self, unit: Any) -> tuple[list[Any], list[Any]]:
        """List the lines of the log that the one and the other reads of a unit."""
        here = f"{self.other.link(unit, 'self')}endringslogg/"
        found = [
            one.get(here, params={"$top": "100"}).json()["results"]
            for one in (self.cleared, self.other)
        ]
        return found[0], found[1]


def give_clearance(admin: Client, user: str, kode: str | None) -> None:
    brukere = admin.get(
        f"{admin.root}admin/bruker/", params={"$filter": f"kortnavn eq '{user}'"}
    ).json()["results"]
    me = next(one for one in brukere if "avsluttetDato" not in one)
    answer = admin.patch(
        admin.link(me, "self"),
        {"klarering": kode and {"kode": kode}},
        headers={"If-Match": admin.etag(me)},
    )
    assert answer.status_code == 200, answer.text


@pytest.fixture(scope="module")
def readers(http: httpx.Client, service: Service) -> Iterator[Readers]:
    cleared, other = (
        Client(http, service, f"{rolle}@molde", "molde") for rolle in ("administrator", "arkivar")
    )
    cleared.follow("arkivstruktur/")
    give_clearance(cleared, "administrator@molde", "H")
    yield Readers(cleared, other)
    give_clearance(cleared, "administrator@molde", None)


@pytest.fixture(scope="module")
def stage(readers: Readers) -> Stage:
    return Stage(readers.cleared)


Route = Callable[[Client, Any, Any], httpx.Response]


def patched(client: Client, unit: Any, gradering: Any) -> httpx.Response:
    here = client.link(unit, "self")
    return client.patch(here, {"gradering": gradering}, headers={"If-Match": "*"})


def put(client: Client, unit: Any, gradering: Any) -> httpx.Response:
    here = client.link(unit, "self")
    read = client.get(here)
    whole = {**(read.json() if read.is_success else unit), "gradering": gradering}
    kept = {name: value for name, value in whole.items() if value is not None}
    return client.put(here, kept, headers={"If-Match": "*"})


ROUTES = pytest.mark.parametrize("route", [patched, put])
MAKERS: dict[str, Callable[[Stage], Any]] = {
    "arkivdel": lambda stage: stage.new_arkivdel(),
    "klasse": lambda stage: stage.new_klasse(),
    "mappe": lambda stage: stage.new_mappe(),
    "saksmappe": lambda stage: stage.case(),
    "registrering": lambda stage: stage.made(stage.new_mappe(), "registrering"),
    "dokumentbeskrivelse": lambda stage: stage.paper(stage.entry()),
}
KINDS = pytest.mark.parametrize("kind", MAKERS)


@pytest.mark.krav("C4.5.22", "M624", "M625", "M626", "M627")
@KINDS
@ROUTES
def test_lower_grading_says_who_lowered_it_and_when(
    readers: Readers, stage: Stage, route: Route, kind: str
) -> None:
    unit = MAKERS[kind](stage)
    before = patched(readers.cleared, unit, H).json()["gradering"]
    hidden = readers.see(unit)

    lowered = route(readers.cleared, unit, B).json()["gradering"]

    assert (hidden, readers.see(unit)) == ((True, False), (True, True))
    assert lowered["graderingskode"]["kode"] == "B"
    assert lowered["graderingsdato"] == before["graderingsdato"]
    assert lowered["nedgradertAv"] == lowered["gradertAv"] == before["gradertAv"]
    assert lowered["nedgraderingsdato"] > before["graderingsdato"]


@pytest.mark.krav("C4.5.22", "M626", "M627")
@KINDS
@ROUTES
def test_grading_that_is_removed_is_kept_in_the_log_for_those_with_clearance(
    readers: Readers, stage: Stage, route: Route, kind: str
) -> None:
    unit = MAKERS[kind](stage)
    before = patched(readers.cleared, unit, H).json()["gradering"]

    after = route(readers.cleared, unit, None).json()

    known, learnt = readers.lines(unit)
    (ended,) = (one for one in known if one.get("referanseMetadata") == "nedgradering")
    assert "gradering" not in after
    assert readers.see(unit) == (True, True)
    assert all(one in ended["nyVerdi"] for one in (before["gradertAv"], "nedgraderingsdato", '"H"'))
    assert len([one for one in known if one.get("referanseMetadata") == "gradering"]) == 2
    assert [one for one in learnt if "grader" in str(one).lower()] == []
    assert len(learnt) > 0


@pytest.mark.krav("C4.5.22")
@ROUTES
@pytest.mark.parametrize(
    ("user", "kode", "status"),
    [
        ("leser", "B", 404),
        ("saksbehandler", "B", 200),
        ("saksbehandler", "K", 404),
        ("saksbehandler", "H", 404),
        ("leder", "H", 404),
        ("arkivar", "H", 404),
        ("administrator", "K", 200),
        ("administrator", "H", 200),
    ],
)
def test_gradings_are_ended_by_those_who_are_cleared_for_them(
    log_in: LogIn,
    readers: Readers,
    stage: Stage,
    route: Route,
    user: str,
    kode: str,
    status: int,
) -> None:
    unit = stage.new_mappe()
    patched(readers.cleared, unit, {"graderingskode": {"kode": kode}})
    before = readers.cleared.refreshed(unit)

    answer = route(log_in(f"{user}@molde"), unit, None)

    assert answer.status_code in ({status, 403} if user == "leser" else {status}), answer.text
    assert (readers.cleared.refreshed(unit) == before) is (status == 404)


@pytest.mark.krav("C4.5.22")
def test_title_of_what_was_graded_is_not_learnt_when_it_is_deleted(
    readers: Readers, stage: Stage
) -> None:
    unit = stage.new_mappe()
    patched(readers.cleared, unit, H)
    assert readers.cleared.delete(readers.cleared.link(unit, "self")).status_code == 204

    counts = [
        one.get(
            f"{one.root}loggingogsporing/hendelseslogg/",
            params={"$filter": f"tidligereVerdi eq '{unit['tittel']}'"},
        ).json()["count"]
        for one in (readers.cleared, readers.other)
    ]

    assert counts == [1, 0]


Taken = Callable[[Stage, Readers], tuple[Any, Attempt]]


def graded(readers: Readers, unit: Any) -> Any:
    answer = patched(readers.cleared, unit, H)
    assert answer.status_code == 200, answer.text
    return answer.json()


def entry_from_case(stage: Stage, readers: Readers) -> tuple[Any, Attempt]:
    post = stage.entry("X", "R", graded(readers, stage.case()))
    return post, Move(post, "mappe", stage.case())


def registrering_from_arkivdel(stage: Stage, readers: Readers) -> tuple[Any, Attempt]:
    unit = stage.made(stage.new_mappe(graded(readers, stage.new_arkivdel())), "registrering")
    return unit, Move(unit, "mappe", stage.new_mappe())


def mappe_from_arkivdel(stage: Stage, readers: Readers) -> tuple[Any, Attempt]:
    unit = stage.new_mappe(graded(readers, stage.new_arkivdel()))
    return unit, Move(unit, "arkivdel", stage.new_arkivdel())


def mappe_from_mappe(stage: Stage, readers: Readers) -> tuple[Any, Attempt]:
    unit = stage.new_mappe(graded(readers, stage.new_mappe()))
    return unit, Move(unit, "overmappe", stage.new_mappe())


def case_from_klasse(stage: Stage, readers: Readers) -> tuple[Any, Attempt]:
    unit = stage.case(graded(readers, stage.new_klasse()))
    return unit, Move(unit, "klasse", stage.other_klasse)


def klasse_from_klasse(stage: Stage, readers: Readers) -> tuple[Any, Attempt]:
    system = stage.system()
    above, other = stage.new_klasse(system, "1"), stage.new_klasse(system, "2")
    unit = stage.new_klasse(graded(readers, above), "11")
    return unit, Move(unit, "overklasse", other)


def document_from_entry(stage: Stage, readers: Readers) -> tuple[Any, Attempt]:
    paper = stage.paper(stage.entry("X", "R", graded(readers, stage.case())))
    return paper, Tie(stage.entry(), "dokumentbeskrivelse", paper)


def mappe_that_passes_on(stage: Stage, readers: Readers) -> tuple[Any, Attempt]:
    mappe, _ = stage.passing()
    graded(readers, stage.arkivdel_of(mappe))
    made = stage.made(stage.new_mappe(), "registrering")
    return mappe, Move(made, "mappe", mappe)


TAKEN = pytest.mark.parametrize(
    "taken",
    [
        entry_from_case,
        registrering_from_arkivdel,
        mappe_from_arkivdel,
        mappe_from_mappe,
        case_from_klasse,
        klasse_from_klasse,
        document_from_entry,
        mappe_that_passes_on,
    ],
)


@pytest.mark.krav("C4.5.22", "5.11.5")
@TAKEN
@pytest.mark.parametrize("place", [0, 1], ids=["by link", "by reference"])
def test_what_is_taken_out_stays_graded(
    readers: Readers, stage: Stage, taken: Taken, place: int
) -> None:
    unit, attempt = taken(stage, readers)
    before = readers.see(unit)

    answers = attempt.over_http(readers.cleared)
    if place == 1 and isinstance(attempt, Move):
        there = stage.client.link(attempt.target, "self")
        here = f"{stage.client.link(attempt.unit, 'self')}{attempt.role}/$ref"
        answers = iter([readers.cleared.request("PUT", here, content=there)])
    answer = next(answers)

    assert answer.is_success, answer.text
    assert (before, readers.see(unit)) == ((True, False), (True, False))
    assert readers.cleared.refreshed(unit)["gradering"]["graderingskode"]["kode"] == "H"


@pytest.mark.krav("C4.5.22")
@TAKEN
def test_what_is_taken_out_without_the_api_stays_graded(
    readers: Readers, stage: Stage, in_session: InSession, taken: Taken
) -> None:
    unit, attempt = taken(stage, readers)

    in_session(lambda change: attempt.in_session(COMMANDS, change))

    assert readers.see(unit) == (True, False)


def test_file_is_not_moved_to_a_document_that_is_graded_lower(
    readers: Readers, stage: Stage
) -> None:
    secret, open_ = stage.paper(stage.entry(), "B"), stage.paper(stage.entry(), "B")
    up, down = stage.version(open_), stage.version(secret)
    graded(readers, secret)

    answers = [
        next(Move(*move).over_http(readers.cleared)).status_code
        for move in ((down, "dokumentbeskrivelse", open_), (up, "dokumentbeskrivelse", secret))
    ]

    assert answers == [409, 200]
