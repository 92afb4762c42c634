"""Where PDF is made: a program of its own prints each, one at a time.

The library takes memory that those who serve do not have, and a long journal takes seconds.
"""

import asyncio
import sys
from contextlib import suppress
from typing import Final

from sakark_api.errors import Unavailable
from sakark_api.texts import text

__all__ = ["Trykkeri"]

_PROGRAM: Final = ("-m", "sakark_api.journal.trykk")
_SECONDS: Final = 120
_MOST_WAITING: Final = 8


class Trykkeri:
    """Prints journals; those who come while one is printed wait, some of them."""

    def __init__(self) -> None:
        self._one = asyncio.Semaphore(1)
        self._waiting = 0

    async def print(self, order: bytes) -> bytes:
        """Give the PDF of an order (`trykk.Ordre`); raise `Unavailable` when too many wait."""
        if self._waiting >= _MOST_WAITING:
            raise Unavailable(text("Det lages mange PDF-er nå. Prøv igjen om litt."))
        self._waiting += 1
        try:
            async with self._one:
                return await _printed(order)
        finally:
            self._waiting -= 1


async def _printed(order: bytes) -> bytes:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *_PROGRAM,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,  # it might quote what is printed
        env={"PYTHONDONTWRITEBYTECODE": "1"},
    )
    try:
        async with asyncio.timeout(_SECONDS):
            pdf, _ = await process.communicate(order)
    except TimeoutError:
        raise Unavailable(
            text("PDF-en tok for lang tid. Velg en kortere periode, eller prøv igjen.")
        ) from None
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    if process.returncode != 0:
        raise Unavailable(text("PDF-en ble ikke laget. Prøv igjen, eller hent JSON."))
    return pdf
