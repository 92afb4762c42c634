"""What every answer tells browsers not to do with it."""

import re
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256

import httpx
import pytest
from tests.conftest import LogIn, Service, World
from tests.tenancy.processes import beside

PLACES = [
    "/",
    "/kommuner/",
    "/health/ready",
    "/docs",
    "/openapi.json",
    "/finnes-ikke",
    "/molde/api/",
    "/molde/api/.well-known/openid-configuration/",
    "/molde/api/arkivstruktur/",
    "/molde/api/arkivstruktur/arkiv/",
    "/molde/api/arkivstruktur/arkiv/x/",
    "/molde/api/metadata/dokumenttype/",
    "/molde/api/admin/system/",
    "/finnes-ikke/api/",
    "/drift/kommuner/",
    "/identity/authorize",
]


def assert_protected(answer: httpx.Response) -> None:
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("user", ["leser@molde", None])
@pytest.mark.parametrize("place", PLACES)
def test_every_answer_is_protected(
    http: httpx.Client, service: Service, log_in: LogIn, place: str, user: str | None
) -> None:
    answer = http.get(f"{service.url}{place}", headers=log_in(user, "molde").headers)

    assert_protected(answer)
    assert re.search(r"no-store|private|max-age", answer.headers["cache-control"])
    assert "strict-transport-security" not in answer.headers


def test_answers_to_changes_are_protected(world: World) -> None:
    client = world.client
    made = client.post(f"{client.root}arkivstruktur/ny-arkivskaper/", {})
    deleted = client.delete(client.link(world.arkivskaper, "self"))

    assert [made.status_code, deleted.status_code] == [400, 204]
    assert_protected(made)
    assert_protected(deleted)
    assert made.headers["cache-control"] == deleted.headers["cache-control"] == "no-store"


def test_what_holds_peoples_names_is_not_shared(world: World) -> None:
    client = world.client
    answers = [
        client.get(client.link(world.partperson, "self")),
        client.get(client.link(world.saksmappe, "arkivstruktur/part/")),
        client.get(f"{client.root}sakarkiv/saksmappe/", params={"$select": "tittel"}),
    ]

    assert {answer.headers["cache-control"] for answer in answers} == {"private, no-cache"}
    assert all("Authorization" in answer.headers["vary"] for answer in answers)


def test_a_file_runs_nothing(world: World) -> None:
    client = world.client
    place = client.link(world.dokumentobjekt, "arkivstruktur/fil/")
    client.request("POST", place, content=b"%PDF-", headers={"Content-Type": "application/pdf"})

    answer = client.get(place)

    assert_protected(answer)
    assert answer.headers["content-security-policy"].startswith("sandbox;")
    assert answer.headers["content-disposition"].startswith("attachment")


def test_a_preflight_is_protected(http: httpx.Client, service: Service) -> None:
    answer = http.options(
        f"{service.url}/molde/api/",
        headers={"Origin": "https://spa.example", "Access-Control-Request-Method": "GET"},
    )

    assert_protected(answer)


def test_the_docs_run_their_own_scripts_only(http: httpx.Client, service: Service) -> None:
    page = http.get(f"{service.url}/docs")

    policy = page.headers["content-security-policy"]
    (script,) = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    assert f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" in policy
    assert "'unsafe-inline'" not in policy.split("style-src")[0]
    sources = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert sources
    assert {http.get(f"{service.url}{one}").status_code for one in sources} == {200}


@pytest.fixture
def published(service: Service) -> Iterator[Service]:
    with beside(service, public_url="https://arkiv.example") as other:
        yield other


@pytest.mark.parametrize("place", ["/molde/api/", "/finnes-ikke"])
def test_whoever_has_come_by_https_comes_by_nothing_else(
    http: httpx.Client, published: Service, place: str
) -> None:
    answer = http.get(f"{published.url}{place}")

    assert answer.headers["strict-transport-security"] == "max-age=31536000"
