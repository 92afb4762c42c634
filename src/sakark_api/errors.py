"""What can go wrong, without a word about HTTP.

SakarkError
├── Invalid                 the input is malformed or breaks a rule about values
├── Unauthenticated         no credentials, or credentials that do not hold
├── Forbidden               known caller, visible unit, action not allowed
│   └── TooLarge            more bytes than this way of sending takes
├── NotFound                does not exist, or must look as if it does not
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
    └── IdentityUnavailable an identity provider

Every error carries a `Text`: a sentence in the reader's language that says what to do next. What
is `Blocked` also names the units that stand in the way, so that the reader can go to them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sakark_api.texts import Text

__all__ = [
    "Blocked",
    "Conflict",
    "Forbidden",
    "IdentityUnavailable",
    "Invalid",
    "KeyReused",
    "MethodNotAllowed",
    "NotAcceptable",
    "NotFound",
    "Obstacle",
    "SakarkError",
    "Stale",
    "Standing",
    "StorageUnavailable",
    "TooLarge",
    "TooMany",
    "Unauthenticated",
    "Unavailable",
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


class Unauthenticated(SakarkError):
    pass


class Forbidden(SakarkError):
    pass


class TooLarge(Forbidden):
    pass


class NotFound(SakarkError):
    pass


class MethodNotAllowed(SakarkError):
    pass


class NotAcceptable(SakarkError):
    pass


@dataclass(frozen=True)
class Standing:
    """A unit that stands in the way: the name of its resource, and its systemID."""

    resource: str
    system_id: UUID


@dataclass(frozen=True)
class Obstacle:
    """One reason why something can't be done: the first units that are it, and how many are."""

    reason: Text
    units: Sequence[Standing]
    count: int


class Conflict(SakarkError):
    pass


class Blocked(Conflict):
    def __init__(self, text: Text, obstacles: Sequence[Obstacle]) -> None:
        super().__init__(text)
        self.obstacles = tuple(obstacles)


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
