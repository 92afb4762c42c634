"""Whether the process lives, and whether it can answer: for the cluster and for people."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec
from fastapi.routing import APIRoute
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response

from sakark_api.errors import NotFound, SakarkError
from sakark_api.rest.dependencies import Services
from sakark_api.rest.openapi import Operation, describe
from sakark_api.rest.problems import language_of
from sakark_api.storage.documents import PROBES
from sakark_api.texts import Text, text

__all__ = ["Readiness", "health_routes"]

PEER_SECONDS = 3.0
FRESH_SECONDS = 2.0

_NO_DATABASE = text("Databasen svarer ikke.")
_NO_REGISTRY = text("Kommuneregisteret lar seg ikke lese. Kjør: sakark doctor")
_NO_STORAGE = text("Dokumentlageret svarer ikke; det meste virker, men ikke filene.")


@dataclass(frozen=True)
class Finding:
    """What was found of one peer; without the decisive ones we can't answer anything."""

    name: str
    decisive: bool
    reason: Text | None


class Readiness:
    """Asks the peers at most every other second, however often it is asked itself."""

    def __init__(self, services: Services, clock: Callable[[], float] = time.monotonic) -> None:
        self._services = services
        self._clock = clock
        self._lock = asyncio.Lock()
        self._asked = float("-inf")
        self._found: Sequence[Finding] = ()

    async def findings(self) -> Sequence[Finding]:
        async with self._lock:
            if self._clock() - self._asked > FRESH_SECONDS:
                self._found = await asyncio.gather(
                    self._database(), self._registry(), self._storage()
                )
                self._asked = self._clock()
        return self._found

    async def _database(self) -> Finding:
        try:
            await _within(PEER_SECONDS, self._services.reader.ping())
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            return Finding("database", decisive=True, reason=_NO_DATABASE)
        return Finding("database", decisive=True, reason=None)

    async def _registry(self) -> Finding:
        try:
            await _within(PEER_SECONDS, self._services.registry.current())
        except SakarkError as error:
            return Finding("registry", decisive=True, reason=error.text)
        except (SQLAlchemyError, asyncpg.InterfaceError, OSError):
            return Finding("registry", decisive=True, reason=_NO_REGISTRY)
        return Finding("registry", decisive=True, reason=None)

    async def _storage(self) -> Finding:
        try:
            await _within(PEER_SECONDS, self._services.documents.size(f"{PROBES}/{uuid4().hex}"))
        except NotFound:  # it answers
            pass
        except (SakarkError, OSError):
            return Finding("storage", decisive=False, reason=_NO_STORAGE)
        return Finding("storage", decisive=False, reason=None)


async def _within(seconds: float, asked: Coroutine[Any, Any, object]) -> None:
    """Wait for an answer, and not for the end of the asking: that may hang where the peer does."""
    asking = asyncio.create_task(asked)
    asking.add_done_callback(lambda one: one.cancelled() or one.exception())  # somebody looked
    done, _ = await asyncio.wait({asking}, timeout=seconds)
    if not done:
        asking.cancel()
        raise TimeoutError
    asking.result()


def health_routes() -> list[APIRoute]:
    """Make the two addresses; open, with nothing in their answers that is worth hiding."""
    live = Operation("health_live", text("Om prosessen lever"), "drift", errors=())
    ready = Operation(
        "health_ready",
        text("Om tjenesten kan svare, og hvorfor ikke"),
        "drift",
        statuses=(200, 503),
        errors=(),
    )
    return [
        APIRoute(path, endpoint, methods=["GET"], **describe(operation, path))
        for path, endpoint, operation in (
            ("/health/live", is_live, live),
            ("/health/ready", is_ready, ready),
        )
    ]


async def is_live(request: Request) -> Response:
    """Say that the process answers; asks nobody, so that no peer's trouble restarts us."""
    del request
    return _answer(200, {"live": True})


async def is_ready(request: Request) -> Response:
    """Say whether requests can be answered (200) or not (503), with what was found of each peer."""
    readiness: Readiness = request.app.state.readiness
    found = await readiness.findings()
    ready = not any(finding.decisive and finding.reason for finding in found)
    language = language_of(request)
    checks = [
        {
            "name": finding.name,
            "ok": finding.reason is None,
            **({"reason": finding.reason.to(language)} if finding.reason else {}),
        }
        for finding in found
    ]
    return _answer(200 if ready else 503, {"ready": ready, "checks": checks})


def _answer(status: int, body: object) -> Response:
    headers = {"cache-control": "no-store"}
    if status != 200:  # noqa: PLR2004
        headers["retry-after"] = "5"
    return Response(msgspec.json.encode(body), status, headers, "application/json")
