"""The change log: one row for every unit made or deleted and every attribute changed."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Index, SmallInteger, inspect
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Uuid

from sakark_api.noark.attribute import BoundAttribute, attributes_of
from sakark_api.noark.exact import write_json
from sakark_api.noark.model import Base, TenantRow, partitioned, table_of
from sakark_api.noark.resource import Change
from sakark_api.noark.values import Value, wire_time

__all__ = ["LoggRow", "log_changed", "log_created", "log_deleted"]

OPPRETTET, ENDRET, SLETTET = "C", "U", "D"


class LoggRow(Base):
    """A line of the log (Hendelseslogg, which extends Endringslogg). Never changed afterwards."""

    __tablename__ = "endringslogg"
    __table_args__ = partitioned(Index(None, "tenant_id", "referanse_arkivenhet"))

    tenant_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    system_id: Mapped[UUID] = mapped_column(Uuid(), primary_key=True)
    referanse_arkivenhet: Mapped[UUID]
    type: Mapped[str]
    """Which resource the unit is of."""
    hendelsetype: Mapped[str]
    """Kode of the list hendelsetype: C made, R read, U changed, D deleted."""
    referanse_metadata: Mapped[str | None]
    endret_dato: Mapped[datetime]
    endret_av: Mapped[str]
    referanse_endret_av: Mapped[UUID]
    tidligere_verdi: Mapped[str | None]
    ny_verdi: Mapped[str | None]


_APPEND = table_of(LoggRow).insert()


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


def changes_of(unit: TenantRow) -> Iterator[tuple[BoundAttribute, Any, Any]]:
    """List the attributes of a unit that differ from the database, with before and after."""
    state = inspect(unit)
    for attribute in attributes_of(state.mapper):
        history = state.attrs[attribute.name].history
        before = history.deleted[0] if history.deleted else None
        after = history.added[0] if history.added else None
        if history.has_changes() and before != after:
            yield attribute, before, after


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
            "type": type(unit).__name__.lower(),
            "hendelsetype": event,
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
