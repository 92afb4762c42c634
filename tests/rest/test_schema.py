"""Bodies: read strictly, and every fault told by the field it is in."""

import json
from typing import Any

import pytest

from sakark_api.errors import Invalid
from sakark_api.noark.catalog import CATALOG
from sakark_api.noark.resource import Resource
from sakark_api.rest.schema import Body, Schemas, parse, parse_values

SCHEMAS = Schemas(CATALOG)
MAPPE = SCHEMAS.making(CATALOG.by_name["mappe"])
JOURNALPOST = SCHEMAS.making(CATALOG.by_name["journalpost"])


def refused(model: type[Body], given: Any) -> str:
    data = given if isinstance(given, bytes) else json.dumps(given).encode()
    with pytest.raises(Invalid) as error:
        parse(model, data)
    return str(error.value.text)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "tittel"),
        ({"tittel": None}, "tittel"),
        ({"tittel": " \t"}, "tittel"),
        ({"tittel": 5}, "tittel"),
        ({"tittel": "a\u0000b"}, "tittel"),
        ({"tittel": "a", "ukjent": 1}, "ukjent"),
        ({"tittel": "a", "mappe_ref": "x"}, "mappe"),
        ({"tittel": "a", "tenant_id": 2}, "tenant"),
        ({"tittel": "a", "beskrivelse": 5}, "beskrivelse"),
        ({"tittel": "a", "noekkelord": "b"}, "noekkelord"),
        ({"tittel": "a", "noekkelord": ["b", " "]}, "noekkelord/1"),
        ({"tittel": "a", "noekkelord": [1]}, "noekkelord/0"),
        ({"tittel": "a", "dokumentmedium": "E"}, "dokumentmedium"),
        ({"tittel": "a", "dokumentmedium": {}}, "dokumentmedium/kode"),
        ({"tittel": "a", "dokumentmedium": {"kode": "E", "x": 1}}, "dokumentmedium/x"),
        ({"tittel": "a", "avsluttetDato": "2026-01-01"}, "avsluttetDato"),
        ({"tittel": "a", "gradering": {"graderingskode": {"kode": 1}}}, "graderingskode/kode"),
        ({"tittel": "a", "merknad": [{}]}, "merknad/0/merknadstekst"),
        ({"tittel": "a", "merknad": {}}, "merknad"),
        ({"tittel": "a", "partperson": [{"navn": ""}]}, "partperson/0/navn"),
    ],
)
def test_fault_is_told_by_its_field(given: Any, field: str) -> None:
    assert field in refused(MAPPE, given)


@pytest.mark.parametrize(
    "given",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"x"',
        b"\xff\xfe",
        b'{"tittel": "\\ud800"}',
        b'{"tittel": NaN}',
        b"[" * 100_000,
        b'{"tittel": ' * 10_000,
        b'{"tittel": "a"} {"tittel": "b"}',
    ],
)
def test_what_is_no_object_is_refused(given: bytes) -> None:
    assert refused(MAPPE, given)


def test_value_of_a_fault_is_not_repeated() -> None:
    told = refused(
        SCHEMAS.making(CATALOG.by_name["partperson"]),
        {"navn": "A", "personidentifikator": [{"foedselsnummer": "01817000174"}]},
    )

    assert "01817000174" not in told


def test_many_faults_are_told_together() -> None:
    told = refused(MAPPE, {f"ukjent{number}": 1 for number in range(50)})

    assert told.count("Feltet") == 5


@pytest.mark.parametrize("blank", ["", "  ", "\u00a0", None])
def test_blank_optional_text_is_missing(blank: str | None) -> None:
    body = parse_values(MAPPE, {"tittel": "a", "beskrivelse": blank})

    assert getattr(body, "beskrivelse") is None  # noqa: B009  a field that is made at run time


def test_parts_come_inside_the_unit_they_belong_to() -> None:
    body = parse_values(
        JOURNALPOST,
        {
            "tittel": "a",
            "merknad": [{"merknadstekst": "b"}],
            "korrespondansepartperson": [{"navn": "c"}],
            "korrespondansepart": [{"navn": "d", "kontaktperson": "e"}],
        },
    )

    assert body.model_dump()["parts_korrespondansepart"][0]["kontaktperson"] == "e"


def test_part_of_no_certain_kind_is_refused_with_a_hint() -> None:
    told = refused(MAPPE, {"tittel": "a", "part": [{"navn": "b"}]})

    assert "partperson / partenhet" in told


@pytest.mark.parametrize("resource", CATALOG.resources, ids=lambda one: str(one.name))
def test_parts_are_not_taken_when_a_unit_is_changed(resource: Resource[Any]) -> None:
    fields = SCHEMAS.changing(resource).model_fields

    assert not [name for name in fields if name.startswith("parts_")]


@pytest.mark.parametrize("resource", CATALOG.resources, ids=lambda one: str(one.name))
def test_schema_marks_what_only_the_core_sets(resource: Resource[Any]) -> None:
    properties = SCHEMAS.making(resource).model_json_schema(by_alias=True)["properties"]

    assert properties["systemID"]["readOnly"]
    assert all(one["description"] for name, one in properties.items() if name != "_links")
