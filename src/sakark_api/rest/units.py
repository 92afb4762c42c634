"""The operations on units: each takes a context and a request, and gives an answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from sakark_api.errors import NotFound
from sakark_api.noark.attribute import SetBy
from sakark_api.noark.resource import Change, Resource
from sakark_api.noark.structure import Offer, Relation
from sakark_api.rest.addresses import moves_of
from sakark_api.rest.dependencies import Context, id_of, read_body
from sakark_api.rest.etag import etag, is_current, refuse_stale
from sakark_api.rest.family import COUNT, SCREENED, STATE, TYPE, VERSION
from sakark_api.rest.fields import OWN_KINDS
from sakark_api.rest.idempotency import once
from sakark_api.rest.links import code_list_links, render
from sakark_api.rest.media_types import (
    MERGE_PATCH,
    NOARK,
    refuse_other_content,
    refuse_unacceptable,
)
from sakark_api.rest.odata import FieldKind
from sakark_api.rest.paging import LARGEST_EXPANDED_PAGE, SHOW, Asked, list_body, parse_query
from sakark_api.rest.patches import parse_patch
from sakark_api.rest.queries import Page
from sakark_api.rest.representation import address_of, refuse_unshowable, show, write_unit
from sakark_api.rest.schema import parse
from sakark_api.rest.search import COMMON, search_values, terms_of
from sakark_api.rest.ties import End
from sakark_api.tenancy.forhaandsvisning import preview_key
from sakark_api.tenancy.idempotensnoekkel import Done
from sakark_api.texts import text

__all__ = [
    "check_version",
    "delete_unit",
    "made_answer",
    "make_unit",
    "merge_unit",
    "read_list",
    "read_single",
    "read_template",
    "read_unit",
    "refuse_missing",
    "replace_unit",
    "unit_answer",
]

Owner = tuple[Resource[Any], UUID]

_WHOLE = Asked()
_PRIVATE = {"cache-control": "private, no-cache", "vary": "Authorization, Accept"}


async def read_unit(context: Context, request: Request, resource: Resource[Any]) -> Response:
    """Give one unit, or 304 when the caller has it already."""
    refuse_unacceptable(request)
    context.demand("read", resource.work)
    asked = _shape(context, request, resource)
    return await unit_answer(context, resource, id_of(request), request=request, asked=asked)


def _shape(context: Context, request: Request, resource: Resource[Any]) -> Asked:
    """Read how one unit is to be shown."""
    query = _query(request)
    if not query:
        return _WHOLE
    asked = parse_query(query, SHOW)
    refuse_unshowable(context, resource, asked)
    return asked


def _query(request: Request) -> str:
    query: bytes = request.scope["query_string"]
    return query.decode("ascii", "replace")


async def unit_answer(
    context: Context,
    resource: Resource[Any],
    system_id: UUID,
    *,
    status: int = 200,
    request: Request | None = None,
    asked: Asked = _WHOLE,
) -> Response:
    """Answer with a unit as it is now."""
    services = context.services
    rows = await services.reader.fetch(
        context.kommune.id,
        context.queries.one(resource),
        context.values(id=system_id),
    )
    return await _answer(context, resource, rows, status, request, asked)


async def _answer(
    context: Context,
    resource: Resource[Any],
    rows: list[Any],
    status: int,
    request: Request | None,
    asked: Asked,
) -> Response:
    if not rows:
        raise NotFound(text("Enheten finnes ikke."))
    if asked.is_shaped:
        (shown,) = await show(context, resource, rows, asked)
        return Response(msgspec.json.encode(shown), status, _PRIVATE, NOARK)
    (row,) = rows
    kind = context.services.catalog.by_name[row[TYPE]]
    links = context.services.links.of_unit(
        kind, row[STATE], context.rights, context.may, context.base
    )
    tag = etag(row[VERSION], links.tag, row[SCREENED])
    headers = {"etag": tag, **_PRIVATE}
    if request is not None and is_current(request, tag):
        return Response(status_code=304, headers=headers)
    if request is None:  # made or changed by the caller, which is in the log already
        headers["location"] = address_of(context, row)
        return Response(msgspec.json.encode(write_unit(context, row)), status, headers, NOARK)
    (unit,) = await show(context, resource, rows, asked)
    return Response(msgspec.json.encode(unit), status, headers, NOARK)


async def read_single(
    context: Context, request: Request, owner: Resource[Any], relation: Relation
) -> Response:
    """Give the one unit that a relation leads to."""
    refuse_unacceptable(request)
    context.demand("read", owner.work)
    context.demand("read", relation.target.work)
    asked = _shape(context, request, relation.target)
    services = context.services
    rows = await services.reader.fetch(
        context.kommune.id,
        context.queries.single(owner, relation),
        context.values(id=id_of(request)),
    )
    return await _answer(context, relation.target, rows, 200, request, asked)


async def read_list(
    context: Context,
    request: Request,
    resource: Resource[Any],
    owner: Resource[Any] | None = None,
    relation: Relation | None = None,
) -> Response:
    """Give a page of units: all of a resource, or those that a relation of the owner leads to."""
    refuse_unacceptable(request)
    context.demand("read", resource.work)
    if owner is not None:
        context.demand("read", owner.work)
    query = _query(request)
    asked = _list_asked(context, resource, query)
    terms, rare = await _searched(context, resource, asked)
    page = Page(
        resource,
        relation,
        owner,
        asked.filter.tree if asked.filter else None,
        asked.orders,
        len(terms),
        rare,
        tuple(sorted((await prefixed_fields(context, asked.prefixed)).items())),
    )
    for work in context.queries.works(page):
        context.demand("read", work)
    values = context.values(**search_values(terms))
    if asked.filter:
        values |= context.queries.parameters(page, asked.filter)
    if owner is not None:
        values["id"] = id_of(request)
    rows, count = await _page_of(context, page, asked, values)
    if count == 0 and owner is not None:
        await refuse_missing(context, owner, values["id"])
    address = f"{context.base}{request.scope['path'].split('/api/', 1)[1].rstrip('/')}/"
    rel = relation.rel if relation else resource.rel
    units = await show(context, resource, rows, asked)
    body = list_body(units, count, asked, (address, query, rel))
    return Response(body, 200, _PRIVATE, NOARK)


async def _searched(
    context: Context, resource: Resource[Any], asked: Asked
) -> tuple[Sequence[str], bool]:
    """Give the terms of a search, the rarest first, and whether that one is rare."""
    if not asked.search:
        return (), False
    terms = terms_of(asked.search)
    statement = context.queries.tally(resource, len(terms))
    reader = context.services.reader
    (counts,) = await reader.fetch(context.kommune.id, statement, search_values(terms))
    by_count = sorted(zip(counts, terms, strict=True))
    return [term for _, term in by_count], by_count[0][0] < COMMON


def _list_asked(context: Context, resource: Resource[Any], query: str) -> Asked:
    """Read what is asked of a list; pages of expanded units are short."""
    asked = parse_query(query)
    refuse_unshowable(context, resource, asked)
    if not asked.expand:
        return asked
    size = context.services.settings.page_size if asked.top is None else asked.top
    return replace(asked, top=min(size, LARGEST_EXPANDED_PAGE))


async def prefixed_fields(context: Context, names: frozenset[str]) -> Mapping[str, FieldKind]:
    """Tell what the fields hold that the kommune has defined itself, of those named."""
    if not names:
        return {}
    felter = (await context.services.writer.kodeverk(context.kommune.id)).felter
    return {name: OWN_KINDS[felter[name].type] for name in names if name in felter}


async def _page_of(
    context: Context, page: Page, asked: Asked, values: Mapping[str, Any]
) -> tuple[list[Any], int]:
    services = context.services
    size = services.settings.page_size if asked.top is None else asked.top
    if size:
        rows = await services.reader.fetch(
            context.kommune.id,
            context.queries.page(page),
            {**values, "top": size, "skip": asked.skip},
        )
        if rows or asked.skip == 0:
            return rows, rows[0][COUNT] if rows else 0
    counted = await services.reader.fetch(context.kommune.id, context.queries.count(page), values)
    return [], counted[0][0]


async def refuse_missing(context: Context, resource: Resource[Any], system_id: UUID) -> None:
    """Tell an empty list from one whose owner does not exist."""
    services = context.services
    found = await services.reader.fetch(
        context.kommune.id,
        context.queries.one(resource),
        context.values(id=system_id),
    )
    if not found:
        raise NotFound(text("Enheten finnes ikke."))


async def read_template(
    context: Context,
    request: Request,
    made: Resource[Any],
    owner: Resource[Any] | None = None,
) -> Response:
    """Give a legal, partly filled body to make a unit from; makes nothing (GUIDE 7).

    What the unit would inherit from its owner is null: a default that is sent back would win.
    """
    refuse_unacceptable(request)
    context.demand("create", made.work)
    inherited = made.inherited("inherits") or () if owner is not None else ()
    if owner is not None:
        await refuse_missing(context, owner, id_of(request))
    async with context.transaction() as session:
        change = context.change(session.sync_session)
    body: dict[str, Any] = {}
    for attribute in made.attributes:
        spec = attribute.spec
        if spec.set_by is SetBy.CORE:
            continue
        if spec.codelist and spec.default and attribute.name not in inherited:
            kode = change.kode(spec.codelist, spec.default)
            body[attribute.wire] = {"kode": kode.kode, "kodenavn": kode.kodenavn}
        else:
            body[attribute.wire] = None
    body["_links"] = msgspec.Raw(render(code_list_links(made, context.base)))
    return Response(msgspec.json.encode(body), 200, {"cache-control": "no-store"}, NOARK)


async def make_unit(
    context: Context,
    request: Request,
    made: Resource[Any],
    owner: Resource[Any] | None = None,
    offer: Offer | None = None,
) -> Response:
    """Make a unit and answer with it (201)."""
    refuse_unacceptable(request)
    refuse_other_content(request, NOARK)
    context.demand("create", made.work)
    services = context.services
    data = await read_body(request, services.settings.body_limit)
    body = parse(services.schemas.making(made), data)
    place = (owner, id_of(request)) if owner else None

    def make(change: Change) -> str:
        return str(services.commands.make(change, made, body, place, offer).system_id)

    done = await once(context, request, data, make)
    return await made_answer(context, made, done)


async def made_answer(context: Context, made: Resource[Any], done: Done) -> Response:
    """Answer with a unit that was made: only which it is, to whom may not read it (GUIDE 16).

    Raises `NotFound` where a repeated request asks for what is there no more.
    """
    system_id = UUID(done.made)
    if context.may("read", made.work):
        try:
            return await unit_answer(context, made, system_id, status=201)
        except NotFound:
            if done.again:
                raise
    address = f"{context.base}{made.package}/{made.name}/{system_id}/"
    body = {"systemID": str(system_id), "_links": {"self": {"href": address}}}
    return Response(
        msgspec.json.encode(body), 201, {"location": address, **_PRIVATE}, media_type=NOARK
    )


async def replace_unit(context: Context, request: Request, resource: Resource[Any]) -> Response:
    """Give a unit the values of a whole body (PUT)."""
    refuse_unacceptable(request)
    refuse_other_content(request, NOARK)
    services = context.services
    system_id = await _may_write(context, request, resource, "change")
    data = await read_body(request, services.settings.body_limit)
    body = parse(services.schemas.changing(resource), data)
    return await _write(
        context,
        resource,
        system_id,
        lambda change: services.commands.replace(
            change, resource, system_id, body, check_version(request, required=True)
        ),
    )


async def merge_unit(context: Context, request: Request, resource: Resource[Any]) -> Response:
    """Change the members that a merge patch names (PATCH)."""
    refuse_unacceptable(request)
    refuse_other_content(request, MERGE_PATCH)
    services = context.services
    system_id = await _may_write(context, request, resource, "change")
    patch = parse_patch(await read_body(request, services.settings.body_limit))
    links = patch.get("_links")
    moves = [] if links is None else moves_of(context, End(resource, system_id), links)
    return await _write(
        context,
        resource,
        system_id,
        lambda change: services.commands.merge(
            change, resource, system_id, patch, check_version(request, required=True), moves
        ),
    )


async def delete_unit(context: Context, request: Request, resource: Resource[Any]) -> Response:
    """Delete a unit (204), and the bytes of its file and of the picture of that."""
    services = context.services
    system_id = await _may_write(context, request, resource, "delete")

    def delete(sync: Session) -> list[str | None]:
        preview = preview_key(sync, system_id) if resource.file else None
        unit = services.commands.delete(
            context.change(sync), resource, system_id, check_version(request, required=False)
        )
        return [getattr(unit, "lagringsnoekkel", None), preview]

    async with context.transaction() as session:
        keys = await session.run_sync(delete)
    for key in filter(None, keys):
        await services.documents.delete(key)
    return Response(status_code=204)


async def _may_write(
    context: Context, request: Request, resource: Resource[Any], action: str
) -> UUID:
    """Refuse a caller whose role does not suffice, without telling of units there are not."""
    system_id = id_of(request)
    if not context.may(action, resource.work):
        context.demand("read", resource.work)
        await refuse_missing(context, resource, system_id)
    context.demand(action, resource.work)
    return system_id


def check_version(request: Request, *, required: bool) -> Callable[[int], None]:
    """Make the check that a client has seen the version it changes (GUIDE 8)."""
    return lambda version: refuse_stale(request, version, required=required)


async def _write(
    context: Context,
    resource: Resource[Any],
    system_id: UUID,
    command: Callable[[Change], object],
) -> Response:
    async with context.transaction() as session:
        await session.run_sync(lambda sync: command(context.change(sync)))
    try:
        return await unit_answer(context, resource, system_id)
    except NotFound:  # the change has taken it out of the caller's sight
        return Response(status_code=204)
