"""The operator's routes to kommuner: the registry, the life cycle, logins and options."""

from functools import partial

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from sakark_api.drift import work
from sakark_api.drift.bodies import (
    EndreKommune,
    Innlogging,
    InnloggingListe,
    KommuneAnswer,
    KommuneListAnswer,
    NyKommune,
    NyStatus,
    OpsjonListAnswer,
    Periode,
)
from sakark_api.drift.context import DriftContext, answer, received
from sakark_api.errors import Invalid
from sakark_api.noark.values import NORWAY
from sakark_api.rest.dependencies import public_url
from sakark_api.tenancy.administration import (
    TRANSITIONS,
    find_kommune,
    list_kommuner,
)
from sakark_api.tenancy.kommune import KommuneRow, Status, issuers_of
from sakark_api.tenancy.opsjoner import Period, names_in_force, read_options
from sakark_api.texts import text

__all__ = [
    "add_kommune",
    "change_kommune",
    "delete_option",
    "list_all",
    "put_logins",
    "put_option",
    "put_status",
    "read_kommune",
    "read_logins",
    "read_options_of",
]


def _slug(request: Request) -> str:
    slug: str = request.path_params["slug"]
    return slug.replace("\x00", "?")


def _shown(context: DriftContext, row: KommuneRow) -> KommuneAnswer:
    today = context.who.now.astimezone(NORWAY).date()
    options = names_in_force(read_options(row.options), today, today)
    return KommuneAnswer.of(row, sorted(TRANSITIONS[Status(row.status)]), options)


async def list_all(context: DriftContext, request: Request) -> Response:
    rows = await context.read(list_kommuner)
    results = [_shown(context, row) for row in rows]
    return answer(request, KommuneListAnswer(count=len(results), results=results))


async def add_kommune(context: DriftContext, request: Request) -> Response:
    body = await received(context, request, NyKommune)
    row = await context.write(
        partial(work.add_kommune, who=context.who, **body.model_dump(by_alias=True))
    )
    location = f"{public_url(request)}/drift/kommuner/{row.slug}/"
    return answer(request, _shown(context, row), 201, {"location": location})


async def read_kommune(context: DriftContext, request: Request) -> Response:
    row = await context.read(partial(find_kommune, slug=_slug(request)))
    return answer(request, _shown(context, row))


async def change_kommune(context: DriftContext, request: Request) -> Response:
    body = await received(context, request, EndreKommune)
    facts = body.model_dump(exclude_unset=True)
    row = await context.write(
        partial(work.change_kommune, who=context.who, slug=_slug(request), **facts)
    )
    return answer(request, _shown(context, row))


async def put_status(context: DriftContext, request: Request) -> Response:
    body = await received(context, request, NyStatus)
    if body.status not in set(Status):
        raise Invalid(text("Status må være en av {valg}.", valg=", ".join(Status)))
    row = await context.write(
        partial(
            work.change_status,
            who=context.who,
            slug=_slug(request),
            status=Status(body.status),
            begrunnelse=body.begrunnelse,
        )
    )
    return answer(request, _shown(context, row))


async def read_logins(context: DriftContext, request: Request) -> Response:
    def logins(session: Session) -> InnloggingListe:
        kommune = find_kommune(session, _slug(request))
        found = [Innlogging.of(row) for row in issuers_of(session, kommune)]
        return InnloggingListe(innlogging=found)

    return answer(request, await context.read(logins))


async def put_logins(context: DriftContext, request: Request) -> Response:
    body = await received(context, request, InnloggingListe)
    rows = await context.write(
        partial(
            work.set_issuers,
            who=context.who,
            slug=_slug(request),
            entries=[one.entry() for one in body.innlogging],
        )
    )
    return answer(request, InnloggingListe(innlogging=[Innlogging.of(row) for row in rows]))


async def read_options_of(context: DriftContext, request: Request) -> Response:
    row = await context.read(partial(find_kommune, slug=_slug(request)))
    return answer(request, OpsjonListAnswer.of(read_options(row.options)))


async def put_option(context: DriftContext, request: Request) -> Response:
    body = await received(context, request, Periode)
    options = await context.write(
        partial(
            work.set_option,
            who=context.who,
            slug=_slug(request),
            navn=request.path_params["navn"],
            period=Period(body.fra, body.til),
        )
    )
    return answer(request, OpsjonListAnswer.of(options))


async def delete_option(context: DriftContext, request: Request) -> Response:
    """End an option today: the day is the last one it is had, and its history stays."""
    options = await context.write(
        partial(
            work.end_option,
            who=context.who,
            slug=_slug(request),
            navn=request.path_params["navn"],
            last_day=context.who.now.astimezone(NORWAY).date(),
        )
    )
    return answer(request, OpsjonListAnswer.of(options))
