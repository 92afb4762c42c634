"""Every control, in the order of the validator's numbers.

The numbers N5.31, N5.49, N5.50 and N5.52 to N5.58 are not in use.
"""

from collections.abc import Sequence
from typing import Final

from sakark_api.deponering.kontroll import (
    arkiv,
    deler,
    dokumenter,
    filer,
    journaler,
    mapper,
    referanser,
    registreringer,
    struktur,
)
from sakark_api.deponering.kontroll.regel import Kontroll

__all__ = ["KONTROLLER"]

KONTROLLER: Final[Sequence[Kontroll]] = tuple(
    sorted(
        (
            *struktur.KONTROLLER,
            *arkiv.KONTROLLER,
            *mapper.KONTROLLER,
            *registreringer.KONTROLLER,
            *dokumenter.KONTROLLER,
            *filer.KONTROLLER,
            *deler.KONTROLLER,
            *referanser.KONTROLLER,
            *journaler.KONTROLLER,
        ),
        key=lambda kontroll: kontroll.number,
    )
)
