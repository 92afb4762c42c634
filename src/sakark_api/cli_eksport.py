"""The command that makes a deposit of a kommune's archive: `export`."""

import asyncio
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from sakark_api.cli_owner import chosen_kommuner, opened_documents, settle, with_addresses
from sakark_api.errors import Blocked
from sakark_api.settings import Settings, read_settings
from sakark_api.texts import Text, text

if TYPE_CHECKING:
    from sakark_api.deponering.eksport import Bestilling, Resultat

__all__ = ["mount"]

Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Dag, som 2026-01-31.")]


def mount(app: typer.Typer) -> None:
    """Add the command to `sakark`."""
    app.command("export")(export)


def export(
    folder: Annotated[Path, typer.Argument(help="Mappen uttrekket skal bli; den lages.")],
    kommune: Annotated[str, typer.Option(help="Kommunens kortnavn.")],
    arkivdel: Annotated[
        list[UUID] | None,
        typer.Option(help="systemID til en arkivdel; kan gjentas. Ellers alle avsluttede."),
    ] = None,
    fra: Day = None,
    til: Day = None,
    schemas: Annotated[
        Path | None, typer.Option(help="Mappen med skjemaene; ellers SAKARK_SCHEMAS_DIR.")
    ] = None,
    *,
    produksjonsformat: Annotated[
        bool,
        typer.Option(
            "--produksjonsformat",
            help="Ta med dokumenter uten arkivformat som de er; avtal det med depotet.",
        ),
    ] = False,
) -> None:
    """Lag et arkivuttrekk (Noark 5, versjon 5.0): struktur, logg, journaler og dokumenter.

    Med --fra og --til: bare det som ble avsluttet i de dagene. Avbrytes den, går den videre der
    den slapp når den kjøres igjen. Avslutter med 1 når noe står i veien, og sier hva.
    """
    from sakark_api.deponering.eksport import Bestilling

    settings = with_addresses(read_settings())
    if schemas is not None:
        settings = settings.model_copy(update={"schemas_dir": schemas})
    order = Bestilling(
        tuple(arkivdel or ()),
        fra.date() if fra else None,
        til.date() if til else None,
        produksjonsformat,
    )
    try:
        result = asyncio.run(_export(settings, kommune, order, folder))
    except Blocked as blocked:
        for line in _reasons(blocked, kommune):
            print(line, file=sys.stderr)
        sys.exit(1)
    for said in _told(result, folder):
        print(said)


async def _export(settings: Settings, slug: str, order: "Bestilling", folder: Path) -> "Resultat":
    from sakark_api.deponering.eksport import eksporter

    settle()
    async with opened_documents(settings) as documents, chosen_kommuner(settings, [slug]) as chosen:
        _, (kommune,), _ = chosen
        return await eksporter(settings, kommune, documents, order, folder, _tell)


def _tell(far: Text) -> None:
    print(far, file=sys.stderr)


def _reasons(blocked: Blocked, slug: str) -> list[object]:
    """List what stands in the way, each reason with the addresses of the first units."""
    from sakark_api.noark.catalog import CATALOG

    lines: list[object] = [blocked.opening or ""]
    for obstacle in blocked.obstacles:
        lines.append(obstacle.reason)
        for unit in obstacle.named:
            package = CATALOG.by_name[unit.resource].package
            lines.append(f"  /{slug}/api/{package}/{unit.resource}/{unit.system_id}/")
    return lines


def _told(result: "Resultat", folder: Path) -> list[Text]:
    said = [
        text(
            "{mapper} mapper, {registreringer} registreringer, {journalposter} journalposter og"
            " {endringer} endringer er skrevet.",
            mapper=result.mapper,
            registreringer=result.registreringer,
            journalposter=result.journalposter,
            endringer=result.endringer,
        ),
        text(
            "{antall} filer er med ({byte} byte); {fra_foer} var kopiert fra før.",
            antall=result.copied.files,
            byte=result.copied.size,
            fra_foer=result.copied.kept,
        ),
    ]
    if result.stripped:
        said.append(
            text("{antall} tegn som XML ikke kan skrive, er utelatt.", antall=result.stripped)
        )
    return [*said, text("Uttrekket er ferdig: {mappe}", mappe=folder)]
