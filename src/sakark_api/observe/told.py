"""What is told of the request under way, wherever in the code one stands."""

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

__all__ = ["NO_KOMMUNE", "Told", "begin", "end", "told"]

NO_KOMMUNE: Final = "none"


@dataclass(slots=True)
class Told:
    """One request, as the log, the figures and the traces tell of it."""

    request_id: str
    kommune: str | None = None
    """The slug, once the kommune is found."""
    standing: str = NO_KOMMUNE
    """Where the kommune is in its life: a handful of values, for the figures."""
    user: str | None = None
    """The systemID of the bruker, or a UUID made of an operator's subject; never a name."""
    reason: str | None = None
    """Why we could not answer: the kind of error, never its text."""
    trace_id: str | None = None
    """The trace that was sent to the collector, if one was."""


_current: ContextVar[Told | None] = ContextVar("told", default=None)


def told() -> Told:
    """Give what is told of the request under way; outside of one, something nobody reads."""
    return _current.get() or Told("")


def begin(request_id: str) -> Told:
    """Begin to tell of a request, in this task and those it starts."""
    current = Told(request_id)
    _current.set(current)
    return current


def end() -> None:
    _current.set(None)
