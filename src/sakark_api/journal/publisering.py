"""How far a kommune's public journal has come, and how old names of persons may be in it."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sakark_api.journal.asked import begins, year_before
from sakark_api.journal.virkedager import published_until
from sakark_api.noark.values import NORWAY
from sakark_api.tenancy.kommune import Kommune

__all__ = ["last_published", "published_values"]


def last_published(kommune: Kommune, now: datetime) -> date:
    """Give the last day whose entries everybody may read."""
    assert kommune.offentlig_journal is not None  # noqa: S101  asked of those that publish
    return published_until(now.astimezone(NORWAY).date(), kommune.offentlig_journal)


def published_values(kommune: Kommune, now: datetime) -> Mapping[str, Any]:
    """Give what statements are to know: when what is not public begins, and what is old ends."""
    return {
        "published": begins(last_published(kommune, now) + timedelta(1)),
        "old": begins(year_before(now.astimezone(NORWAY).date())),
    }
