"""API1:2023 Broken object level authorization: a unit named where it is not one's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine
from tests.attacks.conftest import OPERATIONS
from tests.conftest import REL, Client, LogIn, World

from sakark_api.db.reader import Reader

TYING = tuple(one for one in OPERATIONS if one.path.endswith("/$ref/") and one.method != "DELETE")


def disguises(client: Client, unit: Any) -> list[str]:
    """Write the address of a unit of another kommune in every way it may be sent."""
    tail = client.link(unit, "self").removeprefix(client.root)
    return [
        client.link(unit, "self"),
        f"/rauma/api/{tail}",
        f"/molde/api/{tail}",
        f"/molde/api/../../rauma/api/{tail}",
        f"https://example.org/molde/api/{tail}",
        f"//example.org/molde/api/{tail}",
    ]


def test_no_reference_leads_to_a_unit_of_another_kommune(ours: World, theirs: World) -> None:
    """Every `$ref` there is, whichever way the address is written."""
    client, refused = ours.client, []
    for one in TYING:
        unit = getattr(ours, one.entity, None)
        if unit is None:
            continue
        path = one.path.format(kommune="molde", system_id=unit["systemID"]).rstrip("/")
        for target in (theirs.mappe, theirs.klasse, theirs.journalpost, theirs.arkivdel):
            for address in disguises(theirs.client, target):
                answer = client.request(
                    one.method, f"{client.service.url}{path}", params={"$id": address}
                )
                refused.append((answer.status_code, one.path, address))

    assert [one for one in refused if one[0] not in (400, 404)] == []
    assert len(refused) > 1000


@pytest.mark.parametrize("rel", ["arkivdel", "klasse", "overmappe"])
def test_no_link_leads_to_a_unit_of_another_kommune(ours: World, theirs: World, rel: str) -> None:
    client = ours.client
    target = {"overmappe": theirs.mappe}.get(rel) or getattr(theirs, rel)

    statuses = {
        client.patch(
            client.link(ours.mappe, "self"),
            {"_links": {f"{REL}arkivstruktur/{rel}/": {"href": address}}},
            headers={"If-Match": "*"},
        ).status_code
        for address in disguises(theirs.client, target)
    }

    assert statuses <= {400, 404}


def test_a_part_inside_a_body_refers_to_nobody_of_another_kommune(
    ours: World, theirs: World
) -> None:
    client = ours.client
    body = {
        "tittel": "Brev",
        "korrespondansepartintern": [{"referanseSaksbehandler": theirs.bruker["systemID"]}],
    }

    answer = client.post(client.link(ours.saksmappe, "sakarkiv/ny-journalpost/"), body)

    assert answer.status_code in (400, 404)


@contextmanager
def listening(monkeypatch: pytest.MonkeyPatch, table: str) -> Iterator[list[str]]:
    """Listen to the statements about a table, by both ways; the registry is read now and then."""
    heard: list[str] = []
    fetch = Reader.fetch

    def hear(statement: str) -> None:
        if f"FROM {table}" in statement:
            heard.append(statement)

    async def listened(self: Reader, tenant: int, statement: Any, values: Any) -> Any:
        hear(statement.sql)
        return await fetch(self, tenant, statement, values)

    def executed(*arguments: Any) -> None:
        hear(arguments[2])

    with monkeypatch.context() as patched:
        patched.setattr(Reader, "fetch", listened)
        event.listen(Engine, "before_cursor_execute", executed)
        yield heard
    event.remove(Engine, "before_cursor_execute", executed)


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE", "PUT"])
def test_what_is_hidden_costs_the_same_as_what_is_not_there(
    ours: World, theirs: World, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """The same answer after the same statements: the time tells no more than the words do."""
    client, answers = ours.client, []
    base = f"{client.root}arkivstruktur/mappe/"
    body = {"tittel": "En annen"} if method in ("PATCH", "PUT") else None
    verbs = {"PATCH": client.patch, "PUT": client.put}

    for system_id in (theirs.mappe["systemID"], str(uuid4())):
        with listening(monkeypatch, "mappe") as heard:
            headers = {"If-Match": "*"}
            answer = (
                verbs[method](f"{base}{system_id}/", body, headers=headers)
                if body
                else client.request(method, f"{base}{system_id}/", headers=headers)
            )
        answers.append((answer.status_code, answer.text, heard))

    hidden, absent = answers
    assert hidden == absent
    assert hidden[0] == 404
    assert hidden[2]


def test_a_screened_file_costs_the_same_as_none(
    ours: World, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, leser = ours.client, log_in("leser@molde")
    screening = {
        "skjerming": {
            "tilgangsrestriksjon": {"kode": "6"},
            "skjermingMetadata": [{"kode": "M"}],
        }
    }
    hidden, empty = (
        client.make(
            client.make(
                ours.journalpost,
                "arkivstruktur/ny-dokumentbeskrivelse/",
                {"tittel": "Dokumentet", **screening},
            ),
            "arkivstruktur/ny-dokumentobjekt/",
            {},
        )
        for _ in range(2)
    )
    sent = client.request(
        "POST",
        client.link(hidden, "arkivstruktur/fil/"),
        content=b"hemmelig",
        headers={"Content-Type": "text/plain"},
    )
    answers = []
    leser.follow("arkivstruktur/")

    for unit in (hidden, empty):
        with listening(monkeypatch, "dokumentobjekt") as heard:
            answer = leser.get(f"{client.link(unit, 'self')}fil/")
        answers.append((answer.status_code, answer.text, heard))

    assert sent.status_code == 201
    assert answers[0] == answers[1]
    assert answers[0][0] == 404


def test_an_etag_does_not_vouch_for_what_has_been_screened_since(
    ours: World, log_in: LogIn
) -> None:
    """A name that was open yesterday is not the newest version of one that is screened today."""
    client, leser = ours.client, log_in("leser@molde")
    case = client.make(ours.klasse, "sakarkiv/ny-saksmappe/", {"tittel": "Saken"})
    part = client.make(case, "arkivstruktur/ny-partperson/", {"navn": "Solveig"})
    before = leser.etag(part)
    client.patch(
        client.link(case, "self"),
        {
            "skjerming": {
                "tilgangsrestriksjon": {"kode": "6"},
                "skjermingMetadata": [{"kode": "NPS"}],
            }
        },
        headers={"If-Match": "*"},
    )

    answer = leser.get(client.link(part, "self"), headers={"If-None-Match": before})

    assert answer.status_code == 200
    assert answer.json()["navn"] == "*****"
    assert answer.headers["etag"] != before
