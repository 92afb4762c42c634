"""The page on conformance: what the standard asks for, and what here proves it."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from tests.conformance.marks import Test, named
from tests.conformance.proof import core_proofs, proof_of
from tests.conformance.standing import (
    LEGEND,
    PENDING,
    Row,
    attributes,
    code_lists,
    entities,
    has_entity,
    package_rows,
    relations,
)
from tests.noark.krav import DEVIATIONS, MODEL, REQUIREMENTS, Level, Requirement
from tests.noark.test_standard import EXTRA_RELATIONS

__all__ = ["PAGE", "page"]

PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"

LEVELS: Mapping[Level, str] = {
    Level.BASE: "base",
    Level.ARKIVSTRUKTUR: "arkivstruktur, mandatory",
    Level.ARKIVSTRUKTUR_OPTIONAL: "arkivstruktur, optional",
    Level.SAKARKIV: "sakarkiv, mandatory",
    Level.SAKARKIV_OPTIONAL: "sakarkiv, optional",
    Level.ADMIN: "users and units, no level named",
}

INTRODUCTION = """\
# Conformance with Noark 5 tjenestegrensesnitt 1.1

Written by `make conformance` from the running declarations, the standard's tables
(`tests/noark/model.json`, `tests/noark/krav.py`) and the tests' markers; a test fails when this
page is stale, or when a requirement has neither a test nor a reason. The statements are our
wording. The standard's text has no list of requirements by level: the levels are derived from its
chapter 7, where «bør» makes a requirement optional. A test that is marked with the number of a
metadata element alone counts for every entity of ours that has the element.
"""


@cache
def page() -> str:
    """Write the whole page."""
    parts = (
        _summary(),
        *(_requirements(level) for level in Level),
        _core(),
        _entities(),
        *(_entity(entity) for entity in entities()),
        _code_lists(),
        _packages(),
    )
    return "\n".join([INTRODUCTION, *(line for part in parts for line in part)]).rstrip() + "\n"


def _summary() -> Iterator[str]:
    yield from ("| | Proven | Of | Deviations |", "|---|---:|---:|---:|")
    for level, title in LEVELS.items():
        rows = [one for one in REQUIREMENTS.values() if one.level is level]
        proven = sum(bool(proof_of(one)) for one in rows)
        deviating = sum(one.id in DEVIATIONS for one in rows)
        yield f"| Requirements, level {level}: {title} | {proven} | {len(rows)} | {deviating} |"
    ours = [entity for entity in entities() if has_entity(entity)]
    missing = [Row(one, reason=PENDING) for one in entities() if one not in ours]
    yield _counted("Entities and data types", [*(Row(one) for one in ours), *missing])
    yield _counted("Attributes", [row for one in ours for row in attributes(one)])
    yield _counted("Relation keys of units", [row for one in ours for row in relations(one)])
    rels = [row for package in MODEL["package_rels"] for row in package_rows(package)]
    yield _counted("Relation keys of packages", rels)
    yield _counted("Code lists", list(code_lists()))
    yield ""


def _counted(title: str, rows: Sequence[Row]) -> str:
    deviating = sum(bool(row.reason) for row in rows)
    return f"| {title} | {len(rows) - deviating} | {len(rows)} | {deviating} |"


def _requirements(level: Level) -> Iterator[str]:
    yield from (f"## Level {level}: {LEVELS[level]}", "")
    yield from ("| Id | Entity | Requirement | Proof |", "|---|---|---|---|")
    for one in REQUIREMENTS.values():
        if one.level is level:
            yield f"| {one.number} | {one.entity or ''} | {one.statement} | {_proof(one)} |"
    yield ""


def _proof(requirement: Requirement) -> str:
    if found := proof_of(requirement):
        return _links(found)
    reason = DEVIATIONS.get(requirement.id)
    return f"Deviation: {reason}" if reason else PENDING


def _links(tests: Sequence[Test]) -> str:
    return ", ".join(
        f"[{test.name.removeprefix('test_').replace('_', ' ')}](../{test.path})" for test in tests
    )


def _link(name: str) -> str:
    return _links([named(name)])


def _core() -> Iterator[str]:
    yield from ("## Core Noark 5.5, where tests refer to it", "", "| Id | Proof |", "|---|---|")
    for one, tests in core_proofs().items():
        yield f"| {one} | {_links(tests)} |"
    yield ""


def _entities() -> Iterator[str]:
    yield from ("## Entities and their relation keys", "")
    yield "Every entity is tested by the same parametrised tests, which follow the declarations."
    for what, name in (
        ("Attributes", "test_entity_is_as_the_standard_has_it"),
        ("Data types", "test_value_is_as_the_standard_has_it"),
        ("Relation keys", "test_relation_keys_are_those_of_the_standard"),
    ):
        yield f"{what} are the standard's: {_link(name)}."
    yield from ("The relation keys are proven by:", "")
    for short, names in LEGEND.items():
        yield f"- **{short}**: {', '.join(_link(name) for name in names)}"
    yield ""


def _entity(entity: str) -> Iterator[str]:
    facts, own = MODEL["entities"][entity], list(attributes(entity))
    extends = f", extends {facts['extends']}" if facts["extends"] else ""
    yield from (f"### {entity}", "")
    if not has_entity(entity):
        yield from (PENDING, "")
        return
    yield f"{facts['package']}{extends}. Attributes of its own: {len(own)}."
    yield ""
    deviating = [f"- `{row.name}`, {row.reason}" for row in own if row.reason]
    yield from [*deviating, ""] if deviating else ()
    keys = [_key(row) for row in relations(entity)]
    keys += [
        f"| `{rel}` | | Ours: {why} |"
        for (name, rel), why in EXTRA_RELATIONS.items()
        if name == entity
    ]
    yield from ["| Relation key | Methods | Proof |", "|---|---|---|", *keys, ""] if keys else ()


def _key(row: Row) -> str:
    return f"| `{row.name}` | {row.detail} | {row.proof or f'Deviation: {row.reason}'} |"


def _code_lists() -> Iterator[str]:
    yield from ("## Code lists", "", "| List | Values of the standard | Proof |", "|---|---:|---|")
    for row in code_lists():
        yield f"| {row.name} | {row.detail} | {row.proof or f'Deviation: {row.reason}'} |"
    yield ""


def _packages() -> Iterator[str]:
    yield from ("## The packages' roots", "")
    names = (
        "test_every_link_of_a_package_leads_somewhere",
        "test_rights_are_one_list_under_two_names",
    )
    yield f"What they show is tested by: {', '.join(_link(name) for name in names)}."
    yield from ("", "| Package | Shown | Of | Not shown |", "|---|---:|---:|---|")
    for package in MODEL["package_rels"]:
        rows = list(package_rows(package))
        away = ", ".join(f"`{row.name}` {row.reason}" for row in rows if row.reason)
        yield f"| {package} | {sum(not row.reason for row in rows)} | {len(rows)} | {away} |"
