"""Sealing: what was written since the last seal is summed up in the next one.

No writer waits for it. A note is taken when its transaction has ended, in whatever order they end:
none is passed over, and nothing is ever put in before what is sealed.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    bindparam,
    delete,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from sqlalchemy.types import BigInteger, Uuid

from sakark_api.tenancy.segl import (
    LOG,
    Form,
    Grunn,
    Head,
    Kind,
    SealedRow,
    digest,
    first_before,
    kinds,
    radendring,
    rows_of,
    seal_hash,
    segl,
    seglform,
    seglrad,
    written_plainly,
)
from sakark_api.tenancy.session import Writer

__all__ = ["BATCH", "seal", "seal_waiting"]

BATCH: Final = 5000
_LOCK: Final = 725_527  # "sakark" on a telephone's keys, and its beginning
_WORST: Final = (Grunn.BASE, Grunn.LOGGED, Grunn.UNLOGGED)

Key = tuple[UUID, UUID | None]


async def seal_waiting(writer: Writer, tenant_id: int, clock: Callable[[], datetime]) -> None:
    """Seal what a kommune has waiting."""
    async with writer.transaction(tenant_id) as session:
        await session.run_sync(seal, clock())


def seal(session: Session, now: datetime) -> None:
    """Seal what waits in the session's kommune, in seals of a few thousand rows each.

    One sealer works on a kommune at a time; another does nothing. Where no chain has begun, the
    seals of this moment are of all there is.
    """
    tenant_id: int = session.info["tenant_id"]
    if not _is_needed(session, tenant_id) or not _is_alone(session, tenant_id):
        return
    session.execute(written_plainly())
    place = session.execute(
        select(segl.c.nummer, segl.c.sjekksum)
        .where(segl.c.tenant_id == tenant_id)
        .order_by(segl.c.nummer.desc())
        .limit(1)
    ).first()
    if place is None:
        _note_all(session, tenant_id)
    number, before = place or (0, first_before(tenant_id))
    notes = _take(session, tenant_id)
    while notes or number == 0:
        number += 1
        before = _seal_next(session, before, (tenant_id, number, now), notes)
        notes = _take(session, tenant_id) if len(notes) >= BATCH else ()


def _seal_next(
    session: Session, before: bytes, named: tuple[int, int, datetime], notes: Sequence[Any]
) -> bytes:
    """Make a seal of the rows that were noted, after the one with the checksum `before`."""
    rows = [
        row
        for tabell, keys in sorted(_by_table(notes).items())
        for row in _summed(session, named[0], kinds()[tabell], keys)
    ]
    head = Head(*named, len(rows))
    summed = seal_hash(before, head, rows)
    _write(session, head, summed, rows)
    return summed


def _is_needed(session: Session, tenant_id: int) -> bool:
    """Tell whether something waits, or no chain has begun; and whether all of it is known here.

    A newer program may note rows of tables that this one does not know: they are left to it.
    """
    waiting = select(radendring.c.tabell).where(radendring.c.tenant_id == tenant_id)
    begun = select(segl.c.nummer).where(segl.c.tenant_id == tenant_id)
    unknown = waiting.where(radendring.c.tabell.not_in(list(kinds())))
    needed, understood = session.execute(
        select(or_(exists(waiting), not_(exists(begun))), not_(exists(unknown)))
    ).one()
    return bool(needed and understood)


def _is_alone(session: Session, tenant_id: int) -> bool:
    return bool(session.scalar(select(func.pg_try_advisory_xact_lock(_LOCK, tenant_id))))


def _note_all(session: Session, tenant_id: int) -> None:
    """Note every row there is, for the chain to begin with: numbered backwards, a batch each.

    What was noted before says nothing more.
    """
    session.execute(delete(radendring).where(radendring.c.tenant_id == tenant_id))
    for kind in kinds().values():
        rows = rows_of(kind, (), tenant_id).subquery("rows")
        keys = [rows.c[key] for key in kind.keys]
        batch = -1 - func.div(func.row_number().over(), BATCH).cast(BigInteger)
        named = ["tenant_id", "tabell", "transaksjon", "enhet", "annen"][: 3 + len(keys)]
        everything = select(literal(tenant_id), literal(kind.tabell), batch, *keys)
        session.execute(insert(radendring).from_select(named, everything))


def _take(session: Session, tenant_id: int) -> Sequence[Any]:
    """Take notes, of whole transactions only: a row and the line that tells of it stay together."""
    ours = radendring.c.tenant_id == tenant_id
    last = session.scalar(
        select(radendring.c.transaksjon)
        .where(ours)
        .order_by(radendring.c.transaksjon)
        .offset(BATCH - 1)
        .limit(1)
    )
    taken = delete(radendring).where(ours)
    if last is not None:
        taken = taken.where(radendring.c.transaksjon <= last)
    names = ("tabell", "enhet", "annen", "transaksjon")
    return session.execute(taken.returning(*(radendring.c[name] for name in names))).all()


def _by_table(notes: Iterable[Any]) -> Mapping[str, Mapping[Key, Grunn]]:
    """Say of each row that was noted why it is sealed; the worst, if there are several reasons."""
    logged = {note.transaksjon for note in notes if note.tabell == LOG}
    found: dict[str, dict[Key, Grunn]] = defaultdict(dict)
    for note in notes:
        known = Grunn.LOGGED if note.transaksjon in logged else Grunn.UNLOGGED
        grunn = Grunn.BASE if note.transaksjon < 0 else known
        key = (note.enhet, note.annen)
        held = found[note.tabell].get(key, grunn)
        found[note.tabell][key] = max(held, grunn, key=_WORST.index)
    return found


def _summed(
    session: Session, tenant_id: int, kind: Kind, keys: Mapping[Key, Grunn]
) -> Iterator[SealedRow]:
    """Sum up rows as they are now; those that are gone have no sum."""
    form = _form(session, kind)
    rows = rows_of(kind, form.kolonner, tenant_id).subquery("rows")
    wanted = bindparam("wanted", [key[0] for key in keys], type_=ARRAY(Uuid()))
    present = session.execute(
        select(*(rows.c[key] for key in kind.keys), digest(rows, form.kolonner)).where(
            rows.c[kind.keys[0]] == func.any(wanted)
        )
    )
    sums: dict[Key, bytes] = {
        (row[0], row[1] if len(kind.keys) > 1 else None): row[-1] for row in present
    }
    for key in sorted(keys, key=str):
        yield SealedRow(form.id, *key, sums.get(key), keys[key])


def _form(session: Session, kind: Kind) -> Form:
    """Find the form of the columns that this program knows, or make it."""
    values = {"tabell": kind.tabell, "kolonner": list(kind.kolonner)}
    wanted = select(seglform.c.id).where(*(seglform.c[name] == values[name] for name in values))
    found = session.scalar(wanted)
    if found is None:
        session.execute(insert(seglform).values(values).on_conflict_do_nothing())
        found = session.scalars(wanted).one()
    return Form(found, kind.tabell, kind.kolonner)


def _write(session: Session, head: Head, summed: bytes, rows: Sequence[SealedRow]) -> None:
    session.execute(segl.insert().values({**head._asdict(), "sjekksum": summed}))
    if rows:
        session.execute(
            seglrad.insert(),
            [
                {"tenant_id": head.tenant_id, "segl": head.nummer, "nr": nr, **row._asdict()}
                for nr, row in enumerate(rows)
            ],
        )
