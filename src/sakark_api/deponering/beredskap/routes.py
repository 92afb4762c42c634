"""The addresses of readiness: the score of a kommune's archive, and what there is to be done."""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from sakark_api.access.policy import Action, Work
from sakark_api.db.queue import defer
from sakark_api.deponering.beredskap.answers import summary_of, unit_of, worklist_of
from sakark_api.deponering.beredskap.asked import parse_asked
from sakark_api.deponering.beredskap.statements import arkivdel_seen, summary, worklist
from sakark_api.deponering.beredskap.telling import COUNTING
from sakark_api.deponering.sjekker.katalog import SJEKKER
from sakark_api.errors import NotFound
from sakark_api.noark.arkivstruktur.arkivdel import arkivdel
from sakark_api.rest.dependencies import Context
from sakark_api.rest.links import READINESS_REL, WORKLIST_REL, Link, render
from sakark_api.rest.media_types import NOARK, refuse_unacceptable
from sakark_api.rest.openapi import Operation
from sakark_api.rest.paging import next_query
from sakark_api.rest.problems import language_of
from sakark_api.rest.reading import log_found
from sakark_api.rest.router import route
from sakark_api.rest.tree import RouteTree
from sakark_api.texts import text

__all__ = ["add_readiness"]

_PRIVATE: Final = {
    "cache-control": "private, no-store",
    "vary": "Authorization, Accept, Accept-Language",
}


def add_readiness(tree: RouteTree) -> None:
    """Add the readiness of a kommune: what was counted, a new count, and the lists of work."""
    address = "/{kommune}/api/beredskap/"
    tree.add(route(address, "GET", Operation.readiness("beredskap"), read_summary))
    tree.add(route(address, "POST", Operation.counting("beredskap_tell"), ask_for_count))
    listing = Operation.worklist("beredskap_sjekk", arkivdel)
    tree.add(route(f"{address}sjekk/{{kode}}/", "GET", listing, read_worklist))


async def read_summary(context: Context, request: Request) -> Response:
    """Give how ready the arkivdeler that the caller sees are, as they were last counted."""
    _entered(context, request, Action.READ)
    rows = await context.services.reader.fetch(
        context.kommune.id, summary(context.queries), context.values()
    )
    await _log_screened(context, ({**row, "type": arkivdel.name} for row in rows))
    body = summary_of(rows, context.base, context.services.links, language_of(request))
    address = f"{context.base}beredskap/"
    return _answer(body, [Link("self", address), Link(READINESS_REL, address)])


async def ask_for_count(context: Context, request: Request) -> Response:
    """Put a new count of each arkivdel that the caller sees in the queue, unless one waits."""
    _entered(context, request, Action.CREATE)
    rows = await context.services.reader.fetch(
        context.kommune.id, summary(context.queries), context.values()
    )
    async with context.transaction() as session:
        for system_id in {row["system_id"] for row in rows}:
            await session.run_sync(defer, COUNTING, UUID(system_id))
    address = f"{context.base}beredskap/"
    return _answer({}, [Link("self", address), Link(READINESS_REL, address)], 202)


async def read_worklist(context: Context, request: Request) -> Response:
    """Give the units of an arkivdel that a check holds for now, so far as the caller sees them."""
    query = _entered(context, request, Action.READ)
    sjekk = SJEKKER.get(request.path_params["kode"])
    if sjekk is None:
        raise NotFound(text("Sjekken finnes ikke. Se beredskap/."))
    asked = parse_asked(query)
    reader, kommune = context.services.reader, context.kommune.id
    parts = await reader.fetch(
        kommune, arkivdel_seen(context.queries), context.values(id=asked.arkivdel)
    )
    if not parts:
        raise NotFound(text("Arkivdelen finnes ikke."))
    statement = worklist(context.queries, sjekk, asked.arkivdel, is_open=parts[0]["aktiv"])
    rows = await reader.fetch(kommune, statement, context.values(top=asked.top, skip=asked.skip))
    count, found = rows[0]["antall"], [row for row in rows if row["system_id"] is not None]
    await _log_screened(context, found)
    units = [unit_of(row, context.base, context.services.links) for row in found]
    address = f"{context.base}beredskap/sjekk/{sjekk.id}/"
    links = [Link(rel, f"{address}?{query}") for rel in ("self", WORKLIST_REL)]
    end = asked.skip + len(found)
    if found and end < count:
        links.append(Link("next", f"{address}?{next_query(query, end, asked.top)}"))
    return _answer(worklist_of(sjekk, count, units, language_of(request)), links)


def _entered(context: Context, request: Request, action: Action) -> str:
    """Refuse those whose work it is not; give the query of the address."""
    refuse_unacceptable(request)
    context.demand(action, Work.DEPOSIT)
    query: bytes = request.scope["query_string"]
    return query.decode("ascii", "replace")


async def _log_screened(context: Context, rows: Iterable[Mapping[str, Any]]) -> None:
    """Log who is shown what is screened."""
    units = [(row["type"], UUID(row["system_id"])) for row in rows if row["skjermet"]]
    await log_found(context, list(dict.fromkeys(units)), ())


def _answer(body: Mapping[str, Any], links: list[Link], status: int = 200) -> Response:
    written = {**body, "_links": msgspec.Raw(render(links))}
    return Response(msgspec.json.encode(written), status, _PRIVATE, NOARK)
