"""What the documents of another administrative unit say is in no answer of a search."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Text, cast, func, insert, literal, select, true
from sqlalchemy.orm import Session
from tests.api.test_access import KOMMUNE
from tests.api.test_search import a_word, listed, say, search, suggested
from tests.attacks.test_other_unit import Scene
from tests.attacks.test_other_unit import scene as scene  # noqa: PLC0414  a fixture
from tests.conftest import Service, in_kommune

from sakark_api.noark.arkivstruktur.mappe import mappe
from sakark_api.noark.model import table_of
from sakark_api.search.sources import KEPT, LOOKED_AT

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


@pytest.fixture(scope="module")
def common(scene: Scene, service: Service) -> Iterator[str]:
    """A word that one too few of the other unit's cases are called, to be all that is looked at."""
    word, table = a_word(), table_of(mappe.model)
    series = func.generate_series(1, LOOKED_AT - 1).table_valued("number").render_derived()
    given = {
        "system_id": func.gen_random_uuid(),
        "mappe_id": literal(word).concat(cast(series.c.number, Text())),
        "tittel": literal(word),
    }
    names = [one.name for one in table.c if one.computed is None]
    pattern = UUID(scene.theirs["saksmappe"]["systemID"])
    copies = (
        select(*(given.get(name, table.c[name]) for name in names))
        .join_from(table, series, true())
        .where(table.c.system_id == pattern)
    )
    gone = table.delete().where(table.c.tittel == word)

    def make(session: Session) -> None:
        session.execute(insert(table).from_select(names, copies))

    in_kommune(service.settings, KOMMUNE, make)
    yield word
    in_kommune(service.settings, KOMMUNE, lambda session: session.execute(gone))


@pytest.mark.parametrize("narrowed", [{}, {"type": "moetemappe"}, {"status": "x"}])
def test_a_full_search_does_not_tell_if_one_more_is_found(
    scene: Scene, common: str, narrowed: dict[str, str]
) -> None:
    secret: Any = scene.theirs["saksmappe"]["tittel"].split()[0]

    found, nothing = (
        search(scene.leder, f"{common} OR {word}", **narrowed) for word in (secret, a_word())
    )

    names = ("count", "harFlere", "fasetter", "results")
    assert [found[name] for name in names] == [nothing[name] for name in names]
    assert found["harFlere"] is False
    assert search(scene.admin, f"{common} OR {secret}")["harFlere"] is True


def test_what_is_seen_tells_that_there_is_more(scene: Scene, common: str) -> None:
    found = search(scene.admin, common)

    assert (found["count"], found["harFlere"]) == (KEPT, True)
