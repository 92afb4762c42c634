"""Leaving: everything of a kommune to a folder, as it was at one moment."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

from sqlalchemy import ClauseElement, func, select

from sakark_api.db.schema import WANTED
from sakark_api.db.snapshot import Snapshot, snapshot
from sakark_api.errors import Conflict
from sakark_api.flytting.filer import fetch
from sakark_api.flytting.pakke import Fil, Funn, Kommunefakta, Manifest, Pakke, Tabell, summed
from sakark_api.flytting.tabeller import UTELATT, columns_of, files, rows_as_written, taken
from sakark_api.settings import Settings
from sakark_api.storage.documents import Documents
from sakark_api.tenancy.chain import Figures
from sakark_api.tenancy.checkpoint import Place, place_of
from sakark_api.tenancy.kommune import Kommune
from sakark_api.tenancy.opsjoner import write_options
from sakark_api.tenancy.proof import prove
from sakark_api.tenancy.sealing import seal_waiting
from sakark_api.tenancy.segl import radendring, written_plainly
from sakark_api.tenancy.session import Writer
from sakark_api.tenancy.strekning import as_kept, strekninger
from sakark_api.texts import Text, text

__all__ = ["Leaving", "count_all", "faults_of", "leave", "summed_copy"]

_TRIES: Final = 5
_EVERY: Final = 100
_PURPOSE: Final = "sakark kommune export"


@dataclass(frozen=True)
class Leaving:
    """What leaving takes: the kommune, where it is kept, when, and whom to tell how far it is."""

    settings: Settings
    writer: Writer
    documents: Documents
    kommune: Kommune
    now: datetime
    tell: Callable[[Text], None]


async def count_all(leaving: Leaving) -> dict[str, int]:
    """Count the rows of each table and the files that would go along; nothing is written."""
    kommune = leaving.kommune.id
    counts: dict[str, int] = {}
    async with snapshot(leaving.settings, kommune, _PURPOSE) as seen:
        for one in taken():
            counts[one.name] = await _count(seen, rows_as_written(one, kommune, kommune))
        counts["filer"] = await _count(seen, files(kommune))
    return counts


async def _count(seen: Snapshot, rows: Any) -> int:  # noqa: ANN401  a select, whatever it gives
    counted = select(func.count()).select_from(rows.order_by(None).subquery())
    return int((await seen.all(counted))[0][0])


async def leave(leaving: Leaving, folder: Path) -> Manifest:
    """Write everything of a kommune to a folder; give what was written.

    The rows are of one moment. When it was cut off they are written anew, and files that are there
    already are kept. Raises `Conflict` for a folder with something else in it.
    """
    pakke, kommune = Pakke(folder), leaving.kommune
    pakke.begin()
    for _ in range(_TRIES):
        await seal_waiting(leaving.writer, kommune.id, lambda: leaving.now)
        async with leaving.writer.transaction(kommune.id) as session:
            place = await session.run_sync(place_of)
        async with snapshot(leaving.settings, kommune.id, _PURPOSE) as seen:
            if place is not None and not await _waits(seen, kommune.id):
                manifest = await _write_rows(leaving, pakke, seen, place)
                break
    else:
        raise Conflict(
            text("Det skrives i kommunen hele tiden. Sett den i avsluttet, og prøv igjen.")
        )
    manifest.feil.extend(await _fetch_files(leaving, pakke))
    pakke.finish(manifest)
    return manifest


async def _waits(seen: Snapshot, tenant_id: int) -> bool:
    waiting = select(func.count()).where(radendring.c.tenant_id == tenant_id)
    return bool((await seen.all(waiting))[0][0])


async def _write_rows(leaving: Leaving, pakke: Pakke, seen: Snapshot, place: Place) -> Manifest:
    kommune = leaving.kommune
    await seen.all(written_plainly())
    tabeller = [await _write_table(leaving, pakke, seen, one) for one in taken()]
    await _write(seen, files(kommune.id), pakke.filliste)
    filer, byte = 0, 0
    for file in pakke.files():
        filer, byte = filer + 1, byte + file.size
    return Manifest(
        skjema=WANTED,
        laget=leaving.now,
        kommune=_facts(kommune),
        seglopphav=as_kept(await strekninger(seen, kommune.id), place.segl),
        segl=place,
        tabeller=tabeller,
        filer=filer,
        byte=byte,
        filliste=summed(pakke.filliste),
        utelatt={name: str(why) for name, why in UTELATT.items()},
        feil=[],
        funn=await faults_of(seen, kommune.id, place, leaving.tell),
    )


async def _write_table(leaving: Leaving, pakke: Pakke, seen: Snapshot, one: Any) -> Tabell:  # noqa: ANN401  a table
    leaving.tell(text("Skriver {tabell}", tabell=one.name))
    rows = rows_as_written(one, leaving.kommune.id, leaving.kommune.id)
    sha256 = await _write(seen, rows, pakke.rader(one.name))
    return Tabell(
        navn=one.name,
        kolonner=columns_of(one),
        rader=await _count(seen, rows),
        sha256=sha256,
    )


async def _write(seen: Snapshot, rows: ClauseElement, file: Path) -> str:
    """Write rows to a file that is not there before it is whole, and give the SHA-256 of it."""
    unfinished = file.with_suffix(".uferdig")
    with unfinished.open("wb") as written:
        sha256 = await summed_copy(seen, rows, written)
    unfinished.rename(file)
    return sha256


async def summed_copy(seen: Snapshot, rows: ClauseElement, file: BinaryIO | None = None) -> str:
    """Give the SHA-256 of rows as they are written, and write them if there is a file."""
    sha256 = hashlib.sha256()

    async def take(piece: bytes) -> None:
        sha256.update(piece)
        if file is not None:
            file.write(piece)

    await seen.copy(rows, take)
    return sha256.hexdigest()


async def faults_of(
    seen: Snapshot, tenant_id: int, place: Place, tell: Callable[[Text], None]
) -> list[Funn]:
    """Give what the proof of the chain finds, in the order that compares."""
    found = [
        Funn(enhet=one.enhet, tabell=one.tabell, hva=str(one.what))
        async for one in prove(seen, tenant_id, place, Figures(), tell)
    ]
    return sorted(found, key=lambda one: (one.tabell, one.enhet, one.hva))


async def _fetch_files(leaving: Leaving, pakke: Pakke) -> Sequence[Fil]:
    faults: list[Fil] = []
    count = 0
    async for copied in fetch(leaving.documents, pakke):
        count += 1
        fault = copied.source or copied.target
        if fault is not None:
            faults.append(Fil(noekkel=copied.file.key, feil=fault.value))
        if count % _EVERY == 0:
            leaving.tell(text("{filer} filer", filer=count))
    return faults


def _facts(kommune: Kommune) -> Kommunefakta:
    return Kommunefakta(
        slug=kommune.slug,
        nummer=kommune.id,
        navn=kommune.navn,
        kommunenummer=kommune.kommunenummer,
        tidligere_kommunenummer=list(kommune.tidligere_kommunenummer),
        organisasjonsnummer=kommune.organisasjonsnummer,
        maalform=kommune.maalform,
        options=write_options(kommune.options),
        offentlig_journal=kommune.offentlig_journal,
        innlogging=[asdict(one) for one in kommune.issuers],
    )
