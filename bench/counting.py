"""What a request costs where it is answered: processor time and SQL statements."""

import asyncio
import os
import re
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from bench.client import exchange
from bench.operation import Operation

__all__ = ["Statements", "count_statements", "cpu_of", "cpu_of_children", "logged_statements"]

_LOG_DELAY = 0.1
_TIMES = 5
_CUTIME = 13  # proc(5) counts from 1, and the two fields before the ")" as well
_LOGGED = re.compile(r"LOG:  (?:statement|execute [^:]*): *(\w+)")
_TRANSACTION = frozenset({"BEGIN", "COMMIT", "ROLLBACK"})


@dataclass(frozen=True)
class Statements:
    """How many statements one request took, and how many that only begin and end transactions."""

    own: int
    transaction: int


def cpu_of(pid: int) -> float:
    """Give the processor time of a process with its threads, user and system, in seconds.

    This is the clock that clock_getcpuclockid(3) gives: /proc counts in hundredths of a second.
    """
    return time.clock_gettime((~pid << 3) | 2)


def cpu_of_children(pid: int) -> float:
    """Sum the processor time of the processes that a process has started, in seconds.

    Those that have ended count too, as PostgreSQL's parallel workers have: what they used stands
    with the process that waited for them, in hundredths of a second.
    """
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ended = sum(map(int, fields[_CUTIME : _CUTIME + 2])) / os.sysconf("SC_CLK_TCK")
    return ended + sum(map(cpu_of, map(int, children)))


@asynccontextmanager
async def logged_statements(superuser_url: str) -> AsyncIterator[None]:
    """Let PostgreSQL log every statement that it executes, for as long as the block."""
    connection = await asyncpg.connect(superuser_url)
    try:
        await _set_logging(connection, "all")
        yield
        await _set_logging(connection, "none")
    finally:
        await connection.close()


async def _set_logging(connection: asyncpg.Connection, which: str) -> None:
    await connection.execute(f"ALTER SYSTEM SET log_statement = '{which}'")
    await connection.execute("SELECT pg_reload_conf()")
    await asyncio.sleep(_LOG_DELAY)


async def count_statements(operation: Operation, log: Path) -> Statements:
    """Count what one request executes, as PostgreSQL logged it; of several tries, the usual one.

    Connections should be warm: a new one asks for the types that it meets.
    """
    found = Counter([await _count_once(operation, log) for _ in range(_TIMES)])
    return found.most_common(1)[0][0]


async def _count_once(operation: Operation, log: Path) -> Statements:
    begin = len(_logged(log))
    await exchange(operation)
    await asyncio.sleep(_LOG_DELAY)
    words = _logged(log)[begin:]
    transaction = sum(word in _TRANSACTION for word in words)
    return Statements(len(words) - transaction, transaction)


def _logged(log: Path) -> list[str]:
    """Give the first word of every statement in a log."""
    return [word.upper() for word in _LOGGED.findall(log.read_text())]
