"""`make bench`: measure the service against an endpoint that does nothing, in one run.

Starts PostgreSQL, the service and the empty endpoint, fills an archive, and writes a table to
`bench/results/`. It is a measurement, not a test: the figures never make it fail.
"""

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path
from urllib.parse import urlsplit

import uvloop
from bench.archive import KOMMUNE, fill
from bench.client import run_load
from bench.counting import count_statements, logged_statements
from bench.operation import Operation, operations
from bench.report import Round, heading, table
from bench.running import compared, keep, measured

from sakark_api.db import embedded
from sakark_api.dev.identity import demo_users, issue_token
from sakark_api.dev.place import identity_dir, issuer_url
from sakark_api.settings import Settings

WARM_UP_SECONDS = 1.0


def main() -> None:
    asked = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what we started, ends with us
    with (
        compared("api", "empty") as (settings, database, pids),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        report = runner.run(_measure(asked, settings, database, pids))
    keep(report)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small archive and short rounds")
    quick, _ = parser.parse_known_args()
    cases, posts, rounds, seconds = (100, 5_000, 2, 0.5) if quick.quick else (1000, 100_000, 5, 2.0)
    parser.add_argument("--cases", type=int, default=cases, help="saksmapper")
    parser.add_argument("--posts", type=int, default=posts, help="journalposter")
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--seconds", type=float, default=seconds, help="of each load")
    parser.add_argument("--only", help="measure only operations with this in their names")
    return parser.parse_args()


async def _measure(
    asked: argparse.Namespace,
    settings: Settings,
    database: embedded.EmbeddedServer,
    pids: dict[int, int],
) -> str:
    port, empty_port = pids
    issuer = issuer_url(port)
    user = next(one for one in demo_users() if one.username == f"administrator@{KOMMUNE}")
    token = issue_token(user, issuer, identity_dir(settings))
    archive = await fill(
        f"http://127.0.0.1:{port}", token, database.owner_url, asked.cases, asked.posts
    )
    chosen = [
        one
        for one in operations(archive, port, empty_port, token)
        if one.port == empty_port or not asked.only or asked.only in one.name
    ]
    for one in chosen:
        await run_load(one, WARM_UP_SECONDS)
    folder = settings.data_dir / "postgres"
    async with logged_statements(_superuser_url(folder, database)):
        statements = {
            one: await count_statements(one, folder / "postgres.log")
            for one in chosen
            if one.port == port
        }
    rounds: dict[Operation, list[Round]] = {one: [] for one in chosen}
    for _ in range(asked.rounds):
        for one in chosen:
            rounds[one].append(await measured(one, asked.seconds, pids[one.port], database.pid))
    title = heading(asked.cases, asked.posts, asked.rounds, asked.seconds)
    return title + table(rounds, statements)


def _superuser_url(folder: Path, database: embedded.EmbeddedServer) -> str:
    password = json.loads((folder / "passwords.json").read_text())[embedded.SUPERUSER]
    address = urlsplit(database.owner_url)
    name = embedded.SUPERUSER
    return f"postgresql://{name}:{password}@{address.hostname}:{address.port}/{name}"


if __name__ == "__main__":
    main()
