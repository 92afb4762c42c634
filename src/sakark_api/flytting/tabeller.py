"""Which rows go along when a kommune moves, and how they are written."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import (
    Column,
    MetaData,
    Select,
    SmallInteger,
    Table,
    cast,
    collate,
    column,
    null,
    select,
    table,
    union_all,
)
from sqlalchemy import Text as TextType

from sakark_api.noark.arkivstruktur.dokumentobjekt import Dokumentobjekt
from sakark_api.noark.model import table_of
from sakark_api.tenancy.forhaandsvisning import Forhaandsvisning
from sakark_api.tenancy.tables import METADATA
from sakark_api.texts import Text, text

__all__ = [
    "FILE_COLUMNS",
    "UTELATT",
    "arriving",
    "columns_of",
    "files",
    "keys_of",
    "own_keys",
    "references",
    "rows_as_written",
    "rows_in",
    "taken",
]

UTELATT: Final[Mapping[str, Text]] = {
    "bruk": text("Grunnlaget for regningen hører til den som driftet."),
    "idempotensnoekkel": text("Nøkler for å gjenta en forespørsel gjelder bare noen timer."),
    "loesfil": text("Byte uten rad ligger igjen i det gamle lageret."),
    "opplasting": text("Filer som var under opplasting, sendes på nytt."),
    "radendring": text("Alt er forseglet før radene skrives."),
    "utflyttet": text("Hvor enheter ble av, gjelder bare i denne installasjonen."),
    "uttrekk": text("Bestilte uttrekk slettes etter noen dager; bestillingen står i loggen."),
}
"""Tables that stay behind, and why. All others with rows of a kommune go along."""
FILE_COLUMNS: Final = ("enhet", "noekkel", "byte", "sha256")
_TENANT: Final = "tenant_id"


def taken() -> Sequence[Table]:
    """List the tables whose rows go along, referred-to tables first."""
    return [
        one for one in METADATA.sorted_tables if _TENANT in one.columns and one.name not in UTELATT
    ]


def columns_of(one: Table) -> list[str]:
    """Name the columns that are written: all but what the database computes."""
    return sorted(each.name for each in one.columns if each.computed is None)


def keys_of(one: Table) -> list[str]:
    """Give what SQLAlchemy calls those columns, in the same order."""
    by_name = {each.name: each.key for each in one.columns}
    return [by_name[name] for name in columns_of(one)]


def rows_in(one: Table, tenant_id: int) -> Select[Any]:
    """Select a kommune's rows, all that is written of them."""
    rows = table(one.name, *map(column, columns_of(one)))
    return select(*rows.c).where(rows.c.tenant_id == tenant_id)


def own_keys(one: Table) -> list[str]:
    """Name the columns that a row is known by within its kommune."""
    return [key.name for key in one.primary_key if key.name != _TENANT]


def references(one: Table) -> Mapping[str, str]:
    """Give the columns that refer to units, each with the table it refers to."""
    return {
        each.key: key.referred_table.name
        for key in one.foreign_key_constraints
        for each in key.columns
        if each.name != _TENANT
    }


def rows_as_written(one: Table, tenant_id: int, som: int) -> Select[Any]:
    """Select a kommune's rows in the order of their keys, under the number `som`."""
    names = columns_of(one)
    rows = table(one.name, *map(column, names))
    keys = (
        collate(rows.c[key.name], "C") if isinstance(key.type, TextType) else rows.c[key.name]
        for key in one.primary_key
    )
    number = cast(som, SmallInteger).label(_TENANT)
    shown = (number if name == _TENANT else rows.c[name] for name in names)
    return select(*shown).where(rows.c.tenant_id == tenant_id).order_by(*keys)


def arriving(one: Table, tenant_id: int) -> tuple[Table, Select[Any]]:
    """Give a table to write what arrives to, and what is to be put in from there."""
    columns = [Column(name, _type_of(one, name)) for name in columns_of(one)]
    waiting = Table(
        "innkommet",
        MetaData(),
        *columns,
        prefixes=["TEMPORARY"],
        postgresql_on_commit="DROP",
    )
    number = cast(tenant_id, SmallInteger)
    return waiting, select(*(number if each.name == _TENANT else each for each in waiting.c))


def _type_of(one: Table, name: str) -> Any:  # noqa: ANN401  SQLAlchemy's
    return next(each.type for each in one.columns if each.name == name)


def files(tenant_id: int) -> Select[Any]:
    """Select what rows say of their files: documents, then pictures of their first pages."""
    said = [
        select(
            *(rows.c[name] for name in (unit, "lagringsnoekkel", "filstoerrelse", "sjekksum"))
        ).where(rows.c.tenant_id == tenant_id, rows.c.lagringsnoekkel.is_not(null()))
        for rows, unit in (
            (table_of(Dokumentobjekt), "system_id"),
            (table_of(Forhaandsvisning), "enhet"),
        )
    ]
    both = union_all(*said).subquery("filer")
    shown = (one.label(name) for one, name in zip(both.c, FILE_COLUMNS, strict=True))
    return select(*shown).order_by(collate(both.c.lagringsnoekkel, "C"))
