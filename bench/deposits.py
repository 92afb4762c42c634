"""`python -m bench.deposits`: a deposit out and in again, beside COPY and cp of the same.

One closed arkivdel is made, as the application writes it. Its rows are copied to files by COPY and
its documents by cp; then `sakark export` makes a deposit of it, and `sakark import` reads that into
another kommune. Both are killed in the middle as well, and what they come to is compared.
"""

import argparse
import asyncio
import hashlib
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
from bench.archive import KOMMUNE
from bench.closed import FILLED, Template, close_arkivdel, fill_closed, make_template
from bench.running import compared, keep
from bench.watching import Ran, cpu_of_all, run

from sakark_api.db import embedded
from sakark_api.dev.identity import demo_users, issue_token
from sakark_api.dev.place import identity_dir, issuer_url
from sakark_api.settings import Settings

RATIO = 3.0
MEGABYTES = 300
HEAD = (
    "| Hva | sekunder | poster/s | × COPY og cp | budsjett | CPU s | × COPY og cp | MiB | budsjett"
    " | MiB i PostgreSQL | likt |\n|:--|--:|--:|--:|--:|--:|--:|--:|--:|--:|:--|\n"
)
_OWN = "tenant_id|lagringsnoekkel|sok|omfang|naer|referanse_.*_av"
"""Columns that tell of the kommune, or of the import, and not of the unit."""
_OF_LINES = f"{_OWN}|system_id"
"""Those of lines of the log, which are named by the import too."""
_ROWS = """
SELECT count(*), coalesce(sum(hashtextextended(whole::text, 0)::numeric), 0)
FROM (SELECT (SELECT jsonb_object_agg(key, value) FROM jsonb_each(said)
              WHERE key !~ '^({own})$' AND value IS DISTINCT FROM said -> 'hendelse_dato') AS whole
      FROM {table}_k{number} one, to_jsonb(one) said) rows
"""
"""Lines of the log tell when the import was, some of them twice."""
_CHANGES = """
SELECT * FROM endringslogg_k{number} WHERE referanse_metadata IS NOT NULL
"""


@dataclass(frozen=True)
class Line:
    """One thing that was done: what it took, and whether what it came to is the same."""

    name: str
    ran: Ran
    same: str = ""


class Bench:
    """The commands, on one archive."""

    def __init__(
        self, settings: Settings, database: embedded.EmbeddedServer, work: Path, schemas: Path
    ) -> None:
        self._postgres, self._owner, self._work = database.pid, database.owner_url, work
        self._storage = settings.data_dir / "dokumenter"
        self._environment = {
            **{name: value for name, value in os.environ.items() if "SAKARK_" not in name},
            "SAKARK_DATA_DIR": str(settings.data_dir),
            "SAKARK_DATABASE_URL": database.app_url,
            "SAKARK_DATABASE_OWNER_URL": database.owner_url,
            "SAKARK_SCHEMAS_DIR": str(schemas),
        }

    def sakark(self, *arguments: str, kill_after: float | None = None) -> Ran:
        command = [sys.executable, "-m", "sakark_api", *arguments]
        log = self._work / f"{arguments[0]}.log"
        ran = run(command, self._environment, log, self._postgres, kill_after)
        print(f"{' '.join(arguments)}: {ran}", file=sys.stderr, flush=True)
        if ran.code not in (0, -signal.SIGKILL):
            raise ValueError(f"{arguments}: {ran.code}\n{log.read_text()[-4000:]}")
        return ran

    def copied(self) -> Line:
        """Copy the rows to files, and the documents to a folder: the median of three times.

        What is copied stays: for minutes after many files were deleted, ext4 takes ten times as
        long to make new ones, and what comes next would be measured by that.
        """
        times = sorted((self._copied(n) for n in range(3)), key=lambda one: one.seconds)
        return Line("COPY og cp", times[1])

    def _copied(self, number: int) -> Ran:
        folder = self._work / f"kopi-{number}"
        folder.mkdir()
        began, used = time.perf_counter(), cpu_of_all(self._postgres)
        asyncio.run(self._copy_rows(folder))
        subprocess.run(["cp", "-r", self._storage / KOMMUNE, folder / "dokumenter"], check=True)
        os.sync()
        return Ran(time.perf_counter() - began, cpu_of_all(self._postgres) - used)

    async def _copy_rows(self, folder: Path) -> None:
        connection = await asyncpg.connect(self._owner)
        number = await _number(connection, KOMMUNE)
        for table in FILLED[1:-1]:
            await connection.copy_from_table(f"{table}_k{number}", output=folder / table)
        changes = _CHANGES.format(number=number)
        await connection.copy_from_query(changes, output=folder / FILLED[-1])
        await connection.close()

    def export(self, template: Template, target: Path, kill_after: float | None = None) -> Ran:
        options = ("--kommune", KOMMUNE, "--arkivdel", template.arkivdel)
        return self.sakark("export", *options, str(target), kill_after=kill_after)

    def read_in(self, slug: str, folder: Path, kill_after: float | None = None) -> Ran:
        return self.sakark("import", "--kommune", slug, str(folder), kill_after=kill_after)

    def add(self, slug: str, number: int) -> None:
        named = ("--navn", slug.title(), "--kommunenummer", str(number))
        self.sakark("kommune", "add", slug, *named)

    def rows(self, slug: str) -> Mapping[str, tuple[int, int]]:
        """Count the rows of a kommune, table by table, with a sum of what they say."""
        return asyncio.run(self._rows(slug))

    async def _rows(self, slug: str) -> Mapping[str, tuple[int, int]]:
        connection = await asyncpg.connect(self._owner)
        number = await _number(connection, slug)
        found = {}
        for table in FILLED[1:]:
            own = _OF_LINES if table == FILLED[-1] else _OWN
            statement = _ROWS.format(own=own, table=table, number=number)
            row = await connection.fetchrow(statement)
            found[table] = (row[0], int(row[1]))
        await connection.close()
        return found


async def _number(connection: asyncpg.Connection, slug: str) -> int:
    number: int = await connection.fetchval(
        "SELECT set_config('app.tenant_id', id::text, false)::int FROM kommune WHERE slug = $1",
        slug,
    )
    return number


def main() -> None:
    asked = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what we started, ends with us
    with (
        tempfile.TemporaryDirectory(prefix="sakark-bench-uttrekk-") as folder,
        compared("api") as (settings, database, pids),
    ):
        began = time.monotonic()
        template = _fill(asked, settings, database, next(iter(pids)))
        filled = time.monotonic() - began
        bench = Bench(settings, database, Path(folder), asked.skjemaer)
        lines = _measure(bench, template, Path(folder), exports_only=asked.bare_ut)
        report = _report(asked, filled, lines)
    keep(report, "uttrekk-")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.deposits", description=__doc__)
    parser.add_argument("--registreringer", type=int, default=20_000, help="journalposter")
    parser.add_argument("--dokumenter", type=int, default=4_000, help="of them with a file")
    parser.add_argument("--bare-ut", action="store_true", help="export, and import nothing")
    schemas = os.environ.get("SAKARK_SCHEMAS_DIR")
    parser.add_argument("--skjemaer", type=Path, default=schemas, help="else SAKARK_SCHEMAS_DIR")
    asked = parser.parse_args()
    if asked.skjemaer is None:
        parser.error("a deposit needs the official schemas: `sakark schemas fetch`")
    return asked


def _fill(
    asked: argparse.Namespace, settings: Settings, database: embedded.EmbeddedServer, port: int
) -> Template:
    base, storage = f"http://127.0.0.1:{port}", settings.data_dir / "dokumenter"
    user = next(one for one in demo_users() if one.username == f"administrator@{KOMMUNE}")

    def token() -> str:
        return issue_token(user, issuer_url(port), identity_dir(settings))

    template = make_template(base, token())
    asyncio.run(
        fill_closed(database.owner_url, storage, template, asked.registreringer, asked.dokumenter)
    )
    close_arkivdel(base, token(), template)
    return template


def _measure(bench: Bench, template: Template, work: Path, *, exports_only: bool) -> Sequence[Line]:
    whole, again = work / "uttrekk", work / "uttrekk-avbrutt"
    lines = [bench.copied()]
    ran = bench.export(template, whole)
    lines.append(Line("eksport", ran))
    killed = bench.export(template, again, kill_after=ran.seconds / 2)
    resumed = bench.export(template, again)
    lines.append(Line("eksport, drept etter halve tiden", killed))
    lines.append(Line("eksport, gått videre", resumed, _same(_digests(whole), _digests(again))))
    lines.append(Line("kontroll", bench.sakark("deposit", "check", str(whole))))
    if exports_only:
        return lines
    for number, slug in enumerate(("inn", "inn-avbrutt")):
        bench.add(slug, 9001 + number)
    ran = bench.read_in("inn", whole)
    lines.append(Line("import", ran))
    killed = bench.read_in("inn-avbrutt", whole, kill_after=ran.seconds / 2)
    resumed = bench.read_in("inn-avbrutt", whole)
    same = _same(bench.rows("inn"), bench.rows("inn-avbrutt"))
    lines.append(Line("import, drept etter halve tiden", killed))
    lines.append(Line("import, gått videre", resumed, same))
    return lines


def _digests(deposit: Path) -> Mapping[str, str]:
    """Give the digest of each file in a deposit, by its path there."""
    found = {}
    for path in deposit.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                name = str(path.relative_to(deposit))
                found[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def _same(one: Mapping[str, object], other: Mapping[str, object]) -> str:
    """Say that two results are the same, or what differs."""
    names = sorted(one.keys() | other.keys())
    differing = [name for name in names if one.get(name) != other.get(name)]
    return f"nei: {', '.join(differing[:5])}" if differing else f"ja, {len(names)} av {len(names)}"


def _report(asked: argparse.Namespace, filled: float, lines: Sequence[Line]) -> str:
    copied = lines[0].ran
    return (
        f"# Uttrekk {datetime.now(UTC):%Y-%m-%d %H:%M} UTC\n\n"
        f"{asked.registreringer} journalposter, {asked.dokumenter} filer, fylt på {filled:.0f} s;"
        f" {os.cpu_count()} kjerner, Python {platform.python_version()}, belastning"
        f" {os.getloadavg()[0]:.1f}.\n\n"
        f"{HEAD}{''.join(_line(one, copied, asked.registreringer) for one in lines)}"
    )


def _line(line: Line, copied: Ran, posts: int) -> str:
    ran = line.ran
    within = line.name == "eksport"
    cells = (
        line.name,
        f"{ran.seconds:.1f}",
        f"{posts / ran.seconds:.0f}",
        f"{ran.seconds / copied.seconds:.1f}",
        f"≤ {RATIO:g}" if within else "",
        f"{ran.cpu:.1f}",
        f"{ran.cpu / copied.cpu:.1f}",
        f"{ran.peak:.0f}" if ran.peak else "",
        f"≤ {MEGABYTES}" if within else "",
        f"{ran.postgres:.0f}" if ran.postgres else "",
        line.same,
    )
    return f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    main()
