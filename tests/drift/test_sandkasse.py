"""Sandboxes: made in seconds, logged in to as one's kommune, and thrown away without a trace."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from tests.conftest import Client, Service
from tests.drift.conftest import Operator, Sql

from sakark_api.db.reader import APPLICATION_ROLE
from sakark_api.drift.sandkasse import Tools, invent_cases, sweep_sandboxes, throw_away_sandbox
from sakark_api.errors import Unavailable
from sakark_api.noark.catalog import CATALOG
from sakark_api.storage import open_documents
from sakark_api.tenancy import operator as operator_module
from sakark_api.tenancy.driftslogg import Actor
from sakark_api.tenancy.operator import in_transaction, operator_engine
from sakark_api.tenancy.partitions import (
    add_partitions,
    partition_name,
    partitioned_tables,
    tenant_tables,
)
from sakark_api.tenancy.session import Writer, application_engine

TABLES = [table.name for table in tenant_tables()]


def make(operator: Operator, kommune: str = "molde", **wanted: Any) -> Any:
    answer = operator.post("sandkasser/", {"for": kommune, "saker": 3, **wanted})
    assert answer.status_code == 201, answer.text
    return answer.json()


def throw_away(operator: Operator, slug: str) -> None:
    """Throw it away, also when others hold the tables for long."""
    for _ in range(10):
        answer = operator.delete(f"sandkasser/{slug}/")
        if answer.status_code != 202:
            break
    assert answer.status_code == 204, answer.text


def job() -> Actor:
    return Actor(None, "jobb", "Jobben", datetime.now(UTC))


@asynccontextmanager
async def sandbox_tools(service: Service) -> AsyncIterator[Tools]:
    settings = service.settings
    engine = operator_engine(settings)
    app = application_engine(settings, APPLICATION_ROLE, pool_size=1)
    try:
        yield Tools(engine, Writer(app), open_documents(settings), CATALOG)
    finally:
        await engine.dispose()
        await app.dispose()


@pytest.fixture
def sandbox(operator: Operator) -> Iterator[Any]:
    made = make(operator)
    yield made
    operator.delete(f"sandkasser/{made['slug']}/")


def test_a_sandbox_is_made_for_a_kommune_and_deleted(operator: Operator) -> None:
    made = make(operator, saker=20)

    assert made["status"] == "drift"
    assert made["for"] == "molde"
    assert made["slug"].startswith("sandkasse-")
    assert 9901 <= int(made["kommunenummer"]) <= 9998
    throw_away(operator, made["slug"])


@pytest.mark.parametrize("role", ["leser", "saksbehandler", "administrator"])
def test_who_belongs_to_its_kommune_logs_in_with_the_same_role(
    http: httpx.Client, service: Service, sandbox: Any, role: str
) -> None:
    client = Client(http, service, f"{role}@molde", sandbox["slug"])

    found = client.get(f"{client.root}sakarkiv/saksmappe/")
    made = client.post(
        f"{client.root}arkivstruktur/ny-arkivskaper/",
        {"arkivskaperID": "1", "arkivskaperNavn": "X"},
    )

    assert found.json()["count"] == 3
    assert made.status_code == (201 if role == "administrator" else 403)


@pytest.mark.parametrize("user", ["administrator@rauma", "drift@sakark"])
def test_nobody_else_knows_of_it(
    http: httpx.Client, service: Service, sandbox: Any, user: str
) -> None:
    client = Client(http, service, user, sandbox["slug"])

    assert client.get(f"{client.root}sakarkiv/saksmappe/").status_code == 404
    assert sandbox["slug"] not in http.get(f"{service.url}/kommuner/").text


def test_its_cases_can_be_followed_to_a_letter(
    http: httpx.Client, service: Service, sandbox: Any
) -> None:
    client = Client(http, service, "saksbehandler@molde", sandbox["slug"])

    listed = client.follow("sakarkiv/", "sakarkiv/saksmappe/")
    sak = listed["results"][0]
    post = client.get(client.link(sak, "arkivstruktur/registrering/")).json()["results"][0]
    part = client.get(client.link(sak, "arkivstruktur/part/")).json()["results"][0]
    document = client.get(client.link(post, "arkivstruktur/dokumentbeskrivelse/")).json()
    objekt = client.get(
        client.link(document["results"][0], "arkivstruktur/dokumentobjekt/")
    ).json()["results"][0]
    pdf = client.get(client.link(objekt, "arkivstruktur/fil/"))

    assert pdf.content.startswith(b"%PDF-")
    assert len(pdf.content) == objekt["filstoerrelse"]
    assert part["navn"]


def test_everybody_in_it_is_invented() -> None:
    cases = invent_cases("sandkasse-x", 500, datetime(2026, 11, 22, tzinfo=UTC))

    assert len({case.tittel for case in cases}) == 500
    assert not [case for case in cases if "Nordmann" in case.avsender]
    assert cases == invent_cases("sandkasse-x", 500, datetime(2026, 11, 22, tzinfo=UTC))


def test_it_is_not_among_the_kommuner_and_cannot_be_changed_as_one(
    operator: Operator, sandbox: Any
) -> None:
    slug = sandbox["slug"]

    listed = [one["slug"] for one in operator.get("kommuner/").json()["results"]]
    answers = [
        operator.get(f"kommuner/{slug}/"),
        operator.patch(f"kommuner/{slug}/", {"navn": "X"}),
        operator.post("sandkasser/", {"for": slug}),
    ]

    assert slug not in listed
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert slug in [one["slug"] for one in operator.get("sandkasser/").json()["results"]]


@pytest.mark.parametrize("slug", ["molde", "rauma", "finnes-ikke", "sandkasse-finnes-ikke"])
def test_only_sandboxes_are_thrown_away(operator: Operator, slug: str) -> None:
    assert operator.delete(f"sandkasser/{slug}/").status_code == 404


@pytest.mark.parametrize(
    "wanted",
    [
        *({"saker": number} for number in (0, -1, 501, "20", 1.5, None, True)),
        *({"dager": number} for number in (0, 91)),
        {"maalform": "en"},
        {"kommune": "molde"},
        {"for": None},
    ],
    ids=str,
)
def test_what_is_asked_for_wrongly_is_not_made(operator: Operator, wanted: Any) -> None:
    before = operator.get("sandkasser/").json()

    answer = operator.post("sandkasser/", {"for": "molde", **wanted})

    assert answer.status_code == 400
    assert operator.get("sandkasser/").json() == before


def test_a_kommune_nobody_can_log_in_to_has_no_sandbox(
    operator: Operator, new_kommune: Callable[[], str]
) -> None:
    answer = operator.post("sandkasser/", {"for": new_kommune()})

    assert answer.status_code == 409


def traces(owner: Sql, number: int) -> dict[str, int]:
    """Count what there is of a kommune, by table; what there is not is left out."""
    found = {
        table: owner.run(
            f"select count(*) from {table} where tenant_id = $1", number, tenant=number
        )
        for table in TABLES
    }
    partitions = owner.run(
        "select relname from pg_class where relname = any($1)",
        [partition_name(table.name, number) for table in partitioned_tables()],
    )
    counted = {table: rows[0][0] for table, rows in found.items()}
    counted["partitions"] = len(partitions)
    counted["kommune"] = len(owner.run("select 1 from kommune where id = $1", number))
    return {name: count for name, count in counted.items() if count}


def files(service: Service, slug: str) -> list[Path]:
    return [path for path in service.settings.data_dir.rglob("*") if slug in str(path)]


@contextmanager
def busy(http_client: httpx.Client, service: Service) -> Iterator[list[int]]:
    """Read and write in two other kommuner all the while; gives the statuses of the answers."""
    statuses: list[int] = []
    ended = threading.Event()

    def work(kommune: str) -> None:
        client = Client(http_client, service, f"administrator@{kommune}", kommune)
        sak = client.get(f"{client.root}sakarkiv/saksmappe/?$top=1").json()["results"][0]
        offered = client.link(sak, "sakarkiv/ny-journalpost/")
        while not ended.is_set():
            made = client.post(offered, {"tittel": "Brev"})
            statuses.append(made.status_code)
            changed = client.patch(
                client.link(made.json(), "self"), {"tittel": "Brevet"}, headers={"If-Match": "*"}
            )
            statuses.append(changed.status_code)
            statuses.append(client.get(f"{client.root}sakarkiv/journalpost/").status_code)

    workers = [threading.Thread(target=work, args=(one,)) for one in ("rauma", "vestnes") * 2]
    for worker in workers:
        worker.start()
    try:
        yield statuses
    finally:
        ended.set()
        for worker in workers:
            worker.join()


def test_it_comes_and_goes_without_a_trace_while_others_work_on(
    http: httpx.Client, operator: Operator, service: Service, owner: Sql
) -> None:
    with busy(http, service) as statuses:
        made = [make(operator, saker=3) for _ in range(3)]
        numbers = [
            owner.run("select id from kommune where slug = $1", one["slug"])[0]["id"]
            for one in made
        ]
        there = [traces(owner, number) for number in numbers]
        kept = [len(files(service, one["slug"])) for one in made]
        for one in made:
            throw_away(operator, one["slug"])

    assert all(one["mappe"] >= 3 for one in there)
    assert all(one["partitions"] == len(partitioned_tables()) for one in there)
    assert min(kept) >= 3
    assert [traces(owner, number) for number in numbers] == [{}, {}, {}]
    assert [files(service, one["slug"]) for one in made] == [[], [], []]
    assert set(statuses) == {200, 201}
    assert len(statuses) > 20


def test_one_that_is_thrown_away_is_not_found(
    http: httpx.Client, operator: Operator, service: Service
) -> None:
    slug = make(operator)["slug"]
    client = Client(http, service, "leser@molde", slug)
    assert client.get(f"{client.root}arkivstruktur/").status_code == 200

    throw_away(operator, slug)

    assert client.get(f"{client.root}arkivstruktur/").status_code == 404
    assert operator.delete(f"sandkasser/{slug}/").status_code == 404


def test_an_expired_one_is_shut_and_then_swept(
    http: httpx.Client, operator: Operator, service: Service, owner: Sql, sandbox: Any
) -> None:
    expired = make(operator)["slug"]
    owner.run("update kommune set utloeper = now() - interval '1 minute' where slug = $1", expired)
    operator.patch("kommuner/molde/", {"navn": "Molde kommune"})  # reads the registry anew
    client = Client(http, service, "leser@molde", expired)
    shut = client.get(f"{client.root}arkivstruktur/").status_code

    async def sweep() -> list[str]:
        async with sandbox_tools(service) as tools:
            return await sweep_sandboxes(tools, job())

    swept: list[str] = []
    for _ in range(10):
        swept += asyncio.run(sweep())
        if expired in swept:
            break

    left = [one["slug"] for one in operator.get("sandkasser/").json()["results"]]
    assert shut == 404
    assert swept.count(expired) == 1
    assert sandbox["slug"] not in swept
    assert expired not in left
    assert sandbox["slug"] in left


def test_one_in_tables_that_others_hold_is_shut_and_left_to_the_sweep(
    http: httpx.Client,
    operator: Operator,
    service: Service,
    owner: Sql,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(operator_module, "_SECONDS", 1)
    made = make(operator)
    number = owner.run("select id from kommune where slug = $1", made["slug"])[0]["id"]

    async def throw_away_while_held() -> bool:
        holder = await asyncpg.connect(service.settings.database_owner_url)
        try:
            async with holder.transaction(), sandbox_tools(service) as tools:
                await holder.execute("lock table mappe in access share mode")
                return await throw_away_sandbox(tools, job(), made["slug"])
        finally:
            await holder.close()

    gone = asyncio.run(throw_away_while_held())
    operator.patch("kommuner/molde/", {"navn": "Molde kommune"})  # reads the registry anew
    client = Client(http, service, "leser@molde", made["slug"])
    shut = client.get(f"{client.root}arkivstruktur/").status_code
    throw_away(operator, made["slug"])

    assert not gone
    assert shut == 404
    assert traces(owner, number) == {}
    assert files(service, made["slug"]) == []


def test_it_expires_after_the_days_that_were_asked_for(operator: Operator) -> None:
    made = make(operator, dager=3, maalform="nn")
    operator.delete(f"sandkasser/{made['slug']}/")

    left = datetime.fromisoformat(made["utloeper"]) - datetime.now(UTC)

    assert timedelta(days=2, hours=23) < left < timedelta(days=3)
    assert made["maalform"] == "nn"


def test_two_never_have_the_same_number(operator: Operator) -> None:
    made: list[Any] = []
    workers = [
        threading.Thread(target=lambda: made.append(make(operator, saker=1))) for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    numbers = {one["kommunenummer"] for one in made}
    for one in made:
        operator.delete(f"sandkasser/{one['slug']}/")

    assert len(made) == len(numbers) == 2


def test_work_that_locks_stand_in_the_way_of_is_given_up_in_a_sentence(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operator_module, "_SECONDS", 1)

    async def add() -> None:
        engine = operator_engine(service.settings)
        try:
            await in_transaction(engine, lambda session: add_partitions(session, 1))
        finally:
            await engine.dispose()

    async def add_while_held() -> None:
        holder = await asyncpg.connect(service.settings.database_owner_url)
        try:
            async with holder.transaction():
                await holder.execute("lock table mappe in row exclusive mode")
                await add()
        finally:
            await holder.close()

    with pytest.raises(Unavailable):
        asyncio.run(add_while_held())


def test_live_work_is_never_the_one_that_gives_way(
    operator: Operator, service: Service, owner: Sql
) -> None:
    """A writer waits for what the operator's work holds, which then comes to what it holds.

    PostgreSQL fails the one that has waited longest, a second after it began: the writer, unless
    the operator has given up by then. Tables are locked by name: mappe, part, registrering.
    """
    slug = make(operator)["slug"]
    thrown: list[int] = []
    thrower = threading.Thread(
        target=lambda: thrown.append(operator.delete(f"sandkasser/{slug}/").status_code)
    )

    async def write() -> None:
        url = service.settings.database_url
        writer, other, watcher = [await asyncpg.connect(url) for _ in range(3)]
        try:
            await writer.execute("begin; lock table registrering in row exclusive mode")
            await other.execute("begin; lock table part in row exclusive mode")
            thrower.start()
            await wait_until_waiting(watcher, "part")
            waiting = asyncio.create_task(writer.execute("lock table mappe in row exclusive mode"))
            await wait_until_waiting(watcher, "mappe")
            await other.execute("commit")
            await waiting
            await writer.execute("commit")
        finally:
            for connection in (writer, other, watcher):
                await connection.close()

    asyncio.run(write())
    thrower.join()

    assert thrown == [204]
    assert owner.run("select 1 from kommune where slug = $1", slug) == []


async def wait_until_waiting(watcher: asyncpg.Connection, table: str) -> None:
    """Wait until somebody waits for a table."""
    waiting = "select count(*) from pg_locks where relation = $1::text::regclass and not granted"
    while not await watcher.fetchval(waiting, table):  # noqa: ASYNC110  PostgreSQL has no event
        await asyncio.sleep(0.005)


def test_one_thrown_away_by_many_at_once_is_gone_once(operator: Operator) -> None:
    slug = make(operator)["slug"]

    with ThreadPoolExecutor(4) as pool:
        statuses = list(
            pool.map(lambda _: operator.delete(f"sandkasser/{slug}/").status_code, range(4))
        )

    assert sorted(statuses) == [204, 404, 404, 404]


def test_one_that_is_not_filled_lets_nobody_in(
    http: httpx.Client, operator: Operator, service: Service, owner: Sql, sandbox: Any
) -> None:
    half = make(operator)["slug"]
    owner.run("update kommune set status = 'forberedelse' where slug = $1", half)
    operator.patch("kommuner/molde/", {"navn": "Molde kommune"})  # reads the registry anew

    client = Client(http, service, "administrator@molde", half)

    assert client.get(f"{client.root}arkivstruktur/").status_code == 404
    assert sandbox["slug"] != half
