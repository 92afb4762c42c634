"""Numbers: each once, also when many ask at the same time, and none is used again."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.conftest import Client, World
from tests.noark.conftest import entry, new_case

AT_ONCE = 8


def numbers(units: list[Any], name: str) -> list[int]:
    return sorted(one[name] for one in units)


@pytest.mark.krav("M011", "M012", "5.4.9")
def test_cases_that_are_made_at_once_have_a_number_each(world: World) -> None:
    years = {new_case(world)["saksaar"]}

    with ThreadPoolExecutor(AT_ONCE) as pool:
        made = list(pool.map(lambda _: new_case(world), range(AT_ONCE)))

    assert {one["saksaar"] for one in made} == years
    assert len({one["mappeID"] for one in made}) == AT_ONCE


@pytest.mark.krav("M013", "M014", "M015")
def test_entries_that_are_made_at_once_have_a_number_each(world: World) -> None:
    case = new_case(world)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        made = list(pool.map(lambda _: entry(world, case, "U"), range(AT_ONCE)))

    assert numbers(made, "journalpostnummer") == list(range(1, AT_ONCE + 1))
    assert len({one["journalsekvensnummer"] for one in made}) == AT_ONCE


@pytest.mark.krav("M015", "C3.2.36")
def test_entries_that_are_moved_at_once_have_a_number_each(world: World, client: Client) -> None:
    case = new_case(world)
    posts = [entry(world, new_case(world), "U") for _ in range(AT_ONCE)]
    target = client.link(case, "self")

    def move(post: Any) -> int:
        here = f"{client.link(post, 'self')}mappe/$ref"
        return client.request("PUT", here, content=target).status_code

    with ThreadPoolExecutor(AT_ONCE) as pool:
        codes = list(pool.map(move, posts))

    moved = [client.refreshed(one) for one in posts]
    assert codes == [204] * AT_ONCE
    assert numbers(moved, "journalpostnummer") == list(range(1, AT_ONCE + 1))


@pytest.mark.krav("M015")
def test_number_of_what_was_deleted_is_not_used_again(world: World, client: Client) -> None:
    case = new_case(world)
    first = entry(world, case, "U")
    assert client.delete(client.link(first, "self")).status_code == 204

    second = entry(world, case, "U")

    assert second["journalpostnummer"] == first["journalpostnummer"] + 1


@pytest.mark.krav("M004", "C3.2.36")
def test_note_that_is_moved_is_numbered_in_its_new_case(world: World, client: Client) -> None:
    old, new = new_case(world), new_case(world)
    note = client.make(old, "sakarkiv/ny-arkivnotat/", {"tittel": "Notat"})
    here = f"{client.link(note, 'self')}mappe/$ref"

    client.request("PUT", here, content=client.link(new, "self"))

    assert client.refreshed(note)["registreringsID"] == f"{new['mappeID']}-1"
