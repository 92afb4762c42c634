"""Numbers that are never given twice: one counter row for each series of a kommune."""

from collections.abc import Sequence

from sqlalchemy import ARRAY, SmallInteger, bindparam, func, literal, select
from sqlalchemy import Text as TextType
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from sakark_api.noark.model import Base

__all__ = ["Teller", "next_numbers"]


class Teller(Base):
    """The last number given in a series."""

    __tablename__ = "teller"

    tenant_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    serie: Mapped[str] = mapped_column(primary_key=True)
    verdi: Mapped[int]


_series = (
    func.unnest(bindparam("series", type_=ARRAY(TextType()))).table_valued("serie").render_derived()
)
_take = insert(Teller).from_select(
    ["tenant_id", "serie", "verdi"],
    select(bindparam("tenant", type_=SmallInteger()), _series.c.serie, literal(1)),
)
_NEXT = _take.on_conflict_do_update(
    index_elements=[Teller.tenant_id, Teller.serie], set_={"verdi": Teller.verdi + 1}
).returning(Teller.serie, Teller.verdi)


def next_numbers(session: Session, series: Sequence[str]) -> list[int]:
    """Take the next number of each series, in one statement.

    The rows stay locked until the transaction ends: call it last, and give the series that many
    writers share last, so that nobody waits for a lock that somebody holds while waiting.
    """
    values = {"tenant": session.info["tenant_id"], "series": list(series)}
    given = dict(session.connection().execute(_NEXT, values).all())
    return [given[serie] for serie in series]
