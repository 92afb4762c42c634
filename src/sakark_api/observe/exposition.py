"""Where the figures are given: a port of their own, inside the network."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

from prometheus_client import start_http_server
from prometheus_client.multiprocess import mark_process_dead

from sakark_api.observe.metrics import figures

__all__ = ["figures_given", "forget_process"]

FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"


@contextmanager
def figures_given(host: str, port: int | None, *, processes: int = 1) -> Iterator[None]:
    """Give the figures of this process, or of the several it is about to start, while this lasts.

    Without a port nothing is given.
    """
    if port is None:
        yield
        return
    with ExitStack() as stack:
        folder = None
        if processes > 1:
            folder = tempfile.mkdtemp(prefix="sakark-figures-")
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            os.environ[FOLDER] = folder  # read by the processes when they start
        server, thread = start_http_server(port, host, figures(folder))
        stack.callback(thread.join)
        stack.callback(server.shutdown)
        yield


def forget_process(pid: int | None) -> None:
    """Let what a process that has ended held at its end no longer count."""
    if pid is not None and FOLDER in os.environ:
        mark_process_dead(pid)  # type: ignore[no-untyped-call]  # untyped there
