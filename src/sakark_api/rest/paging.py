"""The parameters of lists and units, and the address of the next page (GUIDE 5 and 6)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import msgspec

from sakark_api.errors import Invalid, Unsupported
from sakark_api.rest.links import Link, render
from sakark_api.rest.odata import (
    Expansion,
    Filter,
    Order,
    parse_expand,
    parse_filter,
    parse_orderby,
    parse_search,
    parse_select,
    paths,
)
from sakark_api.texts import text

__all__ = [
    "FIND",
    "LARGEST_EXPANDED_PAGE",
    "LARGEST_PAGE",
    "LARGEST_SKIP",
    "SHOW",
    "Asked",
    "given_in",
    "list_body",
    "next_query",
    "number",
    "parse_query",
]

LARGEST_PAGE = 1000
LARGEST_EXPANDED_PAGE = 100
LARGEST_SKIP = 2**40
_LONGEST_QUERY = 20_000
_IGNORED = ("$count",)
FIND = ("$filter", "$orderby", "$top", "$skip", "$search")
"""The parameters that say which units are wanted."""
SHOW = ("$expand", "$select")
"""The parameters that say what is shown of units."""


@dataclass(frozen=True)
class Asked:
    """What a client asks for; `top` is None when the page size is the server's to choose.

    `prefixed` names the fields of the query that a kommune defines itself.
    """

    filter: Filter | None = None
    orders: tuple[Order, ...] = ()
    top: int | None = None
    skip: int = 0
    search: str | None = None
    expand: Expansion = field(default_factory=dict)
    select: frozenset[str] = frozenset()
    prefixed: frozenset[str] = frozenset()

    @property
    def is_shaped(self) -> bool:
        """Whether units are to be shown otherwise than they are by themselves."""
        return bool(self.expand or self.select)


@lru_cache(maxsize=512)
def parse_query(query: str, known: tuple[str, ...] = (*FIND, *SHOW)) -> Asked:
    """Read the query of an address; anything not understood is refused, not ignored."""
    if len(query) > _LONGEST_QUERY:
        raise Invalid(text("Spørringen er for lang. Bruk færre vilkår."))
    given: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name in given:
            raise Invalid(text("{navn} er oppgitt flere ganger.", navn=name[:50]))
        given[name] = value
    for name in given:
        if name in _IGNORED or name in known:
            continue
        if name.startswith("$"):
            raise Unsupported(text("{navn} støttes ikke.", navn=name[:50]))
        raise Invalid(
            text(
                "Parameteren {navn} er ukjent. Bruk {kjente}.",
                navn=name[:50],
                kjente=", ".join(known),
            )
        )
    filter_ = parse_filter(given["$filter"]) if "$filter" in given else None
    orders = parse_orderby(given["$orderby"]) if "$orderby" in given else ()
    return Asked(
        filter=filter_,
        orders=orders,
        top=number(given, "$top", LARGEST_PAGE),
        skip=number(given, "$skip", LARGEST_SKIP) or 0,
        search=parse_search(given["$search"]) if "$search" in given else None,
        expand=parse_expand(given["$expand"]) if "$expand" in given else {},
        select=parse_select(given["$select"]) if "$select" in given else frozenset(),
        prefixed=_prefixed(filter_, orders),
    )


def _prefixed(filter_: Filter | None, orders: tuple[Order, ...]) -> frozenset[str]:
    trees = [*([filter_.tree] if filter_ else []), *(order.path for order in orders)]
    steps = (step for tree in trees for path in paths(tree) for step in path.steps)
    return frozenset(step for step in steps if ":" in step)


def given_in(query: str, known: Collection[str]) -> Mapping[str, str]:
    """Read the parameters of an address that is no list; those not known are refused."""
    given: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in known:
            raise Invalid(
                text(
                    "Parameteren {navn} er ukjent. Bruk {kjente}.",
                    navn=name[:50],
                    kjente=", ".join(known),
                )
            )
        if name in given:
            raise Invalid(text("{navn} er oppgitt flere ganger.", navn=name[:50]))
        if "\x00" in value:
            raise Invalid(text("{navn} har tegn som ikke kan brukes.", navn=name[:50]))
        given[name] = value
    return given


def number(given: Mapping[str, str], name: str, largest: int) -> int | None:
    """Read a parameter that is a number of units; None where it is not given."""
    written = given.get(name)
    if written is None:
        return None
    if not (written.isascii() and written.isdigit() and len(written) < 20):  # noqa: PLR2004
        raise Invalid(text("{navn} må være et heltall, 0 eller mer.", navn=name))
    return min(int(written), largest)


def next_query(query: str, skip: int, top: int | None) -> str:
    """Give the query of the page that begins at `skip`; `top` is what is left of the client's."""
    kept: Sequence[tuple[str, str]] = [
        (name, value)
        for name, value in parse_qsl(query, keep_blank_values=True)
        if name not in ("$skip", "$top")
    ]
    left = [("$top", str(top))] if top is not None else []
    return urlencode([*kept, ("$skip", str(skip)), *left], quote_via=quote, safe="$',()/:")


def list_body(units: Sequence[Any], count: int, asked: Asked, place: tuple[str, str, str]) -> bytes:
    """Put a page in the standard's envelope (GUIDE 5); an empty one has no results.

    `place` is the list's address, the query that was asked and the list's relation key.
    """
    address, query, rel = place
    here = f"{address}?{query}" if query else address
    links = [Link("self", here), Link(rel, here)]
    end = asked.skip + len(units)
    if units and end < count:
        links.append(Link("next", f"{address}?{next_query(query, end, asked.top)}"))
    body: dict[str, Any] = {"count": count}
    if units:
        body["results"] = units
    body["_links"] = msgspec.Raw(render(links))
    return msgspec.json.encode(body)
