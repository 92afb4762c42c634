"""Rows that come many at a time are what they would be one by one."""

from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session
from tests.conftest import Service, in_kommune

from sakark_api.noark.arkivstruktur.arkiv import Arkiv
from sakark_api.noark.model import table_of
from sakark_api.tenancy.innlesing import rows_of
from sakark_api.tenancy.inserting import insert_rows, plan_once

MADE: dict[str, Any] = {
    "version": 1,
    "opprettet_dato": datetime(1999, 12, 31, 23, 59, 59, 123456, UTC),
    "opprettet_av": "Ukjent",
    "referanse_opprettet_av": UUID(int=1),
    "arkivstatus": {"kode": "O", "kodenavn": "Opprettet"},
    "dokumentmedium": {"kode": "E", "kodenavn": "Elektronisk arkiv"},
}
ODD: dict[str, dict[str, Any]] = {
    "plain": {"tittel": "Arkiv"},
    "quotes": {"tittel": "\"Arkiv\" 'A' \\ {1,2}, NULL", "beskrivelse": "På\nto linjer\t"},
    "nothing": {"tittel": "Arkiv", "beskrivelse": None, "oppbevaringssted": None},
    "several": {"tittel": "NULL", "oppbevaringssted": ['Kjeller "2", {a}', "\\", "NULL"]},
    "none of several": {"tittel": "Arkiv", "oppbevaringssted": []},
    "parts": {"tittel": "Arkiv", "dokumentmedium": {"kode": "X", "kodenavn": 'Æ "\\ {}'}},
}


def inserted(session: Session, rows: list[dict[str, Any]]) -> dict[UUID, Any]:
    """Insert rows and give them as they are kept."""
    plan_once(session, anew=True)
    insert_rows(session, {table_of(Arkiv): rows})
    return dict(rows_of(session, Arkiv, [row["system_id"] for row in rows]))


@pytest.fixture(scope="module")
def kept(service: Service) -> dict[str, dict[str, Any]]:
    """Rows that came together, by what is odd of them."""
    ids = {name: uuid4() for name in ODD}
    rows = [{**MADE, **odd, "system_id": ids[name]} for name, odd in ODD.items()]
    found = in_kommune(service.settings, "vestnes", partial(inserted, rows=rows))
    return {name: found[own] for name, own in ids.items()}


@pytest.mark.parametrize("odd", ODD)
def test_values_are_kept_as_they_were_given(kept: dict[str, dict[str, Any]], odd: str) -> None:
    given = {**MADE, **ODD[odd]}

    assert {name: kept[odd][name] for name in given} == given


def test_what_is_not_given_is_nothing(kept: dict[str, dict[str, Any]]) -> None:
    assert kept["plain"]["oppbevaringssted"] is None
    assert kept["plain"]["beskrivelse"] is None
