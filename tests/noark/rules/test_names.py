"""Our names and the standard's: one translation, for every attribute there is."""

import json
import re
from pathlib import Path

import pytest

from sakark_api.noark.names import to_wire

MODEL = json.loads((Path(__file__).parents[1] / "model.json").read_text(encoding="utf-8"))
WIRE_NAMES = sorted(
    {
        attribute["name"]
        for entity in MODEL["entities"].values()
        for attribute in entity["attributes"]
    }
)


def to_ours(wire: str) -> str:
    """Write a name as CONVENTIONS has it: words in lower case, `ID` a word of its own."""
    return re.sub(r"ID$|[A-Z]", lambda found: f"_{found[0].lower()}", wire)


def test_the_standard_has_some_two_hundred_names() -> None:
    assert len(WIRE_NAMES) == 222


@pytest.mark.parametrize("wire", WIRE_NAMES)
def test_name_of_the_standard_survives_our_spelling(wire: str) -> None:
    assert to_wire(to_ours(wire)) == wire


@pytest.mark.parametrize(
    ("ours", "wire"),
    [
        ("system_id", "systemID"),
        ("tittel", "tittel"),
        ("d_nummer", "dNummer"),
        ("adresselinje1", "adresselinje1"),
        ("referanse_endret_av", "referanseEndretAv"),
        ("skjerming_opphoerer_dato", "skjermingOpphoererDato"),
    ],
)
def test_names_are_translated(ours: str, wire: str) -> None:
    assert to_wire(ours) == wire
