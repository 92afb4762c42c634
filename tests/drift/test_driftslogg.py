"""The operator's log: every change has its line, in the transaction that makes it."""

from typing import Any

import httpx
import pytest
from tests.drift.conftest import Operator, login

from sakark_api.dev.identity import OPERATOR


def test_who_did_what_when_is_written(operator: Operator, ready: str) -> None:
    operator.put(
        f"kommuner/{ready}/status/", {"status": "prøvedrift", "begrunnelse": "Kurs i uke 48"}
    )

    line = operator.logged()
    assert line["hendelse"] == "status endret"
    assert line["kommune"] == ready
    assert line["navn"] == OPERATOR.name
    assert line["subject"] == OPERATOR.subject
    assert line["issuer"] == operator.service.issuer
    assert line["detaljer"] == {
        "fra": "forberedelse",
        "til": "prøvedrift",
        "begrunnelse": "Kurs i uke 48",
    }


CHANGES: list[tuple[str, str, Any, str, Any]] = [
    ("PATCH", "", {"navn": "Nytt"}, "kommune endret", "navn"),
    ("PUT", "opsjoner/edu/", {"fra": "2026-01-01"}, "opsjon satt", "opsjon"),
    ("PUT", "innlogging/", {"innlogging": []}, "innlogging endret", "fra"),
]


@pytest.mark.parametrize(("method", "path", "body", "hendelse", "fact"), CHANGES)
def test_every_change_has_its_line(
    operator: Operator, ready: str, method: str, path: str, body: Any, hendelse: str, fact: str
) -> None:
    answer = operator.request(method, f"kommuner/{ready}/{path}", json=body)

    line = operator.logged()
    assert answer.status_code == 200
    assert (line["hendelse"], line["kommune"]) == (hendelse, ready)
    assert fact in line["detaljer"]


def test_adding_and_ending_have_theirs(operator: Operator, ready: str) -> None:
    operator.put(f"kommuner/{ready}/opsjoner/edu/", {"fra": "2026-01-01"})
    operator.delete(f"kommuner/{ready}/opsjoner/edu/")

    lines = operator.get("logg/", params={"top": 500}).json()["results"]
    done = [line["hendelse"] for line in lines if line["kommune"] == ready]
    assert done == [
        "opsjon avsluttet",
        "opsjon satt",
        "innlogging endret",
        "kommune endret",
        "kommune lagt til",
    ]


def test_a_sandbox_is_in_the_log_after_it_is_gone(operator: Operator) -> None:
    slug = operator.post("sandkasser/", {"for": "molde", "saker": 1}).json()["slug"]
    operator.delete(f"sandkasser/{slug}/")

    lines = operator.get("logg/", params={"top": 500}).json()["results"]

    assert [line["hendelse"] for line in lines if line["kommune"] == slug] == [
        "sandkasse kastet",
        "sandkasse laget",
    ]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "status/", {"status": "avsluttet", "begrunnelse": "x"}),
        ("PATCH", "", {"kommunenummer": "1506"}),
        ("PUT", "innlogging/", {"innlogging": [{"issuer": "x", "role_values": {}}]}),
        ("DELETE", "opsjoner/edu/", None),
    ],
)
def test_what_was_refused_is_not_written(
    operator: Operator, ready: str, method: str, path: str, body: Any
) -> None:
    before = operator.logged()

    answer = operator.request(method, f"kommuner/{ready}/{path}", json=body)

    assert answer.status_code >= 400
    assert operator.logged() == before


def test_what_changes_nothing_is_not_written(operator: Operator, ready: str) -> None:
    before = operator.logged()

    answers: list[httpx.Response] = [
        operator.put(f"kommuner/{ready}/status/", {"status": "forberedelse", "begrunnelse": "x"}),
        operator.patch(f"kommuner/{ready}/", {"maalform": "nb"}),
        operator.put(f"kommuner/{ready}/innlogging/", {"innlogging": [login(operator.service)]}),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert operator.logged() == before


def test_pages_hold_every_line_once_the_newest_first(operator: Operator, ready: str) -> None:
    for day in range(1, 8):
        operator.put(
            f"kommuner/{ready}/opsjoner/edu/",
            {"fra": f"2026-01-{day:02}", "til": f"2026-01-{day:02}"},
        )
    whole = [line["id"] for line in operator.get("logg/", params={"top": 500}).json()["results"]]

    seen: list[int] = []
    page = operator.get("logg/", params={"top": 3}).json()
    while page["neste"] and len(seen) < 9:
        seen += [line["id"] for line in page["results"]]
        page = operator.http.get(page["neste"], headers=operator.headers).json()

    assert seen == whole[: len(seen)]
    assert seen == sorted(seen, reverse=True)
    assert len(seen) >= 9


@pytest.mark.parametrize("asked", [{"top": "0"}, {"top": "501"}, {"top": "x"}, {"foer": "-1"}])
def test_odd_pages_are_refused(operator: Operator, asked: dict[str, str]) -> None:
    assert operator.get("logg/", params=asked).status_code == 400
