"""How far a deposit has come, of how much: for those who ask while it is being made."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Select, func, select

from sakark_api.db.snapshot import Snapshot
from sakark_api.deponering.dokumenter import Copied
from sakark_api.deponering.element import rows_of
from sakark_api.deponering.endringslogg import highest_told
from sakark_api.deponering.utvalg import Utvalg
from sakark_api.deponering.xmlfil import Written
from sakark_api.noark.arkivstruktur.dokumentobjekt import dokumentobjekt
from sakark_api.noark.arkivstruktur.mappe import mappe
from sakark_api.noark.arkivstruktur.registrering import registrering
from sakark_api.noark.resource import Resource
from sakark_api.rest.tenant import same_kommune
from sakark_api.texts import Text

__all__ = ["Fremdrift", "count_what_comes"]

_UNITS: Final[Sequence[Resource[Any]]] = (mappe, registrering)


@dataclass
class Fremdrift:
    """What is written and copied as of now, and how much there is of it in all.

    `gradert` is the highest grading of what comes along, and `utelatt` what does not.
    """

    av_enheter: int = 0
    av_filer: int = 0
    gradert: int = 0
    skrevet: Written = field(default_factory=Written)
    kopiert: Copied = field(default_factory=Copied)
    utelatt: list[Text] = field(default_factory=list)

    @property
    def enheter(self) -> int:
        """Mapper and registreringer that are written."""
        return sum(self.skrevet.counts[one.name] for one in _UNITS)


async def count_what_comes(taken: Snapshot, utvalg: Utvalg, fremdrift: Fremdrift) -> None:
    """Count what a deposit will be of, and find how high any of it is graded."""
    counts = {one: await _count(taken, utvalg, one) for one in (*_UNITS, dokumentobjekt)}
    fremdrift.av_enheter = sum(counts[one] for one in _UNITS)
    fremdrift.av_filer = counts[dokumentobjekt]
    ranks = [_rank(utvalg, one) for one in utvalg.conditions() if "gradert" in rows_of(one).c]
    found = [(await taken.all(one))[0][0] for one in (*ranks, highest_told(utvalg))]
    fremdrift.gradert = max(one or 0 for one in found)


async def _count(taken: Snapshot, utvalg: Utvalg, resource: Resource[Any]) -> int:
    rows = rows_of(resource)
    within = utvalg.conditions()[resource](rows)
    ((count,),) = await taken.all(select(func.count()).where(same_kommune(rows), within))
    return int(count)


def _rank(utvalg: Utvalg, resource: Resource[Any]) -> Select[Any]:
    """Select the highest grading of the units of a kind; few are graded, so these come first."""
    rows = rows_of(resource)
    graded = (same_kommune(rows), rows.c.gradert.is_not(None))
    return select(func.max(rows.c.gradert)).where(*graded, utvalg.conditions()[resource](rows))
