"""Validators: opaque to clients, a version of the unit and of what else shows in its links."""

from starlette.requests import Request

from sakark_api.errors import Invalid, Stale
from sakark_api.texts import text

__all__ = ["etag", "is_current", "refuse_stale"]

_ANY = "*"


def etag(version: int, links: str, screened: int = 0) -> str:
    """Make a strong validator.

    `links` tells apart the sets of links that a unit can have, and `screened` what may be left out
    of it: that changes also when the unit does not.
    """
    return f'"{version}.{links}.{screened:x}"' if screened else f'"{version}.{links}"'


def is_current(request: Request, current: str) -> bool:
    """Tell whether the caller has this representation already (If-None-Match)."""
    header = request.headers.get("if-none-match")
    if header is None:
        return False
    return header == current or any(
        one.strip().removeprefix("W/") in (current, _ANY) for one in header.split(",")
    )


def refuse_stale(request: Request, version: int, *, required: bool) -> None:
    """Refuse a write that is not about the version there is (If-Match, or ETag in the request).

    A write without any validator is refused when one is `required`.
    """
    header = request.headers.get("if-match") or request.headers.get("etag")
    if header is None:
        if required:
            raise Invalid(text("Send If-Match med enhetens ETag, så ingen endringer går tapt."))
        return
    if header.strip() == _ANY:
        return
    given = {
        one.strip().removeprefix("W/").strip('"').partition(".")[0] for one in header.split(",")
    }
    if str(version) not in given:
        raise Stale(text("Noen andre har endret enheten. Hent den på nytt og gjør endringen der."))
