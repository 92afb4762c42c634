"""Uploads of large files that are under way (GUIDE 10): what has come, and for whom."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, SmallInteger, Text, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.types import Uuid

from sakark_api.noark.model import Base

__all__ = ["LIFETIME", "Opplasting", "forget_expired"]

LIFETIME: Final = timedelta(hours=24)


class Opplasting(Base):
    """One upload session; `parts` are the storage keys of what has come, in order.

    `laget` is the dokumentobjekt that the whole file became; the parts are deleted then. The row
    stays until it expires: who got no answer to the last chunk sends it again, and finds the file.
    """

    __tablename__ = "opplasting"

    tenant_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    id: Mapped[UUID] = mapped_column(Uuid(), primary_key=True)
    type: Mapped[str]
    unit_id: Mapped[UUID]
    actor_id: Mapped[UUID]
    mime_type: Mapped[str]
    filnavn: Mapped[str | None]
    size: Mapped[int] = mapped_column(BigInteger)
    received: Mapped[int] = mapped_column(BigInteger)
    parts: Mapped[list[str]] = mapped_column(ARRAY(Text()))
    laget: Mapped[UUID | None] = mapped_column(Uuid())
    expires: Mapped[datetime]


def forget_expired(session: Session, now: datetime) -> list[str]:
    """Delete the kommune's uploads that nobody finished; give the keys of what had come."""
    expired = (Opplasting.tenant_id == session.info["tenant_id"], Opplasting.expires < now)
    keys = [
        key for parts in session.scalars(select(Opplasting.parts).where(*expired)) for key in parts
    ]
    session.execute(delete(Opplasting).where(*expired))
    return keys
