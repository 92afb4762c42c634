"""endringslogg.xml: what was changed of the units that are in the deposit, from what to what.

That units were made, read or deleted is not told here: the deposit itself shows what there is.
What is part of a unit, such as a remark, is told of as that unit.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Text,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal_column,
    or_,
    select,
)

from sakark_api.db.snapshot import Snapshot
from sakark_api.deponering.element import (
    Element,
    Made,
    Xml,
    elements,
    escaped,
    markup,
    rows_of,
    tagged,
    whole,
    written,
)
from sakark_api.deponering.utvalg import Utvalg
from sakark_api.deponering.xmlfil import XmlFile
from sakark_api.noark.arkivstruktur.dokumentbeskrivelse import dokumentbeskrivelse
from sakark_api.noark.arkivstruktur.dokumentobjekt import dokumentobjekt
from sakark_api.noark.arkivstruktur.konvertering import konvertering
from sakark_api.noark.arkivstruktur.korrespondansepart import korrespondansepart
from sakark_api.noark.arkivstruktur.mappe import mappe
from sakark_api.noark.arkivstruktur.merknad import merknad
from sakark_api.noark.arkivstruktur.part import part
from sakark_api.noark.arkivstruktur.registrering import registrering
from sakark_api.noark.catalog import CATALOG
from sakark_api.noark.logging.endringslogg import ENDRET
from sakark_api.noark.loggingogsporing.endringslogg import endringslogg
from sakark_api.noark.moeter.moetedeltaker import moetedeltaker
from sakark_api.noark.resource import Resource
from sakark_api.noark.sakarkiv.avskrivning import avskrivning
from sakark_api.noark.sakarkiv.dokumentflyt import dokumentflyt
from sakark_api.rest.tenant import same_kommune

__all__ = ["highest_told", "is_changed", "is_changed_itself", "write_endringslogg"]

Condition = Callable[[FromClause], ColumnElement[bool]]
"""Says that a unit is in a deposit."""

_NAMESPACE: Final = "http://www.arkivverket.no/standarder/noark5/endringslogg"
_HOLDERS: Final[Mapping[str, Resource[Any]]] = {
    "mappe_ref": mappe,
    "registrering_ref": registrering,
    "dokumentbeskrivelse_ref": dokumentbeskrivelse,
}
OWNED: Final[Mapping[Resource[Any], Mapping[str, Resource[Any]]]] = {
    avskrivning: {"journalpost_ref": registrering},
    dokumentflyt: {"registrering_ref": registrering},
    konvertering: {"dokumentobjekt_ref": dokumentobjekt},
    korrespondansepart: {"registrering_ref": registrering},
    merknad: _HOLDERS,
    moetedeltaker: {"mappe_ref": mappe},
    part: _HOLDERS,
}
"""What is part of a unit and has no systemID in a deposit: where it says of which unit it is."""
_NOTHING: Final = "NULL"
"""What stands for no value: the schema demands one."""


_CODE: Final = ('{"kode":"', '","kodenavn":"', '"}')
"""How the log writes a code: around what it is, and what it is called."""


def _value(column: str) -> Made:
    """Make the element of a value as it was logged; codes by what they are called."""

    def made(rows: FromClause, name: str) -> Xml:
        value = rows.c[column]
        # Not by a pattern, which takes longer than all else of the line.
        code, called = (func.split_part(value, markup('"'), literal_column(n)) for n in "48")
        begins, between, ends = map(markup, _CODE)
        is_code = and_(
            func.starts_with(value, begins),
            value == func.concat(begins, code, between, called, ends, type_=Text()),
            func.strpos(value, markup("\\")) == literal_column("0"),
        )
        said = case((is_code, called), else_=value)
        return tagged(name, func.coalesce(escaped(said), markup(_NOTHING)))

    return made


def _unit(rows: FromClause, name: str) -> Xml:
    """Name the unit that a line is of; of what is part of another and has no systemID, that one."""
    owners = {
        markup(kind.name): _owner_of(root, rows) for root in OWNED for kind in CATALOG.family(root)
    }
    unit = case(owners, value=rows.c.gjelder, else_=rows.c.referanse_arkivenhet)
    return tagged(name, cast(unit, Text()))


ENDRING: Final = elements(
    Element("referanseArkivenhet", needed=True, made=_unit),
    "referanseMetadata! endretDato! endretAv!",
    Element("tidligereVerdi", needed=True, made=_value("tidligere_verdi")),
    Element("nyVerdi", needed=True, made=_value("ny_verdi")),
)


async def write_endringslogg(taken: Snapshot, utvalg: Utvalg, file: XmlFile) -> None:
    """Write the changes in the order they were made."""
    file.write(
        f'<endringslogg xmlns="{_NAMESPACE}"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        f' xsi:schemaLocation="{_NAMESPACE} endringslogg.xsd">\n'
    )
    rows = rows_of(endringslogg)
    one = tagged("endring", whole(written(ENDRING, endringslogg, rows)))
    changes = _changes(utvalg, rows, one)
    ordered = changes.order_by(rows.c.endret_dato, rows.c.system_id)
    file.written.counts["endring"] = await taken.lines(ordered, file.take)
    file.write("</endringslogg>\n")


def is_changed(utvalg: Utvalg) -> ColumnElement[bool]:
    """Say that there is anything to write: the schema takes no empty log."""
    rows = rows_of(endringslogg)
    return _changes(utvalg, rows, markup("1")).correlate_except(rows).exists()


def highest_told(utvalg: Utvalg) -> Select[Any]:
    """Select how high what is told was graded, when it was: units may be graded lower since."""
    rows = rows_of(endringslogg)
    highest = _changes(utvalg, rows, func.max(rows.c.gradert))
    return highest.where(rows.c.gradert.is_not(None))


def is_changed_itself(unit: FromClause) -> ColumnElement[bool]:
    """Say that a unit that is in the deposit was changed: that is found at once."""
    rows = rows_of(endringslogg)
    own = exists().where(
        same_kommune(rows), rows.c.referanse_arkivenhet == unit.c.system_id, *_is_change(rows)
    )
    return own.correlate_except(rows)


def _changes(utvalg: Utvalg, rows: FromClause, shown: ColumnElement[Any]) -> Select[Any]:
    return select(shown).where(same_kommune(rows), *_is_change(rows), _is_of_deposit(utvalg, rows))


def _is_change(rows: FromClause) -> Sequence[ColumnElement[bool]]:
    return rows.c.kode == ENDRET, rows.c.referanse_metadata.is_not(None)


def _is_of_deposit(utvalg: Utvalg, rows: FromClause) -> ColumnElement[bool]:
    """Say that a line is of a unit in arkivstruktur.xml, or of what is part of one (N5.62)."""
    held: Mapping[Resource[Any], Condition] = {
        root: partial(_is_held, utvalg, root) for root in OWNED
    }
    conditions = {**utvalg.conditions(), **held}
    within = {
        markup(kind.name): _is_at(rows.c.referanse_arkivenhet, root, condition)
        for root, condition in conditions.items()
        for kind in CATALOG.family(root)
    }
    return case(within, value=rows.c.gjelder, else_=false())


def _is_held(utvalg: Utvalg, kind: Resource[Any], rows: FromClause) -> ColumnElement[bool]:
    """Say that what is part of a unit is part of one in the deposit."""
    return or_(
        *(
            _is_at(rows.c[column], owner, utvalg.conditions()[owner])
            for column, owner in OWNED[kind].items()
        )
    )


def _is_at(
    column: ColumnElement[Any],
    root: Resource[Any],
    condition: Condition,
) -> ColumnElement[bool]:
    """Say that a column names a unit that a condition holds for."""
    unit = rows_of(root)
    found = exists().where(same_kommune(unit), unit.c.system_id == column, condition(unit))
    return found.correlate_except(unit)


def _owner_of(kind: Resource[Any], rows: FromClause) -> ColumnElement[Any]:
    """Give the systemID of what the unit that a line is of is part of."""
    unit = rows_of(kind)
    return (
        select(func.coalesce(*(unit.c[column] for column in OWNED[kind])))
        .where(same_kommune(unit), unit.c.system_id == rows.c.referanse_arkivenhet)
        .correlate_except(unit)
        .scalar_subquery()
    )
