"""What a list of work is asked for, read from the query of its address."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sakark_api.errors import Invalid, NotFound
from sakark_api.rest.paging import LARGEST_SKIP, given_in, number
from sakark_api.texts import text

__all__ = ["LARGEST_PAGE", "Asked", "parse_asked"]

LARGEST_PAGE: Final = 1000
_PAGE: Final = 50
_KNOWN: Final = ("arkivdel", "$top", "$skip")


@dataclass(frozen=True)
class Asked:
    """Which arkivdel the units are to be of, and which of them are wanted."""

    arkivdel: UUID
    top: int
    skip: int


def parse_asked(query: str) -> Asked:
    """Read the query; raises `Invalid` without an arkivdel, and `NotFound` for what is no id."""
    asked = given_in(query, _KNOWN)
    if "arkivdel" not in asked:
        raise Invalid(text("Si hvilken arkivdel det gjelder: ?arkivdel=<systemID>."))
    try:
        part = UUID(asked["arkivdel"])
    except ValueError:
        raise NotFound(text("Arkivdelen finnes ikke.")) from None
    top = number(asked, "$top", LARGEST_PAGE)
    skip = number(asked, "$skip", LARGEST_SKIP)
    return Asked(part, _PAGE if top is None else top, skip or 0)
