"""Giving up a kommune on its way in: its files, its rows and its place in the registry.

Nobody has seen it, and where it came from it still is. Each table is a transaction of its own, as
it was when it came; whoever is cut off gives it up again.
"""

from functools import partial
from typing import Final

from sqlalchemy import Table, delete, func, select, true
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Session

from sakark_api.errors import Conflict
from sakark_api.flytting.ankomst import GIVEN_UP, LOCK_WAIT, rest
from sakark_api.storage.documents import Documents, delete_all
from sakark_api.tenancy.administration import find_kommune, see_as
from sakark_api.tenancy.driftslogg import Actor, log_drift
from sakark_api.tenancy.kommune import KommuneRow
from sakark_api.tenancy.operator import in_transaction
from sakark_api.tenancy.partitions import tenant_tables, throw_away
from sakark_api.texts import text

__all__ = ["give_up"]

_EVENT: Final = "kommune gitt opp"


async def give_up(engine: AsyncEngine, documents: Documents, who: Actor, slug: str) -> int:
    """Remove a kommune that is on its way in, as the owner of the tables.

    Gives how many files stay because the storage has locked them. Raises `NotFound` for a kommune
    there is not, `Conflict` for one that is in use here, and `Unavailable` when others hold the
    tables.
    """
    await in_transaction(engine, partial(_begin, slug=slug))
    # First, so that what fails can be asked for again; and last, for what came meanwhile.
    await delete_all(documents, f"{slug}/")
    for one in reversed(tenant_tables()):
        await in_transaction(engine, partial(_delete_rows, slug=slug, one=one))
    await in_transaction(engine, partial(_throw_away, slug=slug, who=who))
    return await delete_all(documents, f"{slug}/")


def _find(session: Session, slug: str) -> KommuneRow:
    """Find a kommune that is on its way in, and keep others from bringing more."""
    row = find_kommune(session, slug, to_change=True)
    if row.flytting is None:
        raise Conflict(
            text(
                "Kommunen {slug} er i bruk her. Bare en som er på vei inn, kan gis opp.",
                slug=slug,
            )
        )
    return row


def _begin(session: Session, slug: str) -> None:
    row = _find(session, slug)
    assert row.flytting is not None  # noqa: S101  else it was not found
    row.flytting = {**row.flytting, GIVEN_UP: True}


def _delete_rows(session: Session, slug: str, one: Table) -> None:
    """Delete the rows of one table; its triggers rest meanwhile, as they did when they came."""
    number = _find(session, slug).id
    see_as(session, number)
    session.execute(select(func.set_config("lock_timeout", LOCK_WAIT, true())))
    session.execute(rest(number, one, resting=True))
    session.execute(delete(one).where(one.c.tenant_id == number))
    session.execute(rest(number, one, resting=False))


def _throw_away(session: Session, slug: str, who: Actor) -> None:
    row = _find(session, slug)
    log_drift(session, who, _EVENT, slug, {})
    session.flush()
    throw_away(session, row.id)
