"""The change log: one row for every unit made or deleted and every attribute changed."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Index, inspect
from sqlalchemy.orm import Mapped, mapped_column

from sakark_api.noark.attribute import (
    BoundAttribute,
    SetBy,
    ValueType,
    attribute,
    attributes_of,
)
from sakark_api.noark.exact import write_json
from sakark_api.noark.metadata.kodeliste import HENDELSETYPE
from sakark_api.noark.model import TenantRow, partitioned, table_of
from sakark_api.noark.resource import Change
from sakark_api.noark.values import Kode, Value, wire_time
from sakark_api.texts import text

__all__ = [
    "Endringslogg",
    "Hendelseslogg",
    "log_changed",
    "log_created",
    "log_deleted",
    "log_line",
]

OPPRETTET, ENDRET, SLETTET = "C", "U", "D"


class Endringslogg(TenantRow):
    """En linje i loggen: hva som ble endret, når og av hvem."""

    __tablename__ = "endringslogg"
    __table_args__ = partitioned(
        Index(None, "tenant_id", "referanse_arkivenhet"),
        Index(None, "tenant_id", "endret_dato", "system_id"),
    )

    # The columns `type` and `hendelsetype` are older than the log as a resource: `type` is the kind
    # of unit a line is about, and `hendelsetype` the kode alone.
    type: Mapped[str] = mapped_column("slag", key="type", server_default="hendelseslogg")
    gjelder: Mapped[str] = mapped_column("type", key="gjelder")
    """Which resource the unit is of."""
    kode: Mapped[str] = mapped_column("hendelsetype", key="kode")
    """Kode of the list hendelsetype: C made, R read, U changed, D deleted."""
    referanse_arkivenhet: Mapped[UUID] = attribute("M680", set_by=SetBy.CORE, always=True)
    referanse_metadata: Mapped[str | None] = attribute("M681", set_by=SetBy.CORE)
    endret_dato: Mapped[datetime] = attribute("M682", set_by=SetBy.CORE, always=True)
    endret_av: Mapped[str] = attribute("M683", set_by=SetBy.CORE, always=True)
    referanse_endret_av: Mapped[UUID] = attribute("M230", set_by=SetBy.CORE, always=True)
    tidligere_verdi: Mapped[str | None] = attribute("M684", set_by=SetBy.CORE)
    ny_verdi: Mapped[str | None] = attribute("M685", set_by=SetBy.CORE)


class Hendelseslogg(Endringslogg):
    """En hendelse: en enhet ble opprettet, endret eller slettet."""

    hendelsetype: Mapped[Kode | None] = attribute(
        None,
        description=HENDELSETYPE.description,
        column="hendelse",
        type_=ValueType(Kode),
        set_by=SetBy.CORE,
        codelist=HENDELSETYPE,
    )
    beskrivelse: Mapped[str | None] = attribute("M021", set_by=SetBy.CORE)
    hendelse_dato: Mapped[datetime | None] = attribute(
        None, description=text("Når det skjedde"), set_by=SetBy.CORE
    )


_APPEND = table_of(Hendelseslogg).insert()
_NAMES = dict(HENDELSETYPE.values)


def log_created(change: Change, units: Iterable[TenantRow]) -> None:
    """Log that units were made."""
    _write(change, ((unit, OPPRETTET, None, None, None) for unit in units))


def log_changed(change: Change, unit: TenantRow) -> None:
    """Log each attribute that was changed, with its value before and after (M681, M684, M685)."""
    _write(
        change,
        (
            (unit, ENDRET, attribute.wire, None, None)
            if attribute.spec.private
            else (unit, ENDRET, attribute.wire, as_text(before), as_text(after))
            for attribute, before, after in changes_of(unit)
        ),
    )


def log_deleted(change: Change, unit: TenantRow) -> None:
    """Log that a unit was deleted, with the name it had."""
    named = getattr(unit, "tittel", None) or getattr(unit, "navn", None)
    _write(change, [(unit, SLETTET, None, as_text(named), None)])


def log_line(change: Change, unit: TenantRow, name: str, before: Any, after: Any) -> None:
    """Log one thing of a unit that is no attribute: what it is tied to, or its kind."""
    _write(change, [(unit, ENDRET, name, as_text(before), as_text(after))])


def changes_of(unit: TenantRow) -> Iterator[tuple[BoundAttribute, Any, Any]]:
    """List the attributes of a unit that differ from the database, with before and after."""
    state = inspect(unit)
    for one in attributes_of(state.mapper):
        history = state.attrs[one.name].history
        before = history.deleted[0] if history.deleted else None
        after = history.added[0] if history.added else None
        if history.has_changes() and before != after:
            yield one, before, after


def as_text(value: Any) -> str | None:
    """Write a value as text, the way it is on the wire."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return wire_time(value)
    if isinstance(value, bool | dict):
        return write_json(value)
    if isinstance(value, Value):
        return value.model_dump_json(by_alias=True, exclude_none=True)
    if isinstance(value, list | tuple):
        return "; ".join(filter(None, map(as_text, value)))
    return str(value)


def _write(
    change: Change, lines: Iterable[tuple[TenantRow, str, str | None, str | None, str | None]]
) -> None:
    rows = [
        {
            "tenant_id": unit.tenant_id,
            "system_id": uuid4(),
            "referanse_arkivenhet": unit.system_id,
            "gjelder": type(unit).__name__.lower(),
            "kode": event,
            # Also where the kommune has let the code expire: what happened is logged.
            "hendelsetype": Kode(kode=event, kodenavn=_NAMES[event]),
            "hendelse_dato": change.now,
            "referanse_metadata": name,
            "endret_dato": change.now,
            "endret_av": change.actor.navn,
            "referanse_endret_av": change.actor.system_id,
            "tidligere_verdi": before,
            "ny_verdi": after,
        }
        for unit, event, name, before, after in lines
    ]
    if rows:
        change.session.connection().execute(_APPEND, rows if len(rows) > 1 else rows[0])
