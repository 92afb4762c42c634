"""What a request to the operator's part brings with it, and the routes that let it in."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import NAMESPACE_URL, uuid5

import msgspec
from fastapi.routing import APIRoute
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sakark_api.access.keys import Issuer
from sakark_api.access.oidc import OperatorBinding
from sakark_api.drift.sandkasse import Tools
from sakark_api.errors import MethodNotAllowed, NotAcceptable
from sakark_api.observe.told import told
from sakark_api.rest.dependencies import Services, bearer_token, read_body, shown_name
from sakark_api.rest.door import host_of
from sakark_api.rest.media_types import accepts, refuse_other_content
from sakark_api.rest.openapi import Operation, describe
from sakark_api.rest.schema import Body, parse
from sakark_api.settings import Settings
from sakark_api.tenancy.driftslogg import Actor
from sakark_api.tenancy.operator import in_transaction
from sakark_api.texts import text

__all__ = ["JSON", "Drift", "DriftContext", "answer", "operator_binding", "received", "route"]

JSON = "application/json"
B = TypeVar("B", bound=Body)
T = TypeVar("T")


@dataclass(frozen=True)
class Drift:
    """What lives as long as the process, for the operator's routes."""

    services: Services
    engine: AsyncEngine
    binding: OperatorBinding

    @property
    def tools(self) -> Tools:
        services = self.services
        return Tools(self.engine, services.writer, services.documents, services.catalog)


def operator_binding(settings: Settings) -> OperatorBinding | None:
    """Give the operator's issuer; None when there is none, and nothing under /drift/."""
    if settings.operator_issuer is None:
        return None
    return OperatorBinding(
        Issuer(settings.operator_issuer),
        settings.operator_audience,
        settings.operator_role_claim,
        settings.operator_role,
    )


@dataclass(frozen=True)
class DriftContext:
    """One authenticated request of the operator."""

    drift: Drift
    who: Actor

    async def read(self, act: Callable[[Session], T]) -> T:
        return await in_transaction(self.drift.engine, act)

    async def write(self, act: Callable[[Session], T]) -> T:
        """Change the registry; this process knows it at once, others within seconds."""
        done = await in_transaction(self.drift.engine, act)
        self.drift.services.registry.forget()
        return done


async def enter(request: Request) -> DriftContext:
    """Let a request in: 401 without a token of the operator's issuer, 403 without the role."""
    drift: Drift = request.app.state.drift
    verifier = drift.services.verifier
    operator = await verifier.operator(bearer_token(request), drift.binding, host_of(request.scope))
    drift.services.callers.admit((operator.issuer, operator.subject))
    name = shown_name(operator.subject, operator.name)
    told().user = str(uuid5(NAMESPACE_URL, f"{operator.issuer} {operator.subject}"))
    return DriftContext(
        drift, Actor(operator.issuer, operator.subject, name, drift.services.clock())
    )


Act = Callable[[DriftContext, Request], Awaitable[Response]]


class DriftRoute(APIRoute):
    """A route whose endpoint takes the request itself; `allowed` are the address's methods."""

    allowed: str = ""

    def get_route_handler(self) -> Callable[[Request], Any]:
        return self.endpoint

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in (self.methods or ()):
            raise MethodNotAllowed(
                text("Metoden kan ikke brukes på denne adressen. Se Allow."), allow=self.allowed
            )
        await self.app(scope, receive, send)


def route(
    path: str, method: str, operation: Operation, act: Act, *parameters: dict[str, Any]
) -> DriftRoute:
    """Make a route that lets the operator in and then does `act`."""

    async def endpoint(request: Request) -> Response:
        return await act(await enter(request), request)

    described = describe(operation, path)
    if parameters:
        described["openapi_extra"]["parameters"] = list(parameters)
    return DriftRoute(path, endpoint, methods=[method], **described)


async def received(context: DriftContext, request: Request, model: type[B]) -> B:
    """Read a JSON body."""
    refuse_other_content(request, JSON)
    return parse(model, await read_body(request, context.drift.services.settings.body_limit))


def answer(
    request: Request, body: BaseModel, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """Answer with JSON, which nobody is to keep."""
    accept = request.headers.get("accept")
    if accept is not None and not accepts(accept, JSON):
        raise NotAcceptable(text("Svaret finnes bare som {type}. Rett Accept.", type=JSON))
    data = msgspec.json.encode(body.model_dump(mode="json", by_alias=True))
    return Response(data, status, {"cache-control": "no-store", **(headers or {})}, JSON)
