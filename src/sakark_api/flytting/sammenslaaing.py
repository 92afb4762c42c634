"""Two kommuner of one installation become one: all of it in one transaction, or nothing.

Files are copied first, and may be copied again. Then the rows of the one that ends go in among
those of the other, as the rules (`regler.py`) say, counted and summed on both sides; what it had is
deleted, with a line of its log. Its chain stays where it is and can be proven there.
"""

from typing import Any, Final
from uuid import uuid4

from sqlalchemy import (
    FromClause,
    Numeric,
    Select,
    SmallInteger,
    Table,
    and_,
    cast,
    column,
    delete,
    func,
    insert,
    select,
    table,
)
from sqlalchemy import Text as TextType
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateTable, DropTable

from sakark_api.errors import Conflict
from sakark_api.flytting.ankomst import rest, tell_log
from sakark_api.flytting.notater import Notes, notes_of
from sakark_api.flytting.regler import adapt
from sakark_api.flytting.sammen import Kommuneside, Rapport, Sammen
from sakark_api.flytting.tabeller import arriving, columns_of, keys_of, taken
from sakark_api.noark.arkivstruktur.registrering import Registrering
from sakark_api.noark.metadata.virksomhetsspesifikkemetadata import VirksomhetsspesifikkeMetadata
from sakark_api.noark.model import table_of
from sakark_api.noark.rules.numre import Teller
from sakark_api.tenancy.administration import find_kommune, see_as
from sakark_api.tenancy.driftslogg import Actor, log_drift
from sakark_api.tenancy.kommune import KommuneRow, Status
from sakark_api.tenancy.operator import until_free
from sakark_api.tenancy.partitions import partitioned_tables
from sakark_api.tenancy.segl import LOG
from sakark_api.texts import text

__all__ = ["merge", "refuse_merge", "rehearse_merge"]

_CHAIN: Final = ("segl", "seglrad")
"""What stays where it was made: only there does it hold."""
_KEPT: Final = frozenset(
    {*_CHAIN, LOG, "kodeverdi", "teller", "tilgang", "virksomhetsspesifikkemetadata"}
)
"""What the kommune that ends has still: its log and chain, and its settings."""
_FIRST: Final = frozenset({"bruker", "kodeverdi", "virksomhetsspesifikkemetadata"})


def refuse_merge(session: Session, fra: str, til: str) -> tuple[KommuneRow, KommuneRow]:
    """Find two kommuner, and refuse to let them become one while people write in the first."""
    ends, goes_on = (find_kommune(session, slug, to_change=True) for slug in (fra, til))
    if ends.id == goes_on.id:
        raise Conflict(text("Oppgi to ulike kommuner."))
    if ends.flyttet_til is not None:
        raise Conflict(text("Kommunen {slug} er flyttet.", slug=fra))
    if ends.status not in (Status.AVSLUTTET, Status.FORBEREDELSE):
        raise Conflict(
            text("Kommunen {slug} må være avsluttet før den går inn i en annen.", slug=fra)
        )
    if ends.flytting is not None or goes_on.flytting is not None:
        raise Conflict(text("En kommune på vei inn kan ikke slås sammen."))
    return ends, goes_on


def merge(session: Session, who: Actor, fra: str, til: str, root: str) -> Rapport:
    """Let all that `fra` has become `til`'s; give what that came to.

    `root` is the address of `til`'s root, where `fra` shows to afterwards. Raises `Conflict` for
    what no rule solves, and when counts or sums are not the same before and after.
    """
    ends, goes_on = refuse_merge(session, fra, til)
    sammen = Sammen(session, _side(ends), _side(goes_on))
    rapport = Rapport(fra, til)
    notes = notes_of(session, goes_on.id)
    # What others name comes before them: who they are, and what codes are called.
    for one in sorted(taken(), key=lambda each: each.name not in _FIRST):
        if one.name not in _CHAIN:
            rapport.tabeller[one.name] = _move(sammen, notes, one)
    _count_renumbered(session, goes_on.id)
    _define_fields(sammen, goes_on.maalform)
    said = text(
        "Kommunen {navn} ({nummer}) er slått sammen med denne.",
        navn=ends.navn,
        nummer=ends.kommunenummer,
    )
    lines = tell_log(session, goes_on.id, who, said)
    if not lines:
        raise Conflict(text("Ingen av kommunene har et arkiv. Da er det ingenting å slå sammen."))
    notes.tell(lines[0])
    _empty(sammen, notes_of(session, ends.id), who)
    rapport.kollisjoner = sammen.endret
    _show_onwards(sammen, who, ends, goes_on, root, rapport)
    return rapport


def _side(row: KommuneRow) -> Kommuneside:
    return Kommuneside(row.id, row.slug, row.navn, row.kommunenummer)


def _move(sammen: Sammen, notes: Notes, one: Table) -> int:
    """Let the rows of a table be the other kommune's; give how many."""
    session, fra, til = sammen.session, sammen.fra.id, sammen.til.id
    waiting, rows = arriving(one, til)
    session.execute(CreateTable(waiting))
    see_as(session, fra)
    session.execute(insert(waiting).from_select(columns_of(one), _rows_of(one, fra)))
    see_as(session, til)
    adapt(sammen, one, waiting)
    count, summed = session.execute(_figures(one, waiting, til)).one()
    if one.name == Teller.__tablename__:
        _go_on_counting(session, rows)
    else:
        before = _count(session, one, til)
        _put_in(sammen, notes, one, waiting, rows)
        there = _with_keys_of(one, til, waiting)
        come = session.execute(_figures(one, there, til)).one()
        if _count(session, one, til) != before + count or tuple(come) != (count, summed):
            raise Conflict(text("Radene i {tabell} ble ikke de samme. Meld fra.", tabell=one.name))
        if one in partitioned_tables():
            notes.add(one.name, waiting, count)
    session.execute(DropTable(waiting))
    return int(count)


def _rows_of(one: Table, tenant_id: int) -> Select[Any]:
    rows = table(one.name, *map(column, columns_of(one)))
    return select(*rows.c).where(rows.c.tenant_id == tenant_id)


def _count(session: Session, one: Table, tenant_id: int) -> int:
    counted = select(func.count()).select_from(_rows_of(one, tenant_id).subquery())
    return int(session.scalar(counted) or 0)


def _figures(one: Table, rows: FromClause, til: int) -> Select[Any]:
    """Count rows and sum them up, in whatever order they are."""
    number = cast(til, SmallInteger)
    values = (number if name == "tenant_id" else rows.c[name] for name in columns_of(one))
    whole = cast(func.row(*values), TextType)
    summed = func.sum(cast(func.hashtextextended(whole, 0), Numeric))
    return select(func.count(), func.coalesce(summed, 0)).select_from(rows)


def _with_keys_of(one: Table, tenant_id: int, waiting: Table) -> FromClause:
    """Give the rows of a kommune that have the keys of those that waited."""
    rows = _rows_of(one, tenant_id).subquery("her")
    keys = [key.name for key in one.primary_key if key.name != "tenant_id"]
    same = and_(*(rows.c[key] == waiting.c[key] for key in keys))
    return select(*rows.c).select_from(rows.join(waiting, same)).subquery("kommet")


def _put_in(sammen: Sammen, notes: Notes, one: Table, waiting: Table, rows: Select[Any]) -> None:
    """Put rows in; those above others first, for what triggers work out of them.

    The triggers of a large table rest: no other kommune waits for its partition. Those of a small
    one do their work, since to let them rest would hold every kommune up.
    """
    session, large = sammen.session, one in partitioned_tables()
    if "omfang" in waiting.c:
        rows = rows.order_by(func.cardinality(waiting.c.omfang))
    if large:
        session.execute(rest(notes.tenant_id, one, resting=True))
    try:
        session.execute(insert(one).from_select(keys_of(one), rows))
    except IntegrityError:
        raise Conflict(
            text("Begge kommunene har en rad med samme nøkkel i {tabell}.", tabell=one.name)
        ) from None
    if large:
        session.execute(rest(notes.tenant_id, one, resting=False))


def _go_on_counting(session: Session, rows: Select[Any]) -> None:
    """Let each series go on after the highest number that either kommune has given."""
    put_in = insert_or(Teller).from_select(columns_of(table_of(Teller)), rows)
    session.execute(
        put_in.on_conflict_do_update(
            index_elements=[Teller.tenant_id, Teller.serie],
            set_={"verdi": func.greatest(Teller.verdi, put_in.excluded.verdi)},
        )
    )


def _count_renumbered(session: Session, tenant_id: int) -> None:
    """Let the journals go on after the numbers that entries were given as they came (M014)."""
    entries = table_of(Registrering).c
    numbered: list[Any] = [
        func.concat("journal/", entries.journalaar),
        cast(tenant_id, SmallInteger),
        func.max(entries.journalsekvensnummer),
    ]
    ours = select(*numbered).where(
        entries.tenant_id == tenant_id,
        entries.journalaar.is_not(None),
        entries.journalsekvensnummer.is_not(None),
    )
    _go_on_counting(session, ours.group_by(entries.journalaar))


def _define_fields(sammen: Sammen, maalform: str) -> None:
    """Define the fields that say what units were called, where they are not defined yet."""
    rows = table_of(VirksomhetsspesifikkeMetadata)
    known = set(
        sammen.session.scalars(select(rows.c.navn).where(rows.c.tenant_id == sammen.til.id))
    )
    for navn in sorted(sammen.egne_felt - known):
        sammen.session.execute(
            insert(rows).values(
                tenant_id=sammen.til.id,
                system_id=uuid4(),
                version=1,
                navn=navn,
                type="string",
                beskrivelse=text("Hva enheten het i kommunen den kom fra.").to(maalform),
            )
        )


def _empty(sammen: Sammen, notes: Notes, who: Actor) -> None:
    """Delete what the other kommune has now, with a line of the log that stays here."""
    session, fra = sammen.session, sammen.fra.id
    see_as(session, fra)
    said = text(
        "Kommunen er slått sammen med {navn} ({nummer}), og er der nå.",
        navn=sammen.til.navn,
        nummer=sammen.til.nummer,
    )
    lines = tell_log(session, fra, who, said)
    for one in reversed(taken()):
        if one.name in _KEPT:
            continue
        large = one in partitioned_tables()
        if large:
            notes.add(one.name, _rows_of(one, fra).subquery("her"), _count(session, one, fra))
            session.execute(rest(fra, one, resting=True))
        session.execute(delete(one).where(one.c.tenant_id == fra))
        if large:
            session.execute(rest(fra, one, resting=False))
    if lines:
        notes.tell(lines[0])


def _show_onwards(
    sammen: Sammen,
    who: Actor,
    ends: KommuneRow,
    goes_on: KommuneRow,
    root: str,
    rapport: Rapport,
) -> None:
    """Let the kommune that ends show to the other, and both be read anew by everybody."""
    ends.status, ends.flyttet_til = Status.AVSLUTTET, root
    for row in (ends, goes_on):
        row.kodeverk_version = KommuneRow.kodeverk_version + 1
        row.rettigheter_version = KommuneRow.rettigheter_version + 1
    facts = {
        "til": goes_on.slug,
        "rader": sum(rapport.tabeller.values()),
        "kollisjoner": {slag: len(pairs) for slag, pairs in rapport.kollisjoner.items()},
    }
    log_drift(sammen.session, who, "kommune slått sammen", ends.slug, facts)
    sammen.session.flush()


async def rehearse_merge(engine: AsyncEngine, who: Actor, fra: str, til: str, root: str) -> Rapport:
    """Do all of a merge and undo it: give what it would come to."""

    async def whole() -> Rapport:
        async with AsyncSession(engine) as session:
            return await session.run_sync(merge, who, fra, til, root)  # closed, and so undone

    return await until_free(whole)
