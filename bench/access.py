"""`python -m bench.access`: what deciding access costs, against the same requests without it.

Two services serve one archive: as it is, and with nothing said of who reaches what. The same case
handler asks both, first with rights to everything, then with rights to one arkivdel by its name
(what is measured lies in it, so that the answers are the same ones), then with rights to what the
handler is responsible for, which is the same again.
"""

import argparse
import asyncio
import statistics
from collections.abc import Iterable, Mapping, Sequence

import asyncpg
import uvloop
from bench.archive import KOMMUNE, Archive, fill
from bench.client import run_load
from bench.operation import Operation, operations
from bench.report import Round, heading
from bench.running import compared, keep, measured

from sakark_api.db import embedded
from sakark_api.dev.identity import demo_users, issue_token
from sakark_api.dev.place import identity_dir, issuer_url
from sakark_api.settings import Settings

WARM_UP_SECONDS = 1.0
RIGHTS_SECONDS = 6.0
"""After which every process knows of changed rights."""
RIGHTS = {
    "til alt": None,
    "til én arkivdel": """
        UPDATE tilgang SET referanse_arkivenhet =
          (SELECT arkivdel_ref FROM mappe WHERE tittel = 'Sak 1' AND arkivdel_ref IS NOT NULL)
        WHERE rolle = 'saksbehandler' AND tilgangskategori ->> 'kode' = 'A'""",
    "til egen enhet": """
        UPDATE tilgang SET referanse_arkivenhet = NULL,
          egen_enhet = CASE WHEN tilgangskategori ->> 'kode' IN ('M', 'R') THEN true END
        WHERE rolle = 'saksbehandler'""",
}
HEAD = (
    "| Rettigheter | Operasjon | p50 ms | uten | CPU API µs | × uten | CPU PostgreSQL µs | × uten"
    " | CPU i alt × uten |\n|:--|:--|--:|--:|--:|--:|--:|--:|--:|\n"
)


def main() -> None:
    asked = _arguments()
    with (
        compared("api", "open") as (settings, database, pids),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        report = runner.run(_measure(asked, settings, database, pids))
    keep(report, "tilgang-")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.access", description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000, help="saksmapper")
    parser.add_argument("--posts", type=int, default=1_000_000, help="journalposter")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each load")
    return parser.parse_args()


async def _measure(
    asked: argparse.Namespace,
    settings: Settings,
    database: embedded.EmbeddedServer,
    pids: Mapping[int, int],
) -> str:
    port, open_port = pids
    user = next(one for one in demo_users() if one.username == f"saksbehandler@{KOMMUNE}")
    token = issue_token(user, issuer_url(port), identity_dir(settings))
    archive = await fill(
        f"http://127.0.0.1:{port}", token, database.owner_url, asked.cases, asked.posts
    )
    decided, free = (_reads(archive, one, token) for one in (port, open_port))
    lines = []
    for name, statement in RIGHTS.items():
        if statement:
            await give(database.owner_url, statement)
            await asyncio.sleep(RIGHTS_SECONDS)
        for one in (*decided, *free):
            await run_load(one, WARM_UP_SECONDS)
        for here, there in zip(decided, free, strict=True):
            rounds = [
                [
                    await measured(one, asked.seconds, pids[one.port], database.pid)
                    for one in (here, there)
                ]
                for _ in range(asked.rounds)
            ]
            lines.append(_line(name, here, rounds))
    title = heading(asked.cases, asked.posts, asked.rounds, asked.seconds)
    return title + HEAD + "".join(lines)


def _reads(archive: Archive, port: int, token: str) -> list[Operation]:
    """List the reads among what `make bench` measures."""
    return [
        one
        for one in operations(archive, port, 0, token)
        if one.name.startswith(("GET én journalpost", "liste, 25"))
    ]


async def give(owner_url: str, statement: str) -> None:
    connection = await asyncpg.connect(owner_url)
    try:
        await connection.execute(
            "SELECT set_config('app.tenant_id', id::text, false) FROM kommune WHERE slug = $1",
            KOMMUNE,
        )
        await connection.execute(statement)
    finally:
        await connection.close()


def _line(name: str, operation: Operation, rounds: Sequence[Sequence[Round]]) -> str:
    failed = sum(
        one.requests - one.load.statuses[operation.status] for pair in rounds for one in pair
    )
    if failed:
        raise ValueError(f"{name}, {operation.name}: {failed} answers of another status")
    cells = (
        name,
        operation.name,
        *(f"{_median(_p50(pair[at]) for pair in rounds):.1f}" for at in (0, 1)),
        f"{_median(pair[0].api_each for pair in rounds) * 1e6:.0f}",
        f"{_median(pair[0].api_each / pair[1].api_each for pair in rounds):.2f}",
        f"{_median(pair[0].postgres_each for pair in rounds) * 1e6:.0f}",
        f"{_median(pair[0].postgres_each / pair[1].postgres_each for pair in rounds):.2f}",
        f"{_median(_cpu(pair[0]) / _cpu(pair[1]) for pair in rounds):.2f}",
    )
    return f"| {' | '.join(cells)} |\n"


def _cpu(one: Round) -> float:
    return one.api_each + one.postgres_each


def _p50(one: Round) -> float:
    return statistics.median(one.load.latencies) * 1e3


def _median(figures: Iterable[float]) -> float:
    return statistics.median(figures)


if __name__ == "__main__":
    main()
