"""A command in a process of its own: how long it took, and how much memory it and others had."""

import resource
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench.counting import cpu_of_children

__all__ = ["Ran", "cpu_of_all", "run"]

_LOOK_SECONDS = 0.05
_OFTEN = 10
"""How many looks at the command there are for each at PostgreSQL."""


@dataclass(frozen=True)
class Ran:
    """Seconds, and of processor time, PostgreSQL's too; and MiB at most.

    `peak` is of the command, `postgres` of the one of PostgreSQL's processes that had most.
    """

    seconds: float
    cpu: float
    peak: float = 0
    postgres: float = 0
    code: int = 0


def run(
    command: Sequence[str],
    environment: Mapping[str, str],
    log: Path,
    postgres: int,
    kill_after: float | None = None,
) -> Ran:
    """Run a command to its end, or until it is killed; the log has what it says.

    Peaks are what Linux kept of each process (VmHWM), added. Of PostgreSQL it is the memory that
    no others share (RssAnon), of the process that had most, as often as we looked.
    """
    peaks: defaultdict[int, float] = defaultdict(float)
    most, looks = 0.0, 0
    began, used = time.perf_counter(), cpu_of_all(postgres)
    with log.open("wb") as said:
        process = subprocess.Popen(command, env=environment, stdout=said, stderr=said)
        while process.poll() is None:
            for pid in _family(process.pid):
                peaks[pid] = max(peaks[pid], _megabytes(pid, "VmHWM"))
            if looks % _OFTEN == 0:
                others = [_megabytes(pid, "RssAnon") for pid in _family(postgres)]
                most = max(most, *others)
            looks += 1
            if kill_after is not None and time.perf_counter() - began > kill_after:
                process.kill()
            time.sleep(_LOOK_SECONDS)
    seconds, cpu = time.perf_counter() - began, cpu_of_all(postgres) - used
    return Ran(seconds, cpu, sum(peaks.values()), most, process.returncode)


def cpu_of_all(postgres: int) -> float:
    """Give the processor time of what we have started and waited for, and of PostgreSQL."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime + time.process_time() + cpu_of_children(postgres)


def _family(pid: int) -> Iterator[int]:
    """List a process and those that it has started, as far as they still run."""
    yield pid
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from _family(int(child))


def _megabytes(pid: int, what: str) -> float:
    """Read what Linux says of a process's memory; of one that has ended, nothing."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(f"{what}:"):
                return int(line.split()[1]) / 1024
    return 0.0
