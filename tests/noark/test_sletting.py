"""Deletion: what has been journalled stays, and what is kept twice may go once."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from tests.conftest import Client, LogIn, World
from tests.noark.conftest import InSession, Patch, document, entry, new_case

from sakark_api.noark.logging.endringslogg import Endringslogg
from sakark_api.noark.resource import Change


def deleted(client: Client, unit: Any) -> int:
    return client.delete(client.link(unit, "self")).status_code


@pytest.mark.krav("C3.2.19", "6.1.18")
@pytest.mark.parametrize("status", ["E", "J", "A", "U"])
def test_entry_that_was_journalled_and_its_case_stay(
    world: World, client: Client, status: str
) -> None:
    case = new_case(world)
    post = entry(world, case, "U", journalstatus={"kode": status})

    assert [deleted(client, one) for one in (post, case)] == [409, 409]


@pytest.mark.krav("C3.2.19")
def test_entry_that_was_journalled_once_stays(world: World, client: Client, patch: Patch) -> None:
    post = entry(world, new_case(world), "U", journalstatus={"kode": "J"})
    patch(post, journalstatus={"kode": "R"})

    assert deleted(client, post) == 409


@pytest.mark.krav("C3.2.20", "6.1.18")
def test_entry_that_was_only_reserved_may_go_and_its_case_with_it(
    world: World, client: Client
) -> None:
    case = new_case(world)
    post = entry(world, case, "U")

    assert [deleted(client, one) for one in (post, case)] == [204, 204]


@pytest.mark.krav("C3.2.19")
@pytest.mark.parametrize(("kind", "code"), [("I", 409), ("U", 204)])
def test_document_of_what_was_journalled_stays(
    world: World, client: Client, kind: str, code: int
) -> None:
    made = document(world, entry(world, new_case(world), kind))

    assert deleted(client, made) == code


@pytest.mark.krav("C3.2.16")
def test_document_of_what_is_archived_stays(world: World, client: Client, patch: Patch) -> None:
    made = document(world, world.registrering)
    patch(world.registrering, arkivertDato="2026-11-20T12:00:00+01:00")

    assert deleted(client, made) == 409


@pytest.fixture
def files(world: World, client: Client, patch: Patch) -> dict[str, Any]:
    """Give a finished document's files: two versions, and an archive and a public variant."""
    made = document(world, entry(world, new_case(world)), dokumentstatus={"kode": "B"})
    found = {name: file_of(client, made, name[0]) for name in ("P0", "P1", "A1", "O1")}
    patch(made, dokumentstatus={"kode": "F"})
    return found


def file_of(client: Client, document: Any, variant: str) -> Any:
    made = client.make(
        document, "arkivstruktur/ny-dokumentobjekt/", {"variantformat": {"kode": variant}}
    )
    answer = client.request(
        "POST",
        client.link(made, "arkivstruktur/fil/"),
        content=b"abc",
        headers={"Content-Type": "text/plain"},
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.mark.krav("5.13.17", "5.13.21", "5.13.25")
def test_only_archivists_delete_files_of_a_finished_document(
    files: dict[str, Any], log_in: LogIn
) -> None:
    client = log_in("saksbehandler@molde")

    assert [deleted(client, one) for one in files.values()] == [403] * 4


@pytest.mark.krav("5.13.17", "5.13.21", "5.13.25")
@pytest.mark.parametrize("name", ["P0", "P1", "O1"])
def test_older_versions_variants_and_production_formats_may_go(
    files: dict[str, Any], log_in: LogIn, name: str
) -> None:
    assert deleted(log_in("arkivar@molde"), files[name]) == 204


@pytest.mark.krav("5.13.17", "5.13.25")
def test_archive_format_stays(files: dict[str, Any], log_in: LogIn) -> None:
    assert deleted(log_in("arkivar@molde"), files["A1"]) == 409


@pytest.mark.krav("5.13.17", "5.13.21")
def test_last_version_without_archive_format_stays(
    world: World, client: Client, patch: Patch
) -> None:
    made = document(world, entry(world, new_case(world)), dokumentstatus={"kode": "B"})
    only = file_of(client, made, "P")
    patch(made, dokumentstatus={"kode": "F"})

    assert deleted(client, only) == 409


@pytest.mark.krav("5.13.20", "5.13.24", "5.13.28", "5.2.5", "5.2.17")
def test_deletions_are_logged(
    world: World, client: Client, files: dict[str, Any], in_session: InSession
) -> None:
    arkiv = client.make(world.arkivskaper, "arkivstruktur/ny-arkiv/", {"tittel": "Tomt"})
    arkivdel = client.make(arkiv, "arkivstruktur/ny-arkivdel/", {"tittel": "Tom"})
    units = [files["P0"], files["O1"], files["P1"], arkivdel, arkiv]
    codes = [deleted(client, one) for one in units]
    logged: set[UUID] = set()

    def read(change: Change) -> None:
        gone = select(Endringslogg.referanse_arkivenhet).where(Endringslogg.kode == "D")
        logged.update(change.session.scalars(gone))

    in_session(read)
    assert codes == [204] * 5
    assert {UUID(one["systemID"]) for one in units} <= logged


@pytest.fixture
def handler(log_in: LogIn) -> Client:
    return log_in("saksbehandler@molde")


@pytest.fixture
def entered(world: World) -> Any:
    """Give what came in, with a document that is not finished and its file."""
    post = entry(world, new_case(world))
    made = document(world, post, dokumentstatus={"kode": "B"})
    return {"post": post, "document": made, "file": file_of(world.client, made, "P")}


def draft(world: World) -> Any:
    """Give a document that is worked on, of an entry that is not journalled."""
    return document(world, entry(world, new_case(world), "U"), dokumentstatus={"kode": "B"})


def taken_to(client: Client, file: Any, document: Any) -> int:
    here = f"{client.link(file, 'arkivstruktur/dokumentbeskrivelse/')}$ref"
    return client.request("PUT", here, content=client.link(document, "self")).status_code


@pytest.mark.krav("C3.2.19", "5.13.17", "5.13.21")
def test_file_of_what_was_journalled_stays_though_the_document_is_not_finished(
    world: World, client: Client, handler: Client, entered: Any
) -> None:
    codes = [
        deleted(handler, entered["file"]),
        deleted(client, entered["file"]),
        taken_to(handler, entered["file"], draft(world)),
    ]

    assert codes == [403, 409, 409]


@pytest.mark.krav("C3.2.16")
def test_file_of_what_is_archived_stays_though_the_document_is_not_finished(
    world: World, client: Client, handler: Client, patch: Patch
) -> None:
    file = file_of(client, document(world, world.registrering, dokumentstatus={"kode": "B"}), "P")
    patch(world.registrering, arkivertDato="2026-11-20T12:00:00+01:00")

    codes = [deleted(handler, file), deleted(client, file), taken_to(handler, file, draft(world))]

    assert codes == [403, 409, 409]


@pytest.mark.krav("C3.2.31", "M005")
def test_file_of_a_finished_document_stays_there(
    world: World, client: Client, files: dict[str, Any]
) -> None:
    codes = [taken_to(client, one, draft(world)) for one in files.values()]

    assert codes == [409] * 4


@pytest.mark.krav("C3.2.31")
def test_file_of_a_draft_may_be_taken_and_deleted(
    world: World, client: Client, handler: Client
) -> None:
    file = file_of(client, draft(world), "P")

    assert taken_to(handler, file, draft(world)) == 204
    assert deleted(handler, file) == 204


@pytest.mark.krav("C3.2.19")
def test_only_archivists_take_a_document_out_of_what_was_journalled(
    world: World, handler: Client, log_in: LogIn, entered: Any
) -> None:
    other = entry(world, new_case(world), "U")

    def tied(caller: Client, method: str, owner: Any) -> int:
        here = f"{caller.link(owner, 'arkivstruktur/dokumentbeskrivelse/')}$ref"
        target = caller.link(entered["document"], "self")
        return caller.request(method, here, params={"$id": target}).status_code

    codes = [
        tied(handler, "POST", other),
        tied(handler, "DELETE", entered["post"]),
        tied(handler, "DELETE", other),
        tied(handler, "POST", other),
        tied(log_in("arkivar@molde"), "DELETE", entered["post"]),
    ]

    assert codes == [204, 403, 204, 204, 204]


@pytest.mark.krav("M217", "M007")
def test_next_document_is_the_main_one_when_that_is_deleted(world: World, client: Client) -> None:
    post = entry(world, new_case(world), "U")
    first, second = document(world, post), document(world, post)
    assert deleted(client, first) == 204

    third = document(world, post)

    roles = [one["tilknyttetRegistreringSom"]["kode"] for one in (first, second, third)]
    assert roles == ["H", "V", "H"]
