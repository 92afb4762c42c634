"""The rehearsal: everything is destroyed, and comes back from the back-up as it was at a point."""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import asyncpg
import pytest
from tests.api.load import Found, Load, Stack, look
from tests.conftest import free_port
from tests.operations.archiving import Archive, as_superuser, ask
from tests.operations.rights import rights

from sakark_api.db import embedded

WAIT_SECONDS = 120
LETTERS = 12

Place = Callable[[Path], Path]


@dataclass
class Disaster:
    """What is left when all is destroyed, and what clients had been answered by then."""

    parent: Path
    archive: Archive
    load: Load
    """Begun before the point; it ended some time after."""
    after: Load
    """Begun after the point."""
    titles: dict[str, str] = field(default_factory=dict)
    """What the load had been answered before the point."""
    checksums: dict[str, str] = field(default_factory=dict)
    moment: datetime | None = None
    """Between the two loads."""
    deleted: str = ""
    """A dokumentobjekt of the load that was deleted after the point."""
    rights: list[tuple[str, ...]] = field(default_factory=list)

    def documents(self, copy: str) -> Path:
        return self.parent / copy

    @contextmanager
    def restored(self, name: str, copy: str, **target: str) -> Iterator[Stack]:
        """Bring the service up from the back-up, with one of the copies of the documents."""
        stack = Stack(self.parent / name, free_port())
        self.archive.restore(stack.postgres, **target)
        shutil.copytree(self.documents(copy), stack.folder / "dokumenter")
        try:
            stack.start()
            yield stack
        finally:
            stack.stop()
            sys.stdout.write((self.parent / "log").read_text(encoding="utf-8")[-20_000:])
            embedded.remove(stack.postgres)

    @contextmanager
    def at_rest(self, name: str, **target: str) -> Iterator[Stack]:
        """Bring the database up alone: there is no worker that makes files of its own."""
        stack = Stack(self.parent / name, free_port())
        self.archive.restore(stack.postgres, **target)
        embedded.start(stack.postgres)
        try:
            yield stack
        finally:
            embedded.remove(stack.postgres)


@pytest.fixture(scope="module")
def disaster() -> Iterator[Disaster]:
    """Take back-ups of a service under load, and destroy it."""
    parent = Path(tempfile.mkdtemp(prefix="sakark-backup-"))
    parent.chmod(0o711)
    stack = Stack(parent / "data", free_port())
    stack.folder.mkdir()
    archive = Archive(parent / "archive")
    archive.begin(stack.postgres)
    stack.start()
    try:
        yield live_through(stack, archive)
    finally:
        stack.stop()
        embedded.remove(stack.postgres)
        shutil.rmtree(parent)


def live_through(stack: Stack, archive: Archive) -> Disaster:
    load, after = Load(stack.url, stack.token), Load(stack.url, stack.token)
    known = Disaster(stack.folder.parent, archive, load, after)
    wait_for_seals(stack)
    load.begin()
    archive.take_base(stack.postgres)
    copy_documents(stack, known.documents("older"))
    wait_for_letters(load)

    known.titles, known.checksums = dict(load.titles), dict(load.checksums)
    known.rights = rights(stack.postgres)
    ask(stack.postgres, "select pg_create_restore_point('point')::text")
    load.end()
    known.moment = ask(stack.postgres, "select clock_timestamp()")

    after.begin()
    copy_documents(stack, known.documents("newer"))
    known.deleted = next(iter(known.checksums))
    delete_file(stack, known.deleted)
    wait_for_letters(after)
    after.end()
    archive.wait_for_the_rest(stack.postgres)
    copy_documents(stack, known.documents("newest"))

    stack.kill_api()
    stack.kill_postgres()
    stack.stop()
    embedded.remove(stack.postgres)
    shutil.rmtree(stack.folder)
    return known


def copy_documents(stack: Stack, copy: Path) -> None:
    """Copy the documents under way, without those that are not whole yet."""
    shutil.copytree(stack.folder / "dokumenter", copy, ignore=shutil.ignore_patterns(".*"))


def wait_for_seals(stack: Stack) -> None:
    """Wait until each kommune's log is sealed, so that there is something to prove."""
    unsealed = (
        "select count(*) from kommune where id not in (select tenant_id from segl)"
        " and slug not like 'sandkasse-%'"
    )
    deadline = time.monotonic() + WAIT_SECONDS
    while ask(stack.postgres, unsealed):
        assert time.monotonic() < deadline, "the worker seals nothing"
        time.sleep(0.2)


def wait_for_letters(load: Load) -> None:
    wanted = len(load.checksums) + LETTERS
    deadline = time.monotonic() + WAIT_SECONDS
    while len(load.checksums) < wanted:
        assert time.monotonic() < deadline, load.statuses
        time.sleep(0.05)


def delete_file(stack: Stack, system_id: str) -> None:
    """Take a document's row and its bytes away, as nobody may by the API once it is journalled."""

    async def delete(connection: asyncpg.Connection) -> str:
        this = "from dokumentobjekt where system_id = $1"
        # What goes with the row is noted, for the kommune that is named.
        kommune = await connection.fetchval(f"select tenant_id {this}", system_id)
        await connection.execute(f"set app.tenant_id = '{kommune}'")
        return str(await connection.fetchval(f"delete {this} returning lagringsnoekkel", system_id))

    key = as_superuser(stack.postgres, delete)
    (stack.folder / "dokumenter" / key).unlink()


@dataclass(frozen=True)
class Restored:
    """The service as it was at the point, and what was seen of it before it was written to."""

    stack: Stack
    found: Found
    rights: list[tuple[str, ...]]
    rows_of_nobody: int


@pytest.fixture(scope="module")
def restored(disaster: Disaster) -> Iterator[Restored]:
    """The service as it was at the point, with documents copied after it."""
    with disaster.restored("at-point", "newer", recovery_target_name="point") as stack:
        yield Restored(stack, seen(stack), rights(stack.postgres), rows_of_nobody(stack))


@pytest.fixture(scope="module")
def at_rest(disaster: Disaster) -> Iterator[Stack]:
    """The database alone as it was at the point; to be read only."""
    with disaster.at_rest("at-rest", recovery_target_name="point") as stack:
        yield stack


def seen(stack: Stack) -> Found:
    return look(Load(stack.url, stack.token))


def those_of(wanted: Mapping[str, str], found: Mapping[str, str]) -> dict[str, str | None]:
    return {key: found.get(key) for key in wanted}


def test_a_named_point_has_what_was_answered_before_it_and_nothing_after(
    disaster: Disaster, restored: Restored
) -> None:
    found = restored.found

    assert those_of(disaster.titles, found.titles) == disaster.titles
    assert those_of(disaster.checksums, found.checksums) == disaster.checksums
    assert found.titles.keys() <= disaster.load.titles.keys()
    assert found.titles.keys().isdisjoint(disaster.after.titles)


def test_documents_copied_after_the_point_are_all_there_and_whole(restored: Restored) -> None:
    assert restored.found.checksums
    assert restored.found.broken == []


def test_roles_rights_and_row_security_are_as_they_were(
    disaster: Disaster, restored: Restored
) -> None:
    assert disaster.rights
    assert restored.rights == disaster.rights
    assert restored.rows_of_nobody == 0


def rows_of_nobody(stack: Stack) -> int:
    """Count the entries that the application role sees when it has named no kommune."""

    async def count() -> int:
        server = embedded.running(stack.postgres)
        assert server is not None
        connection = await asyncpg.connect(server.app_url)
        try:
            return int(await connection.fetchval("select count(*) from registrering"))
        finally:
            await connection.close()

    return asyncio.run(count())


def test_number_series_go_on_without_a_gap_or_a_number_given_twice(restored: Restored) -> None:
    load = Load(restored.stack.url, restored.stack.token)
    load.begin()
    wait_for_letters(load)
    load.end()

    numbers = sorted(seen(restored.stack).numbers)

    assert len(numbers) == len(restored.found.numbers) + len(load.titles)
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_a_moment_has_exactly_what_was_answered_before_it(disaster: Disaster) -> None:
    moment = str(disaster.moment)

    with disaster.restored("at-moment", "newer", recovery_target_time=moment) as stack:
        found = seen(stack)

    assert found.titles == disaster.load.titles
    assert those_of(disaster.load.checksums, found.checksums) == disaster.load.checksums
    assert found.broken == []


def test_the_whole_archive_gives_back_everything_that_was_answered(disaster: Disaster) -> None:
    with disaster.restored("at-end", "newest") as stack:
        found = seen(stack)

    answered = disaster.load.checksums | disaster.after.checksums
    del answered[disaster.deleted]
    assert found.titles == disaster.load.titles | disaster.after.titles
    assert those_of(answered, found.checksums) == answered
    assert disaster.deleted not in found.checksums
    assert found.broken == []


@dataclass(frozen=True)
class Said:
    """What `sakark verify` answered: which file has which fault, by key."""

    code: int
    faults: Mapping[str, str]
    units: frozenset[str]
    text: str


def verify(stack: Stack, folder: Path, *options: str) -> Said:
    """Run `sakark verify` on the database of a service and the documents in `folder`."""
    server = embedded.running(stack.postgres)
    assert server is not None
    done = subprocess.run(
        [str(Path(sys.executable).with_name("sakark")), "verify", *options],
        env={
            **{name: value for name, value in os.environ.items() if name[:7] != "SAKARK_"},
            "SAKARK_DATABASE_URL": server.app_url,
            "SAKARK_DATA_DIR": str(folder),
        },
        check=False,
        capture_output=True,
        text=True,
    )
    rows = [line.split("\t") for line in done.stdout.splitlines() if "\t" in line]
    return Said(
        done.returncode,
        {key: fault for _, _, key, fault in rows},
        frozenset(unit for _, unit, _, _ in rows),
        done.stdout + done.stderr,
    )


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Put a copy of documents where a process finds it: in a data folder of its own."""

    def place(copy: Path) -> Path:
        shutil.copytree(copy, tmp_path / "dokumenter")
        return tmp_path

    return place


def keys_of_rows(stack: Stack) -> set[str]:
    keys = "select array_agg(lagringsnoekkel) from dokumentobjekt where lagringsnoekkel is not null"
    return set(ask(stack.postgres, keys))


def keys_of_files(copy: Path) -> set[str]:
    return {str(path.relative_to(copy)) for path in copy.rglob("*") if path.is_file()}


def test_documents_newer_than_the_database_are_no_fault(
    disaster: Disaster, at_rest: Stack, place: Place
) -> None:
    newer = disaster.documents("newer")

    said = verify(at_rest, place(newer))

    assert keys_of_files(newer) > keys_of_rows(at_rest)
    assert said.code == 0, said.text
    assert said.faults == {}


def test_documents_older_than_the_database_are_missed_one_by_one(
    disaster: Disaster, at_rest: Stack, place: Place
) -> None:
    older = disaster.documents("older")
    lacking = keys_of_rows(at_rest) - keys_of_files(older)

    said = verify(at_rest, place(older))

    assert lacking
    assert said.code == 1
    assert said.faults == dict.fromkeys(lacking, "mangler")


def test_a_file_deleted_after_the_point_is_missed_by_name_and_can_be_put_back(
    disaster: Disaster, at_rest: Stack, place: Place
) -> None:
    folder = place(disaster.documents("newest"))

    missed = verify(at_rest, folder)
    (key,) = missed.faults
    (folder / "dokumenter" / key).parent.mkdir(exist_ok=True)
    shutil.copy(disaster.documents("newer") / key, folder / "dokumenter" / key)
    mended = verify(at_rest, folder)

    assert missed.units == {disaster.deleted}
    assert missed.faults == {key: "mangler"}
    assert mended.code == 0, mended.text


def test_changed_bytes_are_found_by_reading_them(
    disaster: Disaster, at_rest: Stack, place: Place
) -> None:
    folder = place(disaster.documents("newer"))
    changed, cut, *_ = sorted(keys_of_rows(at_rest))
    file = folder / "dokumenter" / changed
    file.write_bytes(b"?" + file.read_bytes()[1:])
    os.truncate(folder / "dokumenter" / cut, 1)

    read = verify(at_rest, folder)
    looked = verify(at_rest, folder, "--bare-stoerrelse")

    assert read.faults == {changed: "feil sjekksum", cut: "feil størrelse"}
    assert looked.faults == {cut: "feil størrelse"}
    assert (read.code, looked.code) == (1, 1)
