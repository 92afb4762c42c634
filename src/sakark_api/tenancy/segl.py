"""The tables of the chain: rows noted as changed, seals, and what each seal says of which row.

The database notes every row that is written (`radendring`, by triggers). The sealer takes the
notes, and lets a seal say what the rows hold: a SHA-256 of each, and one of the whole seal and the
seal before it. Lines of the log are rows like the others.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    ColumnElement,
    DateTime,
    FromClause,
    Identity,
    Integer,
    LargeBinary,
    Select,
    SmallInteger,
    Table,
    UniqueConstraint,
    cast,
    column,
    func,
    select,
    table,
    true,
)
from sqlalchemy import Text as TextType
from sqlalchemy.types import Uuid

from sakark_api.noark.model import Base

__all__ = [
    "LOG",
    "Form",
    "Grunn",
    "Head",
    "Kind",
    "SealedRow",
    "digest",
    "first_before",
    "kinds",
    "radendring",
    "rows_of",
    "seal_hash",
    "segl",
    "seglform",
    "seglrad",
    "written_plainly",
]

LOG: Final = "endringslogg"
"""The table of the log, whose rows never change."""
_DERIVED: Final = frozenset({"dokumenttekst", "tekstomfang"})

radendring = Table(
    "radendring",
    Base.metadata,
    Column("tenant_id", SmallInteger, nullable=False),
    Column("tabell", TextType, nullable=False),
    Column("enhet", Uuid(), nullable=False),
    Column("annen", Uuid()),
    Column("transaksjon", BigInteger, nullable=False),
    postgresql_partition_by="LIST (tenant_id)",
)
"""Rows that were written and are not sealed yet, each with the transaction that wrote it."""

segl = Table(
    "segl",
    Base.metadata,
    Column("tenant_id", SmallInteger, primary_key=True, autoincrement=False),
    Column("nummer", BigInteger, primary_key=True, autoincrement=False),
    Column("tidspunkt", DateTime(timezone=True), nullable=False),
    Column("antall", Integer, nullable=False),
    Column("sjekksum", LargeBinary, nullable=False),
    postgresql_partition_by="LIST (tenant_id)",
)
"""The seals of each kommune, numbered from 1 without holes."""

seglrad = Table(
    "seglrad",
    Base.metadata,
    Column("tenant_id", SmallInteger, primary_key=True, autoincrement=False),
    Column("segl", BigInteger, primary_key=True, autoincrement=False),
    Column("nr", Integer, primary_key=True, autoincrement=False),
    Column("form", SmallInteger, nullable=False),
    Column("enhet", Uuid(), nullable=False),
    Column("annen", Uuid()),
    Column("sjekksum", LargeBinary),
    Column("grunn", TextType, nullable=False),
    postgresql_partition_by="LIST (tenant_id)",
)
"""What a seal says: that a row had this SHA-256, or (without one) that it was gone."""

seglform = Table(
    "seglform",
    Base.metadata,
    Column("id", SmallInteger, Identity(always=True), primary_key=True),
    Column("tabell", TextType, nullable=False),
    Column("kolonner", ARRAY(TextType), nullable=False),
    UniqueConstraint("tabell", "kolonner"),
)
"""Which columns of a table a checksum is of: a table may get more of them later."""


class Grunn(StrEnum):
    """Why a row is in a seal."""

    BASE = "G"
    """It was there when the chain began."""
    LOGGED = "L"
    """It was written together with a line of the log."""
    UNLOGGED = "U"
    """It was written, and the log says nothing."""


@dataclass(frozen=True)
class Kind:
    """A table whose rows are sealed: what a row is known by, and which columns it has."""

    tabell: str
    keys: tuple[str, ...]
    kolonner: tuple[str, ...]


@dataclass(frozen=True)
class Form:
    """The columns that checksums of a table are of."""

    id: int
    tabell: str
    kolonner: tuple[str, ...]


class Head(NamedTuple):
    """What a seal says beside its rows."""

    tenant_id: int
    nummer: int
    tidspunkt: datetime
    antall: int


class SealedRow(NamedTuple):
    """What a seal says of one row."""

    form: int
    enhet: UUID
    annen: UUID | None
    sjekksum: bytes | None
    grunn: str


@cache
def kinds() -> Mapping[str, Kind]:
    """List the tables whose rows are sealed: all units, the log, and what is tied to what.

    What a file was read to say is not: it can be read again.
    """
    from sakark_api.tenancy import tables  # which has this module's own tables too

    found: dict[str, Kind] = {}
    for one in tables.METADATA.sorted_tables:
        if "tenant_id" not in one.columns or one.name in _DERIVED:
            continue
        keys = tuple(key.name for key in one.primary_key if key.name != "tenant_id")
        paired = len(keys) == 2 and all(isinstance(one.c[key].type, Uuid) for key in keys)  # noqa: PLR2004
        if keys == ("system_id",) or paired:
            plain = sorted(each.name for each in one.columns if each.computed is None)
            found[one.name] = Kind(one.name, keys, tuple(plain))
    return found


def rows_of(kind: Kind, kolonner: Iterable[str], tenant_id: int) -> Select[tuple[object, ...]]:
    """Select the rows of a kommune, by the names that columns have in the database."""
    names = sorted({*kind.keys, *kolonner})
    rows = table(kind.tabell, column("tenant_id"), *map(column, names))
    return select(*(rows.c[name] for name in names)).where(rows.c.tenant_id == tenant_id)


def digest(
    rows: FromClause, kolonner: Sequence[str], som: int | None = None
) -> ColumnElement[bytes]:
    """Sum a row up: SHA-256 of how PostgreSQL writes it; see `written_plainly`.

    `som` is the number that the kommune had where the row was sealed, if not its own.
    """
    number = cast(som, SmallInteger)
    values = (
        number if name == "tenant_id" and som is not None else rows.c[name] for name in kolonner
    )
    whole = cast(func.row(*values), TextType)
    return func.sha256(func.convert_to(whole, "UTF8"), type_=LargeBinary())


def written_plainly() -> Select[tuple[str, ...]]:
    """Let rows be written the same way by everybody, until the transaction ends."""
    ways = {
        "TimeZone": "UTC",
        "DateStyle": "ISO, YMD",
        "IntervalStyle": "iso_8601",
        "bytea_output": "hex",
        "extra_float_digits": "1",
    }
    return select(*(func.set_config(name, value, true()) for name, value in ways.items()))


def first_before(tenant_id: int) -> bytes:
    """Give what stands before a kommune's first seal."""
    return hashlib.sha256(f"sakark {tenant_id}".encode()).digest()


def seal_hash(before: bytes, head: Head, rows: Iterable[SealedRow]) -> bytes:
    """Sum a seal up: the seal before it, its own head, and its rows in their order."""
    whole = hashlib.sha256(before)
    moment = head.tidspunkt.astimezone(UTC).isoformat(timespec="microseconds")
    whole.update(f"{head.tenant_id} {head.nummer} {moment} {head.antall}\n".encode())
    for row in rows:
        summed = row.sjekksum.hex() if row.sjekksum is not None else "-"
        line = f"{row.form} {row.enhet} {row.annen or '-'} {row.grunn} {summed}\n"
        whole.update(line.encode())
    return whole.digest()
