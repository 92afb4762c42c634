"""From declarations to routes: every address of every resource, with its operations."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sakark_api.errors import NotFound
from sakark_api.noark.resource import Resource
from sakark_api.noark.structure import Catalog, Offer, Relation
from sakark_api.rest import allowed, chunks, files, references, units
from sakark_api.rest.dependencies import enter
from sakark_api.rest.moved import show_onwards
from sakark_api.rest.openapi import Operation
from sakark_api.rest.tree import Route, RouteTree

__all__ = ["add_resources", "route"]


Act = Callable[..., Awaitable[Response]]
_REPLACE: Act = references.replace_reference


def add_resources(tree: RouteTree, catalog: Catalog) -> None:
    """Add the routes of every resource to the tree."""
    for resource in catalog.resources:
        _add_lists(tree, resource)
        if not resource.abstract:
            _add_unit(tree, catalog, resource)
            _add_relations(tree, catalog, resource)
            _add_offers(tree, catalog, resource)
            _add_extensions(tree, catalog, resource)
            _add_files(tree, catalog, resource)
            if resource.root.category is not None:
                _add_allowed(tree, resource)


def _add_lists(tree: RouteTree, resource: Resource[Any]) -> None:
    package = f"/{{kommune}}/api/{resource.package}/"
    if resource.listed:
        tree.add(
            route(
                f"{package}{resource.name}/",
                "GET",
                Operation.listing(resource, f"{resource.name}_list"),
                units.read_list,
                resource=resource,
            )
        )
    if resource.top:
        _add_making(tree, resource, f"{package}ny-{resource.name}/", f"ny_{resource.name}")


def _add_unit(tree: RouteTree, catalog: Catalog, resource: Resource[Any]) -> None:
    path = _unit_path(resource)
    name = resource.name
    kinds = _has_kinds(catalog, resource)
    operations = (
        ("GET", Operation.reading(resource, f"{name}_get", has_kinds=kinds), units.read_unit),
        ("PUT", Operation.replacing(resource, f"{name}_put", has_kinds=kinds), units.replace_unit),
        ("PATCH", Operation.merging(resource, f"{name}_patch", has_kinds=kinds), units.merge_unit),
        ("DELETE", Operation.deleting(resource, f"{name}_delete"), units.delete_unit),
    )
    for method, operation, act in operations[:1] if resource.read_only else operations:
        tree.add(route(path, method, operation, act, resource=resource))
    if resource.by_reference:
        pointing = Operation.pointing(resource, f"{name}_ref_put")
        tree.add(route(f"{path}$ref/", "PUT", pointing, references.point_unit, resource=resource))


def _add_allowed(tree: RouteTree, resource: Resource[Any]) -> None:
    operation = Operation.allowed(resource, f"{resource.name}_tilgang")
    path = f"{_unit_path(resource)}tilgang/"
    tree.add(route(path, "GET", operation, allowed.read_allowed, resource=resource))


def _has_kinds(catalog: Catalog, resource: Resource[Any]) -> bool:
    return len(catalog.kinds_of(resource)) > 1


def _add_relations(tree: RouteTree, catalog: Catalog, resource: Resource[Any]) -> None:
    for relation in catalog.relations(resource):
        path = f"{_unit_path(resource)}{relation.role}/"
        name = f"{resource.name}_{relation.role}"
        bound = {"owner": resource, "relation": relation}
        if relation.many:
            operation = Operation.listing(relation.target, f"{name}_list", of=resource)
            tree.add(
                route(path, "GET", operation, units.read_list, resource=relation.target, **bound)
            )
        else:
            kinds = _has_kinds(catalog, relation.target)
            operation = Operation.reading(
                relation.target, f"{name}_get", of=resource, has_kinds=kinds
            )
            tree.add(route(path, "GET", operation, units.read_single, **bound))
        if not (relation.tie.owned or relation.child.read_only):
            _add_references(tree, resource, relation)


def _add_references(tree: RouteTree, resource: Resource[Any], relation: Relation) -> None:
    path = f"{_unit_path(resource)}{relation.role}/$ref/"
    first = ("POST", references.add_reference) if relation.many else ("PUT", _REPLACE)
    for method, act in (first, ("DELETE", references.remove_reference)):
        name = f"{resource.name}_{relation.role}_ref_{method.lower()}"
        operation = Operation.referring(resource, name, relation.target, method, many=relation.many)
        tree.add(route(path, method, operation, act, owner=resource, relation=relation))


def _add_extensions(tree: RouteTree, catalog: Catalog, resource: Resource[Any]) -> None:
    for special in catalog.extensions(resource):
        path = f"{_unit_path(resource)}utvid-til-{special.name}/"
        # The standard says PUT; clients of other implementations send POST.
        for method in ("PUT", "POST"):
            name = f"{resource.name}_utvid_til_{special.name}_{method.lower()}"
            operation = Operation.extending(resource, name, special)
            tree.add(
                route(
                    path, method, operation, references.extend_unit, owner=resource, special=special
                )
            )


def _add_offers(tree: RouteTree, catalog: Catalog, resource: Resource[Any]) -> None:
    for offer in catalog.offers(resource):
        path = f"{_unit_path(resource)}{offer.tail}/"
        name = f"{resource.name}_{offer.tail.replace('-', '_')}"
        add = _add_referring if offer.made.by_reference else _add_making
        add(tree, offer.made, path, name, owner=resource, offer=offer)


def _add_referring(
    tree: RouteTree, made: Resource[Any], path: str, name: str, owner: Resource[Any], offer: Offer
) -> None:
    template = Operation.template(made, f"{name}_get")
    act = references.read_reference_template
    tree.add(route(path, "GET", template, act, made=made, owner=owner))
    making = Operation.making_by_reference(made, f"{name}_ref_post", owner)
    act_making = references.make_by_reference
    tree.add(route(f"{path}$ref/", "POST", making, act_making, made=made, owner=owner, offer=offer))


def _add_making(tree: RouteTree, made: Resource[Any], path: str, name: str, **bound: Any) -> None:
    template = Operation.template(made, f"{name}_get", of=bound.get("owner"))
    owner = {"owner": bound["owner"]} if bound else {}
    tree.add(route(path, "GET", template, units.read_template, made=made, **owner))
    making = Operation.making(made, f"{name}_post", of=bound.get("owner"))
    tree.add(route(path, "POST", making, units.make_unit, made=made, **bound))


def _add_files(tree: RouteTree, catalog: Catalog, resource: Resource[Any]) -> None:
    door = catalog.takes_files(resource)
    if door is None:
        return
    path = f"{_unit_path(resource)}fil/"
    bound = {"resource": resource, "door": door}
    if resource.file:
        reading = Operation.downloading(resource, f"{resource.name}_fil_get")
        tree.add(route(path, "GET", reading, files.download, resource=resource))
        showing = Operation.previewing(resource, f"{resource.name}_forhaandsvisning")
        shown = f"{_unit_path(resource)}{files.PREVIEW}/"
        tree.add(route(shown, "GET", showing, files.preview, resource=resource))
    sending = Operation.uploading(resource, f"{resource.name}_fil_post", door.holder)
    tree.add(route(path, "POST", sending, files.upload, **bound))
    session = f"{path}{{rest}}/"
    for method, operation, act in (
        ("PUT", Operation.chunk(resource, f"{resource.name}_fil_put", door.holder), chunks.receive),
        ("GET", Operation.progress(resource, f"{resource.name}_fil_status"), chunks.progress),
        ("DELETE", Operation.cancelling(resource, f"{resource.name}_fil_avbryt"), chunks.cancel),
    ):
        tree.add(route(session, method, operation, act, **bound))


def _unit_path(resource: Resource[Any]) -> str:
    return f"/{{kommune}}/api/{resource.package}/{resource.name}/{{system_id}}/"


def route(path: str, method: str, operation: Operation, act: Act, **bound: Any) -> Route:
    """Make a route that lets the caller in and then does `act` with what is bound.

    Who reads a unit that has gone to another kommune is shown there.

    There is one dependency, `enter`, and it is the same everywhere: to let FastAPI solve it costs
    0.25 ms a request, more than reading a unit.
    """

    async def endpoint(request: Request) -> Response:
        return await act(await enter(request), request, **bound)

    async def endpoint_of_unit(request: Request) -> Response:
        context = await enter(request)
        try:
            return await act(context, request, **bound)
        except NotFound:
            onwards = await show_onwards(context, request)
            if onwards is None:
                raise
            return onwards

    of_unit = method == "GET" and "{system_id}" in path
    return Route(path, method, operation, endpoint_of_unit if of_unit else endpoint)
