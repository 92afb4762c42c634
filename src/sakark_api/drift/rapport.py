"""What the operator may look at: usage for the bill, as JSON or CSV, and its own log."""

import csv
import io
import re
from collections.abc import Iterable
from datetime import date
from functools import partial

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from sakark_api.drift.bodies import BrukAnswer, BrukListAnswer, LoggAnswer, LoggListAnswer
from sakark_api.drift.context import DriftContext, answer
from sakark_api.errors import Invalid
from sakark_api.rest.dependencies import public_url
from sakark_api.rest.media_types import accepts
from sakark_api.tenancy.administration import find_kommune
from sakark_api.tenancy.bruk import Bruk, count_use, month_of
from sakark_api.tenancy.driftslogg import newest
from sakark_api.texts import text

__all__ = ["read_log", "read_use", "to_csv", "to_month"]

CSV = "text/csv"
_MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)
_PAGE, _LARGEST_PAGE = 50, 500
_COLUMNS = (
    "kommune",
    "navn",
    "kommunenummer",
    "maaned",
    "aktive",
    "personer",
    "systemer",
    "opsjoner",
)
# What a spreadsheet would run instead of showing it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


async def read_use(context: DriftContext, request: Request) -> Response:
    """Give active users and options for each kommune and month."""
    asked = request.query_params
    this_month = f"{month_of(context.who.now):%Y-%m}"
    last = to_month(asked.get("til", this_month))
    first = to_month(asked.get("fra", asked.get("til", this_month)))
    slug = asked.get("kommune")
    found = await context.read(partial(_use, first=first, last=last, slug=slug))
    if _wants_csv(request):
        return _csv_answer(found, first, last)
    results = [BrukAnswer.of(one) for one in found]
    return answer(request, BrukListAnswer(count=len(results), results=results))


def _use(session: Session, first: date, last: date, slug: str | None) -> list[Bruk]:
    if slug is not None:
        slug = find_kommune(session, slug.replace("\x00", "?")).slug
    return count_use(session, first, last, slug)


def to_month(written: str) -> date:
    """Read a month; it is known by its first day."""
    if not _MONTH.fullmatch(written):
        raise Invalid(text("Måneden må skrives som 2026-11: {verdi}", verdi=written))
    return date.fromisoformat(f"{written}-01")


def _wants_csv(request: Request) -> bool:
    """Tell whether CSV is asked for by name, and JSON is not."""
    accept = request.headers.get("accept", "")
    return CSV in accept.lower() and accepts(accept, CSV) and "json" not in accept.lower()


def to_csv(found: Iterable[Bruk]) -> str:
    """Write a report as spreadsheets in Norway open it: semicolons, and a mark of UTF-8."""
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out, delimiter=";")
    writer.writerow(_COLUMNS)
    for one in found:
        shown = BrukAnswer.of(one).model_dump()
        shown["opsjoner"] = ", ".join(one.opsjoner)
        writer.writerow([_harmless(str(shown[name])) for name in _COLUMNS])
    return out.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _csv_answer(found: Iterable[Bruk], first: date, last: date) -> Response:
    name = f"bruk-{first:%Y-%m}-{last:%Y-%m}.csv"
    headers = {
        "cache-control": "no-store",
        "content-disposition": f'attachment; filename="{name}"',
    }
    return Response(to_csv(found).encode(), 200, headers, f"{CSV}; charset=utf-8")


async def read_log(context: DriftContext, request: Request) -> Response:
    """Give a page of the log, the newest line first."""
    asked = request.query_params
    count = _number(asked.get("top", str(_PAGE)), "top")
    if not 1 <= count <= _LARGEST_PAGE:
        raise Invalid(text("top må være fra 1 til {antall}.", antall=_LARGEST_PAGE))
    before = _number(asked["foer"], "foer") if "foer" in asked else None
    rows = await context.read(partial(newest, count=count + 1, before=before))
    results = [LoggAnswer.of(row) for row in rows[:count]]
    next_page = None
    if len(rows) > count:
        next_page = f"{public_url(request)}/drift/logg/?top={count}&foer={results[-1].id}"
    return answer(request, LoggListAnswer(results=results, neste=next_page))


def _number(written: str, name: str) -> int:
    if not _NUMBER.fullmatch(written):
        raise Invalid(text("{navn} må være et tall: {verdi}", navn=name, verdi=written))
    return int(written)
