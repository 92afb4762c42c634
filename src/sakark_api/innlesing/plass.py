"""Where units are: what those that are in a unit need to know of it."""

from dataclasses import dataclass, field
from uuid import UUID

from sakark_api.innlesing.mellomlager import Lest
from sakark_api.innlesing.rad import Row

__all__ = ["Plass", "slim"]


@dataclass(frozen=True)
class Plass:
    """A unit that others are in: what they need to know of it."""

    unit: Lest
    system_id: UUID | None = None
    arkivdel: UUID | None = None
    system: UUID | None = None
    row: Row = field(default_factory=dict)
    dokument: UUID | None = None
    """The dokumentbeskrivelse made for files right under a registrering."""
    finnes: bool = False
    """Whether the kommune had the unit before: then nothing is added to itself."""


def slim(row: Row) -> Row:
    """Give what is kept of a mappe for what comes into it much later."""
    return {name: row.get(name) for name in ("skjerming", "opprettet_dato", "opprettet_av")}
