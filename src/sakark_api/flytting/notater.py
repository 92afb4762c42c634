"""Notes of rows that were written while triggers rested, for the sealer to take."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    SmallInteger,
    cast,
    func,
    insert,
    literal,
    select,
)
from sqlalchemy import Text as TextType
from sqlalchemy.orm import Session

from sakark_api.tenancy.segl import LOG, kinds, radendring

__all__ = ["Notes", "notes_of"]

_BATCH: Final = 5000
_NEVER_A_TRANSACTION: Final = 2**62


@dataclass
class Notes:
    """Rows that were written while triggers rested, noted in batches that a seal can hold."""

    session: Session
    tenant_id: int
    first: int
    used: int = 0

    def add(self, tabell: str, rows: Any, count: int) -> None:  # noqa: ANN401  a table or subquery
        kind = kinds().get(tabell)
        if kind is None or count == 0:
            return
        place = func.div(func.row_number().over() - 1, _BATCH).cast(BigInteger)
        keys = [rows.c[key] for key in kind.keys]
        named = ["tenant_id", "tabell", "transaksjon", "enhet", "annen"][: 3 + len(keys)]
        batch = place + (self.first + self.used)
        number = cast(self.tenant_id, SmallInteger)
        noted = select(number, literal(tabell, TextType()), batch, *keys).select_from(rows)
        self.session.execute(insert(radendring).from_select(named, noted))
        self.used += -(-count // _BATCH)

    def tell(self, line: UUID) -> None:
        """Let each batch be of a line of the log: what is sealed together was told of."""
        rows = [
            {
                "tenant_id": self.tenant_id,
                "tabell": LOG,
                "enhet": line,
                "transaksjon": self.first + number,
            }
            for number in range(self.used)
        ]
        if rows:
            self.session.execute(insert(radendring), rows)


def notes_of(session: Session, tenant_id: int) -> Notes:
    """Begin to note for a kommune, under numbers that no transaction has."""
    xid = session.scalar(select(cast(cast(func.pg_current_xact_id(), TextType), BigInteger)))
    return Notes(session, tenant_id, _NEVER_A_TRANSACTION + (xid or 0) * 2**16)
