"""Units that can carry fields of the kommune's own, beside the standard's."""

from typing import Any

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped

from sakark_api.noark.attribute import attribute

__all__ = ["Utvidbar"]


class Utvidbar:
    """Can carry the kommune's own fields: full field names and JSON values (GUIDE 13)."""

    virksomhetsspesifikke_metadata: Mapped[dict[str, Any] | None] = attribute(
        "M711",
        type_=JSONB(none_as_null=True),
        fields_in="virksomhetsspesifikkeMetadata",
    )
