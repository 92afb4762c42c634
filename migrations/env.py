"""Run migrations on the connection that `sakark_api.db.migrate` brings."""

from typing import Literal

from alembic import context
from sqlalchemy import ForeignKeyConstraint
from sqlalchemy.schema import SchemaItem

from sakark_api.noark.attribute import ValueType
from sakark_api.tenancy.partitions import is_partition
from sakark_api.tenancy.tables import METADATA


def is_ours(item: SchemaItem, name: str | None, kind: str, reflected: bool, other: object) -> bool:  # noqa: FBT001  Alembic's
    """Leave the kommuner's partitions alone: they come and go with their kommune."""
    del reflected, other
    if isinstance(item, ForeignKeyConstraint):
        return not is_partition(item.elements[0].target_fullname.split(".")[0])
    return not (kind == "table" and is_partition(name or ""))


def written(kind: str, item: object, autogen_context: object) -> str | Literal[False]:
    """Write our own column types as what they are in the database."""
    del autogen_context
    if kind == "type" and isinstance(item, ValueType):
        return "postgresql.JSONB(none_as_null=True)"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    include_object=is_ours,
    render_item=written,
    compare_server_default=False,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
