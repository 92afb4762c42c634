"""The table of all code lists of all kommuner, and the loading of one kommune's."""

from datetime import datetime

from sqlalchemy import Index, SmallInteger, column, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from sakark_api.noark.metadata.kodeliste import POSTNUMMER
from sakark_api.noark.metadata.kodeverk import Felt, Kodeverdi, Kodeverk
from sakark_api.noark.metadata.virksomhetsspesifikkemetadata import VirksomhetsspesifikkeMetadata
from sakark_api.noark.model import Base

__all__ = ["KODEVERK_ROWS", "KodeverdiRow", "load_kodeverk"]


class KodeverdiRow(Base):
    """One value of one code list in one kommune (Kodelisteverdi)."""

    __tablename__ = "kodeverdi"
    # One poststed has many numbers: the register beats the rule that names are unique (GUIDE 13).
    __table_args__ = (
        Index(
            "uq_kodeverdi_tenant_id_liste_kodenavn",
            "tenant_id",
            "liste",
            "kodenavn",
            unique=True,
            postgresql_where=column("liste") != POSTNUMMER.name,
        ),
    )

    tenant_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    liste: Mapped[str] = mapped_column(primary_key=True)
    kode: Mapped[str] = mapped_column(primary_key=True)
    kodenavn: Mapped[str]
    beskrivelse: Mapped[str | None]
    utdatert: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


KODEVERK_ROWS = (KodeverdiRow, VirksomhetsspesifikkeMetadata)
"""What a kommune's `Kodeverk` is read from."""


def load_kodeverk(session: Session) -> Kodeverk:
    """Read every code list and every field of its own of the session's kommune."""
    table = KodeverdiRow.__table__.c
    rows = session.execute(
        select(table.liste, table.kode, table.kodenavn, table.utdatert).where(
            table.tenant_id == session.info["tenant_id"]
        )
    )
    lists: dict[str, dict[str, Kodeverdi]] = {}
    for liste, kode, kodenavn, utdatert in rows:
        lists.setdefault(liste, {})[kode] = Kodeverdi(kode, kodenavn, utdatert)
    fields = session.scalars(select(VirksomhetsspesifikkeMetadata))
    return Kodeverk(lists, {one.navn: Felt(one.navn, one.type, one.utdatert) for one in fields})
