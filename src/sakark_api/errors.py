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
│   └── Stale               somebody else changed the unit first
├── UnsupportedMediaType    the body is of a kind this address does not take
├── UploadFailed            the bytes did not arrive whole
├── KeyReused               a key for repeating one request came with another
├── TooMany                 more requests than one caller may send
├── Unsupported             understood, part of the standard's periphery, not offered
└── Unavailable             a peer does not answer: the database, or one of these
    ├── StorageUnavailable  the document storage
    └── IdentityUnavailable an identity provider

Every error carries a `Text`: a sentence in the reader's language that says what to do next.
"""

from sakark_api.texts import Text

__all__ = [
    "Conflict",
    "Forbidden",
    "IdentityUnavailable",
    "Invalid",
    "KeyReused",
    "MethodNotAllowed",
    "NotAcceptable",
    "NotFound",
    "SakarkError",
    "Stale",
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


class Conflict(SakarkError):
    pass


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
