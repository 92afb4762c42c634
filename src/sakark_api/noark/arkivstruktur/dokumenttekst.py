"""Dokumenttekst: the words of a file, for search. No unit of its own: it goes with its file."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Computed, ForeignKeyConstraint, Index, SmallInteger, Uuid
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from sakark_api.noark.model import Base, partitioned

__all__ = ["Dokumenttekst", "Tekstomfang"]


class Dokumenttekst(Base):
    """What a file says, by its dokumentobjekt; without a text where it could not be read."""

    __tablename__ = "dokumenttekst"
    __table_args__ = partitioned(
        ForeignKeyConstraint(
            ["tenant_id", "system_id"],
            ["dokumentobjekt.tenant_id", "dokumentobjekt.system_id"],
            ondelete="CASCADE",
        ),
        Index(None, "sok", postgresql_using="gin"),
        Index(None, "opprettet_dato"),
    )

    tenant_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    system_id: Mapped[UUID] = mapped_column(primary_key=True)
    opprettet_dato: Mapped[datetime]
    """When the dokumentobjekt was made: search gives the newest first, and asks no other table."""
    lest_dato: Mapped[datetime]
    """When the file was read last, or could not be."""
    tekst: Mapped[str | None] = mapped_column(deferred=True)
    sok: Mapped[str | None] = mapped_column(
        TSVECTOR,
        # What has more words than an index takes is cut off there, and not refused. The month that
        # the file is of is a word as well, so that the newest are found without looking at all.
        Computed(
            "sakark_words_of(tekst)"
            " || array_to_tsvector(ARRAY[' ' || sakark_month_of(opprettet_dato)])",
            persisted=True,
        ),
        deferred=True,
    )


class Tekstomfang(Base):
    """By what the document of a text may be reached, so that search passes by most of the others.

    The database keeps it (migration `reach_of_texts`). It lets nobody see anything: that is asked
    of the units themselves.
    """

    __tablename__ = "tekstomfang"
    __table_args__ = partitioned(
        ForeignKeyConstraint(
            ["tenant_id", "system_id"],
            ["dokumenttekst.tenant_id", "dokumenttekst.system_id"],
            ondelete="CASCADE",
        ),
    )

    tenant_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    system_id: Mapped[UUID] = mapped_column(primary_key=True)
    ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    """The document, all that its registreringer are in, and who is responsible for any of those."""
