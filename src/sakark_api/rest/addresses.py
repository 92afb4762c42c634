"""Addresses that clients send: which unit one names, and what changed links say (GUIDE 8)."""

from collections.abc import Mapping
from urllib.parse import urlsplit
from uuid import UUID

from sakark_api.errors import Invalid, NotFound
from sakark_api.noark.structure import Relation
from sakark_api.rest.dependencies import Context
from sakark_api.rest.ties import End
from sakark_api.texts import text

__all__ = ["end_of", "moves_of"]

_TO_CODES = "/metadata/"
"""In the keys of links to code lists, which a unit's answer has and nobody changes."""
_UNIT_PARTS = 3
"""An address below the root: package, entity, systemID; perhaps a list of the unit's after that."""


def end_of(context: Context, address: str) -> End:
    """Read which unit an address names: its own, or one of its lists (GUIDE 8).

    NotFound for what can't be a unit of this kommune, Invalid for what is no address of ours.
    """
    base = urlsplit(context.base)
    origin = f"{base.scheme}://{base.netloc}"
    below = address.removeprefix(origin).partition("{")[0].partition("?")[0]
    if not below.startswith("/") or "#" in below:
        raise Invalid(text("Oppgi adressen enheten har her, slik den står i self."))
    if not below.startswith(base.path):
        raise NotFound(text("Enheten finnes ikke."))
    parts = below.removeprefix(base.path).strip("/").split("/")
    resource = context.services.catalog.by_name.get(parts[1]) if len(parts) > 1 else None
    if (
        resource is None
        or len(parts) not in (_UNIT_PARTS, _UNIT_PARTS + 1)
        or resource.package != parts[0]
    ):
        raise Invalid(text("Adressen er ikke en enhets adresse. Bruk den som står i self."))
    try:
        return End(resource, UUID(parts[2]))
    except ValueError:
        raise NotFound(text("Enheten finnes ikke.")) from None


def moves_of(context: Context, here: End, links: object) -> list[tuple[Relation, End | None]]:
    """Read what a patch says of a unit's links: those to parents may be changed (GUIDE 8).

    Links that lead where they led already are let be.
    """
    if not isinstance(links, Mapping):
        raise Invalid(text("_links må være et objekt med relasjonsnøkler."))
    relations = {
        one.rel: one
        for one in context.services.catalog.relations(here.resource)
        if one.upward and not one.tie.owned
    }
    moves: list[tuple[Relation, End | None]] = []
    for rel, link in links.items():
        relation = relations.get(rel)
        href = link.get("href") if isinstance(link, Mapping) else None
        if link is not None and not isinstance(href, str):
            raise Invalid(text("Lenken {rel} mangler href.", rel=str(rel)[:100]))
        role = relation.role if relation else None
        if _TO_CODES in rel or _is_own(href, here, role):
            continue
        if relation is None:
            raise Invalid(text("Lenken {rel} kan ikke endres.", rel=str(rel)[:100]))
        context.demand("read", relation.target.work)
        moves.append((relation, None if href is None else end_of(context, href)))
    return moves


def _is_own(href: str | None, here: End, role: str | None) -> bool:
    """Tell whether a link is one of the unit's own, as they are in its answers."""
    if href is None:
        return False
    _, _, tail = href.partition("{")[0].rstrip("/").partition(f"/{here.system_id}")
    return tail == f"/{role}" if role else f"/{here.system_id}" in href
