"""`sakark serve`: the processes that answer, how they end, and where their figures are."""

import asyncio
import logging.config
import sys
from typing import TYPE_CHECKING, Final

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from sakark_api.observe.exposition import figures_given, forget_process
from sakark_api.observe.logs import log_config
from sakark_api.protocol import PatientOnlySoLong
from sakark_api.settings import Settings, read_settings
from sakark_api.tenancy.fitness import refuse_to_start

if TYPE_CHECKING:
    from fastapi import FastAPI

__all__ = ["application", "serve"]

HEALTH_SECONDS: Final = 10
"""How long a process may be silent before it is taken for stuck and replaced.

One that dies just when it is asked is seen no sooner.
"""


def serve(settings: Settings, host: str, port: int) -> None:
    """Answer requests until told to stop; then end those under way and refuse new ones.

    Raises `Conflict` with the reasons when the database is not fit to be served from.
    """
    logging.config.dictConfig(log_config(settings))
    asyncio.run(refuse_to_start(settings))
    config = _config(settings, host, port)
    with figures_given(host, settings.metrics_port, processes=settings.processes):
        if settings.processes == 1:
            uvicorn.Server(config).run()
            return
        supervisor = Supervisor(config, sockets=[config.bind_socket()])
        supervisor.run()
        if supervisor.failed:
            sys.exit(STARTUP_FAILURE)


def application() -> "FastAPI":
    """Make the application, in the process that is to answer with it."""
    from sakark_api.app import create_app

    return create_app(read_settings())


class Supervisor(Multiprocess):
    """Starts the processes, replaces those that die, and ends them."""

    failed = False
    """Whether a process could not even start: then none is tried again."""

    def keep_subprocess_alive(self) -> None:
        """Replace what has died, whose figures of the moment no longer count."""
        before = {process.pid for process in self.processes}
        super().keep_subprocess_alive()
        self.failed = any(process.exitcode == STARTUP_FAILURE for process in self.processes)
        for pid in before - {process.pid for process in self.processes}:
            forget_process(pid)

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
        http=PatientOnlySoLong,
        lifespan="on",
        log_config=log_config(settings),
        access_log=False,  # it would hold what people search for; observe/ has its own
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=settings.shutdown_seconds,
        timeout_worker_healthcheck=HEALTH_SECONDS,
    )
