"""Orders of deposits: what was ordered, how far it has come, and what it came to."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Index,
    SmallInteger,
    Text,
    Uuid,
    and_,
    column,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from sakark_api.noark.model import Base

__all__ = [
    "EXPORTING",
    "OVERGANGER",
    "UNDER_WAY",
    "Tilstand",
    "Uttrekk",
    "add_order",
    "expired",
    "forget_result",
    "lock_order",
    "move",
    "note_progress",
    "under_way",
]


EXPORTING: Final = "lag_uttrekk"
"""The job that makes what is ordered; by its name the database puts it in a queue of its own."""


class Tilstand(StrEnum):
    """Where an order is on its way."""

    BESTILT = "bestilt"
    """It waits: for its turn, or for what was away to come back."""
    I_GANG = "i gang"
    FERDIG = "ferdig"
    AVBRUTT = "avbrutt"
    FEILET = "feilet"


OVERGANGER: Final[Mapping[Tilstand, frozenset[Tilstand]]] = {
    Tilstand.BESTILT: frozenset({Tilstand.I_GANG, Tilstand.AVBRUTT, Tilstand.FEILET}),
    # What its worker was killed in is begun again: it goes on from what had come.
    Tilstand.I_GANG: frozenset(
        {
            Tilstand.I_GANG,
            Tilstand.BESTILT,
            Tilstand.FERDIG,
            Tilstand.AVBRUTT,
            Tilstand.FEILET,
        }
    ),
    Tilstand.FERDIG: frozenset(),
    Tilstand.AVBRUTT: frozenset(),
    Tilstand.FEILET: frozenset(),
}
"""Which states may follow each. Whatever the table does not say, does not happen."""

UNDER_WAY: Final = tuple(state for state, following in OVERGANGER.items() if following)
"""The states that an order does not stay in."""

_IS_UNDER_WAY: Final = column("tilstand", Text()).in_([str(one) for one in UNDER_WAY])


class Uttrekk(Base):
    """An order of a deposit. `grunn`, `trinn`, `utelatt` and `hindringer` are kept sentences.

    `gradert` is the highest grading of what came along; `dias` what a package for submission says
    of those who submit it, where one was ordered, and `innsending` what goes beside the package.
    """

    __tablename__ = "uttrekk"
    __table_args__ = (
        # Of each kommune one at a time: a deposit takes disk, and holds back the database's care.
        Index("uq_uttrekk_under_way", "tenant_id", unique=True, postgresql_where=_IS_UNDER_WAY),
    )

    tenant_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    arkivdeler: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    fra: Mapped[date | None]
    til: Mapped[date | None]
    produksjonsformat: Mapped[bool]
    dias: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    tilstand: Mapped[str]
    bestilt_dato: Mapped[datetime]
    bestilt_av: Mapped[str]
    referanse_bestilt_av: Mapped[UUID]
    forsoek: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    begynt_dato: Mapped[datetime | None]
    oppdatert_dato: Mapped[datetime | None]
    avsluttet_dato: Mapped[datetime | None]
    trinn: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    enheter: Mapped[int] = mapped_column(BigInteger, server_default="0")
    av_enheter: Mapped[int] = mapped_column(BigInteger, server_default="0")
    filer: Mapped[int] = mapped_column(BigInteger, server_default="0")
    av_filer: Mapped[int] = mapped_column(BigInteger, server_default="0")
    utelatt: Mapped[list[Any]] = mapped_column(JSONB, server_default="[]")
    grunn: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    hindringer: Mapped[list[Any]] = mapped_column(JSONB, server_default="[]")
    gradert: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    lagringsnoekkel: Mapped[str | None]
    filnavn: Mapped[str | None]
    filstoerrelse: Mapped[int | None] = mapped_column(BigInteger)
    sjekksum: Mapped[str | None]
    utloeper_dato: Mapped[datetime | None]
    innsending: Mapped[str | None]


def add_order(session: Session, facts: Mapping[str, object]) -> UUID:
    """Add an order, which waits from now on; give its id."""
    order = uuid4()
    tenant_id = session.info["tenant_id"]
    made = Uttrekk(tenant_id=tenant_id, id=order, tilstand=Tilstand.BESTILT, **facts)
    session.add(made)
    session.flush()
    return order


def lock_order(session: Session, order: UUID) -> Uttrekk | None:
    """Give an order, which nobody else changes until the transaction ends."""
    return session.get(Uttrekk, (session.info["tenant_id"], order), with_for_update=True)


def move(session: Session, order: UUID, to: Tilstand, facts: Mapping[str, object]) -> bool:
    """Bring an order to a state, with what is known of it then; False where it can't come there."""
    before = [one for one, following in OVERGANGER.items() if to in following]
    moved = (
        update(Uttrekk)
        .where(_is(session, order), Uttrekk.tilstand.in_(before))
        .values(tilstand=to, **facts)
        .returning(Uttrekk.id)
    )
    return session.scalar(moved) is not None


def note_progress(session: Session, order: UUID, facts: Mapping[str, object]) -> bool:
    """Note how far an order that is being done has come; False when it is wanted no more."""
    noted = (
        update(Uttrekk)
        .where(_is(session, order), Uttrekk.tilstand == Tilstand.I_GANG)
        .values(**facts)
        .returning(Uttrekk.id)
    )
    return session.scalar(noted) is not None


def under_way(session: Session) -> list[UUID]:
    """List the orders that somebody waits for."""
    ours = Uttrekk.tenant_id == session.info["tenant_id"]
    return list(session.scalars(select(Uttrekk.id).where(ours, Uttrekk.tilstand.in_(UNDER_WAY))))


def expired(session: Session, now: datetime) -> list[tuple[UUID, str]]:
    """List the orders whose results have been kept for their days, with their keys in storage."""
    found = select(Uttrekk.id, Uttrekk.lagringsnoekkel).where(
        Uttrekk.tenant_id == session.info["tenant_id"],
        Uttrekk.utloeper_dato <= now,
        Uttrekk.lagringsnoekkel.is_not(None),
    )
    return [(order, key) for order, key in session.execute(found) if key is not None]


def forget_result(session: Session, order: UUID) -> None:
    """Let an order have no result any more: its bytes are gone."""
    gone = {"lagringsnoekkel": None, "innsending": None}
    session.execute(update(Uttrekk).where(_is(session, order)).values(**gone))


def _is(session: Session, order: UUID) -> ColumnElement[bool]:
    return and_(Uttrekk.tenant_id == session.info["tenant_id"], Uttrekk.id == order)
