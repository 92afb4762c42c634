"""What the documents of another administrative unit say is in no answer of a search."""

from typing import Any

import pytest
from tests.api.test_access import KOMMUNE
from tests.api.test_search import a_word, listed, say, search, suggested
from tests.attacks.test_other_unit import Scene
from tests.attacks.test_other_unit import scene as scene  # noqa: PLC0414  a fixture
from tests.conftest import Service

LISTS = (
    "arkivstruktur/dokumentobjekt",
    "arkivstruktur/dokumentbeskrivelse",
    "arkivstruktur/registrering",
    "sakarkiv/journalpost",
)


@pytest.fixture
def word(scene: Scene, service: Service) -> str:
    """A word that a file of the other unit says, and one of the caller's own."""
    word = a_word()
    for one in (scene.mine, scene.theirs):
        say(service, one["dokumentobjekt"], f"Vedtak om {word}", KOMMUNE)
    return word


@pytest.mark.parametrize("path", LISTS)
def test_lists_are_searched_in_what_is_ones_own(scene: Scene, word: str, path: str) -> None:
    name = "journalpost" if "post" in path or "reg" in path else path.rpartition("/")[2]

    assert listed(scene.leder, path, word) == {scene.mine[name]["systemID"]}
    assert len(listed(scene.admin, path, word)) == 2


def test_hits_counts_and_facets_are_of_what_is_ones_own(scene: Scene, word: str) -> None:
    found = search(scene.leder, word)

    assert [one["systemID"] for one in found["results"]] == [
        scene.mine["dokumentbeskrivelse"]["systemID"]
    ]
    assert found["count"] == 1
    assert [[one["antall"] for one in facet] for facet in found["fasetter"].values()] == [[1]] * 4
    assert search(scene.admin, word)["count"] == 2


def test_what_only_others_say_is_not_suggested(scene: Scene, service: Service) -> None:
    word = a_word()
    say(service, scene.theirs["dokumentobjekt"], f"Vedtak om {word}", KOMMUNE)

    assert suggested(scene.leder, word[:-1]) == {"ord": [], "titler": []}
    assert suggested(scene.admin, word[:-1])["ord"] == [word]


@pytest.mark.parametrize("name", ["saksmappe", "journalpost", "dokumentbeskrivelse"])
def test_titles_of_others_are_not_found_or_suggested(scene: Scene, name: str) -> None:
    tittel: Any = scene.theirs[name]["tittel"].split()[0]

    assert scene.theirs[name]["systemID"] not in str(search(scene.leder, tittel))
    assert suggested(scene.leder, tittel) == {"ord": [], "titler": []}
    assert scene.theirs[name]["systemID"] in str(search(scene.admin, tittel))
