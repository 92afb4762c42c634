"""What must hold when all is calm: everything answered is there once, whole, and looked at."""

import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.crash.fagsystem import Receipt
from tests.crash.house import House

from sakark_api.jobs.housekeeping import forget_abandoned_uploads
from sakark_api.jobs.sweeping import delete_strays
from sakark_api.jobs.tools import Tools

__all__ = ["calm_down", "reckon", "sweep"]

CALM_SECONDS = 120
"""How long the queue may stand still."""
BEATS_SECONDS = 20
"""Whose heart has not beaten for as long is dead: it beats every ten seconds."""
VERDICTS_WITHOUT_COPY = frozenset({"arkivformat", "falsk_pdfa", "ukjent", "beholdes"})


@dataclass(frozen=True)
class Unit:
    """A dokumentobjekt as its row and its controls tell of it."""

    document: str
    variant: str
    key: str | None
    sha256: str | None
    controls: Sequence[tuple[str, str, bool]]
    """What was looked at, what it came to, and whether it is the last of its kind."""


def calm_down(house: House) -> list[str]:
    """Let the queue be worked off; the times that a job waits, and a dead worker is waited for, go.

    Gives what is left in it.
    """
    fewest, deadline = sys.maxsize, 0.0
    while left := _unfinished(house):
        if len(left) < fewest:
            fewest, deadline = len(left), time.monotonic() + CALM_SECONDS
        if time.monotonic() > deadline:
            return left
        _hurry(house)
        time.sleep(1)
    return []


def _unfinished(house: House) -> list[str]:
    found = house.ask(
        "select id, task_name, status::text, attempts, worker_id, feil from procrastinate_jobs"
        " left join feil on job_id = id"
        " where status in ('todo', 'doing', 'failed', 'aborted') and task_name = any($1)",
        ["undersoek_dokument", "read_files_again", "pick_up_stalled_jobs"],
    )
    return [f"in the queue: {dict(row)}" for row in found]


def _hurry(house: House) -> None:
    house.ask(
        "update procrastinate_workers set last_heartbeat = now() - interval '1 hour'"
        f" where last_heartbeat < now() - interval '{BEATS_SECONDS} seconds'"
    )
    house.ask(
        "update procrastinate_jobs set scheduled_at = now()"
        " where status = 'todo' and scheduled_at > now()"
    )
    defer(house, "pick_up_stalled_jobs")


def defer(house: House, job: str) -> None:
    """Let one of the periodic jobs be due now, where none of its kind waits already."""
    house.ask(
        "insert into procrastinate_jobs (queue_name, task_name, args, queueing_lock)"
        " values ('default', $1::text, $2, $1::text) on conflict do nothing",
        job,
        '{"timestamp": 0}',
    )


def reckon(house: House, receipts: Sequence[Receipt], before: int) -> Iterator[str]:
    """Give all that is not as it must be, of what was answered and of what is there.

    `before` is how many documents there were before any was sent.
    """
    units = _units(house)
    of_documents: dict[str, list[str]] = {}
    for system_id, unit in units.items():
        of_documents.setdefault(unit.document, []).append(system_id)
    for receipt in receipts:
        yield from _of_receipt(receipt, units, of_documents.get(receipt.document, []))
    for system_id, unit in units.items():
        yield from _of_controls(system_id, unit)
    yield from _of_bytes(house, units)
    documents = house.ask("select count(*) from dokumentbeskrivelse")[0][0]
    if documents != before + len(receipts):
        yield f"{documents - before} documents, {len(receipts)} were answered"
    yield from (f"a session is left: {row['id']}" for row in house.ask(_SESSIONS))
    yield from house.verify()


_SESSIONS = "select id from opplasting where laget is null"


def _units(house: House) -> Mapping[str, Unit]:
    found: dict[str, list[tuple[str, str, bool]]] = {}
    for row in house.ask(
        "select dokumentobjekt_ref, kontrolltype, resultat, gjeldende from dokumentkontroll"
    ):
        found.setdefault(str(row[0]), []).append((row[1], row[2], row[3]))
    rows = house.ask(
        "select system_id, dokumentbeskrivelse_ref, variantformat->>'kode', lagringsnoekkel,"
        " sjekksum from dokumentobjekt"
    )
    return {
        str(row[0]): Unit(str(row[1]), row[2], row[3], row[4], found.get(str(row[0]), []))
        for row in rows
    }


def _of_receipt(
    receipt: Receipt, units: Mapping[str, Unit], of_document: Sequence[str]
) -> Iterator[str]:
    name = f"document {receipt.document}"
    unit = units.get(receipt.unit)
    if unit is None or unit.sha256 != receipt.sha256:
        yield f"{name}: lost, or not what was sent: {unit}"
        return
    originals = [one for one in of_document if units[one].variant == "P"]
    if originals != [receipt.unit]:
        yield f"{name}: {len(originals)} originals"
    copies = [one for one in of_document if units[one].variant == "A"]
    results = [how for what, how, last in unit.controls if what == "format" and last]
    result = results[0] if results else None
    is_right = len(copies) == 1 if result == "konvertert" else not copies
    if not is_right or result not in {"konvertert", *VERDICTS_WITHOUT_COPY}:
        yield f"{name}: {len(copies)} archive copies, {result}"


def _of_controls(system_id: str, unit: Unit) -> Iterator[str]:
    """Give what was told twice, or not at all, of a file that was examined."""
    if not unit.controls:
        return
    last = Counter(what for what, _, is_last in unit.controls if is_last)
    if set(last.values()) != {1}:
        yield f"dokumentobjekt {system_id}: {dict(last)} controls are the last"
    # A checksum is told anew each time that a file is read; what the file is, once.
    told = Counter(how for what, how, _ in unit.controls if what == "format")
    if any(times > 1 for times in told.values()):
        yield f"dokumentobjekt {system_id}: told twice: {dict(told)}"


def _of_bytes(house: House, units: Mapping[str, Unit]) -> Iterator[str]:
    """Give the rows that point at nothing."""
    stored = set(keys(house))
    for system_id, unit in units.items():
        if unit.key is None:
            yield f"dokumentobjekt {system_id}: has no file"
        elif unit.key not in stored:
            yield f"dokumentobjekt {system_id}: points at nothing"


def keys(house: House) -> list[str]:
    """List what of molde's is in the storage."""

    async def every(tools: Tools) -> list[str]:
        return [key async for key in tools.documents.keys("molde/")]

    return list(house.worker.do(every))


def sweep(house: House) -> tuple[int, list[str]]:
    """Let the time come when bytes that no row names go; give how many went, and what is wrong."""
    before = len(keys(house))
    house.worker.later(2).do(forget_abandoned_uploads)
    with house.working_here():
        house.worker.do(delete_strays)
        house.worker.later(60).do(delete_strays)
    left = set(keys(house))
    pictures = house.ask("select lagringsnoekkel from forhaandsvisning")
    named = {*(unit.key for unit in _units(house).values()), *(str(row[0]) for row in pictures)}
    return before - len(left), [
        *(f"a stray is left: {key}" for key in left - named),
        *(f"the sweeper took {key}" for key in named - left),
        *(f"a copy of a document is left: {folder.name}" for folder in house.work.iterdir()),
    ]
