"""Code lists: open lists of kode and kodenavn, one set for each kommune (GUIDE 13)."""

from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import msgspec
from pydantic import ConfigDict, Field, field_validator
from sqlalchemy import ColumnElement, bindparam, func, select
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import Session
from sqlalchemy.types import BigInteger, Integer, SmallInteger, Text
from starlette.requests import Request
from starlette.responses import Response

from sakark_api.db.reader import Statement
from sakark_api.errors import Conflict, NotFound
from sakark_api.noark.metadata.kodeliste import KODELISTER, CodeList
from sakark_api.noark.metadata.kodeverdi import KodeverdiRow
from sakark_api.noark.resource import Change, Work
from sakark_api.noark.structure import Catalog
from sakark_api.noark.values import STANDARD_TIME, Tekst, Tidspunkt, refusal, wire_time
from sakark_api.rest.code_use import is_used
from sakark_api.rest.dependencies import Context, read_body
from sakark_api.rest.etag import etag, is_current, refuse_stale
from sakark_api.rest.idempotency import once
from sakark_api.rest.links import Link, render
from sakark_api.rest.media_types import (
    MERGE_PATCH,
    NOARK,
    refuse_other_content,
    refuse_unacceptable,
)
from sakark_api.rest.odata import (
    Compiled,
    FieldKind,
    Fields,
    Node,
    Order,
    compile_filter,
    ordering,
)
from sakark_api.rest.odata import Field as ODataField
from sakark_api.rest.openapi import Operation
from sakark_api.rest.paging import FIND, list_body, parse_query
from sakark_api.rest.patches import merge_patch, parse_patch
from sakark_api.rest.router import route
from sakark_api.rest.schema import Body, parse, parse_values
from sakark_api.rest.tree import RouteTree
from sakark_api.texts import text

__all__ = ["KodeverdiBody", "add_codelists"]

_TABLE = KodeverdiRow.__table__.c
_FIELDS = Fields(
    {
        "kode": ODataField(_TABLE.kode, FieldKind.STRING),
        "kodenavn": ODataField(_TABLE.kodenavn, FieldKind.STRING),
        "beskrivelse": ODataField(_TABLE.beskrivelse, FieldKind.STRING),
        "utdatert": ODataField(_TABLE.utdatert, FieldKind.DATETIME),
    }
)


class KodeverdiBody(Body):
    """En verdi i en kodeliste."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"kode": "N", "kodenavn": "Notat"}]})

    kode: Tekst = Field(description=str(text("Koden, entydig i listen og aldri endret")))
    kodenavn: Tekst = Field(description=str(text("Kodens navn, entydig i listen")))
    beskrivelse: Tekst | None = Field(default=None, description=str(text("Hva koden betyr")))
    utdatert: Tidspunkt | None = Field(
        default=None, description=str(text("Når koden ikke lenger kan velges"))
    )
    links: dict[str, Any] | None = Field(default=None, alias="_links")

    @field_validator("utdatert")
    @classmethod
    def _in_our_time(cls, moment: datetime | None) -> datetime | None:
        """Refuse times from before standard time; the offsets of then can't be written."""
        if moment is not None and moment.year < STANDARD_TIME:
            raise refusal("time", text("Bruk en dato etter {aar}.", aar=STANDARD_TIME))
        return moment


def add_codelists(tree: RouteTree, catalog: Catalog) -> None:
    """Add the routes of every code list; `catalog` has the units that codes may be used by."""
    for codelist in KODELISTER.values():
        _add_codelist(tree, catalog, codelist)


def _add_codelist(tree: RouteTree, catalog: Catalog, codelist: CodeList) -> None:
    path, name = f"/{{kommune}}/api/metadata/{codelist.name}/", f"metadata_{codelist.name}"
    new = f"/{{kommune}}/api/metadata/ny-{codelist.name}/"
    one = f"{path}{{kode}}/"
    for address, method, operation, act in (
        (path, "GET", Operation.code_list(codelist, f"{name}_list"), read_codes),
        (new, "GET", Operation.code_template(codelist, f"{name}_ny_get"), read_template),
        (new, "POST", Operation.code_making(codelist, f"{name}_ny_post"), make_code),
        (one, "GET", Operation.code_reading(codelist, f"{name}_get"), read_code),
        (one, "PUT", Operation.code_changing(codelist, f"{name}_put"), replace_code),
        (one, "PATCH", Operation.code_merging(codelist, f"{name}_patch"), merge_code),
    ):
        tree.add(route(address, method, operation, act, codelist=codelist))
    deleting = Operation.code_deleting(codelist, f"{name}_delete")
    tree.add(route(one, "DELETE", deleting, delete_code, codelist=codelist, catalog=catalog))


async def read_codes(context: Context, request: Request, codelist: CodeList) -> Response:
    """Give a page of a code list."""
    refuse_unacceptable(request)
    context.demand("read", Work.ARCHIVE)
    query = request.scope["query_string"].decode("ascii", "replace")
    asked = parse_query(query, FIND)
    tree = asked.filter.tree if asked.filter else None
    values: dict[str, Any] = {
        "tenant": context.kommune.id,
        "liste": codelist.name,
        "search": asked.search,
        "top": 1000 if asked.top is None else asked.top,
        "skip": asked.skip,
    }
    if asked.filter is not None and tree is not None:
        values |= _filter(tree).binding.parameters(asked.filter.values)
    page, count = _statements(tree, asked.orders, searched=asked.search is not None)
    reader = context.services.reader
    rows = await reader.fetch(context.kommune.id, page, values)
    (counted,) = await reader.fetch(context.kommune.id, count, values)
    units = [_written(context, codelist, row) for row in rows]
    address = f"{context.base}metadata/{codelist.name}/"
    body = list_body(units, counted[0], asked, (address, query, codelist.rel))
    return Response(body, media_type=NOARK)


@lru_cache(maxsize=256)
def _filter(tree: Node) -> Compiled:
    return compile_filter(tree, _FIELDS)


@lru_cache(maxsize=256)
def _statements(
    tree: Node | None, orders: tuple[Order, ...], *, searched: bool
) -> tuple[Statement, Statement]:
    where: list[ColumnElement[bool]] = [
        _TABLE.tenant_id == bindparam("tenant", type_=SmallInteger()),
        _TABLE.liste == bindparam("liste", type_=Text()),
    ]
    if tree is not None:
        where.append(_filter(tree).predicate)
    if searched:
        where.append(_TABLE.kodenavn.icontains(bindparam("search", type_=Text()), autoescape=False))
    page = (
        select(
            _TABLE.kode,
            _TABLE.kodenavn,
            _TABLE.beskrivelse,
            func.to_json(_TABLE.utdatert, type_=JSON()).label("utdatert"),
            _TABLE.version,
        )
        .where(*where)
        .order_by(*ordering(orders, _FIELDS), _TABLE.kode)
        .limit(bindparam("top", type_=Integer()))
        .offset(bindparam("skip", type_=BigInteger()))
    )
    return Statement.compile(page), Statement.compile(select(func.count()).where(*where))


_ONE = Statement.compile(
    select(
        _TABLE.kode,
        _TABLE.kodenavn,
        _TABLE.beskrivelse,
        func.to_json(_TABLE.utdatert, type_=JSON()).label("utdatert"),
        _TABLE.version,
    ).where(
        _TABLE.tenant_id == bindparam("tenant", type_=SmallInteger()),
        _TABLE.liste == bindparam("liste", type_=Text()),
        _TABLE.kode == bindparam("kode", type_=Text()),
    )
)


def _written(context: Context, codelist: CodeList, row: Any) -> dict[str, Any]:
    address = _address(context, codelist, row["kode"])
    unit = {
        name: row[name]
        for name in ("kode", "kodenavn", "beskrivelse", "utdatert")
        if row[name] is not None
    }
    links = [Link("self", address), Link(codelist.rel, address)]
    return {**unit, "_links": msgspec.Raw(render(links))}


def _address(context: Context, codelist: CodeList, kode: str) -> str:
    return f"{context.base}metadata/{codelist.name}/{quote(kode, safe='')}/"


async def read_code(context: Context, request: Request, codelist: CodeList) -> Response:
    """Give one value of a code list."""
    refuse_unacceptable(request)
    context.demand("read", Work.ARCHIVE)
    return await _answer(context, codelist, request.path_params["kode"], request=request)


async def _answer(
    context: Context,
    codelist: CodeList,
    kode: str,
    *,
    status: int = 200,
    request: Request | None = None,
) -> Response:
    rows = await context.services.reader.fetch(
        context.kommune.id,
        _ONE,
        {"tenant": context.kommune.id, "liste": codelist.name, "kode": kode},
    )
    if not rows:
        raise NotFound(text("Koden finnes ikke i kodelisten."))
    tag = etag(rows[0]["version"], "k")
    headers = {"etag": tag, "cache-control": "private, no-cache"}
    if request is not None and is_current(request, tag):
        return Response(status_code=304, headers=headers)
    if request is None:
        headers["location"] = _address(context, codelist, kode)
    body = msgspec.json.encode(_written(context, codelist, rows[0]))
    return Response(body, status, headers, NOARK)


async def read_template(context: Context, request: Request, codelist: CodeList) -> Response:
    """Give an empty value to fill in."""
    del codelist
    refuse_unacceptable(request)
    context.demand("create", Work.ARCHIVE)
    body: dict[str, Any] = {"kode": None, "kodenavn": None, "beskrivelse": None, "utdatert": None}
    body["_links"] = {}
    return Response(msgspec.json.encode(body), media_type=NOARK)


async def make_code(context: Context, request: Request, codelist: CodeList) -> Response:
    """Add a value to a code list (201)."""
    refuse_other_content(request, NOARK)
    context.demand("create", Work.ARCHIVE)
    data = await read_body(request, context.services.settings.body_limit)
    body = _parsed(data)

    def make(change: Change) -> str:
        change.session.add(
            KodeverdiRow(
                tenant_id=context.kommune.id,
                liste=codelist.name,
                kode=body.kode,
                kodenavn=body.kodenavn,
                beskrivelse=body.beskrivelse,
                utdatert=body.utdatert,
            )
        )
        return body.kode

    done = await once(context, request, data, make)
    return await _answer(context, codelist, done.made, status=201)


def _parsed(data: bytes) -> KodeverdiBody:
    body = parse(KodeverdiBody, data)
    assert isinstance(body, KodeverdiBody)  # noqa: S101  what was parsed for
    return body


async def replace_code(context: Context, request: Request, codelist: CodeList) -> Response:
    """Change a value's name, description or expiry (PUT)."""
    refuse_other_content(request, NOARK)
    context.demand("change", Work.ARCHIVE)
    body = _parsed(await read_body(request, context.services.settings.body_limit))
    return await _change(context, request, codelist, lambda _: body)


async def merge_code(context: Context, request: Request, codelist: CodeList) -> Response:
    """Change some members of a value (PATCH)."""
    refuse_other_content(request, MERGE_PATCH)
    context.demand("change", Work.ARCHIVE)
    patch = parse_patch(await read_body(request, context.services.settings.body_limit))

    def merged(row: KodeverdiRow) -> KodeverdiBody:
        present = {
            "kode": row.kode,
            "kodenavn": row.kodenavn,
            "beskrivelse": row.beskrivelse,
            "utdatert": wire_time(row.utdatert) if row.utdatert else None,
        }
        body = parse_values(KodeverdiBody, merge_patch(present, patch))
        assert isinstance(body, KodeverdiBody)  # noqa: S101  what was parsed for
        return body

    return await _change(context, request, codelist, merged)


async def _change(context: Context, request: Request, codelist: CodeList, wanted: Any) -> Response:
    kode = request.path_params["kode"]

    def change(session: Session) -> None:
        row = _fetch(session, codelist, kode)
        refuse_stale(request, row.version, required=True)
        body: KodeverdiBody = wanted(row)
        if body.kode != kode:
            raise Conflict(text("Koden selv kan ikke endres. Legg til en ny, og sett utdatert."))
        row.kodenavn = body.kodenavn
        row.beskrivelse = body.beskrivelse
        row.utdatert = body.utdatert
        row.version += 1

    async with context.transaction() as session:
        await session.run_sync(change)
    return await _answer(context, codelist, kode)


async def delete_code(
    context: Context, request: Request, codelist: CodeList, catalog: Catalog
) -> Response:
    """Delete a value that no unit has (204); one that is used expires instead (GUIDE 13)."""
    context.demand("delete", Work.ARCHIVE)
    kode = request.path_params["kode"]

    def delete(session: Session) -> None:
        row = _fetch(session, codelist, kode)
        refuse_stale(request, row.version, required=False)
        if kode in dict(codelist.values):
            raise Conflict(
                text("Koden hører til standarden og kan ikke slettes. Sett utdatert i stedet.")
            )
        if is_used(session, catalog, codelist.name, kode):
            raise Conflict(text("Koden er i bruk og kan ikke slettes. Sett utdatert i stedet."))
        session.delete(row)

    async with context.transaction() as session:
        await session.run_sync(delete)
    return Response(status_code=204)


def _fetch(session: Session, codelist: CodeList, kode: str) -> KodeverdiRow:
    row = session.get(
        KodeverdiRow, (session.info["tenant_id"], codelist.name, kode), with_for_update=True
    )
    if row is None:
        raise NotFound(text("Koden finnes ikke i kodelisten."))
    return row
