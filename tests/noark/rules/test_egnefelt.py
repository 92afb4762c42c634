"""The kommune's own fields: defined, in use, and of their types, on objects."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from sakark_api.errors import Invalid
from sakark_api.noark.arkivstruktur.mappe import Mappe
from sakark_api.noark.arkivstruktur.merknad import Merknad
from sakark_api.noark.metadata.kodeverk import Felt, Kodeverk
from sakark_api.noark.resource import Actor, Change
from sakark_api.noark.rules.egnefelt import FIELD_TYPES, refuse_odd_fields

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
FIELDS = {f"prove-1:{type_}": Felt(f"prove-1:{type_}", type_) for type_ in FIELD_TYPES}
OLD = Felt("prove-1:gammelt", "string", utdatert=NOW - timedelta(days=1))
SOON_OLD = Felt("prove-1:snart", "string", utdatert=NOW + timedelta(days=1))
CHANGE = Change(
    session=Session(),
    actor=Actor(uuid4(), "Kari Nordmann"),
    now=NOW,
    kodeverk=Kodeverk({}, {**FIELDS, OLD.navn: OLD, SOON_OLD.navn: SOON_OLD}),
)


def mappe(after: Mapping[str, Any] | None, before: Mapping[str, Any] | None = None) -> Mappe:
    """Give a mappe whose own fields were `before` in the database, and now are `after`."""
    unit = Mappe()
    set_committed_value(unit, "virksomhetsspesifikke_metadata", before)
    unit.virksomhetsspesifikke_metadata = None if after is None else dict(after)
    return unit


@pytest.mark.krav("M711")
@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("boolean", True),
        ("boolean", False),
        ("integer", 0),
        ("integer", -(10**40)),
        ("decimal", Decimal("1.10")),
        ("decimal", Decimal("1E+999")),
        ("decimal", 7),
        ("string", "2026/2027"),
        ("uri", "https://eksempel.no/felt?a=1#b"),
        ("uri", "urn:isbn:0451450523"),
        ("date", "2024-01-31+01:00"),
        ("date", "2024-01-31Z"),
        ("datetime", "2024-01-31T12:00:00.1234567+01:00"),
    ],
)
def test_value_of_its_type_is_taken(type_: str, value: Any) -> None:
    refuse_odd_fields(CHANGE, mappe({f"prove-1:{type_}": value}))


@pytest.mark.krav("M711")
@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("boolean", 1),
        ("boolean", "true"),
        ("integer", True),
        ("integer", Decimal("1.0")),
        ("integer", "1"),
        ("decimal", False),
        ("decimal", "1.5"),
        ("decimal", Decimal("1E+1000")),
        ("decimal", Decimal("1E-1001")),
        ("string", 1),
        ("string", " \u00a0"),
        ("string", "a\x00b"),
        ("string", ["a"]),
        ("uri", "eksempel.no"),
        ("uri", "https://eksempel.no/a b"),
        ("uri", 1),
        ("date", "2024-01-31"),
        ("date", "2024-02-31Z"),
        ("date", "2024-01-31T12:00:00Z"),
        ("date", 20240131),
        ("datetime", "2024-01-31T12:00:00"),
        ("datetime", "2024-01-31Z"),
        ("datetime", {"dato": "2024-01-31T12:00:00Z"}),
    ],
)
def test_value_of_another_type_is_refused(type_: str, value: Any) -> None:
    with pytest.raises(Invalid):
        refuse_odd_fields(CHANGE, mappe({f"prove-1:{type_}": value}))


def test_unknown_field_is_refused() -> None:
    with pytest.raises(Invalid):
        refuse_odd_fields(CHANGE, mappe({"prove-1:ukjent": "x"}))


def test_expired_field_is_refused_where_it_is_new() -> None:
    with pytest.raises(Invalid):
        refuse_odd_fields(CHANGE, mappe({OLD.navn: "x"}))


def test_expired_field_is_refused_where_it_is_changed() -> None:
    with pytest.raises(Invalid):
        refuse_odd_fields(CHANGE, mappe({OLD.navn: "y"}, {OLD.navn: "x"}))


def test_field_that_will_expire_is_taken_still() -> None:
    refuse_odd_fields(CHANGE, mappe({SOON_OLD.navn: "x"}))


def test_expired_field_stays_where_it_was() -> None:
    refuse_odd_fields(
        CHANGE, mappe({OLD.navn: "x", "prove-1:string": "ny"}, {OLD.navn: "x", "borte-1:a": 1})
    )


def test_true_is_not_one() -> None:
    with pytest.raises(Invalid):
        refuse_odd_fields(
            CHANGE,
            mappe({"prove-1:boolean": 1, "prove-1:string": "ny"}, {"prove-1:boolean": True}),
        )


def test_removing_all_fields_needs_no_definition() -> None:
    refuse_odd_fields(CHANGE, mappe(None, {"borte-1:a": 1}))


def test_unit_that_carries_no_fields_is_left_alone() -> None:
    refuse_odd_fields(CHANGE, Merknad())
