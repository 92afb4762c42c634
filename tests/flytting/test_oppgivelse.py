"""A kommune on its way in is given up: nothing of it is left, and nothing else is touched."""

import asyncio
from pathlib import Path

import asyncpg
import pytest
from tests.flytting.conftest import KILLED, SLUG, House, kill
from tests.operations.archiving import as_superuser, ask

from sakark_api.settings import Settings
from sakark_api.storage import open_documents
from sakark_api.tenancy.partitions import partition_name, partitioned_tables, tenant_tables


def what_is_left(settings: Settings, name: str) -> list[str]:
    """List the files under a kommune's name."""

    async def keys() -> list[str]:
        documents = open_documents(settings)
        return [key async for key in documents.keys(f"{name}/")]

    return asyncio.run(keys())


def rows_of_nobody(elsewhere: Settings) -> list[str]:
    """List the tables that have rows or partitions of a kommune there is not."""
    found: list[str] = []

    async def look(connection: asyncpg.Connection) -> None:
        numbers = {row["id"] for row in await connection.fetch("select id from kommune")}
        for table in tenant_tables():
            rows = await connection.fetch(f"select distinct tenant_id from {table.name}")
            found.extend(table.name for row in rows if row["tenant_id"] not in numbers)
        names = await connection.fetch("select relname from pg_class where relispartition")
        kept = {partition_name(one.name, n) for one in partitioned_tables() for n in numbers}
        ours = {row["relname"] for row in names if not row["relname"].endswith(("key", "idx"))}
        found.extend(
            one for one in ours - kept if "_k" in one and one.rpartition("_k")[2].isdigit()
        )

    as_superuser(elsewhere.data_dir.parent / "postgres", look)
    return found


def told_of(elsewhere: Settings, name: str) -> int:
    """Count what the operator's log tells of a kommune that was given up."""
    told = "select count(*) from driftslogg where hendelse = 'kommune gitt opp' and kommune ="
    return int(ask(elsewhere.data_dir.parent / "postgres", f"{told} '{name}'"))


@pytest.mark.parametrize(("step", "times"), [("_take_in", 12), ("_open", 1)])
def test_nothing_is_left_of_an_arrival_that_is_given_up(
    target: House, elsewhere: Settings, another: Path, name: str, step: str, times: int
) -> None:
    kill(target, step, times, "kommune", "import", another, "--som", name)

    done = target.sakark("kommune", "gi-opp", name)

    assert done.returncode == 0, done.stderr
    assert what_is_left(target.service.settings, name) == []
    assert rows_of_nobody(elsewhere) == []
    assert told_of(elsewhere, name) == 1


def test_what_was_given_up_may_come_again(target: House, another: Path, name: str) -> None:
    kill(target, "_take_in", 5, "kommune", "import", another, "--som", name)
    target.sakark("kommune", "gi-opp", name)

    again = target.sakark("kommune", "import", another, "--som", name)
    proven = target.sakark("verify", "--kommune", name)

    assert again.returncode == 0, again.stderr
    assert "Ingen funn." in proven.stdout


@pytest.mark.parametrize(("step", "times"), [("_delete_rows", 9), ("_throw_away", 1)])
def test_to_give_up_goes_on_where_it_was_killed(
    target: House, elsewhere: Settings, another: Path, name: str, step: str, times: int
) -> None:
    kill(target, "_open", 1, "kommune", "import", another, "--som", name)

    killed = kill(target, step, times, "kommune", "gi-opp", name)
    refused = target.sakark("kommune", "import", another, "--som", name)
    done = target.sakark("kommune", "gi-opp", name)

    assert (killed, refused.returncode, done.returncode) == (KILLED, 1, 0), done.stderr
    assert "er gitt opp. Fullfør det først" in refused.stderr
    assert rows_of_nobody(elsewhere) == []


def test_a_kommune_that_is_here_is_not_given_up(arrived: House) -> None:
    refused = arrived.sakark("kommune", "gi-opp", SLUG)

    assert refused.returncode == 1
    assert "er i bruk her" in refused.stderr
    assert arrived.client().root


def test_a_kommune_there_is_not_is_not_given_up(target: House, name: str) -> None:
    refused = target.sakark("kommune", "gi-opp", name)

    assert refused.returncode == 1
    assert "finnes ikke" in refused.stderr
