"""How much and how often: what comes too large or too often is told so, and nobody else suffers."""

from collections.abc import Callable, Iterator

import httpx
import pytest
from tests.api.test_bad_input import assert_fault
from tests.conftest import Client, Service
from tests.tenancy.processes import beside

SECONDS_AT_ONCE = 10


@pytest.fixture
def strict(service: Service) -> Iterator[Service]:
    """The same service with limits that are soon reached."""
    with beside(service, rate_caller=1, rate_address=1, rate_refused=1) as other:
        yield other


Look = Callable[[str | None], httpx.Response]


@pytest.fixture
def look(http: httpx.Client, strict: Service) -> Look:
    """Read a list with a token, or the root without one."""

    def look(token: str | None) -> httpx.Response:
        if token is None:
            return http.get(f"{strict.url}/molde/api/")
        return http.get(
            f"{strict.url}/molde/api/arkivstruktur/arkiv/",
            headers={"Authorization": f"Bearer {token}"},
        )

    return look


def until_stopped(look: Look, token: str | None) -> httpx.Response:
    """Come until it is too often."""
    answers = (look(token) for _ in range(SECONDS_AT_ONCE + 20))
    return next(answer for answer in answers if answer.status_code == 429)


@pytest.mark.parametrize("who", ["leser@molde", None])
def test_too_many_requests_are_told_to_wait(look: Look, strict: Service, who: str | None) -> None:
    answer = until_stopped(look, who and strict.token(who))

    assert_fault(answer, 429)
    assert 1 <= int(answer.headers["retry-after"]) <= 2
    assert answer.headers["retry-after"] in answer.json()["feil"]["beskrivelse"]


def test_another_caller_is_let_in(look: Look, strict: Service) -> None:
    until_stopped(look, strict.token("leser@molde"))

    others = [look(strict.token("arkivar@molde")), look(None)]

    assert [answer.status_code for answer in others] == [200, 200]


def test_an_operator_is_told_to_wait(http: httpx.Client, strict: Service) -> None:
    headers = {"Authorization": f"Bearer {strict.token('drift@sakark')}"}

    answers = [http.get(f"{strict.url}/drift/kommuner/", headers=headers) for _ in range(25)]

    assert {answer.status_code for answer in answers} == {200, 429}


def test_the_cluster_may_always_ask(http: httpx.Client, strict: Service, look: Look) -> None:
    until_stopped(look, None)

    answers = [http.get(f"{strict.url}/health/live") for _ in range(20)]

    assert {answer.status_code for answer in answers} == {200}


def test_refused_tokens_are_soon_looked_at_no_more(look: Look, strict: Service) -> None:
    seen, unseen = strict.token("leser@molde"), strict.token("arkivar@molde")
    look(seen)

    stopped = until_stopped(look, "x.y.z")

    assert_fault(stopped, 429)
    assert look(seen).status_code == 200
    assert look(unseen).status_code == 429


def test_tokens_of_elsewhere_count_as_refused(look: Look, strict: Service) -> None:
    stopped = until_stopped(look, strict.token("leser@rauma"))

    assert_fault(stopped, 429)


def test_a_browser_is_told_too(http: httpx.Client, strict: Service) -> None:
    answers = [
        http.get(f"{strict.url}/molde/api/", headers={"Origin": "https://spa.example"})
        for _ in range(25)
    ]

    assert answers[-1].status_code == 429
    assert answers[-1].headers["access-control-allow-origin"] == "https://spa.example"
    assert "Retry-After" in answers[-1].headers["access-control-expose-headers"]


@pytest.fixture
def reader(http: httpx.Client, service: Service) -> Client:
    return Client(http, service, "leser@molde", "molde")


@pytest.mark.parametrize("address", ["arkivstruktur/arkiv/?$filter=", "arkivstruktur/"])
def test_an_address_that_is_too_long_is_414(reader: Client, address: str) -> None:
    answer = reader.get(f"{reader.root}{address}{'x' * 49_152}")

    assert_fault(answer, 414)


def test_a_head_that_is_too_large_is_431(reader: Client) -> None:
    answer = reader.get(reader.root, headers={f"X-{number}": "x" * 7000 for number in range(10)})

    assert_fault(answer, 431)
