"""The media types of the standard, and which of them a request speaks and accepts (GUIDE 3)."""

import re
from typing import Final

from starlette.requests import Request

from sakark_api.errors import NotAcceptable, UnsupportedMediaType
from sakark_api.texts import text

__all__ = ["MERGE_PATCH", "NOARK", "XML", "accepts", "refuse_other_content", "refuse_unacceptable"]

NOARK: Final = "application/vnd.noark5+json"
XML: Final = "application/xml"
MERGE_PATCH: Final = "application/merge-patch+json"
_NOT_AT_ALL: Final = re.compile(r"q\s*=\s*0(\.0*)?")


def refuse_other_content(request: Request, expected: str) -> None:
    """Refuse a body of another kind than `expected`; UTF-8 may be said, nothing else."""
    kind, *parameters = (
        part.strip() for part in request.headers.get("content-type", "").lower().split(";")
    )
    charset = {value for value in parameters if value.startswith("charset=")}
    if kind != expected or charset - {"charset=utf-8", 'charset="utf-8"'}:
        raise UnsupportedMediaType(
            text("Innholdet må sendes med Content-Type: {type}.", type=expected)
        )


def refuse_unacceptable(request: Request) -> None:
    """Refuse a request that takes nothing we can answer with."""
    accept = request.headers.get("accept")
    if accept is None or accept in ("*/*", NOARK):
        return
    if not (accepts(accept, NOARK) or accepts(accept, "application/json")):
        raise NotAcceptable(text("Svaret finnes bare som {type}. Rett Accept.", type=NOARK))


def accepts(accept: str, kind: str) -> bool:
    """Tell whether an Accept header takes a media type: the most exact range decides (RFC 9110)."""
    major = kind.partition("/")[0]
    exactness = {"*/*": 1, f"{major}/*": 2, kind: 3}
    best, taken = 0, False
    for part in accept.lower().split(","):
        offered, *parameters = (piece.strip() for piece in part.split(";"))
        if exactness.get(offered, 0) > best:
            best = exactness[offered]
            taken = not any(_NOT_AT_ALL.fullmatch(value) for value in parameters)
    return taken
