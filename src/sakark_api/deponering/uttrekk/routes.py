"""The addresses of deposits: to order one, see how far it is, stop it, and fetch what it became."""

from collections.abc import Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from sakark_api.access.policy import Action, Work
from sakark_api.db.queue import defer
from sakark_api.deponering.uttrekk.answers import address_of, order_of
from sakark_api.deponering.uttrekk.asked import NyttUttrekk, parse_page, refuse_odd_period
from sakark_api.deponering.uttrekk.setninger import told_obstacles
from sakark_api.deponering.uttrekk.statements import one_order, orders, parts_seen
from sakark_api.errors import Conflict, Forbidden, NotAcceptable, NotFound
from sakark_api.noark.arkivstruktur.arkivdel import arkivdel
from sakark_api.noark.logging.endringslogg import log_read
from sakark_api.noark.resource import Change, StoredFile
from sakark_api.rest.dependencies import Context, id_of, read_body
from sakark_api.rest.files import send_file
from sakark_api.rest.idempotency import once
from sakark_api.rest.links import EXPORT_REL, Link, render
from sakark_api.rest.media_types import (
    NOARK,
    XML,
    accepts,
    refuse_other_content,
    refuse_unacceptable,
)
from sakark_api.rest.openapi import Operation
from sakark_api.rest.paging import next_query
from sakark_api.rest.problems import language_of
from sakark_api.rest.router import route
from sakark_api.rest.schema import parse
from sakark_api.rest.tree import RouteTree
from sakark_api.tenancy.uttrekk import EXPORTING, Tilstand, add_order, move
from sakark_api.texts import text

__all__ = ["add_exports"]

ORDERED, STOPPED, FETCHED = "uttrekk", "uttrekk avbrutt", "uttrekksfil"
"""What the log calls it that an arkivdel is ordered, is so no more, or is fetched."""
TAR: Final = "application/x-tar"

_PRIVATE: Final = {
    "cache-control": "private, no-store",
    "vary": "Authorization, Accept, Accept-Language",
}
_NO_ORDER = text("Bestillingen finnes ikke. Se uttrekk/.")
_NO_FILE = text("Her er ingen fil: uttrekket er ikke ferdig, eller filen er slettet etter fristen.")
_ENDED = text("Uttrekket er ferdig eller har feilet, og kan ikke avbrytes.")
_NOT_WHOLE = text(
    "Et uttrekk har alt i arkivdelene med, også det du ikke har tilgang til. Be en som har tilgang"
    " til alt, om å gjøre dette."
)


def add_exports(tree: RouteTree) -> None:
    """Add the deposits of a kommune."""
    address = "/{kommune}/api/uttrekk/"
    one = f"{address}bestilling/{{system_id}}/"
    tree.add(route(address, "GET", Operation.exports("uttrekk_list"), list_orders))
    tree.add(route(address, "POST", Operation.exporting("uttrekk_bestill"), post_order))
    tree.add(route(one, "GET", Operation.export("uttrekk_get"), read_order))
    tree.add(route(one, "DELETE", Operation.export_cancelling("uttrekk_avbryt"), cancel_order))
    tree.add(route(f"{one}fil/", "GET", Operation.export_file("uttrekk_fil"), read_result))
    beside = Operation.submission("uttrekk_innsending")
    tree.add(route(f"{one}innsending/", "GET", beside, read_submission))


async def post_order(context: Context, request: Request) -> Response:
    """Order a deposit: 202 and where the order is; the worker makes it."""
    _entered(context, request, Action.CREATE)
    _refuse_partly_seen(context)
    refuse_other_content(request, NOARK)
    data = await read_body(request, context.services.settings.body_limit)
    order = parse(NyttUttrekk, data)
    refuse_odd_period(order)
    parts = await _parts_of(context, order)
    done = await once(context, request, data, partial(_make, order=order, parts=parts))
    headers = {"location": address_of(context.base, done.made)}
    return _answer(await _shown(context, request, UUID(done.made)), 202, headers)


async def _parts_of(context: Context, order: NyttUttrekk) -> list[UUID]:
    """Say which arkivdeler are ordered: those named, or every one that is closed now."""
    asked = context.values(ids=list(order.arkivdel))
    rows = await context.services.reader.fetch(
        context.kommune.id, parts_seen(context.queries), asked
    )
    found = [row["system_id"] for row in rows]
    for wanted in order.arkivdel:
        if str(wanted) not in map(str, found):
            raise NotFound(text("Arkivdelen {id} finnes ikke.", id=wanted))
    if not found:
        raise Conflict(text("Ingen arkivdel er avsluttet. Avslutt den som skal deponeres."))
    return [UUID(str(one)) for one in found]


def _make(change: Change, order: NyttUttrekk, parts: list[UUID]) -> str:
    """Put an order in the queue, unless another is there, and in the log of what it is of."""
    dias = order.dias and order.dias.model_dump(mode="json", by_alias=True, exclude_none=True)
    made = add_order(
        change.session,
        {
            "arkivdeler": parts,
            "fra": order.fra,
            "til": order.til,
            "produksjonsformat": order.produksjonsformat,
            "dias": dias,
            "bestilt_dato": change.now,
            "bestilt_av": change.actor.navn,
            "referanse_bestilt_av": change.actor.system_id,
        },
    )
    _log(change, parts, ORDERED)
    defer(change.session, EXPORTING, made)
    return str(made)


async def list_orders(context: Context, request: Request) -> Response:
    """Give the orders, the newest first."""
    query = _entered(context, request, Action.READ)
    page = parse_page(query)
    rows = await context.services.reader.fetch(
        context.kommune.id, orders(), context.values(top=page.top, skip=page.skip)
    )
    count, found = rows[0]["antall"], [row for row in rows if row["id"] is not None]
    address = f"{context.base}uttrekk/"
    here = f"{address}?{query}" if query else address
    links = [Link("self", here), Link(EXPORT_REL, here)]
    end = page.skip + len(found)
    if found and end < count:
        links.append(Link("next", f"{address}?{next_query(query, end, page.top)}"))
    results = [await _written(context, request, row) for row in found]
    return _answer(
        {"count": count, "results": results, "_links": msgspec.Raw(render(links))},
    )


async def read_order(context: Context, request: Request) -> Response:
    """Give how far an order has come, and what stands in its way."""
    _entered(context, request, Action.READ)
    return _answer(await _shown(context, request, id_of(request)))


async def cancel_order(context: Context, request: Request) -> Response:
    """Stop an order that is not done: the worker leaves it within seconds, and nothing of it."""
    context.demand(Action.DELETE, Work.DEPOSIT)
    row = await _order(context, id_of(request))

    def cancel(session: Session) -> None:
        change = context.change(session)
        ended = {"avsluttet_dato": change.now}
        if move(session, UUID(row["id"]), Tilstand.AVBRUTT, ended):
            _log(change, row["arkivdeler"], STOPPED)
        elif row["tilstand"] != Tilstand.AVBRUTT:
            raise Conflict(_ENDED)

    async with context.transaction() as session:
        await session.run_sync(cancel)
    return Response(status_code=HTTPStatus.NO_CONTENT)


async def read_result(context: Context, request: Request) -> Response:
    """Give the file that an order became, or the part of it that Range asks for."""
    row = await _of_result(context, request)
    file = StoredFile(
        row["lagringsnoekkel"], row["filstoerrelse"], row["sjekksum"], TAR, row["filnavn"]
    )

    async def shown(_: Mapping[str, str]) -> None:
        # Also where the kommune's archive is closed: it may be read.
        async with context.services.writer.transaction(context.kommune.id) as session:
            await session.run_sync(_log_fetched, context, row["arkivdeler"])

    return await send_file(context, request, file, shown)


async def read_submission(context: Context, request: Request) -> Response:
    """Give what goes beside the file when it is submitted (DIAS)."""
    row = await _of_result(context, request)
    if row["innsending"] is None:
        raise NotFound(text("Uttrekket ble ikke bestilt for innsending. Bestill det med dias."))
    if not accepts(request.headers.get("accept") or XML, XML):
        raise NotAcceptable(text("Filen finnes bare som {type}. Rett Accept.", type=XML))
    name = f'attachment; filename="{row["id"]}.xml"'
    return Response(row["innsending"], 200, {**_PRIVATE, "content-disposition": name}, XML)


async def _of_result(context: Context, request: Request) -> Mapping[str, Any]:
    """Find an order with a result that the caller may have: who may see all that is in it."""
    context.demand(Action.READ, Work.DEPOSIT)
    _refuse_partly_seen(context)
    row = await _order(context, id_of(request))
    if row["gradert"] > context.reach.clearance:
        raise Forbidden(_NOT_WHOLE)
    if row["lagringsnoekkel"] is None:
        raise NotFound(_NO_FILE)
    return row


def _log_fetched(session: Session, context: Context, parts: Sequence[UUID | str]) -> None:
    _log(context.change(session), parts, FETCHED)


def _log(change: Change, parts: Sequence[UUID | str], name: str) -> None:
    log_read(change, [(arkivdel.name, UUID(str(part))) for part in parts], name)


def _entered(context: Context, request: Request, action: Action) -> str:
    """Refuse those whose work it is not; give the query of the address."""
    refuse_unacceptable(request)
    context.demand(action, Work.DEPOSIT)
    query: bytes = request.scope["query_string"]
    return query.decode("ascii", "replace")


def _refuse_partly_seen(context: Context) -> None:
    """Refuse who sees less than all: a deposit holds what is screened, and every case."""
    if not (context.is_whole and context.cleared):
        raise Forbidden(_NOT_WHOLE)


async def _order(context: Context, order: UUID) -> Mapping[str, Any]:
    rows = await context.services.reader.fetch(
        context.kommune.id, one_order(), context.values(id=order)
    )
    if not rows:
        raise NotFound(_NO_ORDER)
    found: Mapping[str, Any] = rows[0]
    return found


async def _shown(context: Context, request: Request, order: UUID) -> Mapping[str, Any]:
    return await _written(context, request, await _order(context, order))


async def _written(context: Context, request: Request, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Write an order, with what the caller sees of what stands in its way."""
    obstacles = told_obstacles(msgspec.json.decode(row["hindringer"]))
    units = {unit for one in obstacles for unit in one.units}
    seen = await context.seen(units)
    language = language_of(request)
    shown = [one.to_reader(seen) for one in obstacles]
    return order_of(row, shown, context.services.links, context.base, language)


def _answer(
    body: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(msgspec.json.encode(body), status, {**_PRIVATE, **(headers or {})}, NOARK)
