"""The addresses of search: what is found, and how words that are being written may go on."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from sakark_api.access.policy import Action, Work
from sakark_api.noark.arkivstruktur.dokumentobjekt import dokumentobjekt
from sakark_api.rest.dependencies import Context
from sakark_api.rest.links import SEARCH_REL, SUGGESTION_REL, Link, render
from sakark_api.rest.media_types import NOARK, refuse_unacceptable
from sakark_api.rest.openapi import Operation
from sakark_api.rest.paging import next_query
from sakark_api.rest.reading import log_found
from sakark_api.rest.router import route
from sakark_api.rest.tree import RouteTree
from sakark_api.search.answers import facets_of, hit_of, kinds_of_hits
from sakark_api.search.asked import parse_asked, parse_begun
from sakark_api.search.statements import hits, suggestions

__all__ = ["add_search"]

_MOST_WORDS, _MOST_TITLES = 8, 5
_WORD: Final = re.compile(r"\w+")
_PRIVATE: Final = {"cache-control": "private, no-store", "vary": "Authorization, Accept"}


def add_search(tree: RouteTree) -> None:
    """Add the search of a kommune, and its suggestions."""
    address = "/{kommune}/api/sok/"
    searching, suggesting = Operation.searching("sok"), Operation.suggesting("sok_forslag")
    tree.add(route(address, "GET", searching, read_hits))
    tree.add(route(f"{address}forslag/", "GET", suggesting, read_suggestions))


async def read_hits(context: Context, request: Request) -> Response:
    """Give what is found of what the caller may see, the best first, and counts by facets."""
    query = _entered(context, request)
    catalog = context.services.catalog
    asked = parse_asked(query, kinds_of_hits(catalog))
    (row,) = await context.services.reader.fetch(
        context.kommune.id, hits(context.queries), context.values(**asked.values)
    )
    found = msgspec.json.decode(row["treff"])
    await _log_screened(context, [one for one in found if one["skjermet"]])
    body = {
        "count": row["antall"],
        "harFlere": row["har_flere"],
        "fasetter": facets_of(catalog, msgspec.json.decode(row["fasetter"])),
        "results": [hit_of(catalog, one, context.base) for one in found],
    }
    address = f"{context.base}sok/"
    links = [Link(rel, f"{address}?{query}") for rel in ("self", SEARCH_REL)]
    end = asked.skip + len(found)
    if found and end < row["antall"]:
        links.append(Link("next", f"{address}?{next_query(query, end, asked.top)}"))
    return _answer(body, links)


async def read_suggestions(context: Context, request: Request) -> Response:
    """Suggest words and titles for what is being written, from what the caller may see."""
    query = _entered(context, request)
    begun = parse_begun(query)
    found: Mapping[str, list[str]] = {"ord": [], "titler": []}
    if begun is not None:
        rows = await context.services.reader.fetch(
            context.kommune.id, suggestions(context.queries), context.values(**begun.values)
        )
        found = _suggested(begun.beginning, rows)
    address = f"{context.base}sok/forslag/?{query}"
    return _answer(found, [Link("self", address), Link(SUGGESTION_REL, address)])


def _entered(context: Context, request: Request) -> str:
    """Refuse who may not read cases; give the query of the address."""
    refuse_unacceptable(request)
    context.demand(Action.READ, Work.CASEWORK)
    query: bytes = request.scope["query_string"]
    return query.decode("ascii", "replace")


async def _log_screened(context: Context, found: Iterable[Mapping[str, Any]]) -> None:
    """Log who finds what is screened, and who is given a passage of a file of it."""
    units = [(one["type"], UUID(one["system_id"])) for one in found]
    files = [(dokumentobjekt.name, UUID(one["objekt"])) for one in found if one["utdrag"]]
    await log_found(context, units, files)


def _answer(body: Mapping[str, Any], links: list[Link]) -> Response:
    written = {**body, "_links": msgspec.Raw(render(links))}
    return Response(msgspec.json.encode(written), 200, _PRIVATE, NOARK)


def _suggested(beginning: str, rows: Iterable[Any]) -> Mapping[str, list[str]]:
    """Take the words that begin so out of titles and of what files say there."""
    titles, words = dict[str, None](), Counter[str]()
    for row in rows:
        begun = list(_beginning_with(beginning, row["tekst"]))
        words.update(begun)
        if begun and row["er_tittel"]:
            titles[row["tekst"]] = None
    common = [word for word, _ in words.most_common(_MOST_WORDS)]
    return {"ord": common, "titler": list(titles)[:_MOST_TITLES]}


def _beginning_with(beginning: str, written: str) -> Iterator[str]:
    words = (word.lower() for word in _WORD.findall(written))
    return (word for word in words if word.startswith(beginning))
