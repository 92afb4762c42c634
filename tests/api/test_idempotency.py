"""`Idempotency-Key`: whoever got no answer asks again, and nothing is made twice."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from tests.conftest import NOARK, Client, LogIn, Service, World

from sakark_api.db.reader import APPLICATION_ROLE
from sakark_api.jobs.housekeeping import forget_idempotency_keys
from sakark_api.jobs.tools import Tools
from sakark_api.storage import open_documents
from sakark_api.tenancy.fitness import refuse_unfit
from sakark_api.tenancy.kommune import Registry
from sakark_api.tenancy.session import Writer, application_engine

THREADS = 20
PDF = b"%PDF-1.7 " + b"x" * 1000


@dataclass
class Post:
    """A request that makes something: to where, and what is sent along."""

    address: str
    content: bytes
    headers: Mapping[str, str]

    def send(self, client: Client, key: str) -> httpx.Response:
        headers = {**self.headers, "Idempotency-Key": key}
        return client.request("POST", self.address, content=self.content, headers=headers)


def json_to(address: str, body: bytes) -> Post:
    return Post(address, body, {"Content-Type": NOARK})


def entry(world: World, title: bytes = b"Brevet som kom to ganger") -> Post:
    address = world.client.link(world.saksmappe, "sakarkiv/ny-journalpost/")
    return json_to(address, b'{"tittel": "%s"}' % title)


def reference(world: World) -> Post:
    template = world.client.link(world.mappe, "arkivstruktur/ny-kryssreferanse/")
    target = world.client.link(world.saksmappe, "self")
    return Post(f"{template}$ref?$id={target}", b"", {})


def added_reference(world: World) -> Post:
    place = world.client.link(world.registrering, "arkivstruktur/dokumentbeskrivelse/")
    return Post(f"{place}$ref?$id={world.client.link(world.dokumentbeskrivelse, 'self')}", b"", {})


def extension(world: World) -> Post:
    return json_to(world.client.link(world.mappe, "sakarkiv/utvid-til-saksmappe/"), b"{}")


def code(world: World) -> Post:
    name = uuid4().hex.encode()
    return json_to(
        f"{world.client.root}metadata/ny-dokumenttype/",
        b'{"kode": "%s", "kodenavn": "%s"}' % (name, name),
    )


def file(world: World) -> Post:
    return Post(
        world.client.link(world.dokumentobjekt, "arkivstruktur/fil/"),
        PDF,
        {"Content-Type": "application/pdf"},
    )


def file_of_its_parent(world: World) -> Post:
    return Post(
        world.client.link(world.dokumentbeskrivelse, "arkivstruktur/fil/"),
        PDF,
        {"Content-Type": "application/pdf"},
    )


def large_file(world: World) -> Post:
    return Post(
        world.client.link(world.dokumentobjekt, "arkivstruktur/fil/"),
        b"",
        {"X-Upload-Content-Type": "application/pdf", "X-Upload-Content-Length": "1000"},
    )


POSTS: Mapping[str, tuple[Callable[[World], Post], int]] = {
    "unit": (entry, 201),
    "by reference": (reference, 201),
    "$ref": (added_reference, 204),
    "extension": (extension, 200),
    "code": (code, 201),
    "file": (file, 201),
    "file of the parent": (file_of_its_parent, 201),
    "large file": (large_file, 200),
}


@pytest.mark.parametrize("kind", POSTS)
def test_the_same_again_gets_the_same_answer(world: World, kind: str) -> None:
    make, status = POSTS[kind]
    post, key = make(world), str(uuid4())

    first, second = post.send(world.client, key), post.send(world.client, key)

    assert [first.status_code, second.status_code] == [status, status], second.text
    assert second.content == first.content
    for header in ("location", "etag"):
        assert second.headers.get(header) == first.headers.get(header)


def children(world: World) -> list[Any]:
    found = world.client.get(world.client.link(world.saksmappe, "arkivstruktur/registrering/"))
    return list(found.json().get("results", ()))


def test_the_same_again_makes_nothing(world: World) -> None:
    post, key = entry(world), str(uuid4())

    answers = [post.send(world.client, key) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [201] * 3
    assert len(children(world)) == 1


def test_one_key_from_many_at_once_makes_one_unit(world: World) -> None:
    post, key = entry(world), str(uuid4())

    with ThreadPoolExecutor(THREADS) as pool:
        sent = [pool.submit(post.send, world.client, key) for _ in range(THREADS)]
        answers = [one.result() for one in sent]

    made = [answer for answer in answers if answer.status_code == 201]
    under_way = [answer for answer in answers if answer.status_code == 409]
    assert len(made) + len(under_way) == THREADS, Counter(one.status_code for one in answers)
    assert len({answer.json()["systemID"] for answer in made}) == 1
    assert all(answer.headers["retry-after"] == "1" for answer in under_way)
    assert len(children(world)) == 1
    assert post.send(world.client, key).json()["systemID"] == children(world)[0]["systemID"]


def test_one_key_for_many_files_at_once_keeps_one(world: World) -> None:
    post, key = file_of_its_parent(world), str(uuid4())

    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(post.send, world.client, key) for _ in range(8)]
        answers = [one.result() for one in sent]

    assert {answer.status_code for answer in answers} <= {201, 409}
    place = world.client.link(world.dokumentbeskrivelse, "arkivstruktur/dokumentobjekt/")
    assert world.client.get(place).json()["count"] == 1


def files_of(service: Service) -> set[Path]:
    return {one for one in (service.settings.data_dir / "dokumenter").rglob("*") if one.is_file()}


def test_a_file_that_came_before_is_not_kept_twice(world: World, service: Service) -> None:
    post, key = file(world), str(uuid4())
    post.send(world.client, key)
    before = files_of(service)

    post.send(world.client, key)

    assert files_of(service) == before


@pytest.mark.parametrize("kind", POSTS)
def test_the_key_of_another_request_is_refused(world: World, kind: str) -> None:
    post, key = POSTS[kind][0](world), str(uuid4())
    post.send(world.client, key)
    path, mark, query = post.address.partition("?")
    if mark:
        query = f"$id={world.client.link(world.journalpost, 'self')}"
    other = Post(
        f"{path}{mark}{query}",
        post.content.replace(b"}", b" }").replace(b"%PDF", b"%PDG"),
        {**post.headers, **({"X-Upload-Content-Length": "1001"} if kind == "large file" else {})},
    )

    answer = other.send(world.client, key)

    assert answer.status_code in ((422,) if kind != "$ref" else (400, 422)), answer.text
    assert "retry-after" not in answer.headers


def test_a_key_is_of_one_caller_one_kommune_and_one_address(world: World, log_in: LogIn) -> None:
    post, key = entry(world), str(uuid4())
    other_case = world.client.make(world.klasse, "sakarkiv/ny-saksmappe/", {"tittel": "En annen"})
    elsewhere = json_to(world.client.link(other_case, "sakarkiv/ny-journalpost/"), post.content)
    rauma = World(log_in("administrator@rauma"))

    made = [
        post.send(world.client, key),
        post.send(log_in("arkivar@molde"), key),
        elsewhere.send(world.client, key),
        entry(rauma).send(rauma.client, key),
    ]

    assert [answer.status_code for answer in made] == [201] * 4
    assert len({answer.json()["systemID"] for answer in made}) == 4


def test_what_is_refused_leaves_no_key(world: World) -> None:
    client, key = world.client, str(uuid4())
    same = json_to(
        client.link(world.klassifikasjonssystem, "arkivstruktur/ny-klasse/"),
        b'{"klasseID": "L42", "tittel": "En til"}',
    )
    client.link(world.klasse, "self")
    refused = same.send(client, key)
    client.delete(client.link(world.klasse, "self"))

    answer = same.send(client, key)

    assert [refused.status_code, answer.status_code] == [409, 201]


def test_what_was_made_is_shown_as_it_is_now(world: World) -> None:
    post, key = entry(world), str(uuid4())
    made = post.send(world.client, key)
    self = made.headers["location"]
    world.client.patch(self, {"tittel": "Et nytt navn"}, headers={"If-Match": made.headers["etag"]})

    again = post.send(world.client, key)

    assert again.status_code == 201
    assert again.json()["tittel"] == "Et nytt navn"
    assert again.headers["etag"] == world.client.get(self).headers["etag"]


def test_what_was_made_and_deleted_is_gone(world: World) -> None:
    client, key = world.client, str(uuid4())
    address = client.link(world.saksmappe, "arkivstruktur/ny-merknad/")
    post = json_to(address, b'{"merknadstekst": "Strykes"}')
    deleted = client.delete(post.send(client, key).headers["location"])

    answer = post.send(client, key)

    assert [deleted.status_code, answer.status_code] == [204, 404]


def test_a_key_with_quotes_is_the_same_key(world: World) -> None:
    post, key = entry(world), str(uuid4())

    made = [post.send(world.client, key), post.send(world.client, f'"{key}"')]

    assert len({answer.json()["systemID"] for answer in made}) == 1


@pytest.mark.parametrize("key", ["", '""', '"', "a b", "a\tb", '"a', 'a"', "\\", "x" * 201, "ø"])
def test_an_odd_key_is_refused(world: World, key: str) -> None:
    post = entry(world)
    headers = [
        *{**world.client.headers, **post.headers}.items(),
        ("Idempotency-Key", key.encode()),
    ]

    answer = world.client.http.post(post.address, content=post.content, headers=headers)  # type: ignore[arg-type]  # bytes and text

    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json()["feil"]["beskrivelse"]
    assert children(world) == []


def test_a_browser_may_send_the_key(service: Service, http: httpx.Client) -> None:
    answer = http.options(
        f"{service.url}/molde/api/arkivstruktur/ny-arkiv/",
        headers={
            "Origin": "https://spa.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "idempotency-key",
        },
    )

    assert answer.status_code == 200


def test_a_day_later_the_key_is_forgotten(world: World, service: Service) -> None:
    post, key = entry(world), str(uuid4())
    post.send(world.client, key)

    forget_keys(service, datetime.now(UTC) + timedelta(hours=23))
    kept = post.send(world.client, key)
    forget_keys(service, datetime.now(UTC) + timedelta(hours=25))
    anew = post.send(world.client, key)

    assert [kept.status_code, anew.status_code] == [201, 201]
    assert len(children(world)) == 2


def forget_keys(service: Service, now: datetime) -> None:
    """Do what the worker does every hour, at an hour of our choice."""

    async def forget() -> None:
        engine = application_engine(service.settings, APPLICATION_ROLE)
        registry, writer = Registry(engine, refuse_unfit), Writer(engine)
        documents = open_documents(service.settings)
        tools = Tools(service.settings, engine, registry, writer, documents, None, lambda: now)
        await forget_idempotency_keys(tools)
        await documents.close()
        await engine.dispose()

    asyncio.run(forget())


def test_only_hashes_are_kept(world: World, service: Service) -> None:
    post, key = entry(world, b"Hemmelig sak om noe"), str(uuid4())
    post.send(world.client, key)

    async def kept() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(service.settings.database_owner_url)
        try:
            number = await connection.fetchval("select id from kommune where slug = 'molde'")
            await connection.execute(f"set app.tenant_id = '{number}'")
            return list(await connection.fetch("select * from idempotensnoekkel"))
        finally:
            await connection.close()

    rows = asyncio.run(kept())

    assert rows
    written = " ".join(str(dict(row)) for row in rows)
    assert key not in written
    assert "Hemmelig" not in written
    assert {len(row["noekkel"]) for row in rows} == {32}
