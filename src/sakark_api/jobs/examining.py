"""The job that examines a file that has come in, and makes its archive format beside it.

What is found is written in one transaction. Whoever is stopped before that has left bytes at most,
which the sweeper finds; whoever comes after it finds the archive format, and makes no other.
"""

import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final
from uuid import UUID, uuid4

import anyio.to_thread

from sakark_api.errors import Conflict, Invalid, NotFound
from sakark_api.formats import (
    Examination,
    ToolFailed,
    ToolMissing,
    Unconvertible,
    Verdict,
    convert,
    examine,
)
from sakark_api.jobs.findings import (
    Made,
    Outcome,
    as_it_is,
    converted,
    failed,
    left_to_a_person,
    refused,
    with_copy,
)
from sakark_api.jobs.tools import T, Tools, refuse_closed_kommune
from sakark_api.noark.arkivstruktur.dokumentobjekt import (
    PRODUKSJONSFORMAT,
    Dokumentobjekt,
    dokumentobjekt,
)
from sakark_api.noark.bevaring.arkivformat import (
    archive_copy_of,
    contradiction,
    give_format,
    make_known,
    take_archive_copy,
)
from sakark_api.noark.bevaring.dokumentkontroll import Found, record, record_checksum
from sakark_api.noark.catalog import CATALOG
from sakark_api.noark.resource import Change, StoredFile
from sakark_api.noark.structure import FileDoor
from sakark_api.rest.fetching import fetch
from sakark_api.rest.schema import parse_values
from sakark_api.storage.documents import PIECE, to_end
from sakark_api.tenancy.kommune import Kommune
from sakark_api.tenancy.verification import File, fault_of
from sakark_api.texts import text

__all__ = ["WORK_FOLDER", "examine_document"]

WORK_FOLDER: Final = "sakark-dokument-"
"""What the name of a folder begins with that a file is worked on in."""
PDF: Final = "application/pdf"
_NOT_ORIGINAL: Final = text(
    "Bare originaler konverteres her. Lag denne utgaven i et arkivformat og last den opp."
)


@dataclass(frozen=True)
class Held:
    """What the row of a dokumentobjekt says of its file, and what is beside it."""

    file: File
    filnavn: str | None
    mime_type: str | None
    original: bool
    archive_copy: UUID | None


async def examine_document(tools: Tools, kommune: int, enhet: UUID) -> None:
    """Find out what a file is, and make its archive format where that can be done.

    What is wrong with the file is written down. Raises what is wrong with us: `ToolMissing`,
    `ToolFailed`, `Unavailable`, or `Conflict` where the kommune has left.
    """
    there = await tools.kommune(kommune)
    if there is None:
        return
    refuse_closed_kommune(there)
    held = await tools.write(there, partial(_held, unit_id=enhet))
    if held is None:
        return
    with _work_folder() as folder:
        path = folder / "fil"
        with path.open("xb") as out:
            fault = await fault_of(tools.documents, held.file, read=True, take=out.write)
        await tools.write(there, partial(_note_checksum, unit_id=enhet, fault=fault))
        if fault is not None:
            return
        try:
            outcome = await _look_into(tools, there, held, path)
        except (ToolMissing, ToolFailed) as error:
            await tools.write(there, partial(_note, unit_id=enhet, found=failed(error)))
            raise
    await _keep(tools, there, enhet, outcome)


def _held(change: Change, unit_id: UUID) -> Held | None:
    """Look at what there is; None where the file was deleted meanwhile."""
    unit = change.get(Dokumentobjekt, unit_id)
    if unit is None or unit.lagringsnoekkel is None:
        return None
    copy = archive_copy_of(change, unit)
    return Held(
        File(unit.system_id, unit.lagringsnoekkel, unit.filstoerrelse or 0, unit.sjekksum or ""),
        unit.filnavn,
        unit.mime_type,
        unit.variantformat.kode == PRODUKSJONSFORMAT,
        copy.system_id if copy else None,
    )


@contextmanager
def _work_folder() -> Iterator[Path]:
    """Make a folder that only we may look into, and take it away with all there is in it."""
    with tempfile.TemporaryDirectory(prefix=WORK_FOLDER, ignore_cleanup_errors=True) as name:
        yield Path(name)


def _note_checksum(change: Change, unit_id: UUID, fault: str | None) -> None:
    unit = change.get(Dokumentobjekt, unit_id)
    if unit is not None:
        record_checksum(change, unit, fault, once=True)


def _note(change: Change, unit_id: UUID, found: Found) -> None:
    """Write that a try came to nothing, once for all the tries that did."""
    unit = change.get(Dokumentobjekt, unit_id)
    if unit is not None:
        record(change, unit, found, once=True)


async def _in_thread(act: Callable[[], T]) -> T:
    """Let what blocks keep nobody waiting; told to stop, we do not wait for its end."""
    return await anyio.to_thread.run_sync(act, abandon_on_cancel=True)


async def _look_into(tools: Tools, kommune: Kommune, held: Held, path: Path) -> Outcome:
    said = {"filename": held.filnavn, "declared_mime": held.mime_type}
    looked = await _in_thread(partial(examine, path, **said, settings=tools.settings))
    outcome = as_it_is(looked)
    if looked.verdict is not Verdict.KONVERTERES:
        return outcome
    if not held.original:
        return left_to_a_person(outcome, _NOT_ORIGINAL)
    if held.archive_copy is not None:
        return converted(outcome, held.archive_copy)
    try:
        return with_copy(outcome, await _make_copy(tools, kommune, held, path, looked))
    except Unconvertible as error:
        return left_to_a_person(outcome, error.why)


async def _make_copy(
    tools: Tools, kommune: Kommune, held: Held, path: Path, looked: Examination
) -> Made:
    """Make a file's archive format, and store its bytes; no row names them yet."""
    out = path.with_name("arkivformat.pdf")
    conversion = await _in_thread(
        partial(convert, path, looked.identification, out, tools.settings)
    )
    unique = uuid4().hex
    key = f"{kommune.slug}/{tools.clock().year}/{unique[:2]}/{unique}"
    with out.open("rb") as file:
        stored = await tools.documents.put(key, _pieces(file))
    name = f"{Path(held.filnavn).stem}.pdf" if held.filnavn else None
    return Made(conversion, StoredFile(stored.key, stored.size, stored.sha256, PDF, name))


async def _pieces(file: BinaryIO) -> AsyncIterator[bytes]:
    while piece := await to_end(file.read, PIECE):
        yield piece


async def _keep(tools: Tools, kommune: Kommune, enhet: UUID, outcome: Outcome) -> None:
    """Write all that was found, or that the rules refuse it; bytes that no row names go."""
    await tools.write(kommune, partial(_know_formats, outcome=outcome))
    keeping = partial(_write, tools=tools, unit_id=enhet, outcome=outcome)
    made = outcome.made
    try:
        is_kept = await tools.write(kommune, keeping)
    except (Invalid, Conflict, NotFound) as error:
        # Other errors may hide a commit that went through: then the bytes stay.
        if made is None:
            raise
        await tools.documents.delete(made.stored.key)
        if isinstance(error, NotFound):  # the unit was deleted meanwhile
            return
        again = partial(_write, tools=tools, unit_id=enhet, outcome=refused(outcome, error.text))
        await tools.write(kommune, again)
        return
    if made is not None and not is_kept:
        await tools.documents.delete(made.stored.key)


def _know_formats(change: Change, outcome: Outcome) -> None:
    """Let the kommune know the formats before units have them."""
    if outcome.format is not None:
        make_known(change, outcome.format)


def _write(change: Change, tools: Tools, unit_id: UUID, outcome: Outcome) -> bool:
    """Write what was found; tell whether the archive format that was made is kept."""
    unit = fetch(change.session, dokumentobjekt, unit_id, for_update=True)
    assert isinstance(unit, Dokumentobjekt)  # noqa: S101  fetched as one
    funn = contradiction(unit, outcome.format) if outcome.format else ()
    if outcome.format is not None:
        give_format(change, unit, outcome.format)
    there = archive_copy_of(change, unit)
    copy = there.system_id if there else None
    if outcome.made is not None and copy is None:
        copy = _put_beside(change, tools, unit, outcome.made)
    if outcome.made is not None and copy is not None:
        outcome = converted(outcome, copy)
    record(change, unit, outcome.found, funn)
    return outcome.made is not None and there is None


def _put_beside(change: Change, tools: Tools, unit: Dokumentobjekt, made: Made) -> UUID:
    """Make the dokumentobjekt of the archive format, and say what it was made from (GUIDE 14.6)."""
    conversion = made.conversion
    assert dokumentobjekt.file is not None  # noqa: S101  it takes files
    take = partial(take_archive_copy, puid=conversion.puid)
    door = FileDoor(dokumentobjekt, dokumentobjekt.file.refuse, take)
    copy = tools.commands.receive_file(change, dokumentobjekt, unit.system_id, door, made.stored)
    konvertering = CATALOG.by_name["konvertering"]
    body = {
        "konvertertFraFormat": {"kode": unit.format.kode},
        "konvertertTilFormat": {"kode": conversion.puid},
        "konverteringsverktoey": f"{conversion.tool} {conversion.version}".strip(),
        "konverteringskommentar": conversion.comment or None,
    }
    offer = next(one for one in CATALOG.offers(dokumentobjekt) if one.made is konvertering)
    parsed = parse_values(
        tools.schemas.making(konvertering), {key: it for key, it in body.items() if it}
    )
    tools.commands.make(change, konvertering, parsed, (dokumentobjekt, copy), offer)
    return copy
