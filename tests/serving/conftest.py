"""`sakark serve` as it is run: processes of its own, beside a database and an identity provider."""

import asyncio
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from tests.conftest import free_port
from tests.prepared import copy
from tests.tenancy.processes import Program, running

from sakark_api.db import embedded
from sakark_api.dev.identity import create_identity, demo_clients, demo_users, issue_token
from sakark_api.dev.server import prepare
from sakark_api.settings import Settings


@dataclass
class Site:
    """A database with the demo kommuner, an identity provider, and what is served from them."""

    folder: Path
    settings: Settings
    issuer: str
    stack: ExitStack = field(default_factory=ExitStack)

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"

    @property
    def log(self) -> Path:
        return self.folder / "serve.log"

    def last_words(self) -> str:
        """Give the end of the log, to be shown when a test fails."""
        return self.log.read_text("utf-8")[-20_000:] if self.log.exists() else ""

    def environment(self, **more: str) -> dict[str, str]:
        unset = {
            name: value for name, value in os.environ.items() if not name.startswith("SAKARK_")
        }
        return {
            **unset,
            "SAKARK_DATABASE_URL": str(self.settings.database_url),
            "SAKARK_DATA_DIR": str(self.folder),
            **more,
        }

    def serve(self, answers: str = "/kommuner/", **more: str) -> Program:
        """Serve until the test ends."""
        return self.stack.enter_context(
            running("serve", self.environment(**more), self.log, answers=answers)
        )

    def token(self, user: str) -> str:
        found = next(one for one in demo_users() if one.username == user)
        return issue_token(found, self.issuer, self.folder / "identity")


@pytest.fixture
def site(prepared: Path) -> Iterator[Site]:
    """A site for one test, which may do what it likes to it."""
    with make_site(prepared) as made:
        yield made


@pytest.fixture(scope="module")
def shared(prepared: Path) -> Iterator[Site]:
    """A site for tests that leave it as it was."""
    with make_site(prepared) as made:
        yield made


@contextmanager
def make_site(prepared: Path | None, **changes: Any) -> Iterator[Site]:
    """Make a site, of what is prepared or, for other settings than those it has, anew."""
    folder = Path(tempfile.mkdtemp(prefix="sakark-serve-"))
    folder.chmod(0o711)
    if prepared is not None:
        copy(prepared, folder, "postgres", "dokumenter")
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder)
        stack.callback(embedded.remove, folder / "postgres")
        server = embedded.start(folder / "postgres")
        settings = Settings(
            database_url=server.app_url,
            database_owner_url=server.owner_url,
            data_dir=folder,
            **changes,
        )
        issuer = stack.enter_context(identity(folder / "identity"))
        asyncio.run(prepare(settings, issuer))
        made = Site(folder, settings, issuer)
        stack.callback(lambda: sys.stdout.write(made.last_words()))
        stack.enter_context(made.stack)
        yield made


@contextmanager
def identity(folder: Path) -> Iterator[str]:
    """Run the development identity provider in a thread; give its name."""
    port = free_port()
    issuer = f"http://127.0.0.1:{port}/identity"
    app = create_identity(issuer, demo_users(), demo_clients(), folder)
    server = uvicorn.Server(
        uvicorn.Config(
            Starlette(routes=[Mount("/identity", app)]),
            port=port,
            log_level="warning",
            loop="asyncio",
        )
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield issuer
    finally:
        server.should_exit = True
        thread.join()
