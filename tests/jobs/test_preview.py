"""A picture of a file's first page: made by the worker, and given to whom may have the file."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.api.test_screening import screened
from tests.conftest import BEVARING, Client, LogIn, Service, World
from tests.formats import made
from tests.jobs.conftest import Worker, as_owner, letter, path_of, send

from sakark_api.jobs.tools import Tools
from sakark_api.tenancy.verification import pages_of_files

PREVIEW = f"{BEVARING}forhaandsvisning/"
PDF = "application/pdf"


@pytest.fixture
def filed(world: World, tmp_path: Path) -> Callable[..., Any]:
    """Send a picture to a document of its own."""

    def filed(entry: str = "registrering", **document: Any) -> Any:
        client = world.client
        body = {"tittel": "Kartet", **document}
        owner = client.make(getattr(world, entry), "arkivstruktur/ny-dokumentbeskrivelse/", body)
        content = made.image(tmp_path / "kart.png").read_bytes()
        return send(client, owner, content, "image/png", "kart.png")

    return filed


def address(client: Client, unit: Any) -> str:
    return f"{client.link(unit, 'self')}forhaandsvisning/"


def keys_of(service: Service, unit: Any) -> list[str]:
    found = "select lagringsnoekkel from forhaandsvisning where enhet = $1"
    return [row[0] for row in as_owner(service, found, unit["systemID"])]


def test_the_first_page_is_shown_as_a_picture(
    world: World, worker: Worker, filed: Callable[..., Any]
) -> None:
    unit = filed()

    worker.examine(unit)

    client = world.client
    shown = client.get(client.link(client.refreshed(unit), PREVIEW))
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/png")
    assert Image.open(io.BytesIO(shown.content)).size == (800, 267)
    assert int(shown.headers["content-length"]) == len(shown.content)
    assert "sandbox" in shown.headers["content-security-policy"]


def test_a_converted_file_and_its_archive_format_have_a_picture_each(
    world: World, worker: Worker
) -> None:
    client = world.client
    unit = send(client, world.dokumentobjekt, letter(), PDF, "brev.pdf")

    worker.examine(unit)

    shown = client.get(client.link(client.refreshed(unit), PREVIEW))
    assert Image.open(io.BytesIO(shown.content)).width == 800


def test_a_known_picture_is_not_sent_again(
    world: World, worker: Worker, filed: Callable[..., Any]
) -> None:
    client, unit = world.client, filed()
    worker.examine(unit)
    tag = client.get(address(client, unit)).headers["etag"]

    again = client.get(address(client, unit), headers={"If-None-Match": tag})

    assert (again.status_code, again.content) == (304, b"")


def test_who_wants_another_type_is_told_which_there_is(
    world: World, worker: Worker, filed: Callable[..., Any]
) -> None:
    client, unit = world.client, filed()
    worker.examine(unit)

    answer = client.get(address(client, unit), headers={"Accept": "image/webp"})

    assert answer.status_code == 406


def test_before_it_is_made_there_is_no_link_and_a_word_of_why(
    world: World, filed: Callable[..., Any]
) -> None:
    client, unit = world.client, filed()

    answer = client.get(address(client, unit))

    assert answer.status_code == 404
    assert "hent filen i stedet" in answer.json()["feil"]["beskrivelse"]
    assert PREVIEW not in unit["_links"]


def test_what_is_not_opened_has_no_picture(world: World, worker: Worker, tmp_path: Path) -> None:
    client = world.client
    locked = made.locked_pdf(tmp_path / "brev.pdf").read_bytes()
    unit = send(client, world.dokumentobjekt, locked, PDF, "brev.pdf")

    worker.examine(unit)

    assert client.get(address(client, unit)).status_code == 404


def test_to_examine_twice_makes_one_picture(
    worker: Worker, filed: Callable[..., Any], service: Service
) -> None:
    unit = filed()
    worker.examine(unit)
    before = keys_of(service, unit)

    worker.examine(unit)

    assert keys_of(service, unit) == before
    assert path_of(service, before[0]).exists()


@pytest.mark.parametrize(
    ("user", "kommune", "status"),
    [(None, "molde", 401), ("administrator@rauma", "molde", 404), ("leser@molde", "rauma", 404)],
)
def test_strangers_see_no_picture(
    world: World,
    worker: Worker,
    filed: Callable[..., Any],
    log_in: LogIn,
    user: str | None,
    kommune: str,
    status: int,
) -> None:
    unit = filed()
    worker.examine(unit)
    path = address(world.client, unit).replace("/molde/", f"/{kommune}/")

    assert log_in(user, kommune).get(path).status_code == status


@pytest.mark.krav("M503")
def test_of_a_screened_file_there_is_no_picture_for_those_without_clearance(
    world: World, worker: Worker, filed: Callable[..., Any], log_in: LogIn
) -> None:
    unit = filed(**screened("TD", skjermingDokument={"kode": "H"}))
    worker.examine(unit)
    leser = log_in("leser@molde")

    hidden, open_ = leser.get(address(leser, unit)), world.client.get(address(world.client, unit))

    assert (hidden.status_code, open_.status_code) == (404, 200)
    assert PREVIEW not in leser.refreshed(unit)["_links"]


def test_to_see_the_picture_of_a_screened_file_is_in_the_log(
    world: World, worker: Worker, filed: Callable[..., Any]
) -> None:
    client = world.client
    unit = filed(**screened("TD", skjermingDokument={"kode": "H"}))
    worker.examine(unit)

    client.get(address(client, unit))

    log = client.get(client.link(unit, "loggingogsporing/endringslogg/")).json()["results"]
    named = [one.get("referanseMetadata") for one in log]
    assert "forhaandsvisning" in named


def test_the_picture_goes_with_its_file(
    world: World, worker: Worker, filed: Callable[..., Any], service: Service
) -> None:
    client, unit = world.client, filed()
    worker.examine(unit)
    (key,) = keys_of(service, unit)

    gone = client.delete(client.link(unit, "self"))

    assert gone.status_code == 204
    assert keys_of(service, unit) == []
    assert not path_of(service, key).exists()


def test_the_picture_is_verified_and_moved_as_files_are(
    worker: Worker, filed: Callable[..., Any], service: Service
) -> None:
    unit = filed()
    worker.examine(unit)

    kept = worker.do(_keys_of_molde)

    assert keys_of(service, unit)[0] in kept


async def _keys_of_molde(tools: Tools) -> set[str]:
    molde = (await tools.registry.current())["molde"]
    return {file.key async for page in pages_of_files(tools.writer, molde.id) for file in page}


def test_a_picture_that_is_gone_from_storage_is_not_a_broken_answer(
    world: World, worker: Worker, filed: Callable[..., Any], service: Service
) -> None:
    client, unit = world.client, filed()
    worker.examine(unit)
    path_of(service, keys_of(service, unit)[0]).unlink()

    assert client.get(address(client, unit)).status_code == 503
