"""The public journal: open to everybody once it is switched on, and in every form the same."""

import json
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest
from lxml import etree
from tests.conftest import Client, Service
from tests.journal.conftest import (
    CLOSED,
    FORMS,
    KOMMUNE,
    MASK,
    Desk,
    Waiting,
    a_word,
    words_of,
)
from tests.noark.conftest import part
from tests.noark.stage import status

SHARED = Path(__file__).parents[3] / "shared" / "deposit" / "schemas" / "noark5" / "v5.0"
TODAY = date.today()  # noqa: DTZ011  as the service has it: tests run in one time zone
OLD = "2024-03-04T12:00:00+01:00"


@pytest.mark.parametrize("place", ["", "2026-01-05/"])
@pytest.mark.parametrize("form", FORMS)
def test_without_being_switched_on_there_is_no_public_journal(
    http: httpx.Client, service: Service, form: str, place: str
) -> None:
    root = f"{service.url}/{CLOSED}/api/"

    answer = http.get(f"{root}offentlig/journal/{place}", params={"format": form})

    assert answer.status_code == 404
    assert "offentlig journal" in answer.json()["feil"]["beskrivelse"]
    assert "offentlig" not in str(http.get(root).json())


def test_switched_off_again_it_is_gone(desk: Desk, waiting: Waiting) -> None:
    desk.letter()

    with waiting(None):
        answers = [desk.read(format=form).status_code for form in FORMS]

    assert answers == [404] * 3
    assert desk.read().status_code == 200


def test_a_kommune_that_is_not_there_has_none(http: httpx.Client, service: Service) -> None:
    assert http.get(f"{service.url}/finnes-ikke/api/offentlig/journal/").status_code == 404


def test_the_root_leads_to_it_without_a_token(desk: Desk) -> None:
    links = desk.client.http.get(desk.client.root).json()["_links"]

    address = links["https://rel.sakark.no/v1/journal/offentlig/"]["href"].split("{?")[0]

    assert desk.client.http.get(address).status_code == 200


def test_an_entry_tells_what_the_law_asks_for(desk: Desk) -> None:
    title, case_title = a_word(), a_word()
    case = desk.sak(tittel=case_title)
    made = desk.letter(case, tittel=title, dokumentetsDato="2026-01-31T00:00:00+01:00")
    desk.made(made, "avskrivning", avskrivningsmaate={"kode": "TE"})

    (entry,) = desk.entries()

    assert entry["systemID"] == made["systemID"]
    assert entry["registreringsID"] == made["registreringsID"]
    assert entry["offentligTittel"] == title
    assert entry["journaldato"] == made["journaldato"][:10]
    assert entry["dokumentetsDato"] == "2026-01-31"
    assert entry["journalposttype"]["kode"] == "I"
    assert entry["avskrivning"]["avskrivningsmaate"]["kode"] == "TE"
    assert entry["saksmappe"]["offentligTittel"] == case_title
    assert entry["saksmappe"]["administrativEnhet"] == desk.enhet
    assert [one["korrespondansepartNavn"] for one in entry["korrespondansepart"]] == ["Ola"]
    assert entry["klasse"]["klasseID"] == "L42"


@pytest.mark.parametrize("form", FORMS)
def test_every_form_tells_the_same_entries(desk: Desk, form: str) -> None:
    title, sender = a_word(), a_word()
    made = desk.letter(tittel=title, korrespondansepartperson=[part(sender, "EA")])

    told = words_of(desk.read(format=form))

    assert [one in told for one in (title, sender, made["registreringsID"], desk.enhet)] == (
        [True] * 4
    )


def test_only_what_is_journalled_is_there(desk: Desk) -> None:
    case = desk.sak()
    desk.entry("U", "R", case)
    sent = desk.entry("U", "R", case)
    desk.change(sent, **status("journalstatus", "E"))
    void = desk.letter(case)
    desk.change(void, **status("journalstatus", "U"))

    assert [one["systemID"] for one in desk.entries()] == [sent["systemID"]]


def test_entries_are_in_the_order_of_the_journal_and_paged(desk: Desk) -> None:
    case = desk.sak()
    made = [desk.letter(case)["systemID"] for _ in range(5)]

    first = desk.read(**{"$top": 2}).json()
    second = desk.client.http.get(first["_links"]["next"]["href"]).json()
    third = desk.client.http.get(second["_links"]["next"]["href"]).json()

    pages = [[one["systemID"] for one in page["results"]] for page in (first, second, third)]
    assert pages == [made[:2], made[2:4], made[4:]]
    assert [page["count"] for page in (first, second, third)] == [5, 5, 5]
    assert "next" not in third["_links"]


def test_days_are_asked_for_by_journaldato(desk: Desk) -> None:
    case = desk.sak()
    for day in ("2026-03-04T23:30:00+01:00", "2026-03-05T00:10:00+01:00", "2026-03-06T12:00:00Z"):
        desk.letter(case, journaldato=day)

    told = [one["journaldato"] for one in desk.entries(fra="2026-03-05", til="2026-03-06")]

    assert told == ["2026-03-05", "2026-03-06"]


def test_a_day_has_an_address_of_its_own(desk: Desk) -> None:
    made = desk.letter(journaldato="2026-03-07T12:00:00+01:00")

    answer = desk.public("2026-03-07/", **{"$top": 1000}).json()

    assert made["systemID"] in [one["systemID"] for one in answer["results"]]
    assert {one["journaldato"] for one in answer["results"]} == {"2026-03-07"}
    assert (answer["fra"], answer["til"]) == ("2026-03-07", "2026-03-07")


@pytest.mark.parametrize("form", ["json", "xml"])
def test_entries_wait_the_working_days_that_the_kommune_says(
    desk: Desk, waiting: Waiting, form: str
) -> None:
    word = a_word()
    desk.letter(tittel=word)
    late = a_word()
    desk.letter(tittel=late, journaldato="2026-03-09T12:00:00+01:00")
    since = {"fra": "2026-02-01", "til": "2026-12-31"}
    before = words_of(desk.read(format=form, **since))

    with waiting(5):
        now = desk.read(**since)
        gone = desk.read(format=form, **since)
        found = desk.read(q=word)

    assert word in before
    assert late in before
    assert now.json()["count"] == found.json()["count"] == 0
    assert gone.status_code == (404 if form == "xml" else 200)


def test_a_day_that_waits_says_which_is_the_last_one(desk: Desk, waiting: Waiting) -> None:
    with waiting(3):
        answer = desk.public(f"{TODAY}/")

    assert answer.status_code == 404
    assert "ikke offentlig ennå" in answer.json()["feil"]["beskrivelse"]


@pytest.mark.parametrize("form", FORMS)
def test_after_a_year_names_of_persons_are_not_told(desk: Desk, form: str) -> None:
    person, company, handler, party = (a_word() for _ in range(4))
    case = desk.sak(tittel=f"Tilsyn hos {party.upper()}", saksansvarlig=handler)
    desk.client.make(case, "arkivstruktur/ny-partperson/", {"navn": f"Åse {party}"})
    desk.letter(
        case,
        journaldato=OLD,
        tittel=f"Søknad fra Kari {person}s bo, ({person})",
        korrespondansepartperson=[part(f"Kari {person}", "EA")],
        korrespondansepartenhet=[part(f"{company} AS", "EA")],
        korrespondansepartintern=[
            {"saksbehandler": handler, "korrespondanseparttype": {"kode": "IM"}}
        ],
    )

    told = words_of(desk.read(format=form, fra="2024-03-04", til="2024-03-04"))

    hidden = [one for one in (person, handler, party, party.upper()) if one in told]
    assert hidden == []
    assert company in told
    assert f"Søknad fra {MASK} {MASK} bo, ({MASK})" in told
    assert f"Tilsyn hos {MASK}" in told


def test_within_a_year_names_are_told(desk: Desk) -> None:
    person = a_word()
    desk.letter(tittel=f"Søknad fra {person}", korrespondansepartperson=[part(person, "EA")])

    assert f"Søknad fra {person}" in words_of(desk.read())


def test_words_of_titles_are_found_for_a_year(desk: Desk) -> None:
    word, case = a_word(), desk.sak()
    new = desk.letter(case, tittel=f"Søknad om {word}")
    desk.letter(case, tittel=f"Søknad om {word}", journaldato=OLD)
    desk.letter(case, tittel="Søknad om noe annet")

    found = desk.public(q=f"{word} søknad")
    old = desk.public(q=word, fra="2024-03-04", til="2024-03-04")

    assert [one["systemID"] for one in found.json()["results"]] == [new["systemID"]]
    assert old.json()["count"] == 0


def test_words_are_found_in_both_languages(desk: Desk) -> None:
    word = a_word()
    desk.letter(tittel=f"Ny skule {word}")

    assert desk.public(q=f"skole {word}").json()["count"] == 1


def test_names_of_correspondents_are_not_searched(desk: Desk) -> None:
    word = a_word()
    desk.letter(korrespondansepartperson=[part(word, "EA")])

    assert desk.public(q=word).json()["count"] == 0
    assert desk.public(navn=word).status_code == 400
    assert desk.public(**{"$filter": f"korrespondansepart/navn eq '{word}'"}).status_code == 400


@pytest.mark.parametrize("form", FORMS)
def test_numbers_and_addresses_of_persons_are_never_told(desk: Desk, form: str) -> None:
    number, spaced = "01817000173", "018170 00173"
    person = {
        **part(f"Kari {number}", "EA"),
        "personidentifikator": [{"foedselsnummer": "01817000173"}],
        "postadresse": {"adresselinje1": "Fjordvegen 12", "poststed": "MIDSUND"},
        "kontaktinformasjon": {"epostadresse": "kari@example.no", "telefon": "71000000"},
    }
    desk.letter(
        desk.sak(tittel=f"Mappe {spaced}"),
        tittel=f"Om {number}, ja",
        korrespondansepartperson=[person],
    )

    told = words_of(desk.read(format=form))

    hidden = [number, spaced, "Fjordvegen", "kari@", "71000000"]
    assert [one for one in hidden if one in told] == []
    assert f"Om {MASK}, ja" in told


def test_robots_are_refused_everywhere(desk: Desk, http: httpx.Client, service: Service) -> None:
    desk.letter()

    headers = [desk.read(format=form).headers["x-robots-tag"] for form in FORMS]
    rules = http.get(f"{service.url}/robots.txt")

    assert headers == ["noindex, nofollow, noarchive"] * 3
    assert (rules.status_code, rules.text) == (200, "User-agent: *\nDisallow: /\n")


@pytest.mark.parametrize("form", ["json", "pdf"])
def test_who_has_it_is_not_given_it_again(desk: Desk, form: str) -> None:
    case = desk.sak()
    desk.letter(case)
    first = desk.read(format=form)
    tag = first.headers["etag"]
    address = first.request.url

    same = desk.client.http.get(address, headers={"If-None-Match": tag})
    desk.letter(case)
    changed = desk.client.http.get(address, headers={"If-None-Match": tag})

    assert (same.status_code, same.content) == (304, b"")
    assert same.headers["x-robots-tag"].startswith("noindex")
    assert first.headers["cache-control"] == "public, max-age=300"
    assert (changed.status_code, changed.headers["etag"] != tag) == (200, True)


def test_accept_chooses_the_form_where_none_is_named(desk: Desk) -> None:
    desk.letter()
    address = desk.read().request.url

    kinds = [
        desk.client.http.get(address, headers={"Accept": accept}).headers["content-type"]
        for accept in ("application/pdf", "application/xml", "application/json", "*/*")
    ]
    refused = desk.client.http.get(address, headers={"Accept": "text/csv"})

    assert [kind.partition(";")[0].split("/")[1] for kind in kinds] == [
        "pdf",
        "xml",
        "vnd.noark5+json",
        "vnd.noark5+json",
    ]
    assert refused.status_code == 406


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"fra": "2026-02-30"}, "fra må være en dato"),
        ({"til": "i dag"}, "til må være en dato"),
        ({"fra": "0001-01-01", "til": "0001-01-01"}, "må være en dato"),
        ({"fra": "2026-02-02", "til": "2026-02-01"}, "Bytt dem"),
        ({"fra": "2020-01-01", "til": "2026-02-01"}, "Del den"),
        ({"til": "9999-12-31"}, "til må være en dato"),
        ({"format": "csv"}, "json, xml eller pdf"),
        ({"format": "pdf", "$top": "5"}, "kortere periode"),
        ({"q": ""}, "Søket er tomt"),
        ({"$top": "alle"}, "heltall"),
        ({"enhet": "a\x00b"}, "tegn som ikke kan brukes"),
    ],
)
def test_questions_that_make_no_sense_say_why(desk: Desk, asked: dict[str, str], said: str) -> None:
    answer = desk.public(**asked)

    assert answer.status_code == 400
    assert said in answer.json()["feil"]["beskrivelse"]


def test_an_empty_day_is_told_so(desk: Desk) -> None:
    nobody = {"enhet": a_word()}

    assert desk.public(**nobody).json()["results"] == []
    assert "Ingen journalposter" in words_of(desk.public(format="pdf", **nobody))
    assert desk.public(format="xml", **nobody).status_code == 404


def test_the_xml_is_valid_by_the_official_schema(desk: Desk) -> None:
    schema_file = SHARED / "offentligJournal.xsd"
    if not schema_file.exists():
        pytest.skip(f"The official schemas are not in {SHARED}: nothing to judge the journal by.")
    desk.letter(tittel="Garasje <i> hagen & \x0bnaustet")
    schema = etree.XMLSchema(etree.parse(schema_file))

    told = etree.fromstring(desk.read(format="xml").content)

    schema.assertValid(told)
    assert told.findtext("{*}journalhode/{*}arkivskaper/{*}arkivskaperNavn") == "Midsund kommune"
    assert told.findtext("{*}journalhode/{*}antallJournalposter") == "1"


def test_nothing_is_written_by_way_of_it(desk: Desk) -> None:
    address = desk.read().request.url

    answers = [
        desk.client.http.request(method, address).status_code
        for method in ("POST", "PUT", "PATCH", "DELETE")
    ]

    assert answers == [405] * 4


def test_a_token_opens_no_more_than_none(desk: Desk) -> None:
    word = a_word()
    desk.letter(tittel=word, skjerming=None)
    address = desk.read().request.url

    plain = desk.client.http.get(address)
    shown = desk.client.get(str(address))

    assert json.loads(plain.content) == json.loads(shown.content)


def test_the_kommune_of_the_address_is_the_only_one(
    desk: Desk, http: httpx.Client, service: Service
) -> None:
    made = desk.letter()
    other = Client(http, service, None, CLOSED)

    assert made["systemID"] in desk.read().text
    assert other.get(f"{other.root}offentlig/journal/{TODAY - timedelta(1)}/").status_code == 404
    assert other.root.split("/")[3] != KOMMUNE
