"""What stands in the way of a deposit: all of it is told at once, before anything is written.

The schema demands what the living archive may do without. Nothing is made up to fill it: somebody
who knows puts it right, or leaves the unit out.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from sqlalchemy import Text, cast, func, literal, select

from sakark_api.db.snapshot import Snapshot
from sakark_api.deponering.alvor import Alvor
from sakark_api.deponering.element import rows_of
from sakark_api.deponering.sjekker.arkiver import WITHOUT_FILES
from sakark_api.deponering.sjekker.katalog import SJEKKER
from sakark_api.deponering.sjekker.opptelling import counted
from sakark_api.deponering.sjekker.sjekk import Sjekk
from sakark_api.deponering.utvalg import Utvalg
from sakark_api.errors import SHOWN, Obstacle, Standing
from sakark_api.noark.arkivstruktur.arkiv import arkiv
from sakark_api.noark.arkivstruktur.arkivdel import arkivdel
from sakark_api.noark.arkivstruktur.mappe import mappe
from sakark_api.noark.arkivstruktur.registrering import registrering
from sakark_api.noark.model import has_kinds, table_of
from sakark_api.noark.resource import Resource
from sakark_api.rest.tenant import same_kommune
from sakark_api.texts import text

__all__ = ["find_obstacles"]

NAMES: Final[Mapping[Resource[Any], str]] = {
    arkiv: "tittel",
    arkivdel: "tittel",
    mappe: "mappe_id",
    registrering: "registrerings_id",
}
"""What units are called by that no screening hides; others by their systemID."""

_NO_OBSTACLES: Final = frozenset({"fil-skadet", WITHOUT_FILES})
"""What is at fault and yet exported: the deposit reads each file now, and paper has no files."""


async def find_obstacles(taken: Snapshot, utvalg: Utvalg) -> list[Obstacle]:
    """List every reason why a deposit cannot be made, with the units that are it."""
    found = [obstacle async for obstacle in _standing(taken, utvalg)]
    roots = utvalg.arkiver
    tops = await taken.all(select(func.count()).where(roots.c.overarkiv_ref.is_(None)))
    if tops[0][0] > 1:
        several = text("Arkivdelene hører til flere arkiver. Deponer ett arkiv om gangen.")
        found.append(Obstacle(lambda _: several, [], 0))
    return found


async def _standing(taken: Snapshot, utvalg: Utvalg) -> AsyncIterator[Obstacle]:
    """Find the checks that hold for any unit; most do for none, and name nothing."""
    grave = [
        one for one in SJEKKER.values() if one.alvor is Alvor.FEIL and one.id not in _NO_OBSTACLES
    ]
    for found in await counted(taken, grave, utvalg, is_open=False):
        for name, antall in found.sjekker.items():
            yield await _over(taken, SJEKKER[name], utvalg, antall.feil)


async def _over(taken: Snapshot, sjekk: Sjekk, utvalg: Utvalg, count: int) -> Obstacle:
    """Tell of the units that a check holds for: the first of them by name, and how many."""
    resource = sjekk.resource
    rows = rows_of(resource)
    kind = rows.c.type if has_kinds(table_of(resource.model)) else literal(resource.name)
    name = rows.c[NAMES[resource]] if resource in NAMES else cast(rows.c.system_id, Text())
    found = await taken.all(
        select(kind, rows.c.system_id, name)
        .where(same_kommune(rows), sjekk.units(rows, utvalg), sjekk.condition(rows, utvalg))
        .order_by(name)
        .limit(SHOWN)
    )
    return Obstacle(sjekk.says, [Standing(*row) for row in found], count)
