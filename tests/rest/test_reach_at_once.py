"""What a text is reached by is kept true, also when many change the archive at the same time.

Several connections move, screen, grade, assign, tie, read and delete the same few units, in
transactions of a few changes, each tried again when the database ends it for a deadlock.
"""

import asyncio
import random
from collections.abc import Sequence
from copy import deepcopy
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from tests.conftest import LogIn, World
from tests.rest.test_reach_of_texts import CHANGES, SAY, STALE, Archive, Changing, fill

from sakark_api.db.embedded import EmbeddedServer
from sakark_api.db.reader import Statement
from sakark_api.tenancy.tekstomfang import compared

CONNECTIONS, TIMES, TRIES = 4, 3, 20
FIRST = UUID(int=0)


async def arrive(archive: Archive) -> None:
    """Let a file come in with a text of its own."""
    where = archive.any("document")
    await archive.copy(
        "arrived",
        "dokumentobjekt",
        archive.any("file"),
        1,
        dokumentbeskrivelse_ref=f"'{where}'",
        lagringsnoekkel="'syltetøy/' || gen_random_uuid()",
    )
    for file in archive.units["arrived"]:
        await archive.connection.execute(SAY, file)
    archive.units["file"] += archive.units["arrived"]


async def read_again(archive: Archive) -> None:
    await archive.connection.execute(
        "UPDATE dokumenttekst SET lest_dato = now() WHERE system_id = $1", archive.any("file")
    )


async def forget(archive: Archive) -> None:
    """Take a text away, and let it come anew in the same transaction."""
    file = archive.any("file")
    await archive.connection.execute("DELETE FROM dokumenttekst WHERE system_id = $1", file)
    await archive.connection.execute(SAY, file)


async def delete_document(archive: Archive) -> None:
    document = archive.any("document")
    archive.units["document"].remove(document)
    for table, column in HANGING:
        await archive.connection.execute(f"DELETE FROM {table} WHERE {column} = $1", document)


HANGING = (
    ("registrering_dokumentbeskrivelse", "dokumentbeskrivelse_ref"),
    ("dokumentobjekt", "dokumentbeskrivelse_ref"),
    ("dokumentbeskrivelse", "system_id"),
)
EVERY: list[Changing] = [*CHANGES, arrive, read_again, forget, delete_document]


async def change(url: str, model: Archive, seed: int) -> None:
    """Make each change some times, in an order of one's own."""
    chance = random.Random(seed)
    plan = chance.sample(EVERY * TIMES, len(EVERY) * TIMES)
    connection = await asyncpg.connect(url)
    archive = Archive(connection, chance, model.tenant, deepcopy(model.units))
    while plan:
        count = chance.choice((1, 1, 1, 2))
        together, plan = plan[:count], plan[count:]
        await in_transaction(archive, together)
    await connection.close()


async def in_transaction(archive: Archive, changes: Sequence[Changing]) -> None:
    """Do all or nothing; what another has deleted meanwhile is left."""
    for _ in range(TRIES):
        try:
            async with archive.connection.transaction():
                await see(archive)
                for one in changes:
                    await one(archive)
        except asyncpg.DeadlockDetectedError:
            continue
        except asyncpg.ForeignKeyViolationError:
            return
        return
    raise AssertionError("never done")


async def see(archive: Archive) -> None:
    await archive.connection.execute(
        "SELECT set_config('app.tenant_id', $1, true)", str(archive.tenant)
    )


CLEARED = (
    "DELETE FROM dokumentobjekt WHERE dokumentbeskrivelse_ref = ANY($1)",
    "DELETE FROM registrering_dokumentbeskrivelse WHERE registrering_ref = ANY($1)",
    "DELETE FROM korrespondansepart WHERE registrering_ref = ANY($1)",
    *(
        f"DELETE FROM {table} WHERE system_id = ANY($1)"
        for table in (
            "dokumentbeskrivelse",
            "registrering",
            "mappe",
            "arkivdel",
            "bruker",
            "administrativenhet",
        )
    ),
)


async def changed_at_once(url: str, world: World, seed: int) -> tuple[list[Any], list[Any], int]:
    """Let all change; give what was stale by either reckoning, and how many texts there were."""
    connection = await asyncpg.connect(url)
    archive = Archive(connection, random.Random(seed))
    slug = world.client.root.split("/")[-3]
    archive.tenant = await connection.fetchval("SELECT id FROM kommune WHERE slug = $1", slug)
    async with connection.transaction():
        await see(archive)
        await fill(archive, world)
    made = [unit for units in archive.units.values() for unit in units]
    try:
        await asyncio.gather(
            *(change(url, archive, seed * CONNECTIONS + one) for one in range(CONNECTIONS))
        )
        async with connection.transaction():
            await see(archive)
            stale = await connection.fetch(STALE)
            statement = Statement.compile(compared(archive.tenant, FIRST, 10_000))
            rows = await connection.fetch(statement.sql, *statement.arguments({}))
        return stale, [row[0] for row in rows if row[1]], len(rows)
    finally:
        async with connection.transaction():
            await see(archive)
            for clear in CLEARED:
                await connection.execute(clear, made)
        await connection.close()


@pytest.mark.parametrize("seed", range(2))
def test_texts_are_kept_true_by_many_at_once(
    database: EmbeddedServer, log_in: LogIn, seed: int
) -> None:
    world = World(log_in("administrator@midsund"))

    stale, wrong, texts = asyncio.run(changed_at_once(database.app_url, world, seed))

    assert texts > 0
    assert (stale, wrong) == ([], [])
