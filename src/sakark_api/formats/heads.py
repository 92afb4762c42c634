"""What the heads of an e-mail say, read as far as they can be: who to whom, when, about what."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import getaddresses, parsedate_to_datetime

__all__ = ["Address", "Heads", "read_heads", "shown"]

_MOST_ADDRESSES = 200
_LONGEST = 1000
_YEARS = range(1971, 9999)
"""Others are a clock that nobody set."""


@dataclass(frozen=True)
class Address:
    """Somebody in an e-mail: the name that is shown, or the address where there is none."""

    name: str
    address: str | None

    def __str__(self) -> str:
        if self.address is None or self.address == self.name:
            return self.name
        return f"{self.name} <{self.address}>"


@dataclass(frozen=True)
class Heads:
    """The heads that tell what to register; what can't be read is absent."""

    sender: Address | None
    to: tuple[Address, ...]
    copy: tuple[Address, ...]
    date: datetime | None
    subject: str | None
    message_id: str | None


def read_heads(headers: Mapping[str, str]) -> Heads:
    """Read heads by their names in RFC 5322, of whatever a sender has written there."""
    senders = _addresses(headers.get("From"))
    return Heads(
        senders[0] if senders else None,
        _addresses(headers.get("To")),
        _addresses(headers.get("Cc")),
        _moment(headers.get("Date", "")),
        shown(headers.get("Subject")),
        shown(headers.get("Message-ID")),
    )


def _addresses(head: str | None) -> tuple[Address, ...]:
    pairs = getaddresses([head] if head else [])[:_MOST_ADDRESSES]
    read = ((shown(name), shown(address)) for name, address in pairs)
    return tuple(
        Address(named, address) for name, address in read if (named := name or address) is not None
    )


def _moment(head: str) -> datetime | None:
    """Read the date of RFC 5322, or the ISO 8601 that Outlook's own files are read as."""
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(head.strip())
        except (ValueError, TypeError, OverflowError):
            continue
        if moment.year in _YEARS:
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


def shown(head: str | None) -> str | None:
    """Give what can be seen of a text: folds, control characters and broken bytes are not."""
    seen = "".join(one if one.isprintable() else " " for one in head or "")
    return " ".join(seen.split())[:_LONGEST] or None
