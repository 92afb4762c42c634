"""Kommuner to read extractions into, and the packages that are shared beside the project."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from random import randrange
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session
from tests.conftest import Service, in_kommune

from sakark_api.cli_owner import chosen_kommuner
from sakark_api.innlesing.avstemming import Avstemming
from sakark_api.innlesing.kjoering import Bestilling, innles
from sakark_api.innlesing.utpakking import opened
from sakark_api.settings import Settings
from sakark_api.storage import open_documents
from sakark_api.tenancy.administration import add_kommune
from sakark_api.tenancy.operator import in_transaction
from sakark_api.tenancy.session import owner_engine
from sakark_api.texts import Text

PACKAGES = Path(__file__).parents[3] / "shared" / "deposit" / "packages"
"""Extractions of others are not ours to pass on: they are beside the project, where there are."""
NAMES = ("synt-v5.0-komplett", "kdrs-uttrekk1-v3.1", "arkade-version5_0", "enkel-v5")

_numbers = count(randrange(2000, 9000))


@pytest.fixture(scope="session")
def packages() -> Path:
    if not PACKAGES.is_dir():
        pytest.skip(f"No extractions of others are in {PACKAGES}: nothing to read in.")
    return PACKAGES


@dataclass
class Mottaker:
    """A kommune that extractions are read into."""

    settings: Settings
    slug: str
    told: list[Text] = field(default_factory=list)

    def take(self, folder: Path, **order: Any) -> Avstemming:
        return asyncio.run(self._take(folder, Bestilling(**order)))

    async def _take(self, folder: Path, order: Bestilling) -> Avstemming:
        documents = open_documents(self.settings)
        now = datetime.now(UTC)
        try:
            with opened(folder) as pakke:
                async with chosen_kommuner(self.settings, [self.slug]) as (writer, (kommune,), _):
                    return await innles(
                        writer, kommune, documents, pakke, order, now, self.told.append
                    )
        finally:
            await documents.close()

    def see(self, act: Callable[[Session], Any]) -> Any:
        return in_kommune(self.settings, self.slug, act)


def new_kommune(settings: Settings, name: str) -> Mottaker:
    """Make an empty kommune."""
    slug = f"{name}-{uuid4().hex[:6]}"

    async def make() -> None:
        engine = owner_engine(settings.database_owner_url or "")
        number = str(next(_numbers))
        try:
            await in_transaction(
                engine,
                lambda session: add_kommune(session, slug, navn=slug.title(), kommunenummer=number),
            )
        finally:
            await engine.dispose()

    asyncio.run(make())
    return Mottaker(settings, slug)


@pytest.fixture(scope="session")
def mottaker(service: Service) -> Mottaker:
    """The kommune that most packages are read into."""
    return new_kommune(service.settings, "mottaker")
