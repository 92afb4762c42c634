"""The addresses of journals: of what the caller sees, and of what everybody may read."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from functools import partial
from typing import Any, Final
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route as PlainRoute

from sakark_api.access.policy import Action, Work
from sakark_api.errors import NotFound
from sakark_api.journal.asked import (
    OF_DAY,
    PUBLIC,
    RUNNING,
    Asked,
    day_of,
    parse_asked,
    refuse_too_many,
)
from sakark_api.journal.publisering import last_published, published_values
from sakark_api.journal.statements import published_page, running_page
from sakark_api.journal.trykkeri import Trykkeri
from sakark_api.journal.written import Written
from sakark_api.noark.sakarkiv.journalpost import journalpost
from sakark_api.noark.sakarkiv.saksmappe import saksmappe
from sakark_api.noark.values import NORWAY
from sakark_api.rest.dependencies import Context, Services, base_of, kommune_of
from sakark_api.rest.links import PUBLIC_REL, RUNNING_REL
from sakark_api.rest.openapi import Operation
from sakark_api.rest.reading import log_found
from sakark_api.rest.router import route
from sakark_api.rest.tree import Route, RouteTree
from sakark_api.tenancy.kommune import Kommune
from sakark_api.texts import text

__all__ = ["add_journals", "robots_route"]

Read = Callable[[Request], Awaitable[Response]]

_PRIVATE: Final = {"cache-control": "private, no-store", "vary": "Authorization, Accept"}
_PUBLIC: Final = {
    "cache-control": "public, max-age=300",
    "vary": "Accept",
    # Datatilsynet's advice: what is published is not to be found by way of search engines.
    "x-robots-tag": "noindex, nofollow, noarchive",
}
_ROBOTS: Final = "User-agent: *\nDisallow: /\n"


def add_journals(tree: RouteTree) -> None:
    """Add the journals of a kommune."""
    trykkeri = Trykkeri()
    running = Operation.journal("journal_loepende", text("Les løpende journal"), public=False)
    tree.add(
        route("/{kommune}/api/journal/loepende/", "GET", running, read_running, trykkeri=trykkeri)
    )
    address = "/{kommune}/api/offentlig/journal/"
    public = Operation.journal("journal_offentlig", text("Les offentlig journal"), public=True)
    of_day = Operation.journal(
        "journal_offentlig_dag",
        text("Les offentlig journal for en dag"),
        public=True,
        of_day=True,
    )
    tree.add(Route(address, "GET", public, partial(read_public, trykkeri)))
    tree.add(Route(f"{address}{{dato}}/", "GET", of_day, partial(read_public_day, trykkeri)))


def robots_route() -> PlainRoute:
    """Make the address where robots are told that nothing here is for them."""

    async def robots(_: Request) -> Response:
        return PlainTextResponse(_ROBOTS, headers={"cache-control": "public, max-age=86400"})

    return PlainRoute("/robots.txt", robots, methods=["GET"], include_in_schema=False)


async def read_running(context: Context, request: Request, trykkeri: Trykkeri) -> Response:
    """Give the entries of some days that the caller sees, as the caller sees them."""
    context.demand(Action.READ, Work.CASEWORK)
    asked = parse_asked(request, RUNNING, _today(context.services))
    (row,) = await context.services.reader.fetch(
        context.kommune.id,
        running_page(context.queries, asked.form),
        context.values(**asked.values, base=context.base),
    )
    refuse_too_many(asked, row["antall"])
    await _log_screened(context, row)
    address = f"{context.base}journal/loepende/"
    written = Written("loependeJournal", context.kommune, asked, row, RUNNING_REL, address)
    return await written.answer(request, trykkeri, _PRIVATE)


async def read_public(trykkeri: Trykkeri, request: Request) -> Response:
    """Give the entries of some days that are published, as everybody may see them."""
    kommune, last = await _opened(request)
    asked = parse_asked(request, PUBLIC, last).until(last)
    return await _published(request, kommune, asked, trykkeri, "")


async def read_public_day(trykkeri: Trykkeri, request: Request) -> Response:
    """Give the entries of a day, once it is published."""
    kommune, last = await _opened(request)
    day = day_of(request.path_params["dato"], "dato")
    if day > last:
        raise NotFound(
            text(
                "Journalen for {dag} er ikke offentlig ennå. Siste dag er {siste}.",
                dag=day,
                siste=last,
            )
        )
    asked = parse_asked(request, OF_DAY, day)
    return await _published(request, kommune, asked, trykkeri, f"{day}/")


async def _opened(request: Request) -> tuple[Kommune, date]:
    """Give the kommune, and the last day of its public journal; NotFound where it has none."""
    kommune = await kommune_of(request)
    if not kommune.publishes_journal:
        raise NotFound(text("Kommunen har ingen offentlig journal her."))
    services: Services = request.app.state.services
    return kommune, last_published(kommune, services.clock())


async def _published(
    request: Request, kommune: Kommune, asked: Asked, trykkeri: Trykkeri, place: str
) -> Response:
    services: Services = request.app.state.services
    values = {
        "tenant": kommune.id,
        **asked.values,
        **published_values(kommune, services.clock()),
    }
    (row,) = await services.reader.fetch(kommune.id, published_page(asked.form), values)
    refuse_too_many(asked, row["antall"])
    address = f"{base_of(request, kommune)}offentlig/journal/{place}"
    written = Written("offentligJournal", kommune, asked, row, PUBLIC_REL, address)
    return await written.answer(request, trykkeri, _PUBLIC)


async def _log_screened(context: Context, row: Mapping[str, Any]) -> None:
    """Log who reads what is screened: entries, and the cases that they are in."""
    units = [
        (name, UUID(one))
        for name, column in ((journalpost.name, "skjermet"), (saksmappe.name, "saker"))
        if row[column] is not None
        for one in msgspec.json.decode(row[column])
    ]
    await log_found(context, units, ())


def _today(services: Services) -> date:
    return services.clock().astimezone(NORWAY).date()
