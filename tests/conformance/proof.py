"""What proves each requirement: tests that say so, and what all resources are tested for alike."""

from collections.abc import Mapping
from typing import Any

from tests.conformance.marks import Test, named, proofs
from tests.noark.krav import DEVIATIONS, MODEL, REQUIREMENTS, Kind, Requirement
from tests.test_catalog import GIVEN_FOR_GOOD

from sakark_api.noark import verdier
from sakark_api.noark.attribute import BoundAttribute, SetBy
from sakark_api.noark.catalog import CATALOG
from sakark_api.noark.resource import Resource

__all__ = ["core_proofs", "needless_deviations", "proof_of", "resources_of", "unknown", "unproven"]

SET_BY_CORE = "test_what_the_core_sets_is_not_taken_from_clients"
FOR_GOOD = "test_what_is_given_for_good_is_not_changed"
CORE = "C"
"""What the numbers of core Noark 5.5 begin with, which the levels of the interface do not count."""


def proof_of(requirement: Requirement) -> list[Test]:
    """Give the tests that prove a requirement: marked, or generic over what is declared."""
    found = [*proofs().get(requirement.id, ())]
    if requirement.kind is Kind.METADATA and _is_declared(requirement):
        found += proofs().get(requirement.number, ())
        found += [named(name) for name in sorted(_generic_tests(requirement))]
    return list(dict.fromkeys(found))


def unproven() -> list[str]:
    """List the requirements that have neither a test nor a reason."""
    return [
        one.id for one in REQUIREMENTS.values() if not proof_of(one) and one.id not in DEVIATIONS
    ]


def needless_deviations() -> list[str]:
    """List the deviations of what is proven after all, or is no requirement."""
    return [one for one in DEVIATIONS if one not in REQUIREMENTS or proof_of(REQUIREMENTS[one])]


def core_proofs() -> Mapping[str, tuple[Test, ...]]:
    """Give what tests say they prove of the core, in the order of its numbers."""
    return {
        one: proofs()[one]
        for one in sorted(
            (one for one in proofs() if one.startswith(CORE)),
            key=lambda one: tuple(int(part) for part in one.removeprefix(CORE).split(".")),
        )
    }


def unknown() -> list[str]:
    """List what tests say they prove and that no table has."""
    known = set(REQUIREMENTS) | {
        str(one["metadata_nr"])
        for entity in MODEL["entities"].values()
        for one in entity["attributes"]
    }
    return [one for one in proofs() if one not in known and not one.startswith(CORE)]


def resources_of(entity: str) -> list[Resource[Any]]:
    """List the resource of an entity; of one without units of its own, those that extend it."""
    own = CATALOG.by_name.get(entity.lower())
    if own is not None:
        return [own]
    return [
        one
        for one in CATALOG.resources
        if entity in (ancestor.__name__ for ancestor in one.model.__mro__)
    ]


def _is_declared(requirement: Requirement) -> bool:
    """Tell whether our entity has the metadata element: what is not there is not proven."""
    value = getattr(verdier, requirement.entity or "", None)
    fields = value.model_fields.values() if value else ()
    return bool(_attributes(requirement)) or any(
        isinstance(extra := field.json_schema_extra, dict)
        and extra.get("x-noark") == requirement.number
        for field in fields
    )


def _attributes(requirement: Requirement) -> list[tuple[Resource[Any], BoundAttribute]]:
    return [
        (resource, one)
        for resource in resources_of(requirement.entity or "")
        for one in resource.attributes
        if one.spec.number == requirement.number
    ]


def _generic_tests(requirement: Requirement) -> set[str]:
    """Name the tests that hold an attribute fast wherever it is declared never to change."""
    if "immutable once set" not in requirement.statement:
        return set()
    tests = {_held_by(resource, one) for resource, one in _attributes(requirement)}
    return set() if None in tests else {one for one in tests if one}


def _held_by(resource: Resource[Any], attribute: BoundAttribute) -> str | None:
    if attribute.spec.set_by is SetBy.CORE:
        return SET_BY_CORE
    return FOR_GOOD if (resource.name, attribute) in GIVEN_FOR_GOOD else None
