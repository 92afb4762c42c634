"""What has gone to another kommune comes back: by the same command, and by a merge."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
from tests.conftest import UNITS
from tests.flytting.delt import (
    FRA,
    OUTSIDE,
    TIL,
    Stage,
    answers_of,
    build_stage,
    counts,
    installed,
    plain,
)

NAMES = [name for name in UNITS if name not in (*OUTSIDE, "hendelseslogg")]
ADDRESS = f"https://arkiv.example.no/{FRA}/api/"


@dataclass(frozen=True)
class Returned:
    """How many there were before, when they were back, and after they had gone and were merged."""

    stage: Stage
    before: dict[str, int]
    back: dict[str, int]
    back_answers: dict[str, Any]
    proven: list[str]
    at_rest: dict[str, int]
    merged: dict[str, int]
    once: list[dict[str, int]]
    """How many there were of what is copied: before, when it was back, and when it was merged."""


@pytest.fixture(scope="module")
def returned(http: httpx.Client) -> Iterator[Returned]:
    """Away, back, away again, and back as a part of all that the other had."""
    with installed(http, build_stage) as stage:
        stage.set_status(FRA, "avsluttet")
        stage.set_status(TIL, "avsluttet")
        before, once = counts(stage, FRA), [named(stage)]
        run(stage, *stage.words())
        proven = [prove(stage)]
        run(stage, *stage.words(TIL, FRA))
        back, proven = counts(stage, FRA), [*proven, prove(stage)]
        once.append(named(stage))
        stage.set_status(FRA, "drift")
        stage.wait_until_as_before()
        answers = {
            name: answers_of(stage.fra.client, stage.fra.client.refreshed(getattr(stage.fra, name)))
            for name in stage.answers
        }
        stage.set_status(FRA, "avsluttet")
        gone = stage.ask(
            "select til from utflyttet where enhet = $1", UUID(stage.fra.saksmappe["systemID"])
        )
        assert [row[0] for row in gone] == [FRA]
        run(stage, *stage.words())
        at_rest = {slug: counts(stage, slug)["mappe"] for slug in (FRA, TIL)}
        run(stage, "kommune", "merge", TIL, FRA, "--adresse", ADDRESS)
        merged, proven = counts(stage, FRA), [*proven, prove(stage)]
        yield Returned(stage, before, back, answers, proven, at_rest, merged, [*once, named(stage)])


def named(stage: Stage) -> dict[str, int]:
    """Count what has the name of something that was copied."""
    columns = {
        "bruker": ("bruker_navn", "Ny bruker"),
        "arkiv": ("tittel", "Arkivet"),
        "klassifikasjonssystem": ("tittel", "Planen"),
        "klasse": ("klasse_id", "K99"),
    }
    return {
        table: stage.ask(
            f"select count(*) from {table} where {column} = $1 and tenant_id ="
            " (select id from kommune where slug = $2)",
            name,
            FRA,
        )[0][0]
        for table, (column, name) in columns.items()
    }


def run(stage: Stage, *words: str) -> None:
    done = stage.house.sakark(*words)
    assert done.returncode == 0, done.stderr


def prove(stage: Stage) -> str:
    run(stage, "checkpoint")
    return str(stage.house.sakark("verify", "--kommune", FRA, "--kommune", TIL).stdout)


def test_what_is_back_is_as_much_as_before(returned: Returned) -> None:
    assert returned.back == returned.before


@pytest.mark.parametrize("name", NAMES)
def test_what_is_back_answers_as_before(returned: Returned, name: str) -> None:
    before, after = returned.stage.answers[name], returned.back_answers[name]

    assert plain(after) == plain(before)


def test_logs_are_proven_at_every_step(returned: Returned) -> None:
    assert ["Ingen funn." in said for said in returned.proven] == [True] * 3


def test_a_merge_brings_back_what_went(returned: Returned) -> None:
    there = returned.at_rest

    assert there[FRA] < returned.before["mappe"]
    assert returned.merged["mappe"] == there[FRA] + there[TIL]


def test_after_a_merge_nothing_shows_in_a_circle(returned: Returned) -> None:
    left = returned.stage.ask(
        "select 1 from utflyttet where tenant_id = (select id from kommune where slug = $1)", FRA
    )

    assert left == []


def test_a_copy_that_is_back_is_what_it_was_a_copy_of(returned: Returned) -> None:
    before, back, merged = returned.once

    assert back == before
    assert (merged["bruker"], merged["klasse"]) == (1, 1)
