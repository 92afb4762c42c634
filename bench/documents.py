"""`python -m bench.documents`: a thousand mixed files in, and what the worker makes of them.

Real programs make the files, the API takes them, and `sakark worker` works the queue off. The table
tells by kind what the files were found to be, what was done, and how long a job took.
"""

import argparse
import asyncio
import os
import platform
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import asyncpg
import httpx
from bench.archive import KOMMUNE, NOARK
from bench.papers import Paper, make_papers
from bench.running import compared, keep

from sakark_api.dev.identity import demo_users, issue_token
from sakark_api.dev.place import identity_dir, issuer_url
from sakark_api.settings import Settings

__all__ = ["Done", "found", "send_papers", "table"]

Unit: TypeAlias = dict[str, Any]
REL = "https://rel.arkivverket.no/noark5/v5/api/"
MOST_IN_ONE = 50
"""How many documents a registrering gets."""
LOOK_SECONDS = 2
TAKEN, COPY = "vedlegg", "arkivformat"

_FOUND = """
SELECT o.system_id, o.variantformat->>'kode' AS variant, k.puid, k.resultat, k.krever_handling,
  (SELECT extract(epoch FROM max(e.at) FILTER (WHERE e.type = 'succeeded')
                           - max(e.at) FILTER (WHERE e.type = 'started'))
   FROM jobs.procrastinate_events e JOIN jobs.procrastinate_jobs j ON j.id = e.job_id
   WHERE j.args->>'enhet' = o.system_id::text AND j.task_name = 'undersoek_dokument') AS seconds
FROM dokumentobjekt o LEFT JOIN dokumentkontroll k
  ON k.tenant_id = o.tenant_id AND k.dokumentobjekt_ref = o.system_id
  AND k.gjeldende AND k.kontrolltype = 'format'
WHERE o.opprettet_dato >= $1
"""
_LEFT = """
SELECT count(*) FROM jobs.procrastinate_jobs
WHERE args ? 'enhet' AND (status = 'doing' OR status = 'todo' AND scheduled_at IS NULL)
"""


@dataclass(frozen=True)
class Done:
    """What became of one file."""

    kind: str
    puid: str | None
    verdict: str
    task: bool
    seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.documents", description=__doc__)
    parser.add_argument("--files", type=int, default=1000)
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what we started, ends with us
    with (
        tempfile.TemporaryDirectory(prefix="sakark-filer-") as folder,
        compared("api") as (settings, _, pids),
    ):
        (port,) = pids
        began = time.monotonic()
        papers = make_papers(Path(folder), asked.files, random.Random(1))
        made = time.monotonic()
        user = next(one for one in demo_users() if one.username == f"saksbehandler@{KOMMUNE}")
        token = issue_token(user, issuer_url(port), identity_dir(settings))
        kinds = send_papers(f"http://127.0.0.1:{port}", token, papers)
        sent = time.monotonic()
        with _working(settings, Path(folder)):
            asyncio.run(_until_done(settings))
        worked = time.monotonic() - sent
        done = asyncio.run(found(settings, kinds))
    report = (
        f"# Dokumenter {datetime.now(UTC):%Y-%m-%d %H:%M} UTC\n\n"
        f"{len(papers)} filer laget på {made - began:.0f} s, lastet opp på {sent - made:.0f} s og"
        f" arbeidet med i {worked:.0f} s (også {len(done) - len(papers)} filer som kom av dem);"
        f" {os.cpu_count()} kjerner, Python {platform.python_version()}, belastning"
        f" {os.getloadavg()[0]:.1f}.\n\n{table(done)}"
    )
    keep(report, "dokumenter-")


def send_papers(url: str, token: str, papers: Sequence[Paper]) -> Mapping[str, str]:
    """Send each file to a document of its own; give their kinds by dokumentobjekt."""
    kinds: dict[str, str] = {}
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
        listed = client.get(f"/{KOMMUNE}/api/sakarkiv/saksmappe/", params={"$top": "1"}).json()
        case = listed["results"][0]
        entry: Unit = {}
        for number, paper in enumerate(papers):
            if number % MOST_IN_ONE == 0:
                entry = _make(client, case, "sakarkiv/ny-journalpost/", f"Filer fra {number}")
            kinds[_send(client, entry, paper)] = paper.kind
    return kinds


def _make(client: httpx.Client, owner: Unit, rel: str, tittel: str) -> Unit:
    answer = client.post(
        owner["_links"][f"{REL}{rel}"]["href"],
        json={"tittel": tittel},
        headers={"Content-Type": NOARK},
    )
    made: Unit = answer.raise_for_status().json()
    return made


def _send(client: httpx.Client, entry: Unit, paper: Paper) -> str:
    document = _make(client, entry, "arkivstruktur/ny-dokumentbeskrivelse/", paper.name)
    answer = client.post(
        document["_links"][f"{REL}arkivstruktur/fil/"]["href"],
        content=paper.path.read_bytes(),
        headers={
            "Content-Type": paper.mime,
            "Content-Disposition": f"attachment; filename*=UTF-8''{paper.name}",
        },
    )
    return str(answer.raise_for_status().json()["systemID"])


@contextmanager
def _working(settings: Settings, folder: Path) -> Iterator[None]:
    """Run `sakark worker` in a process of its own, and end it."""
    environment = {
        **os.environ,
        "SAKARK_DATABASE_URL": str(settings.database_url),
        "SAKARK_DATA_DIR": str(settings.data_dir),
    }
    with (folder / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "sakark_api", "worker"], env=environment, stdout=log, stderr=log
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


async def _until_done(settings: Settings) -> None:
    """Wait until nothing is under way or due; what has failed, and waits to be tried, is let be."""
    connection = await asyncpg.connect(settings.database_owner_url)
    try:
        while await connection.fetchval(_LEFT):  # noqa: ASYNC110  in another process
            await asyncio.sleep(LOOK_SECONDS)
    finally:
        await connection.close()


async def found(settings: Settings, kinds: Mapping[str, str]) -> list[Done]:
    connection = await asyncpg.connect(settings.database_owner_url)
    try:
        kommune = await connection.fetchval("SELECT id FROM kommune WHERE slug = $1", KOMMUNE)
        await connection.execute(f"SET app.tenant_id = '{kommune}'")
        first = await connection.fetchval(
            "SELECT min(opprettet_dato) FROM dokumentobjekt WHERE system_id = ANY($1::uuid[])",
            list(kinds),
        )
        rows = await connection.fetch(_FOUND, first)
    finally:
        await connection.close()
    return [
        Done(
            kinds.get(str(row["system_id"]), COPY if row["variant"] == "A" else TAKEN),
            row["puid"],
            row["resultat"] or "ikke undersøkt",
            bool(row["krever_handling"]),
            float(row["seconds"] or 0),
        )
        for row in rows
    ]


def table(done: Sequence[Done]) -> str:
    """Write the figures by kind, the most frequent first."""
    kinds = defaultdict[str, list[Done]](list)
    for one in done:
        kinds[one.kind].append(one)
    head = (
        "| Slag | antall | PUID | dom | oppgaver | median s | lengst s |\n"
        "|:--|--:|:--|:--|--:|--:|--:|\n"
    )
    ordered = sorted(kinds.items(), key=lambda pair: -len(pair[1]))
    return head + "".join(_line(kind, some) for kind, some in ordered)


def _line(kind: str, some: Sequence[Done]) -> str:
    seconds = [one.seconds for one in some]
    cells = (
        kind,
        str(len(some)),
        _counted(one.puid or "–" for one in some),
        _counted(one.verdict for one in some),
        str(sum(one.task for one in some)),
        f"{statistics.median(seconds):.1f}",
        f"{max(seconds):.1f}",
    )
    return f"| {' | '.join(cells)} |\n"


def _counted(words: Iterator[str]) -> str:
    counts = Counter(words).most_common()
    return ", ".join(word if len(counts) == 1 else f"{word} ({n})" for word, n in counts)


if __name__ == "__main__":
    main()
