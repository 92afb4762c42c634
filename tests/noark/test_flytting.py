"""Moving an entry to another case: its new number, and what may not be moved."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from tests.conftest import Client, LogIn, World
from tests.noark.conftest import InSession, entry, new_case

from sakark_api.errors import Conflict
from sakark_api.noark.resource import Change
from sakark_api.noark.sakarkiv.avskrivning import refuse_torn_apart
from sakark_api.noark.sakarkiv.journalpost import Journalpost, renumber_moved
from sakark_api.noark.sakarkiv.saksmappe import Saksmappe


def moved(change: Change, post: Any, case: Any) -> tuple[Change, Journalpost]:
    """Give an entry that has just got another case, and the change with that as parent."""
    unit = change.get(Journalpost, UUID(post["systemID"]))
    parent = change.get(Saksmappe, UUID(case["systemID"]))
    assert unit is not None
    assert parent is not None
    unit.mappe_ref = parent.system_id
    return replace(change, parent=parent), unit


@pytest.mark.krav("C3.2.36", "C3.2.37", "M015", "M004", "6.1.18")
def test_moved_entry_is_numbered_anew_and_its_case_stays(
    world: World, client: Client, in_session: InSession
) -> None:
    old, new = new_case(world), new_case(world)
    first, second, third = entry(world, old), entry(world, old), entry(world, new)

    in_session(lambda change: renumber_moved(*moved(change, first, new)))

    number = third["journalpostnummer"] + 1
    assert client.refreshed(first)["registreringsID"] == f"{new['mappeID']}-{number}"
    assert client.refreshed(first)["journalsekvensnummer"] == first["journalsekvensnummer"]
    assert client.refreshed(second) == second
    in_session(lambda change: renumber_moved(*moved(change, second, new)))
    assert client.delete(client.link(old, "self")).status_code == 409


@pytest.mark.krav("C3.2.39")
@pytest.mark.parametrize("torn", ["question", "answer"])
def test_entry_is_not_torn_from_what_it_writes_off(
    world: World, in_session: InSession, torn: str
) -> None:
    old, new = new_case(world), new_case(world)
    posts = {"question": entry(world, old), "answer": entry(world, old, "U")}
    other = posts["answer" if torn == "question" else "question"]
    world.client.make(
        posts["question"],
        "sakarkiv/ny-avskrivning/",
        {"referanseAvskrivesAvJournalpost": posts["answer"]["systemID"]},
    )

    with pytest.raises(Conflict, match=other["registreringsID"]):
        in_session(lambda change: refuse_torn_apart(*moved(change, posts[torn], new)))


@pytest.mark.krav("C3.2.39")
def test_entry_alone_may_be_moved(world: World, in_session: InSession) -> None:
    post, case = entry(world, new_case(world)), new_case(world)

    in_session(lambda change: refuse_torn_apart(*moved(change, post, case)))


@pytest.mark.krav("C3.2.36", "C3.2.40")
def test_only_archivists_move_what_is_archived(world: World, log_in: LogIn) -> None:
    archived, case = entry(world, new_case(world), journalstatus={"kode": "A"}), new_case(world)
    here = world.client.link(archived, "self")
    address, target = f"{here}mappe/$ref", world.client.link(case, "self")

    by_handler = log_in("saksbehandler@molde").request("PUT", address, content=target)
    by_archivist = log_in("arkivar@molde").request("PUT", address, content=target)

    assert [by_handler.status_code, by_archivist.status_code] == [403, 204]
    assert world.client.refreshed(archived)["registreringsID"] == f"{case['mappeID']}-1"
