"""The operator's commands: the same work as the API's, as the owner of the tables."""

import csv
import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Service
from tests.drift.conftest import Operator, Sql, login
from tests.tenancy.processes import environment


def test_a_state_is_changed_and_logged_with_its_reason(
    sakark: Any, operator: Operator, ready: str
) -> None:
    said = sakark("kommune", "status", ready, "prøvedrift", "--begrunnelse", "Kurs")

    line = operator.logged()
    assert said.returncode == 0, said.stderr
    assert (line["hendelse"], line["issuer"]) == ("status endret", None)
    assert line["detaljer"]["begrunnelse"] == "Kurs"
    assert line["subject"]


@pytest.mark.parametrize("status", ["avsluttet", "nedlagt"])
def test_a_state_that_cannot_follow_is_refused_in_a_sentence(
    sakark: Any, ready: str, status: str
) -> None:
    said = sakark("kommune", "status", ready, status, "--begrunnelse", "x")

    assert said.returncode == 1
    assert "Traceback" not in said.stderr
    assert "forberedelse" in said.stderr


def test_logins_are_added_one_by_one_and_listed(sakark: Any, ready: str) -> None:
    added = sakark(
        *("kommune", "set", ready, "--issuer", "https://login.example.no"),
        *("--role", "arkivar=ARKIV", "--role-claim", "groups"),
    )

    listed = sakark("kommune", "innlogging", ready).stdout.splitlines()
    assert added.returncode == 0, added.stderr
    assert len(listed) == 2
    assert "https://login.example.no\tsakark\tkommune\tgroups\tarkivar=ARKIV" in listed


def test_what_is_not_given_of_a_login_is_kept(
    sakark: Any, owner: Sql, operator: Operator, ready: str
) -> None:
    entry = login(operator.service, jwks_uri="https://login.example.no/keys", role_claim="groups")
    assert operator.put(f"kommuner/{ready}/innlogging/", {"innlogging": [entry]}).is_success

    said = sakark(
        *("kommune", "set", ready, "--issuer", operator.service.issuer),
        *("--kommune-claim", "consumer.ID"),
    )

    (row,) = owner.run(
        "select * from kommune_issuer where issuer = $1 and kommune_id ="
        " (select id from kommune where slug = $2)",
        operator.service.issuer,
        ready,
    )
    assert said.returncode == 0, said.stderr
    assert row["kommune_claim"] == "consumer.ID"
    assert (row["jwks_uri"], row["role_claim"]) == (entry["jwks_uri"], "groups")
    assert "saksbehandler" in row["role_values"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--kommune-claim", "consumer.ID"], "krever --issuer"),
        (["--role", "arkivar=ARKIV"], "krever --issuer"),
        ([], "ingenting å endre"),
    ],
)
def test_a_change_that_would_change_nothing_is_refused(
    sakark: Any, ready: str, words: list[str], sentence: str
) -> None:
    said = sakark("kommune", "set", ready, *words)

    assert said.returncode == 1
    assert sentence in said.stderr


def test_a_login_is_removed_and_logged(sakark: Any, operator: Operator, ready: str) -> None:
    issuer = "https://gammel.example.no"
    assert sakark("kommune", "set", ready, "--issuer", issuer).returncode == 0

    removed = sakark("kommune", "innlogging", ready, "--fjern", issuer)
    again = sakark("kommune", "innlogging", ready, "--fjern", issuer)

    assert removed.returncode == 0, removed.stderr
    assert operator.service.issuer in removed.stdout
    assert issuer not in removed.stdout
    assert operator.logged()["hendelse"] == "innlogging endret"
    assert again.returncode == 1
    assert "ingen innloggingstjeneste" in again.stderr


def test_a_password_is_never_in_what_goes_wrong(service: Service) -> None:
    for address in (
        "postgresql://sakark:hem/melig@db/x",
        "postgresql://sakark:hemmelig@localhost:1/x",
    ):
        said = subprocess.run(
            [str(Path(sys.executable).with_name("sakark")), "kommune", "list"],
            env={**environment(service), "SAKARK_DATABASE_OWNER_URL": address},
            capture_output=True,
            check=False,
            text=True,
        )
        assert said.returncode == 1
        assert "melig" not in said.stdout + said.stderr


def test_an_option_is_given_shown_and_ended(sakark: Any, ready: str) -> None:
    given = sakark("kommune", "opsjon", ready, "edu", "--fra", "2026-01-01")
    ended = sakark("kommune", "opsjon", ready, "edu", "--til", "2026-06-30")
    shown = sakark("kommune", "opsjon", ready)
    asked = sakark("kommune", "opsjon", ready, "edu")

    assert given.stdout == "edu\t2026-01-01\t\n"
    assert ended.stdout == shown.stdout == "edu\t2026-01-01\t2026-06-30\n"
    assert asked.returncode == 1


def test_use_is_shown_as_the_api_shows_it(sakark: Any, operator: Operator, owner: Sql) -> None:
    (row,) = owner.run("select id from kommune where slug = 'rauma'")
    owner.run(
        "insert into bruk values ($1, '2024-05-01', gen_random_uuid(), 'person')",
        row["id"],
        tenant=row["id"],
    )

    plain = sakark("bruk", "--fra", "2024-05", "--til", "2024-05")
    table = sakark("bruk", "--fra", "2024-05", "--til", "2024-05", "--csv")

    rows = list(csv.DictReader(io.StringIO(table.stdout.removeprefix("\ufeff")), delimiter=";"))
    shown = operator.get("bruk/", params={"fra": "2024-05", "til": "2024-05"}).json()["results"]
    assert "rauma\t2024-05\t1\t1\t0\t" in plain.stdout
    assert {one["kommune"]: int(one["aktive"]) for one in rows} == {
        one["kommune"]: one["aktive"] for one in shown
    }


def test_a_sandbox_is_made_listed_thrown_away_and_swept(
    sakark: Any, operator: Operator, owner: Sql
) -> None:
    made = [sakark("sandkasse", "lag", "rauma", "--saker", "2") for _ in range(2)]
    one, other = (said.stdout.split()[1] for said in made)
    listed = sakark("sandkasse", "list").stdout
    thrown = sakark("sandkasse", "kast", one)
    owner.run("update kommune set utloeper = now() where slug = $1", other)
    swept = sakark("sandkasse", "rydd")

    left = [one["slug"] for one in operator.get("sandkasser/").json()["results"]]
    assert [said.returncode for said in (*made, thrown, swept)] == [0, 0, 0, 0], made[0].stderr
    assert {one, other} <= {line.split("\t")[0] for line in listed.splitlines()}
    assert other in swept.stdout
    assert not {one, other} & set(left)


def test_no_kommune_is_thrown_away(sakark: Any) -> None:
    said = sakark("sandkasse", "kast", "molde")

    assert said.returncode == 1
    assert "Sandkassen molde finnes ikke" in said.stderr
