"""How grave a finding is, of a deposit or of the archive that one is to be made of."""

from enum import StrEnum

__all__ = ["Alvor"]


class Alvor(StrEnum):
    """How grave a finding is: what the validator rejects, or what a person should look at."""

    FEIL = "feil"
    MERKNAD = "merknad"
