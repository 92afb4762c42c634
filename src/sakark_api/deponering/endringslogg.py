"""endringslogg.xml: what was changed of the units that are in the deposit, from what to what.

That units were made, read or deleted is not told here: the deposit itself shows what there is.
"""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, Select, case, exists, false, func, select

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
from sakark_api.noark.catalog import CATALOG
from sakark_api.noark.logging.endringslogg import ENDRET
from sakark_api.noark.loggingogsporing.endringslogg import endringslogg
from sakark_api.noark.resource import Resource
from sakark_api.rest.tenant import same_kommune

__all__ = ["has_changes", "write_endringslogg"]

_NAMESPACE: Final = "http://www.arkivverket.no/standarder/noark5/endringslogg"
_NOTHING: Final = "NULL"
"""What stands for no value: the schema demands one."""


_CALLED: Final = r'^\{"kode":"[^"\\]*","kodenavn":"([^"\\]*)"\}$'
"""How the log writes a code; what it is called is taken out of it."""


def _value(column: str) -> Made:
    """Make the element of a value as it was logged; codes by what they are called."""

    def made(rows: FromClause, name: str) -> Xml:
        value = rows.c[column]
        said = func.coalesce(func.substring(value, markup(_CALLED)), value)
        return tagged(name, func.coalesce(escaped(said), markup(_NOTHING)))

    return made


ENDRING: Final = elements(
    "referanseArkivenhet! referanseMetadata! endretDato! endretAv!",
    Element("tidligereVerdi", needed=True, made=_value("tidligere_verdi")),
    Element("nyVerdi", needed=True, made=_value("ny_verdi")),
)


async def write_endringslogg(taken: Snapshot, utvalg: Utvalg, file: XmlFile) -> None:
    """Write the changes in the order they were made."""
    file.write(
        f'<endringslogg xmlns="{_NAMESPACE}"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        f' xsi:schemaLocation="{_NAMESPACE} endringslogg.xsd">'
    )
    rows = rows_of(endringslogg)
    one = tagged("endring", whole(written(ENDRING, endringslogg, rows)))
    changes = _changes(utvalg, rows, markup("\n").concat(one))
    ordered = changes.order_by(rows.c.endret_dato, rows.c.system_id)
    async for (xml,) in taken.rows(ordered):
        file.write(xml)
    file.write("\n</endringslogg>\n")


async def has_changes(taken: Snapshot, utvalg: Utvalg) -> bool:
    """Tell whether there is anything to write: the schema takes no empty log."""
    rows = rows_of(endringslogg)
    return bool(await taken.all(_changes(utvalg, rows, markup("1")).limit(1)))


def _changes(utvalg: Utvalg, rows: FromClause, shown: ColumnElement[Any]) -> Select[Any]:
    return select(shown).where(
        same_kommune(rows),
        rows.c.kode == ENDRET,
        rows.c.referanse_metadata.is_not(None),
        _is_of_deposit(utvalg, rows),
    )


def _is_of_deposit(utvalg: Utvalg, rows: FromClause) -> ColumnElement[bool]:
    """Say that a line is of a unit whose systemID is in arkivstruktur.xml (N5.62)."""
    within = {
        markup(kind.name): _is_one_of(root, condition, rows)
        for root, condition in utvalg.conditions().items()
        for kind in CATALOG.family(root)
    }
    return case(within, value=rows.c.gjelder, else_=false())


def _is_one_of(
    root: Resource[Any],
    condition: Callable[[FromClause], ColumnElement[bool]],
    rows: FromClause,
) -> ColumnElement[bool]:
    unit = rows_of(root)
    found = exists().where(
        same_kommune(unit), unit.c.system_id == rows.c.referanse_arkivenhet, condition(unit)
    )
    return found.correlate_except(unit)
