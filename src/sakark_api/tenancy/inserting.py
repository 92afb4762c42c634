"""Many rows at once: each table's in one statement, as arrays, with plans that are made once."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Insert,
    SmallInteger,
    Table,
    Text,
    case,
    cast,
    column,
    func,
    insert,
    literal,
    null,
    select,
    table,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator, TypeEngine

from sakark_api.noark.exact import write_json
from sakark_api.noark.model import Base

__all__ = ["insert_rows", "plainly", "plan_once"]

_AT_ONCE: Final = 5000
_PLANNED_ONCE: Final[Mapping[str, str]] = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}
"""Foreign keys and triggers look up one row by its key, in tables of a partition for each kommune.

Left to itself, PostgreSQL plans each such look-up anew, which takes longer than the look-up where
there are fewer than some hundred kommuner. A plan that is kept is one by an index, but by whichever
of them where there was nothing to look through.
"""
_FORGET: Final = "DISCARD PLANS"


def plan_once(session: Session, *, anew: bool) -> None:
    """Let what triggers ask be planned once, until the transaction ends: many rows are written.

    With `anew`, plans that were made when there was less to look through are forgotten.
    """
    if anew:
        session.connection().exec_driver_sql(_FORGET)
    session.execute(
        select(*(func.set_config(name, value, true()) for name, value in _PLANNED_ONCE.items()))
    )


def insert_rows(session: Session, rows: Mapping[Table, Sequence[Mapping[str, Any]]]) -> None:
    """Insert rows with values as they are on the wire, what is referred to first."""
    order = {one: place for place, one in enumerate(Base.metadata.sorted_tables)}
    number = session.info["tenant_id"]
    for one in sorted(rows, key=lambda one: order[one]):
        for start in range(0, len(rows[one]), _AT_ONCE):
            page = rows[one][start : start + _AT_ONCE]
            session.connection().execute(_inserted(one, number, page))


def _inserted(one: Table, number: int, rows: Sequence[Mapping[str, Any]]) -> Insert:
    """Insert rows in their order; what is the same in all of them is said once."""
    names = sorted({name for row in rows for name in row})
    values = {name: [row.get(name) for row in rows] for name in names}
    told = [name for name in names if any(value is not None for value in values[name])]
    # One is an array even so: it has the number of rows.
    differ = [name for name in told if name == told[0] or not _is_one(values[name])]
    arrays = [_array(one.c[name].type, values[name]) for name in differ]
    said = func.unnest(*arrays).table_valued(*differ, name="said").render_derived()
    found = {
        name: _value(
            one.c[name].type,
            said.c[name] if name in differ else _once(one.c[name].type, values[name][0]),
        )
        for name in told
    }
    own = literal(number, SmallInteger())
    return insert(plainly(one, names)).from_select(
        ["tenant_id", *(one.c[name].name for name in names)],
        select(own, *(found.get(name, null()) for name in names)),
    )


def _is_one(values: Sequence[Any]) -> bool:
    """Tell whether all values are one object: 1 is not True."""
    return all(value is values[0] for value in values)


def _array(type_: TypeEngine[Any], values: Sequence[Any]) -> ColumnElement[Any]:
    """Give the values of a column; what has parts is written as JSON."""
    if not _has_parts(type_):
        return literal(values, ARRAY(type_))
    written = [None if value is None else write_json(value) for value in values]
    return literal(written, ARRAY(Text()))


def _once(type_: TypeEngine[Any], value: object) -> ColumnElement[Any]:
    """Give the one value of a column, as `_array` gives several."""
    return literal(write_json(value), Text()) if _has_parts(type_) else literal(value, type_)


def _value(type_: TypeEngine[Any], said: ColumnElement[Any]) -> ColumnElement[Any]:
    """Read a value as it was written into an array."""
    if not _has_parts(type_):
        return said
    if not isinstance(type_, ARRAY):
        return cast(said, JSONB)
    each = func.jsonb_array_elements_text(cast(said, JSONB)).column_valued("each")
    parts = func.array(select(each).scalar_subquery(), type_=ARRAY(Text()))
    return case((said.is_not(None), cast(parts, type_)))


def _has_parts(type_: TypeEngine[Any]) -> bool:
    return isinstance(type_, TypeDecorator | JSONB | ARRAY)


def plainly(one: Table, names: Collection[str]) -> Any:  # noqa: ANN401  a table of SQLAlchemy's
    """Give a table whose values are written as they come: they have been read and checked."""
    columns = [
        column(
            one.c[name].name,
            JSONB(none_as_null=True)
            if isinstance(one.c[name].type, TypeDecorator | JSONB)
            else one.c[name].type,
        )
        for name in ("tenant_id", *names)
    ]
    return table(one.name, *columns)
