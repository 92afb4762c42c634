"""Run migrations on the connection that `sakark_api.db.migrate` brings."""

from typing import Literal

from alembic import context
from sqlalchemy import ForeignKeyConstraint
from sqlalchemy.schema import SchemaItem

import sakark_api.noark.catalog
import sakark_api.noark.logging.endringslogg
import sakark_api.noark.metadata.kodeverdi
import sakark_api.noark.opplasting
import sakark_api.noark.rules.numre
import sakark_api.tenancy.bruk
import sakark_api.tenancy.driftslogg
import sakark_api.tenancy.kommune  # noqa: F401  they fill the metadata
from sakark_api.noark.attribute import ValueType
from sakark_api.noark.model import Base
from sakark_api.tenancy.partitions import is_partition


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
    target_metadata=Base.metadata,
    include_object=is_ours,
    render_item=written,
    compare_server_default=False,
)
with context.begin_transaction():
    context.run_migrations()
