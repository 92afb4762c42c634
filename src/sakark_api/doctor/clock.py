"""Our clock against the clocks of everybody we talk to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

from sakark_api.access.oidc import LEEWAY_SECONDS
from sakark_api.doctor.report import Finding, failure, ok, warning
from sakark_api.texts import text

__all__ = ["Clocks"]

CLOSE_SECONDS = 5
CHECK = "clock"


@dataclass
class Clocks:
    """How many seconds the clock of each peer is ahead of ours, which `now` reads."""

    now: Callable[[], float]
    ahead: dict[str, float] = field(default_factory=dict)

    def note(self, peer: str, theirs: float) -> None:
        """Remember what time it just was at a peer."""
        self.ahead[peer] = theirs - self.now()

    def note_headers(self, peer: str, headers: Mapping[str, str]) -> None:
        """Remember the time of an answer over HTTP, if it tells; names are in lower case."""
        try:
            theirs = parsedate_to_datetime(headers["date"]).timestamp()
            age = int(headers.get("age", "0"))  # of an answer that a cache has kept
        except (KeyError, ValueError):
            return
        self.note(peer, theirs + age)

    def check(self) -> list[Finding]:
        """Tell of the peer whose clock is the furthest from ours."""
        if not self.ahead:
            return []
        peer = max(self.ahead, key=lambda one: abs(self.ahead[one]))
        seconds = round(abs(self.ahead[peer]))
        if seconds > LEEWAY_SECONDS:
            return [
                failure(
                    CHECK,
                    text(
                        "Klokken her og klokken hos {hvem} er {sekunder} sekunder fra hverandre,"
                        " så innlogging blir avvist; still begge etter en tidstjener (NTP).",
                        hvem=peer,
                        sekunder=seconds,
                    ),
                )
            ]
        if seconds > CLOSE_SECONDS:
            return [
                warning(
                    CHECK,
                    text(
                        "Klokken her og klokken hos {hvem} er {sekunder} sekunder fra hverandre;"
                        " still begge etter en tidstjener (NTP).",
                        hvem=peer,
                        sekunder=seconds,
                    ),
                )
            ]
        return [ok(CHECK, text("Klokken går som hos alle vi snakker med."))]
