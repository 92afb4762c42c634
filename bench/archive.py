"""An archive of a size: one of each is made through the API, and SQL copies those."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx

__all__ = ["KOMMUNE", "NOARK", "POST", "Archive", "columns_but", "fill", "make"]

KOMMUNE = "molde"
NOARK = "application/vnd.noark5+json"
_FIRST = 1_000_000
"""Where the numbers of the copies begin, far from those that the API gives."""
POST = {"tittel": "Søknad om garasje", "dokumentetsDato": "2026-03-02T00:00:00+01:00"}
_READ = 1000
_DOCUMENTS = 32

_COPIED_CASES = """
INSERT INTO mappe ({columns}, system_id, sakssekvensnummer, mappe_id, tittel)
SELECT {columns}, gen_random_uuid(), $3::int + n, saksaar || '/' || ($3::int + n), 'Sak ' || n
FROM mappe, generate_series(1, $2::int) n WHERE system_id = $1
"""

# Most are journalled, and half of them since 2020: a filter has something to leave out.
_COPIED_POSTS = """
INSERT INTO registrering ({columns}, system_id, mappe_ref, journalpostnummer, journalsekvensnummer,
                          registrerings_id, tittel, journaldato, journalstatus)
SELECT {columns}, gen_random_uuid(), cases.ids[1 + n % array_length(cases.ids, 1)],
       $3::int + n, $3::int + n, 'bench-' || n, 'Søknad nummer ' || n || ' om byggetillatelse',
       timestamptz '2014-01-01' + n * interval '12 years' / $2::int,
       CASE WHEN n % 5 = 0 THEN '{{"kode": "U", "kodenavn": "Utgår"}}' ELSE journalstatus END
FROM registrering,
     (SELECT array_agg(system_id) ids FROM mappe WHERE sakssekvensnummer > $3::int) cases,
     generate_series(1, $2::int) n
WHERE system_id = $1
"""


@dataclass(frozen=True)
class Archive:
    """What the operations need to know: units by their systemID."""

    saksmapper: Sequence[str]
    journalposter: Sequence[str]
    etags: Sequence[str]
    documents: Sequence[str]


async def fill(base: str, token: str, owner_url: str, cases: int, posts: int) -> Archive:
    """Make an archive of `cases` saksmapper with `posts` journalposter, and some documents."""
    headers = {"Authorization": f"Bearer {token}", "Accept": NOARK}
    async with httpx.AsyncClient(base_url=f"{base}/{KOMMUNE}/api", headers=headers) as client:
        found = await client.get("/arkivstruktur/arkivdel/?$top=1")
        arkivdel = found.json()["results"][0]["systemID"]
        case = await make(
            client, f"/arkivstruktur/arkivdel/{arkivdel}/ny-saksmappe/", {"tittel": "Sak"}
        )
        under = f"/sakarkiv/saksmappe/{case}/ny-journalpost/"
        post = await make(client, under, POST)
        document = f"/sakarkiv/journalpost/{post}/ny-dokumentbeskrivelse/"
        documents = [
            await make(client, document, {"tittel": f"Vedlegg {n}"}) for n in range(_DOCUMENTS)
        ]
        saksmapper, journalposter = await _copy(owner_url, case, post, cases, posts)
        some = random.Random(1).sample(journalposter, min(_READ, len(journalposter)))
        etags = [
            (await client.get(f"/sakarkiv/journalpost/{one}/")).headers["etag"] for one in some
        ]
    return Archive(saksmapper, some, etags, documents)


async def make(client: httpx.AsyncClient, path: str, body: Mapping[str, Any]) -> str:
    answer = await client.post(path, json=body, headers={"Content-Type": NOARK})
    if answer.status_code != httpx.codes.CREATED:
        raise ValueError(f"{path}: {answer.text}")
    made: str = answer.json()["systemID"]
    return made


async def _copy(
    owner_url: str, case: str, post: str, cases: int, posts: int
) -> tuple[list[str], list[str]]:
    connection = await asyncpg.connect(owner_url)
    try:
        await connection.execute(
            "SELECT set_config('app.tenant_id', id::text, false) FROM kommune WHERE slug = $1",
            KOMMUNE,
        )
        for table, statement, copied, number in (
            ("mappe", _COPIED_CASES, case, cases),
            ("registrering", _COPIED_POSTS, post, posts),
        ):
            columns = await columns_but(connection, table, statement)
            await connection.execute(
                statement.format(columns=", ".join(columns)), copied, number, _FIRST
            )
            # The map of what all may see as well, as autovacuum would have it a minute later.
            await connection.execute(f"VACUUM (ANALYZE) {table}")
        return (
            await _ids(connection, "mappe", "sakssekvensnummer"),
            await _ids(connection, "registrering", "journalsekvensnummer"),
        )
    finally:
        await connection.close()


async def columns_but(connection: asyncpg.Connection, table: str, statement: str) -> list[str]:
    """List the columns that a statement copies: neither computed nor set by itself."""
    rows = await connection.fetch(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_name = $1 AND is_generated = 'NEVER'",
        table,
    )
    own = statement.partition("(")[2].partition(")")[0].replace(",", " ").split()
    return [row[0] for row in rows if row[0] not in own]


async def _ids(connection: asyncpg.Connection, table: str, number: str) -> list[str]:
    rows = await connection.fetch(
        f"SELECT system_id::text FROM {table} WHERE {number} > $1 ORDER BY {number}", _FIRST
    )
    return [row[0] for row in rows]
