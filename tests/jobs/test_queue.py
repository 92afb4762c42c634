"""Work goes into the queue with what causes it, and who serves a kommune does no more to it."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from tests.conftest import Service, World, in_kommune
from tests.jobs.conftest import FILE, as_owner, letter, send

from sakark_api.db.queue import defer

PDF = "application/pdf"


def waiting(service: Service, unit: Any) -> list[Any]:
    return as_owner(
        service,
        "select task_name, args::text from jobs.procrastinate_jobs where args->>'enhet' = $1",
        unit["systemID"],
    )


def test_a_file_is_examined_once_its_row_is_there(world: World, service: Service) -> None:
    unit = send(world.client, world.dokumentobjekt, letter(), PDF)

    [job] = waiting(service, unit)

    assert job["task_name"] == "undersoek_dokument"
    assert unit["systemID"] in job["args"]


def test_a_file_that_makes_its_unit_is_examined_too(world: World, service: Service) -> None:
    unit = send(world.client, world.dokumentbeskrivelse, letter(), PDF)

    assert len(waiting(service, unit)) == 1


def test_a_file_in_chunks_is_examined_once(world: World, service: Service) -> None:
    client, data = world.client, letter()
    begun = client.request(
        "POST",
        client.link(world.dokumentobjekt, FILE),
        headers={"X-Upload-Content-Type": PDF, "X-Upload-Content-Length": str(len(data))},
    )
    half, size, place = len(data) // 2, len(data), begun.headers["location"]
    for first, last in ((0, half - 1), (half, size - 1)):
        span = {"Content-Range": f"{first}-{last}/{size}", "Content-Type": PDF}
        client.request("PUT", place, content=data[first : last + 1], headers=span)

    assert len(waiting(service, world.dokumentobjekt)) == 1


def test_a_file_that_is_refused_is_not_examined(world: World, service: Service) -> None:
    announced = world.client.make(
        world.dokumentbeskrivelse, "arkivstruktur/ny-dokumentobjekt/", {"sjekksum": "0" * 64}
    )
    answer = world.client.request(
        "POST",
        world.client.link(announced, FILE),
        content=letter(),
        headers={"Content-Type": PDF},
    )

    assert answer.status_code == 400
    assert waiting(service, announced) == []


def test_work_that_is_rolled_back_was_never_there(service: Service) -> None:
    unit = uuid4()

    def fail(session: Session) -> None:
        defer(session, "undersoek_dokument", unit)
        raise LookupError

    with pytest.raises(LookupError):
        in_kommune(service.settings, "molde", fail)

    assert waiting(service, {"systemID": str(unit)}) == []


def test_what_waits_already_is_not_there_twice(service: Service) -> None:
    unit = uuid4()

    def twice(session: Session) -> None:
        defer(session, "undersoek_dokument", unit)
        defer(session, "undersoek_dokument", unit)

    in_kommune(service.settings, "molde", twice)

    assert len(waiting(service, {"systemID": str(unit)})) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "insert into jobs.procrastinate_jobs (queue_name, task_name) values ('default', 'x')",
        "update jobs.procrastinate_jobs set priority = 1",
        "delete from jobs.procrastinate_jobs",
        "delete from jobs.feil",
    ],
)
def test_a_session_of_a_kommune_only_puts_work_in(service: Service, statement: str) -> None:
    with pytest.raises(DBAPIError, match="only puts work in"):
        in_kommune(service.settings, "molde", lambda session: session.execute(text(statement)))


def test_the_kommune_of_the_work_is_the_sessions_own(service: Service) -> None:
    unit = uuid4()
    in_kommune(
        service.settings, "rauma", lambda session: defer(session, "undersoek_dokument", unit)
    )

    rauma = as_owner(service, "select id from kommune where slug = 'rauma'")[0][0]
    [job] = waiting(service, {"systemID": str(unit)})

    assert f'"kommune": {rauma}' in job["args"]
