"""What lies in storage and is nobody's goes; what is somebody's is read again and again."""

import asyncio
import os
import tempfile
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from tests.conftest import Service, World
from tests.jobs.conftest import (
    Worker,
    as_owner,
    controls,
    damage,
    key_of,
    letter,
    path_of,
    send,
)

from sakark_api.formats.sandbox import sandbox
from sakark_api.jobs.fixity import _note, read_files_again
from sakark_api.jobs.sweeping import delete_strays
from sakark_api.jobs.tools import Tools
from sakark_api.tenancy.verification import least_lately_read

PDF = "application/pdf"


def stray(service: Service, folder: str = "2026") -> str:
    """Leave bytes in molde's storage that no row names."""
    key = f"molde/{folder}/{uuid4().hex}"
    path = path_of(service, key)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"of a transaction that never came")
    return key


def test_what_no_row_names_is_deleted_days_after_it_was_seen(
    worker: Worker, service: Service
) -> None:
    key = stray(service)
    path = path_of(service, key)

    worker.do(delete_strays)
    worker.later(6).do(delete_strays)
    kept = path.exists()
    worker.later(8).do(delete_strays)

    assert (kept, path.exists()) == (True, False)
    assert as_owner(service, "select * from loesfil where noekkel = $1", key) == []


def test_a_copy_of_a_document_that_a_killed_worker_left_is_gone_a_day_later(
    worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with sandbox(worker.settings) as box, sandbox(worker.settings) as under_way:
        yesterday = time.time() - 25 * 60 * 60
        os.utime(box.folder, (yesterday, yesterday))

        worker.do(delete_strays)

        assert not box.folder.exists()
        assert under_way.folder.exists()


def test_a_stray_is_first_seen_however_late_the_worker_looks(
    worker: Worker, service: Service
) -> None:
    path = path_of(service, stray(service))

    worker.later(300).do(delete_strays)

    assert path.exists()


def test_files_and_uploads_under_way_stay(world: World, worker: Worker, service: Service) -> None:
    unit = send(world.client, world.dokumentobjekt, letter(), PDF)
    part = stray(service, "opplasting/en")
    as_owner(
        service,
        "insert into opplasting (tenant_id, id, type, unit_id, actor_id, mime_type, size, received,"
        " parts, expires) select id, $1, 'dokumentobjekt', $1, $1, 'application/pdf', 100, 13,"
        " array[$2], $3 from kommune where slug = 'molde'",
        uuid4(),
        part,
        datetime.now(UTC) + timedelta(days=100),
    )

    worker.do(delete_strays)
    worker.later(30).do(delete_strays)

    assert path_of(service, key_of(service, unit)).exists()
    assert path_of(service, part).exists()


def test_what_was_seen_as_nobodys_and_got_a_row_is_noted_no_more(
    world: World, worker: Worker, service: Service
) -> None:
    unit = send(world.client, world.dokumentobjekt, letter(), PDF)
    key = key_of(service, unit)
    as_owner(
        service,
        "insert into loesfil select id, $1, now() - interval '90 days' from kommune"
        " where slug = 'molde'",
        key,
    )

    worker.do(delete_strays)

    assert path_of(service, key).exists()
    assert as_owner(service, "select * from loesfil where noekkel = $1", key) == []


@pytest.mark.krav("M705")
def test_a_file_that_has_changed_in_storage_is_found_and_is_a_task(
    world: World, worker: Worker, service: Service
) -> None:
    whole = send(world.client, world.dokumentbeskrivelse, letter("Hel"), PDF)
    damaged = send(world.client, world.dokumentbeskrivelse, letter("Skadd"), PDF)
    damage(service, damaged)

    worker.do(read_files_again)

    (fine,) = controls(world.client, whole, "sjekksum")
    (found,) = controls(world.client, damaged, "sjekksum")
    assert (fine["resultat"], fine["kreverHandling"]) == ("uendret", False)
    assert (found["resultat"], found["kreverHandling"]) == ("skadet", True)


def test_a_run_reads_what_it_may_and_the_next_one_goes_on(world: World, worker: Worker) -> None:
    worker.do(read_files_again)  # so that nothing of other tests waits
    units = [
        send(world.client, world.dokumentbeskrivelse, letter(str(number)), PDF)
        for number in range(2)
    ]
    small = worker.with_settings(fixity_bytes=1)

    small.do(read_files_again)
    first = [len(controls(world.client, unit, "sjekksum")) for unit in units]
    small.do(read_files_again)
    both = [len(controls(world.client, unit, "sjekksum")) for unit in units]

    assert (sum(first), both) == (1, [1, 1])


def test_a_file_that_two_look_at_at_once_has_one_last_control(world: World, worker: Worker) -> None:
    unit = send(world.client, world.dokumentobjekt, letter(), PDF)

    worker.do(partial(look_at_once, unit_id=UUID(unit["systemID"])))

    found = controls(world.client, unit, "sjekksum")
    assert [one["gjeldende"] for one in found].count(True) == 1
    assert len(found) == 4


async def look_at_once(tools: Tools, unit_id: UUID) -> None:
    """Let several jobs read a file, and write what they found at the same moment."""
    molde = (await tools.registry.current())["molde"]
    note = partial(_note, unit_id=unit_id, fault=None)
    await asyncio.gather(*(tools.write(molde, note) for _ in range(4)))


def test_what_was_read_longest_ago_comes_first(world: World, worker: Worker) -> None:
    worker.do(read_files_again)
    unit = send(world.client, world.dokumentobjekt, letter(), PDF)
    worker.later(-30).do(read_files_again)

    found = worker.do(partial(first_of, kommune="molde"))

    assert found == UUID(unit["systemID"])


async def first_of(tools: Tools, kommune: str) -> UUID | None:
    there = (await tools.registry.current())[kommune]
    files = await least_lately_read(tools.writer, there.id)
    return files[0].system_id if files else None
