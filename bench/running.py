"""Servers in processes of their own, and one round of measuring them."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.client import run_load
from bench.counting import cpu_of, cpu_of_children
from bench.operation import Operation
from bench.report import Round

from sakark_api.settings import Settings

__all__ = ["RESULTS", "free_port", "measured", "serving"]

RESULTS = Path(__file__).parent / "results"
START_SECONDS = 60


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
def serving(kind: str, port: int, settings: Settings) -> Iterator[int]:
    """Run a server while the block lasts; give its process."""
    environment = {name: value for name, value in os.environ.items() if "SAKARK_" not in name}
    given = {
        "SAKARK_DATA_DIR": str(settings.data_dir),
        "SAKARK_DATABASE_URL": settings.database_url or "",
    }
    command: Sequence[str] = [sys.executable, "-m", "bench.server", kind, str(port)]
    with tempfile.TemporaryDirectory() as figures:
        server = subprocess.Popen(
            command,
            env=environment | given | {"PROMETHEUS_MULTIPROC_DIR": figures},
            cwd=RESULTS.parent.parent,
            stdout=subprocess.DEVNULL,
        )
        try:
            _wait_for(server, port)
            yield server.pid
        finally:
            server.terminate()
            server.wait()


def _wait_for(server: subprocess.Popen[bytes], port: int) -> None:
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
