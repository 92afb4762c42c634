"""The table of elements says what the official schema says: names, order, what must be there."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from lxml import etree

from sakark_api.deponering.element import Element, Elements, Group, Parts, rows_of
from sakark_api.deponering.sekvens import (
    ARKIVDEL,
    MAPPE,
    MAPPE_TAILS,
    REGISTRERING_TAILS,
    Again,
    arkiv_elements,
    klasse_elements,
    registrering_elements,
    system_elements,
)
from sakark_api.deponering.utvalg import Utvalg
from sakark_api.noark.arkivstruktur.registrering import registrering

XS = "{http://www.w3.org/2001/XMLSchema}"
BELOW = {"arkiv", "arkivdel", "klassifikasjonssystem", "klasse", "mappe", "registrering"}
"""Units that are written after their owner's elements, and not among them."""
LEFT_OUT = {"virksomhetsspesifikkeMetadata", "referanseArkivdel", "oppbevaringssted"}
AGAIN = Again(uuid4())
UTVALG = Utvalg([uuid4()])
SEQUENCES: dict[str, Elements] = {
    "arkiv": arkiv_elements(UTVALG),
    "arkivdel": ARKIVDEL,
    "klassifikasjonssystem": system_elements(AGAIN),
    "klasse": klasse_elements(AGAIN),
    "mappe": MAPPE,
    "registrering": registrering_elements(rows_of(registrering), UTVALG),
    **{kind: tail for kind, tail in MAPPE_TAILS.items() if tail},
    **{kind: tail for kind, tail in REGISTRERING_TAILS.items() if tail},
}


def types_within(sequence: Elements) -> Iterator[tuple[str, Elements]]:
    for one in sequence:
        if isinstance(one, Group | Parts):
            yield one.name, one.elements
            yield from types_within(one.elements)


WITHIN = dict(pair for sequence in SEQUENCES.values() for pair in types_within(sequence))


def demanded(schema: Any, name: str) -> list[tuple[str, bool]]:
    """Give the elements of a type, and whether each must be there."""
    (found,) = schema.iterfind(f"{XS}complexType[@name='{name}']")
    return [
        (one.get("name"), one.get("minOccurs") != "0")
        for one in found.iter(f"{XS}element")
        if one.get("name") not in BELOW
    ]


def ours(sequence: Elements) -> Sequence[tuple[str, bool | None]]:
    return [(one.name, one.needed if isinstance(one, Element) else None) for one in sequence]


@pytest.mark.parametrize(("name", "sequence"), [*SEQUENCES.items(), *WITHIN.items()])
def test_elements_are_those_of_the_schema(schemas: Path, name: str, sequence: Elements) -> None:
    schema = etree.parse(schemas / "noark5" / "v5.0" / "arkivstruktur.xsd")

    listed = demanded(schema, name)

    written = ours(sequence)
    names = [one for one, _ in written]
    assert names == [one for one, _ in listed if one in names]
    assert {one for one, _ in listed} - set(names) <= LEFT_OUT
    assert [pair for pair in written if pair[1]] == [
        pair for pair in listed if pair[1] and pair[0] != "arkivskaper"
    ]
