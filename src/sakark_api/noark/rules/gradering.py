"""The order of grading codes: what a clearance for one of them opens (C4.5.22)."""

from collections.abc import Mapping
from typing import Final

__all__ = ["AUTHORISED", "RANK", "rank_of"]

RANK: Final[Mapping[str, int]] = {"B": 1, "F": 1, "K": 2, "SF": 2, "H": 3, "SH": 4}
"""How high each code is. Codes that a kommune has added itself are the highest.

The two instructions are one order here: who is cleared for Hemmelig may see what is Strengt
fortrolig, and who is cleared for Konfidensielt does too.
"""

UNKNOWN: Final = 5

AUTHORISED: Final = 1
"""What may be seen without clearance, by who may see what is screened (sikkerhetsloven § 8-1)."""


def rank_of(kode: str) -> int:
    """Give how high a code is; the database has the same in `sakark_rank`."""
    return RANK.get(kode, UNKNOWN)
