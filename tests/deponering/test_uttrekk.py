"""A deposit that is ordered through the API: made by the worker, watched, stopped and fetched."""

import asyncio
import hashlib
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from tests.api.test_access import grant, without_rights
from tests.conftest import Client, LogIn, Service, World
from tests.deponering.conftest import KOMMUNE, Arkiv
from tests.jobs.conftest import Worker
from tests.tenancy.processes import environment

from sakark_api.deponering.kontroll import check
from sakark_api.errors import StorageUnavailable
from sakark_api.jobs import exporting
from sakark_api.jobs.exporting import make_deposit, tend_deposits
from sakark_api.jobs.tools import Tools
from sakark_api.storage import Documents
from sakark_api.storage.documents import Stored
from sakark_api.tenancy.uttrekk import OVERGANGER, UNDER_WAY, Tilstand
from sakark_api.texts import text

EXPORT = "https://rel.sakark.no/v1/uttrekk/"
FILE = f"{EXPORT}fil/"
STOPPED_SECONDS = 10


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the worker makes deposits."""
    return tmp_path / "uttrekk"


@pytest.fixture
def worker(service: Service, schemas: Path, folder: Path) -> Worker:
    told = {"schemas_dir": schemas, "export_dir": folder}
    return Worker(service.settings.model_copy(update=told))


@pytest.fixture
def client(arkiv: Arkiv) -> Iterator[Client]:
    """Who orders; what this or another test has left under way is stopped."""
    stop_all(arkiv.client)
    yield arkiv.client
    stop_all(arkiv.client)


def stop_all(client: Client) -> None:
    for one in client.get(f"{client.root}uttrekk/").json().get("results", ()):
        if one["tilstand"] in UNDER_WAY:
            assert cancel(client, one).status_code == 204


def order(client: Client, *parts: Any, **wanted: Any) -> httpx.Response:
    body = {"arkivdel": [one["systemID"] for one in parts], **wanted}
    return client.post(f"{client.root}uttrekk/", body)


def ordered(client: Client, *parts: Any, **wanted: Any) -> Any:
    answer = order(client, *parts, **wanted)
    assert answer.status_code == 202, answer.text
    return client.get(answer.headers["location"]).json()


def now(client: Client, one: Any) -> Any:
    return client.get(one["_links"]["self"]["href"]).json()


def cancel(client: Client, one: Any) -> httpx.Response:
    return client.delete(one["_links"]["self"]["href"])


def fetch(client: Client, one: Any, **headers: str) -> httpx.Response:
    return client.get(f"{one['_links']['self']['href']}fil/", headers=headers)


def said(sentence: str, **values: object) -> str:
    """Give a sentence as the kommune's own language has it."""
    return text(sentence, **values).to("nn")


def making(one: Any) -> Callable[[Tools], Coroutine[Any, Any, None]]:
    async def act(tools: Tools) -> None:
        there = (await tools.registry.current())[KOMMUNE]
        await make_deposit(tools, there.id, UUID(one["systemID"]))

    return act


def made(worker: Worker, client: Client, one: Any) -> Any:
    """Let the worker make what is ordered; give the order as it is then."""
    worker.do(making(one))
    return now(client, one)


def unpacked(client: Client, one: Any, target: Path) -> Path:
    """Fetch what an order became, and unpack it with the machine's own tar."""
    file = target.with_suffix(".tar")
    file.write_bytes(fetch(client, one).content)
    target.mkdir()
    subprocess.run(["tar", "-xf", str(file), "-C", str(target)], check=True)
    (root,) = target.iterdir()
    return root


def files_in(root: Path) -> dict[str, bytes]:
    found = {path.relative_to(root).as_posix(): path for path in root.rglob("*")}
    return {name: path.read_bytes() for name, path in found.items() if path.is_file()}


def results_of(service: Service) -> list[Path]:
    """List the files in storage that are of deposits."""
    root = Path(service.settings.data_dir) / "dokumenter" / KOMMUNE / "uttrekk"
    return [path for path in root.rglob("*") if path.is_file()]


@contextmanager
def working(service: Service, schemas: Path, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a worker of the queue of deposits, in a process of its own."""
    env = environment(service, SAKARK_SCHEMAS_DIR=str(schemas), SAKARK_EXPORT_DIR=str(folder))
    process = subprocess.Popen([sys.executable, "-m", "tests.deponering.arbeider"], env=env)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def wait_for(state: Tilstand, client: Client, one: Any) -> Any:
    deadline = time.monotonic() + 60
    while (found := now(client, one))["tilstand"] != state:
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
    return found


# The whole way.


def test_what_is_ordered_is_made_by_the_worker_and_fetched(
    client: Client,
    arkiv: Arkiv,
    deposit: Path,
    service: Service,
    schemas: Path,
    folder: Path,
    tmp_path: Path,
) -> None:
    one = ordered(client, arkiv.arkivdel)

    with working(service, schemas, folder):
        done = wait_for(Tilstand.FERDIG, client, one)

    root = unpacked(client, done, tmp_path / "ut")
    assert (one["tilstand"], one["arkivdel"]) == ("bestilt", [arkiv.arkivdel["systemID"]])
    assert done["fremdrift"] == {"enheter": 4, "avEnheter": 4, "filer": 2, "avFiler": 2}
    assert not check(root, None).faulty
    assert set(files_in(root)) == set(files_in(deposit))
    assert not list(folder.iterdir())


def test_the_file_is_as_the_order_says(client: Client, arkiv: Arkiv, worker: Worker) -> None:
    done = made(worker, client, ordered(client, arkiv.arkivdel))

    whole, part = fetch(client, done), fetch(client, done, Range="bytes=10-19")

    told = done["resultat"]
    assert told["sjekksum"] == hashlib.sha256(whole.content).hexdigest()
    assert told["filstoerrelse"] == len(whole.content)
    assert told["filnavn"] in whole.headers["content-disposition"]
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert client.link(done, FILE) == f"{client.link(done, 'self')}fil/"


def test_an_order_and_who_fetches_it_are_in_the_log_of_its_arkivdeler(
    client: Client, arkiv: Arkiv, worker: Worker
) -> None:
    before = lines_of(client, arkiv.arkivdel)
    done = made(worker, client, ordered(client, arkiv.arkivdel))
    fetch(client, done)

    after = lines_of(client, arkiv.arkivdel)

    assert after[: len(after) - len(before)] == ["uttrekksfil", "uttrekk"]


def lines_of(client: Client, unit: Any) -> list[str]:
    """List what the log says was read of a unit, the newest first."""
    address = f"{client.link(unit, 'self')}endringslogg/"
    asked = {"$orderby": "endretDato desc", "$top": "1000"}
    found = client.get(address, params=asked).json().get("results", [])
    return [one["referanseMetadata"] for one in found if "referanseMetadata" in one]


def test_what_has_no_place_in_a_deposit_is_told(
    http: httpx.Client, service: Service, worker: Worker, client: Client
) -> None:
    del client  # which stops what is left under way
    arkiv = Arkiv(Client(http, service, f"administrator@{KOMMUNE}", KOMMUNE))
    case = arkiv.case(administrativEnhet="Plan")
    arkiv.client.make(case, "arkivstruktur/ny-foedselsnummer/", {"foedselsnummer": "01817000173"})
    arkiv.close(case, arkiv.arkivdel)

    done = made(worker, arkiv.client, ordered(arkiv.client, arkiv.arkivdel))

    assert done["tilstand"] == "ferdig", done
    assert done["utelatt"] == [
        said("{antall} nasjonale identifikatorer er utelatt", antall=1),
    ]


def test_without_arkivdeler_every_closed_one_is_ordered(client: Client, arkiv: Arkiv) -> None:
    one = ordered(client)

    assert arkiv.arkivdel["systemID"] in one["arkivdel"]


def test_what_is_in_the_way_is_told_with_links_and_nothing_is_left(
    http: httpx.Client, service: Service, worker: Worker, client: Client, folder: Path
) -> None:
    del client
    arkiv = Arkiv(Client(http, service, f"administrator@{KOMMUNE}", KOMMUNE))
    case = arkiv.case()

    done = made(worker, arkiv.client, ordered(arkiv.client, arkiv.arkivdel))

    over = next(one for one in done["hindringer"] if case["mappeID"] in one["beskrivelse"])
    assert (done["tilstand"], done["grunn"]) == ("feilet", said("Uttrekket kan ikke lages ennå."))
    assert over["antall"] == 1
    assert arkiv.client.get(arkiv.client.link(over["enheter"][0], "self")).json() == (
        arkiv.client.refreshed(case)
    )
    assert "resultat" not in done
    assert not list(folder.iterdir())


# Stopped, killed and away.


class Slow:
    """A storage far away that takes its time to give what it has."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self.asked = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._documents, name)

    def reading(self, key: str) -> None:
        """Give none: bytes come over the network."""

    async def get(
        self, key: str, first: int = 0, last: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        self.asked.set()
        await asyncio.sleep(60)
        async for piece in self._documents.get(key, first, last):
            yield piece


def test_what_is_stopped_in_the_middle_ends_within_seconds_and_leaves_nothing(
    client: Client, arkiv: Arkiv, worker: Worker, service: Service, folder: Path
) -> None:
    one = ordered(client, arkiv.arkivdel)
    there = len(results_of(service))

    async def act(tools: Tools) -> tuple[Any, httpx.Response]:
        slow = Slow(tools.documents)
        doing = asyncio.create_task(making(one)(replace(tools, documents=slow)))
        await asyncio.wait_for(slow.asked.wait(), 30)
        await asyncio.sleep(2 * exporting.NOTED_SECONDS)
        meanwhile = await asyncio.to_thread(now, client, one)
        answer = await asyncio.to_thread(cancel, client, one)
        await asyncio.wait_for(doing, STOPPED_SECONDS)
        return meanwhile, answer

    meanwhile, answer = worker.do(act)

    assert meanwhile["tilstand"] == "i gang"
    assert meanwhile["fremdrift"]["avFiler"] == 2
    assert (answer.status_code, now(client, one)["tilstand"]) == (204, "avbrutt")
    assert not list(folder.iterdir())
    assert len(results_of(service)) == there


def test_what_is_stopped_before_it_is_begun_is_not_made(
    client: Client, arkiv: Arkiv, worker: Worker
) -> None:
    one = ordered(client, arkiv.arkivdel)
    cancel(client, one)

    done = made(worker, client, one)

    assert done["tilstand"] == "avbrutt"
    assert cancel(client, one).status_code == 204


def test_what_is_done_is_not_stopped(client: Client, arkiv: Arkiv, worker: Worker) -> None:
    done = made(worker, client, ordered(client, arkiv.arkivdel))

    answer = cancel(client, done)

    assert answer.status_code == 409
    assert now(client, done)["tilstand"] == "ferdig"


@pytest.mark.parametrize("step", ["eksporter", "count_what_comes", "gathered", "_finish"])
def test_a_worker_killed_at_any_step_is_gone_on_from(
    client: Client,
    arkiv: Arkiv,
    worker: Worker,
    service: Service,
    schemas: Path,
    folder: Path,
    tmp_path: Path,
    step: str,
) -> None:
    one = ordered(client, arkiv.arkivdel)
    env = environment(service, SAKARK_SCHEMAS_DIR=str(schemas), SAKARK_EXPORT_DIR=str(folder))
    words = ["-m", "tests.deponering.drept", step, KOMMUNE, one["systemID"]]
    killed = subprocess.run([sys.executable, *words], env=env, check=False)
    meanwhile = now(client, one)

    done = made(worker, client, one)

    assert (killed.returncode, meanwhile["tilstand"]) == (-9, "i gang")
    assert done["tilstand"] == "ferdig"
    assert done["fremdrift"] == {"enheter": 4, "avEnheter": 4, "filer": 2, "avFiler": 2}
    assert not check(unpacked(client, done, tmp_path / "ut"), None).faulty


class Away:
    """A storage that takes nothing now."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def __getattr__(self, name: str) -> Any:
        return getattr(self._documents, name)

    async def put(self, key: str, body: AsyncIterable[bytes], *, temporary: bool = False) -> Stored:
        del key, body, temporary
        raise StorageUnavailable(text("Dokumentlageret svarer ikke nå. Prøv igjen om litt."))


def test_an_outage_of_the_storage_is_waited_for(
    client: Client, arkiv: Arkiv, worker: Worker
) -> None:
    one = ordered(client, arkiv.arkivdel)

    async def act(tools: Tools) -> None:
        await making(one)(replace(tools, documents=Away(tools.documents)))

    with pytest.raises(StorageUnavailable):
        worker.do(act)
    meanwhile = now(client, one)
    done = made(worker, client, one)

    assert (meanwhile["tilstand"], done["tilstand"]) == ("bestilt", "ferdig")
    assert meanwhile["grunn"] == said("Dokumentlageret svarer ikke nå. Prøv igjen om litt.")
    assert "grunn" not in done


def test_an_order_whose_worker_came_to_nothing_is_sent_on_and_others_are_cleared(
    client: Client, arkiv: Arkiv, worker: Worker, folder: Path
) -> None:
    one = ordered(client, arkiv.arkivdel)
    mine, stray = (folder / f"{KOMMUNE}-{name}.uferdig" for name in (one["systemID"], uuid4()))
    for place in (mine, stray):
        place.mkdir(parents=True)

    worker.do(tend_deposits)

    assert list(folder.iterdir()) == [mine]


def test_a_file_is_deleted_when_its_days_are_over(
    client: Client, arkiv: Arkiv, worker: Worker, service: Service
) -> None:
    done = made(worker, client, ordered(client, arkiv.arkivdel))
    there = len(results_of(service))
    worker.later(days=6).do(tend_deposits)
    kept = fetch(client, done).status_code

    worker.later(days=8).do(tend_deposits)

    gone = now(client, done)
    assert (kept, fetch(client, done).status_code) == (200, 404)
    assert len(results_of(service)) < there
    assert (gone["tilstand"], "resultat" in gone, FILE in gone["_links"]) == (
        "ferdig",
        False,
        False,
    )


# Who may, and what may be ordered.


@pytest.mark.parametrize(
    ("user", "status"),
    [
        (None, 401),
        ("leser@vestnes", 403),
        ("saksbehandler@vestnes", 403),
        ("leder@vestnes", 403),
        ("arkivar@molde", 404),
    ],
)
def test_deposits_are_for_those_who_keep_the_archive(
    client: Client, arkiv: Arkiv, worker: Worker, log_in: LogIn, user: str | None, status: int
) -> None:
    done = made(worker, client, ordered(client, arkiv.arkivdel))
    other = log_in(user, KOMMUNE)

    answers = [
        order(other, arkiv.arkivdel),
        other.get(f"{other.root}uttrekk/"),
        other.get(done["_links"]["self"]["href"]),
        fetch(other, done),
        cancel(other, done),
    ]

    assert [one.status_code for one in answers] == [status] * 5


def test_an_archivist_may_order_and_fetch_what_another_has_ordered(
    client: Client, arkiv: Arkiv, worker: Worker, log_in: LogIn
) -> None:
    other = log_in("arkivar@vestnes")
    done = made(worker, client, ordered(other, arkiv.arkivdel))

    assert fetch(other, done).status_code == fetch(client, done).status_code == 200


def test_an_order_of_another_kommune_is_not_there(
    client: Client, arkiv: Arkiv, worker: Worker, log_in: LogIn
) -> None:
    done = made(worker, client, ordered(client, arkiv.arkivdel))
    theirs = log_in("administrator@molde")
    address = f"{theirs.root}uttrekk/bestilling/{done['systemID']}/"

    answers = [theirs.get(address), theirs.get(f"{address}fil/"), theirs.delete(address)]

    assert [one.status_code for one in answers] == [404] * 3
    assert done["systemID"] not in theirs.get(f"{theirs.root}uttrekk/").text


def test_who_does_not_see_all_may_neither_order_nor_fetch(
    client: Client, arkiv: Arkiv, worker: Worker, log_in: LogIn
) -> None:
    done = made(worker, client, ordered(client, arkiv.arkivdel))
    other = log_in("arkivar@vestnes")

    with without_rights(client, "arkivar"):
        grant(
            client,
            rolle="arkivar",
            kategori="A",
            referanseArkivenhet=arkiv.arkivdel["systemID"],
            les=True,
        )
        answers = [order(other, arkiv.arkivdel), fetch(other, done)]

    assert [one.status_code for one in answers] == [403, 403]


def test_the_root_leads_there_those_who_may_order(log_in: LogIn) -> None:
    keeper, other = log_in("arkivar@vestnes"), log_in("leder@vestnes")

    assert EXPORT in keeper.get(keeper.root).json()["_links"]
    assert EXPORT not in other.get(other.root).json()["_links"]


def test_one_is_made_at_a_time(client: Client, arkiv: Arkiv) -> None:
    ordered(client, arkiv.arkivdel)

    answer = order(client, arkiv.arkivdel)

    assert answer.status_code == 409


def test_an_order_that_is_sent_again_is_one(client: Client, arkiv: Arkiv) -> None:
    key, body = {"Idempotency-Key": str(uuid4())}, {"arkivdel": [arkiv.arkivdel["systemID"]]}
    send = partial(client.post, f"{client.root}uttrekk/", body, headers=key)

    first, second = send(), send()

    assert first.headers["location"] == second.headers["location"]


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ({"fra": "2020-12-31", "til": "2020-01-01"}, 400),
        ({"fra": "i går"}, 400),
        ({"mappe": "/etc"}, 400),
        ({"arkivdel": [str(uuid4())]}, 404),
    ],
)
def test_an_order_of_nothing_is_refused(client: Client, wanted: Any, status: int) -> None:
    assert order(client, **wanted).status_code == status


def test_an_arkivdel_of_another_kommune_is_not_there(client: Client, world: World) -> None:
    assert order(client, world.arkivdel).status_code == 404


def test_no_state_follows_one_that_an_order_stays_in() -> None:
    followed = {one for following in OVERGANGER.values() for one in following}

    assert set(OVERGANGER) == set(Tilstand) == followed
    assert set(UNDER_WAY) == {Tilstand.BESTILT, Tilstand.I_GANG}
