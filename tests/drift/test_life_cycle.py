"""The life of a kommune: which state may follow which, and what each allows whom."""

from collections.abc import Callable, Iterator
from itertools import product
from math import inf
from typing import Any

import httpx
import pytest
from tests.conftest import NOARK, REL, Client
from tests.drift.conftest import Operator, Sql, token_of

from sakark_api.access.caller import Role
from sakark_api.access.policy import Action, Status, admits, allows
from sakark_api.tenancy.administration import TRANSITIONS

ALLOWED = {
    ("forberedelse", "prøvedrift"),
    ("forberedelse", "drift"),
    ("prøvedrift", "forberedelse"),
    ("prøvedrift", "drift"),
    ("drift", "avsluttet"),
    ("avsluttet", "drift"),
}
PAIRS = list(product([str(one) for one in Status], repeat=2))


def put_in(owner: Sql, slug: str, status: str) -> None:
    """Put a kommune in a state past the rules, as the owner of the tables can."""
    owner.run("update kommune set status = $1 where slug = $2", status, slug)


def go(operator: Operator, slug: str, status: str) -> httpx.Response:
    body = {"status": status, "begrunnelse": "Avtalt med kommunen"}
    return operator.put(f"kommuner/{slug}/status/", body)


def test_the_table_in_the_code_is_the_one_that_was_agreed() -> None:
    written = {(str(one), str(other)) for one, others in TRANSITIONS.items() for other in others}

    assert written == ALLOWED


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_every_pair_of_states(
    operator: Operator, owner: Sql, shared: str, before: str, after: str
) -> None:
    put_in(owner, shared, before)

    answer = go(operator, shared, after)

    expected = 200 if (before, after) in ALLOWED or before == after else 409
    assert answer.status_code == expected
    now = operator.get(f"kommuner/{shared}/").json()["status"]
    assert now == (after if expected == 200 else before)


@pytest.mark.parametrize("after", ["prøvedrift", "drift"])
def test_without_a_login_a_kommune_stays_in_preparation(
    operator: Operator, new_kommune: Callable[[], str], after: str
) -> None:
    slug = new_kommune()

    answer = go(operator, slug, after)

    assert answer.status_code == 409
    assert "innloggingstjeneste" in answer.json()["feil"]["beskrivelse"]


@pytest.mark.parametrize("before", ["forberedelse", "prøvedrift", "avsluttet"])
def test_without_an_organisation_number_there_is_no_operation(
    operator: Operator, owner: Sql, ready: str, before: str
) -> None:
    operator.patch(f"kommuner/{ready}/", {"organisasjonsnummer": None})
    put_in(owner, ready, before)

    answer = go(operator, ready, "drift")

    assert answer.status_code == 409
    assert "organisasjonsnummer" in answer.json()["feil"]["beskrivelse"]


def test_all_that_is_missing_is_named_in_the_readers_language(
    operator: Operator, new_kommune: Callable[[], str]
) -> None:
    answer = operator.request(
        "PUT",
        f"kommuner/{new_kommune()}/status/",
        json={"status": "drift", "begrunnelse": "x"},
        headers={"Accept-Language": "en"},
    )

    assert answer.json()["feil"]["beskrivelse"] == (
        "Before the municipality can go to drift, it needs a login service, an organisation number."
    )


def test_what_operation_takes_cannot_be_taken_away(operator: Operator, ready: str) -> None:
    assert go(operator, ready, "drift").status_code == 200

    answers = [
        operator.patch(f"kommuner/{ready}/", {"organisasjonsnummer": None}),
        operator.put(f"kommuner/{ready}/innlogging/", {"innlogging": []}),
    ]

    assert [answer.status_code for answer in answers] == [409, 409]


@pytest.mark.parametrize(
    "body",
    [
        {"status": "nedlagt", "begrunnelse": "x"},
        {"status": "drift"},
        {"status": "drift", "begrunnelse": " "},
        {"status": None, "begrunnelse": "x"},
    ],
    ids=str,
)
def test_a_move_that_is_wrong_is_refused(operator: Operator, shared: str, body: object) -> None:
    answer = operator.put(f"kommuner/{shared}/status/", body)

    assert answer.status_code == 400


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("status", Status)
def test_only_those_who_prepare_come_in_before_it_begins(status: Status, role: Role) -> None:
    prepares = role in (Role.ADMINISTRATOR, Role.ARKIVAR)

    assert admits(status, {role}) is (prepares or status is not Status.FORBEREDELSE)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("status", Status)
def test_what_has_ended_is_read_only(status: Status, action: Action) -> None:
    assert allows(status, action) is (action is Action.READ or status is not Status.AVSLUTTET)


def test_without_a_role_nobody_comes_in_before_it_begins() -> None:
    assert not admits(Status.FORBEREDELSE, ())


# Over HTTP.


def member_of(operator: Operator, slug: str, role: str) -> Client:
    """Log somebody of a kommune in with a role."""
    service = operator.service
    service.tokens[f"{role}@{slug}"] = (inf, token_of(service, slug, role))
    return Client(operator.http, service, f"{role}@{slug}", slug)


@pytest.fixture
def member(operator: Operator, ready: str) -> Callable[[str], Client]:
    """Log somebody of the kommune in with a role."""
    return lambda role: member_of(operator, ready, role)


def see_change(operator: Operator, slug: str) -> None:
    """Let the service read the registry anew after a change past it."""
    assert operator.patch(f"kommuner/{slug}/", {"maalform": "nb"}).is_success


@pytest.mark.parametrize("role", [str(role) for role in Role])
@pytest.mark.parametrize("status", [str(status) for status in Status])
def test_who_may_read_and_who_may_write_in_each_state(
    operator: Operator, owner: Sql, shared: str, status: str, role: str
) -> None:
    put_in(owner, shared, status)
    see_change(operator, shared)
    client = member_of(operator, shared, role)
    body = {"arkivskaperID": "1", "arkivskaperNavn": "X"}

    read = client.get(f"{client.root}arkivstruktur/arkivskaper/")
    write = client.post(f"{client.root}arkivstruktur/ny-arkivskaper/", body)

    prepares = role in ("administrator", "arkivar")
    comes_in = prepares or status != "forberedelse"
    writes = role == "administrator" and status != "avsluttet"
    assert read.status_code == (200 if comes_in else 403)
    assert write.status_code == (201 if writes else 403)


def test_who_is_kept_out_is_told_why(
    operator: Operator, ready: str, member: Callable[[str], Client]
) -> None:
    client = member("saksbehandler")

    answer = client.get(f"{client.root}arkivstruktur/")

    assert operator.get(f"kommuner/{ready}/").json()["status"] == "forberedelse"
    assert "forberedelse" in answer.json()["feil"]["beskrivelse"]


def rels(unit: dict[str, Any]) -> set[str]:
    return {rel.removeprefix(REL) for rel in unit["_links"]}


def test_what_has_ended_offers_nothing_to_write_and_says_why(
    operator: Operator, ready: str, member: Callable[[str], Client]
) -> None:
    client = member("administrator")
    package = client.follow("arkivstruktur/")
    skaper = client.make(
        package, "arkivstruktur/ny-arkivskaper/", {"arkivskaperID": "1", "arkivskaperNavn": "X"}
    )
    address, etag = client.link(skaper, "self"), client.etag(skaper)
    assert go(operator, ready, "drift").is_success
    assert go(operator, ready, "avsluttet").is_success

    ended = client.get(address, headers={"If-None-Match": etag})
    listed = client.get(f"{client.root}arkivstruktur/")
    refused = [
        client.delete(address),
        client.put(address, {"arkivskaperNavn": "Y"}, headers={"If-Match": "*"}),
        client.patch(address, {"arkivskaperNavn": "Y"}, headers={"If-Match": "*"}),
        client.post(f"{client.root}metadata/ny-dokumenttype/", {"kode": "X", "kodenavn": "X"}),
    ]

    assert ended.status_code == 200, "the links are others, so the tag must be too"
    assert "arkivstruktur/ny-arkiv/" in rels(skaper)
    assert not [rel for rel in rels(ended.json()) if "/ny-" in rel]
    assert not [rel for rel in rels(listed.json()) if "/ny-" in rel]
    assert [answer.status_code for answer in refused] == [403, 403, 403, 403]
    assert all("avsluttet" in answer.json()["feil"]["beskrivelse"] for answer in refused)


def test_the_end_can_be_undone(
    operator: Operator, ready: str, member: Callable[[str], Client]
) -> None:
    client = member("administrator")
    for status in ("drift", "avsluttet", "drift"):
        assert go(operator, ready, status).is_success

    package = client.follow("arkivstruktur/")

    assert "arkivstruktur/ny-arkivskaper/" in rels(package)


def send_while_going(operator: Operator, slug: str, before: str, after: str) -> httpx.Response:
    """Send a body in two halves, and take the kommune to another state in between."""
    assert go(operator, slug, before).is_success
    token = token_of(operator.service, slug, "administrator")

    def body() -> Iterator[bytes]:
        yield b'{"tittel": '
        assert go(operator, slug, after).is_success
        yield b'"Underveis"}'

    return httpx.post(
        f"{operator.service.url}/{slug}/api/arkivstruktur/ny-arkiv/",
        content=body(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": NOARK},
    )


def test_a_body_that_was_on_its_way_does_not_come_in_after_the_end(
    operator: Operator, ready: str
) -> None:
    answer = send_while_going(operator, ready, "drift", "avsluttet")

    assert answer.status_code == 403
    assert "annen tilstand" in answer.json()["feil"]["beskrivelse"]


def test_nothing_fails_while_a_kommune_goes_live(operator: Operator, ready: str) -> None:
    answer = send_while_going(operator, ready, "prøvedrift", "drift")

    assert answer.status_code == 201
