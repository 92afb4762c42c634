"""Requests that may come again: what each of them made, kept with it, so that it is made once.

A key lasts from its request until a day later, and a request that makes nothing leaves none. Only
hashes are kept: what clients make keys of is their own business, and bodies hold people's names.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import SmallInteger, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from sakark_api.errors import Conflict, KeyReused
from sakark_api.noark.model import Base, partitioned
from sakark_api.texts import text

__all__ = ["Done", "Idempotensnoekkel", "Key", "do_once", "forget_old_keys", "is_known"]

LIFETIME: Final = timedelta(hours=24)
RETRY_SECONDS: Final = "1"
_LOCK_BYTES: Final = 8


class Idempotensnoekkel(Base):
    """What a request made (`laget`, by the name it has at that address), and what was in it."""

    __tablename__ = "idempotensnoekkel"
    __table_args__ = partitioned()

    tenant_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    noekkel: Mapped[bytes] = mapped_column(primary_key=True)
    fingeravtrykk: Mapped[bytes]
    laget: Mapped[str]
    utloeper: Mapped[datetime]


@dataclass(frozen=True)
class Key:
    """A request by two hashes: whose it is, to where and by which key; and all that is in it."""

    name: bytes
    fingerprint: bytes

    @property
    def lock(self) -> int:
        return int.from_bytes(self.name[:_LOCK_BYTES], signed=True)


@dataclass(frozen=True)
class Done:
    """What was made, by name; `again` when an earlier request of the same key had made it."""

    made: str
    again: bool = False


def do_once(session: Session, key: Key, now: datetime, act: Callable[[], str]) -> Done:
    """Let `act` make something and give its name, unless the key says that it is made already.

    Raises `Conflict` while another transaction is at it, and `KeyReused` when the key came with
    something else.
    """
    # Two statements: one that waited for the other's end would look at what was before it.
    if not session.scalar(select(func.pg_try_advisory_xact_lock(key.lock))):
        raise Conflict(
            text("Den samme forespørselen er under arbeid. Prøv igjen om litt."),
            **{"retry-after": RETRY_SECONDS},
        )
    known = _find(session, key.name)
    if known is not None:
        if known.fingeravtrykk != key.fingerprint:
            raise KeyReused(
                text(
                    "Idempotency-Key er brukt til en annen forespørsel. Send en ny nøkkel for hver."
                )
            )
        return Done(known.laget, again=True)
    made = act()
    session.add(
        Idempotensnoekkel(
            tenant_id=session.info["tenant_id"],
            noekkel=key.name,
            fingeravtrykk=key.fingerprint,
            laget=made,
            utloeper=now + LIFETIME,
        )
    )
    return Done(made)


def is_known(session: Session, name: bytes) -> bool:
    """Tell whether a request with this key has made something."""
    return _find(session, name) is not None


def _find(session: Session, name: bytes) -> Idempotensnoekkel | None:
    return session.get(Idempotensnoekkel, (session.info["tenant_id"], name))


def forget_old_keys(session: Session, now: datetime) -> None:
    """Delete the kommune's keys that are a day old."""
    session.execute(
        delete(Idempotensnoekkel).where(
            Idempotensnoekkel.tenant_id == session.info["tenant_id"],
            Idempotensnoekkel.utloeper < now,
        )
    )
