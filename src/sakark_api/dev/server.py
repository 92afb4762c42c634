"""`sakark dev`: database, identity, demo municipalities and API, on this machine."""

import asyncio
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from threading import Thread

import uvicorn
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from sakark_api.access.caller import Role
from sakark_api.app import create_app
from sakark_api.db import embedded, migrate
from sakark_api.db.queue import put_last
from sakark_api.db.reader import APPLICATION_ROLE
from sakark_api.dev.identity import (
    AUDIENCE,
    OPERATOR,
    create_identity,
    demo_clients,
    demo_users,
)
from sakark_api.dev.place import IDENTITY, identity_dir, issuer_url
from sakark_api.dev.seed import DEMO, seed_kommune
from sakark_api.errors import Conflict
from sakark_api.jobs.worker import work_until
from sakark_api.noark.catalog import CATALOG
from sakark_api.settings import Settings
from sakark_api.storage import open_documents
from sakark_api.storage.bucket import SHARED
from sakark_api.storage.s3 import S3Documents
from sakark_api.tenancy.administration import add_kommune, set_kommune
from sakark_api.tenancy.issuers import set_issuer
from sakark_api.tenancy.kommune import IssuerRow, KommuneRow, Status
from sakark_api.tenancy.operator import in_transaction
from sakark_api.tenancy.session import Writer, application_engine, owner_engine
from sakark_api.texts import text

__all__ = ["database", "prepare", "run"]

USUAL_PORT = 8000


@contextmanager
def database(settings: Settings) -> Iterator[Settings]:
    """Give settings with a database: the one that is set, else one of our own while this lasts."""
    if settings.database_url is not None:
        owner = settings.database_owner_url or settings.database_url
        yield settings.model_copy(update={"database_owner_url": owner})
        return
    with embedded.embedded(settings.data_dir / "postgres") as server:
        yield settings.model_copy(
            update={
                "database_url": server.app_url,
                "database_owner_url": server.owner_url,
                "database_operator_url": server.operator_url,
            }
        )


def run(settings: Settings, port: int) -> None:
    """Start everything, print what to try, and serve until interrupted."""
    settings = settings.model_copy(update={"cors_origins": settings.cors_origins or _web_origins()})
    refuse_taken(port)
    # uvicorn passes on the signal that ended it; the database is to be stopped first.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with suppress(KeyboardInterrupt), database(settings) as found:
        ready = with_operator(found, issuer_url(port))
        asyncio.run(prepare(ready, issuer_url(port)))
        users = [*demo_users(), OPERATOR]
        identity = create_identity(issuer_url(port), users, demo_clients(), identity_dir(ready))
        app = create_app(ready, mounts=[(IDENTITY, identity)])
        sys.stdout.write(_page(port))
        sys.stdout.flush()
        with working(ready):
            uvicorn.run(
                app,
                host="127.0.0.1",
                port=port,
                log_level="warning",
                loop="uvloop",
                http="httptools",
                timeout_graceful_shutdown=10,
            )


@contextmanager
def working(settings: Settings) -> Iterator[None]:
    """Work the queue off while this lasts, as `sakark worker` does in a process of its own."""
    loop, told_to_stop = asyncio.new_event_loop(), asyncio.Event()
    thread = Thread(target=loop.run_until_complete, args=[work_until(told_to_stop, settings)])
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(told_to_stop.set)
        thread.join()
        loop.close()


def with_operator(settings: Settings, issuer: str) -> Settings:
    """Let the demo's own operator in, unless another is set or the database has no role for it."""
    if settings.database_operator_url is None or settings.operator_issuer is not None:
        return settings
    return settings.model_copy(update={"operator_issuer": issuer})


def refuse_taken(port: int) -> None:
    """Say so before anything is started when somebody else answers on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise Conflict(
                text("Porten {port} er opptatt. Velg en annen: PORT=8001 make run", port=port)
            ) from None


def _web_origins() -> tuple[str, ...]:
    """Let web clients under development call the API."""
    return tuple(
        f"http://{host}:{port}"
        for host in ("localhost", "127.0.0.1")
        for port in (3000, 5173, 8080)
    )


async def prepare(settings: Settings, issuer: str) -> None:
    """Bring the schema up to date and see that the demo municipalities are there."""
    owner = owner_engine(settings.database_owner_url or "")
    app = application_engine(settings, APPLICATION_ROLE, pool_size=1)
    documents = open_documents(settings)
    if isinstance(documents, S3Documents):
        for slug in (SHARED, *(demo.slug for demo in DEMO)):
            await documents.ensure_bucket(slug)
    try:
        async with owner.connect() as connection:
            await connection.run_sync(migrate.upgrade)
        waiting = await in_transaction(owner, partial(_register, issuer=issuer))
        writer = Writer(app)
        for demo in DEMO:
            if demo.slug in waiting:
                now = datetime.now(UTC)
                await seed_kommune(
                    demo, waiting[demo.slug], issuer, CATALOG, writer, documents, now
                )
                await in_transaction(
                    owner, partial(set_kommune, slug=demo.slug, status=Status.DRIFT)
                )
        if waiting:  # what somebody sends is not to wait for the demo's letters
            await in_transaction(owner, put_last)
    finally:
        await documents.close()
        await owner.dispose()
        await app.dispose()


def _register(session: Session, issuer: str) -> dict[str, int]:
    """Put the demo municipalities in the registry; give those that still are to be filled."""
    session.execute(
        delete(IssuerRow).where(
            IssuerRow.issuer.endswith(IDENTITY),
            IssuerRow.issuer != issuer,
            IssuerRow.audience == AUDIENCE,
        )
    )
    waiting: dict[str, int] = {}
    for demo in DEMO:
        row = session.scalar(select(KommuneRow).where(KommuneRow.slug == demo.slug))
        if row is None:
            row = add_kommune(
                session,
                demo.slug,
                navn=demo.navn,
                kommunenummer=demo.kommunenummer,
                organisasjonsnummer=demo.organisasjonsnummer,
                maalform=demo.maalform,
            )
        if row.status == Status.FORBEREDELSE:
            waiting[demo.slug] = row.id
        set_issuer(
            session,
            demo.slug,
            issuer,
            audience=AUDIENCE,
            kommune_claim="kommune",
            role_claim="roles",
            role_values={role.value: role.value for role in Role},
        )
    return waiting


def _page(port: int) -> str:
    base = f"http://127.0.0.1:{port}"
    where = "" if port == USUAL_PORT else f"PORT={port} "
    kommuner = "\n".join(f"  {base}/{demo.slug}/api/   {demo.navn}" for demo in DEMO)
    return f"""
sakark kjører på {base}  (stopp med Ctrl-C)

{kommuner}

Brukere: <rolle>@<kommune>, passord «demo». Roller: {", ".join(Role)}.
Drift av tjenesten: {OPERATOR.username}, på {base}/drift/kommuner/
Beskrivelse av API-et: {base}/docs

Prøv:
  TOKEN=$({where}.venv/bin/sakark token saksbehandler@molde)
  curl -H "Authorization: Bearer $TOKEN" {base}/molde/api/sakarkiv/saksmappe/
  curl -H "Authorization: Bearer $TOKEN" '{base}/molde/api/sakarkiv/saksmappe/?$search=garasje'

"""
