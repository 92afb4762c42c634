"""The command that mends what search sifts texts by: `sok bygg`."""

import asyncio

import typer

from sakark_api.cli_owner import Slugs, chosen_kommuner, with_addresses
from sakark_api.settings import Settings, read_settings
from sakark_api.texts import text

__all__ = ["mount"]

sok = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Søk i dokumentene.")


def mount(app: typer.Typer) -> None:
    """Add the commands to `sakark`."""
    app.add_typer(sok, name="sok")


@sok.callback()
def _commands() -> None:
    """Keep the name of the only command."""


@sok.command("bygg")
def bygg(kommune: Slugs = None) -> None:
    """Rett det søk siler tekster etter, der det er et annet enn enhetene sier.

    Kommunene kan være i bruk imens. Avbrytes den, kjøres den igjen.
    """
    asyncio.run(_build(with_addresses(read_settings()), kommune or []))


async def _build(settings: Settings, wanted: list[str]) -> None:
    from sakark_api.tenancy.tekstomfang import build

    async with chosen_kommuner(settings, wanted) as (writer, kommuner, _):
        for kommune in kommuner:
            found = await build(writer, kommune.id)
            print(
                text(
                    "{kommune}: {antall} tekster sammenlignet, {rettet} rettet.",
                    kommune=kommune.slug,
                    antall=found.texts,
                    rettet=found.wrong,
                ),
                flush=True,
            )
