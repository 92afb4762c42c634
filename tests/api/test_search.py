"""Search finds what documents say, in both languages, and nothing that the caller may not see."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session
from tests.conftest import Client, LogIn, Service, World, in_kommune

from sakark_api.noark.arkivstruktur.dokumentobjekt import Dokumentobjekt
from sakark_api.noark.bevaring.tekst import keep_text
from sakark_api.noark.resource import Actor, Change

FILE = "arkivstruktur/fil/"
LOG = "loggingogsporing/endringslogg/"


def a_word() -> str:
    """Make a word that nobody else has written."""
    return f"ord{uuid4().hex}"


def say(service: Service, unit: Mapping[str, Any], tekst: str, kommune: str = "molde") -> None:
    """Let a file say something, as the worker has read it."""

    def act(session: Session) -> None:
        now = datetime.now(UTC)
        change = Change(session, Actor(uuid4(), "Arkivet"), now, session.info["kodeverk"])
        found = change.get(Dokumentobjekt, UUID(unit["systemID"]))
        assert found is not None
        keep_text(change, found, tekst)

    in_kommune(service.settings, kommune, act)


def send(client: Client, unit: Mapping[str, Any]) -> Any:
    """Send a file to a dokumentobjekt: what it says is said of it afterwards."""
    headers = {"Content-Type": "application/pdf"}
    answer = client.request("POST", client.link(unit, FILE), content=b"%PDF-1.7", headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()


def search(client: Client, words: str, **more: Any) -> Any:
    answer = client.get(f"{client.root}sok/", params={"q": words, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(found: Any) -> set[str]:
    return {one["systemID"] for one in found.get("results", [])}


def listed(client: Client, path: str, words: str) -> set[str]:
    """Give what a list's own $search finds."""
    answer = client.get(f"{client.root}{path}/", params={"$search": words})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["count"] == len(ids(found))
    return ids(found)


Saying = Callable[[str], Any]


@pytest.fixture
def saying(world: World, service: Service) -> Saying:
    """Let the world's file say something; give the file."""

    def saying(tekst: str) -> Any:
        file = send(world.client, world.dokumentobjekt)
        say(service, file, tekst)
        return file

    return saying


def screen(world: World, unit: Mapping[str, Any], code: str) -> None:
    """Screen a unit by a code: one for its files, or one for what it says itself."""
    of_files = code in ("H", "D")
    skjerming = {
        "tilgangsrestriksjon": {"kode": "6"},
        "skjermingMetadata": [{"kode": "NPS" if of_files else code}],
        **({"skjermingDokument": {"kode": code}} if of_files else {}),
    }
    client = world.client
    changed = client.patch(
        client.link(unit, "self"),
        {"skjerming": skjerming},
        headers={"If-Match": client.etag(unit)},
    )
    assert changed.status_code == 200, changed.text


@pytest.fixture
def leser(log_in: LogIn) -> Client:
    """One who may read, and not what is screened."""
    return log_in("leser@molde")


LISTS = {
    "arkivstruktur/dokumentobjekt": "dokumentobjekt",
    "arkivstruktur/dokumentbeskrivelse": "dokumentbeskrivelse",
    "arkivstruktur/registrering": "journalpost",
    "sakarkiv/journalpost": "journalpost",
}


@pytest.mark.krav("5.13.18", "5.13.22", "5.13.26")
@pytest.mark.parametrize("path", LISTS)
def test_words_of_a_document_are_found_by_search_of_what_it_is_in(
    world: World, saying: Saying, path: str
) -> None:
    word = a_word()
    saying(f"Vedtak om {word} i Fjordvegen")

    assert listed(world.client, path, word) == {getattr(world, LISTS[path])["systemID"]}


def test_words_may_be_partly_in_the_title_and_partly_in_the_file(
    world: World, saying: Saying
) -> None:
    word = a_word()
    saying(f"Vedtak om {word}")

    found = listed(world.client, "sakarkiv/journalpost", f"brevet {word} vedtak")

    assert found == {world.journalpost["systemID"]}


def test_a_common_word_of_a_document_is_found_with_its_rare_one(
    world: World, saying: Saying
) -> None:
    word = a_word()
    saying(f"Brevet {word}")

    assert listed(world.client, "arkivstruktur/registrering", f"{word} brevet")


@pytest.mark.parametrize("code", ["H", "D", "M"])
@pytest.mark.parametrize("path", LISTS)
def test_words_of_a_screened_document_are_not_asked_out(
    world: World, saying: Saying, leser: Client, path: str, code: str
) -> None:
    word = a_word()
    saying(f"Vedtak om {word}")
    screen(world, world.dokumentbeskrivelse, code)

    assert listed(leser, path, word) == set()
    assert listed(world.client, path, word)


def test_what_was_taken_out_of_a_screened_document_leaves_the_rest_to_be_found(
    world: World, service: Service, leser: Client
) -> None:
    word, client = a_word(), world.client
    public = client.make(
        world.dokumentbeskrivelse,
        "arkivstruktur/ny-dokumentobjekt/",
        {"variantformat": {"kode": "O"}},
    )
    say(service, send(client, public), f"Vedtak om {word}")
    screen(world, world.dokumentbeskrivelse, "H")

    assert listed(leser, "arkivstruktur/dokumentobjekt", word) == {public["systemID"]}
    assert ids(search(leser, word)) == {world.dokumentbeskrivelse["systemID"]}


def test_a_hit_shows_the_words_around_it_and_where_they_are(world: World, saying: Saying) -> None:
    word, client = a_word(), world.client
    file = saying(f"Kommunen har <b>vedtatt</b> {word} for Fjordvegen 12 på Nesje.")

    (hit,) = search(client, word)["results"]

    assert (hit["type"], hit["tittel"]) == ("dokumentbeskrivelse", "Dokumentet")
    assert [one["tekst"] for one in hit["utdrag"] if one["treff"]] == [word]
    assert "Fjordvegen 12" in "".join(one["tekst"] for one in hit["utdrag"])
    assert client.get(client.link(hit, "self")).json()["systemID"] == hit["systemID"]
    found = client.get(client.link(hit, "arkivstruktur/dokumentobjekt/")).json()
    assert found["systemID"] == file["systemID"]


def test_the_passage_is_from_where_the_word_is(world: World, saying: Saying) -> None:
    word = a_word()
    saying(f"{'Kommunestyret møttes. ' * 5000}Så kom {word} opp.")

    (hit,) = search(world.client, word)["results"]

    assert word in [one["tekst"] for one in hit["utdrag"] if one["treff"]]


def test_cases_entries_and_documents_are_found_and_what_they_are_called_comes_first(
    world: World, saying: Saying
) -> None:
    word, client = a_word(), world.client
    saying(f"Vedtak om {word}")
    case = client.make(world.klasse, "sakarkiv/ny-saksmappe/", {"tittel": f"Sak om {word}"})
    entry = client.make(case, "sakarkiv/ny-journalpost/", {"tittel": f"Brev om {word}"})

    found = search(client, word)

    *titles, document = found["results"]
    assert {one["systemID"] for one in titles} == {case["systemID"], entry["systemID"]}
    assert document["systemID"] == world.dokumentbeskrivelse["systemID"]
    assert {one.get("identifikator") for one in titles} == {
        case["mappeID"],
        entry["registreringsID"],
    }
    assert (found["count"], found["harFlere"]) == (3, False)


def test_a_document_is_one_hit_whatever_it_is_found_by(
    world: World, service: Service, saying: Saying
) -> None:
    word, client = a_word(), world.client
    saying(f"Vedtak om {word}")
    second = client.make(world.dokumentbeskrivelse, "arkivstruktur/ny-dokumentobjekt/", {})
    say(service, send(client, second), f"Nytt vedtak om {word}")

    found = search(client, word)

    assert found["count"] == 1
    assert client.link(found["results"][0], "arkivstruktur/dokumentobjekt/") == client.link(
        second, "self"
    )


@pytest.fixture
def three(world: World) -> str:
    """A word that two cases and an entry are called."""
    word = a_word()
    for tittel in ("Første", "Andre"):
        case = world.client.make(
            world.klasse, "sakarkiv/ny-saksmappe/", {"tittel": f"{tittel} {word}"}
        )
    world.client.make(case, "sakarkiv/ny-journalpost/", {"tittel": f"Brev {word}"})
    return word


def test_hits_are_counted_by_what_they_can_be_narrowed_to(world: World, three: str) -> None:
    facets = search(world.client, three)["fasetter"]

    counts = {name: {one["verdi"]: one["antall"] for one in facets[name]} for name in facets}
    year = str(datetime.now(UTC).year)
    assert counts["type"] == {"saksmappe": 2, "journalpost": 1}
    assert counts["aar"] == {year: 3}
    assert counts["status"] == {"saksstatus/B": 2, "journalstatus/J": 1}
    assert {one["navn"] for one in facets["type"]} == {"Saksmappe", "Journalpost"}


@pytest.mark.parametrize(
    ("narrowed", "count"),
    [
        ({"type": "saksmappe"}, 2),
        ({"type": "journalpost"}, 1),
        ({"status": "saksstatus/B"}, 2),
        ({"status": "saksstatus/A"}, 0),
        ({"aar": "1999"}, 0),
        ({"enhet": "Ingen enhet"}, 0),
        ({"type": "saksmappe", "status": "journalstatus/J"}, 0),
    ],
)
def test_hits_are_narrowed_by_their_facets(
    world: World, three: str, narrowed: dict[str, str], count: int
) -> None:
    found = search(world.client, three, **narrowed)

    assert (found["count"], len(found["results"])) == (count, count)
    assert sum(one["antall"] for one in found["fasetter"]["type"]) == count


def test_hits_come_in_pages(world: World, three: str) -> None:
    first = search(world.client, three, **{"$top": "2"})

    rest = world.client.get(world.client.link(first, "next")).json()

    assert len(first["results"]) == 2
    assert len(rest["results"]) == 1
    assert not ids(first) & ids(rest)
    assert "next" not in rest["_links"]


def test_a_screened_title_is_found_by_nobody_uncleared_and_shown_to_none_of_them(
    world: World, saying: Saying, leser: Client
) -> None:
    word, inside = a_word(), a_word()
    saying(f"Vedtak om {inside}")
    document = world.dokumentbeskrivelse
    client = world.client
    client.patch(
        client.link(document, "self"),
        {"tittel": f"Varsel {word}"},
        headers={"If-Match": client.etag(document)},
    )
    screen(world, document, "TD")

    (hit,) = search(leser, inside)["results"]

    assert hit["tittel"] == "*****"
    assert search(leser, word)["count"] == 0
    assert search(client, word)["count"] == 1


@pytest.mark.parametrize("code", ["H", "D", "M"])
def test_a_screened_file_is_in_no_hit_count_facet_passage_or_suggestion(
    world: World, saying: Saying, leser: Client, code: str
) -> None:
    word = a_word()
    saying(f"Vedtak om {word}")
    screen(world, world.dokumentbeskrivelse, code)

    found = search(leser, word)

    assert (found["count"], found["results"], found["harFlere"]) == (0, [], False)
    assert all(facet == [] for facet in found["fasetter"].values())
    assert word not in str(suggested(leser, word[:12]))
    assert search(world.client, word)["count"] == 1


def test_who_finds_what_is_screened_is_logged(world: World, saying: Saying, log_in: LogIn) -> None:
    word, client = a_word(), world.client
    saying(f"Vedtak om {word}")
    screen(world, world.dokumentbeskrivelse, "H")

    found = search(log_in("saksbehandler@molde"), word)

    lines = client.get(client.link(world.dokumentbeskrivelse, LOG)).json()["results"]
    assert found["count"] == 1
    assert [one["hendelsetype"]["kode"] for one in lines].count("R") == 1


@pytest.mark.parametrize("role", ["saksbehandler", "leser"])
def test_who_is_given_a_passage_of_a_screened_document_is_logged_as_reading_its_file(
    world: World, saying: Saying, log_in: LogIn, role: str
) -> None:
    word, client = a_word(), world.client
    file = saying(f"Vedtak om {word}")
    screen(world, world.dokumentbeskrivelse, "TD")

    (hit,) = search(log_in(f"{role}@molde"), word)["results"]

    lines = client.get(client.link(file, LOG)).json()["results"]
    read = [one for one in lines if one["hendelsetype"]["kode"] == "R"]
    assert hit["utdrag"]
    assert [one["referanseMetadata"] for one in read] == ["utdrag"]


def test_a_passage_that_anybody_may_read_is_not_logged(
    world: World, saying: Saying, leser: Client
) -> None:
    word, client = a_word(), world.client
    file = saying(f"Vedtak om {word}")

    assert search(leser, word)["count"] == 1

    lines = client.get(client.link(file, LOG)).json()["results"]
    assert "R" not in [one["hendelsetype"]["kode"] for one in lines]


def suggested(client: Client, begun: str) -> Any:
    answer = client.get(f"{client.root}sok/forslag/", params={"q": begun})
    assert answer.status_code == 200, answer.text
    return {name: answer.json()[name] for name in ("ord", "titler")}


def test_what_is_being_written_is_completed_from_titles_and_files(
    world: World, saying: Saying
) -> None:
    word = a_word()
    saying(f"Vedtak om {word}ets følger")
    tittel = f"Sak om {word}ene"
    world.client.make(world.klasse, "sakarkiv/ny-saksmappe/", {"tittel": tittel})

    found = suggested(world.client, f"sak {word[:-2]}")
    alone = suggested(world.client, word[:-2])

    assert found == {"ord": [f"{word}ene"], "titler": [tittel]}
    assert set(alone["ord"]) == {f"{word}ene", f"{word}ets"}


def test_a_screened_title_is_suggested_to_nobody(world: World, saying: Saying) -> None:
    word = a_word()
    saying(f"Vedtak om {word}")
    screen(world, world.dokumentbeskrivelse, "TD")

    assert suggested(world.client, word[:-1]) == {"ord": [], "titler": []}


def test_too_little_is_completed_with_nothing(world: World) -> None:
    assert suggested(world.client, "sa") == {"ord": [], "titler": []}


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"q": ""},
        {"q": "x" * 501},
        {"q": "x", "aar": "i fjor"},
        {"q": "x", "aar": "0"},
        {"q": "x", "type": "x"},
        {"q": "x", "type": "arkivdel"},
        {"q": "x", "$top": "-1"},
        {"q": "x", "$filter": "tittel eq 'x'"},
        {"q": "x\x00y"},
    ],
)
def test_what_is_not_understood_is_refused(world: World, query: dict[str, str]) -> None:
    answer = world.client.get(f"{world.client.root}sok/", params=query)

    assert answer.status_code == 400
    assert answer.json()["feil"]["beskrivelse"]


@pytest.mark.parametrize("words", ["'", '"', "-", "a & | !", "og", ":*", "( <-> )", "%_\\", "😀"])
def test_odd_words_find_nothing_and_break_nothing(world: World, words: str) -> None:
    assert search(world.client, words)["count"] >= 0
    assert suggested(world.client, f"{words}abc{words}")


@pytest.mark.parametrize("path", ["sok/", "sok/forslag/"])
def test_the_root_leads_to_search(world: World, path: str) -> None:
    client = world.client

    links = client.get(client.root).json()["_links"]

    assert any(one["href"].split("{")[0] == f"{client.root}{path}" for one in links.values())


@pytest.mark.parametrize("path", ["sok/", "sok/forslag/"])
def test_search_is_for_those_who_may_read_cases(log_in: LogIn, path: str) -> None:
    statuses = {
        user: log_in(user, "molde").get(f"{log_in(None, 'molde').root}{path}?q=brev").status_code
        for user in (None, "leser@rauma", "leser@molde")
    }

    assert statuses == {None: 401, "leser@rauma": 404, "leser@molde": 200}


def test_the_text_goes_with_its_file(world: World, service: Service) -> None:
    word, client = a_word(), world.client
    draft = client.make(
        world.registrering, "arkivstruktur/ny-dokumentbeskrivelse/", {"tittel": "Utkastet"}
    )
    file = send(client, client.make(draft, "arkivstruktur/ny-dokumentobjekt/", {}))
    say(service, file, f"Vedtak om {word}")

    gone = client.delete(client.link(file, "self"))

    assert gone.status_code == 204, gone.text
    assert search(client, word)["count"] == 0
