"""The figures as a table."""

import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bench.client import CONNECTIONS, Load
from bench.counting import Statements
from bench.operation import Operation

__all__ = ["Round", "heading", "table"]

HEAD = (
    "| Operasjon | kall/s | p50 ms | p99 ms | CPU API µs | × tomt | budsjett | CPU PostgreSQL µs"
    " | SQL | budsjett | BEGIN/COMMIT | feil |\n"
    "|:--|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n"
)


@dataclass(frozen=True)
class Round:
    """One load of one operation: what the client saw, and seconds of processor time."""

    load: Load
    seconds: float
    api: float
    postgres: float

    @property
    def requests(self) -> int:
        return len(self.load.latencies)

    @property
    def api_each(self) -> float:
        return self.api / self.requests

    @property
    def postgres_each(self) -> float:
        return self.postgres / self.requests


def table(
    rounds: Mapping[Operation, Sequence[Round]], statements: Mapping[Operation, Statements]
) -> str:
    """Write the table; the first operation is the one that the others are compared with."""
    empty = next(iter(rounds.values()))
    return HEAD + "".join(
        _line(operation, loads, empty, statements.get(operation))
        for operation, loads in rounds.items()
    )


def heading(cases: int, posts: int, rounds: int, seconds: float) -> str:
    return (
        f"# Måling {datetime.now(UTC):%Y-%m-%d %H:%M} UTC\n\n"
        f"{posts} journalposter i {cases} saksmapper i én kommune; {CONNECTIONS} forbindelser;"
        f" medianer av {rounds} runder à {seconds:g} s etter tur; {os.cpu_count()} kjerner,"
        f" Python {platform.python_version()}, belastning {os.getloadavg()[0]:.1f}.\n\n"
    )


def _line(
    operation: Operation,
    loads: Sequence[Round],
    empty: Sequence[Round],
    statements: Statements | None,
) -> str:
    latencies = [_percentiles(one.load.latencies) for one in loads]
    # Round by round: whatever else the machine was doing then slowed both.
    ratios = [one.api_each / bare.api_each for one, bare in zip(loads, empty, strict=True)]
    failed = sum(one.requests - one.load.statuses[operation.status] for one in loads)
    cells = (
        operation.name,
        f"{statistics.median(one.requests / one.seconds for one in loads):.0f}",
        f"{statistics.median(p50 for p50, _ in latencies) * 1e3:.1f}",
        f"{statistics.median(p99 for _, p99 in latencies) * 1e3:.1f}",
        f"{statistics.median(one.api_each for one in loads) * 1e6:.0f}",
        f"{statistics.median(ratios):.1f}",
        f"≤ {operation.budget:g}" if operation.budget else "",
        f"{statistics.median(one.postgres_each for one in loads) * 1e6:.0f}",
        str(statements.own) if statements else "",
        f"≤ {operation.statements}" if operation.statements else "",
        str(statements.transaction) if statements else "",
        str(failed),
    )
    return f"| {' | '.join(cells)} |\n"


def _percentiles(latencies: Sequence[float]) -> tuple[float, float]:
    ordered = sorted(latencies)
    return ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100]
