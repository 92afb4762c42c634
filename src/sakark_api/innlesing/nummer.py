"""Numbers that a message leaves to the archive: taken from the series as rows are written.

Those that it has are kept, and the series go on after them. Series that many writers share are
taken last.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Table
from sqlalchemy.orm import Session

from sakark_api.innlesing.navn import CASE
from sakark_api.innlesing.rad import Row
from sakark_api.noark.arkivstruktur.mappe import Mappe
from sakark_api.noark.arkivstruktur.registrering import Registrering
from sakark_api.noark.model import table_of
from sakark_api.noark.rules.numre import next_numbers
from sakark_api.noark.values import NORWAY
from sakark_api.tenancy.innlesing import raise_to
from sakark_api.tenancy.oppslag import names_of_mapper

__all__ = ["give_numbers", "number_by_name"]

_CASE_TYPE: Final = "saksmappe"
_ENTRY_TYPE: Final = "journalpost"


def number_by_name(row: Row) -> None:
    """Let a case that is named by its number, but does not say it, have that number."""
    found = CASE.fullmatch(row["mappe_id"] or "")
    if found is not None and row.get("sakssekvensnummer") is None:
        row["saksaar"], row["sakssekvensnummer"] = int(found[1]), int(found[2])


def give_numbers(session: Session, rows: Mapping[Table, Sequence[Row]], now: datetime) -> None:
    """Number the mapper and registreringer that have no number (M003, M004, M012, M014, M015)."""
    cases = rows.get(table_of(Mappe), [])
    entries = rows.get(table_of(Registrering), [])
    year = now.astimezone(NORWAY).year
    raise_to(session, _highest(cases, entries))
    for case in cases:
        _number_case(session, case, year)
    names = {one["system_id"]: one["mappe_id"] for one in cases}
    others = {one["mappe_ref"] for one in entries if one.get("mappe_ref")} - names.keys()
    names |= names_of_mapper(session, list(others))
    for entry in entries:
        _number_in_mappe(session, entry, names, year)
    _number_in_journal(session, entries)


def _highest(cases: Sequence[Row], entries: Sequence[Row]) -> dict[str, int]:
    """Give the highest number in each series that the message itself says."""
    found: dict[str, int] = {}
    for serie, number in (*_of_cases(cases), *_of_entries(entries)):
        found[serie] = max(found.get(serie, 0), number)
    return found


def _of_cases(cases: Sequence[Row]) -> Iterator[tuple[str, int]]:
    for one in cases:
        if (number := one.get("sakssekvensnummer")) is not None:
            yield f"sak/{one['saksaar']}", number


def _of_entries(entries: Sequence[Row]) -> Iterator[tuple[str, int]]:
    for one in entries:
        if (number := one.get("journalsekvensnummer")) is not None:
            yield f"journal/{one['journalaar']}", number
        if (number := one.get("journalpostnummer")) is not None and one.get("mappe_ref"):
            yield f"registrering/{one['mappe_ref']}", number


def _number_case(session: Session, row: Row, year: int) -> None:
    if row["type"] == _CASE_TYPE:
        if row.get("sakssekvensnummer") is None:
            (row["sakssekvensnummer"],) = next_numbers(session, [f"sak/{row['saksaar']}"])
        row["mappe_id"] = row["mappe_id"] or f"{row['saksaar']}/{row['sakssekvensnummer']}"
    elif row["mappe_id"] is None:
        (number,) = next_numbers(session, [f"mappe/{year}"])
        row["mappe_id"] = f"M{year}/{number}"


def _number_in_mappe(session: Session, row: Row, names: Mapping[UUID, str], year: int) -> None:
    """Number a registrering in its mappe; what is in none is numbered by year."""
    is_entry = row["type"] == _ENTRY_TYPE
    number = row.get("journalpostnummer")
    if row["registrerings_id"] is not None and not (is_entry and number is None):
        return
    above = row.get("mappe_ref")
    if number is None:
        (number,) = next_numbers(session, [f"registrering/{above or year}"])
    if is_entry:
        row["journalpostnummer"] = number
    called = f"{names[above]}-{number}" if above else f"R{year}/{number}"
    row["registrerings_id"] = row["registrerings_id"] or called


def _number_in_journal(session: Session, entries: Sequence[Row]) -> None:
    without = [
        one
        for one in entries
        if one["type"] == _ENTRY_TYPE and one.get("journalsekvensnummer") is None
    ]
    for row in sorted(without, key=lambda one: int(one["journalaar"])):
        (row["journalsekvensnummer"],) = next_numbers(session, [f"journal/{row['journalaar']}"])
