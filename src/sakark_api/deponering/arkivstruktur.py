"""arkivstruktur.xml: the archive from the arkiv down to each file, depth first.

What is above the mapper is little, and read at once. Klasser, mapper and registreringer are three
streams in one order: each unit comes after what it is in, so that merging them is looking at the
next of each.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final, NamedTuple
from uuid import UUID

import asyncpg
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    Text,
    case,
    func,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.sql.type_api import TypeEngine

from sakark_api.db.snapshot import Snapshot
from sakark_api.deponering.element import (
    Elements,
    Has,
    Xml,
    in_order,
    markup,
    place,
    rows_of,
    whole,
    written,
)
from sakark_api.deponering.sekvens import (
    ARKIVDEL,
    MAPPE,
    MAPPE_TAILS,
    REGISTRERING_TAILS,
    Again,
    arkiv_elements,
    klasse_elements,
    registrering_elements,
    system_elements,
)
from sakark_api.deponering.utvalg import Utvalg
from sakark_api.deponering.xmlfil import XmlFile
from sakark_api.errors import Conflict
from sakark_api.noark.arkivstruktur.arkiv import arkiv
from sakark_api.noark.arkivstruktur.arkivdel import arkivdel
from sakark_api.noark.arkivstruktur.klasse import klasse
from sakark_api.noark.arkivstruktur.klassifikasjonssystem import klassifikasjonssystem
from sakark_api.noark.arkivstruktur.mappe import mappe
from sakark_api.noark.arkivstruktur.registrering import registrering
from sakark_api.noark.resource import Resource
from sakark_api.rest.tenant import same_kommune
from sakark_api.texts import text

__all__ = ["COUNTED", "write_arkivstruktur"]

COUNTED: Final = ("mappe", "registrering", "skjerming", "kassasjon", "utfoertKassasjon")
"""What is counted as it is written, for arkivuttrekk.xml to say the same."""

_NAMESPACE: Final = "http://www.arkivverket.no/standarder/noark5/arkivstruktur"
_OPENING: Final = (
    f'<arkiv xmlns="{_NAMESPACE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    f' xsi:schemaLocation="{_NAMESPACE} arkivstruktur.xsd">'
)


class Unit(NamedTuple):
    """A unit as XML: what comes before and after all that is in it."""

    owner: UUID | None
    system_id: UUID
    opening: str
    closing: str


class Level:
    """A stream of units of one kind, of which the next is known."""

    def __init__(self, pages: AsyncIterator[Sequence[asyncpg.Record]]) -> None:
        self._pages = pages
        self._page: Iterator[asyncpg.Record] = iter(())
        self.head: Unit | None = None

    async def take(self) -> Unit | None:
        """Give the unit that is next, and look at the one after."""
        taken, row = self.head, next(self._page, None)
        if row is None:
            page: Sequence[asyncpg.Record] | None = await anext(self._pages, None)
            self._page = iter(page or ())
            row = next(self._page, None)
        self.head = None if row is None else _unit(row)
        return taken


async def write_arkivstruktur(
    taken: Snapshot, registreringer: Snapshot, utvalg: Utvalg, file: XmlFile
) -> None:
    """Write what a deposit is of, and what is in it; `Conflict` over what has no place in it.

    Registreringer are most of it, and read by a connection of their own that sees the same.
    """
    arkiver = [_unit(row) for row in await taken.all(_arkiver(utvalg))]
    parts = [_unit(row) for row in await taken.all(_arkivdeler(utvalg))]
    systems = await _systems(taken, utvalg)
    before = set[UUID]()

    async def write(unit: Unit, opening: str) -> None:
        file.write(opening + unit.opening)
        for below in arkiver:
            if below.owner == unit.system_id:
                await write(below, "\n<arkiv>")
        for part in parts:
            if part.owner == unit.system_id:
                again = Again(part.system_id, frozenset(before))
                levels = _levels(taken, registreringer, utvalg, part.system_id, again)
                await _write_arkivdel(part, levels, file)
                before.update(system for owner, system in systems if owner == part.system_id)
        file.write(unit.closing)

    known = {one.system_id for one in arkiver}
    (root,) = (one for one in arkiver if one.owner not in known)
    await write(root, _OPENING)


def _levels(
    taken: Snapshot, registreringer: Snapshot, utvalg: Utvalg, part: UUID, again: Again
) -> Sequence[Level]:
    return (
        Level(taken.pages(_systemer(utvalg, part, again))),
        Level(taken.pages(_klasser(utvalg, part, again))),
        Level(taken.pages(_mapper(utvalg, part))),
        Level(registreringer.pages_ahead(_registreringer(utvalg, part))),
    )


async def _write_arkivdel(part: Unit, levels: Sequence[Level], file: XmlFile) -> None:
    for level in levels:
        await level.take()
    await _write_below(part, levels, file)
    if any(level.head is not None for level in levels):
        raise Conflict(
            text(
                "Arkivdelen har enheter som ikke hører til noen klasse i klassifikasjonssystemet"
                " dens. Flytt dem før den deponeres. Den første er {id}.",
                id=next(level.head.system_id for level in levels if level.head is not None),
            )
        )


async def _write_below(unit: Unit, levels: Sequence[Level], file: XmlFile) -> None:
    """Write a unit with all that is in it, as far as the streams have come."""
    file.write(unit.opening)
    for level in levels:
        while level.head is not None and level.head.owner == unit.system_id:
            below = await level.take()
            assert below is not None  # noqa: S101  it was the head
            await _write_below(below, levels, file)
    file.write(unit.closing)


def _unit(row: asyncpg.Record) -> Unit:
    owner, system_id, (opening, closing) = row
    return Unit(owner, system_id, opening, closing)


Pieces = Callable[[FromClause, Has], tuple[Sequence[Xml], Sequence[Xml]]]
"""Gives what a row has before and after what is in it, each as XML."""


def _level(
    resource: Resource[Any],
    ids: Select[Any],
    order: Sequence[str],
    pieces: Pieces,
    parts: Elements = (),
) -> Select[Any]:
    """Select units, each with what it is in, as XML."""

    def xml(rows: FromClause, has: Has) -> ColumnElement[Any]:
        return _listed(Text(), *map(whole, pieces(rows, has)))

    return in_order(resource, ids, order, xml, ["owner", "system_id"], parts)


def _listed(kind: TypeEngine[Any], *values: ColumnElement[Any]) -> ColumnElement[Any]:
    listed: array[Any] = array(values, type_=kind)
    return listed


def _plain(resource: Resource[Any], sequence: Elements, opening: str = "") -> Pieces:
    """Give the pieces of units that have the same elements whatever their kind."""
    name = resource.name

    def pieces(rows: FromClause, has: Has) -> tuple[Sequence[Xml], Sequence[Xml]]:
        return (
            [markup(opening), *written(sequence, resource, rows, has)],
            [markup(f"</{name}>")],
        )

    return pieces


def _of_kinds(
    resource: Resource[Any],
    rows: FromClause,
    has: Has,
    sequence: Elements,
    tails: Mapping[str, Elements],
) -> tuple[Sequence[Xml], Sequence[Xml]]:
    """Give the pieces of units of several kinds: each kind has elements of its own at the end."""
    name = resource.name
    tag = case(
        {kind: markup(f"\n<{name}{_type_of(kind, name)}>") for kind in tails}, value=rows.c.type
    )
    ends = {kind: whole(written(tail, resource, rows, has)) for kind, tail in tails.items() if tail}
    end = case(ends, value=rows.c.type)
    return [tag, *written(sequence, resource, rows, has)], [end, markup(f"</{name}>")]


def _all_parts(sequence: Elements, tails: Mapping[str, Elements]) -> Elements:
    return (*sequence, *chain.from_iterable(tails.values()))


def _type_of(kind: str, name: str) -> str:
    """Name the kind as the validator looks for it; what is of no special kind has none."""
    return "" if kind == name else f' xsi:type="{kind}"'


def _arkiver(utvalg: Utvalg) -> Select[Any]:
    """Select the arkiver over the arkivdeler, up to the top."""
    over = utvalg.arkiver
    ids = select(over.c.overarkiv_ref.label("owner"), over.c.system_id)
    return _level(arkiv, ids, ["system_id"], _plain(arkiv, arkiv_elements(utvalg)))


def _arkivdeler(utvalg: Utvalg) -> Select[Any]:
    rows = rows_of(arkivdel)
    ids = select(
        rows.c.arkiv_ref.label("owner"), rows.c.system_id, rows.c.arkivperiode_start_dato
    ).where(same_kommune(rows), utvalg.has_arkivdel(rows))
    order = ["arkivperiode_start_dato", "system_id"]
    return _level(arkivdel, ids, order, _plain(arkivdel, ARKIVDEL, "\n<arkivdel>"))


async def _systems(taken: Snapshot, utvalg: Utvalg) -> Sequence[tuple[UUID, UUID]]:
    """Give each arkivdel with each of its klassifikasjonssystemer."""
    found = utvalg.systems
    rows = await taken.all(select(found.c.owner, found.c.system_id))
    return [(owner, system) for owner, system in rows]


def _systemer(utvalg: Utvalg, part: UUID, again: Again) -> Select[Any]:
    found = utvalg.systems
    ids = select(found.c.owner, found.c.system_id, found.c.orden).where(found.c.owner == part)
    pieces = _plain(klassifikasjonssystem, system_elements(again), "\n<klassifikasjonssystem>")
    return _level(klassifikasjonssystem, ids, ["orden"], pieces)


def _klasser(utvalg: Utvalg, part: UUID, again: Again) -> Select[Any]:
    numbered = _numbered_klasser(utvalg, part)
    ids = select(numbered.c.owner, numbered.c.system_id, numbered.c.nr)
    return _level(klasse, ids, ["nr"], _plain(klasse, klasse_elements(again), "\n<klasse>"))


def _numbered_klasser(utvalg: Utvalg, part: UUID) -> FromClause:
    """Number the klasser of an arkivdel's systems: each after the one it is in, by klasseID."""
    top, systems, below = rows_of(klasse), utvalg.systems, rows_of(klasse)
    tree = (
        select(
            top.c.system_id,
            top.c.klassifikasjonssystem_ref.label("owner"),
            _listed(Text(), systems.c.orden, top.c.klasse_id).label("sti"),
        )
        .join(systems, systems.c.system_id == top.c.klassifikasjonssystem_ref)
        .where(same_kommune(top), top.c.overklasse_ref.is_(None), systems.c.owner == part)
        .cte("klasser", recursive=True)
    )
    tree = tree.union_all(
        select(
            below.c.system_id,
            below.c.overklasse_ref,
            func.array_append(tree.c.sti, below.c.klasse_id, type_=ARRAY(Text())),
        )
        .join(tree, below.c.overklasse_ref == tree.c.system_id)
        .where(same_kommune(below))
    )
    number = func.row_number().over(order_by=tree.c.sti).label("nr")
    return select(tree.c.system_id, tree.c.owner, number).cte("nummererte_klasser")


def _mapper(utvalg: Utvalg, part: UUID) -> Select[Any]:
    placed = _placed_mapper(utvalg, part, _numbered_klasser(utvalg, part))
    ids = select(placed.c.owner, placed.c.system_id, placed.c.sti)
    return _level(
        mappe,
        ids,
        ["sti"],
        lambda rows, has: _of_kinds(mappe, rows, has, MAPPE, MAPPE_TAILS),
        _all_parts(MAPPE, MAPPE_TAILS),
    )


def _placed_mapper(utvalg: Utvalg, part: UUID, klasser: FromClause) -> FromClause:
    """Give each mappe its path: the number of its klasse, and of each mappe down to it."""
    rows = rows_of(mappe)
    above = rows.c.referanse_forelder_mappe
    numbered = (
        select(
            rows.c.system_id,
            above.label("over"),
            func.coalesce(above, rows.c.klasse_ref, rows.c.arkivdel_ref).label("owner"),
            func.coalesce(klasser.c.nr, 0).label("klasse"),
            func.row_number().over(order_by=[rows.c.opprettet_dato, rows.c.system_id]).label("nr"),
        )
        .outerjoin(klasser, klasser.c.system_id == rows.c.klasse_ref)
        .where(same_kommune(rows), rows.c.effektiv_arkivdel == part, utvalg.has_mappe(rows))
        .cte("nummererte_mapper")
    )
    placed = (
        select(
            numbered.c.system_id,
            numbered.c.owner,
            _listed(BigInteger(), numbered.c.klasse, numbered.c.nr).label("sti"),
        )
        .where(numbered.c.over.is_(None))
        .cte("mapper", recursive=True)
    )
    below = numbered.alias()
    return placed.union_all(
        select(
            below.c.system_id,
            below.c.owner,
            func.array_append(placed.c.sti, below.c.nr, type_=ARRAY(BigInteger())),
        ).join(placed, below.c.over == placed.c.system_id)
    )


def _registreringer(utvalg: Utvalg, part: UUID) -> Select[Any]:
    klasser = _numbered_klasser(utvalg, part)
    placed = _placed_mapper(utvalg, part, klasser)
    inside, alone = rows_of(registrering), rows_of(registrering)
    in_mapper = (
        select(
            inside.c.mappe_ref.label("owner"),
            inside.c.system_id,
            placed.c.sti,
            inside.c.opprettet_dato,
            place(inside),
        )
        .join(placed, placed.c.system_id == inside.c.mappe_ref)
        .where(same_kommune(inside))
    )
    by_itself = (
        select(
            func.coalesce(alone.c.klasse_ref, alone.c.arkivdel_ref).label("owner"),
            alone.c.system_id,
            _listed(BigInteger(), func.coalesce(klasser.c.nr, 0)).label("sti"),
            alone.c.opprettet_dato,
            place(alone),
        )
        .outerjoin(klasser, klasser.c.system_id == alone.c.klasse_ref)
        .where(
            same_kommune(alone),
            alone.c.mappe_ref.is_(None),
            func.coalesce(alone.c.arkivdel_ref, alone.c.referanse_arkivdel) == part,
            utvalg.has_alone(alone),
        )
    )
    both = union_all(in_mapper, by_itself).subquery()
    return _level(
        registrering,
        select(both),
        ["sti", "opprettet_dato", "system_id"],
        lambda rows, has: _of_kinds(
            registrering, rows, has, registrering_elements(rows, utvalg), REGISTRERING_TAILS
        ),
        _all_parts(registrering_elements(inside, utvalg), REGISTRERING_TAILS),
    )
