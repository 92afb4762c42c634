"""Usage: who is active is written down once a month, counted by the operator, and never shown."""

import asyncio
import csv
import io
from collections.abc import Callable
from datetime import UTC, date, datetime
from math import inf
from typing import Any

import httpx
import pytest
from tests.conftest import Client, Service
from tests.drift.conftest import Operator, Sql, token_of

from sakark_api.access.caller import Caller, Role
from sakark_api.app import create_app
from sakark_api.drift.rapport import to_csv
from sakark_api.tenancy.bruk import Bruk, month_of

THIS_MONTH = f"{month_of(datetime.now(UTC)):%Y-%m}"


def visit(service: Service, http: httpx.Client, kommune: str, role: str, **facts: Any) -> int:
    service.tokens["visitor"] = (inf, token_of(service, kommune, role, **facts))
    client = Client(http, service, "visitor", kommune)
    return client.get(f"{client.root}admin/system/").status_code


def used(operator: Operator, kommune: str, **asked: str) -> dict[str, tuple[int, int, int]]:
    """Give active users, persons and systems of a kommune by month."""
    answer = operator.get("bruk/", params={"kommune": kommune, **asked})
    assert answer.status_code == 200, answer.text
    return {
        row["maaned"]: (row["aktive"], row["personer"], row["systemer"])
        for row in answer.json()["results"]
    }


def begun(operator: Operator, slug: str) -> str:
    body = {"status": "drift", "begrunnelse": "x"}
    assert operator.put(f"kommuner/{slug}/status/", body).is_success
    return slug


def test_each_user_counts_once_a_month(
    operator: Operator, http: httpx.Client, service: Service, ready: str
) -> None:
    begun(operator, ready)

    for role in ("leser", "leser", "arkivar", "leser"):
        assert visit(service, http, ready, role) == 200

    assert used(operator, ready) == {THIS_MONTH: (2, 2, 0)}


def test_a_token_that_names_nobody_is_a_system(
    operator: Operator, http: httpx.Client, service: Service, ready: str
) -> None:
    begun(operator, ready)

    visit(service, http, ready, "saksbehandler", person=False)
    visit(service, http, ready, "leser")

    assert used(operator, ready) == {THIS_MONTH: (2, 1, 1)}


@pytest.mark.parametrize("role", ["ukjent", "drift"])
def test_who_has_no_role_does_not_count(
    operator: Operator, http: httpx.Client, service: Service, ready: str, role: str
) -> None:
    begun(operator, ready)

    visit(service, http, ready, role)

    assert used(operator, ready) == {THIS_MONTH: (0, 0, 0)}


def test_who_is_kept_out_does_not_count(
    operator: Operator, http: httpx.Client, service: Service, ready: str
) -> None:
    assert visit(service, http, ready, "leser") == 403

    assert used(operator, ready) == {THIS_MONTH: (0, 0, 0)}


def fill(owner: Sql, slug: str, month: str, persons: int, systems: int) -> None:
    (row,) = owner.run("select id from kommune where slug = $1", slug)
    owner.run(
        "insert into bruk select $1::int, $2::text::date, gen_random_uuid(),"
        " case when n <= $3 then 'person' else 'system' end"
        " from generate_series(1, $3::int + $4::int) n",
        row["id"],
        f"{month}-01",
        persons,
        systems,
        tenant=row["id"],
    )


@pytest.fixture
def two(operator: Operator, owner: Sql, new_kommune: Callable[[], str]) -> tuple[str, str]:
    """Two kommuner that have been used in some months of last year."""
    del operator
    one, other = new_kommune(), new_kommune()
    fill(owner, one, "2025-01", 3, 1)
    fill(owner, one, "2025-03", 5, 0)
    fill(owner, other, "2025-01", 0, 2)
    fill(owner, other, "2025-02", 7, 0)
    return one, other


def test_months_are_counted_one_by_one_for_each_kommune(
    operator: Operator, two: tuple[str, str]
) -> None:
    found = [used(operator, slug, fra="2025-01", til="2025-03") for slug in two]

    assert found == [
        {"2025-01": (4, 3, 1), "2025-02": (0, 0, 0), "2025-03": (5, 5, 0)},
        {"2025-01": (2, 0, 2), "2025-02": (7, 7, 0), "2025-03": (0, 0, 0)},
    ]


def test_all_kommuner_are_in_the_report_but_no_sandbox(
    operator: Operator, two: tuple[str, str]
) -> None:
    made = operator.post("sandkasser/", {"for": "molde", "saker": 1}).json()["slug"]

    rows = operator.get("bruk/", params={"fra": "2025-01", "til": "2025-02"}).json()["results"]
    operator.delete(f"sandkasser/{made}/")

    named = [row["kommune"] for row in rows]
    assert {*two, "molde", "rauma"} <= set(named)
    assert made not in named
    assert len(named) == len(set(named)) * 2


def test_the_report_shows_numbers_and_nobody(
    operator: Operator, http: httpx.Client, service: Service, ready: str
) -> None:
    begun(operator, ready)
    visit(service, http, ready, "leser")

    answer = operator.get("bruk/", params={"kommune": ready})

    assert set(answer.json()["results"][0]) == {
        *("kommune", "navn", "kommunenummer", "maaned"),
        *("aktive", "personer", "systemer", "opsjoner"),
    }
    assert "Prøve Person" not in answer.text


def test_options_are_in_the_months_they_were_had(
    operator: Operator, new_kommune: Callable[[], str]
) -> None:
    slug = new_kommune()
    operator.put(f"kommuner/{slug}/opsjoner/edu/", {"fra": "2025-01-31", "til": "2025-03-01"})
    operator.put(f"kommuner/{slug}/opsjoner/innsyn/", {"fra": "2025-03-31"})

    answer = operator.get("bruk/", params={"fra": "2024-12", "til": "2025-04", "kommune": slug})

    assert {row["maaned"]: row["opsjoner"] for row in answer.json()["results"]} == {
        "2024-12": [],
        "2025-01": ["edu"],
        "2025-02": ["edu"],
        "2025-03": ["edu", "innsyn"],
        "2025-04": ["innsyn"],
    }


@pytest.mark.parametrize(
    "asked",
    [
        {"fra": "2025-13"},
        {"fra": "2025"},
        {"til": "2025-01-01"},
        {"fra": "2025-02", "til": "2025-01"},
        {"fra": "2000-01", "til": "2099-12"},
        {"fra": "٢٠٢٥-01"},
    ],
    ids=str,
)
def test_odd_months_are_refused(operator: Operator, asked: dict[str, str]) -> None:
    assert operator.get("bruk/", params=asked).status_code == 400


def test_an_unknown_kommune_has_no_report(operator: Operator) -> None:
    assert operator.get("bruk/", params={"kommune": "finnes-ikke"}).status_code == 404


def rows_of(text: str) -> list[dict[str, str]]:
    """Read a report as a spreadsheet in Norway does."""
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))


def test_the_report_as_csv_says_the_same(operator: Operator, two: tuple[str, str]) -> None:
    asked = {"fra": "2025-01", "til": "2025-03", "kommune": two[0]}

    answer = operator.get("bruk/", params=asked, headers={"Accept": "text/csv"})

    plain = operator.get("bruk/", params=asked).json()["results"]
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "bruk-2025-01-2025-03.csv" in answer.headers["content-disposition"]
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert rows_of(answer.text) == [
        {
            name: ", ".join(value) if name == "opsjoner" else str(value)
            for name, value in row.items()
        }
        for row in plain
    ]


@pytest.mark.parametrize(
    "navn", ["=1+1", "+47", "-1", "@SUM(A1)", "\t=1", 'Å; "B"\nC', "Vanlig kommune"]
)
def test_a_name_is_never_a_formula_and_comes_back_whole(navn: str) -> None:
    bruk = Bruk("x", navn, "1234", date(2025, 1, 1), 1, 2, ["edu", "innsyn"])

    (row,) = rows_of(to_csv([bruk]))

    assert row["navn"].removeprefix("'") == navn
    assert not row["navn"].startswith(("=", "+", "-", "@", "\t"))
    assert row["opsjoner"] == "edu, innsyn"


def test_a_new_month_counts_anew_in_the_same_process(
    operator: Operator, service: Service, owner: Sql, ready: str
) -> None:
    begun(operator, ready)
    (row,) = owner.run("select id from kommune where slug = $1", ready)
    caller = Caller(row["id"], ready, "kari", service.issuer, "Kari", frozenset({Role.LESER}))
    moments = [
        datetime(2025, 1, 31, 22, 59, tzinfo=UTC),
        datetime(2025, 1, 31, 23, 1, tzinfo=UTC),
        datetime(2025, 2, 28, 12, tzinfo=UTC),
        datetime(2025, 3, 1, 12, tzinfo=UTC),
    ]

    async def visits() -> None:
        app = create_app(service.settings)
        async with app.router.lifespan_context(app):
            for moment in moments:
                app.state.services.clock = lambda moment=moment: moment
                await app.state.services.actor_of(caller, counted=True)

    asyncio.run(visits())

    assert used(operator, ready, fra="2025-01", til="2025-03") == {
        "2025-01": (1, 1, 0),
        "2025-02": (1, 1, 0),
        "2025-03": (1, 1, 0),
    }
