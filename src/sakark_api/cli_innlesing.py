"""The command that reads an extraction or a message into a kommune: `import`."""

import asyncio
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sakark_api.cli_owner import (
    chosen_kommuner,
    commander,
    opened_documents,
    settle,
    with_addresses,
)
from sakark_api.settings import Settings, read_settings
from sakark_api.texts import Text, text

if TYPE_CHECKING:
    from sakark_api.innlesing.avstemming import Avstemming
    from sakark_api.innlesing.kjoering import Bestilling

__all__ = ["mount"]

PATIENCE_SECONDS = 600.0
"""How long one statement may take: to count a large archive takes longer than to serve it.

A lock may take a minute: what waits for it here holds nobody else up.
"""
LACKING = 2
"""Exit code where something that was in the extraction is not here."""


class Arkivdelstatus(StrEnum):
    """What the arkivdeler that are read in become."""

    AVSLUTTET = "avsluttet"
    AKTIV = "aktiv"
    SOM_KILDEN = "som-kilden"


_ACTIVE = {Arkivdelstatus.AVSLUTTET: False, Arkivdelstatus.AKTIV: True}


def mount(app: typer.Typer) -> None:
    """Add the command to `sakark`."""
    app.command("import")(import_)


def import_(
    path: Annotated[
        Path,
        typer.Argument(
            help="Mappen eller zip-filen med arkivstruktur.xml, eller med arkivmelding.xml."
        ),
    ],
    kommune: Annotated[str, typer.Option(help="Kommunens kortnavn.")],
    arkivdel_status: Annotated[
        Arkivdelstatus,
        typer.Option(help="Hva arkivdelene blir: avsluttet, aktive eller som de var."),
    ] = Arkivdelstatus.AVSLUTTET,
    arkivdel: Annotated[
        str | None,
        typer.Option(
            help="Arkivdelen en melding hører til, når den ikke sier det: systemID eller tittel."
        ),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Mappen avstemmingen skrives i, som HTML og JSON.")
    ] = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Les alt og si hva som er galt, men skriv ingenting.")
    ] = False,
) -> None:
    """Les inn et arkivuttrekk (Noark 5, versjon 3.1, 4.0 eller 5.0) eller en arkivmelding.

    Avbrytes den, går den videre der den slapp når den kjøres igjen. Det samme leses bare inn én
    gang. Avslutter med 0 når alt kom med, og med 2 når noe i uttrekket eller meldingen ikke er her.
    """
    from sakark_api.innlesing.kjoering import Bestilling

    settings = with_addresses(read_settings())
    order = Bestilling(_ACTIVE.get(arkivdel_status), dry_run, arkivdel)
    found = asyncio.run(_import(settings, kommune, order, path))
    if report is not None:
        from sakark_api.innlesing.rapport import write_report

        for written in write_report(found, report):
            print(text("Avstemmingen er skrevet: {fil}", fil=written))
    for said in _told(found):
        print(said)
    sys.exit(LACKING if found.differs else 0)


async def _import(settings: Settings, slug: str, order: "Bestilling", path: Path) -> "Avstemming":
    from sakark_api.innlesing.kjoering import innles
    from sakark_api.innlesing.utpakking import opened

    patience = {"database_statement_seconds": PATIENCE_SECONDS, "database_lock_seconds": 60.0}
    settings = settings.model_copy(update=patience)
    settle()
    now = commander().now
    with opened(path) as pakke:
        async with (
            opened_documents(settings) as documents,
            chosen_kommuner(settings, [slug]) as (writer, (kommune,), _),
        ):
            return await innles(writer, kommune, documents, pakke, order, now, _tell)


def _tell(far: Text) -> None:
    print(far, file=sys.stderr)


def _told(found: "Avstemming") -> list[Text]:
    data = found.as_data()
    said = [
        text(
            "{slag}: {kilde} i kilden, {her} her, {beholdt} i eget register.",
            slag=one["type"] if one["type"] == one["slag"] else f"{one['slag']} ({one['type']})",
            kilde=one["kilde"],
            her="–" if one["her"] is None else one["her"],
            beholdt=one["beholdt"],
        )
        for one in found.totals()
    ]
    said += [
        text("{kode}: {antall} – {galt} {gjort}", **{**one, "steder": None})
        for one in data["avvik"]
    ]
    if data["fra_foer"]:
        said.append(text("Det er lest inn fra før. Ingenting er endret."))
    elif data["dry_run"]:
        said.append(text("Dette var en prøvekjøring. Ingenting er skrevet."))
    else:
        said.append(text("Alt er lest inn."))
    return said
