"""What the jobs work with, and as whom they write."""

import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, Final, TypeVar
from uuid import uuid4

import anyio.to_thread
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Session

from sakark_api.access.policy import Action, allows
from sakark_api.drift.sandkasse import Tools as SandboxTools
from sakark_api.errors import Conflict
from sakark_api.formats import WORK_FOLDER
from sakark_api.noark.admin.innlogging import find_actor
from sakark_api.noark.catalog import CATALOG
from sakark_api.noark.resource import Change, StoredFile
from sakark_api.rest.commands import Commands
from sakark_api.rest.schema import Schemas
from sakark_api.settings import Settings
from sakark_api.storage import Documents
from sakark_api.storage.documents import PIECE, to_end
from sakark_api.tenancy.kommune import Kommune, Registry
from sakark_api.tenancy.session import Writer
from sakark_api.texts import text

__all__ = [
    "NAME",
    "System",
    "Tools",
    "in_thread",
    "refuse_closed_kommune",
    "work_folder",
]

T = TypeVar("T")

NAME: Final = "Sakark dokumentkontroll"
_ISSUER: Final = "sakark"
"""No identity provider has such an issuer."""


@dataclass(frozen=True)
class System:
    """A bruker that the worker writes as."""

    subject: str
    navn: str


_DOKUMENTKONTROLL: Final = System("dokumentkontroll", NAME)


@dataclass(frozen=True)
class Tools:
    """What the jobs work with; made once for the life of the worker."""

    settings: Settings
    engine: AsyncEngine
    """The database as who serves no kommune: for the queue's own tables."""
    registry: Registry
    writer: Writer
    documents: Documents
    sandboxes: SandboxTools | None
    """None where no operator's database address is set: then there are no sandboxes to sweep."""
    clock: Callable[[], datetime]

    @cached_property
    def schemas(self) -> Schemas:
        return Schemas(CATALOG)

    @cached_property
    def commands(self) -> Commands:
        return Commands(CATALOG, self.schemas)

    async def kommune(self, number: int) -> Kommune | None:
        """Find a kommune by its number; None for a sandbox that was thrown away."""
        found = (await self.registry.current()).values()
        return next((one for one in found if one.id == number), None)

    async def store(
        self, kommune: Kommune, file: BinaryIO, mime_type: str, filnavn: str | None
    ) -> StoredFile:
        """Put a file in storage under a key that no row names yet."""
        unique = uuid4().hex
        key = f"{kommune.slug}/{self.clock().year}/{unique[:2]}/{unique}"
        stored = await self.documents.put(key, _pieces(file))
        return StoredFile(stored.key, stored.size, stored.sha256, mime_type, filnavn)

    async def write(
        self, kommune: Kommune, act: Callable[[Change], T], by: System = _DOKUMENTKONTROLL
    ) -> T:
        """Do something in one transaction of a kommune, as a bruker of the worker's own."""

        def written(session: Session) -> T:
            now = self.clock()
            actor = find_actor(session, _ISSUER, by.subject, by.navn, now)
            kodeverk = session.info["kodeverk"]
            return act(Change(session, actor, now, kodeverk, maalform=kommune.maalform))

        async with self.writer.transaction(kommune.id) as session:
            return await session.run_sync(written)


async def _pieces(file: BinaryIO) -> AsyncIterator[bytes]:
    while piece := await to_end(file.read, PIECE):
        yield piece


@contextmanager
def work_folder() -> Iterator[Path]:
    """Make a folder that only we may look into, and take it away with all there is in it."""
    with tempfile.TemporaryDirectory(prefix=WORK_FOLDER, ignore_cleanup_errors=True) as name:
        yield Path(name)


async def in_thread(act: Callable[[], T]) -> T:
    """Let what blocks keep nobody waiting; told to stop, we do not wait for its end."""
    return await anyio.to_thread.run_sync(act, abandon_on_cancel=True)


def refuse_closed_kommune(kommune: Kommune) -> None:
    """Write nothing in the archive of a kommune that has left."""
    if not allows(kommune.status, Action.CHANGE):
        raise Conflict(text("Kommunen er avsluttet her. Arkivet kan leses, men ikke endres."))
