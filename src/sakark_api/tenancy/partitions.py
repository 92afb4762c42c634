"""The tables that belong to kommuner, and each kommune's own partitions of the large ones."""

from sqlalchemy import Connection, Table
from sqlalchemy.schema import DDL

from sakark_api.noark.model import Base

__all__ = ["add_partitions", "is_partition", "partitioned_tables", "tenant_tables"]


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


def add_partitions(connection: Connection, tenant_id: int) -> None:
    """Make the kommune's partitions, where they are missing; run as the owner of the tables."""
    for table in partitioned_tables():
        connection.execute(
            DDL(  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
                "CREATE TABLE IF NOT EXISTS %(partition)s PARTITION OF %(parent)s"
                " FOR VALUES IN (%(tenant)s)",
                context={
                    "partition": partition_name(table.name, tenant_id),
                    "parent": table.name,
                    "tenant": int(tenant_id),
                },
            )
        )
