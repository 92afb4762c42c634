"""The operator's log: who did what to which kommune, kept from changes by the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Identity, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from sakark_api.noark.model import Base

__all__ = ["Actor", "DriftsloggRow", "log_drift", "newest"]


class DriftsloggRow(Base):
    """One thing that the operator did. Belongs to no kommune, and outlives the one it is about."""

    __tablename__ = "driftslogg"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    tidspunkt: Mapped[datetime]
    issuer: Mapped[str | None]
    subject: Mapped[str]
    navn: Mapped[str]
    hendelse: Mapped[str]
    kommune: Mapped[str | None]
    detaljer: Mapped[dict[str, Any]] = mapped_column(JSONB)


@dataclass(frozen=True)
class Actor:
    """Who does something, and when; without an issuer somebody at the operator's own machine."""

    issuer: str | None
    subject: str
    navn: str
    now: datetime


def log_drift(
    session: Session, actor: Actor, hendelse: str, kommune: str | None, detaljer: Mapping[str, Any]
) -> None:
    """Write what is done, in the transaction that does it; `detaljer` hold no secrets."""
    session.add(
        DriftsloggRow(
            tidspunkt=actor.now,
            issuer=actor.issuer,
            subject=actor.subject,
            navn=actor.navn,
            hendelse=hendelse,
            kommune=kommune,
            detaljer=dict(detaljer),
        )
    )


def newest(session: Session, count: int, before: int | None = None) -> Sequence[DriftsloggRow]:
    """Give the newest rows, or the newest of those older than a row."""
    rows = select(DriftsloggRow).order_by(DriftsloggRow.id.desc()).limit(count)
    if before is not None:
        rows = rows.where(DriftsloggRow.id < before)
    return session.scalars(rows).all()
