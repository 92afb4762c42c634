"""Jobs that failed for good: the operator sees of which kind and unit, never any content."""

from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from sakark_api.db.queue import FailedJob, failed_jobs, send_again
from sakark_api.drift.bodies import JobbAnswer, JobbListAnswer
from sakark_api.drift.context import DriftContext, answer
from sakark_api.errors import NotFound
from sakark_api.tenancy.driftslogg import Actor, log_drift
from sakark_api.tenancy.kommune import KommuneRow
from sakark_api.texts import text

__all__ = ["list_failed", "post_again", "post_all_again"]

_SENT_AGAIN = "jobb sendt igjen"


async def list_failed(context: DriftContext, request: Request) -> Response:
    """Give the jobs that were tried as often as they may be, the oldest first."""
    results = await context.read(_failed)
    return answer(request, JobbListAnswer(count=len(results), results=results))


async def post_again(context: DriftContext, request: Request) -> Response:
    """Let one be tried anew."""
    await context.read(partial(_again, who=context.who, named=request.path_params["jobb"]))
    return Response(status_code=204)


async def post_all_again(context: DriftContext, request: Request) -> Response:
    """Let all be tried anew, as when a program that was missing has been installed."""
    sent = await context.read(partial(_all_again, who=context.who))
    return answer(request, JobbListAnswer(count=len(sent), results=sent))


def _failed(session: Session) -> list[JobbAnswer]:
    slugs = {row.id: row.slug for row in session.execute(select(KommuneRow.id, KommuneRow.slug))}
    return [_shown(one, slugs.get(one.kommune or 0)) for one in failed_jobs(session)]


def _shown(job: FailedJob, slug: str | None) -> JobbAnswer:
    return JobbAnswer(**{**job._asdict(), "kommune": slug})


def _again(session: Session, who: Actor, named: str) -> None:
    found = next((one for one in _failed(session) if str(one.id) == named), None)
    if found is None or not send_again(session, found.id):
        raise NotFound(text("Jobben finnes ikke blant dem som har feilet. List dem på nytt."))
    _log(session, who, found)


def _all_again(session: Session, who: Actor) -> list[JobbAnswer]:
    sent = [one for one in _failed(session) if send_again(session, one.id)]
    for one in sent:
        _log(session, who, one)
    return sent


def _log(session: Session, who: Actor, job: JobbAnswer) -> None:
    facts = {"jobb": job.jobb, "enhet": str(job.enhet) if job.enhet else None, "feil": job.feil}
    log_drift(session, who, _SENT_AGAIN, job.kommune, facts)
