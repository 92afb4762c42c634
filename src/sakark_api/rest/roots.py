"""Where clients begin: the list of kommuner, each kommune's root, its packages and login."""

from importlib.metadata import version
from typing import Final

import msgspec
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from sakark_api.access.policy import Action, Work
from sakark_api.errors import IdentityUnavailable, NotFound
from sakark_api.noark.metadata.kodeliste import KODELISTER
from sakark_api.noark.resource import REL, Package
from sakark_api.noark.structure import Catalog
from sakark_api.rest.dependencies import WELL_KNOWN, Context, Services, base_of, enter, kommune_of
from sakark_api.rest.links import (
    EXPORT_REL,
    PUBLIC_QUERY,
    PUBLIC_REL,
    QUERY,
    READINESS_REL,
    RUNNING_QUERY,
    RUNNING_REL,
    SEARCH_QUERY,
    SEARCH_REL,
    SUGGESTION_REL,
    Link,
    render,
)
from sakark_api.rest.media_types import NOARK, refuse_unacceptable
from sakark_api.rest.openapi import Operation, describe
from sakark_api.rest.router import route
from sakark_api.rest.tree import Route, RouteTree
from sakark_api.texts import text

__all__ = ["add_roots", "kommuner_routes"]

VERSION_DATE: Final = "2026-11-22T00:00:00+01:00"
PROTOCOL: Final = "1.1"


def add_roots(tree: RouteTree, catalog: Catalog) -> None:
    """Add the root, the login address, the packages and the system information."""
    base = "/{kommune}/api/"
    for path, endpoint, operation in (
        (base, root, Operation("rot_get", text("Kommunens rot"), "rot", errors=())),
        (
            f"{base}{WELL_KNOWN}/",
            openid_configuration,
            Operation("oidc_get", text("Kommunens OIDC-leverandør"), "rot", errors=()),
        ),
    ):
        tree.add(Route(path, "GET", operation, endpoint))
    for package in Package:
        operation = Operation(f"{package}_get", text("Lister i pakken"), package)
        tree.add(
            route(
                f"{base}{package}/",
                "GET",
                operation,
                read_package,
                catalog=catalog,
                package=package,
            )
        )
    operation = Operation("system_get", text("Om systemet"), Package.ADMIN)
    tree.add(route(f"{base}admin/system/", "GET", operation, read_system))


def kommuner_routes() -> list[APIRoute]:
    """Make the list of kommuner, for a login page; with or without the slash."""
    operation = Operation("kommuner_list", text("Kommunene i tjenesten"), "rot", errors=())
    described = describe(operation, "/kommuner/")
    return [
        APIRoute("/kommuner/", list_kommuner, methods=["GET"], **described),
        APIRoute("/kommuner", list_kommuner, methods=["GET"], include_in_schema=False),
    ]


async def list_kommuner(request: Request) -> Response:
    """Give the kommuner of the service, with the address of each one's root."""
    services: Services = request.app.state.services
    found = [
        {
            "slug": kommune.slug,
            "navn": kommune.navn,
            "kommunenummer": kommune.kommunenummer,
            "organisasjonsnummer": kommune.organisasjonsnummer,
            "status": kommune.status,
            "maalform": kommune.maalform,
            "_links": {"self": {"href": base_of(request, kommune)}},
        }
        for kommune in (await services.registry.current()).values()
        if kommune.sandkasse_for is None
    ]
    return Response(msgspec.json.encode({"count": len(found), "results": found}), media_type=NOARK)


async def root(request: Request) -> Response:
    """Give the packages and the ways to log in; open to everybody (GUIDE 1)."""
    refuse_unacceptable(request)
    kommune = await kommune_of(request)
    base = base_of(request, kommune)
    links = [
        *(Link(package.rel, f"{base}{package}/") for package in Package),
        Link(f"{REL}login/oidc/", f"{base}{WELL_KNOWN}"),
        Link(f"{REL}login/rfc6749/", f"{base}{WELL_KNOWN}"),
    ]
    if kommune.publishes_journal:
        address = f"{base}offentlig/journal/{PUBLIC_QUERY}"
        links.append(Link(PUBLIC_REL, address, templated=True))
    if "authorization" in request.headers:
        context = await enter(request)
        links += [
            Link(f"{REL}admin/system/", f"{base}admin/system/"),
            Link(SEARCH_REL, f"{base}sok/{SEARCH_QUERY}", templated=True),
            Link(SUGGESTION_REL, f"{base}sok/forslag/{{?q}}", templated=True),
            Link(RUNNING_REL, f"{base}journal/loepende/{RUNNING_QUERY}", templated=True),
        ]
        if context.may(Action.READ, Work.DEPOSIT):
            links.append(Link(READINESS_REL, f"{base}beredskap/"))
            links.append(Link(EXPORT_REL, f"{base}uttrekk/"))
    body = {"_links": msgspec.Raw(render(links))}
    return Response(msgspec.json.encode(body), media_type=NOARK)


async def openid_configuration(request: Request) -> Response:
    """Give the discovery document of the kommune's identity provider, as the provider has it."""
    kommune = await kommune_of(request)
    services: Services = request.app.state.services
    if not kommune.issuers:
        raise NotFound(text("Kommunen har ingen OIDC-leverandør ennå."))
    document = await services.discover(kommune.issuers[0])
    if document is None:
        raise IdentityUnavailable(
            text("Kommunens OIDC-leverandør svarer ikke nå. Prøv igjen om litt.")
        )
    return Response(
        document, media_type="application/json", headers={"cache-control": "max-age=300"}
    )


async def read_package(
    context: Context, request: Request, catalog: Catalog, package: Package
) -> Response:
    """Give the lists of a package, and what the caller may make at its top (GUIDE 2)."""
    refuse_unacceptable(request)
    base = f"{context.base}{package}/"
    links = [Link("self", base)]
    for resource in catalog.resources:
        if resource.package is not package:
            continue
        names = (resource.name, *resource.aliases)
        if resource.listed and context.may("read", resource.work):
            address = f"{base}{resource.name}/{QUERY}"
            links += [Link(f"{package.rel}{name}/", address, templated=True) for name in names]
        if resource.top and context.may("create", resource.work):
            address = f"{base}ny-{resource.name}/"
            links += [Link(f"{package.rel}ny-{name}/", address) for name in names]
    if package is Package.METADATA:
        links += _code_lists(context, base)
    if package is Package.ADMIN:
        links.append(Link(f"{REL}admin/system/", f"{base}system/"))
    body = {"_links": msgspec.Raw(render(links))}
    return Response(msgspec.json.encode(body), media_type=NOARK)


def _code_lists(context: Context, base: str) -> list[Link]:
    lists = KODELISTER.values()
    links = [Link(one.rel, f"{base}{one.name}/{QUERY}", templated=True) for one in lists]
    if context.may("create", Work.ARCHIVE):
        links += [Link(one.rel_of_new, f"{base}ny-{one.name}/") for one in lists]
    return links


async def read_system(context: Context, request: Request) -> Response:
    """Tell what system this is and how large files it takes in one request (GUIDE 1)."""
    refuse_unacceptable(request)
    address = f"{context.base}admin/system/"
    body = {
        "bulkgrense": context.services.settings.bulk_limit,
        "leverandoer": "sakark",
        "produkt": "sakark_api",
        "versjon": version("sakark-api"),
        "versjonsdato": VERSION_DATE,
        "protokollversjon": PROTOCOL,
        "_links": msgspec.Raw(
            render([Link("self", address), Link(f"{REL}admin/system/", address)])
        ),
    }
    return Response(msgspec.json.encode(body), media_type=NOARK)
