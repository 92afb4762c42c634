"""Units that can carry fields of the kommune's own, beside the standard's."""

from typing import Any

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped

from sakark_api.noark.attribute import attribute
from sakark_api.noark.exact import write_json

__all__ = ["Utvidbar"]


class Fields(JSONB):
    """An object of fields, which has changed when it is written otherwise: true is not 1."""

    cache_ok = True

    def compare_values(self, x: Any, y: Any) -> bool:
        return write_json(x) == write_json(y)


class Utvidbar:
    """Can carry the kommune's own fields: full field names and JSON values (GUIDE 13)."""

    virksomhetsspesifikke_metadata: Mapped[dict[str, Any] | None] = attribute(
        "M711",
        type_=Fields(none_as_null=True),
        fields_in="virksomhetsspesifikkeMetadata",
    )
