"""Previews: a picture of a file's first page, kept beside the file and gone with it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, SmallInteger, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from sakark_api.noark.model import Base, partitioned
from sakark_api.noark.resource import StoredFile

__all__ = ["Forhaandsvisning", "forget_previews", "has_preview", "keep_preview", "preview_key"]


class Forhaandsvisning(Base):
    """Where the picture of a dokumentobjekt's file is; the picture itself is in storage."""

    __tablename__ = "forhaandsvisning"
    __table_args__ = partitioned(
        ForeignKeyConstraint(
            ["tenant_id", "enhet"],
            ["dokumentobjekt.tenant_id", "dokumentobjekt.system_id"],
            ondelete="CASCADE",
        )
    )

    tenant_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    enhet: Mapped[UUID] = mapped_column(primary_key=True)
    lagringsnoekkel: Mapped[str]
    filstoerrelse: Mapped[int] = mapped_column(BigInteger)
    sjekksum: Mapped[str]
    laget: Mapped[datetime]


def keep_preview(session: Session, unit_id: UUID, stored: StoredFile, now: datetime) -> bool:
    """Let a unit have a picture; tell whether it is kept: the one there is already, stays."""
    made = insert(Forhaandsvisning).values(
        tenant_id=session.info["tenant_id"],
        enhet=unit_id,
        lagringsnoekkel=stored.key,
        filstoerrelse=stored.size,
        sjekksum=stored.sha256,
        laget=now,
    )
    kept = made.on_conflict_do_nothing().returning(Forhaandsvisning.enhet)
    return session.scalar(kept) is not None


def forget_previews(session: Session, units: Sequence[UUID]) -> Sequence[str]:
    """Let units have no pictures any more; give where those are in storage."""
    gone = delete(Forhaandsvisning).where(
        Forhaandsvisning.tenant_id == session.info["tenant_id"], Forhaandsvisning.enhet.in_(units)
    )
    return session.scalars(gone.returning(Forhaandsvisning.lagringsnoekkel)).all()


def has_preview(session: Session, unit_id: UUID) -> bool:
    return preview_key(session, unit_id) is not None


def preview_key(session: Session, unit_id: UUID) -> str | None:
    """Give where the picture of a unit's file is in storage, if there is one."""
    return session.scalar(
        select(Forhaandsvisning.lagringsnoekkel).where(
            Forhaandsvisning.tenant_id == session.info["tenant_id"],
            Forhaandsvisning.enhet == unit_id,
        )
    )
