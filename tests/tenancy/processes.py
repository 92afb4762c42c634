"""Services beside the shared one: in this process, and as real processes of their own."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from tests.conftest import Service, free_port
from tests.secrecy import secrets_in

from sakark_api import cli
from sakark_api.app import create_app

__all__ = ["Program", "beside", "command", "environment", "running"]

START_SECONDS = 120
STOP_SECONDS = 60
"""Requests have ten seconds to end, a job 25 (`shutdown_seconds`); then the database stops."""


@contextmanager
def beside(service: Service, **changes: Any) -> Iterator[Service]:
    """Run another service on the same database with other settings, for the same tokens."""
    settings, port = service.settings.model_copy(update=changes), free_port()
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(settings), host="127.0.0.1", port=port, log_level="warning", loop="asyncio"
        )
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the service did not start"
        time.sleep(0.02)
    try:
        yield Service(f"http://127.0.0.1:{port}", settings, service.issuer, service.tokens)
    finally:
        server.should_exit = True
        thread.join()


def environment(service: Service, **more: str) -> dict[str, str]:
    """Give the environment of a process that works on the same database."""
    return {
        **os.environ,
        "SAKARK_DATABASE_URL": str(service.settings.database_url),
        "SAKARK_DATABASE_OWNER_URL": str(service.settings.database_owner_url),
        "SAKARK_DATA_DIR": str(service.settings.data_dir),
        "SAKARK_BULK_LIMIT": str(service.settings.bulk_limit),
        **more,
    }


def command(
    environment: Mapping[str, str], *words: str | Path
) -> "subprocess.CompletedProcess[str]":
    """Run a command here and now: a process of its own takes seconds to begin."""
    out, err = (TextIOWrapper(BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        for name in [one for one in os.environ if one.startswith("SAKARK_")]:
            patch.delenv(name)
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["sakark", *map(str, words)])
        try:
            cli.main()
            code: Any = 0
        except SystemExit as end:
            code = end.code
    if isinstance(code, str):
        err.write(code)
        code = 1
    said, complained = (one.buffer.getvalue().decode() for one in (out, err))
    return subprocess.CompletedProcess(words, int(code or 0), said, complained)


class Program:
    """A `sakark` command in a process of its own, and where it answers."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int) -> None:
        self.process = process
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def peak_memory(self) -> int:
        """Give the most memory the process has had at once, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024

    def wait_until_ready(self, address: str = "/kommuner/") -> None:
        """Wait until an address answers well."""
        deadline = time.monotonic() + START_SECONDS
        with httpx.Client(timeout=5) as http:  # one: to make a client is work, and here is little
            while time.monotonic() < deadline:
                assert self.process.poll() is None, f"ended with {self.process.returncode}"
                with suppress(httpx.TransportError):
                    if http.get(f"{self.url}{address}").status_code == httpx.codes.OK:
                        return
                time.sleep(0.05)
        raise AssertionError("the service did not answer")


@contextmanager
def running(
    command: str,
    environment: Mapping[str, str],
    log: Path,
    port: int | None = None,
    answers: str = "/kommuner/",
) -> Iterator[Program]:
    """Run `sakark dev` or `sakark serve` until the block ends, once it answers at an address."""
    port = port or free_port()
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name("sakark")), command],
            env={**environment, "PORT": str(port)},
            stdout=output,
            stderr=output,
        )
    try:
        program = Program(process, port)
        program.wait_until_ready(answers)
        yield program
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(timeout=STOP_SECONDS)
        guilty = secrets_in(log)
        assert not guilty, guilty
