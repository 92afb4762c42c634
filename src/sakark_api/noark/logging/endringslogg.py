"""The change log: one row for every unit made or deleted and every attribute changed."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import Index, SmallInteger, inspect
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
from sakark_api.noark.resource import Change, Telling
from sakark_api.noark.values import Kode, Value, wire_time
from sakark_api.texts import text

__all__ = [
    "TELLING",
    "Endringslogg",
    "Hendelseslogg",
    "log_changed",
    "log_created",
    "log_deleted",
    "log_line",
    "log_read",
]

OPPRETTET, LEST, ENDRET, SLETTET = "C", "R", "U", "D"


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
    gradert: Mapped[int | None] = mapped_column(SmallInteger, deferred=True)
    """How high what the line tells was graded: a lower grading of the unit does not open it."""


class Hendelseslogg(Endringslogg):
    """En hendelse: en enhet ble opprettet, lest, endret eller slettet."""

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


TELLING: Final = Telling("referanse_arkivenhet", event="kode", gone=SLETTET)

_APPEND = table_of(Hendelseslogg).insert()
_NAMES = dict(HENDELSETYPE.values)


def log_created(change: Change, units: Iterable[TenantRow]) -> None:
    """Log that units were made."""
    _write(change, (Line(*_of(unit), OPPRETTET) for unit in units))


def log_changed(change: Change, unit: TenantRow) -> None:
    """Log each attribute that was changed, with its value before and after (M681, M684, M685)."""
    _write(
        change,
        (
            Line(*_of(unit), ENDRET, attribute.wire)
            if attribute.spec.private
            else _changed(unit, attribute.wire, before, after)
            for attribute, before, after in changes_of(unit)
        ),
    )


def log_deleted(change: Change, unit: TenantRow) -> None:
    """Log that a unit was deleted, with the name it had."""
    named = getattr(unit, "tittel", None) or getattr(unit, "navn", None)
    rank: int | None = getattr(unit, "gradert", None)
    _write(change, [Line(*_of(unit), SLETTET, None, as_text(named), rank=rank)])


def log_line(change: Change, unit: TenantRow, name: str, before: Any, after: Any) -> None:
    """Log one thing of a unit that is no attribute: what it is tied to, or its kind."""
    _write(change, [_changed(unit, name, before, after)])


def log_read(change: Change, units: Iterable[tuple[str, UUID]], name: str | None = None) -> None:
    """Log that units were shown, by kind and systemID: all of each, or what is named of it."""
    _write(change, (Line(*unit, LEST, name) for unit in units))


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


class Line(NamedTuple):
    """What a line says beside who and when: of which unit, and what happened to what of it."""

    kind: str
    system_id: UUID
    event: str
    name: str | None = None
    before: str | None = None
    after: str | None = None
    rank: int | None = None


def _changed(unit: TenantRow, name: str, before: Any, after: Any) -> Line:
    """Make the line of a change, graded as the highest that it tells of (C4.5.22)."""
    ranks = [one.rank for one in (before, after) if isinstance(one, Value)]
    rank = max((one for one in ranks if one is not None), default=None)
    return Line(*_of(unit), ENDRET, name, as_text(before), as_text(after), rank)


def _of(unit: TenantRow) -> tuple[str, UUID]:
    return type(unit).__name__.lower(), unit.system_id


def _write(change: Change, lines: Iterable[Line]) -> None:
    rows = [
        {
            "tenant_id": change.session.info["tenant_id"],
            "system_id": uuid4(),
            "referanse_arkivenhet": line.system_id,
            "gjelder": line.kind,
            "kode": line.event,
            # Also where the kommune has let the code expire: what happened is logged.
            "hendelsetype": Kode(kode=line.event, kodenavn=_NAMES[line.event]),
            "hendelse_dato": change.now,
            "referanse_metadata": line.name,
            "endret_dato": change.now,
            "endret_av": change.actor.navn,
            "referanse_endret_av": change.actor.system_id,
            "tidligere_verdi": line.before,
            "ny_verdi": line.after,
            "gradert": line.rank,
        }
        for line in lines
    ]
    if rows:
        change.session.connection().execute(_APPEND, rows if len(rows) > 1 else rows[0])
