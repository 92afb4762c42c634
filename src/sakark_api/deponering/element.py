"""Elements of a deposit as data, and the expressions by which the database writes them as XML.

A sequence says which elements there are and in which order; where their values come from follows
from what the entities declare. The database escapes and joins them: what comes to this process is
ready to be written, at the rate at which rows can be copied.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final, Protocol, get_args

from sqlalchemy import (
    ARRAY,
    ColumnClause,
    ColumnElement,
    Date,
    DateTime,
    FromClause,
    Select,
    Text,
    and_,
    case,
    cast,
    column,
    exists,
    func,
    literal,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB

from sakark_api.noark.attribute import BoundAttribute, SetBy
from sakark_api.noark.catalog import CATALOG
from sakark_api.noark.model import table_of
from sakark_api.noark.resource import Resource
from sakark_api.noark.values import Kode, Value
from sakark_api.rest.tenant import same_kommune

__all__ = [
    "DATES",
    "Element",
    "Elements",
    "Group",
    "Has",
    "Made",
    "Part",
    "Parts",
    "Tie",
    "Xml",
    "at_column",
    "attributes_of_family",
    "coded",
    "elements",
    "escaped",
    "gaps",
    "in_order",
    "inside",
    "is_one_of",
    "kinds_of",
    "markup",
    "moment",
    "place",
    "plain",
    "rows_of",
    "tagged",
    "through",
    "whole",
    "written",
]

DATES: Final = frozenset(
    {
        "saksdato",
        "journaldato",
        "moetedato",
        "dokumentetsDato",
        "utlaantDato",
        "arkivperiodeStartDato",
        "arkivperiodeSluttDato",
        "forfallsdato",
        "offentlighetsvurdertDato",
        "presedensDato",
        "kassasjonsdato",
        "skjermingOpphoererDato",
        "avskrivningsdato",
        "verifisertDato",
    }
)
"""Elements that are days; all other times are moments."""

_PLACE: Final = "sted"
_MOST_ARGUMENTS: Final = 90
"""PostgreSQL takes a hundred arguments of a function."""

Xml = ColumnElement[str]
Made = Callable[[FromClause, str], Xml]
"""Makes the element of that name from a row; null where there is no value."""


@dataclass(frozen=True)
class Element:
    """One element: its name, whether it must be there, and the attribute that it is taken from.

    `made` makes it where it is no attribute as it is, of parts of that name where it says so.
    """

    name: str
    needed: bool = False
    attribute: str = ""
    made: Made | None = None
    of_part: str = ""


@dataclass(frozen=True)
class Group:
    """An element that holds the fields of a value, such as kassasjon.

    It is left out where the value lacks the field `only_with`.
    """

    name: str
    elements: "Elements"
    only_with: str = ""


Tie = Callable[[FromClause, FromClause], ColumnElement[bool]]
"""Says that a row, the first, belongs to another, the second."""


@dataclass(frozen=True)
class Parts:
    """Elements of the units that belong to another, in their own order.

    Where few have any, as is said of `rare` ones, it is found out for all at once which do.
    """

    name: str
    resource: Resource[Any]
    tie: Tie
    elements: "Elements"
    order: Sequence[str]
    rare: bool = False


Part = Element | Group | Parts
Elements = Sequence[Part]
Has = Mapping[str, ColumnElement[bool]]
"""Whether a row has any parts, by their name, where that is known."""


def elements(*listed: str | Part) -> tuple[Part, ...]:
    """List elements by name: `tittel!` must be there, `grad:graderingskode` has another source."""
    return tuple(
        part
        for one in listed
        for part in (map(_named, one.split()) if isinstance(one, str) else (one,))
    )


def _named(listed: str) -> Element:
    name, _, attribute = listed.partition(":")
    return Element(name.rstrip("!"), name.endswith("!"), attribute)


def rows_of(resource: Resource[Any]) -> FromClause:
    """Give the rows of a resource's table, as rows of their own in a statement."""
    return table_of(resource.model).alias()


def at_column(name: str) -> Tie:
    """Tie rows by the column in which they name what they belong to."""
    return lambda rows, owner: rows.c[name] == owner.c.system_id


def through(pairs: FromClause, owner_column: str, column: str) -> Tie:
    """Tie rows by a table of pairs."""

    def tied(rows: FromClause, owner: FromClause) -> ColumnElement[bool]:
        between = pairs.alias()
        return rows.c.system_id.in_(
            select(between.c[column])
            .where(same_kommune(between), between.c[owner_column] == owner.c.system_id)
            .correlate_except(between)
        )

    return tied


def is_one_of(column: ColumnElement[Any], values: Collection[object]) -> ColumnElement[bool]:
    """Say that a column is one of some values, given as one list."""
    found: ColumnElement[bool] = column == func.any(literal(list(values), ARRAY(column.type)))
    return found


def markup(xml: str) -> Xml:
    """Give markup of ours as a constant."""
    assert "'" not in xml  # noqa: S101  ours, never a value
    return literal_column(f"'{xml}'", Text())


def tagged(name: str, content: ColumnElement[Any]) -> Xml:
    """Put what is XML already into an element; null stays null."""
    return markup(f"<{name}>").concat(content).concat(markup(f"</{name}>"))


def whole(parts: Sequence[Xml]) -> Xml:
    """Join what there is, in order, and leave out what is null."""
    while len(parts) > _MOST_ARGUMENTS:
        first = func.concat(*parts[:_MOST_ARGUMENTS], type_=Text())
        parts = [first, *parts[_MOST_ARGUMENTS:]]
    return func.concat(*parts, type_=Text())


def written(
    sequence: Elements, resource: Resource[Any], rows: FromClause, has: Has | None = None
) -> list[Xml]:
    """Write the elements of a row: each as XML, or null where it has no value (6.4.5)."""
    held = _Row(rows, attributes_of_family(resource))
    return [_where_any(one, has or {}, _write(one, held)) for one in sequence]


def _where_any(one: Part, has: Has, xml: Xml) -> Xml:
    """Look for parts only where there are any."""
    match one:
        case Parts(name=name) | Element(of_part=name) if name in has:
            return case((has[name], xml))
    return xml


def in_order(
    resource: Resource[Any],
    ids: Select[Any],
    order: Sequence[str],
    xml: Callable[[FromClause, Has], ColumnElement[Any]],
    shown: Sequence[str] = (),
    parts: Elements = (),
) -> Select[Any]:
    """Select units as XML in the order of their ids, after the columns of these that are shown.

    Only the ids are sorted, with which of the rare ones of `parts` each unit has. A unit's XML is
    large, and made when it is its turn. Where ids say where the rows lie, no index is asked.
    """
    placed = ids.subquery()
    rare = [one for one in parts if isinstance(one, Parts) and one.rare]
    having = {one.name: _any_of(one, placed).label(f"har_{one.name}") for one in rare}
    found = (
        select(*placed.c, *having.values()).order_by(*(placed.c[name] for name in order)).subquery()
    )
    rows = rows_of(resource)
    has = {name: found.c[flag.name] for name, flag in having.items()}
    made = (
        select(xml(rows, has))
        .where(same_kommune(rows), _is_row(rows, found))
        .correlate_except(rows)
        .scalar_subquery()
    )
    return (
        select(*(found.c[name] for name in shown), made)
        .select_from(found)
        .order_by(*(found.c[name] for name in order))
    )


def place(rows: FromClause) -> ColumnElement[Any]:
    """Give where a row lies, for the statement that asks and no other."""
    return _lies(rows).label(_PLACE)


def _lies(rows: FromClause) -> ColumnElement[Any]:
    lies: ColumnClause[Any] = column("ctid")
    lies.table = rows
    return lies


def _is_row(rows: FromClause, found: FromClause) -> ColumnElement[bool]:
    if _PLACE in found.c:
        return _lies(rows) == found.c[_PLACE]
    return rows.c.system_id == found.c.system_id


def gaps(
    sequence: Elements, resource: Resource[Any], rows: FromClause
) -> Iterator[tuple[str, ColumnElement[bool]]]:
    """Give each element that must be there and may be missing in a row, and the condition of it."""
    held = _Row(rows, attributes_of_family(resource))
    for one in sequence:
        if isinstance(one, Element):
            if one.needed and held.may_lack(one):
                yield one.name, _write(one, held).is_(None)
        elif isinstance(one, Group):
            value = held.value(one.name)
            for field in one.elements:
                if isinstance(field, Element) and field.needed:
                    lacking = and_(value.is_told(one), _write(field, value).is_(None))
                    yield f"{one.name}/{field.name}", lacking


class _Held(Protocol):
    """Where the values of elements are: in the columns of a row, or in the fields of a value."""

    def element(self, name: str, attribute: str) -> Xml: ...


class _Row:
    def __init__(self, rows: FromClause, attributes: Mapping[str, BoundAttribute]) -> None:
        self.rows = rows
        self._attributes = attributes

    def element(self, name: str, attribute: str) -> Xml:
        found = self._attributes[attribute]
        value = self.rows.c[found.name]
        if not found.many:
            return tagged(name, _text(name, found.python, value))
        each = func.unnest(value).table_valued(column("one", Text())).render_derived()
        listed = _all_of(tagged(name, _text(name, found.python, each.c.one)), each)
        return case((value.is_not(None), listed))

    def may_lack(self, one: Element) -> bool:
        """Tell whether there may be rows without an element; a text may be empty, which is none."""
        if one.made is not None:
            return True
        found = self._attributes[one.attribute or one.name]
        given = found.python is str and found.spec.set_by is not SetBy.CORE
        return given or bool(self.rows.c[found.name].nullable)

    def value(self, attribute: str) -> "_Value":
        found = self._attributes[attribute]
        return _Value(found.python, type_coerce(self.rows.c[found.name], JSONB()))


class _Value:
    def __init__(self, model: type[Value], held: ColumnElement[Any]) -> None:
        self.held = held
        self._fields = {
            one.alias or name: one.annotation for name, one in model.model_fields.items()
        }

    def is_told(self, group: Group) -> ColumnElement[bool]:
        """Say that there is a value, with what the group is left out without."""
        if group.only_with:
            return plain(self.held, group.only_with).is_not(None)
        return self.held.is_not(None)

    def element(self, name: str, attribute: str) -> Xml:
        kinds = kinds_of(self._fields[attribute])
        if tuple in kinds:
            listed = func.jsonb_array_elements(inside(self.held, attribute))
            each = listed.table_valued(column("one", JSONB())).render_derived()
            return _all_of(tagged(name, _text(name, Kode, each.c.one)), each)
        if Kode in kinds:
            return tagged(name, _text(name, Kode, inside(self.held, attribute)))
        text = plain(self.held, attribute)
        if name in DATES:
            return tagged(name, _text(name, datetime, cast(text, DateTime(timezone=True))))
        return tagged(name, escaped(text))


def _write(one: Part, held: _Held) -> Xml:
    if isinstance(one, Element) and one.made is None:
        return held.element(one.name, one.attribute or one.name)
    assert isinstance(held, _Row)  # noqa: S101  values hold plain elements
    if isinstance(one, Element):
        assert one.made is not None  # noqa: S101  said above
        return one.made(held.rows, one.name)
    if isinstance(one, Group):
        value = held.value(one.name)
        fields = whole([_write(field, value) for field in one.elements])
        return case((value.is_told(one), tagged(one.name, fields)))
    return _parts(one, held.rows)


def _parts(parts: Parts, owner: FromClause) -> Xml:
    rows = rows_of(parts.resource)
    one = tagged(parts.name, whole(written(parts.elements, parts.resource, rows)))
    joined = func.string_agg(one, markup("")).aggregate_order_by(
        *(rows.c[name] for name in parts.order)
    )
    return (
        select(joined)
        .where(same_kommune(rows), parts.tie(rows, owner))
        .correlate_except(rows)
        .scalar_subquery()
    )


def _any_of(parts: Parts, owner: FromClause) -> ColumnElement[bool]:
    rows = rows_of(parts.resource)
    found = exists().where(same_kommune(rows), parts.tie(rows, owner))
    return found.correlate_except(rows)


def _all_of(one: Xml, each: FromClause) -> Xml:
    return select(func.string_agg(one, markup(""))).select_from(each).scalar_subquery()


def _text(name: str, python: type[Any], value: ColumnElement[Any]) -> Xml:
    """Write one value as text, the way an XML schema has it; codes by what they are called."""
    if python is Kode:
        return coded(value)
    if python is datetime:
        if name in DATES:
            return cast(cast(value, Date()), Text())
        return moment(value)
    if python is str:
        return escaped(value)
    return cast(value, Text())


def moment(value: ColumnElement[Any]) -> Xml:
    """Write a moment with its offset, as it is on the wire."""
    found: Xml = func.to_jsonb(value).op("#>>", return_type=Text())(markup("{}"))
    return found


def coded(value: ColumnElement[Any]) -> Xml:
    """Write a code as what it is called."""
    kode = type_coerce(value, JSONB())
    return escaped(func.coalesce(plain(kode, "kodenavn"), plain(kode, "kode")))


def inside(held: ColumnElement[Any], place: str | int) -> ColumnElement[Any]:
    """Give what is inside a value, by the name of a field or its place in a list."""
    key = markup(place) if isinstance(place, str) else literal_column(str(place))
    return held.op("->", return_type=JSONB())(key)


def plain(held: ColumnElement[Any], name: str) -> Xml:
    """Give a field of a value as the text it is."""
    found: Xml = held.op("->>", return_type=Text())(markup(name))
    return found


def escaped(value: ColumnElement[Any]) -> Xml:
    """Escape a text; an empty one is no value."""
    found: Xml = func.nullif(value, markup(""), type_=Text())
    for plain, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        found = func.replace(found, markup(plain), markup(entity), type_=Text())
    return found


@cache
def attributes_of_family(resource: Resource[Any]) -> Mapping[str, BoundAttribute]:
    """Give the attributes of every kind in a resource's family, by their names on the wire."""
    family = CATALOG.family(resource.root)
    return {one.wire: one for kind in family for one in kind.attributes}


def kinds_of(annotation: Any) -> set[Any]:  # noqa: ANN401  a type, of any form
    """List the types that an annotation names, at any depth."""
    inner = get_args(annotation)
    named = {getattr(annotation, "__origin__", annotation)}
    return named.union(*(kinds_of(one) for one in inner))
