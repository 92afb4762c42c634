"""The operator's transactions, tried again when live traffic is in the way of them."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session
from tenacity import (
    AsyncRetrying,
    retry_if_exception,
    stop_after_delay,
    wait_random_exponential,
)

from sakark_api.errors import Unavailable
from sakark_api.settings import Settings
from sakark_api.tenancy.session import BY_DRIVER, driver_arguments
from sakark_api.texts import text

__all__ = ["OPERATOR_ROLE", "in_transaction", "operator_engine", "rehearse", "until_free"]

T = TypeVar("T")

OPERATOR_ROLE: Final = "sakark_drift"
"""The database role of the operator: it keeps the registry, and no content is open to it."""
_CONNECTIONS = 2
# A lock was waited for too long, or in a circle; somebody wrote while a sandbox went.
_BUSY = ("55P03", "40P01", "23503")
_SECONDS = 20


def operator_engine(settings: Settings) -> AsyncEngine:
    """Open a small pool of connections as the operator's role."""
    url = settings.database_operator_url or ""
    return create_async_engine(
        BY_DRIVER,
        pool_size=_CONNECTIONS,
        max_overflow=0,
        pool_timeout=settings.database_wait_seconds,
        hide_parameters=True,
        connect_args=driver_arguments(settings, url, OPERATOR_ROLE),
    )


async def in_transaction(engine: AsyncEngine, act: Callable[[Session], T]) -> T:
    """Do something in one transaction; the whole of it again when locks were in the way.

    Raises `Unavailable` when they stay there for 20 seconds.
    """
    return await until_free(lambda: _once(engine, act))


async def rehearse(engine: AsyncEngine, act: Callable[[Session], T]) -> T:
    """Do something in one transaction and undo it: give what it would come to."""

    async def whole() -> T:
        async with AsyncSession(engine) as session:
            return await session.run_sync(act)  # closed, and so undone

    return await until_free(whole)


async def until_free(act: Callable[[], Awaitable[T]]) -> T:
    """Do something whole, and the whole of it again when locks were in the way.

    Raises `Unavailable` when they stay there for 20 seconds.
    """

    async def try_it() -> T:
        return await act()

    attempts = AsyncRetrying(
        retry=retry_if_exception(_is_busy),
        wait=wait_random_exponential(multiplier=0.1, max=2),
        stop=stop_after_delay(_SECONDS),
        reraise=True,
    )
    try:
        return await attempts(try_it)
    except DBAPIError as error:
        if _is_busy(error):
            raise Unavailable(text("Databasen er for opptatt nå. Prøv igjen om litt.")) from error
        raise


async def _once(engine: AsyncEngine, act: Callable[[Session], T]) -> T:
    async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
        return await session.run_sync(act)


def _is_busy(error: BaseException) -> bool:
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _BUSY
