"""`sakark serve`: the processes that answer, how they end, and where their figures are."""

import asyncio
import logging.config
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final

import uvicorn
from uvicorn.supervisors import Multiprocess

from sakark_api.observe.logs import log_config
from sakark_api.settings import Settings, read_settings

if TYPE_CHECKING:
    from fastapi import FastAPI

__all__ = ["application", "serve"]

FIGURES_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
HEALTH_SECONDS: Final = 30
"""How long a process may be silent before it is taken for stuck and replaced."""


def serve(settings: Settings, host: str, port: int) -> None:
    """Answer requests until told to stop; then end those under way and refuse new ones.

    Raises `Conflict` with the reasons when the database is not fit to be served from.
    """
    logging.config.dictConfig(log_config(settings))
    with ExitStack() as stack:
        if settings.metrics_port is not None:
            stack.enter_context(_figures(host, settings.metrics_port))
        # Only now: what is imported here counts, and must know where to.
        from sakark_api.tenancy.fitness import refuse_to_start

        asyncio.run(refuse_to_start(settings))
        config = _config(settings, host, port)
        if settings.processes == 1:
            uvicorn.Server(config).run()
            return
        Supervisor(config, sockets=[config.bind_socket()]).run()


def application() -> "FastAPI":
    """Make the application, in the process that is to answer with it."""
    from sakark_api.app import create_app

    return create_app(read_settings())


class Supervisor(Multiprocess):
    """Starts the processes, replaces those that die, and ends them."""

    def terminate_all(self) -> None:
        """End them; ours is the last hold on the socket, which would keep new callers waiting."""
        for socket in self.sockets:
            socket.close()
        super().terminate_all()


def _config(settings: Settings, host: str, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        "sakark_api.serving:application",
        factory=True,
        host=host,
        port=port,
        workers=settings.processes,
        loop="uvloop",
        http="httptools",
        lifespan="on",
        log_config=log_config(settings),
        access_log=False,  # it would hold what people search for; observe/ has its own
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=settings.shutdown_seconds,
        timeout_worker_healthcheck=HEALTH_SECONDS,
    )


@contextmanager
def _figures(host: str, port: int) -> Iterator[None]:
    """Give the figures of all processes on a port of their own, while this lasts."""
    folder = tempfile.mkdtemp(prefix="sakark-figures-")
    os.environ[FIGURES_FOLDER] = folder
    from prometheus_client import start_http_server

    from sakark_api.observe.metrics import figures

    server, thread = start_http_server(port, host, figures(folder))
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        shutil.rmtree(folder, ignore_errors=True)
