"""How our declarations stand to the standard's tables: entities, attributes, relation keys."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from tests.conformance.proof import resources_of
from tests.noark.krav import MODEL
from tests.noark.test_standard import (
    ATTRIBUTE_DEVIATIONS,
    RELATION_DEVIATIONS,
    ancestry,
    listed,
    offered,
)

from sakark_api.app import openapi
from sakark_api.noark import verdier
from sakark_api.noark.metadata.kodeliste import KODELISTER
from sakark_api.noark.resource import REL

__all__ = [
    "LEGEND",
    "PENDING",
    "Row",
    "attributes",
    "code_lists",
    "entities",
    "has_entity",
    "package_rows",
    "relations",
]

PENDING = "**PENDING**"

ROOT = "/{kommune}/api/"

BY_HAND = frozenset({"Kodelisteverdi", "Systeminformasjon"})
"""Entities with addresses of other names: one for each code list, and admin/system/."""

EMBEDDED = "a data type: part of the unit that has it, with no address of its own (GUIDE 20, 24)"

LEGEND: Mapping[str, tuple[str, ...]] = {
    "Unit": (
        "test_read_tells_its_type_by_its_links",
        "test_change_is_kept_under_a_new_etag",
        "test_delete_is_lasting",
    ),
    "New": (
        "test_template_is_a_start_and_makes_nothing",
        "test_create_with_only_what_is_required",
    ),
    "Link": ("test_every_link_leads_somewhere",),
    "Codes": (
        "test_every_link_leads_somewhere",
        "test_code_list_has_the_values_of_the_standard",
    ),
    "New code": ("test_code_list_is_open_and_its_codes_may_hold_slashes",),
    "File": ("test_what_is_sent_is_what_is_given_back", "test_four_parts_become_the_file"),
}
"""The generic tests that prove a relation key, by the short name the page has for them."""


@dataclass(frozen=True)
class Row:
    """One fact of the standard: what it is called, and what proves it or why we deviate."""

    name: str
    proof: str = ""
    reason: str = ""
    detail: str = ""


def entities() -> list[str]:
    """List the entities and data types of the standard; the meeting package is not in it."""
    return [
        name
        for name, entity in MODEL["entities"].items()
        if entity["package"] != "moeter" and entity["kind"] != "simple"
    ]


@cache
def addresses() -> frozenset[str]:
    """List the addresses of the service below a kommune's root, those beside the engine too."""
    return frozenset(path.removeprefix(ROOT) for path in openapi()["paths"])


def has_entity(entity: str) -> bool:
    """Tell whether units of an entity can be had: declared, inside others, or beside the engine."""
    if resources_of(entity) or entity in {*verdier.__all__, *BY_HAND}:
        return True
    return any(f"/{entity.lower()}/" in address for address in addresses())


def attributes(entity: str) -> Iterator[Row]:
    """Give the attributes that an entity adds to those it extends."""
    for one in MODEL["entities"][entity]["attributes"]:
        reasons = [
            f"{what}: {why}"
            for (name, wire, what), why in ATTRIBUTE_DEVIATIONS.items()
            if (name, wire) == (entity, one["name"])
        ]
        yield Row(one["name"], reason="; ".join(reasons))


def relations(entity: str) -> Iterator[Row]:
    """Give the relation keys that an entity adds, with their methods."""
    shown = {rel for resource in resources_of(entity) for rel in offered(resource)}
    for one in MODEL["entities"][entity]["rels"]:
        rel, methods = one["rel"].removeprefix(REL), ", ".join(one["methods"])
        if rel == "self" or rel in shown or entity in BY_HAND:
            yield Row(rel, proof=_proof(rel, methods), detail=methods)
        else:
            yield Row(rel, reason=_reason(entity, rel), detail=methods)


def _proof(rel: str, methods: str) -> str:
    if "/ny-" in rel:
        return "New"
    if rel.endswith("/fil/"):
        return "File"
    if rel.startswith("metadata/"):
        return "Codes"
    return "Unit" if "DELETE" in methods else "Link"


def _reason(entity: str, rel: str) -> str:
    if entity in verdier.__all__ and not resources_of(entity):
        return EMBEDDED
    return next(
        (
            RELATION_DEVIATIONS[name, rel]
            for name in ancestry(entity)
            if (name, rel) in RELATION_DEVIATIONS
        ),
        PENDING,
    )


def code_lists() -> Iterator[Row]:
    for name, facts in MODEL["codelists"].items():
        values = str(sum(bool(one["kode"]) for one in facts["values"]))
        if name.lower() in KODELISTER:
            yield Row(name, proof="Codes, New code", detail=values)
        else:
            yield Row(name, reason=PENDING, detail=values)


def package_rows(package: str) -> Iterator[Row]:
    """Give the relation keys of a package's root: its addresses, and their other names."""
    shown = addresses() | listed(package)
    for one in MODEL["package_rels"][package]:
        rel = one.removeprefix(REL)
        yield Row(rel, proof="Link") if rel in shown else Row(rel, reason=PENDING)
