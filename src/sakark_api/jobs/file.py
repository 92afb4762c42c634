"""A file that a job works on: what its row says of it, and its bytes."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from sakark_api.jobs.tools import Tools, refuse_closed_kommune
from sakark_api.noark.arkivstruktur.dokumentobjekt import PRODUKSJONSFORMAT, Dokumentobjekt
from sakark_api.noark.bevaring.arkivformat import archive_copy_of
from sakark_api.noark.bevaring.dokumentkontroll import record_checksum
from sakark_api.noark.resource import Change
from sakark_api.tenancy.forhaandsvisning import has_preview
from sakark_api.tenancy.kommune import Kommune
from sakark_api.tenancy.verification import File, fault_of

__all__ = ["Held", "fetched", "find_file", "with_file"]


@dataclass(frozen=True)
class Held:
    """What the row of a dokumentobjekt says of its file, and what is beside it."""

    file: File
    filnavn: str | None
    mime_type: str | None
    original: bool
    archive_copy: UUID | None
    previewed: bool


async def find_file(tools: Tools, kommune: int, enhet: UUID) -> tuple[Kommune, Held] | None:
    """Find the file that a job is about; None where it is gone, or its whole kommune.

    Raises `Conflict` where the kommune has left: nothing is written there any more.
    """
    there = await tools.kommune(kommune)
    if there is None:
        return None
    refuse_closed_kommune(there)
    held = await tools.write(there, partial(_held, unit_id=enhet))
    return None if held is None else (there, held)


def _held(change: Change, unit_id: UUID) -> Held | None:
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
        has_preview(change.session, unit_id),
    )


async def fetched(tools: Tools, kommune: Kommune, file: File, path: Path) -> bool:
    """Fetch a file to `path`, and write down whether it is as it came in; tell if it is."""
    with path.open("xb") as out:
        fault = await fault_of(tools.documents, file, read=True, take=out.write)
    await tools.write(kommune, partial(_note_checksum, unit_id=file.system_id, fault=fault))
    return fault is None


def with_file(change: Change, unit_id: UUID) -> Dokumentobjekt | None:
    """Find a unit that has its file, for as long as this transaction lasts.

    None of what has been deleted or disposed of since the job began.
    """
    return change.session.scalars(
        select(Dokumentobjekt)
        .where(Dokumentobjekt.system_id == unit_id, Dokumentobjekt.lagringsnoekkel.is_not(None))
        .with_for_update(key_share=True)
    ).one_or_none()


def _note_checksum(change: Change, unit_id: UUID, fault: str | None) -> None:
    unit = with_file(change, unit_id)
    if unit is not None:
        record_checksum(change, unit, fault, once=True)
