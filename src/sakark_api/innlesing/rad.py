"""The fields of one unit as the columns of a row: read, checked, completed, and nothing lost."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError

from sakark_api.innlesing.felt import Felt, Form, Gruppe
from sakark_api.innlesing.kode import Koder
from sakark_api.innlesing.mellomlager import Lest
from sakark_api.innlesing.navn import Oppdrag
from sakark_api.innlesing.ordbok import DEL_SKJERMET, NAVN
from sakark_api.innlesing.verdi import UKJENT, Uleselig, read_value
from sakark_api.noark.attribute import BoundAttribute
from sakark_api.noark.metadata.kodeliste import SKJERMINGMETADATA, TILGANGSRESTRIKSJON
from sakark_api.noark.names import to_wire
from sakark_api.noark.resource import Resource
from sakark_api.noark.rules.skjerming import EVERYTHING
from sakark_api.noark.values import NORWAY, Kode, dump_value, wire_time
from sakark_api.rest.schema import foreign_offset

__all__ = ["Meld", "Row", "complete", "is_whole", "read_row"]

Row = dict[str, Any]
"""The columns of a row; values of the standard's types as they are on the wire."""

Meld = Callable[[str, str, str | None], None]
"""Tells of a fault: its number, the element, and what stood there."""

_BLOCKED: Final = "XX"
"""Kode of what is blocked until it has been assessed (M500)."""
_ASSESSED_LATER: Final = "G"
"""Kode of a disposal that is to be decided (M450)."""


def read_row(unit: Lest, form: Form, koder: Koder, meld: Meld) -> Row:
    """Read what a unit says of itself, but for its systemID and what is read apart."""
    row: Row = {}
    offsets: dict[str, int] = {}
    for name, values in unit.felt.items():
        told = [one for one in values if one.strip()]
        for _ in values[len(told) :]:
            meld("I34", name, None)
        if not told or name == "systemID" or name in form.apart or _is_name(name, form.felt):
            continue
        if name not in form.felt:
            for one in told:
                meld("I33", name, one)
            continue
        felt = form.felt[name]
        called = unit.first(f"{name}{NAVN}")
        row[felt.name] = found = _read(name, felt, told, koder, meld, called)
        if isinstance(found, datetime) and (offset := foreign_offset(found)) is not None:
            offsets[to_wire(felt.name)] = offset
    if offsets:
        row["tidssoner"] = offsets
    _read_groups(row, unit, form, koder, meld)
    return row


def _read_groups(row: Row, unit: Lest, form: Form, koder: Koder, meld: Meld) -> None:
    """Read the values of a unit; one with a part that is screened is screened itself."""
    for name, several in unit.grupper.items():
        if name not in form.apart:
            _read_group(row, name, several, form, koder, meld)
    if DEL_SKJERMET in form.apart and unit.first(DEL_SKJERMET) and "skjerming" not in row:
        meld("I23", "erSkjermet", None)
        row["skjerming"] = _until_assessed(koder)


def is_whole(form: Form, row: Row) -> bool:
    """Tell whether a row has all that must be told."""
    return all(row.get(one.name) is not None for one in form.felt.values() if one.needed)


def _is_name(name: str, fields: Mapping[str, Felt]) -> bool:
    """Tell what a code is called, which is read with the code."""
    felt = fields.get(name.removesuffix(NAVN)) if name.endswith(NAVN) else None
    return felt is not None and felt.python is Kode


def _until_assessed(koder: Koder) -> dict[str, Any]:
    """Screen everything until somebody has assessed it."""
    return {
        "tilgangsrestriksjon": koder.default(TILGANGSRESTRIKSJON.name, _BLOCKED),
        "skjermingMetadata": [koder.default(SKJERMINGMETADATA.name, EVERYTHING)],
    }


def _read(
    name: str,
    felt: Felt,
    values: Sequence[str],
    koder: Koder,
    meld: Meld,
    called: str | None = None,
) -> Any:  # noqa: ANN401
    """Read the values of a field: all of them where it has room for more than one."""
    if not felt.many:
        for one in values[1:]:
            meld("I32", name, one)
        if felt.python is Kode:
            return _code(name, felt, values[0], koder, meld, called)
        return _one(name, felt, values[0], koder, meld)
    read = [_one(name, felt, one, koder, meld) for one in values]
    return [one for one in read if one is not None] or None


def _one(name: str, felt: Felt, value: str, koder: Koder, meld: Meld) -> Any:  # noqa: ANN401
    if felt.python is Kode:
        return _code(name, felt, value, koder, meld, None)
    try:
        return read_value(name, felt.python, value, long=felt.long)
    except Uleselig:
        meld("I31", name, value)
        return None


def _code(
    name: str, felt: Felt, value: str, koder: Koder, meld: Meld, called: str | None
) -> dict[str, Any]:
    """Find a code by what is told of it: its kode or its name, and in a message perhaps both."""
    assert felt.codelist is not None  # noqa: S101  codes are of a list
    known = koder.find(felt.codelist, value)
    by_name = None if known or not called else koder.find(felt.codelist, called)
    if by_name is not None:
        meld("I33", name, value)
        return by_name
    if known is None:
        meld("I20", name, value)
        return koder.add(felt.codelist, called or value, value.strip())
    if called and called.strip().casefold() != str(known.get("kodenavn", "")).casefold():
        meld("I33", f"{name}{NAVN}", called)
    return known


def _read_group(
    row: Row,
    name: str,
    several: Sequence[Mapping[str, Sequence[str]]],
    form: Form,
    koder: Koder,
    meld: Meld,
) -> None:
    """Read a value; what is no whole value, and what is one too many, is kept beside."""
    gruppe = form.grupper.get(name)
    if gruppe is None:
        _keep("I33", name, several, meld)
        return
    _keep("I32", name, several[1:], meld)
    value = _complete_value(name, _fields_of(gruppe, several[0], koder, meld), koder, meld)
    try:
        checked = gruppe.model.model_validate(value)
    except ValidationError:
        _keep("I22", name, several[:1], meld)
        return
    row[_attribute(name)] = dump_value(checked)


def _attribute(name: str) -> str:
    """Give the column of a value by its element."""
    return {
        "utfoertKassasjon": "utfoert_kassasjon",
        "elektroniskSignatur": "elektronisk_signatur",
    }.get(name, name)


def _fields_of(
    gruppe: Gruppe, told: Mapping[str, Sequence[str]], koder: Koder, meld: Meld
) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for name, values in told.items():
        path = f"{gruppe.name}/{name}"
        written = [one for one in values if one.strip()]
        if not written:
            continue
        felt = gruppe.felt.get(name)
        if _is_name(name, gruppe.felt):
            continue
        if felt is None:
            for one in written:
                meld("I33", path, one)
            continue

        def tell(kode: str, element: str, told: str | None) -> None:
            meld(kode, f"{gruppe.name}/{element}", told)

        called = next(iter(told.get(f"{name}{NAVN}", ())), None)
        found = _read(name, felt, written, koder, tell, called)
        if isinstance(found, datetime):
            found = wire_time(found)
        if found is not None:
            value[felt.name] = found
    return value


def _complete_value(name: str, value: dict[str, Any], koder: Koder, meld: Meld) -> dict[str, Any]:
    """Give a value what it must have; a screening that hides nothing known, hides everything."""
    if name == "skjerming":
        if "tilgangsrestriksjon" not in value:
            meld("I30", "skjerming/tilgangsrestriksjon", None)
            value["tilgangsrestriksjon"] = koder.default(TILGANGSRESTRIKSJON.name, _BLOCKED)
        hidden = value.get("skjermingMetadata", [])
        if not koder.hides(hidden):
            meld("I21", "skjerming/skjermingMetadata", None)
            everything = koder.default(SKJERMINGMETADATA.name, EVERYTHING)
            value["skjermingMetadata"] = [*hidden, everything]
    if name == "kassasjon" and value and "kassasjonsvedtak" not in value:
        meld("I30", "kassasjon/kassasjonsvedtak", None)
        value["kassasjonsvedtak"] = koder.default("kassasjonsvedtak", _ASSESSED_LATER)
    if name == "gradering" and "graderingskode" not in value:
        # A code that nobody knows is the highest there is.
        meld("I30", "gradering/grad", None)
        value["graderingskode"] = koder.add("graderingskode", UKJENT)
    return value


def _keep(kode: str, name: str, several: Sequence[Mapping[str, Sequence[str]]], meld: Meld) -> None:
    for fields in several:
        for field, values in fields.items():
            for one in values:
                meld(kode, f"{name}/{field}", one)


_CODES: Final[Mapping[str, str]] = {
    "journalstatus": "J",
    "korrespondanseparttype": "EA",
    "tilknyttet_registrering_som": "H",
    "avskrivningsmaate": "TE",
    "konvertert_fra_format": "av/0",
    "konvertert_til_format": "av/0",
    "moeteregistreringstype": "MI",
}
"""What codes are where there must be one, none was told, and the entity has no default."""


def complete(
    row: Row,
    resource: Resource[Any],
    form: Form,
    oppdrag: Oppdrag,
    made: datetime,
    koder: Koder,
    meld: Meld,
) -> None:
    """Give a row what every such row must have, and tell of what should have been told.

    References to who did something are to the import: nobody becomes a user by being named.
    """
    demanded = {one.name: name for name, one in form.felt.items() if one.needed}
    for bound in resource.attributes:
        if not bound.spec.always or row.get(bound.name) is not None or bound.name == "system_id":
            continue
        if bound.name in form.gis:
            continue
        if bound.python is UUID:
            row[bound.name] = oppdrag.innlesing
            continue
        if bound.name in demanded:
            meld("I30", demanded[bound.name], None)
        if bound.python is Kode and bound.spec.codelist is not None:
            told = form.utgangsverdi.get(bound.wire)
            default = told or bound.spec.default or _CODES[bound.name]
            row[bound.name] = koder.default(bound.spec.codelist.name, default)
        elif bound.python is datetime:
            row[bound.name] = made
        else:
            row[bound.name] = _told_by_nobody(bound, row, made, oppdrag)


def _told_by_nobody(bound: BoundAttribute, row: Row, made: datetime, oppdrag: Oppdrag) -> Any:  # noqa: ANN401
    """Give a number or a text that must be there; who did it, is who sent it, if that is known."""
    if bound.python is int:
        return _number(bound.name, row, made)
    return oppdrag.avsender if bound.name.endswith("_av") else UKJENT


def _number(name: str, row: Row, made: datetime) -> int:
    """Give a number that was not told: the year of a date, or the first of its series."""
    if name in ("saksaar", "journalaar"):
        dated = row.get("saksdato") or row.get("journaldato") or made
        return int(dated.astimezone(NORWAY).year)
    return 1 if name in ("dokumentnummer", "versjonsnummer") else 0
