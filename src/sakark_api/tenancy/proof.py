"""What can be proven of a kommune: that its chain holds, and that every row is as it was sealed."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    case,
    distinct,
    exists,
    false,
    func,
    literal,
    null,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import distinct_on

from sakark_api.db.snapshot import Snapshot
from sakark_api.tenancy.chain import Figures, Finding, walk
from sakark_api.tenancy.checkpoint import Place
from sakark_api.tenancy.segl import (
    LOG,
    Form,
    Kind,
    digest,
    kinds,
    radendring,
    rows_of,
    seglrad,
    written_plainly,
)
from sakark_api.tenancy.strekning import Strekning, strekninger
from sakark_api.texts import Text, text

__all__ = ["prove"]

_CHANGED = text("Raden er endret utenom loggen.")
_INSERTED = text("Raden er satt inn utenom loggen.")
_DELETED = text("Raden er slettet utenom loggen.")
_LINE_CHANGED = text("Logglinjen er endret.")
_LINE_INSERTED = text("Logglinjen er satt inn utenom arkivet.")
_LINE_DELETED = text("Logglinjen er slettet.")


async def prove(
    taken: Snapshot,
    tenant_id: int,
    place: Place | None,
    figures: Figures,
    tell: Callable[[Text], None],
) -> AsyncIterator[Finding]:
    """Give what does not hold in a kommune, and tell how far it has come.

    `place` is that of a checkpoint kept elsewhere. Rows are compared by the database itself: only
    what differs comes here.
    """
    parts = await strekninger(taken, tenant_id)
    async for finding in walk(taken, parts, place, figures, tell):
        yield finding
    waiting = select(func.count()).where(radendring.c.tenant_id == tenant_id)
    figures.venter = (await taken.all(waiting))[0][0]
    if figures.segl == 0:  # then nothing is known to compare with
        return
    await taken.all(written_plainly())
    for kind in kinds().values():
        tell(text("Sammenligner {tabell}", tabell=kind.tabell))
        async for row in taken.rows(_differing(kind, parts, tenant_id)):
            yield _difference(kind, row)
    async for row in taken.rows(_sealed_twice(parts, tenant_id)):
        yield Finding(str(row["enhet"]), LOG, _LINE_CHANGED)


def _differing(kind: Kind, parts: Sequence[Strekning], tenant_id: int) -> Select[Any]:
    """Find the rows that are not as the newest seal says, and do not wait to be sealed."""
    newest = (
        select(seglrad.c.enhet, seglrad.c.annen, seglrad.c.segl, seglrad.c.form, seglrad.c.sjekksum)
        .ext(distinct_on(seglrad.c.enhet, seglrad.c.annen))
        .where(seglrad.c.tenant_id == tenant_id, _is_of(parts, kind.tabell))
        .order_by(seglrad.c.enhet, seglrad.c.annen, seglrad.c.segl.desc(), seglrad.c.nr.desc())
        .subquery("newest")
    )
    columns = {name for one in parts for form in _forms(one, kind.tabell) for name in form.kolonner}
    rows = rows_of(kind, columns, tenant_id).subquery("rows")
    keys = [rows.c[key] for key in kind.keys]
    sealed_keys = [newest.c.enhet, newest.c.annen][: len(keys)]
    same = and_(*(key == sealed for key, sealed in zip(keys, sealed_keys, strict=True)))
    names = [func.coalesce(*pair) for pair in zip(sealed_keys, keys, strict=True)]
    waiting = exists(radendring).where(
        radendring.c.tenant_id == tenant_id,
        radendring.c.tabell == kind.tabell,
        *(
            radendring.c[noted] == name
            for noted, name in zip(("enhet", "annen"), names, strict=False)
        ),
    )
    present = keys[0].is_not(None)
    sealed = newest.c.sjekksum.is_not(None)
    now = _sum_by_form(kind, parts, rows, newest)
    differs = or_(present != sealed, and_(present, newest.c.sjekksum.is_distinct_from(now)))
    shown: list[ColumnElement[Any]] = [
        names[0].label("enhet"),
        present.label("present"),
        sealed.label("sealed"),
    ]
    return select(*shown).select_from(newest.join(rows, same, full=True)).where(differs, ~waiting)


def _forms(part: Strekning, tabell: str) -> list[Form]:
    return [form for form in part.former.values() if form.tabell == tabell]


def _is_of(parts: Sequence[Strekning], tabell: str) -> ColumnElement[bool]:
    """Ask whether what a seal says is of a row of a table: forms are numbered by where they are."""
    return or_(
        false(),
        *(
            and_(
                one.within(seglrad.c.segl),
                seglrad.c.form.in_([literal(form.id) for form in _forms(one, tabell)]),
            )
            for one in parts
        ),
    )


def _sum_by_form(
    kind: Kind, parts: Sequence[Strekning], rows: FromClause, newest: FromClause
) -> ColumnElement[Any]:
    """Sum a row up by the columns that its newest seal is of, as it was where that was made."""
    ways = [
        (
            and_(one.within(newest.c.segl), newest.c.form == form.id),
            digest(rows, form.kolonner, one.forseglet_som),
        )
        for one in parts
        for form in _forms(one, kind.tabell)
    ]
    return case(*ways, else_=null()) if ways else null()


def _difference(kind: Kind, row: Any) -> Finding:  # noqa: ANN401  asyncpg has no types
    line = kind.tabell == LOG
    what = _LINE_CHANGED if line else _CHANGED
    if not row["sealed"]:
        what = _LINE_INSERTED if line else _INSERTED
    elif not row["present"]:
        what = _LINE_DELETED if line else _DELETED
    return Finding(str(row["enhet"]), kind.tabell, what)


def _sealed_twice(parts: Sequence[Strekning], tenant_id: int) -> Select[Any]:
    """Find lines of the log of which seals say different things: they were changed in between."""
    sums = seglrad.c.sjekksum
    return (
        select(seglrad.c.enhet)
        .where(seglrad.c.tenant_id == tenant_id, _is_of(parts, LOG))
        .group_by(seglrad.c.enhet)
        .having(or_(func.count(distinct(sums)) > 1, func.count() > func.count(sums)))
    )
