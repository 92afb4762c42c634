"""What the jobs work with, and as whom they write."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final, TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Session

from sakark_api.access.policy import Action, allows
from sakark_api.drift.sandkasse import Tools as SandboxTools
from sakark_api.errors import Conflict
from sakark_api.noark.admin.innlogging import find_actor
from sakark_api.noark.catalog import CATALOG
from sakark_api.noark.resource import Change
from sakark_api.rest.commands import Commands
from sakark_api.rest.schema import Schemas
from sakark_api.settings import Settings
from sakark_api.storage import Documents
from sakark_api.tenancy.kommune import Kommune, Registry
from sakark_api.tenancy.session import Writer
from sakark_api.texts import text

__all__ = ["NAME", "T", "Tools", "refuse_closed_kommune"]

T = TypeVar("T")

NAME: Final = "Sakark dokumentkontroll"
"""The bruker that the worker writes as; no identity provider has such an issuer."""
_ISSUER, _SUBJECT = "sakark", "dokumentkontroll"


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

    async def write(self, kommune: Kommune, act: Callable[[Change], T]) -> T:
        """Do something in one transaction of a kommune, as the worker's own bruker."""

        def written(session: Session) -> T:
            now = self.clock()
            actor = find_actor(session, _ISSUER, _SUBJECT, NAME, now)
            return act(Change(session, actor, now, session.info["kodeverk"]))

        async with self.writer.transaction(kommune.id) as session:
            return await session.run_sync(written)


def refuse_closed_kommune(kommune: Kommune) -> None:
    """Write nothing in the archive of a kommune that has left."""
    if not allows(kommune.status, Action.CHANGE):
        raise Conflict(text("Kommunen er avsluttet her. Arkivet kan leses, men ikke endres."))
