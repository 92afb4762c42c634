"""Servers in processes of their own, and one round of measuring them."""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bench.client import run_load
from bench.counting import cpu_of, cpu_of_children
from bench.operation import Operation
from bench.report import Round

from sakark_api.db import embedded
from sakark_api.dev.place import issuer_url
from sakark_api.dev.server import prepare
from sakark_api.settings import Settings

__all__ = ["compared", "free_port", "keep", "measured", "wait_for"]

_RESULTS = Path(__file__).parent / "results"
START_SECONDS = 180


@contextmanager
def compared(
    *kinds: str, given: Mapping[str, str] | None = None
) -> Iterator[tuple[Settings, embedded.EmbeddedServer, dict[int, int]]]:
    """Run servers of some kinds on one new archive; give their processes by their ports.

    `given` is more of their environment.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sakark-bench-")))
        stack.callback(embedded.remove, folder / "postgres")
        database = stack.enter_context(embedded.embedded(folder / "postgres", durable=True))
        settings = Settings(
            data_dir=folder,
            database_url=database.app_url,
            database_owner_url=database.owner_url,
            s3_bucket=None,
        )
        ports = {free_port(): kind for kind in kinds}
        asyncio.run(prepare(settings, issuer_url(next(iter(ports)))))
        pids = {
            port: stack.enter_context(_serving(kind, port, settings, given or {}))
            for port, kind in ports.items()
        }
        yield settings, database, pids


async def measured(operation: Operation, seconds: float, api: int, postgres: int) -> Round:
    """Load one operation, and give what the client saw and what it took of both processes."""
    began, api_began, postgres_began = time.perf_counter(), cpu_of(api), cpu_of_children(postgres)
    load = await run_load(operation, seconds)
    return Round(
        load,
        seconds=time.perf_counter() - began,
        api=cpu_of(api) - api_began,
        postgres=cpu_of_children(postgres) - postgres_began,
    )


@contextmanager
def _serving(kind: str, port: int, settings: Settings, given: Mapping[str, str]) -> Iterator[int]:
    """Run a server while the block lasts; give its process."""
    environment = {name: value for name, value in os.environ.items() if "SAKARK_" not in name}
    found = {
        "SAKARK_DATA_DIR": str(settings.data_dir),
        "SAKARK_DATABASE_URL": settings.database_url or "",
    }
    command: Sequence[str] = [sys.executable, "-m", "bench.server", kind, str(port)]
    with tempfile.TemporaryDirectory() as figures:
        server = subprocess.Popen(
            command,
            env={**environment, **found, **given, "PROMETHEUS_MULTIPROC_DIR": figures},
            cwd=_RESULTS.parent.parent,
            stdout=subprocess.DEVNULL,
        )
        try:
            wait_for(server, port)
            yield server.pid
        finally:
            server.terminate()
            server.wait()


def keep(report: str, prefix: str = "") -> None:
    """Print a report, and keep it in a file of its own."""
    _RESULTS.mkdir(exist_ok=True)
    (_RESULTS / f"{prefix}{datetime.now(UTC):%Y-%m-%dT%H%M%S}.md").write_text(report)
    print(report)


def wait_for(server: subprocess.Popen[bytes], port: int) -> None:
    """Wait until a server answers on its port."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"Nothing answers on port {port}")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
