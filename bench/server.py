"""One of the servers that are compared, in a process of its own.

`python -m bench.server empty PORT` serves an endpoint that does nothing, `… api PORT` the service
with the settings in the environment, `… open PORT` the service without a word of who reaches what.
It tells of itself as `sakark serve` does: a line of JSON for
each request, and figures in files, as several processes keep them.
"""

import gc
import sys
from typing import Any

import uvicorn
from fastapi import FastAPI
from sqlalchemy import true
from starlette.types import ASGIApp

from sakark_api.app import GC_THRESHOLDS, create_app
from sakark_api.dev.identity import create_identity, demo_clients, demo_users
from sakark_api.dev.place import IDENTITY, identity_dir, issuer_url
from sakark_api.observe.logs import log_config
from sakark_api.rest.reaching import Reaching
from sakark_api.settings import Settings


def empty() -> FastAPI:
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)  # as the service does for itself
    app = FastAPI()

    @app.get("/")
    async def nothing() -> None:
        pass

    return app


def api(port: int) -> FastAPI:
    settings = Settings(rate_caller=1_000_000)  # counted, and never too many
    identity: ASGIApp = create_identity(
        issuer_url(port), demo_users(), demo_clients(), identity_dir(settings)
    )
    return create_app(settings, mounts=[(IDENTITY, identity)])


def open_to_all() -> None:
    """Let the statements say nothing of access, whoever asks."""
    Reaching.seen = lambda *_: []  # type: ignore[method-assign]
    Reaching.may = lambda *_: true()  # type: ignore[method-assign]


def main(kind: str, port: int) -> None:
    if kind == "open":
        open_to_all()
    app = empty() if kind == "empty" else api(port)
    log: dict[str, Any] = (
        {"log_level": "warning"} if kind == "empty" else {"log_config": log_config(Settings())}
    )
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=port,
        access_log=False,
        **log,
        loop="uvloop",
        http="httptools",
        timeout_graceful_shutdown=10,
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
