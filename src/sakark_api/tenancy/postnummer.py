"""A kommune's list of postal codes, brought to what the postal register says."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from sakark_api.noark.metadata.kodeliste import POSTNUMMER
from sakark_api.noark.metadata.kodeverdi import KodeverdiRow
from sakark_api.tenancy.administration import find_kommune, see_as

__all__ = ["Outcome", "set_postnummer"]


@dataclass
class Outcome:
    """How many numbers were new, got another poststed, expired, or came back."""

    nye: int = 0
    nytt_poststed: int = 0
    utdatert: int = 0
    gjenopptatt: int = 0

    def __bool__(self) -> bool:
        return any(asdict(self).values())


def set_postnummer(
    session: Session, slug: str, register: Mapping[str, str], now: datetime
) -> Outcome:
    """Add the register's numbers and poststeder; let expire what it no longer has.

    Nothing is deleted: units keep the numbers they have. A number that is back is valid again,
    whoever let it expire.
    """
    kommune = find_kommune(session, slug, to_change=True)
    see_as(session, kommune.id)
    rows = {
        row.kode: row
        for row in session.scalars(
            select(KodeverdiRow)
            .where(KodeverdiRow.tenant_id == kommune.id, KodeverdiRow.liste == POSTNUMMER.name)
            .with_for_update()
        )
    }
    outcome = Outcome()
    for number, poststed in register.items():
        if number in rows:
            _renew(rows[number], poststed, outcome)
            continue
        outcome.nye += 1
        session.add(
            KodeverdiRow(
                tenant_id=kommune.id, liste=POSTNUMMER.name, kode=number, kodenavn=poststed
            )
        )
    for number in rows.keys() - register.keys():
        _expire(rows[number], now, outcome)
    if outcome:
        kommune.kodeverk_version += 1
    session.flush()
    return outcome


def _renew(row: KodeverdiRow, poststed: str, outcome: Outcome) -> None:
    outcome.nytt_poststed += row.kodenavn != poststed
    outcome.gjenopptatt += row.utdatert is not None
    if row.kodenavn != poststed or row.utdatert is not None:
        row.kodenavn, row.utdatert = poststed, None
        row.version += 1


def _expire(row: KodeverdiRow, now: datetime, outcome: Outcome) -> None:
    if row.utdatert is None or row.utdatert > now:
        outcome.utdatert += 1
        row.utdatert = now
        row.version += 1
