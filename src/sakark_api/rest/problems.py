"""From errors to answers: each class has its status, and every answer the standard's body."""

import asyncio
import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
import msgspec
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sakark_api import errors
from sakark_api.observe.metrics import UNAVAILABLE
from sakark_api.observe.told import told
from sakark_api.rest.links import Links
from sakark_api.rest.media_types import NOARK
from sakark_api.texts import BOKMAAL, LANGUAGES, Text, text

__all__ = ["HANDLERS", "TOLD", "ErrorEdge", "language_of", "problem", "shown_obstacle"]

log = logging.getLogger(__name__)

STATUS: Mapping[type[errors.SakarkError], int] = {
    errors.Invalid: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.MethodNotAllowed: 405,
    errors.NotAcceptable: 406,
    errors.Conflict: 409,
    errors.Gone: 410,
    errors.UnsupportedMediaType: 415,
    errors.KeyReused: 422,
    errors.UploadFailed: 422,
    errors.TooMany: 429,
    errors.Unsupported: 501,
    errors.Unavailable: 503,
}
_WEIGHT = re.compile(r"[01](\.[0-9]{1,3})?")
RETRY_SECONDS = "5"
REALM = 'Bearer realm="sakark"'

_HTTP_TEXTS = {
    404: text("Adressen finnes ikke. Følg lenkene fra roten."),
    405: text("Metoden kan ikke brukes på denne adressen. Se Allow."),
}
_UNAVAILABLE = text("Databasen svarer ikke nå. Prøv igjen om litt.")
_TOO_LONG = text("Det tok for lang tid. Avgrens forespørselen, eller prøv igjen om litt.")
_HELD = text("Andre holder på med det samme. Prøv igjen om litt.")
_STOPPING = text("Tjenesten stoppes nå. Prøv igjen om litt.")
_BROKEN = text("Det oppsto en feil hos oss, loggført som {id}. Prøv igjen eller meld fra.")
_STALE = text("Noen andre har endret enheten. Hent den på nytt og gjør endringen der.")

# Named constraints of the database that a client can run into.
_CONSTRAINTS: Mapping[str, errors.SakarkError] = {
    "uq_klasse_tenant_id_klassifikasjonssystem_ref_klasse_id": errors.Conflict(
        text("Klassifikasjonssystemet har allerede en klasse med denne klasseID.")
    ),
    "uq_kodeverdi_tenant_id_liste_kodenavn": errors.Conflict(
        text("Kodelisten har allerede en kode med dette kodenavnet.")
    ),
    "uq_uttrekk_under_way": errors.Conflict(
        text("Et annet uttrekk er bestilt eller i gang. Vent til det er ferdig, eller avbryt det.")
    ),
    "pk_kodeverdi": errors.Conflict(text("Kodelisten har allerede denne koden.")),
}
_BY_STATE: Mapping[str, errors.SakarkError] = {
    "23505": errors.Conflict(text("Det finnes allerede en slik enhet. Hent den i stedet.")),
    "40001": errors.Conflict(text("Andre endret det samme samtidig. Prøv igjen.")),
    "40P01": errors.Conflict(text("Andre endret det samme samtidig. Prøv igjen.")),
    "54000": errors.Invalid(text("En tekst er for lang for feltet. Skriv kortere.")),
}
# Classes and single codes (PostgreSQL, appendix A) that say the database can't serve now: lost
# connections, logins refused, out of disk, memory or connections, a standby that only reads, a
# transaction ended from outside, a schema that has just changed, trouble of the system below.
_AWAY = ("08", "28", "53", "58", "3D000", "25006", "25P03", "57P", "0A000")
_STATEMENT_TIMEOUT = "57014"
_LOCK_TIMEOUT = "55P03"
_FOREIGN_KEY = "23503"


def problem(
    status: int,
    sentence: Text,
    request: Request | None,
    obstacles: Sequence[errors.Obstacle] = (),
) -> Response:
    """Make the standard's error answer (6.1.2): `{"feil": {"kode", "beskrivelse"}}`.

    What stands in the way is added as `hindringer`, with links to the first units of each reason.
    """
    language = language_of(request)
    fault: dict[str, Any] = {"kode": status, "beskrivelse": sentence.to(language)}
    if request is not None and obstacles:
        links, base = request.app.state.services.links, request.state.base
        fault["hindringer"] = [shown_obstacle(links, base, one, language) for one in obstacles]
    body = {"feil": fault}
    headers = {"content-language": language, "cache-control": "no-store"}
    if status == errors_status(errors.Unauthenticated):
        headers["www-authenticate"] = REALM
    if status == errors_status(errors.Unavailable):
        headers["retry-after"] = RETRY_SECONDS
    return Response(msgspec.json.encode(body), status, headers, NOARK)


def shown_obstacle(
    links: Links, base: str, obstacle: errors.Obstacle, language: str
) -> dict[str, Any]:
    """Show one reason, with links to its units as they link to themselves."""
    return {
        "beskrivelse": obstacle.reason.to(language),
        "antall": obstacle.count,
        "enheter": [
            {
                "systemID": str(one.system_id),
                "_links": links.to_unit(one.resource, one.system_id, base),
            }
            for one in obstacle.named
        ],
    }


def errors_status(error: type[errors.SakarkError]) -> int:
    """Give the status of an error class: its own, or that of the class it is a kind of."""
    return next(STATUS[one] for one in error.__mro__ if one in STATUS)


def language_of(request: Request | None) -> str:
    """Choose the language: English when asked for, else the kommune's (`state.maalform`)."""
    if request is None:
        return BOKMAAL
    asked = request.headers.get("accept-language", "")[:200].lower()
    wanted: dict[str, float] = {}
    for part in asked.split(","):
        name, _, weight = part.partition(";q=")
        language = name.strip().split("-")[0].replace("no", BOKMAAL)
        if language in LANGUAGES:
            wanted.setdefault(language, float(weight) if _WEIGHT.fullmatch(weight) else 1.0)
    best = max(wanted, key=lambda language: wanted[language], default=None)
    if best is not None and wanted[best] > 0:
        return best
    return str(getattr(request.state, "maalform", BOKMAAL))


async def on_sakark_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, errors.SakarkError)  # noqa: S101  registered for these only
    if isinstance(error, errors.Unavailable):
        _note(error, error)
    obstacles = error.obstacles if isinstance(error, errors.Blocked) else ()
    answer = problem(errors_status(type(error)), error.text, request, obstacles)
    answer.headers.update(error.facts)
    return answer


async def on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  registered for these only
    sentence = _HTTP_TEXTS.get(error.status_code, text("Forespørselen kan ikke besvares."))
    answer = problem(error.status_code, sentence, request)
    answer.headers.update(error.headers or {})
    return answer


async def on_database_error(request: Request, error: Exception) -> Response:
    found = _from_database(error)
    if found is None:
        raise error
    if isinstance(found, errors.Unavailable):
        _note(found, error)
    return problem(errors_status(type(found)), found.text, request)


async def on_lost_connection(request: Request, error: Exception) -> Response:
    found = errors.Unavailable(_UNAVAILABLE)
    _note(found, error)
    return problem(errors_status(errors.Unavailable), found.text, request)


async def on_stale(request: Request, error: Exception) -> Response:
    del error
    return problem(errors_status(errors.Stale), _STALE, request)


def _note(found: errors.Unavailable, cause: Exception) -> None:
    """Tell the log and the figures who was away, and by what kind of error we know."""
    UNAVAILABLE.labels(found.peer).inc()
    below = _cause(cause)
    state = getattr(below, "sqlstate", None)
    told().reason = f"{type(below).__name__} {state}" if state else type(below).__name__


def _cause(error: Exception) -> BaseException:
    """Give the driver's own error, where SQLAlchemy has wrapped it."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        return error.orig.__cause__ or error.orig
    return error


def _from_database(error: Exception) -> errors.SakarkError | None:
    """Tell what a client should know of a database error; None when it is our own fault."""
    cause = _cause(error)
    state = str(getattr(cause, "sqlstate", None) or "")
    constraint = getattr(cause, "constraint_name", None) or ""
    known = next((found for name, found in _CONSTRAINTS.items() if name in constraint), None)
    if known is not None:
        return known
    if state == _STATEMENT_TIMEOUT:
        return errors.Unavailable(_TOO_LONG)
    if state == _LOCK_TIMEOUT:
        return errors.Unavailable(_HELD)
    if state.startswith(_AWAY) or _is_lost(error):
        return errors.Unavailable(_UNAVAILABLE)
    if state == _FOREIGN_KEY:
        return _dangling(error)
    return _BY_STATE.get(state)


def _dangling(error: Exception) -> errors.SakarkError:
    """Tell a unit that others need from a reference to one that does not exist."""
    if isinstance(error, DBAPIError) and (error.statement or "").startswith("DELETE"):
        return errors.Conflict(
            text(
                "Enheten har andre enheter under seg eller er i bruk. Slett eller flytt dem først."
            )
        )
    return errors.Invalid(text("Enheten viser til en enhet som ikke finnes. Rett referansen."))


def _is_lost(error: Exception) -> bool:
    return isinstance(error, OperationalError | InterfaceError) or (
        isinstance(error, DBAPIError) and error.connection_invalidated
    )


HANDLERS: dict[int | type[Exception], Any] = {
    errors.SakarkError: on_sakark_error,
    HTTPException: on_http_exception,
    StaleDataError: on_stale,
    DBAPIError: on_database_error,
    asyncpg.PostgresError: on_database_error,
    asyncpg.InterfaceError: on_lost_connection,
    asyncpg.InternalClientError: on_lost_connection,
    PoolTimeoutError: on_lost_connection,
    TimeoutError: on_lost_connection,
    ConnectionError: on_lost_connection,
}


TOLD = tuple(kind for kind in HANDLERS if isinstance(kind, type))
"""What has a handler that tells of it, further in than any middleware."""


class ErrorEdge:
    """The outermost edge: what nobody expected is logged once and answered as our own fault."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except asyncio.CancelledError:  # the service is stopped, and the time to end is up
            if not started:
                answer = problem(errors_status(errors.Unavailable), _STOPPING, Request(scope))
                await answer(scope, receive, send)
            raise
        except ClientDisconnect:  # nobody is there to be answered
            return
        except Exception:
            log.exception("Unexpected error")
            if started:
                raise
            sentence = Text(_BROKEN.msgid, {"id": told().request_id})
            answer = problem(500, sentence, Request(scope))
            await answer(scope, receive, send)
