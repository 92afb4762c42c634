"""Whether search sifts texts by what the units say, tried on some of each kommune's."""

import random
import time
from collections.abc import Callable, Sequence
from typing import Final
from uuid import UUID

import asyncpg

from sakark_api.db.snapshot import snapshot
from sakark_api.doctor.report import Finding, failure, ok, warning
from sakark_api.settings import Settings
from sakark_api.tenancy.kommune import Kommune
from sakark_api.tenancy.tekstomfang import Compared, compared
from sakark_api.texts import text

__all__ = ["check_sieve"]

CHECK: Final = "search-sieve"
MOST: Final = 1000
"""How many texts of each kommune are compared: as many as follow a key taken at random."""
SECONDS: Final = 10.0
"""When no other kommune is begun."""
_EACH: Final = "5s"
_FIRST: Final = UUID(int=0)


async def check_sieve(
    settings: Settings,
    kommuner: Sequence[Kommune],
    most: int = MOST,
    clock: Callable[[], float] = time.monotonic,
) -> list[Finding]:
    """Compare some texts of each kommune, in random order, for as long as there is time."""
    chance = random.SystemRandom()
    begun, found = clock(), dict[str, Compared]()
    for kommune in chance.sample(kommuner, len(kommuner)):
        if clock() - begun > SECONDS:
            break
        try:
            found[kommune.slug] = await _compare(settings, kommune, most, chance)
        except asyncpg.QueryCanceledError:
            break
    wrong = [_wrong(slug, one) for slug, one in sorted(found.items()) if one.wrong]
    return wrong or [_fine(found, len(kommuner))]


async def _compare(
    settings: Settings, kommune: Kommune, most: int, chance: random.Random
) -> Compared:
    """Compare the texts after a key taken at random; from the first on where those are too few."""
    since = UUID(int=chance.getrandbits(128))
    async with snapshot(settings, kommune.id, "sakark doctor", statement_timeout=_EACH) as seen:
        rows = await seen.all(compared(kommune.id, since, most))
        if len(rows) < most:
            rows = await seen.all(compared(kommune.id, _FIRST, most))
    return Compared(len(rows), sum(wrong for _, wrong in rows))


def _wrong(slug: str, one: Compared) -> Finding:
    return failure(
        CHECK,
        text(
            "Søk i {kommune} siler {feil} av {antall} tekster etter noe annet enn enhetene sier, og"
            " kan skjule treff; kjør «sakark sok bygg --kommune {kommune}».",
            kommune=slug,
            feil=one.wrong,
            antall=one.texts,
        ),
    )


def _fine(found: dict[str, Compared], of: int) -> Finding:
    texts = sum(one.texts for one in found.values())
    if len(found) < of:
        return warning(
            CHECK,
            text(
                "Det ble ikke tid til å se på søket i mer enn {sett} av {alle} kommuner; kjør"
                " «sakark doctor» en gang til, eller «sakark sok bygg».",
                sett=len(found),
                alle=of,
            ),
        )
    return ok(
        CHECK, text("Søk siler tekster etter det enhetene sier ({antall} sett på).", antall=texts)
    )
