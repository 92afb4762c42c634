"""What is asked of a journal, read from the query of its address."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final

from starlette.requests import Request

from sakark_api.errors import Invalid, NotAcceptable
from sakark_api.noark.values import NORWAY
from sakark_api.rest.media_types import NOARK, accepts
from sakark_api.rest.odata import parse_search
from sakark_api.rest.paging import LARGEST_PAGE, LARGEST_SKIP, given_in, number
from sakark_api.texts import text

__all__ = [
    "LONGEST_PERIOD",
    "MOST_WHOLE",
    "OF_DAY",
    "PUBLIC",
    "RUNNING",
    "Asked",
    "Form",
    "begins",
    "day_of",
    "parse_asked",
    "refuse_too_many",
    "year_before",
]

SHOWN: Final = ("format", "$top", "$skip")
RUNNING: Final = ("fra", "til", "enhet", *SHOWN)
"""The parameters of the journal of all entries."""
PUBLIC: Final = ("fra", "til", "enhet", "q", *SHOWN)
"""The parameters of the public journal."""
OF_DAY: Final = SHOWN
"""The parameters of a day of the public journal."""
LONGEST_PERIOD: Final = 366
"""How many days may be asked about at once."""
MOST_WHOLE: Final = 1000
"""How many entries an answer may have that has no pages."""
_PAGE: Final = 100
_DAY: Final = re.compile(r"[12]\d{3}-\d\d-\d\d", re.ASCII)
"""Of years that moments in any time zone can be of."""
_WORD: Final = re.compile(r"\w+")


class Form(StrEnum):
    """How a journal is given."""

    JSON = "json"
    XML = "xml"
    PDF = "pdf"

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self]


MEDIA_TYPES: Mapping[Form, str] = {
    Form.JSON: NOARK,
    Form.XML: "application/xml",
    Form.PDF: "application/pdf",
}


@dataclass(frozen=True)
class Asked:
    """The days that are asked about, both of them, what entries are narrowed to, and the page."""

    fra: date
    til: date
    enhet: str | None
    words: str | None
    form: Form
    top: int
    skip: int

    @property
    def values(self) -> Mapping[str, Any]:
        """The values of the question as statements take them."""
        return {
            "since": begins(self.fra),
            "until": begins(self.til + timedelta(1)),
            "enhet": self.enhet,
            "words": self.words,
            "top": self.top,
            "skip": self.skip,
        }

    def until(self, day: date) -> "Asked":
        """Ask about no later day than `day`."""
        return replace(self, til=min(self.til, day))


def parse_asked(request: Request, known: Sequence[str], last: date) -> Asked:
    """Read a question; `last` is the day that is meant where none is given.

    Whoever searches for words and says no more means the last year.
    """
    query: bytes = request.scope["query_string"]
    given = given_in(query.decode("ascii", "replace"), known)
    words = _words(given["q"]) if "q" in given else None
    til = day_of(given["til"], "til") if "til" in given else last
    first = year_before(last) if words is not None else til
    fra = day_of(given["fra"], "fra") if "fra" in given else min(first, til)
    _refuse_odd_period(fra, til)
    form = _form(request, given.get("format"))
    if form is not Form.JSON and ("$top" in given or "$skip" in given):
        raise Invalid(text("$top og $skip gjelder bare JSON. Velg en kortere periode."))
    top = number(given, "$top", LARGEST_PAGE)
    page = (_PAGE if top is None else top) if form is Form.JSON else MOST_WHOLE
    skip = number(given, "$skip", LARGEST_SKIP) or 0
    return Asked(fra, til, given.get("enhet"), words, form, page, skip)


def day_of(written: str, name: str) -> date:
    """Read a day."""
    try:
        if _DAY.fullmatch(written):
            return date.fromisoformat(written)
    except ValueError:
        pass
    raise Invalid(text("{navn} må være en dato, for eksempel 2026-01-31.", navn=name))


def begins(day: date) -> datetime:
    """Give when a day begins in Norway."""
    return datetime.combine(day, time(), NORWAY)


def year_before(day: date) -> date:
    """Give the same day a year before."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # 29 February
        return day.replace(year=day.year - 1, day=28)


def refuse_too_many(asked: Asked, count: int) -> None:
    """Refuse what does not go into one answer, where there are no pages."""
    if asked.form is not Form.JSON and count > MOST_WHOLE:
        raise Invalid(
            text(
                "Perioden har {antall} journalposter, og {format} tar høyst {mest}. Velg en"
                " kortere periode, eller hent JSON side for side.",
                antall=count,
                format=asked.form.upper(),
                mest=MOST_WHOLE,
            )
        )


def _words(written: str) -> str:
    """Give the words that all must be there: no sign among them means something by itself."""
    return " ".join(_WORD.findall(parse_search(written)))


def _refuse_odd_period(fra: date, til: date) -> None:
    if fra > til:
        raise Invalid(text("fra er etter til. Bytt dem."))
    if (til - fra).days >= LONGEST_PERIOD:
        raise Invalid(text("Perioden er lengre enn {mest} dager. Del den.", mest=LONGEST_PERIOD))


def _form(request: Request, named: str | None) -> Form:
    """Choose the form: what is named, else the first that the caller accepts."""
    if named is not None:
        if named not in set(Form):
            raise Invalid(text("format må være json, xml eller pdf."))
        return Form(named)
    accept = request.headers.get("accept")
    if accept is None or accepts(accept, "application/json"):
        return Form.JSON
    for form in Form:
        if accepts(accept, form.media_type):
            return form
    raise NotAcceptable(
        text("Journalen finnes som {typer}. Rett Accept.", typer=", ".join(MEDIA_TYPES.values()))
    )
