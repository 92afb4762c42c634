"""`python -m bench.search`: search in documents' texts, against the same question asked in SQL.

One archive of documents whose files say Norwegian words, as often as words are in letters. A case
handler asks for words that few, some and most files have: first with rights to everything, then
with rights to the cases of the own unit, which are a fifth. Beside it the bare search: the owner
of the tables lets PostgreSQL rank all that the index finds, with nothing trimmed, counted or shown.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

import asyncpg
import httpx
import uvloop
from bench.access import RIGHTS_SECONDS, give
from bench.archive import KOMMUNE, NOARK, fill, make
from bench.client import CONNECTIONS, run_load
from bench.counting import cpu_of_children
from bench.operation import Operation, request_of
from bench.report import Round, heading
from bench.running import compared, keep, measured
from bench.texts import VOCABULARY, fill_texts

from sakark_api.db import embedded
from sakark_api.dev.identity import demo_users, issue_token
from sakark_api.dev.place import identity_dir, issuer_url
from sakark_api.settings import Settings

WARM_UP_SECONDS = 1.0
_COMMON, _SOME, _RARE = (VOCABULARY[place] for place in (26, 126, 5000))
QUESTIONS = {
    "et vanlig ord": _COMMON,
    "et ord i noen": _SOME,
    "et sjeldent ord": _RARE,
    "to ord": f"{_COMMON} {_SOME}",
    "tre ord": f"{_COMMON} {VOCABULARY[30]} {_SOME}",
    "et ord som ikke finnes": "kvantekrypteringsnøkkel",
}
RIGHTS = {
    "til alt": None,
    "til egen enhet": """
        UPDATE tilgang SET egen_enhet = CASE WHEN tilgangskategori ->> 'kode' IN ('M', 'R', 'D')
          THEN true END
        WHERE rolle = 'saksbehandler'""",
}
_BARE = """
SELECT system_id, ts_rank(sok, q) FROM {partition}, websearch_to_tsquery('norwegian', $1) q
WHERE sok @@ q ORDER BY 2 DESC LIMIT 10
"""
HEAD = (
    "| Rettigheter | Spørsmål | p50 ms | p95 ms | bart p50 | bart p95 | CPU API ms"
    " | CPU PostgreSQL ms | bart | × bart |\n|:--|:--|--:|--:|--:|--:|--:|--:|--:|--:|\n"
)


@dataclass(frozen=True)
class Bare:
    """The bare search: seconds for each, and of PostgreSQL's processor time."""

    latencies: Sequence[float]
    postgres_each: float


def main() -> None:
    asked = _arguments()
    with (
        compared("api") as (settings, database, pids),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        report = runner.run(_measure(asked, settings, database, pids))
    keep(report, "sok-")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.search", description=__doc__)
    parser.add_argument("--cases", type=int, default=1000, help="saksmapper")
    parser.add_argument("--documents", type=int, default=100_000, help="documents with a text")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each load")
    return parser.parse_args()


async def _measure(
    asked: argparse.Namespace,
    settings: Settings,
    database: embedded.EmbeddedServer,
    pids: Mapping[int, int],
) -> str:
    ((port, pid),) = pids.items()
    user = next(one for one in demo_users() if one.username == f"saksbehandler@{KOMMUNE}")
    token = issue_token(user, issuer_url(port), identity_dir(settings))
    await _fill(port, token, database.owner_url, asked.cases, asked.documents)
    lines = []
    for rights, statement in RIGHTS.items():
        if statement:
            await give(database.owner_url, statement)
            await asyncio.sleep(RIGHTS_SECONDS)
        for name, words in QUESTIONS.items():
            searching = _searching(name, words, port, token)
            await run_load(searching, WARM_UP_SECONDS)
            rounds = [
                (
                    await measured(searching, asked.seconds, pid, database.pid),
                    await _bare(database, words, asked.seconds),
                )
                for _ in range(asked.rounds)
            ]
            lines.append(_line(rights, name, rounds))
    title = heading(asked.cases, asked.documents, asked.rounds, asked.seconds)
    return title + HEAD + "".join(lines)


async def _fill(port: int, token: str, owner_url: str, cases: int, count: int) -> None:
    base = f"http://127.0.0.1:{port}"
    archive = await fill(base, token, owner_url, cases, count)
    headers = {"Authorization": f"Bearer {token}", "Accept": NOARK}
    async with httpx.AsyncClient(base_url=f"{base}/{KOMMUNE}/api", headers=headers) as client:
        document = archive.documents[0]
        under = f"/arkivstruktur/dokumentbeskrivelse/{document}/ny-dokumentobjekt/"
        file = await make(client, under, {})
    await fill_texts(owner_url, document, file, count)


def _searching(name: str, words: str, port: int, token: str) -> Operation:
    headers = {"Host": f"127.0.0.1:{port}", "Authorization": f"Bearer {token}", "Accept": NOARK}
    path = f"/{KOMMUNE}/api/sok/?q={quote(words)}"
    return Operation(name, port, [request_of("GET", path, headers)])


async def _bare(database: embedded.EmbeddedServer, words: str, seconds: float) -> Bare:
    """Ask the index as its owner, on as many connections as the service is asked on."""
    latencies: list[float] = []
    until = time.perf_counter() + seconds

    async def ask(connection: asyncpg.Connection, statement: str) -> None:
        while (began := time.perf_counter()) < until:
            await connection.fetch(statement, words)
            latencies.append(time.perf_counter() - began)

    connections = [await asyncpg.connect(database.owner_url) for _ in range(CONNECTIONS)]
    try:
        partition = await _partition(connections)
        began = cpu_of_children(database.pid)
        await asyncio.gather(*(ask(one, _BARE.format(partition=partition)) for one in connections))
        spent = cpu_of_children(database.pid) - began
    finally:
        for one in connections:
            await one.close()
    return Bare(latencies, spent / len(latencies))


async def _partition(connections: Sequence[asyncpg.Connection]) -> str:
    """Let the owner see past row security, which it does in a partition that it names."""
    number = await connections[0].fetchval("SELECT id FROM kommune WHERE slug = $1", KOMMUNE)
    return f"dokumenttekst_k{number}"


def _line(rights: str, name: str, rounds: Sequence[tuple[Round, Bare]]) -> str:
    failed = sum(one.requests - one.load.statuses[200] for one, _ in rounds)
    if failed:
        raise ValueError(f"{rights}, {name}: {failed} answers of another status")
    ours = sorted(latency for one, _ in rounds for latency in one.load.latencies)
    bare = sorted(latency for _, one in rounds for latency in one.latencies)
    postgres = statistics.median(one.postgres_each for one, _ in rounds)
    postgres_bare = statistics.median(one.postgres_each for _, one in rounds)
    cells = (
        rights,
        name,
        *(f"{_at(one, share) * 1e3:.0f}" for one in (ours, bare) for share in (0.5, 0.95)),
        f"{statistics.median(one.api_each for one, _ in rounds) * 1e3:.1f}",
        f"{postgres * 1e3:.1f}",
        f"{postgres_bare * 1e3:.1f}",
        f"{postgres / postgres_bare:.2f}",
    )
    return f"| {' | '.join(cells)} |\n"


def _at(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


if __name__ == "__main__":
    main()
