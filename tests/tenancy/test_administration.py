"""Adding and changing kommuner."""

import subprocess
from functools import partial
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from tests.tenancy.conftest import Owner
from tests.tenancy.processes import command

from sakark_api.errors import Conflict, Invalid, NotFound
from sakark_api.noark.metadata.kodeliste import KODELISTER
from sakark_api.tenancy.administration import add_kommune, set_kommune
from sakark_api.tenancy.issuers import set_issuer
from sakark_api.tenancy.partitions import is_partition, partition_name, partitioned_tables

FACTS = {"navn": "Molde kommune", "kommunenummer": "1506"}


def add(owner: Owner, slug: str = "molde", **facts: Any) -> int:
    return owner.in_session(lambda session: add_kommune(session, slug, **{**FACTS, **facts}).id)


def change(owner: Owner, slug: str = "molde", **facts: Any) -> None:
    owner.in_session(lambda session: set_kommune(session, slug, **facts).id)


def partitions(owner: Owner) -> set[str]:
    rows = owner.ask("select relname from pg_class where relispartition and relkind = 'r'")
    return {row[0] for row in rows}


def test_a_new_kommune_has_a_partition_of_each_large_table(owner: Owner) -> None:
    number = add(owner)

    assert partitions(owner) == {
        partition_name(table.name, number) for table in partitioned_tables()
    }
    assert len(partitions(owner)) > 5


def test_a_new_kommune_has_every_code_of_the_standard(owner: Owner) -> None:
    number = add(owner)

    rows = owner.ask("select liste, kode, kodenavn from kodeverdi", tenant=number)
    assert {tuple(row) for row in rows} == {
        (liste.name, kode, navn) for liste in KODELISTER.values() for kode, navn in liste.values
    }


def test_a_new_kommune_is_in_preparation(owner: Owner) -> None:
    add(owner)

    (row,) = owner.ask("select * from kommune")
    assert (row["status"], row["maalform"]) == ("forberedelse", "nb")
    assert row["tidligere_kommunenummer"] == []


def test_two_kommuner_have_their_own_codes_and_partitions(owner: Owner) -> None:
    numbers = [add(owner), add(owner, "rauma", kommunenummer="1539")]

    counts = [owner.ask("select count(*) from kodeverdi", tenant=one)[0][0] for one in numbers]
    assert counts[0] == counts[1] > 100
    assert len(partitions(owner)) == 2 * len(partitioned_tables())


def test_a_kommune_that_cannot_be_added_leaves_nothing(owner: Owner) -> None:
    add(owner)

    with pytest.raises(Conflict):
        add(owner, "rauma")

    assert len(owner.ask("select * from kommune")) == 1
    assert len(partitions(owner)) == len(partitioned_tables())


def test_a_slug_is_taken_once(owner: Owner) -> None:
    add(owner)

    with pytest.raises(Conflict):
        add(owner, kommunenummer="1539")


@pytest.mark.parametrize(
    "slug",
    [
        *("", "a", "Molde", "1molde", "mo lde", "mo/lde", "møre", "molde\n", "-molde", "a" * 60),
        *("kommuner", "docs", "identity", "health", "metrics", "static", "openapi.json"),
        *("mo_lde", "molde?", "%00", "..", "mo.lde"),
    ],
)
def test_a_slug_that_cannot_be_in_an_address_is_refused(owner: Owner, slug: str) -> None:
    with pytest.raises(Invalid):
        add(owner, slug)

    assert owner.ask("select * from kommune") == []


WRONG_FACTS = [
    *[{"kommunenummer": value} for value in ("", "150", "15066", "abcd", "1506\n", "١٥٠٦")],
    *[{"organisasjonsnummer": value} for value in ("", "12345678", "1234567890", "12345678x")],
    {"organisasjonsnummer": "123456789\n"},
    *[{"maalform": value} for value in ("", "en", "NB", "bokmål")],
    *[{"status": value} for value in ("", "Drift", "nedlagt")],
    {"navn": ""},
    {"navn": "  "},
]


@pytest.mark.parametrize("facts", WRONG_FACTS, ids=str)
def test_odd_facts_are_refused_for_a_new_kommune(owner: Owner, facts: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        add(owner, **facts)

    assert owner.ask("select * from kommune") == []


def test_odd_facts_are_refused_for_a_known_kommune(owner: Owner) -> None:
    add(owner)

    for facts in WRONG_FACTS:
        with pytest.raises(Invalid):
            change(owner, **facts)


def test_a_new_number_keeps_the_former_ones(owner: Owner) -> None:
    add(owner)

    for number in ("1502", "1599"):
        change(owner, kommunenummer=number)

    (row,) = owner.ask("select * from kommune")
    assert row["kommunenummer"] == "1599"
    assert row["tidligere_kommunenummer"] == ["1506", "1502"]


def test_the_same_number_again_is_no_change(owner: Owner) -> None:
    add(owner)

    change(owner, kommunenummer="1506", navn="Molde")

    (row,) = owner.ask("select * from kommune")
    assert row["tidligere_kommunenummer"] == []


def test_a_former_number_taken_back_is_no_longer_former(owner: Owner) -> None:
    add(owner)

    for number in ("1502", "1506"):
        change(owner, kommunenummer=number)

    (row,) = owner.ask("select * from kommune")
    assert row["kommunenummer"] == "1506"
    assert row["tidligere_kommunenummer"] == ["1502"]


def test_another_kommunes_number_is_refused(owner: Owner) -> None:
    add(owner)
    add(owner, "rauma", kommunenummer="1539")

    with pytest.raises(Conflict):
        change(owner, "rauma", kommunenummer="1506")


def test_a_former_number_of_another_kommune_is_refused(owner: Owner) -> None:
    """A token that names the number must not open two kommuner."""
    add(owner)
    change(owner, kommunenummer="1502")

    with pytest.raises((Invalid, Conflict, IntegrityError)):
        add(owner, "rauma", kommunenummer="1506")


def test_an_unknown_kommune_cannot_be_changed(owner: Owner) -> None:
    with pytest.raises(NotFound):
        change(owner, navn="X")


def test_an_issuer_is_added_once_and_then_changed(owner: Owner) -> None:
    add(owner)
    facts: dict[str, Any] = {
        "kommune_claim": "kommune",
        "role_claim": "roles",
        "role_values": {"x": "leser"},
    }

    for audience in ("sakark", "annen"):
        owner.in_session(
            partial(set_issuer, slug="molde", issuer="https://id", audience=audience, **facts)
        )

    (row,) = owner.ask("select * from kommune_issuer")
    assert row["audience"] == "annen"


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        *[("mappe_k1", True), ("mappe_k12", True), ("mappe", False), ("mappe_k", False)],
        *[("ukjent_k1", False), ("mappe_kx", False), ("klassifikasjonssystem", False)],
    ],
)
def test_a_partition_is_known_by_its_name(name: str, answer: bool) -> None:
    assert is_partition(name) is answer


# By the command.


def sakark(owner: Owner, *words: str) -> "subprocess.CompletedProcess[str]":
    given = {"SAKARK_DATABASE_OWNER_URL": owner.url, "SAKARK_DATABASE_URL": owner.app_url}
    return command(given, *words)


def test_the_commands_add_list_and_set(owner: Owner) -> None:
    said = [
        sakark(owner, "kommune", "add", "molde", "--navn", "Molde", "--kommunenummer", "1506"),
        sakark(
            owner,
            *("kommune", "set", "molde", "--kommunenummer", "1502", "--status", "drift"),
            *("--organisasjonsnummer", "921221967", "--issuer", "https://login.example.no"),
        ),
        sakark(owner, "kommune", "list"),
    ]

    assert [one.returncode for one in said] == [0, 0, 0], said
    assert said[2].stdout.split("\t")[:3] == ["molde", "1502", "drift"]


@pytest.mark.parametrize(
    "words",
    [
        ("add", "Molde!", "--navn", "Molde", "--kommunenummer", "1506"),
        ("add", "rauma", "--navn", "Rauma", "--kommunenummer", "x"),
        ("add", "rauma", "--navn", "Rauma", "--kommunenummer", "1506"),
        ("set", "finnes-ikke", "--navn", "X"),
        ("set", "molde", "--status", "x"),
    ],
)
def test_a_refused_command_says_why_in_a_sentence(owner: Owner, words: tuple[str, ...]) -> None:
    add(owner)

    said = sakark(owner, "kommune", *words)

    assert said.returncode == 1
    assert "Traceback" not in said.stderr
    assert 10 < len(said.stderr) < 300
