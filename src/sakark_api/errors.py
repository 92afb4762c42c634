"""What can go wrong, without a word about HTTP.

SakarkError
├── Invalid                 the input is malformed or breaks a rule about values
│   └── Unreadable          a file that ends, or goes wrong, at one of its lines
├── Unauthenticated         no credentials, or credentials that do not hold
├── Forbidden               known caller, visible unit, action not allowed
│   └── TooLarge            more bytes than this way of sending takes
├── NotFound                does not exist, or must look as if it does not
├── Gone                    was there, and was destroyed on purpose
├── MethodNotAllowed        the address exists, but not for this method
├── NotAcceptable           the caller does not accept what there is
├── Conflict                the state of the unit stands in the way
│   ├── Blocked             units of the archive stand in the way, each reason by itself
│   └── Stale               somebody else changed the unit first
├── UnsupportedMediaType    the body is of a kind this address does not take
├── UploadFailed            the bytes did not arrive whole
├── KeyReused               a key for repeating one request came with another
├── TooMany                 more requests than one caller may send
├── Unsupported             understood, part of the standard's periphery, not offered
└── Unavailable             a peer does not answer: the database, or one of these
    ├── StorageUnavailable  the document storage
    ├── IdentityUnavailable an identity provider
    └── SchemasUnavailable  where the official schemas are fetched from

Every error carries a `Text`: a sentence in the reader's language that says what to do next. What
is `Blocked` also names the units that stand in the way, so that the reader can go to them; those
that the reader does not see are counted, and not named.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from sakark_api.texts import Text, joined, text

__all__ = [
    "SHOWN",
    "Blocked",
    "Conflict",
    "Forbidden",
    "Gone",
    "IdentityUnavailable",
    "Invalid",
    "KeyReused",
    "MethodNotAllowed",
    "NotAcceptable",
    "NotFound",
    "Obstacle",
    "SakarkError",
    "SchemasUnavailable",
    "Stale",
    "Standing",
    "StorageUnavailable",
    "TooLarge",
    "TooMany",
    "Unauthenticated",
    "Unavailable",
    "Unreadable",
    "Unsupported",
    "UnsupportedMediaType",
    "UploadFailed",
]


class SakarkError(Exception):
    """Base of all errors that a caller is told about; `text` is the sentence shown.

    `facts` are what a program needs to go on, by name.
    """

    def __init__(self, text: Text, **facts: str) -> None:
        super().__init__(str(text))
        self.text = text
        self.facts = facts


class Invalid(SakarkError):
    pass


class Unreadable(Invalid):
    """`line` is the line of the file where it could not be read any further."""

    def __init__(self, text: Text, line: int) -> None:
        super().__init__(text)
        self.line = line


class Unauthenticated(SakarkError):
    pass


class Forbidden(SakarkError):
    pass


class TooLarge(Forbidden):
    pass


class NotFound(SakarkError):
    pass


class Gone(SakarkError):
    pass


class MethodNotAllowed(SakarkError):
    pass


class NotAcceptable(SakarkError):
    pass


SHOWN: Final = 10
"""How many units of one reason are named; the rest are counted."""


@dataclass(frozen=True)
class Standing:
    """A unit that stands in the way: the name of its resource, its systemID, and what to call it.

    It is called by what no screening hides: its number, or the title of an arkivdel.
    """

    resource: str
    system_id: UUID
    name: str = ""


@dataclass(frozen=True)
class Obstacle:
    """One reason why something can't be done: units that are it, and how many are.

    `says` makes the sentence of their names. `hidden` is how many the reader does not see, and
    `unseen` what stands for the names when that is all of them.
    """

    says: Callable[[object], Text]
    units: Sequence[Standing]
    count: int
    hidden: int = 0
    unseen: Text | None = None

    @property
    def reason(self) -> Text:
        return self.says(self._names())

    @property
    def named(self) -> Sequence[Standing]:
        """The units that are named and linked to."""
        return self.units[:SHOWN]

    def to_reader(self, seen: Collection[Standing]) -> "Obstacle":
        """Tell it to somebody who sees no more than some of the units."""
        units = [one for one in self.units if one in seen]
        return replace(self, units=units, hidden=self.hidden + len(self.units) - len(units))

    def _names(self) -> object:
        rest = self.count - len(self.named)
        if self.hidden and not self.units:
            return self.unseen or text("{antall} som du ikke har tilgang til", antall=self.count)
        names = ", ".join(one.name for one in self.named)
        if not rest:
            return names
        if rest == self.hidden:
            return text(
                "{navn} og {antall} til som du ikke har tilgang til", navn=names, antall=rest
            )
        return text("{navn} og {antall} til", navn=names, antall=rest)


class Conflict(SakarkError):
    pass


class Blocked(Conflict):
    """`opening` is the sentence that comes before the reasons."""

    def __init__(self, obstacles: Sequence[Obstacle], opening: Text | None = None) -> None:
        reasons = [one.reason for one in obstacles]
        super().__init__(joined([opening, *reasons] if opening else reasons, " "))
        self.obstacles = tuple(obstacles)
        self.opening = opening

    @property
    def units(self) -> frozenset[Standing]:
        return frozenset(unit for one in self.obstacles for unit in one.units)

    def to_reader(self, seen: Collection[Standing]) -> "Blocked":
        """Tell it to somebody who sees no more than some of the units."""
        return Blocked([one.to_reader(seen) for one in self.obstacles], self.opening)


class Stale(Conflict):
    pass


class UnsupportedMediaType(SakarkError):
    pass


class UploadFailed(SakarkError):
    pass


class KeyReused(SakarkError):
    pass


class TooMany(SakarkError):
    pass


class Unsupported(SakarkError):
    pass


class Unavailable(SakarkError):
    peer = "database"


class StorageUnavailable(Unavailable):
    peer = "storage"


class IdentityUnavailable(Unavailable):
    peer = "identity"


class SchemasUnavailable(Unavailable):
    peer = "schemas"
