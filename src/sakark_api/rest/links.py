"""Links: rendered once for each resource, state and set of rights, then only filled with ids."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zlib import crc32

import msgspec

from sakark_api.noark.rel import OWN_REL
from sakark_api.noark.resource import REL, JoinTable, Package, ParentColumn, Resource
from sakark_api.noark.structure import Catalog, Offer, Relation

__all__ = [
    "ALLOWED_REL",
    "EXPORT_FILE_REL",
    "EXPORT_REL",
    "PUBLIC_QUERY",
    "PUBLIC_REL",
    "QUERY",
    "READINESS_REL",
    "RUNNING_QUERY",
    "RUNNING_REL",
    "SEARCH_QUERY",
    "SEARCH_REL",
    "SUBMISSION_REL",
    "SUGGESTION_REL",
    "WORKLIST_REL",
    "Link",
    "LinkSet",
    "Links",
    "May",
    "code_list_links",
    "render",
    "state_conditions",
]

QUERY = "{?$filter&$orderby&$top&$skip&$search}"
"""What a list takes, as the template that every list's address ends in (GUIDE 6)."""

METADATA_REL = f"{REL}metadata/"
FILE_REL = f"{REL}arkivstruktur/fil/"

PREVIEW_REL = f"{Package.BEVARING.rel}forhaandsvisning/"
"""To a picture of the first page of a unit's file."""

ALLOWED_REL = f"{Package.TILGANGSSTYRING.rel}tilgang/"
"""To what the caller may do with a unit."""

SEARCH_REL = f"{OWN_REL}sok/"
"""To the search across cases, registreringer and documents."""

SEARCH_QUERY = "{?q&type&enhet&aar&status&$top&$skip}"

SUGGESTION_REL = f"{SEARCH_REL}forslag/"
"""To how what is being searched for may go on."""

RUNNING_REL = f"{OWN_REL}journal/loepende/"
"""To the journal of all entries that the caller sees."""

RUNNING_QUERY = "{?fra&til&enhet&format&$top&$skip}"

PUBLIC_REL = f"{OWN_REL}journal/offentlig/"
"""To the journal that everybody may read, where the kommune has one."""

PUBLIC_QUERY = "{?fra&til&enhet&q&format&$top&$skip}"

READINESS_REL = f"{OWN_REL}beredskap/"
"""To how ready the archive is to be deposited."""

WORKLIST_REL = f"{READINESS_REL}sjekk/"
"""To the units that something stands in the way of."""

EXPORT_REL = f"{OWN_REL}uttrekk/"
"""To the deposits that are ordered."""

EXPORT_FILE_REL = f"{EXPORT_REL}fil/"
"""To the file that a deposit has become."""

SUBMISSION_REL = f"{EXPORT_REL}innsending/"
"""To what goes beside that file when it is submitted."""

May = Callable[[str, str], bool]
"""Whether the caller may do an action ("create", …) in a kind of work ("casework", …)."""

_ID = "\x00"


@dataclass(frozen=True)
class Link:
    """One link of a unit: its relation key and address, and when it is there."""

    rel: str
    href: str
    templated: bool = False


@dataclass(frozen=True)
class LinkSet:
    """The links of one resource in one state for one set of rights; `tag` tells it from others."""

    pieces: Sequence[bytes]
    tag: str

    def of(self, system_id: str) -> msgspec.Raw:
        return msgspec.Raw(system_id.encode().join(self.pieces))


def render(links: Sequence[Link]) -> bytes:
    """Write links as the standard has them: an object by relation key, in ASCII order (GUIDE 4)."""
    return msgspec.json.encode(
        {
            link.rel: {"href": link.href, **({"templated": True} if link.templated else {})}
            for link in sorted(links, key=lambda link: link.rel)
        }
    )


Condition = tuple[str, str]
"""Something of a unit's state that its links depend on: what, and for which relation."""

LOCKED: Condition = ("locked", "")
FILED: Condition = ("filed", "")
PREVIEWED: Condition = ("previewed", "")
MAY = "may"
"""What a condition begins with that says what the caller's rights give: `(MAY, "create")`."""


def condition_of(relation: Relation) -> Condition | None:
    """Tell what must hold for the link of a relation to be shown; None when it always is."""
    if relation.upward:
        return None if relation.many else ("above", relation.role)
    if isinstance(relation.via, ParentColumn):
        return ("holds", relation.role)
    same_kind = relation.same_kind and not isinstance(relation.via, JoinTable)
    return ("below", relation.role) if same_kind else None


def state_conditions(catalog: Catalog, root: Resource[Any]) -> tuple[Condition, ...]:
    """List what the links of a family's units depend on, in the order of the state's bits."""
    found: dict[Condition, None] = {}
    for resource in catalog.family(root):
        for relation in catalog.relations(resource):
            condition = condition_of(relation)
            if condition:
                found[condition] = None
        for special in catalog.extensions(resource):
            found["fits", special.name] = None
    if root.locked_by:
        found[LOCKED] = None
    for action in ("create", "change"):
        found[MAY, action] = None
    if root.file:
        found[FILED] = None
        found[PREVIEWED] = None
    return tuple(found)


class Links:
    """The links of every unit, and of the lists and packages they are found in."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._bits: Mapping[str, Mapping[Condition, int]] = {
            root.name: {
                condition: 1 << place
                for place, condition in enumerate(state_conditions(catalog, root))
            }
            for root in catalog.roots
        }
        self._sets: dict[tuple[str, int, frozenset[str], str], LinkSet] = {}

    def of_unit(
        self, resource: Resource[Any], state: int, rights: frozenset[str], may: May, base: str
    ) -> LinkSet:
        """Give the links of a unit; `rights` decide what `may` says, and `base` is the root."""
        key = (resource.name, state, rights, base)
        found = self._sets.get(key)
        if found is None:
            found = self._render(resource, state, may, base)
            if len(self._sets) >= _REMEMBERED:
                self._sets.clear()
            self._sets[key] = found
        return found

    def to_unit(self, name: str, system_id: UUID, base: str) -> dict[str, dict[str, str]]:
        """Give the two links that say where a unit is, and of which kind (GUIDE 4)."""
        resource = self._catalog.by_name[name]
        address = {"href": f"{base}{resource.package}/{resource.name}/{system_id}/"}
        return {resource.rel: address, "self": address}

    def _render(self, resource: Resource[Any], state: int, may: May, base: str) -> LinkSet:
        address = f"{base}{resource.package}/{resource.name}/{_ID}/"
        links = [
            Link("self", address),
            Link(resource.rel, address),
            *self._relations(resource, state, may, address),
            *self._offers(resource, state, may, address),
            *self._extensions(resource, state, may, address),
            *self._files(resource, state, may, address),
            *([Link(ALLOWED_REL, f"{address}tilgang/")] if resource.root.category else []),
            *code_list_links(resource, base),
        ]
        # JSON writes NUL as \u0000, which no address holds otherwise.
        pieces = render(links).split(rb"\u0000")
        return LinkSet(pieces, f"{crc32(b''.join(pieces)):08x}")

    def _has(self, resource: Resource[Any], state: int, condition: Condition) -> bool:
        return bool(state & self._bits[resource.root.name].get(condition, 0))

    def _relations(
        self, resource: Resource[Any], state: int, may: May, address: str
    ) -> Iterator[Link]:
        for relation in self._catalog.relations(resource):
            condition = condition_of(relation)
            there = condition is None or self._has(resource, state, condition)
            if there and may("read", relation.target.work):
                tail = QUERY if relation.many else ""
                yield Link(relation.rel, f"{address}{relation.role}/{tail}", relation.many)

    def _offers(
        self, resource: Resource[Any], state: int, may: May, address: str
    ) -> Iterator[Link]:
        if not self._has(resource, state, (MAY, "create")):
            return
        for offer in self._catalog.offers(resource):
            if may("create", offer.made.work) and not self._is_full(resource, state, offer):
                yield Link(offer.rel, f"{address}{offer.tail}/")

    def _extensions(
        self, resource: Resource[Any], state: int, may: May, address: str
    ) -> Iterator[Link]:
        if not self._has(resource, state, (MAY, "change")):
            return
        for special in self._catalog.extensions(resource):
            allowed = may("change", resource.work) and may("create", special.work)
            if allowed and self._has(resource, state, ("fits", special.name)):
                tail = f"utvid-til-{special.name}/"
                yield Link(f"{special.package.rel}{tail}", f"{address}{tail}")

    def _is_full(self, resource: Resource[Any], state: int, offer: Offer) -> bool:
        """Tell whether a unit takes no more of what is offered."""
        if self._has(resource, state, ("holds", offer.made.root.name)):
            return True
        return not offer.tie.owned and self._has(resource, state, LOCKED)

    def _files(self, resource: Resource[Any], state: int, may: May, address: str) -> Iterator[Link]:
        door = self._catalog.takes_files(resource)
        if door is None:
            return
        filed = self._has(resource, state, FILED)
        takes = self._has(resource, state, (MAY, "create"))
        if filed or (takes and may("create", door.holder.work)):
            yield Link(FILE_REL, f"{address}fil/")
        if self._has(resource, state, PREVIEWED):
            yield Link(PREVIEW_REL, f"{address}forhaandsvisning/")


def code_list_links(resource: Resource[Any], base: str) -> list[Link]:
    """Link to the lists under metadata/ that a unit's attributes take values or fields from."""
    specs = [attribute.spec for attribute in resource.attributes]
    lists = {one.codelist.name: one.codelist.rel for one in specs if one.codelist}
    lists |= {one.fields_in: f"{METADATA_REL}{one.fields_in}/" for one in specs if one.fields_in}
    return [
        Link(rel, f"{base}metadata/{name}/{QUERY}", templated=True) for name, rel in lists.items()
    ]


_REMEMBERED = 4_000
