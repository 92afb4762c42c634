"""References over HTTP: `$ref`, units made by reference, `utvid-til-…` (GUIDE 8, 9)."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from sakark_api.errors import Invalid
from sakark_api.noark.resource import Change, Resource
from sakark_api.noark.structure import Offer, Relation
from sakark_api.rest.addresses import end_of
from sakark_api.rest.dependencies import Context, id_of, read_body
from sakark_api.rest.fetching import fetch
from sakark_api.rest.idempotency import once
from sakark_api.rest.media_types import NOARK, refuse_other_content, refuse_unacceptable
from sakark_api.rest.schema import parse
from sakark_api.rest.ties import End
from sakark_api.rest.units import check_version, refuse_missing, unit_answer
from sakark_api.texts import text

__all__ = [
    "add_reference",
    "extend_unit",
    "make_by_reference",
    "point_unit",
    "read_reference_template",
    "remove_reference",
    "replace_reference",
]


async def add_reference(
    context: Context, request: Request, owner: Resource[Any], relation: Relation
) -> Response:
    """Add a unit to a list (POST `…/$ref?$id=<unit>`)."""
    here = await _admitted(context, request, owner, relation)
    target = end_of(context, _named(request))
    ties = context.services.commands.ties
    return await _retie(
        context, request, here, lambda change: ties.add(change, relation, here, target)
    )


async def replace_reference(
    context: Context, request: Request, owner: Resource[Any], relation: Relation
) -> Response:
    """Let a relation lead to another unit (PUT `…/$ref`, the body is its address)."""
    here = await _admitted(context, request, owner, relation)
    target = end_of(context, await _address(context, request))
    ties = context.services.commands.ties
    return await _retie(
        context, request, here, lambda change: ties.replace(change, relation, here, target)
    )


async def remove_reference(
    context: Context, request: Request, owner: Resource[Any], relation: Relation
) -> Response:
    """Take a unit out of a list (DELETE `…/$ref?$id=<unit>`), or empty a relation to one."""
    here = await _admitted(context, request, owner, relation)
    named = request.scope["query_string"]
    if relation.many and not named:
        raise Invalid(text("Si hvilken enhet som skal tas ut, med $id."))
    target = end_of(context, _named(request)) if named else None
    ties = context.services.commands.ties
    return await _retie(
        context, request, here, lambda change: ties.remove(change, relation, here, target)
    )


async def _admitted(
    context: Context, request: Request, owner: Resource[Any], relation: Relation
) -> End:
    """Give the unit in the address, when both ends of its relation are the caller's to tie."""
    here = End(owner, id_of(request))
    child, parent = (owner, relation.target) if relation.upward else (relation.target, owner)
    context.demand("read", parent.work)
    await refuse_missing(context, owner, here.system_id)
    context.demand("change", child.work)
    return here


async def _retie(
    context: Context, request: Request, here: End, act: Callable[[Change], None]
) -> Response:
    def command(change: Change) -> str:
        unit = fetch(change.session, here.resource, here.system_id)
        check_version(request, required=False)(unit.version)
        act(change)
        return str(here.system_id)

    await once(context, request, b"", command)
    return Response(status_code=204)


def _named(request: Request) -> str:
    """Give the address in `$id`."""
    query = request.scope["query_string"].decode("ascii", "replace")
    given = parse_qsl(query, keep_blank_values=True)
    if [name for name, _ in given] != ["$id"]:
        raise Invalid(text("Oppgi adressen til én enhet med $id."))
    return str(given[0][1])


async def _address(context: Context, request: Request) -> str:
    """Give the address in a body: as it is, as text/uri-list or as `{"@odata.id": …}`."""
    if request.scope["query_string"]:
        return _named(request)
    data = await read_body(request, context.services.settings.body_limit)
    written = data.decode("utf-8", "replace").strip()
    if not written.startswith(("{", '"')):
        return written
    try:
        body = msgspec.json.decode(written)
    except (msgspec.DecodeError, RecursionError):
        body = None
    address: object = body.get("@odata.id") if isinstance(body, dict) else body
    if not isinstance(address, str):
        raise Invalid(text('Send adressen til enheten, som tekst eller som {{"@odata.id": …}}.'))
    return address


async def read_reference_template(
    context: Context, request: Request, made: Resource[Any], owner: Resource[Any]
) -> Response:
    """Give the address that a unit is made by reference at; the target's goes at its end."""
    refuse_unacceptable(request)
    context.demand("create", made.work)
    await refuse_missing(context, owner, id_of(request))
    address = f"{context.base}{request.scope['path'].split('/api/', 1)[1].rstrip('/')}/$ref?$id="
    return Response(
        msgspec.json.encode({"url": address}), 200, {"cache-control": "no-store"}, NOARK
    )


async def make_by_reference(
    context: Context, request: Request, made: Resource[Any], owner: Resource[Any], offer: Offer
) -> Response:
    """Make a unit that points to the one named (POST `ny-…/$ref?$id=<unit>`, 201)."""
    refuse_unacceptable(request)
    context.demand("create", made.work)
    here = End(owner, id_of(request))
    await refuse_missing(context, owner, here.system_id)
    target = end_of(context, _named(request))
    context.demand("read", target.resource.work)
    commands = context.services.commands

    def make(change: Change) -> str:
        return str(commands.make_by_reference(change, made, here, offer, target).system_id)

    done = await once(context, request, b"", make)
    return await unit_answer(context, made, UUID(done.made), status=201)


async def point_unit(context: Context, request: Request, resource: Resource[Any]) -> Response:
    """Let a unit that was made by reference point to another (PUT `<self>/$ref`)."""
    system_id = id_of(request)
    await refuse_missing(context, resource, system_id)
    context.demand("change", resource.work)
    target = end_of(context, await _address(context, request))
    context.demand("read", target.resource.work)
    commands = context.services.commands
    async with context.transaction() as session:
        await session.run_sync(
            lambda sync: commands.point(context.change(sync), resource, system_id, target)
        )
    return await unit_answer(context, resource, system_id)


async def extend_unit(
    context: Context, request: Request, owner: Resource[Any], special: Resource[Any]
) -> Response:
    """Let a unit become one of a more special kind; the answer is what it has become."""
    refuse_unacceptable(request)
    refuse_other_content(request, NOARK)
    system_id = id_of(request)
    if not context.may("change", owner.work):
        context.demand("read", owner.work)
        await refuse_missing(context, owner, system_id)
    context.demand("change", owner.work)
    context.demand("create", special.work)
    services = context.services
    data = await read_body(request, services.settings.body_limit)
    body = parse(services.schemas.extending(special), data)
    check = check_version(request, required=False)

    def extend(change: Change) -> str:
        return str(services.commands.extend(change, special, system_id, body, check).system_id)

    done = await once(context, request, data, extend)
    return await unit_answer(context, special, UUID(done.made))
