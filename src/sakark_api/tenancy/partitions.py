"""The tables that belong to kommuner, and each kommune's own partitions of the large ones."""

from sqlalchemy import SmallInteger, Table, cast, func, select
from sqlalchemy.orm import Session

from sakark_api.noark.model import Base

__all__ = [
    "add_partitions",
    "is_partition",
    "partition_name",
    "partitioned_tables",
    "tenant_tables",
    "throw_away",
]


def tenant_tables() -> list[Table]:
    """List the tables whose rows belong to a kommune, referred-to tables first."""
    return [table for table in Base.metadata.sorted_tables if "tenant_id" in table.columns]


def partitioned_tables() -> list[Table]:
    """List the tables that hold one partition for each kommune."""
    return [
        table
        for table in tenant_tables()
        if table.dialect_options["postgresql"].get("partition_by") is not None
    ]


def partition_name(table: str, tenant_id: int) -> str:
    return f"{table}_k{tenant_id}"


def is_partition(name: str) -> bool:
    """Tell whether a table is a kommune's partition of one of ours."""
    table, mark, number = name.rpartition("_k")
    return bool(mark) and number.isdigit() and table in Base.metadata.tables


def add_partitions(session: Session, tenant_id: int) -> None:
    """Make the kommune's partitions, where they are missing; as the owner or the operator.

    Raises the database's lock_not_available when others are in the way: `keeping_at_it` retries.
    """
    session.execute(select(func.sakark_add_partitions(cast(tenant_id, SmallInteger))))


def throw_away(session: Session, tenant_id: int) -> None:
    """Delete a sandbox with all it holds in the database; the database refuses any other."""
    session.execute(select(func.sakark_throw_away(cast(tenant_id, SmallInteger))))
