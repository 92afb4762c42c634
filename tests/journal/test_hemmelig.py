"""Nothing that is screened, graded or blocked is in the public journal, nor can it be asked out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import TILGANGSSTYRING, Client, Service
from tests.journal.conftest import FORMS, KOMMUNE, MASK, Desk, a_word, screened, words_of
from tests.noark.conftest import part

DAY = "2026-02-03"
Hide = Callable[[Desk, str], Any]
"""Enters something of which a word is hidden, and gives the entry."""


def title(desk: Desk, word: str) -> Any:
    return desk.letter(tittel=f"Varsel om {word}", **screened("TRO"))


def later_lines(desk: Desk, word: str) -> Any:
    return desk.letter(tittel=f"Varsel\nom {word}", **screened("TR1"))


def public_title(desk: Desk, word: str) -> Any:
    given = {"tittel": f"Varsel om {word}", "offentligTittel": "Varsel om *****"}
    return desk.letter(**given, **screened("TRO"))


def sender(desk: Desk, word: str) -> Any:
    return desk.letter(korrespondansepartperson=[part(word, "EA")], **screened("NA"))


def company(desk: Desk, word: str) -> Any:
    parts = {"korrespondansepartperson": [], "korrespondansepartenhet": [part(word, "EA")]}
    return desk.letter(**parts, **screened("NM"))


def case_title(desk: Desk, word: str) -> Any:
    return desk.letter(desk.sak(tittel=f"Mappe {word}", **screened("TMO")))


def everything(desk: Desk, word: str) -> Any:
    case = desk.sak(tittel=f"Barnevern {word}", **screened("M"))
    parts = [part(word, "EA")]
    return desk.letter(case, tittel=word, beskrivelse=word, korrespondansepartperson=parts)


def klasse(desk: Desk, word: str) -> Any:
    filed = desk.made(
        desk.klassifikasjonssystem, "klasse", klasseID=word, tittel=word, **screened("KID", "TKL")
    )
    return desk.letter(desk.case(filed, administrativEnhet=desk.enhet))


def graded(desk: Desk, word: str) -> Any:
    entry = secret(desk, word)
    desk.change(desk.client.refreshed(entry), gradering={"graderingskode": {"kode": "B"}})
    return entry


def graded_case(desk: Desk, word: str) -> Any:
    case = desk.sak(tittel=word, offentligTittel=word)
    entry = secret(desk, word, case)
    desk.change(desk.client.refreshed(case), gradering={"graderingskode": {"kode": "F"}})
    return entry


def blocked(desk: Desk, word: str) -> Any:
    entry = secret(desk, word)
    desk.client.make(entry, f"{TILGANGSSTYRING}ny-sperring/", {"hjemmel": "GDPR art. 17"})
    return entry


def blocked_case(desk: Desk, word: str) -> Any:
    case = desk.sak(tittel=word, offentligTittel=word)
    entry = secret(desk, word, case)
    desk.client.make(case, f"{TILGANGSSTYRING}ny-sperring/", {"hjemmel": "GDPR art. 17"})
    return entry


def party(desk: Desk, word: str) -> Any:
    """A party is never in the journal, screened or not."""
    case = desk.sak()
    desk.client.make(case, "arkivstruktur/ny-partperson/", {"navn": word})
    return desk.letter(case)


def document(desk: Desk, word: str) -> Any:
    """Neither is what documents are called."""
    entry = desk.letter()
    desk.paper(entry, tittel=word)
    return entry


def secret(desk: Desk, word: str, case: Any | None = None) -> Any:
    """Enter a letter that says the word wherever it can."""
    return desk.letter(
        case, tittel=word, offentligTittel=word, korrespondansepartperson=[part(word, "EA")]
    )


WAYS: Sequence[Hide] = [
    title,
    later_lines,
    public_title,
    sender,
    company,
    case_title,
    everything,
    klasse,
    graded,
    graded_case,
    blocked,
    blocked_case,
    party,
    document,
]


HIDDEN = (graded, graded_case, blocked, blocked_case)
CASES = (graded_case, blocked_case)


@dataclass
class Day:
    """A day on which something was hidden in every way, and what each form tells of it."""

    desk: Desk
    hidden: Mapping[Hide, tuple[str, Any]]
    told: Mapping[str, str]
    entries: Mapping[str, Any]


@pytest.fixture(scope="module")
def day(published: None, http: httpx.Client, service: Service) -> Day:
    """Hide a word in every way on one day, and read the day once in each form."""
    del published  # it is there
    desk = Desk(Client(http, service, f"administrator@{KOMMUNE}", KOMMUNE), f"{DAY}T12:00:00+01:00")
    hidden: dict[Hide, tuple[str, Any]] = {}
    for hide in WAYS:
        word = a_word()
        hidden[hide] = (word, hide(desk, word))
    read = {form: desk.public(f"{DAY}/", format=form) for form in ("xml", "pdf")}
    read["json"] = desk.public(f"{DAY}/", **{"$top": 1000})
    entries = {one["systemID"]: one for one in read["json"].json()["results"]}
    return Day(desk, hidden, {form: words_of(one) for form, one in read.items()}, entries)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("hide", WAYS)
def test_what_is_hidden_is_in_no_form_and_its_entry_is(day: Day, hide: Hide, form: str) -> None:
    word, made = day.hidden[hide]

    assert word not in day.told[form]
    assert made["registreringsID"] in day.told[form]


@pytest.mark.parametrize("hide", WAYS)
def test_what_is_hidden_is_not_asked_out(day: Day, hide: Hide) -> None:
    word, _ = day.hidden[hide]

    asked = [{"q": word}, {"q": f"varsel {word}"}, {"q": f"varsel -{word}"}, {"enhet": word}]
    found = [day.desk.public(fra=DAY, til=DAY, **one).json() for one in asked]

    assert [one["count"] for one in found] == [0] * len(asked)


@pytest.mark.parametrize("hide", HIDDEN)
def test_of_what_is_graded_or_blocked_nothing_is_told_but_that_it_is_there(
    day: Day, hide: Hide
) -> None:
    entry = day.entries[day.hidden[hide][1]["systemID"]]

    assert entry["offentligTittel"] == MASK
    assert {one["korrespondansepartNavn"] for one in entry["korrespondansepart"]} == {MASK}
    assert {"dokumentetsDato", "klasse", "avskrivning"}.isdisjoint(entry)


@pytest.mark.parametrize("hide", CASES)
def test_the_unit_of_a_hidden_case_is_not_told_or_asked_for(day: Day, hide: Hide) -> None:
    made = day.hidden[hide][1]
    case = day.entries[made["systemID"]]["saksmappe"]

    listed = day.desk.entries(fra=DAY, til=DAY, **{"$top": 1000})

    assert case["offentligTittel"] == case["administrativEnhet"] == case["saksansvarlig"] == MASK
    assert made["systemID"] not in [one["systemID"] for one in listed]


@pytest.mark.parametrize("form", ["json", "xml"])
def test_another_secret_gives_the_same_answer(desk: Desk, form: str) -> None:
    made = desk.letter(
        tittel=f"Varsel om {a_word()}",
        korrespondansepartperson=[part(a_word(), "EA")],
        **screened("TRO", "NA"),
    )
    before = desk.read(format=form)

    desk.change(desk.client.refreshed(made), tittel=f"Varsel om {a_word()}")
    after = desk.read(format=form)

    assert before.headers["etag"] == after.headers["etag"]
    assert before.content == after.content


KODER = st.lists(st.sampled_from(["TR1", "TRO", "NA", "NM", "M"]), min_size=1, unique=True)
CASE_KODER = st.lists(st.sampled_from(["TM1", "TMO", "M"]), unique=True)


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(koder=KODER, of_case=CASE_KODER, rank=st.sampled_from([None, "B", "F"]), old=st.booleans())
def test_no_screened_word_is_in_the_public_journal(
    desk: Desk, koder: list[str], of_case: list[str], rank: str | None, *, old: bool
) -> None:
    words = {name: a_word() for name in ("title", "name", "case")}
    case = desk.sak(tittel=f"Sak\n{words['case']}", **(screened(*of_case) if of_case else {}))
    made = desk.letter(
        case,
        tittel=f"Brev\n{words['title']}",
        korrespondansepartperson=[part(words["name"], "EA")],
        journaldato="2024-05-06T12:00:00+02:00" if old else "2026-05-06T12:00:00+02:00",
        **screened(*koder),
    )
    if rank is not None:
        entry = desk.client.refreshed(made)
        desk.change(entry, gradering={"graderingskode": {"kode": rank}})
    whole = rank is not None
    hidden = {
        "title": whole or bool({"TR1", "TRO"} & {*koder} or "M" in koder),
        "name": whole or old or bool({"NA", "NM", "M"} & {*koder}),
        "case": bool({"TM1", "TMO", "M"} & {*of_case}),
    }

    day = made["journaldato"][:10]
    # What is printed is made of the JSON, and of nothing else.
    told = [
        words_of(desk.public(f"{day}/", format=form, **asked))
        for form, asked in (("json", {"$top": 1000}), ("xml", {}))
    ]

    leaked = [
        name for name, word in words.items() if hidden[name] and any(word in one for one in told)
    ]
    assert leaked == []
    assert all(made["registreringsID"] in one for one in told)
