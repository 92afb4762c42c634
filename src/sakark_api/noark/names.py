"""The only translation between our names and the standard's: `system_id` and `systemID`."""

from functools import cache


@cache
def to_wire(name: str) -> str:
    """Give the standard's spelling of one of our attribute names."""
    first, *rest = name.split("_")
    return first + "".join("ID" if part == "id" else part[:1].upper() + part[1:] for part in rest)
