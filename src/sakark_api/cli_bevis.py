"""The commands that prove what the archive holds: `verify` and `checkpoint`."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sakark_api.cli_owner import Slugs, chosen_kommuner, opened_documents, with_addresses
from sakark_api.settings import Settings, read_settings
from sakark_api.texts import Text, text

if TYPE_CHECKING:
    from sakark_api.tenancy.chain import Figures
    from sakark_api.tenancy.checkpoint import Place
    from sakark_api.tenancy.kommune import Kommune
    from sakark_api.tenancy.session import Writer

__all__ = ["mount"]

EVERY_FILES = 1000


def mount(app: typer.Typer) -> None:
    """Add the commands to `sakark`."""
    app.command("verify")(verify)
    app.command("checkpoint")(checkpoint)


def verify(
    kommune: Slugs = None,
    *,
    read: Annotated[
        bool,
        typer.Option("--les/--bare-stoerrelse", help="Les alle byte, eller se bare på størrelsen."),
    ] = True,
    checkpoint: Annotated[
        Path | None,
        typer.Option(help="Et kontrollpunkt fra før, holdt et annet sted."),
    ] = None,
) -> None:
    """Bevis at loggens kjede holder, at hver rad er som den ble forseglet, og hver fil hel."""
    report = asyncio.run(
        _verify(with_addresses(read_settings()), kommune or [], checkpoint, read=read)
    )
    for line in report.lines():
        print(line)
    sys.exit(report.faults > 0)


@dataclass
class Report:
    """What came of it, to be read when everything has been looked at."""

    figures: "dict[str, Figures]" = field(default_factory=dict)
    files: int = 0
    faults: int = 0

    def lines(self) -> list[Text]:
        said = [
            text(
                "{kommune}: {segl} segl, {rader} forseglede rader, {venter} venter på segl.",
                kommune=slug,
                segl=figures.segl,
                rader=figures.rader,
                venter=figures.venter,
            )
            for slug, figures in self.figures.items()
        ]
        if self.faults:
            return [*said, text("{antall} funn. Se linjene over.", antall=self.faults)]
        return [*said, text("{filer} filer er som de skal være. Ingen funn.", filer=self.files)]


async def _verify(
    settings: Settings, wanted: Sequence[str], file: Path | None, *, read: bool
) -> Report:
    from sakark_api.tenancy.checkpoint import read_checkpoint

    report = Report()
    async with chosen_kommuner(settings, wanted) as (writer, kommuner, all_slugs):
        places = read_checkpoint(file, all_slugs) if file is not None else {}
        for one in kommuner:
            await _prove(settings, one, places.get(one.slug), report)
            await _look_at_files(settings, writer, one, report, read=read)
    return report


async def _prove(
    settings: Settings, kommune: "Kommune", place: "Place | None", report: Report
) -> None:
    from sakark_api.db.snapshot import snapshot
    from sakark_api.tenancy.chain import Figures
    from sakark_api.tenancy.proof import prove

    figures = report.figures[kommune.slug] = Figures()

    def tell(far: Text) -> None:
        print(f"{kommune.slug}: {far}", file=sys.stderr)

    async with snapshot(settings, kommune.id) as taken:
        async for found in prove(taken, kommune.id, place, figures, tell):
            report.faults += 1
            print(kommune.slug, found.enhet, found.tabell, found.what, sep="\t")


async def _look_at_files(
    settings: Settings, writer: "Writer", kommune: "Kommune", report: Report, *, read: bool
) -> None:
    """Print each file that is not as its row says."""
    from sakark_api.tenancy.verification import verify as files_of

    async with opened_documents(settings) as documents:
        async for file, fault in files_of(writer, kommune.id, documents, read=read):
            report.files += 1
            if fault is not None:
                report.faults += 1
                print(kommune.slug, file.system_id, file.key, fault, sep="\t")
            if report.files % EVERY_FILES == 0:
                print(text("{filer} filer", filer=report.files), file=sys.stderr)


def checkpoint(
    kommune: Slugs = None,
    *,
    file: Annotated[Path | None, typer.Option(help="Filen; ellers skrives det ut.")] = None,
) -> None:
    """Skriv et kontrollpunkt: hvor langt hver kjede er kommet. Ta vare på det et annet sted."""
    from sakark_api.tenancy.checkpoint import checkpoint_text

    now = datetime.now(UTC)
    places = asyncio.run(_places(with_addresses(read_settings()), kommune or [], now))
    if not places:
        sys.exit(str(text("Ingenting er forseglet ennå. Legg til en kommune først.")))
    written = checkpoint_text(places, now)
    if file is None:
        print(written, end="")
        return
    file.write_text(written, encoding="utf-8")
    print(text("{fil} er skrevet. Ta vare på den et annet sted.", fil=file))


async def _places(
    settings: Settings, wanted: Sequence[str], now: datetime
) -> "Mapping[str, Place]":
    """Seal what waits, and give the newest seal of each kommune; sandboxes are not kept."""
    from sakark_api.tenancy.checkpoint import place_of
    from sakark_api.tenancy.sealing import seal_waiting

    found: dict[str, Place] = {}
    async with chosen_kommuner(settings, wanted) as (writer, kommuner, _):
        for one in kommuner:
            if one.sandkasse_for is not None:
                continue
            await seal_waiting(writer, one.id, lambda: now)
            async with writer.transaction(one.id) as session:
                place = await session.run_sync(place_of)
            if place is not None:
                found[one.slug] = place
    return found
