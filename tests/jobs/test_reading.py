"""What files say is read when they come in, and afterwards of those that came before."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.api.test_search import a_word, listed
from tests.conftest import Service, World
from tests.jobs.conftest import Worker, as_owner, controls, letter, send

from sakark_api.formats.identify import PLAIN_TEXT, Identification
from sakark_api.jobs.reading import Said, read_document, read_words, send_unread_to_reading
from sakark_api.jobs.tools import Tools

PDF, TEXT = "application/pdf", "text/plain"
RTF = rb"{\rtf1\ansi Kj\'e6re kommune.\par}"


def read(unit: Any) -> Any:
    """Give the job that reads a file, as the queue does it."""

    async def act(tools: Tools) -> None:
        molde = (await tools.registry.current())["molde"]
        await read_document(tools, molde.id, UUID(unit["systemID"]))

    return act


def forget(service: Service, unit: Any) -> None:
    """Let a file be as it was before anybody read any."""
    as_owner(service, "delete from dokumenttekst where system_id = $1", unit["systemID"])


def is_sent_to_reading(worker: Worker, service: Service, unit: Any) -> bool:
    """Let what is unread be put in the queue, and tell if a file is there."""
    worker.do(send_unread_to_reading)
    jobs = as_owner(
        service,
        "select 1 from jobs.procrastinate_jobs"
        " where task_name = 'les_dokument' and args->>'enhet' = $1",
        unit["systemID"],
    )
    return jobs != []


def test_what_a_file_says_is_found_when_it_was_examined(world: World, worker: Worker) -> None:
    word = a_word()
    file = send(world.client, world.dokumentobjekt, letter(f"Vedtak om {word}"), PDF)

    worker.examine(file)

    assert file["systemID"] in listed(world.client, "arkivstruktur/dokumentobjekt", word)
    assert controls(world.client, file, "tekst") == []


def test_a_file_that_came_before_is_put_in_the_queue_and_read(
    world: World, worker: Worker, service: Service
) -> None:
    word = a_word()
    file = send(world.client, world.dokumentobjekt, f"Vedtak om {word}".encode(), TEXT)
    forget(service, file)

    sent = is_sent_to_reading(worker.later(2), service, file)
    worker.do(read(file))

    assert sent
    assert listed(world.client, "arkivstruktur/dokumentobjekt", word) == {file["systemID"]}


def test_a_new_file_is_left_to_its_own_examination(
    world: World, worker: Worker, service: Service
) -> None:
    file = send(world.client, world.dokumentobjekt, b"Vedtak", TEXT)

    assert not is_sent_to_reading(worker, service, file)


@pytest.fixture
def unreadable(world: World) -> Any:
    """A public variant of a letter, which LibreOffice is needed to read and nobody converts."""
    variant = world.client.make(
        world.dokumentbeskrivelse,
        "arkivstruktur/ny-dokumentobjekt/",
        {"variantformat": {"kode": "O"}},
    )
    return send(world.client, variant, RTF, "application/rtf", "brev.rtf")


@pytest.fixture
def without_office(worker: Worker) -> Worker:
    return worker.with_settings(tool_path="/nowhere")


def test_a_file_that_cannot_be_read_is_told_of_once_and_examined_all_the_same(
    world: World, without_office: Worker, unreadable: Any
) -> None:
    for _ in range(2):
        without_office.examine(unreadable)

    (found,) = controls(world.client, unreadable, "tekst")
    assert (found["resultat"], found["kreverHandling"]) == ("ulest", False)
    assert "soffice" in found["funn"][0]
    assert controls(world.client, unreadable)[-1]["resultat"] == "beholdes"


def test_what_could_not_be_read_is_tried_again_next_month(
    without_office: Worker, service: Service, unreadable: Any
) -> None:
    without_office.do(read(unreadable))

    soon = is_sent_to_reading(without_office.later(2), service, unreadable)
    later = is_sent_to_reading(without_office.later(40), service, unreadable)

    assert (soon, later) == (False, True)


def test_characters_that_no_database_takes_are_left_out(service: Service, tmp_path: Path) -> None:
    path = tmp_path / "fil"
    path.write_text("Ved\xadtak\x00 om\x02 bygging\n", encoding="utf-8")
    kind = Identification(PLAIN_TEXT, "", "", None, "", "")

    said = read_words(path, kind, service.settings)

    assert said == Said("Vedtak om bygging")


def test_a_document_of_more_words_than_an_index_takes_is_found_by_its_first(
    world: World, worker: Worker
) -> None:
    word = a_word()
    many = " ".join(f"{number:09x}" for number in range(95_000))
    file = send(world.client, world.dokumentobjekt, f"{word} {many}".encode(), TEXT)

    worker.do(read(file))

    assert listed(world.client, "arkivstruktur/dokumentobjekt", word) == {file["systemID"]}
