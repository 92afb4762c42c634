"""What a file says: read when it is examined, and by a job of its own where it came before that."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID

from sakark_api.access.policy import Action, allows
from sakark_api.db.queue import defer
from sakark_api.formats import (
    Identification,
    ToolFailed,
    ToolMissing,
    Unconvertible,
    Verdict,
    examine,
    text_of,
)
from sakark_api.jobs.file import Held, fetched, find_file, with_file
from sakark_api.jobs.tools import Tools, in_thread, work_folder
from sakark_api.noark.arkivstruktur.dokumentobjekt import Dokumentobjekt
from sakark_api.noark.bevaring.tekst import READING, keep_text, keep_unread, note_try, unread_files
from sakark_api.noark.resource import Change
from sakark_api.settings import Settings
from sakark_api.texts import Text, text

__all__ = [
    "LEFT_SHUT",
    "Said",
    "keep_said",
    "read_document",
    "read_words",
    "send_unread_to_reading",
]

AT_A_TIME: Final = 1000
"""How many files of each kommune are put in the queue at a time."""


@dataclass(frozen=True)
class Said:
    """What a file says, or why nobody could read it."""

    tekst: str
    fault: Text | None = None


LEFT_SHUT: Final = (Verdict.TOM, Verdict.VIRUS, Verdict.BOMBE, Verdict.PASSORD)
"""What nobody opens to see what it says."""
_DAMAGED: Final = text("Filen i lageret er ikke den som ble registrert, så den blir ikke lest.")


def read_words(path: Path, identification: Identification, settings: Settings) -> Said:
    """Read what a file says; that it can't be read stops nobody."""
    try:
        words = text_of(path, identification, settings)
    except (ToolMissing, ToolFailed) as error:
        return Said("", error.text)
    except Unconvertible as error:
        return Said("", error.why)
    # Without control characters, which the database may not take, and soft hyphens.
    return Said("".join(filter(str.isprintable, words)))


def keep_said(change: Change, unit: Dokumentobjekt, said: Said) -> None:
    """Keep what a file says, or that it could not be read."""
    if said.fault is None:
        keep_text(change, unit, said.tekst)
    else:
        keep_unread(change, unit, said.fault)


async def read_document(tools: Tools, kommune: int, enhet: UUID) -> None:
    """Read what a file says that nobody has read yet; what is wrong with it is written down.

    Raises `Unavailable` when the storage does not answer, and `Conflict` where the kommune has
    left.
    """
    found = await find_file(tools, kommune, enhet)
    if found is None:
        return
    there, held = found
    await tools.write(there, partial(_note_try, unit_id=enhet))
    with work_folder() as folder:
        path, said = folder / "fil", Said("", _DAMAGED)
        if await fetched(tools, there, held.file, path):
            said = await in_thread(partial(_read, path, held, tools.settings))
    await tools.write(there, partial(_keep, unit_id=enhet, said=said))


def _read(path: Path, held: Held, settings: Settings) -> Said:
    """Read what a file says, unless it is left shut: it may be older than all examinations."""
    try:
        told = {"filename": held.filnavn, "declared_mime": held.mime_type}
        looked = examine(path, **told, settings=settings)
    except (ToolMissing, ToolFailed) as error:
        return Said("", error.text)
    if looked.verdict in LEFT_SHUT:
        return Said("")
    return read_words(path, looked.identification, settings)


def _note_try(change: Change, unit_id: UUID) -> None:
    unit = with_file(change, unit_id)
    if unit is not None:
        note_try(change, unit)


def _keep(change: Change, unit_id: UUID, said: Said) -> None:
    """Keep what was read, unless the file was deleted or disposed of meanwhile."""
    unit = with_file(change, unit_id)
    if unit is not None:
        keep_said(change, unit, said)


async def send_unread_to_reading(tools: Tools) -> None:
    """Put the files in the queue that nobody has read, some of each kommune at a time."""
    for kommune in (await tools.registry.current()).values():
        if not allows(kommune.status, Action.CHANGE):
            continue
        async with tools.writer.transaction(kommune.id) as session:
            unread = unread_files(tools.clock()).limit(AT_A_TIME)
            for system_id in await session.scalars(unread):
                await session.run_sync(defer, READING, system_id)
