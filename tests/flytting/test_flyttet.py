"""The addresses of a kommune that has left show to where it is, and nothing else of it answers."""

from collections.abc import Iterator

import pytest
from tests.flytting.conftest import SLUG, House, wait_for

ROOT = "https://arkiv.example.no/vestnes/api/"


@pytest.fixture(scope="module")
def left(source: House) -> Iterator[str]:
    """The root of a kommune that has ended and is elsewhere; it is here again afterwards."""
    root = source.client().root
    ended = source.sakark("kommune", "status", SLUG, "avsluttet", "--begrunnelse", "Flyttet")
    moved = source.sakark("kommune", "flyttet", SLUG, "--til", ROOT)
    assert (ended.returncode, moved.returncode) == (0, 0), moved.stderr
    wait_for(source.http, root, 308)
    yield root
    back = source.sakark("kommune", "flyttet", SLUG, "--tilbake")
    again = source.sakark("kommune", "status", SLUG, "drift", "--begrunnelse", "Tilbake")
    assert (back.returncode, again.returncode) == (0, 0), again.stderr
    wait_for(source.http, root, 200)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    ("path", "goes_to"),
    [
        ("", ""),
        ("sakarkiv/journalpost/?$top=1&$filter=tittel%20eq%20'%C3%A6'",) * 2,
        ("sakarkiv/ny-saksmappe/",) * 2,
        ("journal/offentlig/",) * 2,
        ("finnes/ikke",) * 2,
    ],
)
def test_every_address_shows_to_the_same_place_there(
    source: House, left: str, method: str, path: str, goes_to: str
) -> None:
    answer = source.http.request(method, left + path)

    assert answer.status_code == 308
    assert answer.headers["location"] == ROOT + goes_to
    assert answer.headers["content-type"] == "application/vnd.noark5+json"


def test_a_redirect_says_where_to(source: House, left: str) -> None:
    answer = source.http.get(left)

    assert answer.json()["feil"]["beskrivelse"] == f"Kommunen er flytta til {ROOT}."
    assert answer.headers["cache-control"] == "no-store"


def test_other_kommuner_answer_themselves(source: House, left: str) -> None:
    assert source.http.get(left.replace(SLUG, "molde")).status_code == 200


def test_who_has_left_cannot_be_taken_into_use(source: House, left: str) -> None:
    done = source.sakark("kommune", "status", SLUG, "drift", "--begrunnelse", "Tilbake")

    assert source.http.get(left).status_code == 308
    assert done.returncode == 1
    assert "Kommunen er flyttet." in done.stderr


@pytest.mark.parametrize(
    ("slug", "address", "said"),
    [
        ("molde", ROOT, "Kommunen må være avsluttet her"),
        (SLUG, "arkiv.example.no", "Adressen må være en rot"),
        (SLUG, "https://example.no/a/api/?x=1", "Adressen må være en rot"),
    ],
)
def test_an_odd_move_is_refused(
    source: House, left: str, slug: str, address: str, said: str
) -> None:
    done = source.sakark("kommune", "flyttet", slug, "--til", address)

    assert left
    assert done.returncode == 1
    assert said in done.stderr
