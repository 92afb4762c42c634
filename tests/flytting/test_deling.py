"""Arkivdeler go to another kommune: all in them is there as it was, and nothing of what stays."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import md5
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from tests.conftest import UNITS, Client
from tests.flytting.conftest import KILLED, kill
from tests.flytting.delt import (
    FRA,
    OUTSIDE,
    STAYS,
    TIL,
    Stage,
    build_stage,
    counts,
    installed,
    plain,
)

from sakark_api.flytting.delplan import PLAN, PLASSERT, Slag
from sakark_api.noark.catalog import CATALOG
from sakark_api.tenancy.partitions import tenant_tables
from sakark_api.tenancy.tables import METADATA

STEPS = (("share_out", 2), ("_leave", 1), ("_note", 1))
"""Where the command is killed: it lists what goes along once before it copies files."""
COPIED = ("arkivskaper", "arkiv", "klassifikasjonssystem", "klasse")
MOVED = [name for name in UNITS if name not in (*OUTSIDE, *COPIED, "hendelseslogg")]
IDENTITY = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Divided:
    """What was before, and what was reported."""

    stage: Stage
    answers: dict[str, Any]
    before: dict[str, dict[str, int]]
    rehearsed: Any
    killed: list[int]
    untouched: dict[str, dict[str, int]]
    after: dict[str, dict[str, int]]
    rapport: Any


@pytest.fixture(scope="module")
def stage(http: httpx.Client) -> Iterator[Stage]:
    with installed(http, build_stage) as built:
        built.set_status(FRA, "avsluttet")
        built.house.sakark("checkpoint")
        yield built


@pytest.fixture(scope="module")
def divided(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Divided:
    """Two as they are afterwards: rehearsed first, then killed at every step, then done."""
    file = tmp_path_factory.mktemp("rapport") / "rapport.json"
    before = {slug: counts(stage, slug) for slug in (FRA, TIL)}
    dry = stage.split("--dry-run", "--rapport", file)
    assert dry.returncode == 0, dry.stderr
    rehearsed = json.loads(file.read_text(encoding="utf-8"))
    words = stage.words()
    killed = [kill(stage.house, step, times, *words) for step, times in STEPS]
    untouched = {slug: counts(stage, slug) for slug in (FRA, TIL)}
    done = stage.split("--rapport", file)
    assert done.returncode == 0, done.stderr
    after = {slug: counts(stage, slug) for slug in (FRA, TIL)}
    rapport = json.loads(file.read_text(encoding="utf-8"))
    return Divided(stage, stage.answers, before, rehearsed, killed, untouched, after, rapport)


def test_every_table_is_in_the_plan_with_a_reason() -> None:
    assert set(PLAN) == {one.name for one in tenant_tables()}
    assert all(str(part.grunn) for part in PLAN.values())


@pytest.mark.parametrize("name", [name for name, part in PLAN.items() if part.slag is Slag.FLYTTES])
def test_what_moves_follows_a_unit_that_is_listed_before_it(name: str) -> None:
    part, order = PLAN[name], list(PLAN)

    columns = METADATA.tables[name].columns
    above = {key.column.table.name for eier in part.eiere for key in columns[eier].foreign_keys}

    assert part.eiere or name in (*PLASSERT, "teller")
    assert all(order.index(one) < order.index(name) for one in above)


def test_nothing_that_moves_is_a_part_of_what_stays() -> None:
    kept = [
        (name, key.referred_table.name)
        for name, part in PLAN.items()
        if part.slag is not Slag.BLIR
        for key in METADATA.tables[name].foreign_key_constraints
        if PLAN[key.referred_table.name].slag is Slag.BLIR
    ]

    assert kept == []


def test_a_rehearsal_and_kills_change_nothing(divided: Divided) -> None:
    assert divided.killed == [KILLED] * len(STEPS)
    assert divided.untouched == divided.before
    assert divided.rehearsed == divided.rapport


def test_rows_are_in_the_other_and_here_no_more(divided: Divided) -> None:
    before, after = divided.before, divided.after

    moved = {name: count for name, count in divided.rapport["rader"].items() if name in after[FRA]}
    assert all(moved.values())
    assert after[FRA] == {name: count - moved[name] for name, count in before[FRA].items()}
    assert after[TIL] == {name: count + moved[name] for name, count in before[TIL].items()}


@pytest.mark.parametrize("name", MOVED)
def test_a_unit_answers_as_it_did(divided: Divided, name: str) -> None:
    stage = divided.stage
    here = [one for one in divided.answers[name] if one.startswith(stage.fra.client.root)]

    found = {address: stage.til.client.get(renamed(address)) for address in here}

    assert {one.status_code for one in found.values()} == {200}
    assert found
    for address, answer in found.items():
        before = divided.answers[name][address]
        expected = json.loads(exchanged(renamed(json.dumps(before)), answer.text))
        assert plain(answer.json()) == plain(expected), address


def renamed(said: str) -> str:
    return said.replace(f"/{FRA}/api/", f"/{TIL}/api/")


def exchanged(said: str, now: str) -> str:
    """Let what is a copy now be called as that is."""
    there = set(IDENTITY.findall(now))

    def new(found: re.Match[str]) -> str:
        fresh = str(UUID(md5(f"{TIL}{found[0]}".encode(), usedforsecurity=False).hexdigest()))
        return fresh if fresh in there else found[0]

    return IDENTITY.sub(new, said)


def test_nothing_of_what_stays_has_come(divided: Divided) -> None:
    stage = divided.stage
    mine = [str(one["systemID"]) for one in vars(stage.blir).values() if isinstance(one, dict)]
    shared = {stage.fra.arkiv["systemID"], stage.fra.arkivskaper["systemID"]}

    found = [
        (one.name, words)
        for one in tenant_tables()
        for words in [STAYS, *(each for each in mine if each not in shared)]
        if stage.ask(
            f"select 1 from {one.name} as r where tenant_id ="
            " (select id from kommune where slug = $1) and r::text like $2 limit 1",
            TIL,
            f"%{words}%",
        )
    ]

    assert len(mine) > 5
    assert found == []


def test_what_stays_answers_as_before(divided: Divided) -> None:
    stage = divided.stage

    found = {
        name: stage.fra.client.get(stage.fra.client.link(unit, "self")).status_code
        for name, unit in vars(stage.blir).items()
        if isinstance(unit, dict)
    }

    assert set(found.values()) == {200}


def test_a_plan_is_copied_whole_and_people_only_where_they_are_named(divided: Divided) -> None:
    rows = divided.stage.ask(
        "select klasse_id from klasse where tenant_id = (select id from kommune where slug = $1)",
        TIL,
    )

    there = {row[0] for row in rows}
    assert {"L42", "K99", "01817000173"} <= there
    assert "41817000086" not in there


def test_both_logs_are_proven(divided: Divided) -> None:
    house = divided.stage.house
    sealed = house.sakark("checkpoint")
    proven = house.sakark("verify", "--kommune", FRA, "--kommune", TIL)

    assert sealed.returncode == 0, sealed.stderr
    assert "Ingen funn." in proven.stdout, proven.stdout
    assert ", 0 venter" in proven.stdout


def test_the_history_is_with_the_unit_and_both_logs_tell(divided: Divided) -> None:
    stage = divided.stage
    lines = stage.ask(
        "select k.slug, count(*) from endringslogg l join kommune k on k.id = l.tenant_id"
        " where referanse_arkivenhet = $1 group by k.slug order by k.slug",
        UUID(stage.fra.saksmappe["systemID"]),
    )
    told = stage.ask(
        "select k.slug, l.beskrivelse from endringslogg l join kommune k on k.id = l.tenant_id"
        " where referanse_arkivenhet = $1 and beskrivelse is not null order by k.slug",
        UUID(stage.fra.arkivdel["systemID"]),
    )

    assert [row[0] for row in lines] == [FRA, TIL]
    assert lines[0][1] == lines[1][1]
    assert [row[0] for row in told] == [FRA, TIL]
    assert "flyttet til" in told[0][1]
    assert "komen hit" in told[1][1]


def test_files_are_read_where_they_are_now(divided: Divided) -> None:
    stage = divided.stage
    verified = stage.house.sakark("storage", "verify", "--kommune", TIL, "--kommune", FRA)
    files = stage.ask(
        "select lagringsnoekkel from dokumentobjekt where system_id = $1",
        UUID(stage.fra.dokumentobjekt["systemID"]),
    )

    assert verified.returncode == 0, verified.stdout
    assert [row[0].split("/")[0] for row in files] == [TIL]


def test_numbers_go_on_after_the_highest(divided: Divided) -> None:
    stage = divided.stage
    client = stage.til.client
    case = client.make(stage.til.klasse, "sakarkiv/ny-saksmappe/", {"tittel": "Ny"})
    entry = client.make(case, "sakarkiv/ny-journalpost/", {"tittel": "Nytt brev"})
    in_case = stage.ask(
        "select k.slug, verdi from teller t join kommune k on k.id = t.tenant_id where serie = $1",
        f"registrering/{stage.fra.saksmappe['systemID']}",
    )

    highest = stage.ask(
        "select max(journalsekvensnummer) from registrering where journalaar = $1"
        " and tenant_id = (select id from kommune where slug = $2) and system_id <> $3",
        entry["journalaar"],
        TIL,
        UUID(entry["systemID"]),
    )[0][0]
    assert entry["journalsekvensnummer"] == highest + 1
    assert [row["slug"] for row in in_case] == [TIL]
    assert in_case[0]["verdi"] > stage.fra.journalpost["journalpostnummer"]


@pytest.mark.parametrize("rel", ["arkivstruktur/registrering/", "arkivstruktur/part/"])
def test_an_old_address_shows_to_the_new(divided: Divided, rel: str) -> None:
    stage = divided.stage
    address = stage.fra.client.link(stage.fra.saksmappe, rel)

    answer = stage.fra.client.get(address, params={"$top": "1"})
    followed = stage.til.client.get(answer.headers["location"])

    assert answer.status_code == 308
    assert answer.headers["location"] == renamed(f"{address}?%24top=1")
    assert followed.status_code == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_only_reading_is_shown_onwards(divided: Divided, method: str) -> None:
    client = divided.stage.fra.client
    address = client.link(divided.stage.fra.saksmappe, "self")

    answer = client.request(method, address)

    assert answer.status_code in (400, 403, 404, 415)


def test_who_has_no_token_learns_nothing(divided: Divided) -> None:
    client = divided.stage.fra.client
    address = client.link(divided.stage.fra.saksmappe, "self")

    assert client.http.get(address).status_code == 401


def test_what_nobody_has_is_not_found(divided: Divided) -> None:
    client = divided.stage.fra.client
    address = client.link(divided.stage.fra.saksmappe, "self")

    answer = client.get(address.replace(divided.stage.fra.saksmappe["systemID"], str(uuid4())))

    assert answer.status_code == 404


@pytest.mark.parametrize("name", ["mappe", "registrering"])
def test_of_what_was_kept_from_somebody_nothing_is_told(divided: Divided, name: str) -> None:
    client = divided.stage.fra.client
    unit = getattr(divided.stage.fra, name)  # barred to somebody, or in what is

    there = client.get(client.link(unit, "self"))
    nowhere = client.get(client.link(unit, "self").replace(unit["systemID"], str(uuid4())))

    assert (there.status_code, there.text) == (nowhere.status_code, nowhere.text)
    assert nowhere.status_code == 404


def test_of_what_is_graded_only_they_are_told_who_saw_it(divided: Divided) -> None:
    stage, fra = divided.stage, divided.stage.fra.client
    reader = Client(fra.http, fra.service, f"leser@{FRA}", FRA)
    graded, plain_one = (fra.link(one, "self") for one in (stage.gradert, stage.fra.saksmappe))

    answers = {
        (client.user, address): client.get(address).status_code
        for client in (fra, reader)
        for address in (graded, plain_one)
    }

    assert answers == {
        (fra.user, graded): 308,
        (fra.user, plain_one): 308,
        (reader.user, graded): 404,
        (reader.user, plain_one): 308,
    }


def test_who_is_named_has_come_without_rights(divided: Divided) -> None:
    stage = divided.stage
    rows = stage.ask(
        "select klarering, virksomhetsspesifikke_metadata->>'vnd-delt-v1:systemid' as var"
        " from bruker where tenant_id = (select id from kommune where slug = $1)"
        " and bruker_navn = 'Ny bruker'",
        TIL,
    )
    inside = stage.ask(
        "select 1 from administrativenhet_bruker p join bruker b using (tenant_id)"
        " where b.system_id = p.bruker_ref and b.virksomhetsspesifikke_metadata is not null"
        " and tenant_id = (select id from kommune where slug = $1)",
        TIL,
    )

    assert [(row["klarering"], row["var"]) for row in rows] == [
        (None, stage.fra.bruker["systemID"])
    ]
    assert inside == []


def test_a_code_that_they_lack_comes_along_where_it_is_used(divided: Divided) -> None:
    rows = divided.stage.ask(
        "select kode from kodeverdi where liste = 'dokumenttype' and kode = any($1)"
        " and tenant_id = (select id from kommune where slug = $2)",
        ["X1", "X2"],
        TIL,
    )

    assert [row[0] for row in rows] == ["X1"]


def test_the_report_says_what_is_a_copy_and_why(divided: Divided) -> None:
    rapport = divided.rapport

    assert rapport["kopier"]["arkiv"] == 1
    assert rapport["kopier"]["endringslogg"] == rapport["rader"]["endringslogg"]
    assert rapport["plan"]["mappe"] == {"hva": "flyttes", "hvorfor": str(PLAN["mappe"].grunn)}
    assert set(rapport["plan"]) == set(PLAN)


def test_a_copied_arkiv_says_where_it_is_from(divided: Divided) -> None:
    stage = divided.stage
    rows = stage.ask(
        "select beskrivelse from arkiv where tenant_id ="
        " (select id from kommune where slug = $1) and beskrivelse like $2",
        TIL,
        f"%{stage.fra.arkiv['systemID']}%",
    )

    assert len(rows) == 1


def test_every_resource_that_is_there_was_compared() -> None:
    compared = {name.lower() for name in MOVED}

    assert {one.name.lower() for one in CATALOG.resources if not one.abstract} >= compared
    assert len(compared) > 30


@pytest.mark.parametrize(
    ("fra", "til", "arkivdel", "said"),
    [
        (TIL, FRA, None, "i avsluttet mens arkivdelene flyttes"),
        (FRA, FRA, None, "Oppgi to ulike kommuner."),
        (FRA, TIL, str(UUID(int=1)), "har ikke arkivdelen"),
    ],
)
def test_an_odd_split_is_refused(
    divided: Divided, fra: str, til: str, arkivdel: str | None, said: str
) -> None:
    part = arkivdel or divided.stage.blir.arkivdel["systemID"]
    done = divided.stage.house.sakark("kommune", "split", fra, til, "--arkivdel", part)

    assert done.returncode == 1
    assert said in done.stderr
