"""Bytes in storage that no row names: a transaction that was to name them never came.

What is found is noted first, and deleted days later when it still is not named: no upload takes
that long, and a database that was taken back in time gets its days anew.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ARRAY, SmallInteger, Text, delete, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from sakark_api.noark.arkivstruktur.dokumentobjekt import Dokumentobjekt
from sakark_api.noark.bevaring.kassasjonslinje import Kassasjonslinje
from sakark_api.noark.model import Base
from sakark_api.noark.opplasting import Opplasting
from sakark_api.tenancy.forhaandsvisning import Forhaandsvisning
from sakark_api.tenancy.uttrekk import Uttrekk

__all__ = ["Loesfil", "forget", "named", "note_strays", "passing_keys"]


class Loesfil(Base):
    """A key in storage that no row named when it was first seen."""

    __tablename__ = "loesfil"

    tenant_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    noekkel: Mapped[str] = mapped_column(primary_key=True)
    foerst_sett: Mapped[datetime]


def note_strays(
    session: Session, keys: Sequence[str], now: datetime, before: datetime
) -> list[str]:
    """Note which of some keys no row names; give those that were seen so before a moment."""
    tenant_id = session.info["tenant_id"]
    stray = sorted(set(keys) - named(session, keys))
    ours = (Loesfil.tenant_id == tenant_id, Loesfil.noekkel.in_(keys))
    session.execute(delete(Loesfil).where(*ours, Loesfil.noekkel.not_in(stray)))
    if not stray:
        return []
    rows = [{"tenant_id": tenant_id, "noekkel": key, "foerst_sett": now} for key in stray]
    session.execute(insert(Loesfil).on_conflict_do_nothing(), rows)
    found = select(Loesfil.noekkel).where(*ours, Loesfil.foerst_sett < before)
    return list(session.scalars(found))


def named(session: Session, keys: Sequence[str]) -> set[str]:
    """Tell which keys a file, its preview, an upload or disposal under way, or a deposit, names."""
    files = select(Dokumentobjekt.lagringsnoekkel).where(Dokumentobjekt.lagringsnoekkel.in_(keys))
    previews = select(Forhaandsvisning.lagringsnoekkel).where(
        Forhaandsvisning.tenant_id == session.info["tenant_id"],
        Forhaandsvisning.lagringsnoekkel.in_(keys),
    )
    parts = select(func.unnest(Opplasting.parts)).where(
        Opplasting.tenant_id == session.info["tenant_id"],
        Opplasting.parts.bool_op("&&")(literal(list(keys), ARRAY(Text()))),
    )
    disposed = select(func.unnest(Kassasjonslinje.noekler)).where(
        Kassasjonslinje.noekler.bool_op("&&")(literal(list(keys), ARRAY(Text()))),
        Kassasjonslinje.destruert_dato.is_(None),
    )
    deposits = select(Uttrekk.lagringsnoekkel).where(
        Uttrekk.tenant_id == session.info["tenant_id"], Uttrekk.lagringsnoekkel.in_(keys)
    )
    naming = (files, previews, parts, disposed, deposits)
    return {key for one in naming for key in session.scalars(one)} - {None}


def passing_keys(session: Session) -> list[str]:
    """List the keys of what is kept for a while: what has come of uploads, and deposits."""
    tenant_id = session.info["tenant_id"]
    uploads = select(func.unnest(Opplasting.parts)).where(Opplasting.tenant_id == tenant_id)
    deposits = select(Uttrekk.lagringsnoekkel).where(
        Uttrekk.tenant_id == tenant_id, Uttrekk.lagringsnoekkel.is_not(None)
    )
    return [key for one in (uploads, deposits) for key in session.scalars(one) if key is not None]


def forget(session: Session, keys: Sequence[str]) -> None:
    """Note no more of keys whose bytes are gone."""
    session.execute(
        delete(Loesfil).where(
            Loesfil.tenant_id == session.info["tenant_id"], Loesfil.noekkel.in_(keys)
        )
    )
