"""Who asks too often, who asks for too much, and who decides that there is a public journal."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import func, insert, literal, select, true
from sqlalchemy.orm import Session
from starlette.responses import PlainTextResponse
from starlette.types import Message
from tests.conftest import Client, Service, in_kommune
from tests.journal.conftest import KOMMUNE, Desk, a_word, publish, running

from sakark_api.access.allowance import Allowance
from sakark_api.journal.asked import MOST_WHOLE
from sakark_api.noark.arkivstruktur.registrering import registrering
from sakark_api.noark.model import table_of
from sakark_api.rest.door import Door

DAY = {"fra": "2026-03-10", "til": "2026-03-10"}
"""A day on which no other test enters anything."""
TOKEN = [(b"authorization", b"Bearer x")]


def come(door: Door, path: str) -> int:
    """Come to the door with something that looks like a token; give the status."""
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": TOKEN,
        "client": ("192.0.2.7", 5000),
    }
    said: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        said.append(message)

    asyncio.run(door(scope, receive, send))
    return int(said[0]["status"])


def test_a_token_does_not_lift_the_limit_where_none_is_asked_for() -> None:
    door = Door(PlainTextResponse("her"), Allowance("address", 0.2, clock=lambda: 0.0))

    asked = [come(door, "/molde/api/offentlig/journal/") for _ in range(9)]
    other = come(door, "/molde/api/sakarkiv/journalpost/")

    assert (asked[0], asked[-1], other) == (200, 429, 200)


@pytest.mark.parametrize("waits", [-1, 31, "en"])
def test_only_a_number_of_working_days_is_taken(
    http: httpx.Client, service: Service, waits: object
) -> None:
    answer = http.patch(
        f"{service.url}/drift/kommuner/{KOMMUNE}/",
        json={"offentlig_journal": waits},
        headers={"Authorization": f"Bearer {service.token('drift@sakark')}"},
    )

    assert answer.status_code == 400


@pytest.mark.usefixtures("published")
def test_who_switches_it_on_is_in_the_log(http: httpx.Client, service: Service) -> None:
    operator = {"Authorization": f"Bearer {service.token('drift@sakark')}"}
    publish(http, service, KOMMUNE, 2)

    lines = http.get(f"{service.url}/drift/logg/", params={"top": 1}, headers=operator).json()

    publish(http, service, KOMMUNE, 0)
    (line,) = lines["results"]
    assert line["detaljer"] == {"offentlig_journal": {"fra": 0, "til": 2}}


@pytest.fixture(scope="module")
def many(published: None, http: httpx.Client, service: Service) -> Desk:
    """A unit with one more entry than goes into one answer."""
    del published  # it is there
    desk = Desk(
        Client(http, service, f"administrator@{KOMMUNE}", KOMMUNE), f"{DAY['fra']}T12:00:00+01:00"
    )
    made = desk.letter(tittel=a_word())
    in_kommune(service.settings, KOMMUNE, lambda session: _copy(session, made["systemID"]))
    return desk


def _copy(session: Session, system_id: str) -> None:
    """Put copies of an entry beside it, as nobody would by hand."""
    table = table_of(registrering.model)
    series = func.generate_series(1, MOST_WHOLE).table_valued("number").render_derived()
    own: dict[str, Any] = {
        "system_id": func.gen_random_uuid(),
        "registrerings_id": table.c.registrerings_id + literal("-") + func.text(series.c.number),
        "journalsekvensnummer": series.c.number + 1_000_000,
        "journalpostnummer": series.c.number + 1_000_000,
    }
    columns = [one for one in table.c if one.computed is None]
    copied = [own.get(one.name, one) for one in columns]
    beside = table.join(series, true())
    rows = select(*copied).select_from(beside).where(table.c.system_id == system_id)
    session.execute(insert(table).from_select([one.name for one in columns], rows))
    session.execute(select(func.sakark_tell_upgrade("Flere journalposter til en test.")))


@pytest.mark.parametrize("form", ["xml", "pdf"])
def test_what_does_not_go_into_one_answer_says_how_much_it_is(many: Desk, form: str) -> None:
    asked = {"enhet": many.enhet, "format": form, **DAY}

    answers = [many.public(**asked), running(many.client, **asked)]

    assert [one.status_code for one in answers] == [400, 400]
    assert f"{MOST_WHOLE + 1} journalposter" in answers[0].json()["feil"]["beskrivelse"]


def test_a_thousand_entries_are_one_page(many: Desk) -> None:
    page = many.read(**{"$top": 1000}, **DAY).json()
    last = many.client.http.get(page["_links"]["next"]["href"]).json()

    assert (page["count"], len(page["results"]), len(last["results"])) == (1001, 1000, 1)
