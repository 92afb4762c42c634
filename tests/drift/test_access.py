"""Who comes in under /drift/: the operator, and nobody that a kommune can make."""

from collections.abc import Callable, Iterator
from math import inf
from typing import Any

import httpx
import pytest
from tests.conftest import Client, LogIn, Service, described
from tests.drift.conftest import Operator, Sql, login, token_of
from tests.tenancy.operations import Operation, operations
from tests.tenancy.processes import beside

OPERATIONS = [one for one in operations(described()) if one.path.startswith("/drift/")]
IDS = [one.id for one in OPERATIONS]
BODY: dict[str, Any] = {"content": b"{}", "headers": {"Content-Type": "application/json"}}


def address(path: str, slug: str = "molde") -> str:
    return path.removeprefix("/drift/").format(slug=slug, navn="edu", jobb="4711")


def test_every_route_of_the_operator_is_described() -> None:
    assert len(OPERATIONS) == 18


@pytest.mark.parametrize("one", OPERATIONS, ids=IDS)
def test_without_a_token_there_is_no_answer(
    http: httpx.Client, service: Service, one: Operation
) -> None:
    answer = Operator(http, service, None).request(one.method, address(one.path), **BODY)

    assert answer.status_code == 401
    assert answer.json()["feil"]["kode"] == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("one", OPERATIONS, ids=IDS)
@pytest.mark.parametrize("user", ["administrator@molde", "leser@rauma"])
def test_the_operators_issuer_without_the_role_is_refused(
    http: httpx.Client, service: Service, one: Operation, user: str
) -> None:
    stranger = Operator(http, service, service.token(user))

    answer = stranger.request(one.method, address(one.path), **BODY)

    assert answer.status_code == 403
    assert answer.json()["feil"]["kode"] == 403


@pytest.fixture(scope="module")
def elsewhere(service: Service) -> Iterator[Service]:
    """The same service, whose operator has an issuer that no kommune has."""
    with beside(service, operator_issuer="https://drift.example.no") as other:
        yield other


@pytest.mark.parametrize("one", OPERATIONS, ids=IDS)
def test_a_kommunes_issuer_is_not_the_operators(
    http: httpx.Client, elsewhere: Service, one: Operation
) -> None:
    token = elsewhere.token("administrator@molde")

    answer = Operator(http, elsewhere, token).request(one.method, address(one.path), **BODY)

    assert answer.status_code == 401


def test_a_role_called_drift_of_a_kommunes_issuer_opens_nothing(
    http: httpx.Client, elsewhere: Service
) -> None:
    answer = Operator(http, elsewhere, elsewhere.token("drift@sakark")).get("kommuner/")

    assert answer.status_code == 401


def test_another_audience_is_not_the_operators(http: httpx.Client, service: Service) -> None:
    with beside(service, operator_audience="drift") as other:
        answer = Operator(http, other, service.token("drift@sakark")).get("kommuner/")

    assert answer.status_code == 401


@pytest.mark.parametrize("path", ["kommuner/", "kommuner", "kommuner/molde/", "x", "bruk/"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_without_an_operator_there_is_nothing(
    http: httpx.Client, unoperated: Service, path: str, method: str
) -> None:
    token = unoperated.token("drift@sakark")

    answer = Operator(http, unoperated, token).request(method, path)

    assert answer.status_code == 404
    assert answer.json()["feil"]["kode"] == 404


@pytest.fixture(scope="module")
def unoperated(service: Service) -> Iterator[Service]:
    with beside(service, operator_issuer=None) as other:
        yield other


@pytest.mark.parametrize("path", ["", "arkivstruktur/", "arkivstruktur/mappe/", "admin/bruker/"])
def test_an_operators_token_opens_no_kommune(log_in: LogIn, path: str) -> None:
    operator = log_in("drift@sakark", "molde")

    answer = operator.get(f"{operator.root}{path}")

    assert answer.status_code == 404


@pytest.mark.parametrize("slug", ["finnes-ikke", "Molde", "%00", "molde%0a", "..", "*"])
@pytest.mark.parametrize(
    "one", [one for one in OPERATIONS if "{slug}" in one.path and one.method == "GET"], ids=str
)
def test_an_unknown_kommune_is_not_found(operator: Operator, one: Operation, slug: str) -> None:
    answer = operator.get(address(one.path, slug))

    assert answer.status_code == 404
    assert answer.json()["feil"]["kode"] == 404


CHANGES = {
    "drift_kommune_patch": {"navn": "X"},
    "drift_status_put": {"status": "drift", "begrunnelse": "x"},
    "drift_innlogging_put": {"innlogging": []},
    "drift_opsjon_put": {"fra": "2026-01-01"},
    "drift_opsjon_delete": None,
    "drift_sandkasse_delete": None,
}


@pytest.mark.parametrize(
    "one", [one for one in OPERATIONS if "{slug}" in one.path and one.method != "GET"], ids=str
)
def test_an_unknown_kommune_cannot_be_changed(operator: Operator, one: Operation) -> None:
    before = operator.logged() if operator.get("logg/").json()["results"] else None

    answer = operator.request(one.method, address(one.path, "finnes-ikke"), json=CHANGES[one.id])

    assert answer.status_code == 404
    assert (operator.logged() if before else None) == before


@pytest.mark.parametrize("path", ["kommuner/", "kommuner/molde/", "sandkasser/", "bruk/"])
def test_a_method_there_is_not_is_told_which_there_are(operator: Operator, path: str) -> None:
    answer = operator.request("OPTIONS", path)

    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


def test_a_slash_at_the_end_makes_no_difference(operator: Operator) -> None:
    assert operator.get("kommuner/molde").json() == operator.get("kommuner/molde/").json()


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/*"])
def test_other_kinds_of_answers_are_refused(operator: Operator, accept: str) -> None:
    assert operator.get("kommuner/", headers={"Accept": accept}).status_code == 406


@pytest.mark.parametrize("kind", ["text/plain", "application/vnd.noark5+json", ""])
def test_other_kinds_of_bodies_are_refused(operator: Operator, kind: str) -> None:
    answer = operator.request("POST", "kommuner/", content=b"{}", headers={"Content-Type": kind})

    assert answer.status_code == 415


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"[]", b"{", b'{"slug": 1}', b'{"slug": "x"}', b'{"ukjent": "x"}', b"\xff"),
        b'{"slug": "xx", "navn": "\\u0000", "kommunenummer": "1234"}',
        b'{"slug": "xx", "navn": "X", "kommunenummer": "12345"}',
        b'{"slug": "drift", "navn": "X", "kommunenummer": "1234"}',
        b'{"slug": "sandkasse-x", "navn": "X", "kommunenummer": "1234"}',
        b'{"slug": "xx", "navn": "X", "kommunenummer": "1234", "status": "drift"}',
        b'{"slug": "xx", "navn": "X", "kommunenummer": "1234", "maalform": "en"}',
        b'{"slug": "xx", "navn": "%s", "kommunenummer": "1234"}' % (b"x" * 201),
    ],
)
def test_a_kommune_that_is_wrong_is_not_added(operator: Operator, body: bytes) -> None:
    before = operator.get("kommuner/").json()

    answer = operator.request(
        "POST", "kommuner/", content=body, headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 400
    assert operator.get("kommuner/").json() == before


def test_a_fault_names_the_field_as_it_is_sent(operator: Operator) -> None:
    answer = operator.put(
        "kommuner/molde/innlogging/", {"innlogging": [login(operator.service, role_claim=1)]}
    )

    assert answer.status_code == 400
    assert "innlogging/0/role_claim" in answer.json()["feil"]["beskrivelse"]


@pytest.mark.parametrize(
    "changes",
    [
        *({"issuer": url} for url in ("http://login.example.no", "ftp://x.no", "x", "https://")),
        *({"jwks_uri": url} for url in ("http://10.0.0.1/keys", "file:///etc/passwd")),
        {"discovery_url": "https://bruker:passord@login.example.no/"},
        {"role_values": {"x": "drift"}},
        {"role_values": {"x": "konge"}},
        {"audience": ""},
        {"kommune_claim": " "},
    ],
    ids=str,
)
def test_logins_that_are_not_safe_are_refused(
    operator: Operator, new_kommune: Callable[[], str], changes: dict[str, object]
) -> None:
    slug = new_kommune()

    answer = operator.put(
        f"kommuner/{slug}/innlogging/", {"innlogging": [login(operator.service, **changes)]}
    )

    assert answer.status_code == 400
    assert "bruker:passord" not in answer.text
    assert operator.get(f"kommuner/{slug}/innlogging/").json() == {"innlogging": []}


def test_the_same_login_twice_is_refused(
    operator: Operator, new_kommune: Callable[[], str]
) -> None:
    slug = new_kommune()
    one = login(operator.service)

    answer = operator.put(f"kommuner/{slug}/innlogging/", {"innlogging": [one, one]})

    assert answer.status_code == 400


def test_the_whole_list_of_logins_is_replaced(operator: Operator, ready: str) -> None:
    other = login(operator.service, issuer="https://login.example.no")

    answer = operator.put(f"kommuner/{ready}/innlogging/", {"innlogging": [other]})

    assert answer.status_code == 200
    found = operator.get(f"kommuner/{ready}/innlogging/").json()["innlogging"]
    assert [one["issuer"] for one in found] == ["https://login.example.no"]
    assert found == answer.json()["innlogging"]


def test_a_kommune_that_is_changed_keeps_its_former_number(
    operator: Operator, new_kommune: Callable[[], str]
) -> None:
    slug = new_kommune()
    former = operator.get(f"kommuner/{slug}/").json()["kommunenummer"]

    answer = operator.patch(f"kommuner/{slug}/", {"kommunenummer": "1599", "maalform": "nn"})

    assert answer.status_code == 200
    assert answer.json()["tidligere_kommunenummer"] == [former]
    assert operator.get(f"kommuner/{slug}/").json() == answer.json()


@pytest.mark.parametrize(
    "facts", [{"kommunenummer": "1506"}, {"organisasjonsnummer": "921221967"}], ids=str
)
def test_what_is_another_kommunes_is_refused(
    operator: Operator, new_kommune: Callable[[], str], facts: dict[str, str]
) -> None:
    slug = new_kommune()

    answer = operator.patch(f"kommuner/{slug}/", facts)

    assert answer.status_code == 409
    assert "molde" in answer.json()["feil"]["beskrivelse"]


def test_a_role_there_is_not_in_the_registry_gives_nothing(
    http: httpx.Client, operator: Operator, ready: str, owner: Sql
) -> None:
    """Whatever is written past the API, a kommune makes no operator and stops nobody else."""
    owner.run(
        'update kommune_issuer set role_values = role_values || \'{"sjef": "drift"}\''
        " where kommune_id = (select id from kommune where slug = $1)",
        ready,
    )
    operator.patch(f"kommuner/{ready}/", {"navn": "Lest på nytt"})
    service = operator.service
    service.tokens["sjef"] = (inf, token_of(service, ready, "sjef"))

    answer = Client(http, service, "sjef", ready).get(f"{service.url}/{ready}/api/admin/")

    assert answer.status_code == 403
    assert http.get(f"{service.url}/kommuner/").status_code == 200
