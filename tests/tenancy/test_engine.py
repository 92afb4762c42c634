"""The engine that writes reads a database address as the driver does."""

import asyncio

from sqlalchemy import func, select
from tests.tenancy.conftest import Owner

from sakark_api.db.reader import APPLICATION_ROLE
from sakark_api.settings import Settings
from sakark_api.tenancy.session import application_engine


async def current_user(settings: Settings) -> str | None:
    engine = application_engine(settings, APPLICATION_ROLE, pool_size=1)
    try:
        async with engine.connect() as connection:
            return await connection.scalar(select(func.current_user()))
    finally:
        await engine.dispose()


def test_the_address_may_say_how_to_encrypt(owner: Owner) -> None:
    settings = Settings(database_url=f"{owner.app_url}?sslmode=prefer")

    user = asyncio.run(current_user(settings))

    assert user == APPLICATION_ROLE
