"""The application: routes, error handlers and middleware put together, and nothing else."""

import asyncio
import ctypes
import gc
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from importlib.metadata import version
from typing import Any

import httpx
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi_offline import FastAPIOffline
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import QueuePool
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from sakark_api.access.allowance import Allowance
from sakark_api.access.oidc import Verifier
from sakark_api.db.reader import APPLICATION_ROLE, Reader
from sakark_api.deponering.beredskap.answers import BODIES as READINESS_BODIES
from sakark_api.deponering.beredskap.routes import add_readiness
from sakark_api.deponering.uttrekk.answers import BODIES as EXPORT_BODIES
from sakark_api.deponering.uttrekk.routes import add_exports
from sakark_api.drift.bodies import BODIES
from sakark_api.drift.context import Drift, operator_binding
from sakark_api.drift.router import drift_routes
from sakark_api.journal.answers import BODIES as JOURNAL_BODIES
from sakark_api.journal.routes import add_journals, robots_route
from sakark_api.noark.admin.innlogging import find_actor
from sakark_api.noark.catalog import CATALOG
from sakark_api.noark.tilgangsstyring.rettigheter import load_rights
from sakark_api.observe.edge import REQUEST_ID, Observed
from sakark_api.observe.metrics import DATABASE_CONNECTIONS
from sakark_api.rest.allowed import Lovlig
from sakark_api.rest.codelists import KodeverdiBody, add_codelists
from sakark_api.rest.dependencies import Services
from sakark_api.rest.docs import docs_route
from sakark_api.rest.door import Door
from sakark_api.rest.health import Readiness, health_routes
from sakark_api.rest.moved import Moved
from sakark_api.rest.openapi import build
from sakark_api.rest.problems import HANDLERS, ErrorEdge
from sakark_api.rest.protection import STATIC, Protected
from sakark_api.rest.roots import add_roots, kommuner_routes
from sakark_api.rest.router import add_resources
from sakark_api.rest.schema import Schemas
from sakark_api.rest.tree import RouteTree
from sakark_api.search.answers import BODIES as SEARCH_BODIES
from sakark_api.search.routes import add_search
from sakark_api.settings import Settings
from sakark_api.storage import open_documents
from sakark_api.tenancy.fitness import refuse_unfit
from sakark_api.tenancy.kommune import Registry
from sakark_api.tenancy.operator import operator_engine
from sakark_api.tenancy.session import Writer, application_engine

__all__ = ["create_app", "openapi"]

M_MMAP_THRESHOLD, LARGE_BUFFER = -3, 1024 * 1024
M_TRIM_THRESHOLD, KEPT = -1, 2048 * 1024
M_ARENA_MAX, ARENAS = -8, 2
COUNT_SECONDS = 5
LAST_WORD_SECONDS = 5
GC_THRESHOLDS = (20_000, 20, 50)
ALLOWED_HEADERS = (
    "Authorization",
    "Content-Type",
    "Accept",
    "Accept-Language",
    "Content-Disposition",
    "Content-Range",
    "ETag",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "Prefer",
    "Range",
    "X-Upload-Content-Type",
    "X-Upload-Content-Length",
    REQUEST_ID,
)
EXPOSED_HEADERS = (
    "Allow",
    "Content-Disposition",
    "Content-Range",
    "ETag",
    "Location",
    "Preference-Applied",
    "Range",
    "Retry-After",
    "WWW-Authenticate",
    REQUEST_ID,
)


def create_app(settings: Settings, mounts: Sequence[tuple[str, ASGIApp]] = ()) -> FastAPI:
    """Make the application; `mounts` are further applications under addresses of their own."""
    tree = RouteTree()
    add_roots(tree, CATALOG)
    add_codelists(tree, CATALOG)
    add_resources(tree, CATALOG)
    add_search(tree)
    add_journals(tree)
    add_readiness(tree)
    add_exports(tree)
    app = FastAPIOffline(
        static_url=STATIC,
        docs_url=None,
        title="sakark",
        # FastAPI's own would send the texts of errors along; observe/ has ours.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        lifespan=lambda app: _lifespan(app, settings),
        exception_handlers=HANDLERS,
        middleware=[
            Middleware(Observed),
            Middleware(Protected, https=(settings.public_url or "").startswith("https:")),
            Middleware(
                CORSMiddleware,
                allow_origins=settings.cors_origins,
                allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
                allow_headers=ALLOWED_HEADERS,
                expose_headers=EXPOSED_HEADERS,
                max_age=3600,
            ),
            Middleware(ErrorEdge),
            Middleware(Door, strangers=Allowance("address", settings.rate_address)),
            Middleware(Moved),
        ],
        redirect_slashes=False,
        redoc_url=None,
    )
    for address, mounted in mounts:
        app.mount(address, mounted)
    app.router.routes.extend([docs_route(), robots_route()])
    kommuner = kommuner_routes()
    kommuner += health_routes()
    operators = drift_routes()
    app.router.routes.extend(kommuner)
    if settings.operator_issuer is not None:
        app.router.routes.extend(operators)
    app.router.routes.append(tree)
    app.openapi = lambda: _described(app, tree, [*kommuner, *operators])  # type: ignore[method-assign]  # FastAPI's own way
    return app


def _described(app: FastAPI, tree: RouteTree, others: Sequence[APIRoute]) -> dict[str, Any]:
    if app.openapi_schema is None:
        app.openapi_schema = build(
            [*others, *(route.described() for route in tree.routes())],
            CATALOG,
            Schemas(CATALOG),
            {"Kodelisteverdi": KodeverdiBody},
            [*BODIES, Lovlig, *SEARCH_BODIES, *JOURNAL_BODIES, *READINESS_BODIES, *EXPORT_BODIES],
            version("sakark-api"),
        )
    return app.openapi_schema


def openapi() -> dict[str, Any]:
    """Describe the API, without starting it."""
    return create_app(Settings()).openapi()


async def _count_connections(reader: Reader, engine: AsyncEngine) -> None:
    """Keep the figures of the two pools up to date."""
    pool = engine.pool
    assert isinstance(pool, QueuePool)  # noqa: S101  what create_async_engine makes
    while True:
        used, idle, most = reader.connections()
        for name, counts in (
            ("reading", (used, idle, most)),
            ("writing", (pool.checkedout(), pool.checkedin(), pool.size())),
        ):
            for state, count in zip(("used", "idle", "most"), counts, strict=True):
                DATABASE_CONNECTIONS.labels(name, state).set(count)
        await asyncio.sleep(COUNT_SECONDS)


def _give_back_memory() -> None:
    """Let the C library keep what the chunks of files pass through, and no more than that.

    Pages that are given back and fetched anew for each chunk cost four times what receiving it
    does; by itself the library would keep more and more. And let the threads share what is kept,
    instead of each having some of its own.
    """
    with suppress(OSError, AttributeError):  # another C library than glibc
        library = ctypes.CDLL(None)
        library.mallopt(M_MMAP_THRESHOLD, LARGE_BUFFER)
        library.mallopt(M_TRIM_THRESHOLD, KEPT)
        library.mallopt(M_ARENA_MAX, ARENAS)


@asynccontextmanager
async def _lifespan(app: FastAPI, settings: Settings) -> AsyncIterator[None]:
    """Open what lives as long as the process, and close it afterwards."""
    if settings.database_url is None:
        raise RuntimeError("SAKARK_DATABASE_URL is not set")
    async with AsyncExitStack() as stack:
        if settings.otlp_endpoint is not None:
            from sakark_api.observe.traces import Tracing

            app.state.tracing = Tracing.open(settings.otlp_endpoint, settings.otlp_sample_ratio)
            stack.callback(app.state.tracing.close)
        reader = await Reader.open(settings)
        stack.push_async_callback(reader.close)
        engine = application_engine(settings, APPLICATION_ROLE)
        stack.push_async_callback(engine.dispose)
        documents = open_documents(settings)
        stack.push_async_callback(documents.close)
        http = await stack.enter_async_context(httpx.AsyncClient(timeout=5))
        services = Services(
            settings=settings,
            catalog=CATALOG,
            reader=reader,
            writer=Writer(engine),
            registry=Registry(engine, refuse_unfit),
            verifier=Verifier(http, refusals=Allowance("address, refused", settings.rate_refused)),
            documents=documents,
            find_actor=find_actor,
            load_rights=load_rights,
            http=http,
        )
        app.state.services, app.state.readiness = services, Readiness(services)
        counting = asyncio.create_task(_count_connections(reader, engine))
        stack.callback(counting.cancel)
        await _open_drift(app, settings, stack)
        _give_back_memory()
        # What is made at start stays; to look through it again is most of the slowest calls.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        stack.push_async_callback(_answer_those_cut_off)
        yield


async def _answer_those_cut_off() -> None:
    """Wait until requests cut off at the end have their answer; the server itself would not."""
    cut_off = {task for task in asyncio.all_tasks() if task.cancelling()}
    if cut_off:
        await asyncio.wait(cut_off, timeout=LAST_WORD_SECONDS)


async def _open_drift(app: FastAPI, settings: Settings, stack: AsyncExitStack) -> None:
    """Open the operator's part, when the settings say who the operator is."""
    binding = operator_binding(settings)
    if binding is None:
        return
    if settings.database_operator_url is None:
        raise RuntimeError("SAKARK_DATABASE_OPERATOR_URL is not set")
    engine = operator_engine(settings)
    stack.push_async_callback(engine.dispose)
    app.state.drift = Drift(app.state.services, engine, binding)
