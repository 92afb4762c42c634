"""Postal codes from the register: what comes, goes and comes back, in each kommune by itself."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.conftest import Service
from tests.drift.conftest import Operator, Sql, token_of

from sakark_api.drift.work import load_postnummer
from sakark_api.noark.metadata.postregister import FEWEST
from sakark_api.tenancy.driftslogg import Actor
from sakark_api.tenancy.operator import in_transaction
from sakark_api.tenancy.postnummer import Outcome
from sakark_api.tenancy.session import owner_engine

REGISTER = {"0001": "OSLO", "0010": "OSLO", "6413": "MOLDE"}
WHO = Actor(None, "kari", "Kommandolinjen", datetime.now(UTC))

Load = Callable[[str, Mapping[str, str]], Outcome]


@pytest.fixture
def load(service: Service) -> Load:
    """Load a register into a kommune, as the command does."""

    async def run(slug: str, register: Mapping[str, str]) -> Outcome:
        engine = owner_engine(str(service.settings.database_owner_url))
        try:
            act = partial(load_postnummer, who=WHO, slug=slug, register=register)
            return await in_transaction(engine, act)
        finally:
            await engine.dispose()

    return lambda slug, register: asyncio.run(run(slug, register))


def standing(http: httpx.Client, service: Service, slug: str) -> dict[str, tuple[str, bool]]:
    """Give poststed and whether it may be chosen of each number, as clients of the kommune see."""
    token = token_of(service, slug, "administrator")
    answer = http.get(
        f"{service.url}/{slug}/api/metadata/postnummer/",
        headers={"Authorization": f"Bearer {token}"},
    )
    return {
        one["kode"]: (one["kodenavn"], "utdatert" not in one) for one in answer.json()["results"]
    }


def test_register_decides_what_may_be_chosen(
    http: httpx.Client, service: Service, ready: str, load: Load
) -> None:
    before = standing(http, service, ready)

    done = load(ready, REGISTER)

    now = standing(http, service, ready)
    assert done == Outcome(nye=2, utdatert=len(before.keys() - REGISTER.keys()))
    assert {number: now[number] for number in REGISTER} == {
        number: (poststed, True) for number, poststed in REGISTER.items()
    }
    assert {now[number] for number in before.keys() - REGISTER.keys()} == {
        (before[number][0], False) for number in before.keys() - REGISTER.keys()
    }


def test_number_that_is_back_is_valid_under_its_new_name(
    http: httpx.Client, service: Service, ready: str, load: Load
) -> None:
    load(ready, REGISTER)
    gone = load(ready, {"6413": "MOLDE"})

    back = load(ready, {**REGISTER, "0010": "KRISTIANIA"})

    assert gone == Outcome(utdatert=2)
    assert back == Outcome(gjenopptatt=2, nytt_poststed=1)
    assert standing(http, service, ready)["0010"] == ("KRISTIANIA", True)


def test_same_register_again_changes_nothing(
    owner: Sql, operator: Operator, ready: str, load: Load
) -> None:
    load(ready, REGISTER)
    first = operator.logged()
    version = "select kodeverk_version from kommune where slug = $1"
    (before,) = owner.run(version, ready)

    done = load(ready, REGISTER)

    assert done == Outcome()
    assert operator.logged() == first
    assert owner.run(version, ready) == [before]
    assert (first["hendelse"], first["kommune"]) == ("postnummer lastet", ready)
    assert first["detaljer"]["nye"] == 2


def test_other_lists_still_have_unique_names(
    http: httpx.Client, service: Service, ready: str
) -> None:
    headers = {
        "Authorization": f"Bearer {token_of(service, ready, 'administrator')}",
        "Content-Type": "application/vnd.noark5+json",
    }

    statuses = [
        http.post(
            f"{service.url}/{ready}/api/metadata/ny-{codelist}/",
            json={"kode": kode, "kodenavn": "LIKT"},
            headers=headers,
        ).status_code
        for codelist in ("postnummer", "dokumenttype")
        for kode in ("9998", "9999")
    ]

    assert statuses == [201, 201, 201, 409]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A register that is long enough, in the encoding it is published in."""
    path = tmp_path / "Postnummerregister-ansi.txt"
    lines = [f"{number:04}\tÅNDALSNES\t1539\tRAUMA\tG\r\n" for number in range(FEWEST)]
    path.write_bytes("".join(lines).encode("windows-1252"))
    return path


def test_command_loads_the_kommuner_it_is_told(
    sakark: Any, http: httpx.Client, service: Service, ready: str, file: Path
) -> None:
    said = sakark("kodeliste", "postnummer", str(file), "--kommune", ready)

    assert said.returncode == 0, said.stderr
    assert f"{ready}: {FEWEST} nye, 0 med nytt poststed" in said.stdout
    assert standing(http, service, ready)["0000"] == ("ÅNDALSNES", True)


def test_command_refuses_another_file_in_a_sentence(sakark: Any, ready: str, file: Path) -> None:
    file.write_text("<html>Siden finnes ikke</html>")

    said = sakark("kodeliste", "postnummer", str(file), "--kommune", ready)

    assert said.returncode == 1
    assert said.stderr.startswith("Linje 1 er ikke postnummer")
    assert "Traceback" not in said.stderr


def test_command_wants_to_know_whose_list(sakark: Any, file: Path) -> None:
    said = sakark("kodeliste", "postnummer", str(file))

    assert said.returncode == 1
    assert "--alle" in said.stderr
