"""All checks, in the order in which they are told of, and by name."""

from collections.abc import Mapping
from itertools import chain
from typing import Final

from sakark_api.deponering.sjekker import arkiver, dokumenter, felt, mapper, registreringer
from sakark_api.deponering.sjekker.sjekk import Sjekk

__all__ = ["SJEKKER"]

SJEKKER: Final[Mapping[str, Sjekk]] = {
    one.id: one
    for one in chain(
        felt.SJEKKER, arkiver.SJEKKER, mapper.SJEKKER, registreringer.SJEKKER, dokumenter.SJEKKER
    )
}
