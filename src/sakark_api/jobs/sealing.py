"""Sealing, every few seconds for as long as the worker lives."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from sakark_api.errors import SakarkError
from sakark_api.tenancy.kommune import Registry
from sakark_api.tenancy.sealing import seal_waiting
from sakark_api.tenancy.session import Writer

__all__ = ["keep_sealing"]

SECONDS: Final = 3

log = logging.getLogger(__name__)


async def keep_sealing(registry: Registry, writer: Writer, clock: Callable[[], datetime]) -> None:
    """Seal what every kommune has written, again and again; an outage of the database passes."""
    while True:
        try:
            for kommune in (await registry.current()).values():
                await seal_waiting(writer, kommune.id, clock)
        except (SQLAlchemyError, SakarkError, OSError) as error:
            log.warning("What was written is not sealed yet", exc_info=error)
        await asyncio.sleep(SECONDS)
