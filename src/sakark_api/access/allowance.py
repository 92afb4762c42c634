"""How often somebody may come: so many requests a second, and ten seconds' worth at once.

Each process counts by itself and forgets when it ends. What it keeps of a caller is one number: the
time when all that was asked for would be paid for (the generic cell rate algorithm).
"""

import math
import time
from collections.abc import Callable, Hashable
from ipaddress import AddressValueError, IPv6Address
from typing import Final

from sakark_api.errors import TooMany
from sakark_api.observe.told import told
from sakark_api.texts import text

__all__ = ["Allowance", "network_of"]

BURST_SECONDS: Final = 10.0
REMEMBERED: Final = 10_000
_NETWORK_BYTES: Final = 8


class Allowance:
    """What each of many is allowed; `per_second` 0 allows everything. `whose` is for the log."""

    def __init__(
        self,
        whose: str,
        per_second: float,
        clock: Callable[[], float] = time.monotonic,
        remembered: int = REMEMBERED,
    ) -> None:
        self._whose = whose
        self._price = 1 / per_second if per_second else 0.0
        self._clock = clock
        self._remembered = remembered
        self._paid_at: dict[Hashable, float] = {}

    def admit(self, who: Hashable) -> None:
        """Count a request; raise `TooMany` when there have been too many."""
        self.refuse_spent(who)
        self.count(who)

    def refuse_spent(self, who: Hashable) -> None:
        """Raise `TooMany` while nothing is left; counts nothing, so that waiting helps."""
        wait = self._paid_at.get(who, 0.0) - self._clock() - BURST_SECONDS
        if wait <= 0:
            return
        told().reason = f"too many of one {self._whose}"
        seconds = math.ceil(wait)
        raise TooMany(
            text("Det kom for mange forespørsler. Prøv igjen om {sekunder} s.", sekunder=seconds),
            **{"retry-after": str(seconds)},
        )

    def count(self, who: Hashable) -> None:
        if not self._price:
            return
        now = self._clock()
        self._paid_at[who] = max(self._paid_at.get(who, 0.0), now) + self._price
        if len(self._paid_at) > self._remembered:
            self._forget(now)

    def _forget(self, now: float) -> None:
        """Forget those who have nothing to pay; all of them, when that leaves too many."""
        owing = {who: paid_at for who, paid_at in self._paid_at.items() if paid_at > now}
        self._paid_at = owing if len(owing) <= self._remembered // 2 else {}


def network_of(host: str) -> str:
    """Give what one customer has of the Internet: an IPv4 address, or the /64 of an IPv6 one."""
    if ":" not in host:
        return host
    try:
        address = IPv6Address(host)
    except AddressValueError:
        return host
    return str(address.ipv4_mapped or address.packed[:_NETWORK_BYTES].hex())
