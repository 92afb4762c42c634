"""What a search asks for, read from the query of its address."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sakark_api.errors import Invalid
from sakark_api.noark.values import NORWAY
from sakark_api.rest.odata import parse_search
from sakark_api.rest.paging import LARGEST_SKIP, given_in, number
from sakark_api.texts import text

__all__ = ["FACETS", "LARGEST_PAGE", "SEARCH", "SUGGEST", "Asked", "parse_asked", "parse_begun"]

FACETS: Final = ("type", "enhet", "aar", "status")
"""What hits are counted by and may be narrowed to, as parameters and in answers."""
SEARCH: Final = ("q", *FACETS, "$top", "$skip")
"""The parameters of a search."""
SUGGEST: Final = ("q",)
"""The parameters of suggestions."""
LARGEST_PAGE: Final = 50
"""Each hit on a page costs reading its file anew, for the words around what was found."""
_PAGE: Final = 10
_YEARS: Final = range(1, 9999)
_FEWEST, _MOST = 3, 50
"""How many characters of a word there must be, to suggest how it goes on."""


@dataclass(frozen=True)
class Asked:
    """A search: its words, what the hits are narrowed to, and which of them are wanted."""

    words: str
    narrowed: Mapping[str, str]
    top: int
    skip: int

    @property
    def values(self) -> Mapping[str, Any]:
        """The values of the search as its statement takes them."""
        since = until = None
        if "aar" in self.narrowed:
            year = int(self.narrowed["aar"])
            since, until = (datetime(one, 1, 1, tzinfo=NORWAY) for one in (year, year + 1))
        narrowed = {name: self.narrowed.get(name) for name in ("type", "enhet", "status")}
        page = {"top": self.top, "skip": self.skip}
        return {"words": self.words, "since": since, "until": until, **narrowed, **page}


@dataclass(frozen=True)
class Begun:
    """A search that somebody is writing: the words that are there, and the beginning of one."""

    words: str
    beginning: str

    @property
    def values(self) -> Mapping[str, Any]:
        """The values of the suggestions as their statement takes them."""
        given = {"words": self.words, "beginning": self.beginning}
        return {**given, "since": None, "until": None}


def parse_asked(query: str, kinds: Collection[str]) -> Asked:
    """Read a search for hits of `kinds`; anything not understood is refused, not ignored."""
    given = given_in(query, SEARCH)
    words = parse_search(given.get("q", ""))
    narrowed = {name: given[name] for name in FACETS if given.get(name)}
    if "aar" in narrowed:
        _refuse_odd_year(narrowed["aar"])
    if "type" in narrowed:
        _refuse_unknown_kind(narrowed["type"], kinds)
    top = number(given, "$top", LARGEST_PAGE)
    skip = number(given, "$skip", LARGEST_SKIP)
    return Asked(words, narrowed, _PAGE if top is None else top, skip or 0)


def parse_begun(query: str) -> Begun | None:
    """Read what somebody has written so far; None while that is too little to go on."""
    written = parse_search(given_in(query, SUGGEST).get("q", ""))
    before, _, last = written.rpartition(" ")
    beginning = "".join(filter(str.isalnum, last)).lower()
    if not _FEWEST <= len(beginning) <= _MOST:
        return None
    return Begun(before, beginning)


def _refuse_odd_year(written: str) -> None:
    if not (written.isascii() and written.isdigit() and int(written[:5]) in _YEARS):
        raise Invalid(text("aar må være et årstall med fire sifre, for eksempel 2026."))


def _refuse_unknown_kind(written: str, kinds: Collection[str]) -> None:
    if written not in kinds:
        raise Invalid(
            text(
                "Typen {type} finnes ikke her. Bruk {kjente}.",
                type=written[:50],
                kjente=", ".join(kinds),
            )
        )
