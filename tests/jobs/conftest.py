"""A worker's tools on the running service, and files that are sent to it."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from fpdf import FPDF
from tests.conftest import BEVARING, Client, Service, World

from sakark_api.db.reader import APPLICATION_ROLE
from sakark_api.jobs.examining import examine_document
from sakark_api.jobs.tools import Tools
from sakark_api.settings import Settings
from sakark_api.storage import open_documents
from sakark_api.tenancy.kommune import Registry
from sakark_api.tenancy.session import Writer, application_engine

FILE = "arkivstruktur/fil/"
TOOLS = "/usr/bin:/bin"
"""Without veraPDF, which tests/formats/ knows: it takes seconds, and is not what is proven here."""


def letter(words: str = "Kjære kommune") -> bytes:
    """Make a PDF that is no PDF/A."""
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("helvetica", size=12)
    pdf.cell(0, 8, words)
    return bytes(pdf.output())


class Worker:
    """What `sakark worker` does, one job at a time."""

    def __init__(self, settings: Settings, days: int = 0) -> None:
        self.settings = settings
        self.days = days

    def do(self, act: Callable[[Tools], Awaitable[Any]]) -> Any:
        return asyncio.run(self._do(act))

    def later(self, days: int) -> "Worker":
        """Give a worker whose clock is ahead."""
        return Worker(self.settings, days)

    def examine(self, unit: Any, kommune: str = "molde") -> None:
        self.do(partial(_examine, kommune=kommune, unit_id=UUID(unit["systemID"])))

    def with_settings(self, **changed: Any) -> "Worker":
        return Worker(self.settings.model_copy(update=changed), self.days)

    async def _do(self, act: Callable[[Tools], Awaitable[Any]]) -> Any:
        engine = application_engine(self.settings, APPLICATION_ROLE, pool_size=2)
        documents = open_documents(self.settings)
        tools = Tools(
            self.settings,
            engine,
            Registry(engine),
            Writer(engine),
            documents,
            None,
            lambda: datetime.now(UTC) + timedelta(days=self.days),
        )
        try:
            return await act(tools)
        finally:
            await documents.close()
            await engine.dispose()


async def _examine(tools: Tools, kommune: str, unit_id: UUID) -> None:
    there = (await tools.registry.current())[kommune]
    await examine_document(tools, there.id, unit_id)


@pytest.fixture
def worker(service: Service) -> Worker:
    return Worker(service.settings.model_copy(update={"tool_path": TOOLS}))


def send(client: Client, unit: Any, data: bytes, kind: str, name: str | None = None) -> Any:
    """Send a file to a dokumentobjekt or a dokumentbeskrivelse; give what became of it."""
    headers = {"Content-Type": kind}
    if name is not None:
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer = client.request("POST", client.link(unit, FILE), content=data, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()


def controls(client: Client, unit: Any, kind: str = "format") -> list[Any]:
    """List the controls of a file, of one kind, the oldest first."""
    found = client.get(client.link(client.refreshed(unit), f"{BEVARING}dokumentkontroll/"))
    return [one for one in found.json().get("results", []) if one["kontrolltype"] == kind]


def files_of(world: World) -> list[Any]:
    """List the dokumentobjekter of the world's document."""
    client = world.client
    document = client.refreshed(world.dokumentbeskrivelse)
    listed = client.get(client.link(document, "arkivstruktur/dokumentobjekt/")).json()
    return list(listed.get("results", []))


def as_owner(service: Service, statement: str, *values: Any) -> list[asyncpg.Record]:
    """Ask the database as the owner of its tables, about molde where rows are a kommune's."""

    async def fetch() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(service.settings.database_owner_url)
        try:
            molde = await connection.fetchval("select id from kommune where slug = 'molde'")
            await connection.execute(f"set app.tenant_id = '{molde}'")
            return list(await connection.fetch(statement, *values))
        finally:
            await connection.close()

    return asyncio.run(fetch())


def path_of(service: Service, key: str) -> Path:
    return Path(service.settings.data_dir) / "dokumenter" / key


def key_of(service: Service, unit: Any) -> str:
    found = "select lagringsnoekkel from dokumentobjekt where system_id = $1"
    return str(as_owner(service, found, unit["systemID"])[0][0])


def damage(service: Service, unit: Any) -> None:
    """Change a byte of a file behind the archive's back."""
    path = path_of(service, key_of(service, unit))
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def killed_at_each_step(service: Service, job: str, unit: Any) -> list[str]:
    """Do a job of a unit in molde in processes that are killed at one step each."""
    settings = service.settings
    environment = {
        **os.environ,
        "SAKARK_DATABASE_URL": str(settings.database_url),
        "SAKARK_DATA_DIR": str(settings.data_dir),
        "SAKARK_TOOL_PATH": TOOLS,
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.jobs.killed", job, "molde", unit["systemID"]],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=150,
    )
    sys.stdout.write(done.stderr)
    return done.stdout.splitlines()


def stored_keys(service: Service) -> set[str]:
    folder = Path(service.settings.data_dir) / "dokumenter"
    found = (folder / "molde").rglob("*")
    return {path.relative_to(folder).as_posix() for path in found if path.is_file()}


def named_keys(service: Service) -> set[str]:
    rows = as_owner(
        service,
        "select lagringsnoekkel as key from dokumentobjekt"
        " where lagringsnoekkel is not null union select unnest(parts) from opplasting"
        " union select lagringsnoekkel from forhaandsvisning",
    )
    return {row["key"] for row in rows}
