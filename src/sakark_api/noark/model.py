"""The mapped base of every tenant-owned table, and what all archive units have in common."""

from datetime import datetime
from functools import reduce
from typing import Any, ClassVar, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    ColumnElement,
    Computed,
    DateTime,
    ForeignKeyConstraint,
    Index,
    MetaData,
    SmallInteger,
    Table,
    UniqueConstraint,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy import Text as TextType
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    MappedColumn,
    column_property,
    declared_attr,
    mapped_column,
)
from sqlalchemy.types import Uuid

from sakark_api.noark.attribute import Attribute, SetBy, attribute, declared, spec_of

__all__ = [
    "WHOLE_KEY",
    "Arkivenhet",
    "Base",
    "Opprettet",
    "TenantRow",
    "has_kinds",
    "indexed",
    "join_table",
    "ordered_by",
    "pair_table",
    "partitioned",
    "reference",
    "refers",
    "refers_in_table",
    "searchable",
    "shows",
    "table_of",
    "unique_in_table",
]


WHOLE_KEY: Final = "sakark_whole_key"
"""Execution option of a query that names the kommune itself, as part of a primary key."""


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  SQLAlchemy's own way of declaring this
        str: TextType(),
        datetime: DateTime(timezone=True),
        UUID: Uuid(),
        list[str]: ARRAY(TextType()),
    }


class TenantRow(Base):
    """A row that belongs to one kommune and has an identity and a version (its ETag).

    A class with a column `type` that is no attribute starts a family that shares its table; the
    subclasses are told apart by their names in lower case.
    """

    __abstract__ = True

    own_attributes: ClassVar[dict[str, Attribute]] = {}
    """What the class itself says of its attributes."""

    tenant_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    system_id: Mapped[UUID] = attribute("M001", set_by=SetBy.CORE, always=True, primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    tidssoner: Mapped[dict[str, int] | None] = mapped_column(JSONB(none_as_null=True))
    """Minutes from UTC of the times that a client gave with another offset than Norway's."""

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        identity: dict[str, Any] = {}
        if _is_family(cls):
            identity["polymorphic_identity"] = cls.__name__.lower()
        if "__tablename__" not in cls.__dict__:
            return identity
        if identity:
            identity["polymorphic_on"] = "type"
        return {**identity, "version_id_col": cls.version, "eager_defaults": False}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        cls.own_attributes = declared(cls)
        super().__init_subclass__(**kwargs)
        if cls.__dict__.get("__abstract__"):
            return
        if "__tablename__" not in cls.__dict__:
            _demand_of_subtype(cls)
        elif "sok" in (columns := table_of(cls).columns):
            Index(None, columns["sok"], postgresql_using="gin")


def _is_family(cls: type[Any]) -> bool:
    """Tell a class whose rows are of several kinds from one with an attribute called type."""
    kind = getattr(cls, "type", None)
    return kind is not None and not (
        isinstance(kind, MappedColumn) and "attribute" in kind.column.info
    )


def has_kinds(table: Table) -> bool:
    """Tell whether a table's rows are of several kinds, told apart by the column `type`."""
    return "type" in table.c and "attribute" not in table.c.type.info


def _demand_of_subtype(cls: type[TenantRow]) -> None:
    """Let the shared table demand of this subtype's rows, and only of them, what it requires."""
    table = table_of(cls)
    family = cls.__mapper__.inherits
    shared = set(family.column_attrs.keys()) if family else set()
    for name in sorted(set(cls.__mapper__.column_attrs.keys()) - shared):
        column = table.columns[name]
        if "attribute" not in column.info:
            continue
        column.nullable = True
        if spec_of(cls, name, column).always:
            table.append_constraint(
                CheckConstraint(
                    or_(table.c.type != cls.__name__.lower(), column.is_not(None)),
                    name=f"{cls.__name__.lower()}_{name}",
                )
            )


class Opprettet:
    """Remembers its origin: when it was made and by whom."""

    opprettet_dato: Mapped[datetime] = attribute("M600", set_by=SetBy.CORE, always=True)
    opprettet_av: Mapped[str] = attribute("M601", set_by=SetBy.CORE, always=True)
    referanse_opprettet_av: Mapped[UUID] = attribute("M225", set_by=SetBy.CORE, always=True)


class Arkivenhet(Opprettet, TenantRow):
    """What every unit of the archive has: identity, origin and last change."""

    __abstract__ = True

    endret_dato: Mapped[datetime | None] = attribute("M682", set_by=SetBy.CORE)
    endret_av: Mapped[str | None] = attribute("M683", set_by=SetBy.CORE)
    referanse_endret_av: Mapped[UUID | None] = attribute("M230", set_by=SetBy.CORE)


_PARTITIONED: Final[dict[str, Any]] = {"postgresql_partition_by": "LIST (tenant_id)"}


def partitioned(*arguments: Any) -> tuple[Any, ...]:
    """Give the table arguments of a table with one partition for each kommune."""
    return (*arguments, _PARTITIONED)


def reference(*, required: bool = False) -> MappedColumn[Any]:
    """Declare a column that holds another unit's systemID; `refers` makes it a foreign key."""
    return mapped_column(Uuid(), nullable=not required)


def refers(column: str, table: str, *, owned: bool = False, loose: bool = False) -> tuple[Any, ...]:
    """Make `column` refer to a unit in `table` of the same kommune.

    Owned rows die with what they refer to, and loose references are emptied; else it must stay.
    """
    gone = "CASCADE" if owned else f"SET NULL ({column})" if loose else None
    return (
        ForeignKeyConstraint(
            ["tenant_id", column],
            [f"{table}.tenant_id", f"{table}.system_id"],
            ondelete=gone,
        ),
        Index(None, "tenant_id", column),
    )


def unique_in_table(model: type[TenantRow], *columns: str) -> None:
    """Let a subtype's columns be unique together within each kommune."""
    table_of(model).append_constraint(UniqueConstraint("tenant_id", *columns))


def refers_in_table(model: type[TenantRow], column: str, table: str) -> None:
    """Let a subtype's column refer to a unit in `table`, without an index to find it by."""
    table_of(model).append_constraint(
        ForeignKeyConstraint(["tenant_id", column], [f"{table}.tenant_id", f"{table}.system_id"])
    )


def shows(model: type[TenantRow], name: str, other: type[TenantRow], by: str) -> None:
    """Let units have an attribute of the unit that their column `by` refers to, read with them."""
    value = (
        select(getattr(other, name))
        .where(other.tenant_id == model.tenant_id, other.system_id == getattr(model, by))
        .scalar_subquery()
    )
    model.__mapper__.add_property(name, column_property(value))


def ordered_by(model: type[TenantRow], column: str) -> None:
    """Let units be read in the order of a column without sorting: OData puts null first."""
    table = table_of(model)
    Index(None, table.c.tenant_id, table.c[column].desc().nulls_last(), table.c.system_id)


def indexed(model: type[TenantRow], column: str) -> None:
    """Let units be found by the value of a column without reading every row."""
    table = table_of(model)
    Index(None, table.c.tenant_id, table.c[column])


def table_of(model: type[Base]) -> Table:
    """Give the table that a model is kept in."""
    table = model.__table__
    assert isinstance(table, Table)  # noqa: S101  mapped classes of ours are kept in tables
    return table


def join_table(parent: str, child: str) -> Table:
    """Make the table of a many-to-many relation; a parent stays as long as it has children."""
    return pair_table(f"{parent}_{child}", **{f"{parent}_ref": parent, f"{child}_ref": child})


def pair_table(name: str, **sides: str) -> Table:
    """Make the table of pairs: the parent's column and table first, then the child's."""
    parent, child = sides.items()
    return Table(
        name,
        Base.metadata,
        Column("tenant_id", SmallInteger, primary_key=True, autoincrement=False),
        Column(parent[0], Uuid(), primary_key=True),
        Column(child[0], Uuid(), primary_key=True),
        *(
            ForeignKeyConstraint(
                ["tenant_id", column], [f"{side}.tenant_id", f"{side}.system_id"], ondelete=gone
            )
            for (column, side), gone in ((parent, None), (child, "CASCADE"))
        ),
        Index(None, "tenant_id", child[0]),
        **_PARTITIONED,
    )


def searchable(*names: str) -> MappedColumn[Any]:
    """Declare the search words of a row: what `$search` looks through, stemmed as Norwegian."""
    words: list[ColumnElement[str]] = [func.coalesce(literal_column(name), "") for name in names]
    joined = reduce(lambda left, right: left.concat(" ").concat(right), words)
    stemmed = func.to_tsvector(literal_column("'norwegian'::regconfig"), joined)
    return mapped_column(TSVECTOR, Computed(stemmed, persisted=True), deferred=True)
