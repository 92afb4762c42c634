"""The chain of seals: whether each follows the one before it, and is of what it says."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, and_, exists, select

from sakark_api.db.snapshot import Snapshot
from sakark_api.tenancy.checkpoint import Place
from sakark_api.tenancy.segl import (
    Grunn,
    Head,
    SealedRow,
    first_before,
    seal_hash,
    segl,
    seglrad,
)
from sakark_api.tenancy.strekning import Strekning
from sakark_api.texts import Text, text

__all__ = ["Figures", "Finding", "walk"]

_EVERY: Final = 100
"""How many seals are between two words of how far we have come."""
_BRUKER: Final = "bruker"
_UPGRADING: Final = timedelta(days=1)
"""How long the release before this one may serve beside it: it makes brukere without a line."""


@dataclass(frozen=True)
class Finding:
    """Something that is not as it was sealed: which, in what table, and what is wrong."""

    enhet: str
    tabell: str
    what: Text


@dataclass
class Figures:
    """How much was looked at."""

    segl: int = 0
    rader: int = 0
    venter: int = 0
    """Rows written so lately that they are not sealed yet."""


async def walk(
    taken: Snapshot,
    parts: Sequence[Strekning],
    place: Place | None,
    figures: Figures,
    tell: Callable[[Text], None],
) -> AsyncIterator[Finding]:
    """Walk a kommune's chain from its beginning, and say where it does not hold.

    `parts` are the stretches of the chain, the last of them made here, and `place` is that of a
    checkpoint.
    """
    tenant_id = parts[-1].forseglet_som
    judge = _Judge()
    before, last = first_before(parts[0].forseglet_som), 0
    async for seal in _seals(taken, tenant_id, parts):
        for finding in (*_faults(before, last, seal), *_compared(place, seal), *judge.of(seal)):
            yield finding
        before, last = seal.sjekksum, seal.head.nummer
        figures.segl += 1
        figures.rader += seal.head.antall
        if figures.segl % _EVERY == 0:
            tell(text("{segl} segl, {rader} rader", segl=figures.segl, rader=figures.rader))
    if last == 0:
        yield _of_seal(1, text("Kjeden er ikke begynt. La `sakark worker` gå, og prøv igjen."))
    if place is not None and place.segl > last:
        yield _of_seal(
            place.segl,
            text("Seglet er i kontrollpunktet, men ikke her: kjeden er kortet inn eller ny."),
        )
    async for row in taken.rows(_without_seal(tenant_id)):
        yield _of_seal(row["segl"], text("Seglet mangler, men det er rader etter det."))


def _faults(before: bytes, last: int, seal: "_Seal") -> Iterator[Finding]:
    """Tell whether a seal follows the last one, and is of what it says."""
    head = seal.head
    if head.nummer != last + 1:
        yield _of_seal(last + 1, text("Segl mangler, fra dette til {neste}.", neste=head.nummer))
    if seal_hash(before, head, seal.rows) != seal.sjekksum:
        yield _of_seal(head.nummer, _broken(head.tidspunkt))


def _compared(place: Place | None, seal: "_Seal") -> Iterator[Finding]:
    """Tell whether a seal is the one that a checkpoint has."""
    if place is None or place.segl != seal.head.nummer:
        return
    if place.sjekksum != seal.sjekksum.hex():
        yield _of_seal(
            place.segl,
            text("Seglet er et annet enn i kontrollpunktet: kjeden er skrevet om."),
        )


def _broken(moment: datetime) -> Text:
    return text(
        "Seglet fra {tid} stemmer ikke: det, en rad i det eller seglet foran er endret.",
        tid=_moment(moment),
    )


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _of_seal(number: int, what: Text) -> Finding:
    return Finding(str(number), segl.name, what)


@dataclass
class _Seal:
    """A seal as it is kept, with its rows."""

    head: Head
    sjekksum: bytes
    rows: list[SealedRow]
    part: Strekning

    def table_of(self, row: SealedRow) -> str:
        return self.part.table_of(row.form)


async def _seals(
    taken: Snapshot, tenant_id: int, parts: Sequence[Strekning]
) -> AsyncIterator[_Seal]:
    """Give the seals of a kommune in their order, one at a time."""
    current: _Seal | None = None
    async for row in taken.rows(_everything_sealed(tenant_id)):
        if current is None or current.head.nummer != row["nummer"]:
            if current is not None:
                yield current
            part = next((one for one in parts if one.holds(row["nummer"])), parts[-1])
            head = Head(part.forseglet_som, row["nummer"], row["tidspunkt"], row["antall"])
            current = _Seal(head, row["sjekksum"], [], part)
        if row["form"] is not None:
            current.rows.append(
                SealedRow(row["form"], row["enhet"], row["annen"], row["radsum"], row["grunn"])
            )
    if current is not None:
        yield current


def _everything_sealed(tenant_id: int) -> Select[Any]:
    rows = and_(seglrad.c.tenant_id == segl.c.tenant_id, seglrad.c.segl == segl.c.nummer)
    return (
        select(
            segl.c.nummer,
            segl.c.tidspunkt,
            segl.c.antall,
            segl.c.sjekksum,
            seglrad.c.form,
            seglrad.c.enhet,
            seglrad.c.annen,
            seglrad.c.sjekksum.label("radsum"),
            seglrad.c.grunn,
        )
        .select_from(segl.outerjoin(seglrad, rows))
        .where(segl.c.tenant_id == tenant_id)
        .order_by(segl.c.nummer, seglrad.c.nr)
    )


def _without_seal(tenant_id: int) -> Select[Any]:
    seals = exists(segl).where(segl.c.tenant_id == tenant_id, segl.c.nummer == seglrad.c.segl)
    return (
        select(seglrad.c.segl)
        .distinct()
        .where(seglrad.c.tenant_id == tenant_id, ~seals)
        .order_by(seglrad.c.segl)
    )


class _Judge:
    """Sees to it that each row came into the chain the way rows do."""

    def __init__(self) -> None:
        self._began: datetime | None = None
        self._brukere: set[UUID] = set()

    def of(self, seal: _Seal) -> Iterator[Finding]:
        """Give the rows of a seal that were written without a line of the log."""
        moment = seal.head.tidspunkt
        began = self._began = self._began or moment
        for row in seal.rows:
            base = row.grunn == Grunn.BASE and moment == began
            untold = self._is_first_of_bruker(seal, row) and moment < began + _UPGRADING
            if row.grunn == Grunn.LOGGED or base or untold:
                continue
            what = text(
                "Raden ble skrevet før {tid} uten at loggen sier av hvem.", tid=_moment(moment)
            )
            yield Finding(str(row.enhet), seal.table_of(row), what)

    def _is_first_of_bruker(self, seal: _Seal, row: SealedRow) -> bool:
        """Tell whether a bruker is in the chain for the first time."""
        if seal.table_of(row) != _BRUKER or row.enhet in self._brukere:
            return False
        self._brukere.add(row.enhet)
        return True
