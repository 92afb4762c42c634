"""An invented library: books with a publisher, chapters, subjects and a cover, in plain tables.

`Shelf` holds the same rows as Python objects, so that what the database finds can be compared.
"""

import random
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from sakark_api.noark.attribute import ValueType, attribute
from sakark_api.noark.resource import (
    ChildColumn,
    JoinTable,
    Package,
    Parent,
    ParentColumn,
    Resource,
    Work,
)
from sakark_api.noark.structure import Catalog
from sakark_api.noark.values import Kode
from sakark_api.texts import text

TENANTS = range(1, 5)
WORDS = ["a", "ab", "b", "a%", "a_b", "\\\\"]
VALUES: list[Any] = [
    *(1, 1.5, -3, True, False, None, "", "1", "true", "x", [], {}, [1], {"a": 1}, 10**40),
    *("2024-02-29+01:00", "2023-02-29Z", "2024-01-31T10:00:00.1234567Z", "2024-01-31T24:00:00Z"),
    *("2024-01-31T25:00:00Z", "0000-01-01Z", "2024-13-01", "2024-06-31Z", "1900-02-29Z", "nå"),
]
"""What a field may hold that was defined as something else before."""
_SHOWN = text("Noe")


class Library(DeclarativeBase):
    type_annotation_map = {  # noqa: RUF012  SQLAlchemy's own way of declaring this
        str: sa.Text(),
        list[str]: sa.ARRAY(sa.Text()),
    }


class Row(Library):
    """What every table has."""

    __abstract__ = True

    tenant_id: Mapped[int] = mapped_column(sa.SmallInteger, primary_key=True)
    system_id: Mapped[UUID] = attribute(None, description=_SHOWN, always=True, primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    tidssoner: Mapped[dict[str, int] | None] = mapped_column(JSONB)
    navn: Mapped[str | None] = attribute(None, description=_SHOWN)
    tall: Mapped[int | None] = attribute(None, description=_SHOWN)


class Forlag(Row):
    """A publisher, perhaps owned by another."""

    __tablename__ = "forlag"

    eier_ref: Mapped[UUID | None] = mapped_column()


class Omslag(Row):
    __tablename__ = "omslag"


class Emne(Row):
    __tablename__ = "emne"


class Bok(Row):
    __tablename__ = "bok"
    __mapper_args__ = {"polymorphic_identity": "bok", "polymorphic_on": "type"}  # noqa: RUF012

    type: Mapped[str] = mapped_column()
    forlag_ref: Mapped[UUID | None] = mapped_column()
    omslag_ref: Mapped[UUID | None] = mapped_column()
    ord: Mapped[list[str] | None] = attribute(None, description=_SHOWN)
    kode: Mapped[Kode | None] = attribute(None, description=_SHOWN, type_=ValueType(Kode))
    koder: Mapped[list[Kode] | None] = attribute(
        None, description=_SHOWN, type_=ValueType(Kode, many=True)
    )

    virksomhetsspesifikke_metadata: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True)
    )


class Roman(Bok):
    __mapper_args__ = {"polymorphic_identity": "roman"}  # noqa: RUF012

    bind: Mapped[int | None] = attribute(None, description=_SHOWN)


class Kapittel(Row):
    __tablename__ = "kapittel"

    bok_ref: Mapped[UUID] = mapped_column()


PAIRS = sa.Table(
    "bok_emne",
    Library.metadata,
    sa.Column("tenant_id", sa.SmallInteger, primary_key=True),
    sa.Column("bok_ref", sa.Uuid, primary_key=True),
    sa.Column("emne_ref", sa.Uuid, primary_key=True),
)


def _resource(model: type[Any], *parents: Parent, **more: Any) -> Resource[Any]:
    return Resource(
        model, _SHOWN, Package.ARKIVSTRUKTUR, work=Work.CASEWORK, parents=parents, **more
    )


forlag = _resource(Forlag, Parent(None, ChildColumn("eier_ref"), role="eier", list_role="datter"))
bok = _resource(Bok, Parent(forlag, ChildColumn("forlag_ref")))
roman = _resource(Roman, extends=bok)
CATALOG = Catalog(
    [
        forlag,
        bok,
        roman,
        _resource(Kapittel, Parent(bok, ChildColumn("bok_ref"))),
        _resource(Emne, Parent(bok, JoinTable(PAIRS, "bok_ref", "emne_ref"))),
        _resource(Omslag, Parent(bok, ParentColumn("omslag_ref"))),
    ]
)


def _table(model: type[Row]) -> sa.Table:
    table = model.__table__
    assert isinstance(table, sa.Table)
    return table


Unit = dict[str, Any]
"""A row as paths see it: attributes by their names on the wire, and other units by role."""


class Shelf:
    """The rows of one tenant: random, with few values and many nulls, and as units."""

    def __init__(self, tenant: int) -> None:
        self._tenant = tenant
        self._random = random.Random(tenant)
        publishers = self._rows(4)
        for row in publishers:
            row["eier_ref"] = self._one_of(publishers)
        covers, subjects = self._rows(3), self._rows(3)
        books = self._rows(12)
        for row in books:
            row.update(forlag_ref=self._one_of(publishers), omslag_ref=self._one_of(covers))
            row.update(self._contents())
        for row, value in zip(books, VALUES[tenant - 1 :: len(TENANTS)], strict=False):
            row["virksomhetsspesifikke_metadata"] = {"lib-v1:verdi": value}
        chapters = self._rows(12)
        for row in chapters:
            row["bok_ref"] = self._random.choice(books)["system_id"]
        pairs = [
            {"tenant_id": tenant, "bok_ref": book["system_id"], "emne_ref": subject["system_id"]}
            for book in books
            for subject in self._random.sample(subjects, self._random.randrange(3))
        ]
        self.rows: Mapping[sa.Table, list[Unit]] = {
            _table(Forlag): publishers,
            _table(Omslag): covers,
            _table(Emne): subjects,
            _table(Bok): books,
            _table(Kapittel): chapters,
            PAIRS: pairs,
        }
        self.books = self._units()

    def _rows(self, count: int) -> list[Unit]:
        return [
            {
                "tenant_id": self._tenant,
                "system_id": UUID(int=self._random.getrandbits(128), version=4),
                "version": 1,
                "navn": self._random.choice([None, *WORDS]),
                "tall": self._random.choice([None, 0, 1, 2]),
            }
            for _ in range(count)
        ]

    def _one_of(self, rows: list[Unit]) -> UUID | None:
        found = self._random.choice([None, *rows])
        return found["system_id"] if found else None

    def _contents(self) -> Unit:
        pick = self._random
        kind = pick.choice(["bok", "roman"])
        return {
            "type": kind,
            "bind": pick.choice([None, 0, 1]) if kind == "roman" else None,
            "ord": pick.choice([None, [], pick.sample(WORDS, 2)]),
            "kode": pick.choice([None, Kode(kode=pick.choice(WORDS))]),
            "virksomhetsspesifikke_metadata": pick.choice([None, {}, {"a-1:b": "x"}]),
            "koder": pick.choice([None, [], [Kode(kode=one) for one in pick.sample(WORDS, 2)]]),
        }

    def _units(self) -> list[Unit]:
        """Tie the rows together, as the relations of the catalogue say."""
        units = {
            row["system_id"]: _unit(row)
            for table, rows in self.rows.items()
            if table is not PAIRS
            for row in rows
        }
        for column, role, back in (
            ("eier_ref", "eier", "datter"),
            ("forlag_ref", "forlag", "bok"),
            ("omslag_ref", "omslag", "bok"),
            ("bok_ref", "bok", "kapittel"),
        ):
            for unit in units.values():
                other = units.get(unit.pop(column, None))
                if other is not None:
                    unit[role] = other
                    other.setdefault(back, []).append(unit)
        for pair in self.rows[PAIRS]:
            book, subject = units[pair["bok_ref"]], units[pair["emne_ref"]]
            book.setdefault("emne", []).append(subject)
            subject.setdefault("bok", []).append(book)
        return [units[row["system_id"]] for row in self.rows[_table(Bok)]]


def _unit(row: Unit) -> Unit:
    unit = {**row, "systemID": row["system_id"]}
    if unit.get("kode") is not None:
        unit["kode"] = {"kode": unit["kode"].kode}
    unit["koder"] = [{"kode": one.kode} for one in unit.get("koder") or []]
    return unit
