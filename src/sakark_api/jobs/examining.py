"""The job that examines a file that has come in, and makes its archive format beside it.

What is found is written in one transaction. Whoever is stopped before that has left bytes at most,
which the sweeper finds; whoever comes after it finds the archive format, and makes no other.
"""

import logging
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID

from sakark_api.db.queue import defer
from sakark_api.errors import Conflict, Invalid, NotFound
from sakark_api.formats import (
    Examination,
    Identification,
    ToolFailed,
    ToolMissing,
    Unconvertible,
    Verdict,
    convert,
    examine,
    preview_of,
)
from sakark_api.jobs.file import Held, fetched, find_file
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
from sakark_api.jobs.reading import LEFT_SHUT, Said, keep_said, read_words
from sakark_api.jobs.tools import Tools, in_thread, work_folder
from sakark_api.noark.arkivstruktur.dokumentobjekt import (
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
from sakark_api.noark.bevaring.dokumentkontroll import Found, record
from sakark_api.noark.bevaring.epost import TAKING_APART
from sakark_api.noark.catalog import CATALOG
from sakark_api.noark.resource import Change, StoredFile
from sakark_api.noark.structure import FileDoor
from sakark_api.rest.fetching import fetch
from sakark_api.rest.schema import parse_values
from sakark_api.tenancy.forhaandsvisning import keep_preview
from sakark_api.tenancy.kommune import Kommune
from sakark_api.texts import text

__all__ = ["examine_document"]

log = logging.getLogger(__name__)

PDF: Final = "application/pdf"
PNG: Final = "image/png"
_COPY: Final = "arkivformat.pdf"
_OPENED: Final = (Verdict.ARKIVFORMAT, Verdict.KONVERTERES)
"""What is shown as a picture: what else there is, nobody opens."""
_NOT_ORIGINAL: Final = text(
    "Bare originaler konverteres her. Lag denne utgaven i et arkivformat og last den opp."
)


async def examine_document(tools: Tools, kommune: int, enhet: UUID) -> None:
    """Find out what a file is, and make its archive format where that can be done.

    What is wrong with the file is written down. Raises what is wrong with us: `ToolMissing`,
    `ToolFailed`, `Unavailable`, or `Conflict` where the kommune has left.
    """
    found = await find_file(tools, kommune, enhet)
    if found is None:
        return
    there, held = found
    with work_folder() as folder:
        path = folder / "fil"
        if not await fetched(tools, there, held.file, path):
            return
        try:
            outcome = await _look_into(tools, there, held, path)
        except (ToolMissing, ToolFailed) as error:
            await tools.write(there, partial(_note, unit_id=enhet, found=failed(error)))
            raise
    await _keep(tools, there, enhet, outcome)


def _note(change: Change, unit_id: UUID, found: Found) -> None:
    """Write that a try came to nothing, once for all the tries that did."""
    unit = change.get(Dokumentobjekt, unit_id)
    if unit is not None:
        record(change, unit, found, once=True)


async def _look_into(tools: Tools, kommune: Kommune, held: Held, path: Path) -> Outcome:
    """Find out what a file is and what it says, and make its archive format and its picture."""
    told = {"filename": held.filnavn, "declared_mime": held.mime_type}
    looked = await in_thread(partial(examine, path, **told, settings=tools.settings))
    outcome = await _convert(tools, kommune, held, path, looked)
    best = _best_of(path, looked, outcome.made)
    said = Said("")
    if looked.verdict not in LEFT_SHUT:
        said = await in_thread(partial(read_words, *best, tools.settings))
    outcome = replace(outcome, said=said)
    if held.previewed or looked.verdict not in _OPENED:
        return outcome
    return replace(outcome, preview=await _draw(tools, kommune, *best))


def _best_of(path: Path, looked: Examination, made: Made | None) -> tuple[Path, Identification]:
    """Choose what a file is read and shown by: its archive format where one was made."""
    if made is None:
        return path, looked.identification
    return path.with_name(_COPY), replace(looked.identification, puid=made.conversion.puid)


async def _convert(
    tools: Tools, kommune: Kommune, held: Held, path: Path, looked: Examination
) -> Outcome:
    outcome = as_it_is(looked)
    if looked.verdict is not Verdict.KONVERTERES:
        return outcome
    if not held.original:
        return left_to_a_person(replace(outcome, mail=False), _NOT_ORIGINAL)
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
    out = path.with_name(_COPY)
    conversion = await in_thread(partial(convert, path, looked.identification, out, tools.settings))
    name = f"{Path(held.filnavn).stem}.pdf" if held.filnavn else None
    with out.open("rb") as file:
        return Made(conversion, await tools.store(kommune, file, PDF, name))


async def _draw(
    tools: Tools, kommune: Kommune, path: Path, kind: Identification
) -> StoredFile | None:
    """Store a picture of the first page; no row names it.

    A picture is a comfort: what is wrong with making it is in the log, and no task.
    """
    out = path.with_name("side.png")
    try:
        drawn = await in_thread(partial(preview_of, path, kind, out, tools.settings))
    except (ToolMissing, ToolFailed, Unconvertible) as error:
        log.warning("A file got no preview: %s", type(error).__name__)
        return None
    if not drawn:
        return None
    with out.open("rb") as file:
        return await tools.store(kommune, file, PNG, None)


async def _keep(tools: Tools, kommune: Kommune, enhet: UUID, outcome: Outcome) -> None:
    """Write all that was found, or that the rules refuse it; bytes that no row names go."""
    await tools.write(kommune, partial(_know_formats, outcome=outcome))
    writing = partial(_write, tools=tools, unit_id=enhet)
    try:
        kept = await tools.write(kommune, partial(writing, outcome=outcome))
    except NotFound:  # the unit was deleted meanwhile
        kept = frozenset()
    except (Invalid, Conflict) as error:
        # Other errors may hide a commit that went through: then the bytes stay.
        if outcome.made is None:
            raise
        left = refused(outcome, error.text)
        kept = await tools.write(kommune, partial(writing, outcome=left))
    for stored in outcome.stored:
        if stored.key not in kept:
            await tools.documents.delete(stored.key)


def _know_formats(change: Change, outcome: Outcome) -> None:
    """Let the kommune know the formats before units have them."""
    if outcome.format is not None:
        make_known(change, outcome.format)


def _write(change: Change, tools: Tools, unit_id: UUID, outcome: Outcome) -> frozenset[str]:
    """Write what was found; give the keys in storage that are kept of what was made."""
    unit = fetch(change.session, dokumentobjekt, unit_id, for_update=True)
    assert isinstance(unit, Dokumentobjekt)  # noqa: S101  fetched as one
    if unit.destruert is not None:  # disposed of meanwhile
        return frozenset()
    funn = contradiction(unit, outcome.format) if outcome.format else ()
    if outcome.format is not None:
        give_format(change, unit, outcome.format)
    there = archive_copy_of(change, unit)
    copy = there.system_id if there else None
    kept = set()
    if outcome.made is not None and copy is None:
        copy = _put_beside(change, tools, unit, outcome.made)
        kept.add(outcome.made.stored.key)
    if outcome.made is not None and copy is not None:
        outcome = converted(outcome, copy)
    record(change, unit, outcome.found, funn, once=True)
    if outcome.said is not None:
        keep_said(change, unit, outcome.said)
    preview = outcome.preview
    if preview is not None and keep_preview(change.session, unit_id, preview, change.now):
        kept.add(preview.key)
    if outcome.mail:
        defer(change.session, TAKING_APART, unit_id)
    return frozenset(kept)


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
        "konverteringskommentar": conversion.comment.to(change.maalform),
    }
    offer = next(one for one in CATALOG.offers(dokumentobjekt) if one.made is konvertering)
    parsed = parse_values(
        tools.schemas.making(konvertering), {key: it for key, it in body.items() if it}
    )
    tools.commands.make(change, konvertering, parsed, (dokumentobjekt, copy), offer)
    return copy
