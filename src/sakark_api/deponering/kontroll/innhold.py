"""What has been seen of a package while it was read."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sakark_api.deponering.kontroll.dokumentfiler import Dokumentfiler
from sakark_api.deponering.kontroll.fingeravtrykk import Fingeravtrykk
from sakark_api.deponering.kontroll.regel import Alvor, Funn, Sted, Telling, Utfall
from sakark_api.deponering.kontroll.validering import Brudd
from sakark_api.deponering.lesing import Enhet
from sakark_api.deponering.pakke import Pakke
from sakark_api.texts import Text

__all__ = ["Innhold", "Journal", "Referanser"]


@dataclass(frozen=True)
class Journal:
    """What a journal says of itself, and how many journalposter it has."""

    antall: int
    start: str
    slutt: str
    found: int


class Referanser:
    """References to units that may come later in the file: where each was first, and how often."""

    def __init__(self) -> None:
        self.known: set[str] = set()
        self._waiting: dict[str, Sted] = {}

    def defines(self, system_id: str | None) -> None:
        if system_id:
            self.known.add(system_id)
            self._waiting.pop(system_id, None)

    def refers(self, system_id: str, unit: Enhet) -> None:
        if system_id not in self.known and system_id not in self._waiting:
            self._waiting[system_id] = Sted.of(unit)

    @property
    def broken(self) -> Mapping[str, Sted]:
        """The references that lead to nothing, when everything has been read."""
        return self._waiting


@dataclass
class Innhold:
    """The package, and what the controls have noted of it; filled by one reading of each file."""

    pakke: Pakke
    filer: Dokumentfiler
    utfall: Mapping[int, Utfall]
    system_ids: Fingeravtrykk = field(default_factory=Fingeravtrykk)
    primaere: set[str] = field(default_factory=set)
    arkivdeler: Referanser = field(default_factory=Referanser)
    klasser: Referanser = field(default_factory=Referanser)
    brudd: dict[str, list[Brudd]] = field(default_factory=dict)
    journaler: dict[str, Journal] = field(default_factory=dict)

    def telling(self, number: int) -> Telling:
        return self.utfall[number].telling

    def fault(self, number: int, text: Text, sted: Sted) -> None:
        self.utfall[number].add(Funn(Alvor.FEIL, text, sted))

    def remark(self, number: int, text: Text, sted: Sted) -> None:
        self.utfall[number].add(Funn(Alvor.MERKNAD, text, sted))
