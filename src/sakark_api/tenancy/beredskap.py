"""Readiness: how many units of each arkivdel could be deposited, as they were last counted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, SmallInteger, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from sakark_api.noark.arkivstruktur.arkivdel import Arkivdel
from sakark_api.noark.model import Base

__all__ = ["Beredskap", "Telt", "keep_counts"]


class Beredskap(Base):
    """How many units of one kind an arkivdel has, and in how many of them what stands in the way.

    `sjekker` has those checks that hold for any: how many are at fault, and how many not done yet.
    """

    __tablename__ = "beredskap"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "arkivdel_ref"],
            ["arkivdel.tenant_id", "arkivdel.system_id"],
            ondelete="CASCADE",
        ),
    )

    tenant_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    arkivdel_ref: Mapped[UUID] = mapped_column(primary_key=True)
    ressurs: Mapped[str] = mapped_column(primary_key=True)
    enheter: Mapped[int] = mapped_column(BigInteger)
    med_feil: Mapped[int] = mapped_column(BigInteger)
    uferdige: Mapped[int] = mapped_column(BigInteger)
    sjekker: Mapped[dict[str, list[int]]] = mapped_column(JSONB)
    talt_dato: Mapped[datetime]


@dataclass(frozen=True)
class Telt:
    """What was counted of one kind of units."""

    ressurs: str
    enheter: int
    med_feil: int
    uferdige: int
    sjekker: Mapping[str, tuple[int, int]]


def keep_counts(session: Session, arkivdel: UUID, counts: Iterable[Telt], now: datetime) -> None:
    """Keep what was counted, instead of what was before; nothing of an arkivdel that is gone."""
    there = select(Arkivdel.system_id).where(Arkivdel.system_id == arkivdel)
    if session.scalar(there.with_for_update(read=True, key_share=True)) is None:
        return
    rows = [
        {
            "tenant_id": session.info["tenant_id"],
            "arkivdel_ref": arkivdel,
            "ressurs": one.ressurs,
            "enheter": one.enheter,
            "med_feil": one.med_feil,
            "uferdige": one.uferdige,
            "sjekker": {name: list(pair) for name, pair in one.sjekker.items()},
            "talt_dato": now,
        }
        for one in counts
    ]
    made = insert(Beredskap).values(rows)
    given = {name: made.excluded[name] for name in rows[0] if name not in _KEY}
    session.execute(made.on_conflict_do_update(index_elements=_KEY, set_=given))


_KEY = ("tenant_id", "arkivdel_ref", "ressurs")
